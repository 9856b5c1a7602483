"""Old session files: brought up step by step, with a copy of what was there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import SessionCorrupt
from pipeline.home.workspace import Workspace
from pipeline.models import SCHEMA_VERSION, ProjectMetadata, SessionRecord
from pipeline.store.content import ContentStore
from pipeline.store.migrations import MIGRATIONS, Migration, migrate, version_of
from pipeline.store.sessions import SessionStore
from pipeline.store.storage import Tables


def _shout(tables: Tables) -> Tables:
    metadata = tables["session"]["session"]["project_metadata"]
    metadata["project_name"] = metadata["project_name"].upper()
    return tables


def _exclaim(tables: Tables) -> Tables:
    tables["session"]["session"]["project_metadata"]["project_name"] += "!"
    return tables


def _newer_program(workspace: Workspace, steps: Sequence[Migration]) -> SessionStore:
    folder = workspace.data / "sessions"
    content = ContentStore(workspace.data / "content", workspace.staging)
    return SessionStore(folder, workspace.inbox, content, workspace.now, migrations=steps)


@pytest.fixture
def old(workspace: Workspace) -> SessionRecord:
    return workspace.sessions.create(ProjectMetadata(project_name="Elm"))


def test_every_version_has_the_step_that_leads_to_it() -> None:
    assert len(MIGRATIONS) + 1 == SCHEMA_VERSION


def test_an_older_session_goes_through_every_step_in_order_when_it_is_read(
    workspace: Workspace, old: SessionRecord
) -> None:
    record = _newer_program(workspace, [_shout, _exclaim]).read(old.session_id)
    assert record.project_metadata.project_name == "ELM!"
    assert record.schema_version == 3


def test_the_file_as_it_was_is_kept_beside_the_migrated_one(workspace: Workspace, old: SessionRecord) -> None:
    path = workspace.sessions.folder(old.session_id) / "session.json"
    before = path.read_bytes()
    _newer_program(workspace, [_shout, _exclaim]).read(old.session_id)
    backup = path.with_name("session.json.v1.bak")
    assert backup.read_bytes() == before
    assert backup.stat().st_mode & 0o777 == 0o600
    assert version_of(json.loads(path.read_bytes())) == 3


def test_a_migrated_session_is_not_migrated_again(workspace: Workspace, old: SessionRecord) -> None:
    newer = _newer_program(workspace, [_exclaim])
    newer.read(old.session_id)
    assert newer.read(old.session_id).project_metadata.project_name == "Elm!"


def test_a_change_of_an_older_session_migrates_it_first(workspace: Workspace, old: SessionRecord) -> None:
    newer = _newer_program(workspace, [_exclaim])
    with newer.transaction(old.session_id, "anna") as tx:
        tx.update(points_to="elsewhere")
    record = newer.read(old.session_id)
    assert (record.project_metadata.project_name, record.points_to, record.schema_version) == ("Elm!", "elsewhere", 2)
    newer.verify_audit(old.session_id)


def test_a_step_that_fails_leaves_the_file_as_it_was(workspace: Workspace, old: SessionRecord) -> None:
    def broken(tables: Tables) -> Tables:
        tables["session"].clear()
        raise RuntimeError("a mistake in a step")

    path = workspace.sessions.folder(old.session_id) / "session.json"
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="a mistake"):
        _newer_program(workspace, [broken]).read(old.session_id)
    assert path.read_bytes() == before
    assert workspace.sessions.read(old.session_id) == old


def test_a_session_of_a_newer_program_is_refused_and_not_touched(workspace: Workspace, old: SessionRecord) -> None:
    _newer_program(workspace, [_exclaim]).read(old.session_id)
    path = workspace.sessions.folder(old.session_id) / "session.json"
    before = path.read_bytes()
    with pytest.raises(SessionCorrupt, match="newer version") as caught:
        workspace.sessions.read(old.session_id)
    assert "Update the program" in caught.value.cure
    assert str(path) in caught.value.message
    assert path.read_bytes() == before


def test_tables_at_the_newest_version_come_back_as_they_are(workspace: Workspace, old: SessionRecord) -> None:
    tables = json.loads((Path(workspace.sessions.folder(old.session_id)) / "session.json").read_bytes())
    assert migrate(tables) == tables
