"""Connections are accepted only while there is room for them, and a machine without room is asked again, not at once.

asyncio's own way of accepting goes on until the process has no descriptors left, and then tries, and logs, thousands of
times a second.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from servers.connections import Connections

log = logging.getLogger("registry_review.connections")

#: Connections that are accepted before everybody else has a turn.
AT_ONCE = 64
#: Connections that wait in the kernel to be accepted.
BACKLOG = 512
#: Seconds after which a machine without descriptors or memory is asked again, and after which somebody may give way.
AGAIN, SOON = 1.0, 0.1


class Accepting:
    """Accepts what comes to `listener`, for as long as it is not stopped; each is one of `connections`."""

    def __init__(self, listener: socket.socket, connections: Connections, how: Callable[[], dict[str, Any]]) -> None:
        self._listener, self._connections, self._how = listener, connections, how
        self._loop = asyncio.get_running_loop()
        self._welcoming: set[asyncio.Task[object]] = set()
        self._again: asyncio.TimerHandle | None = None
        self._stopped = False
        listener.listen(BACKLOG)
        connections.on_room = self._resume_if_full
        self._full = False
        self._resume()

    def stop(self) -> None:
        """Accept nothing more."""
        self._stopped = True
        self._pause(None)
        self._listener.close()

    def _come(self) -> None:
        for _ in range(AT_ONCE):
            if not self._connections.make_room():
                log.warning(
                    "new connections wait: none of the %d that may be open can give way ([server] max_connections)",
                    self._connections.most,
                )
                self._full = True
                self._pause(SOON)
                return
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:  # no descriptors or no memory, which somebody else may have taken
                log.warning("a connection could not be accepted: %s", error.strerror)
                self._connections.give_way()
                self._pause(AGAIN)
                return
            self._welcome(accepted)

    def _welcome(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        connection = self._connections.new(**self._how())
        task: asyncio.Task[object] = self._loop.create_task(
            self._loop.connect_accepted_socket(lambda: connection, accepted)
        )
        self._welcoming.add(task)

        def welcomed(task: asyncio.Task[object]) -> None:
            self._welcoming.discard(task)
            if task.cancelled() or task.exception() is not None:
                self._connections.discard(connection)
                accepted.close()

        task.add_done_callback(welcomed)

    def _pause(self, seconds: float | None) -> None:
        self._loop.remove_reader(self._listener)
        if self._again is not None:
            self._again.cancel()
        self._again = None if seconds is None else self._loop.call_later(seconds, self._resume)

    def _resume_if_full(self) -> None:
        if self._full:
            self._resume()

    def _resume(self) -> None:
        self._full = False
        if not self._stopped:
            self._loop.add_reader(self._listener, self._come)

