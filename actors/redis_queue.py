"""The queue as a command or the watcher sees it when the work is done by worker processes behind a Redis broker."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from actors.broker import reaching, redis_broker
from actors.embedded import Embedded
from actors.engine import DRAIN_SECONDS, Engine
from actors.progress_news import News
from actors.redis_news import Newswire
from actors.shared_in_flight import SharedUnderway
from pipeline.errors import ReviewError, SessionNotFound, TryAgain
from pipeline.home.presence import workers_running
from pipeline.intake.sources import InboxFile
from pipeline.models import SessionRecord, StageKey
from pipeline.workflow import freshness

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.inbox")

#: Seconds between two looks at the store while waiting, and between two looks at what else must be there.
LOOK_SECONDS, CARE_SECONDS = 0.1, 1.0
#: Seconds between two looks at all the sessions that were handed over, and for which an unchanged one is believed: to
#: see what is due, results are loaded, and a machine that waits should leave its cores to the workers.
IDLE_SECONDS, BELIEVED_SECONDS = 0.5, 5.0
#: Seconds without any worker, or without the server, after which waiting ends; what was asked for is kept.
PATIENCE_SECONDS = 10.0
#: Many sessions are handed over as long as fewer messages than this wait for a worker, however many workers there are:
#: each then finds one at once, and farms are finished one after the other instead of all at the very end.
ENOUGH_WAITING = 16
#: So many sessions at most are waited for at the same time.
MOST_AT_ONCE = 256
#: So often a stage whose message is gone is sent again for somebody who waits, before the waiting ends.
MOST_TIMES_AGAIN = 5
#: Seconds that the news of taken files may lag behind the taking itself.
NEWS_SECONDS = 2.0


def queue_for(ws: Workspace, drain_seconds: float = DRAIN_SECONDS) -> Engine:
    """The queue that the settings name, to be entered with `with`; the embedded one drains for so long at its end."""
    return Embedded(ws, drain_seconds) if ws.settings.queue.broker == "embedded" else Remote(ws)


class Remote(Engine):
    """Sends messages and waits on the store; a context manager. TryAgain when the server is away."""

    def __init__(self, ws: Workspace, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._broker = redis_broker(ws.settings)
        self._shared = SharedUnderway(self._broker)
        super().__init__(ws, self._broker, self._shared)
        self._wire = Newswire(self._broker, self.news)
        self._patience = patience_seconds
        self._lock = threading.Lock()
        #: Takings that no news came of yet, and when the last was handed over, by session.
        self._takings: Counter[str] = Counter()
        self._gone_since: dict[str, float] = {}
        self._sent_again: Counter[tuple[str, StageKey | None]] = Counter()
        self._served: set[str] = set()
        self._away = False
        self._known: dict[tuple[str, StageKey | None], tuple[tuple[int, int, int], float, bool]] = {}
        self._next_care = self._next_idle = 0.0
        self._lacking_since: float | None = None

    def __enter__(self) -> Self:
        self._wire.__enter__()
        self._hearing = self.news.listening(self._hear)
        self._hearing.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hearing.__exit__(None, None, None)
        self._wire.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)

    # --- handing over work ---

    def take(self, session_id: str, files: Sequence[InboxFile], advance_to: StageKey) -> None:
        """Send the files' names to the workers, which must see the same inbox at their own path of it."""
        with reaching(self.ws.settings):
            super().take(session_id, files, advance_to)
        with self._lock:
            self._takings[session_id] += 1
            self._served.add(session_id)

    def taking(self, session_id: str) -> bool:
        """True while a message with files of the session is not done.

        True as well while the server is away, which is said once: settled files then wait in the inbox for however long
        it takes, whereas a handing over that fails is tried a few times only.
        """
        try:
            with reaching(self.ws.settings):
                taking = super().taking(session_id) or self._is_filling(session_id)
        except TryAgain as error:
            if not self._away:
                log.warning("%s Dropped files wait in the inbox until it is back.", error.message)
            self._away = True
            return True
        if self._away:
            log.warning("The broker is back.")
        self._away = False
        return taking

    def _is_filling(self, session_id: str) -> bool:
        """A taking may last longer than its note is believed; one that was killed or forgotten is not taken for one."""
        with suppress(SessionNotFound):
            return self.ws.sessions.is_filling(session_id)
        return False

    def sweep(self) -> list[tuple[str, StageKey]]:
        """Nothing: one of the workers sweeps."""
        return []

    def queued(self) -> tuple[int, float]:
        """As for every queue, counted at the server."""
        with reaching(self.ws.settings):
            return super().queued()

    def _send_due(self, session_id: str) -> None:
        with reaching(self.ws.settings):
            super()._send_due(session_id)

    def advance(
        self,
        session_id: str,
        to: StageKey,
        wait: bool = True,
        on_event: Callable[[News], None] | None = None,
        actor: str = "system",
    ) -> SessionRecord:
        """As for every queue. Without `wait` it is enough that the server has the message; a worker may come later."""
        self._ping()  # before the goal is raised: what cannot be handed over is not asked for either
        return super().advance(session_id, to, wait, on_event, actor)

    def ready(self) -> None:
        """TryAgain when the server is away or no worker is running."""
        self._ping()
        if not workers_running(self.ws.data):
            raise TryAgain(*self._nobody())

    def room(self, handed_over: int) -> bool:
        """As for every queue, whatever workers there are; False while the server is away and not yet given up."""
        self._require_somebody()
        try:
            with reaching(self.ws.settings):
                waiting = self._shared.backlog()
        except TryAgain:
            return False
        # Others may fill the queue as well; then this one still gets its turn.
        few = handed_over < self.ws.settings.queue.threads
        return few or (handed_over < MOST_AT_ONCE and waiting < ENOUGH_WAITING)

    def is_over(self, session_id: str, to: StageKey) -> bool:
        """As for every queue, as the store says; TryAgain when for a while nobody could do the work."""
        if not self._is_due(session_id, to) or session_id in self._put_off:
            return True
        self._require_somebody(session_id)
        return False

    def _ping(self) -> None:
        with reaching(self.ws.settings):
            self._broker.client.ping()

    def _nobody(self) -> tuple[str, str]:
        return f"Nobody does the work: no worker is running on {self.ws.data}.", "Start `registry-review worker`."

    # --- waiting ---

    def _wait(self, session_id: str, to: StageKey, reached: threading.Event) -> None:
        """Until the store says so, or a worker that it cannot be now; TryAgain when for a while nobody is there."""
        # A session that is deleted meanwhile raises; one that is put off is tried again by the sweeper.
        while self._is_due(session_id, to) and session_id not in self._put_off:
            reached.wait(LOOK_SECONDS)
            reached.clear()
            self._require_somebody(session_id)
            self._require_open()

    def _care(self, session_id: str | None) -> tuple[str, str] | None:
        """Send the message again if it was lost; what is lacking, and its cure, when nobody can do the work."""
        if not workers_running(self.ws.data):
            return self._nobody()
        try:
            with reaching(self.ws.settings):
                if session_id is None:
                    self._broker.client.ping()
                elif not self.underway.of(session_id) and not self.ws.sessions.leased(session_id):
                    self._send_again(session_id)
        except TryAgain as error:
            return error.message, "What was asked for is kept and goes on when it is back."
        return None

    def _send_again(self, session_id: str) -> None:
        """Send a lost message again; after some times in vain the session is put off, for the news may be lost too."""
        key = self._dispatch.send_due(session_id)
        self._sent_again[session_id, key] += 1
        if self._sent_again[session_id, key] >= MOST_TIMES_AGAIN:
            del self._sent_again[session_id, key]
            self._put_off[session_id] = "it was sent again and again in vain; the workers' log says why."

    @property
    def idle(self) -> bool:
        """True when everything handed over here is as far as it is to go; TryAgain when for a while nobody works."""
        now = time.monotonic()
        if now < self._next_idle:
            return False
        self._next_idle = now + IDLE_SECONDS
        with self._lock:
            served = sorted(self._served)
        left = next((session_id for session_id in served if self._unfinished(session_id)), None)
        if left is not None:
            self._require_somebody(left)
        return left is None

    def _require_somebody(self, session_id: str | None = None) -> None:
        now = time.monotonic()
        if now < self._next_care:
            return
        self._next_care = now + CARE_SECONDS
        lacking = self._care(session_id)
        if lacking is None:
            self._lacking_since = None
            return
        self._lacking_since = self._lacking_since or now
        if now - self._lacking_since >= self._patience:
            raise TryAgain(*lacking)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until `idle`; False when `timeout` seconds were not enough, TryAgain when nobody could do the work."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.idle:
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _unfinished(self, session_id: str) -> bool:
        if self.taking(session_id) or self._news_to_come(session_id):
            return True
        with suppress(ReviewError, FileNotFoundError):  # one that is gone or damaged keeps nobody waiting
            return self._is_due(session_id) and session_id not in self._put_off
        return False

    def _is_due(self, session_id: str, to: StageKey | None = None) -> bool:
        """Whether anything is left to do; worked out again when the session's file has changed, and now and then."""
        try:
            seen = (self.ws.sessions.folder(session_id) / "session.json").stat()
        except FileNotFoundError:
            self.ws.sessions.read(session_id)  # says so in words
            raise
        stamp, now = (seen.st_ino, seen.st_size, seen.st_mtime_ns), time.monotonic()
        known = self._known.get((session_id, to))
        if known is not None and known[0] == stamp and now < known[1]:
            return known[2]
        due = freshness.due(self.ws, self.ws.sessions.read(session_id), to) is not None
        self._known[session_id, to] = (stamp, now + BELIEVED_SECONDS, due)
        return due

    def _news_to_come(self, session_id: str) -> bool:
        """The files are taken; what became of them may be told a moment later, or never after an outage."""
        with self._lock:
            if self._takings[session_id] <= 0:
                return False
            since = self._gone_since.setdefault(session_id, time.monotonic())
            return time.monotonic() - since < NEWS_SECONDS

    def _hear(self, news: News) -> None:
        if news.kind in ("taken", "not_taken"):
            with self._lock:
                self._takings[news.session_id] -= 1
                self._gone_since.pop(news.session_id, None)
