"""A disk that is full, read-only or away, rights that are lost: told in `status`, and over when they are back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from actors.embedded import Embedded
from cli import cli
from pipeline.errors import HomeClosed, TryAgain
from pipeline.home.health import obstacle, troubles
from pipeline.home.presence import watcher_is_running
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.state import read_state
from pipeline.intake.sources import InboxFile
from pipeline.settings import Settings, load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents, take_inbox_files
from pipeline.status.session import look_around, status_of
from pipeline.workflow import freshness
from tests.conftest import Clock
from tests.disks import Disk, disk, rights_bind
from tests.queue_fixtures import PATIENCE, StageWork, drop, new_session, session_with_a_file, until
from watcher import Watcher

LEAST_FREE_MB = 2


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 40 MB with nothing on it."""
    with disk(tmp_path / "disk") as made:
        yield made


@pytest.fixture
def settings(small: Disk, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home on that disk, quick to settle."""
    monkeypatch.setenv("REGISTRY_REVIEW_INBOX_MIN_FREE_MB", str(LEAST_FREE_MB))
    base = load_settings(home=small.path).settings
    inbox = {"settle_seconds": 0.3, "settle_closed_seconds": 0.1, "patience_seconds": 1.0, "rescan_seconds": 1.0}
    return base.model_copy(
        update={
            "inbox": base.inbox.model_copy(update=inbox),
            "queue": base.queue.model_copy(update={"sweep_seconds": 0.3}),
        }
    )


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> StageWork:
    computes = StageWork()
    monkeypatch.setattr(run, "_compute", computes)
    return computes


class Watching:
    """A watcher at work in a thread of its own."""

    def __init__(self, ws: Workspace, queue: Embedded) -> None:
        self.ws = ws
        self.watcher = Watcher(ws, queue)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watcher.run, args=(self.stop,))

    def taken(self, session_id: str, *names: str) -> None:
        """Wait until these files, and no others, are documents of the session and out of the inbox."""
        until(lambda: self.documents(session_id) == set(names), f"{names} are in {session_id}")
        until(lambda: not any(path.is_file() for path in (self.ws.inbox / session_id).iterdir()), "the inbox is empty")

    def documents(self, session_id: str) -> set[str]:
        return {document.path for document in self.ws.sessions.read(session_id).documents.values()}

    def said(self, words: str) -> None:
        """Wait until the watcher itself holds back for that reason."""
        until(lambda: words in (self.watcher._obstacle or ""), f"the watcher says {words!r}")


@contextmanager
def watching(ws: Workspace) -> Iterator[Watching]:
    with Embedded(ws) as queue:
        found = Watching(ws, queue)
        found.thread.start()
        try:
            until(lambda: read_state(ws.data) is not None, "the watcher is at work")
            yield found
        finally:
            found.stop.set()
            found.thread.join(PATIENCE)
            assert not found.thread.is_alive()


def told(ws: Workspace, session_id: str) -> str:
    """What `status` says of the home."""
    return " ".join(status_of(ws, ws.sessions.read(session_id)).surroundings.troubles)


def shown(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command on that home, in a process of its own as far as the home goes."""
    done = CliRunner().invoke(cli, ["--home", str(home), *arguments])
    return done.exit_code, done.stdout, done.stderr


# --- full -------------------------------------------------------------------------------------------------------------


def test_a_full_disk_holds_files_back_says_so_and_takes_them_when_there_is_room(
    workspace: Workspace, small: Disk, work: StageWork
) -> None:
    session = new_session(workspace)
    with watching(workspace) as watch:
        # Given a disk that ran full while the watcher was at work
        stuff = small.fill(leave=1_500_000)
        watch.said("is full")
        (workspace.inbox / session / "plan.txt").write_bytes(b"a plan of the farm")

        # Then the file waits, with the reason, in `status`
        until(lambda: bool(look_around(workspace).waiting), "the file is seen to wait")
        assert "is full" in told(workspace, session)
        assert f"below {LEAST_FREE_MB} MB" in told(workspace, session)

        # When room is made, it is taken without anybody starting anything again
        stuff.unlink()
        watch.taken(session, "plan.txt")
    assert told(workspace, session) == ""


def test_not_one_byte_free_stops_nobody_from_looking_and_breaks_no_session(
    workspace: Workspace, small: Disk, tmp_path: Path
) -> None:
    # Given a session, and then a disk with no room for anything
    session = session_with_a_file(workspace, tmp_path / "papers")
    before = workspace.sessions.read(session)
    stuff = small.fill()
    more = tmp_path / "more.txt"
    more.write_text("more")

    # When somebody adds a file
    with pytest.raises(TryAgain):
        add_documents(workspace, session, {"type": "path", "path": str(more)}, check_duplicates=False)

    # Then nothing changed, everything can be looked at, and afterwards it works
    assert workspace.sessions.read(session) == before
    assert "is full" in told(workspace, session)
    for looking in (("status", session), ("list",), ("show", session)):
        code, _, err = shown(small.path, *looking)
        assert code == 0, err
    stuff.unlink()
    assert add_documents(workspace, session, {"type": "path", "path": str(more)}, check_duplicates=False).files_added
    workspace.sessions.verify_audit(session)


def test_a_stage_that_finds_no_room_is_no_failed_stage_and_is_done_when_there_is(
    workspace: Workspace, small: Disk, tmp_path: Path, work: StageWork
) -> None:
    session = session_with_a_file(workspace, tmp_path / "papers")
    filled: list[Path] = []

    def fill(_session_id: str, _key: str) -> None:
        if not filled:
            filled.append(small.fill())

    work.during = fill
    with Embedded(workspace) as queue:
        # When the disk runs full while a stage computes, more often than a failing stage is tried
        for _ in range(freshness.MAX_ATTEMPTS + 1):
            with pytest.raises(TryAgain):
                queue.advance(session, "document_discovery")

        # Then it has not failed; and with room it is done by whoever asks
        assert workspace.sessions.read(session).stages.get("document_discovery") is None or (
            workspace.sessions.read(session).stages["document_discovery"].status != "failed"
        )
        filled[0].unlink()
        record = queue.advance(session, "document_discovery")
    assert record.stages["document_discovery"].status == "completed"


def test_one_run_of_the_watcher_on_a_full_disk_ends_and_says_why(workspace: Workspace, small: Disk) -> None:
    session = new_session(workspace)
    (workspace.inbox / session / "plan.txt").write_bytes(b"a plan")
    small.fill(leave=100_000)

    with Embedded(workspace) as queue, pytest.raises(TryAgain, match="is full"):
        Watcher(workspace, queue).once()


# --- read-only --------------------------------------------------------------------------------------------------------


def test_a_home_on_a_read_only_disk_can_be_looked_at_whole(settings: Settings, small: Disk, tmp_path: Path) -> None:
    # Given a finished session and its report
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "notes.txt").write_text("The field is sown with clover after the harvest.")
    _, session, _ = shown(small.path, "create", "Hill Farm")
    session = session.strip()
    assert shown(small.path, "add", session, str(papers))[0] == 0
    report = shown(small.path, "report", session, "--format", "json", "-o", "-")
    assert report[0] in (0, 3)

    # When the disk becomes read-only
    small.read_only()

    # Then everything that only looks answers as before, and the disk is named
    for looking in (("status", session), ("status",), ("list",), ("show", session), ("show", session, "7")):
        code, out, err = shown(small.path, *looking)
        assert code == 0, err
        assert "Traceback" not in out + err
    assert "read-only" in shown(small.path, "status", session)[1]
    again = shown(small.path, "report", session, "--format", "json", "-o", "-")
    assert (again[0], json.loads(again[1])) == (report[0], json.loads(report[1]))
    assert shown(small.path, "doctor")[0] == 1


@pytest.mark.parametrize(
    "changing",
    [
        ("add", "{session}", "{file}"),
        ("create", "Other"),
        ("run", "{session}"),
        ("remove", "{session}", "notes.txt", "--by", "A. Reviewer", "--reason", "wrong"),
        ("delete", "{session}", "--by", "A. Reviewer"),
        ("watch", "--once"),
        ("batch-report",),
    ],
)
def test_what_would_change_a_read_only_home_says_that_it_is_read_only(
    settings: Settings, small: Disk, tmp_path: Path, changing: tuple[str, ...]
) -> None:
    with Workspace.open(settings) as ws:
        session = session_with_a_file(ws, tmp_path / "papers")
    more = tmp_path / "more.txt"
    more.write_text("more")
    small.read_only()

    code, _, err = shown(small.path, *(part.format(session=session, file=more) for part in changing))

    assert code == 75, err
    assert "read-only" in err
    assert "Traceback" not in err
    small.read_only(False)
    with Workspace.open(settings) as ws:
        assert len(ws.sessions.read(session).documents) == 1


def test_a_disk_that_becomes_read_only_under_the_watcher_is_told_and_its_files_taken_afterwards(
    workspace: Workspace, small: Disk, tmp_path: Path, work: StageWork
) -> None:
    # Given a watcher at work on a home whose inbox lies on another disk
    session = new_session(workspace)
    with disk(tmp_path / "other") as other:
        inbox = other.path / "inbox"
        workspace.inbox.rename(workspace.inbox.with_name("former"))
        home = workspace.settings.home.model_copy(update={"inbox": inbox})
        with Workspace.open(workspace.settings.model_copy(update={"home": home}), workspace.now) as ws:
            (inbox / session).mkdir(exist_ok=True)
            with watching(ws) as watch:
                # When the data's disk becomes read-only and a file is dropped
                small.read_only()
                watch.said("read-only")
                (inbox / session / "plan.txt").write_bytes(b"a plan of the farm")
                until(lambda: "read-only" in told(ws, session), "status says so")
                assert ws.sessions.read(session).documents == {}

                # Then it is taken when the disk can be written again
                small.read_only(False)
                watch.taken(session, "plan.txt")
                assert told(ws, session) == ""


# --- rights -----------------------------------------------------------------------------------------------------------


def test_rights_that_are_lost_midway_are_told_and_work_goes_on_when_they_are_back(
    settings: Settings, tmp_path: Path, work: StageWork
) -> None:
    with rights_bind(), Workspace.open(settings) as ws:
        session = new_session(ws)
        with watching(ws) as watch:
            (ws.inbox / session / "one.txt").write_bytes(b"one")
            watch.taken(session, "one.txt")

            # When the data folder may no longer be written
            folders = [ws.data, ws.sessions.folder(session), ws.staging]
            for folder in folders:
                folder.chmod(0o500)
            watch.said("may not be changed by this user")
            (ws.inbox / session / "two.txt").write_bytes(b"two")
            assert "give back the right" in told(ws, session)
            with pytest.raises(HomeClosed):
                run.request(ws, session, "report_generation")
            assert watch.documents(session) == {"one.txt"}

            # Then it is taken when it may
            for folder in folders:
                folder.chmod(0o700)
            watch.taken(session, "one.txt", "two.txt")
            assert told(ws, session) == ""


def test_a_session_alone_that_may_not_be_written_is_offered_its_files_until_it_may(
    settings: Settings, work: StageWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.intake.inbox.drops.OFFER_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr("pipeline.intake.inbox.drops.MAX_OFFERS", 1)
    monkeypatch.setattr("actors.take_files.MAX_RETRIES", 0)
    with rights_bind(), Workspace.open(settings) as ws:
        session = new_session(ws)
        folder = ws.sessions.folder(session)
        folder.chmod(0o500)
        with watching(ws) as watch:
            (ws.inbox / session / "plan.txt").write_bytes(b"a plan")
            until(
                lambda: any("permission denied" in w.reason for w in look_around(ws).waiting),
                "the reason stands beside the file",
            )
            folder.chmod(0o700)
            watch.taken(session, "plan.txt")


# --- the inbox --------------------------------------------------------------------------------------------------------


def test_an_inbox_that_is_unmounted_and_mounted_again_loses_nothing(
    settings: Settings, tmp_path: Path, work: StageWork
) -> None:
    with disk(tmp_path / "share") as share:
        inbox = share.path
        home = settings.home.model_copy(update={"inbox": inbox})
        with Workspace.open(settings.model_copy(update={"home": home})) as ws:
            session = new_session(ws)
            with watching(ws) as watch:
                (inbox / session / "one.txt").write_bytes(b"one")
                watch.taken(session, "one.txt")

                # When the share goes away with a file on it
                (inbox / session / ".two.part").write_bytes(b"two")
                share.away()
                assert "may not be mounted" in told(ws, session)
                until(lambda: watch.watcher._events.reason is None, "the folder below it is watched instead")

                # Then what is on it is taken when it is back
                share.back()
                (inbox / session / ".two.part").rename(inbox / session / "two.txt")
                watch.taken(session, "one.txt", "two.txt")
                assert told(ws, session) == ""


def test_an_inbox_that_cannot_be_opened_is_named(settings: Settings) -> None:
    with rights_bind(), Workspace.open(settings) as ws:
        ws.inbox.chmod(0)
        assert any("cannot be opened" in one for one in troubles(ws))
        ws.inbox.chmod(0o700)
        assert troubles(ws) == ()


# --- the clock, and files that others change --------------------------------------------------------------------------


def test_a_clock_that_was_set_back_is_named_and_keeps_the_order_of_what_is_done(
    workspace: Workspace, clock: Clock, tmp_path: Path
) -> None:
    session = session_with_a_file(workspace, tmp_path / "papers")
    before = workspace.sessions.read(session)

    clock.advance(days=-400)

    assert any("set the clock" in one for one in troubles(workspace))
    assert obstacle(workspace) is None  # work goes on
    (tmp_path / "papers" / "more.txt").write_text("more")
    add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "papers")}, check_duplicates=False)
    after = workspace.sessions.read(session)
    assert after.updated_at == before.updated_at
    assert after.revision > before.revision
    times = [event.at for event in workspace.sessions.audit(session)]
    assert times == sorted(times)
    workspace.sessions.verify_audit(session)
    assert workspace.sweep_orphans() == []
    clock.advance(days=401)
    assert troubles(workspace) == ()


def test_a_file_that_changes_while_it_is_read_is_taken_when_it_stands_still(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(workspace)
    files = drop(workspace, session, {"plan.txt": b"first"})
    path, real = files[0].path, workspace.content._copy

    def copy(*given: object, **more: object) -> object:
        copied = real(*given, **more)  # type: ignore[arg-type]
        path.write_bytes(path.read_bytes() + b", and more")
        return copied

    # Given somebody who goes on writing while it is copied
    with monkeypatch.context() as patched:
        patched.setattr(workspace.content, "_copy", copy)
        result = take_inbox_files(workspace, session, files)

    # Then nothing half is taken, it stays, and nobody calls it refused for good
    assert [file.outcome for file in result.files] == ["refused"]
    assert "changed while it was read" in (result.files[0].reason or "")
    assert workspace.sessions.read(session).refused == ()
    assert path.exists()

    # When it stands still
    settled = drop(workspace, session, {"plan.txt": path.read_bytes()})
    take_inbox_files(workspace, session, settled)
    (document,) = workspace.sessions.read(session).documents.values()
    assert workspace.content.path(document.sha256).read_bytes().startswith(b"first, and more")


def test_a_file_that_another_program_deletes_is_no_refused_file_of_the_session(workspace: Workspace) -> None:
    session = new_session(workspace)
    files: list[InboxFile] = drop(workspace, session, {"plan.txt": b"a plan", "other.txt": b"another"})
    files[0].path.unlink()

    result = take_inbox_files(workspace, session, files)

    assert [(f.filename, f.outcome) for f in result.files if f.outcome == "added"] == [("other.txt", "added")]
    assert workspace.sessions.read(session).refused == ()


def test_nobody_who_only_looks_takes_a_lock_for_a_watcher(workspace: Workspace) -> None:
    lock = workspace.data / "watcher.lock"
    lock.touch()
    assert not watcher_is_running(workspace.data)
    assert not watcher_is_running(workspace.data / "nowhere")
