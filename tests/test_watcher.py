"""The watcher as it runs: a real folder, the system's real events, a real worker; only what stages compute is ours."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from watchdog.observers import inotify_c
from watchdog.observers.inotify_c import InotifyConstants as Bits
from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

from actors.embedded import Embedded
from commands.text import terminal
from pipeline.home import presence
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.events import Hints
from pipeline.intake.inbox.scan import scan
from pipeline.intake.inbox.state import read_state
from pipeline.settings import InboxSettings, QueueSettings, Settings, load_settings
from pipeline.stages import run
from pipeline.status.session import look_around
from pipeline.workflow import order
from tests.queue_fixtures import PATIENCE, StageWork, new_session, session_with_a_file, until
from tests.test_writers import writer
from watcher import WatchdogEvents, Watcher

END = b"%PDF-1.7\nx\n%%EOF\n"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> StageWork:
    computes = StageWork()
    monkeypatch.setattr(run, "_compute", computes)
    return computes


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Quick to settle, and no scan and no sweep to the rescue: what is taken was noticed through events."""
    base = load_settings(home=tmp_path / "home").settings
    inbox = base.inbox.model_copy(update={"settle_seconds": 0.4, "settle_closed_seconds": 0.1, "rescan_seconds": 600.0})
    queue = base.queue.model_copy(update={"sweep_seconds": 600})
    assert isinstance(inbox, InboxSettings)
    assert isinstance(queue, QueueSettings)
    return base.model_copy(update={"inbox": inbox, "queue": queue})


class Running:
    """A watcher in a thread of its own, whose end a test insists on."""

    def __init__(self, ws: Workspace, queue: Embedded) -> None:
        self.ws = ws
        self.queue = queue
        self.events = WatchdogEvents(ws.inbox)
        self.watcher = Watcher(ws, queue, self.events)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watcher.run, args=(self.stop,))

    def until_at_work(self) -> None:
        until(lambda: self.mode() == "events", "the watcher says that it gets events")

    def mode(self) -> str | None:
        state = read_state(self.ws.data)
        return state.mode if state else None

    def documents(self, session_id: str) -> dict[str, int]:
        return {d.path: d.size for d in self.ws.sessions.read(session_id).documents.values()}

    def until_taken(self, session_id: str, count: int = 1) -> dict[str, int]:
        until(lambda: len(self.documents(session_id)) >= count, f"{count} documents are in {session_id}")
        assert self.queue.wait_idle(PATIENCE)
        return self.documents(session_id)


@contextmanager
def running(ws: Workspace) -> Iterator[Running]:
    with Embedded(ws) as queue:
        found = Running(ws, queue)
        found.thread.start()
        try:
            found.until_at_work()
            yield found
        finally:
            found.stop.set()
            found.thread.join(PATIENCE)
            assert not found.thread.is_alive(), "the watcher's thread did not end"


@pytest.fixture
def session(workspace: Workspace) -> str:
    return new_session(workspace)


# --- what arrives -----------------------------------------------------------------------------------------------------


def test_a_dropped_file_is_taken_and_its_session_discovered(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    with running(workspace) as watch:
        (workspace.inbox / session / "plan.pdf").write_bytes(END)
        assert watch.until_taken(session) == {"plan.pdf": len(END)}

    assert work.order == ["document_discovery"]
    assert list((workspace.inbox / session).iterdir()) == []


def test_fifty_files_dropped_at_once_are_one_take_and_one_discovery(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    with running(workspace) as watch:
        for n in range(50):
            folder = workspace.inbox / session / f"part {n % 5}"
            folder.mkdir(exist_ok=True)
            (folder / f"{n}.txt").write_text(f"text {n}")
        watch.until_taken(session, 50)

        assert watch.queue.underway.runs("take_files") == 1
        assert watch.queue.underway.runs("discover_documents") == 1
    assert work.order == ["document_discovery"]


def test_files_that_another_process_writes_with_pauses_are_taken_whole_and_hold_up_no_other(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    # Given a writer that holds two files open, and one that closed a file whose kind has an end without that end
    place, name = workspace.inbox / session, f"{session}/notes.txt"
    with running(workspace) as watch, writer(place / "notes.txt") as notes, writer(place / "table.csv") as table:
        for tell in (notes, table):
            tell("write first half, ")
        (place / "half.pdf").write_bytes(b"%PDF-1.7\nanother")
        (place / "plan.pdf").write_bytes(END)

        # When all else is taken, then they wait with the reason
        assert watch.until_taken(session) == {"plan.pdf": len(END)}

        def reasons() -> dict[str, str]:
            state = read_state(workspace.data)
            return {one.name: one.reason for one in state.waiting} if state else {}

        until(lambda: "open for writing" in reasons().get(name, ""), "it is told that the file is held open")
        until(lambda: "%%EOF" in reasons().get(f"{session}/half.pdf", ""), "it is told what is missing")

        # And each is taken whole when it is done
        notes("write second half")
        notes("close")
        assert watch.until_taken(session, 2)["notes.txt"] == len("first half, second half")
        table("close")
        with (place / "half.pdf").open("ab") as rest:
            rest.write(b"\n%%EOF\n")
        assert watch.until_taken(session, 4) == {
            "plan.pdf": len(END), "notes.txt": 23, "table.csv": 12, "half.pdf": 23,
        }  # fmt: skip
    assert all(d.superseded_by is None for d in workspace.sessions.read(session).documents.values())
    assert list(place.iterdir()) == []


def test_a_slow_copy_is_taken_once_and_whole(workspace: Workspace, session: str, work: StageWork) -> None:
    pause = threading.Event()
    with running(workspace) as watch:
        with (workspace.inbox / session / "slow.pdf").open("wb") as file:
            file.write(b"%PDF-1.7\n")
            for _ in range(10):
                file.write(b"x" * 100_000)
                file.flush()
                pause.wait(0.15)  # a writer's pauses are what is tested here
            assert watch.documents(session) == {}
            file.write(b"%%EOF\n")

        assert watch.until_taken(session) == {"slow.pdf": 1_000_015}
    assert len(work.order) == 1


def test_a_file_renamed_from_a_partial_name_is_taken_under_its_last_name(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    with running(workspace) as watch:
        part = workspace.inbox / session / "plan.pdf.part"
        part.write_bytes(END)
        part.rename(part.with_name("plan.pdf"))

        assert watch.until_taken(session) == {"plan.pdf": len(END)}


def test_a_folder_moved_in_is_taken_with_all_below_it(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    outside = tmp_path / "submission"
    (outside / "maps" / "2024").mkdir(parents=True)
    (outside / "plan.pdf").write_bytes(END)
    (outside / "maps" / "2024" / "north.pdf").write_bytes(END + b"map %%EOF")
    with running(workspace) as watch:
        outside.rename(workspace.inbox / session / "submission")

        assert set(watch.until_taken(session, 2)) == {"submission/plan.pdf", "submission/maps/2024/north.pdf"}


def test_a_folder_under_new_becomes_a_session(workspace: Workspace, work: StageWork) -> None:
    with running(workspace) as watch:
        (workspace.inbox / "new" / "Hill Farm").mkdir(parents=True)
        (workspace.inbox / "new" / "Hill Farm" / "plan.pdf").write_bytes(END)
        until(lambda: len(workspace.sessions.ids()) == 1, "a session is made")
        (session_id,) = workspace.sessions.ids()

        assert watch.until_taken(session_id) == {"plan.pdf": len(END)}
    assert workspace.sessions.read(session_id).project_metadata.project_name == "Hill Farm"


def test_a_refused_file_goes_to_the_quarantine_and_the_others_go_on(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    (tmp_path / "secret.pdf").write_bytes(END)
    with running(workspace) as watch:
        (workspace.inbox / session / "empty.pdf").write_bytes(b"")
        (workspace.inbox / session / "link.pdf").symlink_to(tmp_path / "secret.pdf")
        (workspace.inbox / session / "plan.pdf").write_bytes(END)
        assert watch.until_taken(session) == {"plan.pdf": len(END)}
        quarantine = workspace.quarantine / session
        until(lambda: (quarantine / "empty.pdf").exists(), "the empty file is set apart")
        until(lambda: (quarantine / "link.pdf").is_symlink(), "the link is set apart")

    assert (quarantine / "empty.pdf.reason.json").exists()
    assert (tmp_path / "secret.pdf").read_bytes() == END


def test_the_stage_that_was_asked_for_is_reached(workspace: Workspace, session: str, work: StageWork) -> None:
    (workspace.inbox / session / "plan.pdf").write_bytes(END)
    with Embedded(workspace) as queue:
        summary = Watcher(workspace, queue, advance_to="report_generation").once()

    assert work.order == list(order.ORDER)
    assert summary.sessions == (session,)
    assert [(s, f.filename, f.outcome) for s, f in summary.files] == [(session, "plan.pdf", "added")]
    assert workspace.sessions.read(session).advance_to == "report_generation"


def test_one_run_finishes_what_an_earlier_one_left(workspace: Workspace, work: StageWork, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    run.request(workspace, session_id, "cross_validation")

    with Embedded(workspace) as queue:
        Watcher(workspace, queue).once()

    assert work.order == list(order.ORDER[:4])


def test_a_stage_that_gives_up_is_in_the_summary_and_other_sessions_go_on(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    other = new_session(workspace, "Dale Farm")
    work.fail[session, "document_discovery"] = ValueError("a defect")
    (workspace.inbox / session / "plan.pdf").write_bytes(END)
    (workspace.inbox / other / "plan.pdf").write_bytes(END + b"other %%EOF")

    with Embedded(workspace) as queue:
        summary = Watcher(workspace, queue).once()

    assert [s for s, _ in summary.failures] == [session]
    assert "A defect in this program (ValueError" in summary.failures[0][1]
    assert workspace.sessions.read(other).stages["document_discovery"].status == "completed"


# --- what breaks ------------------------------------------------------------------------------------------------------


def test_an_inbox_that_is_replaced_is_watched_again(workspace: Workspace, session: str, work: StageWork) -> None:
    with running(workspace) as watch:
        workspace.inbox.rename(workspace.inbox.with_name("old inbox"))
        until((workspace.inbox / session).is_dir, "the inbox is made again")
        until(lambda: watch.events.trouble() is None, "events come again")
        (workspace.inbox / session / "plan.pdf").write_bytes(END)

        assert watch.until_taken(session) == {"plan.pdf": len(END)}


def test_a_dead_reader_of_events_is_noticed_and_replaced(workspace: Workspace, session: str, work: StageWork) -> None:
    with running(workspace) as watch:
        reader = watch.events._reader
        assert reader is not None
        reader.stop()
        until(lambda: watch.events._reader is not reader, "watchdog is set up again")
        until(lambda: watch.events.trouble() is None, "events come again")
        (workspace.inbox / session / "plan.pdf").write_bytes(END)

        assert watch.until_taken(session) == {"plan.pdf": len(END)}


@pytest.mark.parametrize(
    ("bits", "name", "files", "rescan"),
    [
        (Bits.IN_CREATE, b"a.pdf", {"/in/a.pdf": False}, False),
        (Bits.IN_MODIFY, b"a.pdf", {"/in/a.pdf": False}, False),
        (Bits.IN_CLOSE_WRITE, b"a.pdf", {"/in/a.pdf": True}, False),
        (Bits.IN_MOVED_TO, b"a.pdf", {"/in/a.pdf": True}, False),
        (Bits.IN_MOVED_TO, b"\xff.pdf", {"/in/\udcff.pdf": True}, False),
        (Bits.IN_IGNORED, b"", {}, False),
        (Bits.IN_CREATE | Bits.IN_ISDIR, b"maps", {}, True),
        (Bits.IN_MOVED_TO | Bits.IN_ISDIR, b"maps", {}, True),
    ],
)
def test_an_event_is_a_hint_to_look_at_a_path_or_at_everything(
    workspace: Workspace, bits: int, name: bytes, files: dict[str, bool], rescan: bool
) -> None:
    events = WatchdogEvents(workspace.inbox)
    events._folders[1] = "/in"

    events.on_event(InotifyEvent(inotify_c.WatchDescriptor(1), inotify_c.Mask(bits), 0, name))

    assert events.drain() == Hints(files, rescan)
    assert events.drain() == Hints()


def test_the_last_event_about_a_path_counts(workspace: Workspace) -> None:
    events = WatchdogEvents(workspace.inbox)
    events._folders[1] = "/in"
    for bits in (Bits.IN_CLOSE_WRITE, Bits.IN_MODIFY):
        events.on_event(InotifyEvent(inotify_c.WatchDescriptor(1), bits, 0, b"a.pdf"))

    assert events.drain().files == {"/in/a.pdf": False}


def test_folders_made_quickly_one_in_another_do_not_end_the_events(workspace: Workspace, session: str) -> None:
    events = WatchdogEvents(workspace.inbox)
    assert events.start() is None
    assert events.watch(str(workspace.inbox / session)) is None
    try:
        for n in range(50):
            (workspace.inbox / session / str(n) / "a" / "b" / "c").mkdir(parents=True)
        last = workspace.inbox / session / "last.pdf"
        last.write_bytes(END)
        until(lambda: str(last) in events.drain().files, "the last file is hinted at")
        assert events.trouble() is None
    finally:
        events.stop()


def test_a_watcher_that_goes_on_keeps_no_list_of_what_it_took(workspace: Workspace, session: str) -> None:
    with running(workspace) as watch:
        (workspace.inbox / session / "plan.txt").write_text("A plan.")
        watch.until_taken(session)

        assert watch.watcher._summary().files == ()


def test_an_overflown_kernel_queue_leads_to_a_scan(workspace: Workspace, session: str) -> None:
    events = WatchdogEvents(workspace.inbox)
    assert events.start() is None
    try:
        events.drain()
        assert events._reader is not None
        overflow = InotifyEvent(inotify_c.WatchDescriptor(-1), inotify_c.Mask(0x4000), 0, b"")
        events._reader.handle_event(overflow)  # as the kernel's own

        assert events.drain().rescan
        assert not events.drain().rescan
    finally:
        events.stop()


@pytest.mark.parametrize(
    ("number", "setting"),
    [(errno.ENOSPC, "fs.inotify.max_user_watches"), (errno.EMFILE, "fs.inotify.max_user_instances")],
)
def test_a_limit_of_the_kernel_is_told_by_the_setting_that_raises_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, number: int, setting: str
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(number, "limit reached")

    monkeypatch.setattr(InotifyFD, "add_callback", full)
    events = WatchdogEvents(workspace.inbox)

    assert setting in (events.start() or "")
    assert events.trouble() is not None
    events.stop()


def test_files_are_taken_without_any_events(
    workspace: Workspace, session: str, work: StageWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.why_silent", lambda _root, _table: "the folder lies on an nfs4 file system")
    with Embedded(workspace) as queue:
        watch = Running(workspace, queue)
        watch.thread.start()
        try:
            until(lambda: watch.mode() == "polling", "the watcher says that it polls")
            (workspace.inbox / session / "plan.pdf").write_bytes(END)
            assert watch.until_taken(session) == {"plan.pdf": len(END)}
        finally:
            watch.stop.set()
            watch.thread.join(PATIENCE)
    assert not watch.thread.is_alive()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "fuse"])
def test_an_inbox_on_a_share_is_looked_through_often_and_that_is_said_once(
    kind: str,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n50 22 0:45 / {workspace.inbox.resolve()} rw - {kind} server:/x rw\n"
    )
    moment = [1000.0]
    scans: list[float] = []

    def counted(*given: object, **named: object) -> object:
        scans.append(moment[0])
        return scan(*given, **named)  # type: ignore[arg-type]  # whatever the inbox gives is handed on

    monkeypatch.setattr("pipeline.intake.inbox.follow.scan", counted)
    caplog.set_level(logging.WARNING)
    with Embedded(workspace) as queue, presence.watching(workspace.data):
        watching = Watcher(workspace, queue, WatchdogEvents(workspace.inbox, mounts), clock=lambda: moment[0])
        for _ in range(600):
            watching.turn()
            moment[0] += 0.1
        shown = terminal.watcher(look_around(workspace))
    gaps = [later - earlier for earlier, later in pairwise(scans)]
    assert len(gaps) > 20
    assert max(gaps) < 2.2 < workspace.settings.inbox.rescan_seconds
    assert f"a {kind} file system" in shown
    assert "scanning only" in shown
    assert sum(f"a {kind} file system" in record.getMessage() for record in caplog.records) == 1


# --- ending -----------------------------------------------------------------------------------------------------------

WATCH = """
import sys
from pathlib import Path
from actors.embedded import Embedded
from pipeline.stages import run
from pipeline.settings import load_settings
from pipeline.home.workspace import Workspace
from tests.queue_fixtures import StageWork
from watcher import Watcher

run._compute = StageWork()
with Workspace.open(load_settings(home=Path(sys.argv[1])).settings) as ws, Embedded(ws) as queue:
    watcher = Watcher(ws, queue, advance_to="report_generation")
    getattr(watcher, sys.argv[2])()
print("ended cleanly", flush=True)
"""


@contextmanager
def process(home: Path, what: str = "run") -> Iterator[subprocess.Popen[str]]:
    """A watcher in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    environment |= {
        "REGISTRY_REVIEW_INBOX_SETTLE_SECONDS": "0.4",
        "REGISTRY_REVIEW_INBOX_SETTLE_CLOSED_SECONDS": "0.1",
    }
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", WATCH, str(home), what],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_watcher_cleanly(workspace: Workspace, number: signal.Signals) -> None:
    with process(workspace.data.parent) as watch:
        until(lambda: read_state(workspace.data) is not None, "the watcher is at work")
        assert presence.watcher_is_running(workspace.data)
        watch.send_signal(number)
        out, err = watch.communicate(timeout=PATIENCE)

    assert (watch.returncode, out) == (0, "ended cleanly\n"), err
    assert read_state(workspace.data) is None
    assert not presence.watcher_is_running(workspace.data)


@pytest.mark.parametrize("moment", range(4))
def test_a_watcher_killed_at_any_moment_loses_nothing_and_takes_nothing_twice(
    workspace: Workspace, session: str, moment: int
) -> None:
    contents = {f"{n:02}.txt": f"text {n}\n" * 2000 for n in range(40)}
    for name, text in contents.items():
        (workspace.inbox / session / name).write_text(text)
    gone = lambda: sum(1 for _ in (workspace.inbox / session).iterdir()) < len(contents)  # noqa: E731 - a condition
    log = workspace.sessions.folder(session) / "audit.jsonl"
    begun = [
        lambda: any(workspace.staging.rglob("*")),  # copying
        lambda: b"source_added" in log.read_bytes() or gone(),  # committed
        gone,  # the inbox copies go
        lambda: b"stage_started" in log.read_bytes(),  # a stage runs
    ][moment]
    with process(workspace.data.parent) as watch:
        until(begun, "the moment to kill it has come")
        watch.kill()
        watch.wait(PATIENCE)

    with process(workspace.data.parent, "once") as second:
        out, err = second.communicate(timeout=2 * PATIENCE)
    assert out == "ended cleanly\n", err

    record = workspace.sessions.read(session)
    assert {d.path: workspace.content.path(d.sha256).read_text() for d in record.documents.values()} == contents
    assert list((workspace.inbox / session).iterdir()) == []
    assert {key: stage.status for key, stage in record.stages.items()} == dict.fromkeys(order.ORDER, "completed")
    workspace.sessions.verify_audit(session)
