"""What every door does with the queue, whichever broker carries the messages: hand over, wait, listen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dramatiq.middleware import CurrentMessage

from actors import file_parcel
from actors.dispatch import Dispatch
from actors.fault_marks import FaultMarks
from actors.in_flight import Underway
from actors.progress_news import Listener, News, NewsDesk
from actors.stages import declare_stages
from actors.stand_ins import StandIns
from actors.sweeper import Sweeper
from actors.take_files import TAKE, declare_take
from pipeline.errors import StageFailed, TryAgain
from pipeline.home.health import closed
from pipeline.intake.sources import InboxFile
from pipeline.models import SessionRecord, StageKey
from pipeline.stages import run
from pipeline.workflow import freshness, order

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dramatiq import Broker

    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.queue")

#: How long the end of the block waits for what is being worked on, and then for the queue's own threads, in seconds.
#: What is cut off there is not lost, and whoever runs services kills them, often after 10 s.
DRAIN_SECONDS = 4.0
#: The same when the block ends with an exception, in seconds.
INTERRUPTED_SECONDS = 2.0
#: How often a waiting caller looks whether its stage is reached, in seconds.
POLL_SECONDS = 0.05


class Engine:
    """The queue of one workspace, with its actors declared on a broker; a context manager, used once."""

    def __init__(self, ws: Workspace, broker: Broker, underway: Underway) -> None:
        self.ws = ws
        self.news = NewsDesk()
        self.underway = underway
        #: Why a session could not be brought on for now, where that is not written on the session.
        self._put_off: dict[str, str] = {}
        self.news.keep(self._hear_trouble)
        broker.add_middleware(CurrentMessage())
        broker.add_middleware(underway)
        broker.add_middleware(StandIns())
        broker.add_middleware(FaultMarks())
        self._dispatch = Dispatch(ws, broker, self.news, underway)
        declare_stages(self._dispatch)
        declare_take(self._dispatch)
        self._sweeper = Sweeper(self._dispatch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dispatch.broker.close()

    # --- handing over work ---

    def take(self, session_id: str, files: Sequence[InboxFile], advance_to: StageKey) -> None:
        """Have settled inbox files taken into the session, and the session brought up to a stage; returns at once."""
        self._dispatch.broker.get_actor(TAKE).send(session_id, file_parcel.pack(files, self.ws.inbox), advance_to)

    def taking(self, session_id: str) -> bool:
        """True while files that were handed over for the session are not taken yet."""
        return self.underway.of(session_id, TAKE) > 0

    def nudge(self, session_id: str) -> None:
        """Send what the session's own goal makes due, so that nobody waits for the sweeper."""
        self._send_due(session_id)

    def sweep(self) -> list[tuple[str, StageKey]]:
        """Send whatever the store says is due and nobody works on; see Sweeper."""
        return self._sweeper.sweep()

    def advance(
        self,
        session_id: str,
        to: StageKey,
        wait: bool = True,
        on_event: Callable[[News], None] | None = None,
        actor: str = "system",
    ) -> SessionRecord:
        """Bring the session up to stage `to`; what is fresh is not done again.

        With `wait` it returns when `to` is reached, calling `on_event` from the worker's threads meanwhile, and raises
        StageFailed when a stage gave up, or TryAgain when the work ended without an outcome. Without `wait` it sends
        the first stage and returns. In a home that cannot be changed nothing is asked for: what is fresh is given, and
        HomeClosed is raised when anything is due.
        """
        if not self.ws.writable:
            run.require_nothing_due(self.ws, session_id, to)
            return self.outcome(session_id, to)
        record = run.request(self.ws, session_id, to, actor)
        self._put_off.pop(session_id, None)
        if not wait:
            self._send_due(session_id)
            return record
        reached = threading.Event()

        def listen(news: News) -> None:
            if news.session_id != session_id:
                return
            if on_event is not None:
                on_event(news)
            # A session whose own goal lies further on need not get there for this caller to go on.
            if news.kind == "stage_done" and news.stage is not None and _reaches(news.stage, to):
                reached.set()

        with self.listening(listen):
            self._send_due(session_id)
            self._wait(session_id, to, reached)
        return self.outcome(session_id, to)

    def ready(self) -> None:
        """Return when work that is handed over now will be done; else TryAgain says what is lacking."""

    # --- handing over many ---

    def room(self, handed_over: int) -> bool:
        """True while another session may be handed over beside those that are not over: enough to keep all busy.

        TryAgain when for a while nobody could do the work.
        """
        return handed_over <= self.ws.settings.queue.threads  # one more than are worked on, so that none waits for it

    def is_over(self, session_id: str, to: StageKey) -> bool:
        """True when a session that was handed over without waiting is as far as it gets; `outcome` says how that is."""
        return self.underway.of(session_id) == 0

    def outcome(self, session_id: str, to: StageKey) -> SessionRecord:
        """The session that has reached `to`; raises as `advance` does when it has not."""
        record = self.ws.sessions.read(session_id)
        self._require_reached(record, to)
        return record

    def _send_due(self, session_id: str) -> None:
        self._dispatch.send_due(session_id)

    def _wait(self, session_id: str, to: StageKey, reached: threading.Event) -> None:
        """Wait until `to` is reached or nothing is left that could get there; TryAgain when nothing can be kept."""
        while not reached.is_set() and not self.underway.wait(session_id, POLL_SECONDS):
            self._require_open()

    def _require_open(self) -> None:
        """Stages wait for as long as the home cannot be changed; whoever waits for them is told at once."""
        if why := closed(self.ws):
            raise TryAgain(f"The work cannot go on: {why}.", "Run the command again after that. Nothing was lost.")

    def _require_reached(self, record: SessionRecord, to: StageKey) -> None:
        left = freshness.due(self.ws, record, to)
        if left is not None:
            why = self._put_off.get(record.session_id)
            what = f"`{order.VERB_OF[left]}` of {record.session_id} could not be carried out now"
            raise TryAgain(f"{what}: {why}" if why else f"{what}; the log says why.", "Run the command again.")
        # Nothing is due: everything is fresh, or the first stage that is not has given up.
        for key in order.ORDER[: order.ORDER.index(to) + 1] if record.documents else ():
            stage = record.stages.get(key)
            if stage is not None and stage.status == "failed" and stage.error is not None:
                message = f"`{order.VERB_OF[key]}` of {record.session_id} failed: {stage.error.message}"
                raise StageFailed(message, stage.error.cure)

    def _hear_trouble(self, news: News) -> None:
        if news.kind == "stage_failed":
            self._put_off[news.session_id] = news.message
        elif news.kind in ("progress", "stage_done"):
            self._put_off.pop(news.session_id, None)

    # --- watching it ---

    def listening(self, listener: Listener) -> AbstractContextManager[None]:
        """Have `listener` told, in the worker's threads, of everything that happens while the block runs."""
        return self.news.listening(listener)

    def queued(self) -> tuple[int, float]:
        """How many messages wait for their turn, and for how many seconds the oldest has; TryAgain without a broker."""
        return self.underway.queued()

    @property
    def idle(self) -> bool:
        """True when nothing is queued, delayed or being worked on."""
        return self.wait_idle(0.0)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; False when `timeout` seconds were not enough."""
        return self.underway.wait(None, timeout)


def _reaches(stage: StageKey, to: StageKey) -> bool:
    return order.ORDER.index(stage) >= order.ORDER.index(to)
