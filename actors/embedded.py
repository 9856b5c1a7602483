"""The queue without a server: Dramatiq's in-memory broker and its worker, inside this process."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from dramatiq import Worker

from actors import engine
from actors.broker import embedded_broker
from actors.engine import Engine
from actors.in_flight import Underway

if TYPE_CHECKING:
    from dramatiq import Broker

    from pipeline.home.workspace import Workspace

#: How often an idle worker wakes to see whether it is to stop, in milliseconds: a short command should end at once.
WORKER_TIMEOUT_MS = 50


class WithWorker(Engine):
    """A queue whose worker runs in this process."""

    def __init__(
        self, ws: Workspace, broker: Broker, underway: Underway, worker_timeout_ms: int, drain_seconds: float
    ) -> None:
        super().__init__(ws, broker, underway)
        self._drain_seconds = drain_seconds
        self._worker = Worker(broker, worker_threads=ws.settings.queue.threads, worker_timeout=worker_timeout_ms)

    def __enter__(self) -> Self:
        # The command line of Dramatiq would say this; without it the time limits of actors never fire.
        self._dispatch.broker.emit_after("process_boot")
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Who is interrupted (Ctrl-C) or has failed wants to end now; what is cut off is sent again by the next start.
        patience = self._drain_seconds if kind is None else min(self._drain_seconds, engine.INTERRUPTED_SECONDS)
        self._worker.stop(timeout=int(patience * 1000))
        super().__exit__(kind, error, trace)


class Embedded(WithWorker):
    """Broker and worker of one workspace; a context manager, used once.

    Messages die with the process and nothing is lost by it: the store knows what is due, and the sweeper or the next
    command sends it again. Several processes may have one each on the same home; the store's lease lets one of them run
    a session's stage, and the others send their message again a little later.
    """

    def __init__(self, ws: Workspace, drain_seconds: float = engine.DRAIN_SECONDS) -> None:
        super().__init__(ws, embedded_broker(), Underway(), WORKER_TIMEOUT_MS, drain_seconds)
