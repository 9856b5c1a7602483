"""All connections of one server: how many there may be, how long each may wait, which go when there are too many.

There is no limit for each address: behind a proxy everybody has the proxy's. Instead whoever keeps the server waiting
gives way to whoever comes: a caller that sends its call at once is answered however many others do not.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from servers.connection import Connection, Patience

log = logging.getLogger("registry_review.connections")

#: Seconds for which whoever just came gives way to nobody: what it sent may not have been looked at yet.
NEW = 0.5
#: Seconds after which unfinished headers are the first to give way.
LATE = 2.0
#: Seconds after which a slow body, or an answer that nobody reads, may give way, and bytes a second that are not slow.
SLOW, SLOW_BYTES = 1.0, 4000
#: One in so many of those that wait gives way at a time, so that a flood costs no look at all of them for each.
SHARE = 32
_SAID = {
    "headers": "a connection was ended: its headers did not come in time",
    "idle": "",  # every browser leaves them
    "body": "a connection was ended: its body did not come in time",
    "unread": "a connection was ended: its answer was not read",
    "full": "a connection that waited gave way to another: [server] max_connections (%d) are open",
}


class Connections:
    """Every open connection, at most `most` of them; `look` is called about once a second."""

    def __init__(self, most: int, patience: Patience, clock: Callable[[], float]) -> None:
        self.most, self._patience, self._clock = most, patience, clock
        self._open: set[Connection] = set()
        self._looked = clock()
        #: Called when one of them is over.
        self.on_room: Callable[[], None] = lambda: None
        #: How many were ended, by why.
        self.ended: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def new(self, **uvicorns: Any) -> Connection:
        """A connection that counts from now on."""
        made = Connection(self._clock, self.discard, **uvicorns)
        self._open.add(made)
        return made

    def discard(self, connection: Connection) -> None:
        """It is over."""
        if connection in self._open:
            self._open.discard(connection)
            self.on_room()

    def make_room(self) -> bool:
        """True when there is room for one more, after those that are missed least were ended if need be."""
        return len(self._open) < self.most or self.give_way()

    def give_way(self) -> bool:
        """End some of the connections that are missed least; False when there is none that may be ended."""
        now = self._clock()
        ranked = [(rank, one) for one in self._open if (rank := self._rank(one, now)) is not None]
        ranked.sort(key=lambda found: found[0])
        for _, one in ranked[: 1 + len(ranked) // SHARE]:
            self._end(one, "full")
        return bool(ranked)

    def _rank(self, one: Connection, now: float) -> tuple[int, float] | None:
        """The smaller, the less it is missed; None for one that may not be ended for another's sake."""
        waited = now - one.since
        if one.transport is None or waited < NEW:
            return None
        match one.phase:
            case "headers":
                return (0 if waited >= LATE else 3, -waited)
            case "idle":
                return (1, -waited)
            case "unread":
                return (2, -waited) if waited >= SLOW else None
            case "body":
                rate = one.body_bytes / waited
                return (2, rate) if waited >= SLOW and rate < SLOW_BYTES else None
            case _:
                return None

    def look(self) -> None:
        """End every connection that has waited for too long."""
        now = self._clock()
        passed, self._looked = now - self._looked, now
        for one in list(self._open):
            if one.transport is None:
                continue
            phase = one.phase
            if phase == "body":
                one.body_seconds += passed
            else:
                one.silent_since = now
            if self._is_late(one, now):
                self._end(one, phase)

    def _is_late(self, one: Connection, now: float) -> bool:
        patience, waited = self._patience, now - one.since
        match one.phase:
            case "headers":
                return waited > patience.headers
            case "idle":
                return waited > patience.idle
            case "unread":
                return waited > patience.unread
            case "body":
                allowed = patience.body + one.body_bytes / patience.body_rate
                return one.body_seconds > allowed or now - one.silent_since > patience.silent
            case _:
                return False

    def _end(self, one: Connection, why: str) -> None:
        self.ended[why] += 1
        if said := _SAID[why]:
            log.warning(said, *([self.most] if why == "full" else []))
        if why == "body":
            hint = "Nothing of what was on its way was kept. Send it again."
            one.turn_away(408, "Request Timeout", "The body did not come in time.", hint)
        else:
            one.drop()
        self.discard(one)
