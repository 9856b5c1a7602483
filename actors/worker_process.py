"""One worker process for a Redis broker: its messages are worked on here, and one of all such processes sweeps."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from actors import engine, redis_news
from actors.broker import reaching, redis_broker
from actors.embedded import WithWorker
from actors.progress_news import News
from actors.shared_in_flight import SharedUnderway
from actors.signals import end_hard, set_on_signals
from pipeline.errors import ReviewError, TryAgain
from pipeline.home import logs
from pipeline.home.presence import working
from pipeline.home.workspace import Workspace
from pipeline.models import StageKey
from pipeline.settings import Settings
from pipeline.store.files import kernel_lock
from pipeline.store.lifeline import tie

if TYPE_CHECKING:
    from dramatiq.brokers.redis import RedisBroker

log = logging.getLogger("registry_review.worker")

#: How often an idle worker asks the server, in milliseconds: what Dramatiq waits for is time from sending to starting.
WORKER_TIMEOUT_MS = 100
#: Seconds between two turns of the loop beside the work, and between two looks whether the server is there.
TURN_SECONDS, LOOK_SECONDS = 0.2, 5.0
#: Under the data folder: whoever holds it sweeps. The kernel frees it when its holder is killed.
SWEEPER_LOCK = "sweeper.lock"


class Working(WithWorker):
    """Broker and worker of one workspace, with a Redis server between the processes that share it."""

    def __init__(self, ws: Workspace, drain_seconds: float = engine.DRAIN_SECONDS) -> None:
        self._redis: RedisBroker = redis_broker(ws.settings)
        super().__init__(ws, self._redis, SharedUnderway(self._redis), WORKER_TIMEOUT_MS, drain_seconds)
        # Stages are long: what a busy process fetched ahead would lie there while another one is idle. Dramatiq counts
        # what is being worked on as fetched, so this is one message for each thread and none waiting.
        self._worker.queue_prefetch = ws.settings.queue.threads
        self._around = ExitStack()

    def __enter__(self) -> Self:
        self._around.enter_context(working(self.ws.data))
        self._around.enter_context(self.news.listening(lambda news: redis_news.tell(self._redis, news)))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._around:
            super().__exit__(kind, error, trace)

    def sweep(self) -> list[tuple[str, StageKey]]:
        """As for every queue; TryAgain when the server is away."""
        with reaching(self.ws.settings):
            return super().sweep()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; outlasts outages of the server, and sweeps while no other process does."""
        next_look = next_sweep = 0.0
        away: str | None = None
        with ExitStack() as sweeping, self.news.listening(_Log().hear):
            sweeps = False
            while not stop.is_set():
                now = time.monotonic()
                if now >= next_look:
                    next_look = now + LOOK_SECONDS
                    away = self._look(away)
                    sweeps = sweeps or self._may_sweep(sweeping)
                if sweeps and away is None and now >= next_sweep:
                    next_sweep = now + self.ws.settings.queue.sweep_seconds
                    self._sweep_safely()
                stop.wait(TURN_SECONDS)

    def _look(self, before: str | None) -> str | None:
        """Why the server cannot be used, or None; said once when it goes and once when it is back."""
        try:
            with reaching(self.ws.settings):
                self._redis.client.ping()
        except TryAgain as error:
            if before is None:
                log.warning("%s Work goes on when it is back.", error.message)
            return error.message
        if before is not None:
            log.warning("The broker is back; work goes on.")
        return None

    def _may_sweep(self, place: ExitStack) -> bool:
        try:
            place.enter_context(kernel_lock(self.ws.data / SWEEPER_LOCK, 0, "Another worker sweeps."))
        except TryAgain:
            return False
        return True

    def _sweep_safely(self) -> None:
        try:
            self.sweep()
        except TryAgain as error:
            log.info("not swept: %s", error.message)
        except Exception:
            log.exception("a sweep failed; the next one comes")


class _Log:
    """What a person who reads the service's log wants to know of each session."""

    def __init__(self) -> None:
        self._troubles: dict[tuple[str, StageKey | None], type[Exception] | None] = {}

    def hear(self, news: News) -> None:
        """Write a line, unless it is the trouble that the last one told of; what cannot be done now is tried often."""
        place = (news.session_id, news.stage)
        if news.kind in ("stage_failed", "not_taken"):
            kind = type(news.error) if isinstance(news.error, TryAgain | OSError) else None
            if kind is None or self._troubles.get(place) is not kind:
                log.warning("%s: %s", news.session_id, news.message)
            self._troubles[place] = kind
        elif news.kind in ("stage_done", "taken"):
            self._troubles.pop(place, None)
            log.info("%s: %s", news.session_id, news.stage or news.message)


def main() -> int:
    """The program of one worker process; only a supervisor starts it.

    The first line of standard input holds the settings (a password must stand in no list of processes). Its end means
    that the supervisor is gone, and then this process ends as well.
    """
    told = json.loads(sys.stdin.buffer.readline())
    settings = Settings.model_validate(told["settings"])
    stop = threading.Event()

    def until_left_alone() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop.set()

    threading.Thread(target=until_left_alone, name="supervised", daemon=True).start()
    end_hard()
    # A supervisor that is gone is noticed by the kernel as well: the thread needs the interpreter to act.
    signal.signal(signal.SIGIO, lambda _number, _frame: stop.set())
    tie(sys.stdin.fileno())
    try:
        with set_on_signals(stop), Workspace.open(settings) as ws:
            logs.configure(ws.data, told["level"])
            with Working(ws) as queue:
                queue.run(stop)
    except ReviewError as error:
        sys.stderr.write(f"error: {error}\n")
        return 75 if isinstance(error, TryAgain) else 1
    return 0


def command() -> list[str]:
    """How to start this program, whatever folder the caller stands in."""
    return [sys.executable, "-P", "-m", "actors.worker_process"]


if __name__ == "__main__":
    sys.exit(main())
