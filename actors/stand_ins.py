"""Whoever works long on one thing gets a stand-in, so that no session waits behind another's endless document.

A stage's threads mostly wait for the reading processes, which have limits of their own; a thread more costs nothing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dramatiq.middleware import Middleware

if TYPE_CHECKING:
    from dramatiq import Broker, Worker
    from dramatiq.broker import MessageProxy

#: Seconds after which work counts as long.
LONG_SECONDS = 3.0
#: So many stand-ins at a time: more endless documents than that at once do make others wait, as long as they have.
MOST = 8


class StandIns(Middleware):
    """Starts another thread beside one that works long; it ends in its place, so that their number stays."""

    def __init__(self, long_seconds: float = LONG_SECONDS) -> None:
        self._long_seconds = long_seconds
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        #: What is worked on, by thread; those that have a stand-in.
        self._timers: dict[int, threading.Timer] = {}
        self._replaced: set[int] = set()

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """From now on there is somebody to stand in for."""
        with self._lock:
            self._worker = worker

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Nobody begins any more."""
        with self._lock:
            self._worker = None

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """The thread begins with a message."""
        me = threading.get_ident()
        timer = self._timers[me] = threading.Timer(self._long_seconds, self._stand_in, (me,))
        timer.daemon = True
        timer.start()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object | None = None,
        exception: BaseException | None = None,
    ) -> None:
        """It is done with it; where a stand-in is at work meanwhile, the thread ends."""
        me = threading.get_ident()
        with self._lock:
            timer = self._timers.pop(me, None)
            replaced = me in self._replaced
            self._replaced.discard(me)
        if timer is not None:
            timer.cancel()
        if replaced:
            threading.current_thread().stop()  # type: ignore[attr-defined] # Dramatiq's thread, after this message

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """It was left out, which is as good as done."""
        self.after_process_message(broker, message)

    def _stand_in(self, thread: int) -> None:
        with self._lock:
            if self._worker is None or thread not in self._timers or len(self._replaced) >= MOST:
                return
            self._replaced.add(thread)
            # Dramatiq counts its threads once, when it starts; this is how it starts each.
            self._worker._add_worker()
