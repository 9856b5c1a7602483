"""The web server in this process: bound first, then served until it is told to end, gracefully and soon."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from pipeline.errors import TryAgain, UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

#: Seconds that answers under way get at the end; together with what the queue drains it stays below ten.
GRACE_SECONDS = 4
#: Seconds that stages under way get at the end; what is cut off is done again by the next start.
DRAIN_SECONDS = 3.0


class _Server(uvicorn.Server):
    """Ends on SIGINT and SIGTERM by itself; whoever started it says with which exit code."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        def end(number: int, _frame: object) -> None:
            self.force_exit = self.should_exit and number == signal.SIGINT
            self.should_exit = True

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; TryAgain when the port is taken, UsageError when the address cannot be used."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(
            f"{host} is no address of this machine: {error.strerror}.", "Give --host an address."
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        listener.close()
        what = f"{host}:{port} cannot be listened at: {error.strerror}."
        raise TryAgain(what, "Another server may be running there; choose another --port.") from error
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> str:
    """How a browser on this machine calls what listens there."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until a signal ends it; calls `ready` when calls are answered."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        # Nobody in front is believed what it says of the caller; [server] public_url says how it is called.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )

    class Told(_Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    running: Any = Told(config)
    running.run(sockets=[listener])
    if not running.started:
        raise TryAgain("The server could not start; the log says why.", "See `registry-review doctor`.")
