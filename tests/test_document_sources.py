"""Files from every kind of source: one way in, an outcome for each, nothing lost, originals untouched."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import RevisionConflict, TryAgain, UsageError
from pipeline.filenames import SafeName
from pipeline.home.workspace import Workspace
from pipeline.intake import take as intake_take
from pipeline.intake.arrivals import Arrival, decide
from pipeline.intake.sources import InboxFile
from pipeline.intake.sources.inbox import identity_of
from pipeline.models import AddResult, SessionRecord
from pipeline.settings import HomeSettings, Settings
from pipeline.stages.add_documents import add_documents, rescan_sources, take_inbox_files
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import remove_document, undo_new_version

if TYPE_CHECKING:
    from tests.conftest import Clock


@pytest.fixture
def session(workspace: Workspace) -> str:
    return create_session(workspace, "Meadow Farm").session_id


def folder_of(place: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def add(ws: Workspace, session: str, path: Path) -> AddResult:
    return add_documents(ws, session, {"type": "path", "path": str(path)})


def upload(ws: Workspace, session: str, *files: tuple[str, bytes]) -> AddResult:
    items = [{"filename": name, "content_base64": base64.b64encode(data).decode()} for name, data in files]
    return add_documents(ws, session, {"type": "upload", "files": items})


def drop(ws: Workspace, session: str, files: dict[str, bytes]) -> list[InboxFile]:
    place = folder_of(ws.inbox / session, files)
    return [settled(place / name, name) for name in files]


def settled(path: Path, relative: str) -> InboxFile:
    identity = identity_of(path)
    assert identity is not None
    return InboxFile(path, relative, identity)


def outcomes(result: AddResult) -> dict[str, str]:
    return {f.filename: f.outcome for f in result.files}


def contents(ws: Workspace, session: str) -> set[bytes]:
    return {ws.content.path(d.sha256).read_bytes() for d in ws.sessions.read(session).documents.values()}


def staged_files(ws: Workspace) -> list[Path]:
    return [p for p in ws.staging.rglob("*") if p.is_file() and p.suffix not in (".lock", "")]


def filed(ws: Workspace) -> set[str]:
    return {p.name for p in (ws.data / "content").rglob("*") if p.is_file()}


# --- paths ------------------------------------------------------------------------------------------------------------


def test_a_folder_is_taken_with_everything_below_it_and_left_as_it_was(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    # Given
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan", "maps/land.pdf": b"map", "maps/old/land.pdf": b"old"})
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns, p.stat().st_mode) for p in source.rglob("*")}
    # When
    result = add(workspace, session, source)
    # Then
    assert [f.outcome for f in result.files] == ["added"] * 3
    assert {p: (p.stat().st_ino, p.stat().st_mtime_ns, p.stat().st_mode) for p in source.rglob("*")} == before
    assert contents(workspace, session) == {b"plan", b"map", b"old"}
    for document in workspace.sessions.read(session).documents.values():
        assert workspace.content.path(document.sha256).stat().st_ino not in {ino for ino, _, _ in before.values()}


def test_two_files_that_share_a_name_are_two_documents(workspace: Workspace, session: str, tmp_path: Path) -> None:
    add(workspace, session, folder_of(tmp_path, {"a/scan.pdf": b"one", "b/scan.pdf": b"two"}))
    documents = workspace.sessions.read(session).documents.values()
    assert sorted((d.path, d.filename) for d in documents) == [("a/scan.pdf", "scan.pdf"), ("b/scan.pdf", "scan.pdf")]
    assert all(d.superseded_by is None for d in documents)


def test_a_single_file_is_a_source_and_a_zip_is_taken_as_it_is(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    archive = folder_of(tmp_path, {"all.zip": b"PK\x03\x04rest"}) / "all.zip"
    result = add(workspace, session, archive)
    assert outcomes(result) == {"all.zip": "added"}
    (source,) = workspace.sessions.read(session).sources.values()
    assert source.metadata == {"path": str(archive.resolve()), "file_count": 1}


def test_a_path_is_one_source_however_it_is_spelt_and_however_often_it_is_added(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan"})
    add(workspace, session, source)
    revision = workspace.sessions.read(session).revision
    monkeypatch.chdir(tmp_path)
    for spelling in ("in", "./in/", "in/../in", str(source) + "/"):
        assert outcomes(add_documents(workspace, session, {"type": "path", "path": spelling})) == {
            "plan.pdf": "duplicate"
        }
    record = workspace.sessions.read(session)
    assert len(record.sources) == 1
    assert record.revision == revision


def test_an_empty_folder_is_a_source_that_is_looked_at_again(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    assert add(workspace, session, tmp_path / "in").files == ()
    folder_of(tmp_path / "in", {"plan.pdf": b"plan"})
    assert rescan_sources(workspace, session) == [{"type": "path", "files": 1}]
    assert contents(workspace, session) == {b"plan"}


def test_hidden_and_temporary_files_and_system_folders_are_passed_over(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    names = [".hidden", "~$plan.docx", "x.part", "Thumbs.db", "__MACOSX/plan.pdf", ".git/config", "@eaDir/plan.pdf"]
    result = add(workspace, session, folder_of(tmp_path, {"plan.pdf": b"plan", **dict.fromkeys(names, b"no")}))
    assert outcomes(result) == {"plan.pdf": "added"}


@pytest.mark.parametrize("path", ["nowhere", "in/nowhere.pdf"])
def test_a_path_where_nothing_is_adds_nothing(workspace: Workspace, session: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        add(workspace, session, tmp_path / path)


def test_the_programs_own_data_is_no_source(workspace: Workspace, session: str) -> None:
    for place in (workspace.data, workspace.data / "content", workspace.inbox):
        with pytest.raises(UsageError, match="belongs to the program"):
            add(workspace, session, place)


def test_a_folder_around_the_home_is_taken_without_the_home(workspace: Workspace, session: str, tmp_path: Path) -> None:
    drop(workspace, session, {"waiting.pdf": b"waiting"})
    folder_of(tmp_path, {"plan.pdf": b"plan"})
    assert outcomes(add(workspace, session, tmp_path)) == {"plan.pdf": "added"}


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_each_refused_file_has_its_reason_and_stops_no_other(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    # Given
    source = folder_of(tmp_path / "in", {"good.pdf": b"good", "empty.pdf": b"", "con.pdf": b"device", "z.pdf": b"z"})
    (source / "link.pdf").symlink_to(source / "good.pdf")
    (source / "linked").symlink_to(tmp_path)
    os.mkfifo(source / "pipe.pdf")
    (source / os.fsdecode(b"bell\x07.pdf")).write_bytes(b"bell")
    # When
    result = add(workspace, session, source)
    # Then
    assert outcomes(result) == {
        "good.pdf": "added",
        "z.pdf": "added",
        "empty.pdf": "refused",
        "con.pdf": "refused",
        "link.pdf": "refused",
        "linked": "refused",
        "pipe.pdf": "refused",
        "bell\\x07.pdf": "refused",
    }
    reasons = {f.filename: f.reason or "" for f in result.files}
    assert "empty (0 bytes)" in reasons["empty.pdf"]
    assert "device" in reasons["con.pdf"]
    assert "symbolic link" in reasons["link.pdf"]
    assert "symbolic link" in reasons["linked"]
    assert "not a regular file" in reasons["pipe.pdf"]
    assert "control characters" in reasons["bell\\x07.pdf"]
    assert result.message == f"{session}: 2 added, 6 refused."


def test_a_link_given_as_the_source_itself_is_refused(workspace: Workspace, session: str, tmp_path: Path) -> None:
    folder_of(tmp_path / "real", {"plan.pdf": b"plan"})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert outcomes(add(workspace, session, tmp_path / "link")) == {"link": "refused"}
    assert workspace.sessions.read(session).documents == {}


def test_a_file_over_the_limit_is_refused(tmp_path: Path, settings: Settings, clock: Clock) -> None:
    small = settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"max_file_mb": 1})})
    with Workspace.open(small, now=clock) as ws:
        session = create_session(ws, "Meadow Farm").session_id
        source = folder_of(tmp_path / "in", {"big.pdf": b"x" * 1_000_001, "just.pdf": b"x" * 1_000_000})
        assert outcomes(add(ws, session, source)) == {"big.pdf": "refused", "just.pdf": "added"}
        assert outcomes(upload(ws, session, ("big.pdf", b"y" * 1_000_001))) == {"big.pdf": "refused"}
        assert staged_files(ws) == []


def test_files_over_the_sessions_most_are_refused_by_name(tmp_path: Path, settings: Settings, clock: Clock) -> None:
    few = settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"max_files_per_session": 2})})
    with Workspace.open(few, now=clock) as ws:
        session = create_session(ws, "Meadow Farm").session_id
        result = add(ws, session, folder_of(tmp_path / "in", {n: n.encode() for n in ("d", "a", "c", "b")}))
        assert outcomes(result) == {"a": "added", "b": "added", "c": "refused", "d": "refused"}
        # What is there already is recognised even when nothing more fits.
        assert outcomes(upload(ws, session, ("again", b"a"), ("more", b"more"))) == {
            "again": "duplicate",
            "more": "refused",
        }
        assert filed(ws) == {sha256(b).hexdigest() for b in (b"a", b"b")}


@contextmanager
def as_nobody() -> Iterator[Path]:
    """Root may read everything: become somebody else for a while, with a folder of one's own."""
    place = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(place, 65534, 65534)
        os.seteuid(65534)
    try:
        yield place
    finally:
        if root:
            os.seteuid(0)
        subprocess.run(["chmod", "-R", "u+rwX", str(place)], check=True)  # noqa: S603, S607 - our own folder
        shutil.rmtree(place)


def test_a_file_that_may_not_be_read_is_refused_and_the_others_go_on(workspace: Workspace, tmp_path: Path) -> None:
    # Given everything imported that is imported late, since nobody may not read our packages
    upload(workspace, create_session(workspace, "Meadow Farm").session_id, ("warm.pdf", b"warm"))
    with as_nobody() as place:
        source = folder_of(place / "in", {"plan.pdf": b"plan", "secret.pdf": b"secret", "closed/map.pdf": b"map"})
        (source / "secret.pdf").chmod(0)
        (source / "closed").chmod(0)
        # When
        home = HomeSettings(inbox=place / "inbox", data=place / "data")
        with Workspace.open(Settings(home=home)) as ws:
            session = create_session(ws, "Meadow Farm").session_id
            result = add(ws, session, source)
            files = drop(ws, session, {"secret.pdf": b"secret"})
            files[0].path.chmod(0)
            dropped = take_inbox_files(ws, session, [settled(files[0].path, "secret.pdf")])
            quarantined = (ws.quarantine / session / "secret.pdf").exists()
    # Then
    assert outcomes(result) == {"plan.pdf": "added", "secret.pdf": "refused", "closed": "refused"}
    for file in (*result.files, *dropped.files):
        if file.outcome == "refused":
            assert "cannot be read (permission denied)" in (file.reason or "")
    assert outcomes(dropped) == {"secret.pdf": "refused"}
    assert quarantined


def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_half_is_kept(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a file that somebody writes to whenever we look
    source = folder_of(tmp_path / "in", {"busy.pdf": b"start", "calm.pdf": b"calm"})
    copy: Callable[..., Any] = workspace.content._copy

    def while_written(stream: Any, limit: int, name: str, *more: Any) -> Any:
        if name.endswith("busy.pdf"):
            with (source / "busy.pdf").open("ab") as writer:
                writer.write(b"more")
        return copy(stream, limit, name, *more)

    monkeypatch.setattr(workspace.content, "_copy", while_written)
    # When
    result = add(workspace, session, source)
    # Then
    assert outcomes(result) == {"busy.pdf": "refused", "calm.pdf": "added"}
    assert "changed while it was read" in (result.files[0].reason or "")
    assert workspace.sessions.read(session).refused == ()
    assert staged_files(workspace) == []
    # And it is taken once it rests
    monkeypatch.undo()
    assert outcomes(add(workspace, session, source)) == {"busy.pdf": "added", "calm.pdf": "duplicate"}


def test_refusals_are_kept_once_with_the_session_and_go_when_the_file_comes_through(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b""})
    add(workspace, session, source)
    first = workspace.sessions.read(session)
    assert [r["filename"] for r in first.refused] == ["plan.pdf"]
    rescan_sources(workspace, session)
    assert workspace.sessions.read(session).revision == first.revision
    (source / "plan.pdf").write_bytes(b"plan")
    rescan_sources(workspace, session)
    assert workspace.sessions.read(session).refused == ()
    assert "file_refused" in [e.action for e in workspace.sessions.audit(session)]


def test_a_full_disk_takes_nothing_and_says_try_again(tmp_path: Path, settings: Settings, clock: Clock) -> None:
    greedy = settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"min_free_mb": 100_000_000})})
    with Workspace.open(greedy, now=clock) as ws:
        session = create_session(ws, "Meadow Farm").session_id
        files = drop(ws, session, {"plan.pdf": b"plan"})
        with pytest.raises(TryAgain):
            take_inbox_files(ws, session, files)
        assert files[0].path.read_bytes() == b"plan"
        assert ws.sessions.read(session).documents == {}


def test_a_failure_in_the_commit_leaves_no_trace_of_the_batch(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_take, "_note_refusals", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add(workspace, session, folder_of(tmp_path / "in", {"plan.pdf": b"plan"}))
    assert workspace.sessions.read(session).documents == {}
    assert filed(workspace) == set()
    assert staged_files(workspace) == []


# --- uploads ----------------------------------------------------------------------------------------------------------


def test_every_upload_is_a_source_of_its_own(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("plan.pdf", b"one"))
    result = upload(workspace, session, ("plan.pdf", b"two"), ("maps/land.pdf", b"map"))
    record = workspace.sessions.read(session)
    assert {key: s.metadata for key, s in record.sources.items()} == {
        "upload-1": {"file_count": 1},
        "upload-2": {"file_count": 2},
    }
    # A name that came again from elsewhere is another document, no new version.
    assert outcomes(result) == {"plan.pdf": "added", "land.pdf": "added"}
    assert all(d.superseded_by is None for d in record.documents.values())


def test_two_files_of_one_upload_under_one_name_are_two_documents(workspace: Workspace, session: str) -> None:
    result = upload(workspace, session, ("scan.pdf", b"one"), ("scan.pdf", b"two"))
    assert [f.outcome for f in result.files] == ["added", "added"]
    assert all(d.superseded_by is None for d in workspace.sessions.read(session).documents.values())


def test_broken_items_of_an_upload_are_refused_alone(workspace: Workspace, session: str) -> None:
    good = base64.b64encode(b"good").decode()
    items: list[dict[str, Any]] = [
        {"filename": "good.pdf", "content_base64": good, "mime_type": "application/pdf"},
        {"filename": "wrapped.pdf", "content_base64": "d3Jh\ncHBl\nZA==\n"},
        {"filename": "page.pdf", "content_base64": "data:application/pdf;base64," + base64.b64encode(b"page").decode()},
        {"filename": "garbled.pdf", "content_base64": "***"},
        {"filename": "nothing.pdf", "content_base64": ""},
        {"filename": "missing.pdf"},
        {"content_base64": good},
        {"filename": "../../escape.pdf", "content_base64": good},
        {"filename": ".DS_Store", "content_base64": good},
        {"filename": "C:\\Users\\me\\plan.pdf", "content_base64": good},
    ]
    result = add_documents(workspace, session, {"type": "upload", "files": items})
    assert outcomes(result) == {
        "good.pdf": "added",
        "wrapped.pdf": "added",
        "page.pdf": "added",
        "garbled.pdf": "refused",
        "nothing.pdf": "refused",
        "missing.pdf": "refused",
        "(no name)": "refused",
        "escape.pdf": "refused",
        ".DS_Store": "refused",
        "plan.pdf": "refused",
    }
    assert contents(workspace, session) == {b"good", b"wrapped", b"page"}
    assert all(f.reason for f in result.files if f.outcome == "refused")


def test_an_upload_of_which_nothing_could_be_taken_is_no_source(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("empty.pdf", b""))
    record = workspace.sessions.read(session)
    assert record.sources == {}
    assert [r["filename"] for r in record.refused] == ["empty.pdf"]


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"type": "carrier pigeon"},
        {"type": "upload"},
        {"type": "upload", "files": []},
        {"type": "upload", "files": "plan.pdf"},
        {"type": "path"},
        {"type": "path", "path": "/x", "recursive": True},
        {"type": "link"},
        {"type": "link", "url": "ftp://example.org/folder"},
        {"type": "link", "url": "https://example.org/folder", "access_mode": "borrow"},
    ],
)
def test_a_source_that_cannot_be_used_is_a_usage_error_and_changes_nothing(
    workspace: Workspace, session: str, source: dict[str, Any]
) -> None:
    before = workspace.sessions.read(session)
    with pytest.raises(UsageError) as error:
        add_documents(workspace, session, source)
    assert error.value.cure
    assert workspace.sessions.read(session) == before


# --- the same bytes ---------------------------------------------------------------------------------------------------


def test_the_same_bytes_under_two_names_are_one_document(workspace: Workspace, session: str, tmp_path: Path) -> None:
    result = add(workspace, session, folder_of(tmp_path, {"b.pdf": b"same", "a.pdf": b"same", "c/b.pdf": b"same"}))
    (document,) = workspace.sessions.read(session).documents.values()
    assert document.filename == "a.pdf"
    assert document.names == ("a.pdf", "b.pdf")
    assert [(f.filename, f.outcome, f.duplicate_of) for f in result.files] == [
        ("a.pdf", "added", None),
        ("b.pdf", "duplicate", "a.pdf"),
        ("b.pdf", "duplicate", "a.pdf"),
    ]


def test_a_later_name_is_recorded_and_changes_nothing_else(workspace: Workspace, session: str) -> None:
    upload(workspace, session, ("plan.pdf", b"plan"))
    before = next(iter(workspace.sessions.read(session).documents.values()))
    upload(workspace, session, ("a better name.pdf", b"plan"))
    after = next(iter(workspace.sessions.read(session).documents.values()))
    assert after == before.model_copy(update={"names": ("a better name.pdf", "plan.pdf")})


def test_the_same_bytes_have_the_same_id_in_every_session(workspace: Workspace) -> None:
    ids = []
    for name in ("Meadow Farm", "Hill Farm"):
        session = create_session(workspace, name).session_id
        ids.append(upload(workspace, session, ("plan.pdf", b"plan")).files[0].document_id)
    assert ids[0] == ids[1]
    assert len(filed(workspace)) == 1


Way = tuple[str, str, bytes]
WAYS = st.lists(
    st.tuples(
        st.sampled_from(["path", "upload", "inbox"]),
        st.sampled_from(["plan.pdf", "scan.pdf", "maps/scan.pdf"]),
        st.sampled_from([b"one", b"two", b"three"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=WAYS, data=st.data())
def test_whatever_the_order_of_the_adds_the_session_holds_the_same_documents(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, ways: list[Way], data: st.DataObject
) -> None:
    found = []
    for order in (ways, data.draw(st.permutations(ways))):
        session = create_session(workspace, "Meadow Farm").session_id
        place = tmp_path_factory.mktemp("in")
        for kind, name, content in order:
            if kind == "upload":
                upload_unasked(workspace, session, name, content)
            elif kind == "path":
                path = folder_of(place, {name: content}) / name
                add_documents(workspace, session, {"type": "path", "path": str(path)}, check_duplicates=False)
            else:
                take_inbox_files(workspace, session, drop(workspace, session, {name: content}))
        documents = workspace.sessions.read(session).documents
        found.append({(d.document_id, d.sha256, d.size, d.names) for d in documents.values()})
        assert {d.sha256 for d in documents.values()} == {sha256(content).hexdigest() for _, _, content in ways}
    assert found[0] == found[1]


def upload_unasked(ws: Workspace, session: str, name: str, data: bytes) -> None:
    item = {"filename": name, "content_base64": base64.b64encode(data).decode()}
    add_documents(ws, session, {"type": "upload", "files": [item]}, check_duplicates=False)


@given(order=st.permutations([("b.pdf", b"1"), ("a.pdf", b"1"), ("c.pdf", b"2"), ("d/a.pdf", b"3"), ("a.pdf", b"4")]))
def test_the_order_inside_a_batch_decides_nothing(order: list[tuple[str, bytes]]) -> None:
    record = SessionRecord.model_validate(
        {
            "session_id": "session-20260131-094500",
            "project_metadata": {"project_name": "Meadow Farm"},
            "created_at": "2026-01-31T09:45:00Z",
            "updated_at": "2026-01-31T09:45:00Z",
        }
    )
    arrivals = [
        Arrival(SafeName(path=p, filename=p.split("/")[-1]), sha256(data).hexdigest(), len(data)) for p, data in order
    ]
    plan = decide(record, "path-1", "path", arrivals, record.created_at, 4)
    again = decide(record, "path-1", "path", sorted(arrivals, key=repr), record.created_at, 4)
    assert plan == again
    assert {d.filename for d in plan.documents.values()} == {"a.pdf", "c.pdf"}


def test_two_threads_that_add_the_same_bytes_make_one_document(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    sources = [folder_of(tmp_path / str(n), {f"name {n}.pdf": b"same", f"own {n}.pdf": b"%d" % n}) for n in range(6)]
    together = threading.Barrier(len(sources))
    results: list[AddResult] = []

    def run(source: Path) -> None:
        together.wait()
        results.append(add(workspace, session, source))

    threads = [threading.Thread(target=run, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    documents = workspace.sessions.read(session).documents.values()
    (same,) = [d for d in documents if d.sha256 == sha256(b"same").hexdigest()]
    assert same.names == tuple(f"name {n}.pdf" for n in range(6))
    assert len(documents) == 7
    assert sorted(o for r in results for f, o in outcomes(r).items() if f.startswith("name")) == (
        ["added"] + ["duplicate"] * 5
    )


def _add_in_a_process(home: str, session: str, source: str) -> None:
    from pipeline.settings import load_settings

    with Workspace.open(load_settings(home=Path(home)).settings) as ws:
        add_documents(ws, session, {"type": "path", "path": source})


def test_two_processes_that_add_the_same_bytes_make_one_document(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    sources = [folder_of(tmp_path / str(n), {f"name {n}.pdf": b"same", f"own {n}.pdf": b"%d" % n}) for n in range(2)]
    home = str(workspace.data.parent)
    workers = [context.Process(target=_add_in_a_process, args=(home, session, str(s))) for s in sources]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    documents = workspace.sessions.read(session).documents.values()
    assert len(documents) == 3
    assert {d.names for d in documents if d.sha256 == sha256(b"same").hexdigest()} == {("name 0.pdf", "name 1.pdf")}
    workspace.sessions.verify_audit(session)


def test_what_the_session_holds_is_not_copied_again(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan"})
    add(workspace, session, source)
    monkeypatch.setattr(workspace.content, "stage", lambda *_: 1 / 0)
    assert outcomes(add(workspace, session, source)) == {"plan.pdf": "duplicate"}


def test_content_that_was_lost_is_filed_again_when_it_comes_again(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan"})
    add(workspace, session, source)
    workspace.content.path(sha256(b"plan").hexdigest()).unlink()
    assert outcomes(add(workspace, session, source)) == {"plan.pdf": "duplicate"}
    assert contents(workspace, session) == {b"plan"}


# --- new versions -----------------------------------------------------------------------------------------------------


def test_new_bytes_under_the_same_path_of_a_source_supersede_and_are_undone_by_a_person(
    workspace: Workspace, session: str, tmp_path: Path, clock: Clock
) -> None:
    # Given
    source = folder_of(tmp_path / "in", {"plan.pdf": b"version 1", "other.pdf": b"other"})
    add(workspace, session, source)
    clock.advance(days=1)
    (source / "plan.pdf").write_bytes(b"version 2")
    # When
    result = add(workspace, session, source)
    # Then
    assert outcomes(result) == {"plan.pdf": "new_version", "other.pdf": "duplicate"}
    by_hash = {d.sha256: d for d in workspace.sessions.read(session).documents.values()}
    old, new = by_hash[sha256(b"version 1").hexdigest()], by_hash[sha256(b"version 2").hexdigest()]
    assert old.superseded_by == new.document_id
    assert new.superseded_by is None
    assert "document_superseded" in [e.action for e in workspace.sessions.audit(session)]
    # And when
    undo_new_version(workspace, session, old.document_id, "R. Viewer")
    (source / "plan.pdf").write_bytes(b"version 3")
    add(workspace, session, source)
    # Then the one that was kept is never superseded again, and the newest took over from the second
    by_hash = {d.sha256: d for d in workspace.sessions.read(session).documents.values()}
    third = by_hash[sha256(b"version 3").hexdigest()].document_id
    assert by_hash[old.sha256].superseded_by is None
    assert by_hash[old.sha256].kept_by == "R. Viewer"
    assert by_hash[new.sha256].superseded_by == third


def test_a_corrected_file_dropped_under_the_same_name_is_a_new_version(workspace: Workspace, session: str) -> None:
    take_inbox_files(workspace, session, drop(workspace, session, {"maps/plan.pdf": b"version 1"}))
    result = take_inbox_files(workspace, session, drop(workspace, session, {"maps/plan.pdf": b"version 2"}))
    assert [f.outcome for f in result.files] == ["new_version"]


def test_earlier_bytes_that_come_again_change_nothing_and_the_answer_says_why(
    workspace: Workspace, session: str
) -> None:
    for data in (b"version 1", b"version 2"):
        take_inbox_files(workspace, session, drop(workspace, session, {"plan.pdf": data}))
    before = workspace.sessions.read(session).documents
    result = take_inbox_files(workspace, session, drop(workspace, session, {"plan.pdf": b"version 1"}))
    assert [f.outcome for f in result.files] == ["duplicate"]
    assert "superseded" in (result.files[0].reason or "")
    assert workspace.sessions.read(session).documents == before


# --- looking again ----------------------------------------------------------------------------------------------------


def test_looking_again_takes_what_is_new_and_notes_what_vanished(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan", "map.pdf": b"map"})
    add(workspace, session, source)
    upload(workspace, session, ("letter.pdf", b"letter"))
    (source / "map.pdf").unlink()
    folder_of(source, {"new.pdf": b"new"})
    scanned = rescan_sources(workspace, session)
    record = workspace.sessions.read(session)
    assert scanned == [{"type": "path", "files": 2}, {"type": "upload", "files": 1}]
    assert contents(workspace, session) == {b"plan", b"map", b"letter", b"new"}
    assert list(record.vanished.values()) == [("map.pdf",)]
    # And it comes back
    folder_of(source, {"map.pdf": b"map"})
    rescan_sources(workspace, session)
    assert workspace.sessions.read(session).vanished == {}


def test_looking_again_at_the_unchanged_writes_nothing(workspace: Workspace, session: str, tmp_path: Path) -> None:
    add(workspace, session, folder_of(tmp_path / "in", {"plan.pdf": b"plan", "empty.pdf": b""}))
    before = workspace.sessions.read(session)
    for _ in range(2):
        rescan_sources(workspace, session)
    assert workspace.sessions.read(session) == before


def test_a_source_that_is_gone_altogether_keeps_its_documents(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan"})
    add(workspace, session, source)
    (source / "plan.pdf").unlink()
    source.rmdir()
    (row,) = rescan_sources(workspace, session)
    assert (row["type"], row["files"]) == ("path", 0)
    assert "no file or folder" in row["note"]
    assert list(workspace.sessions.read(session).vanished.values()) == [("plan.pdf",)]
    assert contents(workspace, session) == {b"plan"}


def test_looking_again_does_not_bring_back_what_a_person_took_out(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", {"plan.pdf": b"plan", "wrong.pdf": b"wrong"})
    add(workspace, session, source)
    remove_document(workspace, session, "wrong.pdf", "R. Viewer", "another farm's")
    rescan_sources(workspace, session)
    assert contents(workspace, session) == {b"plan"}
    # Adding it again in so many words does
    assert outcomes(add(workspace, session, source)) == {"plan.pdf": "duplicate", "wrong.pdf": "added"}
    assert workspace.sessions.read(session).removed == ()


# --- the inbox --------------------------------------------------------------------------------------------------------


def test_inbox_files_go_once_their_content_is_safe(workspace: Workspace, session: str) -> None:
    files = drop(workspace, session, {"plan.pdf": b"plan", "maps/land.pdf": b"map"})
    result = take_inbox_files(workspace, session, files)
    assert outcomes(result) == {"plan.pdf": "added", "land.pdf": "added"}
    assert contents(workspace, session) == {b"plan", b"map"}
    assert not any(f.path.exists() for f in files)
    assert (workspace.inbox / session).is_dir()
    (source,) = workspace.sessions.read(session).sources.values()
    assert source.source_type == "inbox"
    assert source.metadata == {"folder": str(workspace.inbox / session), "file_count": 2}


def test_a_second_delivery_of_the_same_files_changes_nothing(workspace: Workspace, session: str) -> None:
    files = drop(workspace, session, {"plan.pdf": b"plan"})
    take_inbox_files(workspace, session, files)
    before = workspace.sessions.read(session)
    assert take_inbox_files(workspace, session, files).files == ()
    assert workspace.sessions.read(session) == before


def test_after_a_crash_between_commit_and_removal_the_file_is_found_and_removed(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.stages import add_documents as stage

    files = drop(workspace, session, {"plan.pdf": b"plan"})
    with monkeypatch.context() as crash:
        crash.setattr(stage.leaving, "let_go", lambda _ws, _files: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take_inbox_files(workspace, session, files)
    before = workspace.sessions.read(session)
    result = take_inbox_files(workspace, session, [settled(files[0].path, "plan.pdf")])
    assert outcomes(result) == {"plan.pdf": "duplicate"}
    assert workspace.sessions.read(session) == before
    assert not files[0].path.exists()


def test_a_file_that_changed_since_it_settled_is_left_alone(workspace: Workspace, session: str) -> None:
    files = drop(workspace, session, {"plan.pdf": b"plan", "calm.pdf": b"calm"})
    files[0].path.write_bytes(b"plan, and more")
    result = take_inbox_files(workspace, session, files)
    assert outcomes(result) == {"plan.pdf": "refused", "calm.pdf": "added"}
    assert files[0].path.read_bytes() == b"plan, and more"
    assert workspace.sessions.read(session).refused == ()


def test_a_file_replaced_during_the_commit_is_not_removed(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = drop(workspace, session, {"plan.pdf": b"plan"})
    take = intake_take.take

    def slow_take(*args: Any, **more: Any) -> Any:
        taken = take(*args, **more)
        files[0].path.write_bytes(b"somebody was quicker")
        return taken

    monkeypatch.setattr(intake_take, "take", slow_take)
    take_inbox_files(workspace, session, files)
    assert files[0].path.read_bytes() == b"somebody was quicker"
    assert contents(workspace, session) == {b"plan"}


def test_refused_inbox_files_lie_in_the_quarantine_with_their_reason(workspace: Workspace, session: str) -> None:
    # Given
    place = workspace.inbox / session
    files = drop(workspace, session, {"empty.pdf": b"", "maps/con.pdf": b"device", "good.pdf": b"good"})
    (place / "link.pdf").symlink_to("/etc/hostname")
    hostile = place / ("\n" + "x" * 250)
    hostile.write_bytes(b"hostile")
    files += [settled(place / "link.pdf", "link.pdf"), settled(hostile, hostile.name)]
    # When
    result = take_inbox_files(workspace, session, files)
    # Then
    assert sorted(f.outcome for f in result.files) == ["added", "refused", "refused", "refused", "refused"]
    assert [p for p in place.rglob("*") if not p.is_dir()] == []
    quarantine = workspace.quarantine / session
    assert (quarantine / "empty.pdf").read_bytes() == b""
    assert (quarantine / "maps" / "con.pdf").read_bytes() == b"device"
    assert (quarantine / "link.pdf").is_symlink()
    for refused in ("empty.pdf", "maps/con.pdf", "link.pdf"):
        reason = json.loads((quarantine / f"{refused}.reason.json").read_text())
        assert reason["path"] == refused
        assert reason["session_id"] == session
        assert reason["reason"]
    (odd,) = [p for p in quarantine.iterdir() if p.name.startswith("\\n") and not p.name.endswith(".json")]
    assert odd.read_bytes() == b"hostile"
    assert odd.with_name(odd.name + ".reason.json").exists()


def test_a_refused_file_of_the_same_name_overwrites_nothing_in_the_quarantine(
    workspace: Workspace, session: str
) -> None:
    for data in (b"first", b"second"):
        take_inbox_files(workspace, session, drop(workspace, session, {"con.pdf": data}))
    quarantine = workspace.quarantine / session
    assert (quarantine / "con.pdf").read_bytes() == b"first"
    assert (quarantine / "con (2).pdf").read_bytes() == b"second"


def test_a_bound_folder_belongs_to_the_same_inbox_source(workspace: Workspace) -> None:
    session = create_session(workspace, "Meadow Farm", bound_folder="Meadow Farm").session_id
    folder = folder_of(workspace.inbox / "new" / "Meadow Farm", {"plan.pdf": b"plan"})
    take_inbox_files(workspace, session, [settled(folder / "plan.pdf", "plan.pdf")])
    take_inbox_files(workspace, session, drop(workspace, session, {"map.pdf": b"map"}))
    (source,) = workspace.sessions.read(session).sources.values()
    assert source.metadata == {"folder": str(folder), "file_count": 2}


def test_every_act_of_a_batch_stands_in_the_audit_of_one_commit(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    before = workspace.sessions.read(session).revision
    add(workspace, session, folder_of(tmp_path / "in", {"a.pdf": b"a", "b.pdf": b"b", "c.pdf": b"a", "d.pdf": b""}))
    actions = [e.action for e in workspace.sessions.audit(session)][1:]
    assert sorted(actions) == ["file_received", "file_received", "file_refused", "name_recorded", "source_added"]
    assert workspace.sessions.read(session).revision == before + 1
    workspace.sessions.verify_audit(session)


def test_a_drop_of_thousands_of_files_costs_no_more_per_file(workspace: Workspace, session: str) -> None:
    # Counted, not timed: deciding looks at each arrival a constant number of times.
    record = workspace.sessions.read(session)

    class Counted(str):
        seen = 0

        def __hash__(self) -> int:
            Counted.seen += 1
            return super().__hash__()

    def hashings(count: int) -> int:
        arrivals = [
            Arrival(SafeName(path=f"{n}.pdf", filename=f"{n}.pdf"), Counted(sha256(b"%d" % n).hexdigest()), 1)
            for n in range(count)
        ]
        Counted.seen = 0
        decide(record, "path-1", "path", arrivals, record.created_at, 10_000)
        return Counted.seen

    small, large = hashings(500), hashings(5000)
    assert 0 < large <= 11 * small


def test_a_batch_is_safe_on_disk_before_the_session_says_so_and_syncs_each_folder_once(
    workspace: Workspace, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a system that tells in which order bytes, names and folders become safe
    acts: list[tuple[str, str]] = []
    sync, rename = os.fsync, Path.replace

    def told_sync(handle: int) -> None:
        acts.append(("sync", str(Path(f"/proc/self/fd/{handle}").readlink())))
        sync(handle)

    def told_rename(self: Path, target: Path) -> Path:
        acts.append((str(self), str(target)))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", told_sync)
    monkeypatch.setattr(Path, "replace", told_rename)
    names = {f"note {number}.txt": f"note {number}".encode() for number in range(40)}
    # When many small files come at once
    add(workspace, session, folder_of(tmp_path / "in", names))
    # Then every content was synced before it got its name, and every name before the session's file was replaced
    commit = next(place for place, act in enumerate(acts) if act[1].endswith("session.json"))
    synced = [place for kind, place in acts[:commit] if kind == "sync"]
    filed = [(copy, target) for copy, target in acts if "/content/" in target and copy != "sync"]
    assert len(filed) == 40
    for copy, target in filed:
        assert acts.index(("sync", copy)) < acts.index((copy, target)) < commit
        folder = str(Path(target).parent)
        assert acts.index((copy, target)) < acts.index(("sync", folder)) < commit
        assert synced.count(folder) == 1
    assert synced.count(str(workspace.content.root)) == 1


# --- revisions --------------------------------------------------------------------------------------------------------


def test_adding_to_a_session_that_was_changed_in_between_adds_nothing(workspace: Workspace, session: str) -> None:
    seen = workspace.sessions.read(session).revision
    upload(workspace, session, ("plan.txt", b"the plan"))
    before = workspace.sessions.read(session)
    source = {"type": "upload", "files": [{"filename": "map.txt", "content_base64": "eA=="}]}
    with pytest.raises(RevisionConflict, match="changed in between"):
        add_documents(workspace, session, source, expected_revision=seen)
    assert workspace.sessions.read(session) == before
    assert not workspace.content.has(sha256(b"x").hexdigest())
    # With the revision as it is now, it goes through.
    assert add_documents(workspace, session, source, expected_revision=before.revision).files_added == 1


def test_of_two_who_add_for_the_same_revision_one_is_told(workspace: Workspace, session: str) -> None:
    seen, together, told = workspace.sessions.read(session).revision, threading.Barrier(2), []

    def go(name: str) -> None:
        source = {"type": "upload", "files": [{"filename": name, "content_base64": "eA=="}]}
        together.wait()
        try:
            told.append(add_documents(workspace, session, source, expected_revision=seen).files_added)
        except RevisionConflict:
            told.append("conflict")

    threads = [threading.Thread(target=go, args=(name,)) for name in ("a.txt", "b.txt")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["1", "conflict"]
