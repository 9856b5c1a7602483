"""Everything in a home is looked at; what is amiss is named, and mending touches nothing that cannot be made again."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Clock
from test_backup import upload

from pipeline.home.workspace import Workspace
from pipeline.intake import kept_archives
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session
from pipeline.upkeep.collecting import Collected, collect
from pipeline.upkeep.deep import DEEP, DeepFinding, examine_deep


@pytest.fixture
def elm(workspace: Workspace) -> str:
    """A session with two documents, reported."""
    session_id = create_session(workspace, "Elm Farm").session_id
    add_documents(workspace, session_id, upload(plan="A plan.\n", letter="A letter.\n"))
    run.advance(workspace, session_id, "report_generation")
    return session_id


def amiss(ws: Workspace, *, mend: bool = False) -> dict[str, DeepFinding]:
    return {one.check_id: one for one in examine_deep(ws, mend=mend) if one.outcome != "ok"}


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(0o400 if "content" in path.parts else 0o600)


def truth(ws: Workspace) -> dict[str, bytes]:
    """What mending may never change."""
    kept = [*(ws.data / "sessions").glob("*/session.json"), *(ws.data / "sessions").glob("*/audit.jsonl")]
    return {str(path): path.read_bytes() for path in kept}


def a_document(ws: Workspace, session_id: str) -> str:
    return sorted(document.sha256 for document in ws.sessions.read(session_id).documents.values())[0]


def test_a_home_in_order_has_nothing_amiss_and_every_check_says_something(workspace: Workspace, elm: str) -> None:
    found = examine_deep(workspace)
    assert [one.check_id for one in found] == [check.check_id for check in DEEP]
    assert amiss(workspace) == {}
    assert all(one.message for one in found)


def test_a_changed_document_is_set_aside_and_stays_a_failure_until_it_is_added_again(
    workspace: Workspace, elm: str
) -> None:
    sha256 = a_document(workspace, elm)
    whole = workspace.content.path(sha256).read_bytes()
    overwrite(workspace.content.path(sha256), b"other")
    assert amiss(workspace)["deep_contents"].outcome == "fail"
    assert workspace.content.path(sha256).read_bytes() == b"other"
    assert amiss(workspace, mend=True)["deep_contents"].troubles[0].mended
    assert workspace.content.damaged()[0].read_bytes() == b"other"
    assert "is gone" in amiss(workspace)["deep_contents"].message
    name = next(d.filename for d in workspace.sessions.read(elm).documents.values() if d.sha256 == sha256)
    add_documents(workspace, elm, upload(**{name: whole.decode()}))
    assert "deep_contents" not in amiss(workspace)


def test_a_broken_log_and_a_damaged_session_are_named_and_never_touched(workspace: Workspace, elm: str) -> None:
    log = workspace.sessions.folder(elm) / "audit.jsonl"
    overwrite(log, log.read_bytes().replace(b"Elm", b"Oak"))
    other = create_session(workspace, "Oak Farm").session_id
    overwrite(workspace.sessions.folder(other) / "session.json", b"{")
    before = truth(workspace)
    found = amiss(workspace, mend=True)["deep_sessions"]
    assert found.outcome == "fail"
    assert len(found.troubles) == 2
    assert truth(workspace) == before


def test_a_document_that_names_a_source_which_is_not_there_is_a_failure(workspace: Workspace, elm: str) -> None:
    path = workspace.sessions.folder(elm) / "session.json"
    tables = json.loads(path.read_bytes())
    tables["sources"] = {}
    overwrite(path, json.dumps(tables).encode())
    assert "names a source" in amiss(workspace)["deep_sessions"].message


@pytest.mark.parametrize("gone", [True, False])
def test_a_result_that_was_changed_goes_and_is_made_again(workspace: Workspace, elm: str, gone: bool) -> None:
    stage = workspace.sessions.read(elm).stages["cross_validation"]
    path = workspace.sessions.folder(elm) / "results" / f"{stage.result}.json"
    if gone:
        path.unlink()
    else:
        overwrite(path, b"{}")
    assert "cross_validation" in amiss(workspace)["deep_results"].message
    amiss(workspace, mend=True)
    assert not path.exists()
    run.advance(workspace, elm, "report_generation")
    assert amiss(workspace) == {}


def test_a_report_that_was_changed_stays_and_the_right_one_is_written_beside_it(workspace: Workspace, elm: str) -> None:
    path = workspace.sessions.folder(elm) / "reports" / f"report-{elm}-v1.json"
    right = path.read_bytes()
    overwrite(path, b"{}\n")
    assert "deep_reports" in amiss(workspace)
    amiss(workspace, mend=True)
    assert path.read_bytes() == b"{}\n"
    assert path.with_name(f"report-{elm}-v2.json").read_bytes() == right
    assert amiss(workspace) == {}


def test_a_reading_that_cannot_be_used_goes(workspace: Workspace, elm: str) -> None:
    path = sorted((workspace.data / "readings").glob("*.json"))[0]
    overwrite(path, b"half a rea")
    assert "deep_readings" in amiss(workspace)
    amiss(workspace, mend=True)
    assert not path.exists()
    assert amiss(workspace) == {}


def test_a_catalog_that_says_something_else_is_made_anew(workspace: Workspace, elm: str) -> None:
    with closing(sqlite3.connect(workspace.data / "catalog.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE sessions SET project_name = 'Somebody else'")
        db.execute("DELETE FROM content")
    assert elm in amiss(workspace)["deep_catalog"].message
    amiss(workspace, mend=True)
    assert amiss(workspace) == {}
    assert workspace.catalog.names_of([elm]) == {elm: "Elm Farm"}


def test_a_catalog_that_was_made_anew_still_keeps_the_content_of_a_damaged_session(
    workspace: Workspace, elm: str, clock: Clock
) -> None:
    sha256 = a_document(workspace, elm)
    overwrite(workspace.sessions.folder(elm) / "session.json", b"{")
    workspace.catalog.renew()
    clock.advance(days=2)
    assert collect(workspace).kept
    Workspace.open(workspace.settings, now=clock).close()
    assert workspace.content.has(sha256)
    assert "deep_catalog" not in amiss(workspace)


def test_leftovers_go_when_they_are_old_and_not_before(workspace: Workspace, elm: str, clock: Clock) -> None:
    places = [
        workspace.sessions.folder(elm) / "x.tmp",
        workspace.data / "readings/y.tmp",
        workspace.quarantine / "z.tmp",
    ]
    places += [workspace.staging / "copies-0badc0de" / "half", workspace.data / ".restoring-1" / "data" / "half"]
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(b"half")
        path.chmod(0o600)
        for one in (path, path.parent, path.parent.parent):
            os.utime(one, (clock().timestamp(),) * 2)
    assert "deep_leftovers" not in amiss(workspace)
    clock.advance(hours=2)
    assert amiss(workspace)["deep_leftovers"].outcome == "warning"
    amiss(workspace, mend=True)
    assert not any(path.exists() for path in places)


def test_a_copy_of_a_living_process_is_no_leftover(workspace: Workspace, clock: Clock) -> None:
    copy = workspace.content.new_copy()
    copy.write_bytes(b"under way")
    for one in (copy, copy.parent):
        os.utime(one, (clock().timestamp() - 7200,) * 2)
    amiss(workspace, mend=True)
    assert copy.exists()


def test_a_file_in_the_quarantine_without_its_reason_is_named_and_so_is_a_reason_without_its_file(
    workspace: Workspace,
) -> None:
    folder = workspace.quarantine / "session-20260131-094500"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "a.txt").write_text("a")
    (folder / "b.txt.reason.json").write_text('{"reason": "b"}')
    (folder / "c.txt").write_text("c")
    (folder / "c.txt.reason.json").write_text("{")
    found = amiss(workspace)["deep_quarantine"]
    assert len(found.troubles) == 3
    assert {path.name for path in folder.iterdir()} == {"a.txt", "b.txt.reason.json", "c.txt", "c.txt.reason.json"}


def test_a_changed_archive_is_set_aside_and_can_be_added_again(workspace: Workspace, tmp_path: Path) -> None:
    session_id = create_session(workspace, "Elm Farm").session_id
    packed = tmp_path / "papers.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("plan.txt", "A plan.\n")
    source = {"type": "path", "path": str(packed)}
    add_documents(workspace, session_id, source)
    (kept,) = workspace.sessions.read(session_id).archives.values()
    place = kept_archives.place_of(workspace, session_id, kept.sha256)
    overwrite(place, b"other")
    assert amiss(workspace)["deep_archives"].outcome == "fail"
    amiss(workspace, mend=True)
    assert not place.exists()
    add_documents(workspace, session_id, source)
    assert kept_archives.is_intact(workspace, session_id, kept)
    assert amiss(workspace) == {}


def test_rights_of_others_are_taken(workspace: Workspace, elm: str) -> None:
    path = workspace.sessions.folder(elm) / "session.json"
    path.chmod(0o644)
    workspace.data.chmod(0o755)
    assert "deep_rights" in amiss(workspace)
    amiss(workspace, mend=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert amiss(workspace) == {}


def test_a_damaged_file_beside_the_sessions_is_a_failure_that_only_a_backup_mends(workspace: Workspace) -> None:
    (workspace.data / "keys.json").write_text("{")
    (workspace.data / "keys.json").chmod(0o600)
    found = amiss(workspace, mend=True)["deep_files"]
    assert found.outcome == "fail"
    assert "restore" in found.cure


# --- gc ---------------------------------------------------------------------------------------------------------------


def counts(found: Collected) -> dict[str, int]:
    return {pile.kind: pile.count for pile in found.piles if pile.count}


def orphan(ws: Workspace, text: bytes) -> str:
    """Content that a killed process filed and no session came to hold."""
    import io

    staged = ws.content.stage(io.BytesIO(text), 1000)
    ws.content.put(staged.path, staged.sha256)
    return staged.sha256


def test_only_what_nothing_refers_to_goes_and_only_when_it_is_an_hour_old(
    workspace: Workspace, elm: str, clock: Clock
) -> None:
    # Filing sets a file's change time by the real clock, which no test moves.
    import time

    clock.time = clock.time.fromtimestamp(time.time(), tz=clock.time.tzinfo)
    sha256 = orphan(workspace, b"nobody's")
    held = {document.sha256 for document in workspace.sessions.read(elm).documents.values()}
    assert counts(collect(workspace)) == {}
    clock.advance(hours=2)
    assert "deep_orphans" in amiss(workspace)
    dry = collect(workspace, dry_run=True)
    assert counts(dry) == {"contents": 1}
    assert workspace.content.has(sha256)
    assert counts(collect(workspace)) == counts(dry)
    assert not workspace.content.has(sha256)
    assert all(workspace.content.has(one) for one in held)
    assert amiss(workspace) == {}


def test_readings_of_older_readers_and_of_content_that_is_gone_go(workspace: Workspace, elm: str, clock: Clock) -> None:
    of_use = set((workspace.data / "readings").glob("*.json"))
    sha256 = a_document(workspace, elm)
    for name in (f"{sha256}.3-older.json", f"{'0' * 64}.6-x.json"):
        path = workspace.data / "readings" / name
        path.write_text("{}")
        os.utime(path, (clock().timestamp() - 7200,) * 2)
    assert counts(collect(workspace)) == {"readings": 2}
    assert set((workspace.data / "readings").glob("*.json")) == of_use


def test_results_that_no_stage_names_go_but_not_under_a_running_stage(workspace: Workspace, elm: str) -> None:
    folder = workspace.sessions.folder(elm) / "results"
    stray = folder / f"{'0' * 64}.json"
    stray.write_text("{}")
    with workspace.sessions.lease(elm, 0):
        assert counts(collect(workspace)) == {}
    before = set(folder.iterdir())
    assert counts(collect(workspace, dry_run=True)) == {"results": 1}
    assert counts(collect(workspace)) == {"results": 1}
    assert set(folder.iterdir()) == before - {stray}


def test_with_a_damaged_session_every_content_stays_and_it_says_so(
    workspace: Workspace, elm: str, clock: Clock
) -> None:
    other = create_session(workspace, "Oak Farm").session_id
    add_documents(workspace, other, upload(oak="Oak.\n"))
    overwrite(workspace.sessions.folder(other) / "session.json", b"{")
    orphan(workspace, b"nobody's")
    clock.advance(days=9000)
    found = collect(workspace)
    assert "contents" not in counts(found)
    assert other in found.kept[0]
    assert "deep_orphans" not in amiss(workspace)


def test_what_a_deleted_session_left_in_the_quarantine_stays(workspace: Workspace, elm: str, clock: Clock) -> None:
    place = workspace.quarantine / elm / "odd.txt"
    place.parent.mkdir(parents=True)
    place.write_text("odd")
    delete_session(workspace, elm, "anna")
    clock.advance(days=9000)
    collect(workspace)
    assert place.read_text() == "odd"
