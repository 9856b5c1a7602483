"""From the first sight to the handing over, in real folders, with a clock, events and a taker in the test's hand."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.progress_news import Listener
from pipeline.errors import TryAgain, UsageError
from pipeline.home import presence
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.drops import GATHER_SECONDS, MAX_OFFERS, OFFER_AGAIN_SECONDS
from pipeline.intake.inbox.events import Hints
from pipeline.intake.inbox.state import STATE_FILE, read_state
from pipeline.intake.inbox.tidy import REST_SECONDS
from pipeline.intake.sources import InboxFile
from pipeline.models import StageKey
from tests.queue_fixtures import new_session
from watcher import Watcher

SETTLE = 2.0  # the default of inbox.settle_seconds
PATIENCE = 120.0  # the default of inbox.patience_seconds
END = b"%PDF-1.7\nx\n%%EOF\n"


class Events:
    """Events as a test makes them; they die and come back when it says so."""

    def __init__(self) -> None:
        self.hints = Hints()
        self.refuses: str | None = None
        self.dead: str | None = None
        self.starts = 0
        self.watched: set[str] = set()
        self.short: str | None = None

    def start(self) -> str | None:
        self.starts += 1
        if self.refuses is None:
            self.dead = None
        return self.refuses

    def watch(self, folder: str) -> str | None:
        self.watched.add(folder)
        return self.short

    def drain(self) -> Hints:
        hints, self.hints = self.hints, Hints()
        return hints

    def trouble(self) -> str | None:
        return self.dead

    def stop(self) -> None:
        """Nothing to end."""


class Queue:
    """Notes what it is handed; takes it (removes the files) or leaves it, as the test says."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str]]] = []
        self.goals: list[StageKey] = []
        self.identities: list[tuple[int, ...]] = []
        self.busy: set[str] = set()
        self.removes = True
        self.sweeps = 0
        self.idle = True
        self.refuses: Exception | None = None

    def take(self, session_id: str, files: Sequence[InboxFile], advance_to: StageKey) -> None:
        if self.refuses:
            raise self.refuses
        self.taken.append((session_id, [file.relative for file in files]))
        self.goals.append(advance_to)
        self.identities += [file.identity for file in files]
        if self.removes:
            for file in files:
                file.path.unlink()

    def taking(self, session_id: str) -> bool:
        return session_id in self.busy

    def sweep(self) -> list[tuple[str, StageKey]]:
        self.sweeps += 1
        return []

    @contextmanager
    def listening(self, _listener: Listener) -> Iterator[None]:
        yield


class Turns(threading.Event):
    """What a watcher waits on between two turns; instead of waiting, the clock goes on."""

    def __init__(self, scene: Scene, seconds: float) -> None:
        super().__init__()
        self._scene = scene
        self._end = scene.now + seconds

    def wait(self, timeout: float | None = None) -> bool:
        self._scene.now += 1.0
        if self._scene.now > self._end:
            self.set()  # it goes on for ever
        return self.is_set()


class Scene:
    """A watcher, turned by hand."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.now = 5000.0
        self.events = Events()
        self.queue = Queue()
        self.watcher = self.restarted()

    def restarted(self) -> Watcher:
        self.watcher = Watcher(self.ws, self.queue, self.events, clock=lambda: self.now)  # type: ignore[arg-type]
        return self.watcher

    def put(self, relative: str, content: bytes = END) -> Path:
        path = self.ws.inbox / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def closed(self, *paths: Path) -> None:
        self.events.hints.files.update({str(path): True for path in paths})

    def modified(self, *paths: Path) -> None:
        self.events.hints.files.update({str(path): False for path in paths})

    def after(self, seconds: float, step: float = 0.1) -> list[tuple[str, list[str]]]:
        """Turn the watcher every `step` seconds; returns what was handed over meanwhile."""
        before = len(self.queue.taken)
        self.watcher.turn()
        for _ in range(round(seconds / step)):
            self.now += step
            self.watcher.turn()
        return self.queue.taken[before:]


@pytest.fixture
def scene(workspace: Workspace) -> Scene:
    return Scene(workspace)


@pytest.fixture
def session(workspace: Workspace) -> str:
    return new_session(workspace)


# --- settling ---------------------------------------------------------------------------------------------------------


def test_a_file_that_was_there_before_the_start_settles_like_any_other(scene: Scene, session: str) -> None:
    scene.put(f"{session}/plan.pdf")

    assert scene.after(SETTLE - 0.2) == []
    assert scene.after(0.3) == [(session, ["plan.pdf"])]


def test_a_copy_that_was_under_way_at_the_start_is_taken_once_and_whole(scene: Scene, session: str) -> None:
    path = scene.put(f"{session}/slow.pdf", b"%PDF-1.7\n")
    for _ in range(60):
        with path.open("ab") as file:
            file.write(b"x" * 1000)
        assert scene.after(1.0) == []
    with path.open("ab") as file:
        file.write(b"\n%%EOF\n")

    # No events here: the change is noticed at the next look, and the window begins there.
    assert scene.after(2 * SETTLE + 0.1) == [(session, ["slow.pdf"])]
    assert scene.queue.identities[0][1] == 9 + 60_000 + 7


def test_a_closed_file_is_taken_soon(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.closed(scene.put(f"{session}/plan.pdf"))

    assert scene.after(0.5) == [(session, ["plan.pdf"])]


def test_an_event_that_was_missed_is_made_good_by_the_next_scan(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.put(f"{session}/plan.pdf")  # and no event

    assert scene.after(20.0) == []
    assert scene.after(30.0 - 20.0 + SETTLE) == [(session, ["plan.pdf"])]


def test_a_folder_that_was_moved_in_is_scanned_at_once(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.put(f"{session}/submission/maps/north.pdf")
    scene.events.hints.rescan = True  # what a folder's event asks for

    assert scene.after(SETTLE + 0.7) == [(session, ["submission/maps/north.pdf"])]


def test_many_requests_for_a_scan_are_one_scan(scene: Scene, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.after(1.0)
    scans: list[float] = []
    rescan = scene.watcher._inbox.rescan
    monkeypatch.setattr(scene.watcher._inbox, "rescan", lambda entering: (scans.append(scene.now), rescan(entering)))
    for _ in range(20):
        scene.events.hints.rescan = True
        scene.after(0.05, step=0.05)

    assert 1 <= len(scans) <= 3


def test_half_a_pdf_is_waited_for_with_its_reason_told_and_is_then_handed_on(scene: Scene, session: str) -> None:
    scene.put(f"{session}/half.pdf", b"%PDF-1.7\nno end")

    assert scene.after(PATIENCE - 1.0, step=1.0) == []
    state = read_state(scene.ws.data)
    assert state
    (waiting,) = state.waiting
    assert waiting.name == f"{session}/half.pdf"
    assert "the end mark of a PDF (%%EOF) is not there; it is taken as it is once it has stood still" in waiting.reason
    assert scene.after(2.0) == [(session, ["half.pdf"])]


def test_a_file_that_is_held_open_is_not_handed_over_and_told_with_its_reason(scene: Scene, session: str) -> None:
    path = scene.put(f"{session}/notes.txt", b"first half, ")
    with path.open("ab") as held:
        assert scene.after(2 * PATIENCE, step=1.0) == []
        state = read_state(scene.ws.data)
        assert state
        assert "open for writing" in state.waiting[0].reason
        held.write(b"second half")
    scene.closed(path)

    assert scene.after(1.0) == [(session, ["notes.txt"])]


def test_a_file_that_is_held_open_does_not_hold_up_the_others_of_its_drop(scene: Scene, session: str) -> None:
    with scene.put(f"{session}/notes.txt", b"first half, ").open("ab"):
        scene.put(f"{session}/plan.pdf")
        assert scene.after(SETTLE + GATHER_SECONDS + 1.0) == [(session, ["plan.pdf"])]


def test_a_single_run_ends_although_a_file_is_held_open_and_names_it(scene: Scene, session: str) -> None:
    held, plan = scene.put(f"{session}/notes.txt", b"first half, "), scene.put(f"{session}/plan.pdf")
    stop = Turns(scene, 2 * PATIENCE)
    with held.open("ab"):
        summary = scene.watcher.once(stop)

    assert not stop.is_set()
    assert scene.queue.taken == [(session, ["plan.pdf"])]
    assert [one.name for one in summary.held_open] == [f"{session}/notes.txt"]
    assert held.exists()
    assert not plan.exists()


# --- one drop, one batch ----------------------------------------------------------------------------------------------


def test_fifty_files_are_handed_over_together(scene: Scene, session: str) -> None:
    scene.after(1.0)
    paths = []
    for n in range(50):
        paths.append(scene.put(f"{session}/maps/{n:02}.pdf"))
        scene.closed(paths[-1])
        if n % 10 == 9:
            scene.after(0.1)

    (batch,) = scene.after(1.0)

    assert batch == (session, [f"maps/{n:02}.pdf" for n in range(50)])


def test_settled_files_wait_for_the_others_of_their_session(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.closed(scene.put(f"{session}/a.pdf"))
    scene.put(f"{session}/b.pdf")
    scene.modified(scene.ws.inbox / session / "b.pdf")

    assert scene.after(1.0) == []  # a.pdf has settled, b.pdf has not
    assert scene.after(1.2) == [(session, ["a.pdf", "b.pdf"])]


def test_they_do_not_wait_for_ever(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.closed(scene.put(f"{session}/a.pdf"))
    slow = scene.put(f"{session}/slow.pdf")
    scene.modified(slow)
    handed: list[tuple[str, list[str]]] = []
    for _ in range(round(GATHER_SECONDS) + 1):
        with slow.open("ab") as file:
            file.write(b"x" * 100)
        handed += scene.after(1.0)

    assert handed == [(session, ["a.pdf"])]
    assert scene.after(2 * SETTLE + 0.2) == [(session, ["slow.pdf"])]


def test_one_session_does_not_wait_for_another(scene: Scene, session: str) -> None:
    other = new_session(scene.ws, "Dale Farm")
    scene.after(1.0)
    growing = scene.put(f"{session}/growing.pdf")
    scene.modified(growing)
    scene.closed(scene.put(f"{other}/plan.pdf"))

    assert scene.after(1.0) == [(other, ["plan.pdf"])]


def test_files_that_come_while_others_are_taken_are_the_next_batch(scene: Scene, session: str) -> None:
    scene.after(1.0)
    scene.closed(scene.put(f"{session}/a.pdf"))
    scene.after(1.0)
    scene.queue.busy.add(session)
    for name in ("b.pdf", "c.pdf"):
        scene.closed(scene.put(f"{session}/{name}"))
        assert scene.after(10.0) == []
    scene.queue.busy.clear()

    assert scene.after(0.2) == [(session, ["b.pdf", "c.pdf"])]


def test_within_a_batch_the_oldest_file_comes_first(scene: Scene, session: str) -> None:
    for age, name in ((3, "c.pdf"), (1, "a.pdf"), (2, "b.pdf")):
        os.utime(scene.put(f"{session}/{name}"), (1_000_000 - age, 1_000_000 - age))

    assert scene.after(SETTLE + 0.1) == [(session, ["c.pdf", "b.pdf", "a.pdf"])]


def test_a_file_that_changes_while_it_waits_for_the_others_settles_anew(scene: Scene, session: str) -> None:
    scene.after(1.0)
    early = scene.put(f"{session}/a.pdf")
    scene.closed(early)
    late = scene.put(f"{session}/b.pdf")
    scene.modified(late)
    scene.after(1.0)
    early.write_bytes(END + b"more")  # without an event
    scene.after(1.2)

    # b.pdf is settled now and a.pdf, found changed at the handing over, is not.
    assert scene.queue.taken == [(session, ["b.pdf"])]
    scene.after(2 * SETTLE + 0.2)
    assert scene.queue.taken == [(session, ["b.pdf"]), (session, ["a.pdf"])]


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_a_folder_under_new_makes_one_session_for_all_that_comes(scene: Scene) -> None:
    scene.put("new/Hill Farm/plan.pdf")
    scene.put("new/Hill Farm/maps/north.pdf")
    scene.after(SETTLE + 0.1)
    scene.put("new/Hill Farm/later.pdf")
    scene.after(40.0)

    (session_id,) = scene.ws.sessions.ids()
    assert [s for s, _ in scene.queue.taken] == [session_id, session_id]
    assert sorted(scene.queue.taken[0][1]) == ["maps/north.pdf", "plan.pdf"]
    assert scene.queue.taken[1][1] == ["later.pdf"]


def test_a_restart_finds_the_session_of_a_new_folder_again(scene: Scene) -> None:
    scene.put("new/Hill Farm/plan.pdf")
    scene.after(SETTLE + 0.1)
    scene.restarted()
    scene.put("new/Hill Farm/later.pdf")
    scene.after(SETTLE + 0.1)

    assert len(scene.ws.sessions.ids()) == 1


def test_an_empty_folder_under_new_makes_no_session(scene: Scene) -> None:
    (scene.ws.inbox / "new" / "Hill Farm" / "maps").mkdir(parents=True)
    scene.put("new/Hill Farm/.DS_Store")
    scene.put("new/Hill Farm/plan.pdf.part")

    scene.after(40.0)

    assert scene.ws.sessions.ids() == []


def test_a_folder_of_nobodys_is_left_alone_until_its_session_exists(scene: Scene, session: str) -> None:
    stray = scene.put("session-20991231-000000/plan.pdf")
    loose = scene.put("plan.pdf")
    scene.after(40.0)

    assert scene.queue.taken == []
    assert stray.exists()
    assert loose.exists()


def test_a_session_made_while_the_watcher_runs_is_known_at_its_first_event(scene: Scene) -> None:
    scene.after(1.0)
    session_id = new_session(scene.ws)  # by another process, as far as the watcher knows
    scene.closed(scene.put(f"{session_id}/plan.pdf"))

    assert scene.after(SETTLE + 0.8) == [(session_id, ["plan.pdf"])]


def test_a_link_is_handed_over_to_be_refused_and_not_followed(scene: Scene, session: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(END)
    (scene.ws.inbox / session / "link.pdf").symlink_to(secret)

    assert scene.after(SETTLE + 0.1) == [(session, ["link.pdf"])]
    assert secret.exists()


# --- handed over and still there --------------------------------------------------------------------------------------


def test_a_file_that_stays_is_offered_again_with_growing_pauses_and_not_for_ever(scene: Scene, session: str) -> None:
    scene.queue.removes = False
    scene.put(f"{session}/plan.pdf")
    scene.after(SETTLE + 0.1)

    assert len(scene.queue.taken) == 1
    scene.after(OFFER_AGAIN_SECONDS - 5, step=1.0)
    assert len(scene.queue.taken) == 1
    scene.after(OFFER_AGAIN_SECONDS + 10, step=1.0)
    assert len(scene.queue.taken) == 2
    scene.after(4 * 3600, step=5.0)
    assert len(scene.queue.taken) == MAX_OFFERS


def test_a_file_that_stays_is_not_offered_while_it_is_being_taken(scene: Scene, session: str) -> None:
    scene.queue.removes = False
    scene.put(f"{session}/plan.pdf")
    scene.after(SETTLE + 0.1)
    scene.queue.busy.add(session)

    assert scene.after(600, step=1.0) == []


def test_a_late_event_about_a_handed_over_file_does_not_hand_it_over_again(scene: Scene, session: str) -> None:
    scene.queue.removes = False
    path = scene.put(f"{session}/plan.pdf")
    scene.after(SETTLE + 0.1)
    scene.closed(path)

    assert scene.after(5.0) == []


def test_a_new_file_of_the_same_name_is_handed_over(scene: Scene, session: str) -> None:
    scene.queue.removes = False
    path = scene.put(f"{session}/plan.pdf")
    scene.after(SETTLE + 0.1)
    path.write_bytes(END + b"second version")

    assert scene.after(40.0) == [(session, ["plan.pdf"])]


def test_a_file_that_was_taken_away_and_put_back_is_something_new(scene: Scene, session: str, tmp_path: Path) -> None:
    scene.queue.removes = False
    path = scene.put(f"{session}/plan.pdf")
    scene.after(SETTLE + 0.1)
    path.rename(tmp_path / "plan.pdf")
    scene.events.hints.rescan = True
    scene.after(1.0)
    (tmp_path / "plan.pdf").rename(path)  # the same inode, size and time as before
    scene.events.hints.rescan = True

    assert scene.after(SETTLE + 0.7) == [(session, ["plan.pdf"])]


def test_trouble_with_one_place_stops_no_other(scene: Scene, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise UsageError("This name cannot be.", "Use another.")

    monkeypatch.setattr("pipeline.stages.initialize.create_session", refuse)
    scene.put("new/Hill Farm/plan.pdf")
    scene.put(f"{session}/plan.pdf")

    assert scene.after(SETTLE + 0.1) == [(session, ["plan.pdf"])]
    waiting = scene.watcher._inbox.waiting()
    assert [(f.name, f.reason) for f in waiting] == [("new/Hill Farm/plan.pdf", "This name cannot be. Use another.")]


def test_files_are_offered_again_after_the_queue_could_not_have_them(scene: Scene, session: str) -> None:
    scene.queue.refuses = TryAgain("The broker is away.")
    scene.put(f"{session}/plan.pdf")
    assert scene.after(SETTLE + 0.1) == []
    scene.queue.refuses = None

    assert scene.after(2 * OFFER_AGAIN_SECONDS + SETTLE) == [(session, ["plan.pdf"])]


# --- what is left behind ----------------------------------------------------------------------------------------------


def test_folders_that_taking_emptied_go_after_a_while_and_the_sessions_own_stays(scene: Scene, session: str) -> None:
    scene.put(f"{session}/submission/maps/north.pdf")
    scene.put(f"{session}/submission/plan.pdf")
    scene.put("new/Hill Farm/maps/north.pdf")
    scene.after(SETTLE + 0.1)
    assert (scene.ws.inbox / session / "submission" / "maps").is_dir()

    scene.after(3 * REST_SECONDS, step=1.0)

    assert list((scene.ws.inbox / session).iterdir()) == []
    assert list((scene.ws.inbox / "new" / "Hill Farm").iterdir()) == []


def test_a_folder_that_somebody_still_uses_is_not_removed(scene: Scene, session: str) -> None:
    scene.put(f"{session}/submission/plan.pdf")
    scene.after(SETTLE + 0.1)
    folder = scene.ws.inbox / session / "submission"
    for n in range(5):
        scene.after(REST_SECONDS - 10, step=1.0)
        (folder / f"{n}.part").touch()  # a slow copy begins its next file under a temporary name
        (folder / f"{n}.part").unlink()
    assert folder.is_dir()

    (folder / ".keep").touch()
    scene.after(3 * REST_SECONDS, step=1.0)
    assert folder.is_dir()


# --- supervision ------------------------------------------------------------------------------------------------------


def test_dead_events_are_set_up_again_and_a_scan_makes_good_what_they_missed(scene: Scene, session: str) -> None:
    scene.after(1.0)
    assert scene.events.starts == 1
    scene.put(f"{session}/plan.pdf")
    scene.events.dead = "a test ended them"

    assert scene.after(1.5 + SETTLE) == [(session, ["plan.pdf"])]
    assert scene.events.starts == 2


def test_without_events_the_inbox_is_scanned_more_often_and_the_reason_is_told(scene: Scene, session: str) -> None:
    scene.events.refuses = "the system's number of watches is used up"
    scene.after(5.0)
    scene.put(f"{session}/plan.pdf")

    assert scene.after(2.0 + SETTLE + 0.2) == [(session, ["plan.pdf"])]
    state = read_state(scene.ws.data)
    assert state is not None
    assert (state.mode, state.reason) == ("polling", "the system's number of watches is used up")


def test_events_are_tried_again_with_growing_pauses_and_used_when_they_come(scene: Scene) -> None:
    scene.events.refuses = "no"
    scene.after(600, step=0.5)
    tries = scene.events.starts
    scene.events.refuses = None
    scene.after(70, step=0.5)

    assert 10 <= tries <= 20
    state = read_state(scene.ws.data)
    assert state is not None
    assert state.mode == "events"


def test_an_inbox_that_was_deleted_is_made_again_with_the_sessions_folders(scene: Scene, session: str) -> None:
    scene.after(1.0)
    (scene.ws.inbox / session).rmdir()
    scene.ws.inbox.rename(scene.ws.inbox.with_name("old"))
    scene.events.dead = "the folder is gone"
    scene.after(2.0)

    assert (scene.ws.inbox / session).is_dir()
    assert scene.ws.inbox.stat().st_mode & 0o777 == 0o700
    scene.put(f"{session}/plan.pdf")
    scene.events.hints.rescan = True
    assert scene.after(SETTLE + 0.7) == [(session, ["plan.pdf"])]


def test_a_home_that_is_away_is_not_made_anew(scene: Scene, workspace: Workspace) -> None:
    scene.after(1.0)
    home, away = workspace.data.parent, workspace.data.parent.with_name("unmounted")
    home.rename(away)
    scene.events.dead = "the folder is gone"
    try:
        for _ in range(30):
            scene.now += 0.1
            scene.watcher._turn_safely()
        assert not home.exists()
    finally:
        away.rename(home)
    scene.after(5.0)

    state = read_state(workspace.data)
    assert state is not None
    assert state.mode == "events"


def test_a_turn_that_fails_is_followed_by_a_turn_that_scans(
    scene: Scene, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.after(1.0)

    def broken() -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(scene.watcher._inbox, "turn", broken)
        scene.put(f"{session}/plan.pdf")
        scene.watcher._turn_safely()

    assert scene.after(SETTLE + 0.8) == [(session, ["plan.pdf"])]


def test_the_sweeper_is_called_at_the_start_and_from_time_to_time(scene: Scene) -> None:
    scene.after(31.0)

    assert scene.queue.sweeps == 3  # at 0, 15 and 30 seconds


# --- what others see --------------------------------------------------------------------------------------------------


def test_the_note_tells_what_waits_and_why(scene: Scene, session: str) -> None:
    scene.put(f"{session}/bad\nname.pdf")
    scene.after(0.5)

    state = read_state(scene.ws.data)

    assert state is not None
    assert state.waiting_total == 1
    assert state.waiting[0].name == f"{session}/bad\\nname.pdf"
    assert "still changing" in state.waiting[0].reason
    assert (scene.ws.data / STATE_FILE).stat().st_mode & 0o777 == 0o600


def test_one_run_ends_when_nothing_is_left(workspace: Workspace, session: str) -> None:
    scene = Scene(workspace)
    scene.put(f"{session}/plan.pdf")
    watcher = Watcher(workspace, scene.queue, scene.events, clock=quick())  # type: ignore[arg-type]

    summary = watcher.once()

    assert scene.queue.taken == [(session, ["plan.pdf"])]
    assert summary.sessions == (session,)
    assert scene.queue.goals == ["document_discovery"]
    assert read_state(workspace.data) is None
    assert not presence.watcher_is_running(workspace.data)


def test_a_second_watcher_of_the_same_home_is_told_to_try_again(workspace: Workspace) -> None:
    scene = Scene(workspace)
    with presence.watching(workspace.data), pytest.raises(TryAgain, match="nother watcher"):
        scene.watcher.once()


def quick() -> Callable[[], float]:
    """A clock on which every question takes a tenth of a second, so that a run needs no real time to settle."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.1
        return now

    return clock
