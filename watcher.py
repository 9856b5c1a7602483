"""The watched inbox: system events are hints, scans are the truth, and whatever dies is set up again.

Everything that decides lies in `pipeline.intake.inbox` and is tested there without a thread; this is the plumbing.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actors.engine import Engine
from actors.progress_news import News
from actors.signals import set_on_signals
from pipeline.errors import TryAgain
from pipeline.home.health import obstacle
from pipeline.home.presence import watching
from pipeline.intake.inbox.events import EventSource, Hints, Supervised
from pipeline.intake.inbox.follow import Inbox
from pipeline.intake.inbox.state import WaitingFile, WatcherState, clear_state, write_state
from pipeline.intake.inbox.untaken import untaken
from pipeline.intake.mounts import MOUNTINFO, POLL_SECONDS, why_silent
from pipeline.models import FileOutcome, StageKey
from pipeline.stages.initialize import create_for_folder
from pipeline.workflow import order

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.watcher")

#: Seconds between two turns of the loop.
TICK_SECONDS = 0.1
#: Seconds between two scans at most, however many events ask for one: a folder with 10,000 files takes 40 ms to scan.
SCAN_GAP_SECONDS = 0.5
#: Seconds between two notes on what the watcher is doing.
STATE_SECONDS = 2.0
#: How many waiting files such a note lists.
STATE_FILES = 100
#: What is watched for, in bits of <sys/inotify.h>: modified, closed after writing, moved here, created; of folders
#: only, no link followed, and nothing of files that have no name any more.
WATCHED = 0x2 | 0x8 | 0x80 | 0x100 | 0x01000000 | 0x02000000 | 0x04000000


class WatchdogEvents:
    """The system's own events, through watchdog's reader of them.

    Which folders are watched is told by the scan, one by one. watchdog's own observer would walk over the whole inbox
    with a function that calls itself for each level, and so one deep folder would end the events of all sessions.
    """

    def __init__(self, root: Path, mountinfo: Path = MOUNTINFO) -> None:
        self._root = root
        self._mountinfo = mountinfo
        self._lock = threading.Lock()
        self._hints = Hints()
        self._reader: InotifyFD | None = None
        self._mounted: tuple[int, int] | None = None
        self._root_watch: int | None = None
        #: The folder of each watch, as it was called when it was last seen.
        self._folders: dict[int, str] = {}

    def start(self) -> str | None:
        """Watch the root; a limit of the kernel comes back as the setting that raises it."""
        from watchdog.observers.inotify_c import InotifyFD  # start-up

        silent = why_silent(self._root, self._mountinfo)
        if silent:
            return silent
        # Each folder is named again by every scan, which is harmless and which watchdog warns of.
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        self._folders.clear()
        try:
            self._mounted = self._identity()
            self._reader = InotifyFD()
            self._reader.start()
            self._root_watch = self._add(os.fspath(self._root))
        except OSError as error:
            self.stop()
            return _limit_in_words(error)
        return None

    def watch(self, folder: str) -> str | None:
        """Watch one more folder; a limit of the kernel comes back as the setting that raises it."""
        try:
            self._add(folder)
        except OSError as error:
            # One that is gone, closed to us or too deep concerns itself only, and the scan says so.
            return _limit_in_words(error) if error.errno == errno.ENOSPC else None
        return None

    def _add(self, folder: str) -> int | None:
        from watchdog.observers.inotify_c import CallbackId, Mask

        if self._reader is None:
            return None
        number = self._reader.add_callback(os.fsencode(folder), Mask(WATCHED), self, CallbackId(id(self)))
        self._folders[number] = folder
        return number

    def drain(self) -> Hints:
        """Everything collected since the last call."""
        with self._lock:
            hints, self._hints = self._hints, Hints()
        return hints

    def trouble(self) -> str | None:
        """The thread that reads events may have died, or the folder may be another one by now."""
        if self._reader is None:
            return "events were never set up"
        if not self._reader.is_alive():
            return "the thread that reads them has ended"
        # One that is deleted and made again may well have the number it had before.
        if self._mounted != self._identity() or self._root_watch not in self._folders:
            return f"{self._root} was moved or replaced"
        return None

    def stop(self) -> None:
        """End the thread that reads events."""
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                reader.stop()
                if reader.is_alive():
                    reader.join(timeout=5.0)
        except (OSError, RuntimeError) as error:
            log.debug("watchdog ended with %s", error)

    def _identity(self) -> tuple[int, int] | None:
        try:
            seen = self._root.stat()
        except OSError:
            return None
        return seen.st_dev, seen.st_ino

    # --- called by watchdog's thread, which an exception would end ---

    def on_event(self, event: InotifyEvent) -> None:
        """Collects; a folder that came into being or was moved in may hold files that no event will ever name."""
        folder = self._folders.get(event.wd)
        if folder is None or not event.name:
            return
        with self._lock:
            if event.is_directory:
                self._hints.rescan |= event.is_create or event.is_moved_to
            else:
                path = os.path.join(folder, os.fsdecode(event.name))  # noqa: PTH118 - paths here are strings of any bytes
                self._hints.files[path] = event.is_close_write or event.is_moved_to

    def on_watch_deleted(self, wd: int) -> None:
        """A watched folder is gone."""
        self._folders.pop(wd, None)

    def on_queue_overflow(self) -> None:
        """The kernel dropped events."""
        with self._lock:
            self._hints.rescan = True


def _limit_in_words(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the system's number of watches is used up; raise fs.inotify.max_user_watches"
    if error.errno == errno.EMFILE:
        return "the system's number of inotify instances is used up; raise fs.inotify.max_user_instances"
    return f"the system gives no events ({error.strerror or error})"


@dataclass(frozen=True)
class Summary:
    """What one run of the watcher came to."""

    #: Sessions that got files, by id.
    sessions: tuple[str, ...]
    #: What became of each file, in order of handling, by session id.
    files: tuple[tuple[str, FileOutcome], ...]
    #: Stages that gave up and files that could not be taken, in words, by session id.
    failures: tuple[tuple[str, str], ...]
    #: Files that were left, since another program has them open for writing.
    held_open: tuple[WaitingFile, ...] = ()
    #: Files that lie in the inbox and that nobody takes, with the reason.
    untaken: tuple[WaitingFile, ...] = ()


class Watcher:
    """Takes what settles in the inbox and has the sessions brought up to a stage."""

    def __init__(
        self,
        ws: Workspace,
        queue: Engine,
        source: EventSource | None = None,
        clock: Callable[[], float] = time.monotonic,
        advance_to: StageKey | None = None,
    ) -> None:
        self._ws = ws
        self._queue = queue
        self._events = Supervised(source or WatchdogEvents(ws.inbox), self._make_root, clock)
        self._clock = clock
        goal = advance_to or order.VERBS[ws.settings.inbox.advance_to]
        self._inbox = Inbox(ws, queue, create_for_folder, goal, clock)
        self._next_scan = self._next_sweep = self._next_state = self._next_look = 0.0
        self._obstacle: str | None = None
        #: Sessions whose files could not be taken for now, and why; the worker's threads add to it.
        self._not_taken: deque[tuple[str, str]] = deque()
        self._last_scan = float("-inf")
        self._rescan = True
        self._scanned_at: datetime | None = None
        #: Only a run that ends by itself keeps what it did: one that goes on for months would keep it for ever.
        self._sums_up = False
        self._files: list[tuple[str, FileOutcome]] = []
        self._failures: list[tuple[str, str]] = []

    # --- running ---

    def run(self, stop: threading.Event | None = None) -> None:
        """Work until `stop` is set, or SIGINT or SIGTERM comes; TryAgain when another watcher has this home."""
        stop = stop or threading.Event()
        with self._at_work(), set_on_signals(stop):
            while not stop.is_set():
                self._turn_safely()
                stop.wait(TICK_SECONDS)

    def once(self, stop: threading.Event | None = None) -> Summary:
        """Take what is there, bring its sessions up to the stage, and end; a growing file is waited for.

        So is an unfinished one, for `patience_seconds`; one that somebody still has open for writing then is left, and
        named in the summary. TryAgain while the home can take nothing.
        """
        stop = stop or threading.Event()
        self._sums_up = True
        with self._at_work(), set_on_signals(stop):
            while not stop.is_set():
                self._turn_safely()
                if self._obstacle and self._inbox.unsettled and self._queue.idle:
                    raise TryAgain(f"Nothing can be taken: {self._obstacle}.", "Then run it again. Nothing was lost.")
                if not self._rescan and self._nothing_comes() and self._queue.idle:
                    # What arrived while the last stage ran is there as well: one more look before the end.
                    self._scan()
                    if self._nothing_comes():
                        break
                stop.wait(TICK_SECONDS)
            self._inbox.end()
        return self._summary()

    def _nothing_comes(self) -> bool:
        """Whether all that is left is held open by programs that have not written for longer than there is patience."""
        return self._inbox.unsettled == 0 or self._inbox.unsettled == len(self._inbox.held_open())

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with watching(self._ws.data), self._queue.listening(self._hear):
            try:
                yield
            finally:
                self._events.stop()
                clear_state(self._ws.data)

    def _turn_safely(self) -> None:
        """One turn; whatever goes wrong in it is logged and the next turn begins with a scan."""
        try:
            self.turn()
        except Exception:
            log.exception("a turn of the watcher failed; it goes on")
            self._rescan = True

    def turn(self) -> None:
        """One round: set up what died, follow hints, scan when it is time, hand over what has settled, sweep."""
        now = self._clock()
        hints = self._events.turn()
        self._rescan |= hints.rescan
        for path, closed in hints.files.items():
            self._rescan |= not self._inbox.hint(path, closed)
        self._look_for_trouble(now)
        if now >= self._next_scan or (self._rescan and now >= self._last_scan + SCAN_GAP_SECONDS):
            self._scan()
        self._inbox.turn()
        if now >= self._next_sweep:
            self._next_sweep = now + self._ws.settings.queue.sweep_seconds
            self._queue.sweep()
        if now >= self._next_state:
            self._next_state = now + STATE_SECONDS
            self._note()

    # --- parts of a turn ---

    def _look_for_trouble(self, now: float) -> None:
        """Hold everything back while the home cannot take it, and count no try that failed for a reason that passes."""
        while self._not_taken:
            self._inbox.not_taken(*self._not_taken.popleft())
        if now >= self._next_look:
            self._next_look = now + STATE_SECONDS
            before, self._obstacle = self._obstacle, obstacle(self._ws)
            self._inbox.hold(self._obstacle)
            self._rescan |= before is not None and self._obstacle is None

    def _scan(self) -> None:
        now = self._clock()
        self._rescan, self._last_scan = False, now
        pause = self._ws.settings.inbox.rescan_seconds
        self._events.short = None
        self._inbox.rescan(self._events.watch)
        by_events = self._events.reason is None and self._events.short is None
        self._next_scan = now + (pause if by_events else min(POLL_SECONDS, pause))
        self._scanned_at = self._ws.now()

    def _make_root(self) -> str | None:
        """Make the inbox again when it alone is gone; a whole home that is away (unmounted) is not made anew."""
        root = self._ws.inbox
        if root.is_dir():
            return None
        try:
            root.mkdir(mode=0o700)
            for session_id in self._ws.sessions.ids():
                (root / session_id).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            return f"{root} is away ({error.strerror})"
        log.warning("%s was gone and has been made again", root)
        return None

    def _note(self) -> None:
        """Leave word for `status` and `doctor`; that it cannot be written is no reason to stop taking files."""
        waiting = self._inbox.waiting()
        why = self._events.reason or self._events.short
        state = WatcherState(
            at=self._ws.now(),
            pid=os.getpid(),
            mode="events" if why is None else "polling",
            reason=why,
            last_scan=self._scanned_at,
            waiting=tuple(waiting[:STATE_FILES]),
            waiting_total=len(waiting),
        )
        try:
            write_state(self._ws.data, state)
        except OSError as error:
            log.debug("the watcher's note could not be written: %s", error)

    def _hear(self, news: News) -> None:
        """Called in the worker's threads; appending to a list is all it does."""
        if news.kind == "not_taken" and news.passes:
            self._not_taken.append((news.session_id, news.message))
        if not self._sums_up:
            return
        if news.kind == "taken" and news.result is not None:
            self._files += [(news.session_id, file) for file in news.result.files]
        elif news.kind in ("stage_failed", "not_taken"):
            self._failures.append((news.session_id, news.message))

    def _summary(self) -> Summary:
        # Files of a session that points to another one went there, and that one may have something to ask about them.
        sessions = self._inbox.sessions_served | {session_id for session_id, _ in self._files}
        held, left = tuple(self._inbox.held_open()), (*self._inbox.left(), *untaken(self._ws))
        return Summary(tuple(sorted(sessions)), tuple(self._files), tuple(self._failures), held, left)
