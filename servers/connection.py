"""One caller's connection: what it is waiting for at this moment, and for how long that may last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

#: What a connection can wait for: the next call, the rest of its headers, the rest of its body, us, or to be read.
Phase = Literal["idle", "headers", "body", "answering", "unread"]


@dataclass(frozen=True)
class Patience:
    """How long, in seconds, each kind of waiting may last; `Connections` holds every connection to it."""

    #: From the first byte of a call, or from connecting, to the end of its headers.
    headers: float = 20.0
    #: Between two calls.
    idle: float = 30.0
    #: For a body, and one second more for each `body_rate` bytes that came of it.
    body: float = 20.0
    body_rate: int = 500
    #: For a body of which nothing comes any more, however much came before.
    silent: float = 75.0
    #: For an answer that is not read.
    unread: float = 60.0


class Connection(H11Protocol):
    """uvicorn's protocol, which also tells what the connection waits for and can be ended from outside."""

    def __init__(self, clock: Callable[[], float], gone: Callable[[Connection], None], **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._clock, self._gone = clock, gone
        #: Since when it waits for what it waits for.
        self.since = clock()
        #: Since when nothing came of its body.
        self.silent_since = self.since
        #: Seconds in which the server was ready for more of the body, and the bytes that came of it.
        self.body_seconds, self.body_bytes = 0.0, 0
        self._begun: object = None
        self._sending = True

    @property
    def phase(self) -> Phase:
        """What it waits for."""
        if self.transport is not None and self.transport.get_write_buffer_size() > 0:
            return "unread"
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return "headers" if self._sending else "idle"
        # A body that the server does not ask for, or has enough of for now, is not late.
        asked = not (cycle.waiting_for_100_continue or self.flow.read_paused)
        return "body" if cycle.more_body and asked else "answering"

    def data_received(self, data: bytes) -> None:
        """Take in what came, and note what is waited for since."""
        before = self.phase
        if before == "idle":
            self._sending, self.since = True, self._clock()
        super().data_received(data)
        if self.cycle is not self._begun:  # the headers are complete
            self._begun, self._sending = self.cycle, False
            self.body_seconds, self.body_bytes = 0.0, 0
            self.since = self.silent_since = self._clock()
        elif before == "body":
            self.body_bytes += len(data)
            self.silent_since = self._clock()

    def on_response_complete(self) -> None:
        """Wait for the next call."""
        self._sending, self.since = False, self._clock()
        super().on_response_complete()
        if self.cycle is not self._begun:  # the next one had come already
            self._begun = self.cycle
            self.body_seconds, self.body_bytes = 0.0, 0
            self.silent_since = self.since
        else:
            self._sending = bool(self.conn.trailing_data[0])

    def resume_writing(self) -> None:
        """The other side reads on."""
        super().resume_writing()
        self.since = self._clock()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first call."""
        super().connection_made(transport)
        self.since = self._clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever counts connections."""
        super().connection_lost(exc)
        self._gone(self)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as a problem; where an answer was begun already there is only to end."""
        self.turn_away(400, "Bad Request", "What was sent is no HTTP that this server takes.", "Send it again.")

    def turn_away(self, status: int, title: str, detail: str, hint: str) -> None:
        """End it with a problem where one can still be told, else without a word."""
        cycle = self.cycle
        begun = cycle is not None and cycle.response_started and not cycle.response_complete
        if begun or self.transport.get_write_buffer_size() > 0 or self.transport.is_closing():
            self.drop()
            return
        kind = f"urn:registry-review:{title.lower().replace(' ', '-')}"
        told = {"type": kind, "title": title, "status": status, "detail": detail, "hint": hint}
        body = json.dumps(told).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self._let_the_call_end()
        self.transport.write(head.encode() + body)
        self.transport.close()

    def drop(self) -> None:
        """End it at once."""
        self._let_the_call_end()
        if self.transport is not None:
            self.transport.abort()

    def _let_the_call_end(self) -> None:
        """Whatever answers the call learns that nobody is there any more."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def shutdown(self) -> None:
        """End it when the server ends; one that sent nonsense is in no state to be told."""
        try:
            super().shutdown()
        except h11.LocalProtocolError:
            self.drop()
