"""The way onto the network: a name is resolved once, all its addresses are checked, and one of those is connected to.

Whoever checks a name and lets a library resolve it again can be given two different answers. Here the connection goes
to the very address that was checked, while TLS still asks for, and checks, the name. Only a fetch imports this module,
since its library is slow to load.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import httpcore2

from pipeline.errors import FileRefused, TryAgain
from pipeline.intake.fetching.addresses import may_reach
from pipeline.intake.fetching.model import Network

#: So many addresses of one name are tried; each try may take the whole time for connecting.
_TRIES = 4
#: What the resolver says when there is no such name; anything else may be over in a minute.
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), socket.EAI_FAIL}


class Deadline:
    """A moment by which all must be done."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds that one step may take; TryAgain when none are left."""
        left = self._end - self._clock()
        if left <= 0:
            raise TryAgain(
                f"The download takes longer than {self.seconds:g} seconds.",
                "Try again later, or raise timeout_seconds under [links] in config.toml.",
            )
        return left if at_most is None else min(left, at_most)


class CheckedBackend(httpcore2.NetworkBackend):
    """Connects to public addresses only, within a deadline; with `allow_private` to private ones as well."""

    def __init__(self, network: Network, deadline: Deadline, connect_seconds: float, allow_private: bool) -> None:
        self._network = network
        self._deadline = deadline
        self._seconds = connect_seconds
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A stream to one of the host's addresses; FileRefused when any of them may not be reached."""
        addresses = self._looked_up(host, port)
        # All of them: a name with a public and a private address is a trap, or a mistake that must not depend on luck.
        if not addresses or not all(may_reach(address, self._allow_private) for address in addresses):
            raise self._closed(host)
        trouble: Exception | None = None
        for address in addresses[:_TRIES]:
            try:
                stream = self._network.connect(address, port, self._deadline.left(self._seconds))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = error
            else:
                return _Timed(stream, self._deadline, self._seconds)
        raise TryAgain(f"{host} cannot be reached.", "Try again later.") from trouble

    def _closed(self, host: str) -> FileRefused:
        # Which address it has is not told: that is nobody's business who only asks from outside.
        if self._allow_private:
            return FileRefused(f"{host} has an address that is never fetched from.", "Download the file and add it.")
        return FileRefused(
            f"{host} is not on the public network.",
            "Download the file and add it, or set allow_private under [links] in config.toml.",
        )

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        """No link leads to a socket of this machine."""
        raise FileRefused("A link never leads to a socket of this machine.")

    def _looked_up(self, host: str, port: int) -> list[str]:
        """The name's addresses. The system's resolver knows no time limit, so a thread asks it, which can be left."""
        answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._network.look_up(host, port))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        threading.Thread(target=ask, name="look up", daemon=True).start()
        try:
            found = answer.get(timeout=self._deadline.left(self._seconds))
        except queue.Empty:
            raise TryAgain(f"Looking up {host} takes too long.", "Try again later.") from None
        if isinstance(found, UnicodeError) or (isinstance(found, OSError) and found.errno in _NO_SUCH_NAME):
            raise FileRefused(f"There is no host {host}.", "Check the link.") from found
        if isinstance(found, Exception):
            raise TryAgain(f"{host} cannot be looked up.", "Is this machine online? Try again then.") from found
        return found


class _Timed(httpcore2.NetworkStream):
    """A stream none of whose steps outlasts the deadline, however few bytes come at a time."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline, seconds: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self._seconds = seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(self._seconds))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(self._seconds))

    def close(self) -> None:
        with suppress(OSError):
            self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(self._seconds))
        return _Timed(secure, self._deadline, self._seconds)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
