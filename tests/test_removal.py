"""What was added can be taken out, given back and undone, and nothing else moves."""

from __future__ import annotations

import base64
import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.errors import ReviewError, SessionNotFound, UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import Document, Inventory, StageRecord
from pipeline.stages.add_documents import add_documents
from pipeline.stages.export import export_session
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import DELETIONS, delete_session, remove_document, undo_new_version
from pipeline.store import faultpoints
from pipeline.store.transaction import Transaction


@pytest.fixture
def session(workspace: Workspace) -> str:
    return create_session(workspace, "Meadow Farm").session_id


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def upload(ws: Workspace, session: str, *files: tuple[str, bytes]) -> None:
    items = [{"filename": name, "content_base64": base64.b64encode(data).decode()} for name, data in files]
    add_documents(ws, session, {"type": "upload", "files": items}, check_duplicates=False)


def versions(ws: Workspace, session: str, place: Path, *contents: bytes) -> list[str]:
    """One path with one content after another; returns the documents' ids."""
    place.mkdir(exist_ok=True)
    for data in contents:
        (place / "plan.pdf").write_bytes(data)
        add_documents(ws, session, {"type": "path", "path": str(place)})
    ids = {d.sha256: d.document_id for d in ws.sessions.read(session).documents.values()}
    return [ids[digest(data)] for data in contents]


# --- remove -----------------------------------------------------------------------------------------------------------


def test_a_removed_document_goes_with_its_bytes_and_the_audit_keeps_its_hash(
    workspace: Workspace, session: str
) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"), ("map.pdf", b"map"))
    reading = workspace.data / "readings" / f"{digest(b'map')}.1.json"
    reading.parent.mkdir(exist_ok=True)
    reading.write_text("{}")
    gone = remove_document(workspace, session, "map.pdf", "R. Viewer", "another farm's")
    assert gone.sha256 == digest(b"map")
    assert [d.filename for d in workspace.sessions.read(session).documents.values()] == ["plan.pdf"]
    assert not workspace.content.has(digest(b"map"))
    assert not reading.exists()
    assert workspace.content.has(digest(b"plan"))
    last = workspace.sessions.audit(session)[-1]
    assert (last.action, last.actor) == ("document_removed", "R. Viewer")
    assert last.details["sha256"] == digest(b"map")
    assert last.details["reason"] == "another farm's"
    workspace.sessions.verify_audit(session)


def test_bytes_stay_while_another_session_holds_them(workspace: Workspace, session: str) -> None:
    other = create_session(workspace, "Hill Farm").session_id
    for one in (session, other):
        upload(workspace, one, ("plan.pdf", b"plan"))
    remove_document(workspace, session, "plan.pdf", "R. Viewer", "wrong session")
    assert workspace.content.path(digest(b"plan")).read_bytes() == b"plan"
    remove_document(workspace, other, "plan.pdf", "R. Viewer", "wrong session too")
    assert not workspace.content.has(digest(b"plan"))


def test_a_document_is_named_by_id_by_its_start_by_hash_or_by_any_of_its_names(
    workspace: Workspace, session: str
) -> None:
    for pick in range(5):
        upload(workspace, session, ("plan.pdf", b"plan"))
        upload(workspace, session, ("other name.pdf", b"plan"))
        (document,) = workspace.sessions.read(session).documents.values()
        names = [document.document_id, document.document_id[:9], document.sha256, document.sha256[:8], "other name.pdf"]
        assert remove_document(workspace, session, names[pick], "R. Viewer", "test") == document
        assert workspace.sessions.read(session).documents == {}


def test_an_ambiguous_name_removes_nothing_and_lists_the_candidates(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("a/scan.pdf", b"one"), ("b/scan.pdf", b"two"))
    ids = list(workspace.sessions.read(session).documents)
    with pytest.raises(UsageError) as error:
        remove_document(workspace, session, "scan.pdf", "R. Viewer", "which one?")
    assert all(i in str(error.value) for i in ids)
    assert len(workspace.sessions.read(session).documents) == 2


def test_removing_what_is_not_there_says_what_is(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    with pytest.raises(UsageError, match=r"plan\.pdf"):
        remove_document(workspace, session, "plam.pdf", "R. Viewer", "typo")


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("R. Viewer", "  ")])
def test_who_and_why_are_required(workspace: Workspace, session: str, by: str, reason: str) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    with pytest.raises(UsageError, match="may not be empty"):
        remove_document(workspace, session, "plan.pdf", by, reason)
    assert workspace.content.has(digest(b"plan"))


def test_a_removed_new_version_lets_the_earlier_one_count_again(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    one, two, three = versions(workspace, session, tmp_path / "in", b"1", b"2", b"3")
    # The middle of a chain: its ends join
    remove_document(workspace, session, two, "R. Viewer", "withdrawn")
    assert workspace.sessions.read(session).documents[one].superseded_by == three
    # Its end: the first counts again
    remove_document(workspace, session, three, "R. Viewer", "withdrawn")
    assert workspace.sessions.read(session).documents[one].superseded_by is None


def test_a_failed_removal_keeps_the_bytes(workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    monkeypatch.setattr(Transaction, "log", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        remove_document(workspace, session, "plan.pdf", "R. Viewer", "why")
    assert len(workspace.sessions.read(session).documents) == 1
    assert workspace.content.has(digest(b"plan"))


# --- delete -----------------------------------------------------------------------------------------------------------


def test_a_deleted_session_is_gone_with_the_bytes_that_only_it_held(workspace: Workspace, session: str) -> None:
    other = create_session(workspace, "Hill Farm").session_id
    upload(workspace, session, ("plan.pdf", b"plan"), ("shared.pdf", b"shared"))
    upload(workspace, other, ("shared.pdf", b"shared"))
    delete_session(workspace, session, "R. Viewer")
    assert workspace.sessions.ids() == [other]
    assert not workspace.content.has(digest(b"plan"))
    assert workspace.content.has(digest(b"shared"))
    with pytest.raises(SessionNotFound):
        delete_session(workspace, session, "R. Viewer")


def test_deleting_needs_a_name(workspace: Workspace, session: str) -> None:
    with pytest.raises(UsageError):
        delete_session(workspace, session, " ")
    assert workspace.sessions.ids() == [session]


# --- undo -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [0, 1])
def test_a_supersession_is_undone_from_either_side(
    workspace: Workspace, session: str, tmp_path: Path, named: int
) -> None:
    ids = versions(workspace, session, tmp_path / "in", b"1", b"2")
    (again,) = undo_new_version(workspace, session, ids[named], "R. Viewer")
    assert (again.document_id, again.superseded_by, again.kept_by) == (ids[0], None, "R. Viewer")
    assert workspace.sessions.read(session).documents[ids[0]] == again
    assert workspace.sessions.audit(session)[-1].action == "supersession_undone"


def test_what_discovery_recognised_by_content_is_undone_too(workspace: Workspace, session: str) -> None:
    # Given an inventory in which one document supersedes another
    upload(workspace, session, ("plan v1.pdf", b"1"), ("plan v2.pdf", b"2"))
    old, new = sorted(workspace.sessions.read(session).documents.values(), key=lambda d: d.filename)
    listed = [
        Document(
            **d.model_dump(include={"document_id", "filename", "path", "names", "sha256", "size", "source_type"}),
            added_at=d.added_at,
            document_type="project_plan",
            classified_by=("test",),
            status="superseded" if d is old else "in_scope",
            superseded_by=new.document_id if d is old else None,
        )
        for d in (old, new)
    ]
    result = workspace.sessions.save_result(session, Inventory(documents=tuple(listed)))
    with workspace.sessions.transaction(session, "machine") as tx:
        tx.put_stage("document_discovery", StageRecord(status="completed", fingerprint="x", result=result))
    # When
    undo_new_version(workspace, session, "plan v1.pdf", "R. Viewer")
    # Then
    assert workspace.sessions.read(session).documents[old.document_id].kept_by == "R. Viewer"
    with pytest.raises(UsageError, match="neither superseded"):
        undo_new_version(workspace, session, "plan v1.pdf", "R. Viewer")


def test_there_must_be_something_to_undo(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    with pytest.raises(UsageError, match="neither superseded"):
        undo_new_version(workspace, session, "plan.pdf", "R. Viewer")


# --- export -----------------------------------------------------------------------------------------------------------


def test_export_gives_the_originals_back_under_their_names(workspace: Workspace, session: str, tmp_path: Path) -> None:
    files = {"plan.pdf": b"plan", "odd: name?.pdf": b"odd", "caf\u00e9.pdf": b"caf"}
    upload(workspace, session, *files.items())
    written = export_session(workspace, session, tmp_path / "out" / "deep")
    assert {p.name: p.read_bytes() for p in written} == files
    assert {p.parent for p in written} == {tmp_path / "out" / "deep"}
    assert all(os.access(p, os.W_OK) for p in written)


def test_export_numbers_a_name_that_is_taken_and_overwrites_nothing(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    upload(workspace, session, ("a/scan.pdf", b"one"), ("b/scan.pdf", b"two"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "scan.pdf").write_bytes(b"yours")
    written = export_session(workspace, session, out)
    assert [p.name for p in written] == ["scan (2).pdf", "scan (3).pdf"]
    assert [p.read_bytes() for p in written] == [b"one", b"two"]
    assert (out / "scan.pdf").read_bytes() == b"yours"


def test_export_does_not_follow_a_link_that_stands_in_the_way(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.pdf").symlink_to(tmp_path / "elsewhere.pdf")
    (written,) = export_session(workspace, session, out)
    assert written.name == "plan (2).pdf"
    assert not (tmp_path / "elsewhere.pdf").exists()


def test_export_goes_to_a_folder_outside_the_programs_data(workspace: Workspace, session: str, tmp_path: Path) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    (tmp_path / "file").write_bytes(b"")
    for wrong in (workspace.data / "out", tmp_path / "file"):
        with pytest.raises(UsageError):
            export_session(workspace, session, wrong)


def test_export_says_which_content_is_gone_before_it_writes(workspace: Workspace, session: str, tmp_path: Path) -> None:
    upload(workspace, session, ("a.pdf", b"a"), ("b.pdf", b"b"))
    workspace.content.path(digest(b"b")).unlink()
    with pytest.raises(ReviewError, match=r"b\.pdf"):
        export_session(workspace, session, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- cut off in the middle --------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process."""


class DiesAt:
    """A plan of faults that ends the program at one point."""

    def __init__(self, point: str) -> None:
        self._point = point

    def reach(self, name: str, _subject: str = "") -> None:
        if name == self._point:
            raise Killed


@pytest.mark.parametrize("point", ["session.aside", "session.forgotten"])
def test_who_deleted_a_session_is_known_although_the_program_died_over_it(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    upload(workspace, session, ("plan.txt", b"A plan."))
    with monkeypatch.context() as patched:
        patched.setattr(faultpoints, "_plan", DiesAt(point))
        with pytest.raises(Killed):
            delete_session(workspace, session, "R. Viewer")

    workspace.sessions.sweep()

    (line,) = (workspace.data / DELETIONS).read_text().splitlines()
    assert (json.loads(line)["session_id"], json.loads(line)["by"]) == (session, "R. Viewer")
    assert workspace.sessions.ids() == []
    assert not workspace.content.has(digest(b"A plan."))


def test_a_file_that_is_given_back_has_its_name_when_it_is_whole(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(workspace, session, ("plan.txt", b"A plan."))
    with monkeypatch.context() as patched:
        patched.setattr(faultpoints, "_plan", DiesAt("export.place"))
        with pytest.raises(Killed):
            export_session(workspace, session, tmp_path / "out")
    assert not (tmp_path / "out" / "plan.txt").exists()

    export_session(workspace, session, tmp_path / "out")

    assert [(p.name, p.read_bytes()) for p in (tmp_path / "out").iterdir()] == [("plan.txt", b"A plan.")]
