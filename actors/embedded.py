"""The queue without a server: Dramatiq's in-memory broker and its worker, inside this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dramatiq import Worker
from dramatiq.middleware import CurrentMessage

from actors import claims
from actors.broker import get_broker
from actors.dispatch import Dispatch
from actors.news import Listener, News, NewsDesk
from actors.stages import declare_stages
from actors.sweeper import Sweeper
from actors.take import TAKE, declare_take
from actors.underway import Underway
from pipeline import workflow
from pipeline.errors import StageFailed, TryAgain
from pipeline.models import SessionRecord, StageKey
from pipeline.sources import InboxFile

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pipeline.workspace import Workspace

log = logging.getLogger("registry_review.queue")

#: How often an idle worker wakes to see whether it is to stop, in milliseconds: a short command should end at once.
WORKER_TIMEOUT_MS = 50
#: How long the end of the block waits for what is being worked on, in seconds. What is cut off there is not lost.
DRAIN_SECONDS = 30.0
#: The same when the block ends with an exception, in seconds.
INTERRUPTED_SECONDS = 2.0
#: How often a waiting caller looks whether its stage is reached, in seconds.
POLL_SECONDS = 0.05


class Embedded:
    """Broker and worker of one workspace; a context manager, used once.

    Messages die with the process and nothing is lost by it: the store knows what is due, and the sweeper or the next
    command sends it again. Several processes may have one each on the same home; the store's lease lets one of them run
    a session's stage, and the others send their message again a little later.
    """

    def __init__(self, ws: Workspace, drain_seconds: float = DRAIN_SECONDS) -> None:
        self.ws = ws
        self.news = NewsDesk()
        self.underway = Underway()
        self._drain_seconds = drain_seconds
        broker = get_broker(ws.settings)
        broker.add_middleware(CurrentMessage())
        broker.add_middleware(self.underway)
        self._dispatch = Dispatch(ws, broker, self.news, self.underway)
        declare_stages(self._dispatch)
        declare_take(self._dispatch)
        self._sweeper = Sweeper(self._dispatch)
        self._worker = Worker(broker, worker_threads=ws.settings.queue.threads, worker_timeout=WORKER_TIMEOUT_MS)

    def __enter__(self) -> Self:
        # The command line of Dramatiq would say this; without it the time limits of actors never fire.
        self._dispatch.broker.emit_after("process_boot")
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Who is interrupted (Ctrl-C) or has failed wants to end now; what is cut off is sent again by the next start.
        patience = self._drain_seconds if kind is None else min(self._drain_seconds, INTERRUPTED_SECONDS)
        self._worker.stop(timeout=int(patience * 1000))
        self._dispatch.broker.close()

    # --- handing over work ---

    def take(self, session_id: str, files: Sequence[InboxFile], advance_to: StageKey) -> None:
        """Have settled inbox files taken into the session, and the session brought up to a stage; returns at once."""
        self._dispatch.broker.get_actor(TAKE).send(session_id, claims.pack(files, self.ws.inbox), advance_to)

    def taking(self, session_id: str) -> bool:
        """True while files that were handed over for the session are not taken yet."""
        return self.underway.of(session_id, TAKE) > 0

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
        the first stage and returns.
        """
        record = workflow.request(self.ws, session_id, to, actor)
        if not wait:
            self._dispatch.send_due(session_id)
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
            self._dispatch.send_due(session_id)
            while not reached.is_set() and not self.underway.wait(session_id, POLL_SECONDS):
                pass
        record = self.ws.sessions.read(session_id)
        self._require_reached(record, to)
        return record

    def _require_reached(self, record: SessionRecord, to: StageKey) -> None:
        left = workflow.due(self.ws, record, to)
        if left is not None:
            raise TryAgain(
                f"`{workflow.VERB_OF[left]}` of {record.session_id} could not be carried out now; the log says why.",
                "Run the command again.",
            )
        # Nothing is due: everything is fresh, or the first stage that is not has given up.
        for key in workflow.ORDER[: workflow.ORDER.index(to) + 1] if record.documents else ():
            stage = record.stages.get(key)
            if stage is not None and stage.status == "failed" and stage.error is not None:
                message = f"`{workflow.VERB_OF[key]}` of {record.session_id} failed: {stage.error.message}"
                raise StageFailed(message, stage.error.cure)

    # --- watching it ---

    def listening(self, listener: Listener) -> AbstractContextManager[None]:
        """Have `listener` told, in the worker's threads, of everything that happens while the block runs."""
        return self.news.listening(listener)

    @property
    def idle(self) -> bool:
        """True when nothing is queued, delayed or being worked on."""
        return self.wait_idle(0.0)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; False when `timeout` seconds were not enough."""
        return self.underway.wait(None, timeout)


def _reaches(stage: StageKey, to: StageKey) -> bool:
    return workflow.ORDER.index(stage) >= workflow.ORDER.index(to)
