"""Counts the messages that are queued, delayed or being worked on, so that callers can wait and nobody sends twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from dramatiq import Middleware

if TYPE_CHECKING:
    from dramatiq import Broker, Message
    from dramatiq.broker import MessageProxy

#: A message's kind of work and what it is for: the actor's name and its first argument.
Work = tuple[str, str]
CountedT = TypeVar("CountedT", Work, str)


class Underway(Middleware):
    """Knows what a broker of this process has not finished.

    A retried or delayed message is enqueued anew before the old one is acknowledged, so a count never touches zero in
    between.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        #: By first argument, then by actor: asked for one session or content, while there may be thousands.
        self._unfinished: dict[str, Counter[str]] = {}
        self._unstarted: Counter[Work] = Counter()
        self._runs: Counter[str] = Counter()
        #: Since when (monotonic seconds) a message waits for its turn, by its id; not while it is delayed on purpose.
        self._since: dict[str, float] = {}

    # --- what Dramatiq calls ---

    def before_enqueue(self, broker: Broker, message: Message[Any], delay: int | None) -> None:
        """Count a message in; before it can be seen, since a worker may be done with it before `after_enqueue`."""
        with self._changed:
            name, first = _work(message)
            self._unfinished.setdefault(first, Counter())[name] += 1
            self._unstarted[name, first] += 1
            if delay is None:
                self._since[message.message_id] = time.monotonic()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Its actor starts."""
        with self._changed:
            self._take(self._unstarted, _work(message))
            self._since.pop(message.message_id, None)
            self._runs[message.actor_name] += 1

    def after_ack(self, broker: Broker, message: MessageProxy) -> None:
        """Count a message out: done, or enqueued anew."""
        with self._changed:
            if "eta" in message.options:
                self._take(self._unstarted, _work(message))  # A delayed message is replaced, never started itself.
            else:
                self._since.pop(message.message_id, None)
            name, first = _work(message)
            counted = self._unfinished.setdefault(first, Counter())
            self._take(counted, name)
            if not counted:
                del self._unfinished[first]
            self._changed.notify_all()

    after_nack = after_ack

    # --- what callers ask ---

    def of(self, first_argument: str, actor_name: str | None = None) -> int:
        """How many messages for a session (or content) are unfinished, of one actor or of all."""
        with self._changed:
            return self._sum(first_argument, actor_name)

    def unstarted(self, actor_name: str, first_argument: str) -> bool:
        """True while a message of that kind waits for its turn: another one would find the work done."""
        with self._changed:
            return self._unstarted[actor_name, first_argument] > 0

    def runs(self, actor_name: str) -> int:
        """How often an actor was started since the broker was made, its retries included."""
        with self._changed:
            return self._runs[actor_name]

    def queued(self) -> tuple[int, float]:
        """How many messages wait for their turn, and for how many seconds the oldest of them has."""
        with self._changed:
            oldest = min(self._since.values(), default=None)
            return len(self._since), 0.0 if oldest is None else time.monotonic() - oldest

    def wait(self, first_argument: str | None = None, timeout: float | None = None) -> bool:
        """Wait until nothing is unfinished, for one session or at all; False when `timeout` seconds did not do."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while self._sum(first_argument, None):
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                # Not for ever at once: a main thread that waits must notice Ctrl-C on every platform.
                self._changed.wait(1.0 if left is None else min(left, 1.0))
            return True

    @staticmethod
    def _take(counter: Counter[CountedT], work: CountedT) -> None:
        """Count one out and forget what has none left: there are as many keys as contents ever seen."""
        counter[work] -= 1
        if counter[work] <= 0:
            del counter[work]

    def _sum(self, first_argument: str | None, actor_name: str | None) -> int:
        every = self._unfinished
        asked = list(every.values()) if first_argument is None else [every.get(first_argument, Counter())]
        return sum(n for counted in asked for name, n in counted.items() if actor_name in (None, name))


def _work(message: Message[Any] | MessageProxy) -> Work:
    return message.actor_name, str(message.args[0]) if message.args else ""
