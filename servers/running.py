"""The web server in this process: bound first, then served until it is told to end, gracefully and soon."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import uvicorn

from pipeline.errors import TryAgain, UsageError
from pipeline.home.logs import Seldom
from servers.accepting import Accepting
from servers.connection import Connection, Patience
from servers.connections import Connections

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from pipeline.settings import ServerSettings

log = logging.getLogger("registry_review.connections")

#: Seconds that answers under way get at the end; together with what the queue drains it stays below ten.
GRACE_SECONDS = 4
#: Seconds that stages under way get at the end; what is cut off is done again by the next start.
DRAIN_SECONDS = 3.0


#: Descriptors that the rest of the process may need: the store, reading processes, uploads on their way.
RESERVED = 384
#: Seconds for which the server's log need not say the same thing again.
SELDOM_SECONDS = 60.0
#: How much the clock of connections advances at a time, in seconds: uvicorn looks ten times a second.
MOST_AT_A_TIME = 0.2
#: Seconds between two looks at who has waited for too long.
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """How many connections may be open at the same time, and how long each may keep the server waiting."""

    connections: int = 2000
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def of(cls, server: ServerSettings) -> Limits:
        """As the settings say."""
        patience = Patience(headers=server.header_seconds, body=server.body_seconds)
        return cls(server.max_connections, patience)


class Turns:
    """A clock that stands still while the server has no turn: what came meanwhile has not been looked at, and waits."""

    def __init__(self) -> None:
        self._real, self._now = time.monotonic(), 0.0

    def __call__(self) -> float:
        """Seconds in which the server could have looked at what came."""
        return self._now

    def tick(self) -> None:
        """The server has a turn."""
        real = time.monotonic()
        self._now += min(real - self._real, MOST_AT_A_TIME)
        self._real = real


class _Server(uvicorn.Server):
    """Ends on SIGINT and SIGTERM by itself; whoever started it says with which exit code.

    Accepts by itself, too: uvicorn limits what is answered, not what is accepted, and waits for headers for ever.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, limits: Limits, ready: Callable[[], None]):
        super().__init__(config)
        self._listener, self._ready = listener, ready
        self._clock = Turns()
        self._connections = Connections(limits.connections, limits.patience, self._clock)
        self._accepting: Accepting | None = None
        self._looked = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept once the application is up."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_tell)
        await super().startup([])
        if self.started:

            def how() -> dict[str, Any]:
                return {"config": self.config, "server_state": self.server_state, "app_state": self.lifespan.state}

            self._accepting = Accepting(self._listener, self._connections, how)
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        self._clock.tick()
        if (now := self._clock()) - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._connections.look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End gracefully what was begun."""
        if self._accepting is not None:
            self._accepting.stop()
        await super().shutdown([])

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


def _tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the loop met, in a line; with its traceback where the libraries' errors are kept."""
    error = context.get("exception")
    what = str(context["message"]).partition("\n")[0]
    log.warning("%s%s", what, f" ({type(error).__name__}: {error})" if error else "")
    if not isinstance(error, OSError):
        logging.getLogger("asyncio").error("%s", what, exc_info=error)


def connections_for(wanted: int) -> int:
    """How many connections the descriptors of this process allow, after as many as are needed were asked for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    most = max(soft - RESERVED, soft // 2)
    log.warning("only %d of %d connections can be open: the limit on open files (ulimit -n) is %d", most, wanted, soft)
    return most


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


def serve(app: ASGIApp, listener: socket.socket, ready: Callable[[], None], limits: Limits | None = None) -> None:
    """Serve until a signal ends it; calls `ready` when calls are answered."""
    limits = limits or Limits()
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        # Nobody in front is believed what it says of the caller; [server] public_url says how it is called.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        # `Connections` ends what waits for too long.
        timeout_keep_alive=3600,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    seldom = {
        "registry_review.connections": Seldom(seconds=SELDOM_SECONDS, names=("registry_review",)),
        "registry_review.server": Seldom(seconds=SELDOM_SECONDS, names=("registry_review",), whole=True),
    }
    for name, filtering in seldom.items():
        logging.getLogger(name).addFilter(filtering)
    limits = replace(limits, connections=connections_for(limits.connections))
    try:
        running = _Server(config, listener, limits, ready)
        running.run()
    finally:
        for name, filtering in seldom.items():
            logging.getLogger(name).removeFilter(filtering)
    if not running.started:
        raise TryAgain("The server could not start; the log says why.", "See `registry-review doctor`.")
