"""Stage 1 and the answers of the session API."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import ChecklistError, SessionNotFound, UsageError
from pipeline.home.workspace import Workspace
from pipeline.stages.add_documents import add_documents
from pipeline.stages.answer_duplicate import point_to
from pipeline.stages.initialize import create_session

if TYPE_CHECKING:
    from tests.conftest import Clock


def test_creating_a_session_stores_metadata_and_nothing_else(workspace: Workspace) -> None:
    # When
    created = create_session(
        workspace, "  Meadow   Farm 2026 ", project_id="C06-101", proponent="Meadow Ltd", crediting_period="2026-2036"
    )
    # Then
    record = workspace.sessions.read(created.session_id)
    assert record.project_metadata.project_name == "Meadow Farm 2026"
    assert record.project_metadata.methodology == "soil-carbon-v1.2.2"
    assert record.project_metadata.project_id == "C06-101"
    assert record.project_metadata.proponent == "Meadow Ltd"
    assert record.project_metadata.crediting_period == "2026-2036"
    assert (record.documents, record.sources, record.stages, record.questions) == ({}, {}, {}, {})


def test_the_answer_of_create_session_has_the_contracts_shape(workspace: Workspace) -> None:
    answer = create_session(workspace, "Meadow Farm").model_dump(mode="json")
    assert answer == {
        "schema_version": 1,
        "session_id": "session-20260131-094500",
        "project_name": "Meadow Farm",
        "methodology": "soil-carbon-v1.2.2",
        "status": "initialized",
        "created_at": "2026-01-31T09:45:00Z",
    }


def test_two_sessions_of_one_second_get_different_ids(workspace: Workspace) -> None:
    ids = [create_session(workspace, f"Farm {n}").session_id for n in range(3)]
    assert ids == ["session-20260131-094500", "session-20260131-094500-2", "session-20260131-094500-3"]
    assert all(re.fullmatch(r"session-\d{8}-\d{6}(-\d+)?", i) for i in ids)


def test_creating_a_session_makes_its_private_inbox_folder(workspace: Workspace) -> None:
    folder = workspace.inbox / create_session(workspace, "Meadow Farm").session_id
    assert folder.is_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_who_created_a_session_stands_in_its_audit(workspace: Workspace) -> None:
    created = create_session(workspace, "Meadow Farm", actor="R. Viewer")
    first = workspace.sessions.audit(created.session_id)[0]
    assert (first.action, first.actor) == ("session_created", "R. Viewer")


@pytest.mark.parametrize("name", ["", "   ", "bell\x07 farm", "x" * 201, "lone \udce9 byte"])
def test_a_name_that_cannot_be_shown_makes_no_session(workspace: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        create_session(workspace, name)
    assert workspace.sessions.ids() == []


def test_an_unknown_methodology_makes_no_session(workspace: Workspace) -> None:
    with pytest.raises(ChecklistError):
        create_session(workspace, "Meadow Farm", methodology="soil-carbn")
    assert workspace.sessions.ids() == []


def test_a_session_may_be_bound_to_a_folder_of_the_inbox(workspace: Workspace) -> None:
    created = create_session(workspace, "Meadow Farm", bound_folder="Meadow Farm")
    assert workspace.sessions.read(created.session_id).bound_folder == "Meadow Farm"


def test_adding_always_goes_to_the_session_that_was_named(workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    # Given two sessions of one project, the second one newer
    first = create_session(workspace, "Meadow Farm").session_id
    clock.advance(hours=1)
    second = create_session(workspace, "Meadow Farm").session_id
    (tmp_path / "plan.pdf").write_bytes(b"plan")
    # When
    result = add_documents(workspace, first, {"type": "path", "path": str(tmp_path / "plan.pdf")})
    # Then
    assert result.session_id == first
    assert len(workspace.sessions.read(first).documents) == 1
    assert workspace.sessions.read(second).documents == {}


def test_adding_to_a_session_that_is_not_there_says_so_and_keeps_nothing(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"plan")
    with pytest.raises(SessionNotFound):
        add_documents(workspace, "session-20200101-000000", {"type": "path", "path": str(tmp_path)})
    assert [p for p in workspace.staging.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_the_answer_of_add_documents_has_the_contracts_shape(workspace: Workspace, tmp_path: Path) -> None:
    session = create_session(workspace, "Meadow Farm").session_id
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "plan.pdf").write_bytes(b"plan")
    answer = add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "in")}).model_dump(mode="json")
    assert answer["session_id"] == session
    assert answer["source_type"] == "path"
    assert answer["files_added"] == 1
    assert answer["duplicate_warning"] is None
    assert answer["message"] == f"{session}: 1 added."
    (file,) = answer["files"]
    assert file["filename"] == "plan.pdf"
    assert file["outcome"] == "added"
    assert len(file["sha256"]) == 64
    assert file["document_id"] in workspace.sessions.read(session).documents


def test_pointing_to_another_session_is_noted_once(workspace: Workspace) -> None:
    one, other = (create_session(workspace, "Meadow Farm").session_id for _ in range(2))
    point_to(workspace, one, other, "R. Viewer")
    point_to(workspace, one, other, "R. Viewer")
    assert workspace.sessions.read(one).points_to == other
    assert [e.action for e in workspace.sessions.audit(one)].count("pointed_to") == 1
    with pytest.raises(UsageError):
        point_to(workspace, one, one, "R. Viewer")
