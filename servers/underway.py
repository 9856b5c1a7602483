"""What a call began and may outlast its caller: it goes on, is not begun twice, and can be looked for."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from pipeline.errors import TryAgain

T = TypeVar("T")

#: Works that are done at the same time; further ones wait for their turn.
AT_ONCE = 16
#: Works that are remembered, those that are over included: the newest.
REMEMBERED = 500


class Work(Generic[T]):
    """One piece of work; `result` gives what it gave or raises what it raised."""

    def __init__(self, key: str) -> None:
        self.work_id, self.key = f"work-{secrets.token_hex(8)}", key
        self.future: Future[T] = Future()

    @property
    def result(self) -> T:
        """What it gave; only once it is over."""
        return self.future.result(0)

    async def over_within(self, seconds: float) -> bool:
        """Wait for its end; False when that does not come in time."""
        waited = asyncio.wrap_future(self.future)
        # Nobody may be there to look at what it raised.
        waited.add_done_callback(lambda over: over.cancelled() or over.exception())
        await asyncio.wait([waited], timeout=max(seconds, 0.0))
        return self.future.done()


class Underway(Generic[T]):
    """Does works in threads that hold up neither other calls nor the end of the server.

    What is cut off by the end of the process is as if it had been cut off by a crash: the store holds all of it or
    nothing.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._works: dict[str, Work[T]] = {}

    def begin(self, key: str, act: Callable[[], T]) -> Work[T]:
        """Begin it, or find the one of the same key that is still being done; TryAgain when too many are."""
        with self._lock:
            running = [one for one in self._works.values() if not one.future.done()]
            for one in running:
                if one.key == key:
                    return one
            if len(running) >= REMEMBERED:
                raise TryAgain("Too much is being added at this moment.", "Send it again in a minute.")
            for over in [one for one in self._works.values() if one.future.done()]:
                if len(self._works) < REMEMBERED:
                    break
                del self._works[over.work_id]
            made: Work[T] = Work(key)
            self._works[made.work_id] = made

        def run() -> None:
            with self._turns:
                try:
                    made.future.set_result(act())
                except BaseException as error:  # noqa: BLE001 - it is raised where the answer is made
                    made.future.set_exception(error)

        threading.Thread(target=run, name=made.work_id, daemon=True).start()
        return made

    def find(self, work_id: str) -> Work[T] | None:
        """The work of that id, over or not; None when it is not remembered."""
        with self._lock:
            return self._works.get(work_id)
