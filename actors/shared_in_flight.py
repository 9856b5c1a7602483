"""Which messages are queued, delayed or being worked on, when many processes share one Redis queue."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actors.broker import QUEUE
from actors.dispatch import STAGE_ACTORS
from actors.in_flight import Underway
from actors.take_files import READ, TAKE

if TYPE_CHECKING:
    from dramatiq import Broker, Message
    from dramatiq.broker import MessageProxy
    from dramatiq.brokers.redis import RedisBroker

log = logging.getLogger("registry_review.queue")

#: A note outlives every message; what it says is believed only while its message is there.
NOTE_SECONDS = 7 * 24 * 3600
#: For so long a message that was handed out and not begun, or a stage that was begun, counts as underway. After an
#: outage a living worker may hold a message for ever that it forgot; then it must be sent again. What really runs is
#: known by a lock that dies with its process: a stage by its session's lease, a taking by `SessionStore.is_filling`.
BELIEVED_SECONDS = 60
#: The same for a reading, which holds no lock; the discovery does not wait for it.
READING_SECONDS = 600
#: A note is written before its message is sent, most visibly where a delayed message is sent anew under another number:
#: for so long it is believed by itself, in seconds.
SENDING_SECONDS = 2
POLL_SECONDS = 0.05


class SharedUnderway(Underway):
    """As Underway, and across processes: a note per kind of work names the last message, and Redis says if it is there.

    A note that a killed process left names a message that is gone, so nothing has to be tidied.
    """

    def __init__(self, broker: RedisBroker) -> None:
        super().__init__()
        self._client: Any = broker.client
        self._namespace = broker.namespace
        self._queue = f"{self._namespace}:{QUEUE}"

    # --- what Dramatiq calls ---

    def before_enqueue(self, broker: Broker, message: Message[Any], delay: int | None) -> None:
        """Note which message is to do that work; the message itself follows at once."""
        with self._or_log():
            now = time.time()
            note = f"{message.options['redis_message_id']} {now} {now + (delay or 0) / 1000}"
            self._client.set(self._key("waits", message), note, ex=NOTE_SECONDS)

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Its actor starts."""
        with self._changed:
            self._runs[message.actor_name] += 1
        with self._or_log():
            seconds = READING_SECONDS if message.actor_name == READ else BELIEVED_SECONDS
            self._client.set(self._key("doing", message), message.options["redis_message_id"], ex=seconds)
            self._forget("waits", message)

    def after_ack(self, broker: Broker, message: MessageProxy) -> None:
        """Done, or enqueued anew under another number."""
        with self._or_log():
            self._forget("doing", message)

    after_nack = after_ack

    # --- what callers ask; the client's errors when the server is away ---

    def of(self, first_argument: str, actor_name: str | None = None) -> int:
        """How many kinds of work are underway for a session (or content), of one actor or of all."""
        names = (actor_name,) if actor_name else (TAKE, READ, *STAGE_ACTORS.values())
        return sum(self._waits(name, first_argument) or self._does(name, first_argument) for name in names)

    def unstarted(self, actor_name: str, first_argument: str) -> bool:
        """True while a message of that kind waits for its turn."""
        return self._waits(actor_name, first_argument)

    def wait(self, first_argument: str | None = None, timeout: float | None = None) -> bool:
        """Wait until nothing is underway for one session, or until no message is left in the whole queue."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._left(first_argument):
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def backlog(self) -> int:
        """How many messages no worker has fetched yet."""
        return int(self._client.llen(self._queue))

    def queued(self) -> tuple[int, float]:
        """How many messages no worker has fetched yet, and how many seconds ago the oldest of them was made."""
        first = self._client.lindex(self._queue, 0)
        message = self._client.hget(f"{self._queue}.msgs", first) if first else None
        made = json.loads(message)["message_timestamp"] / 1000 if message else None
        return self.backlog(), 0.0 if made is None else max(0.0, time.time() - made)

    # --- what Redis says ---

    def _left(self, first_argument: str | None) -> int:
        if first_argument is not None:
            return self.of(first_argument)
        return int(self._client.hlen(f"{self._queue}.msgs")) + int(self._client.hlen(f"{self._queue}.DQ.msgs"))

    def _waits(self, actor_name: str, first_argument: str) -> bool:
        key = f"{self._namespace}:waits:{actor_name}:{first_argument}"
        note = self._client.get(key)
        if note is None:
            return False
        message_id, written, due = note.decode().split(" ")
        now = time.time()
        if now - float(written) < SENDING_SECONDS:
            return True  # the actor's start would have taken the note away
        if now - float(due) < BELIEVED_SECONDS and not self._is_there(message_id):
            # Sent anew under another number, or begun, between the two questions: then the note says so by now.
            return bool(self._client.get(key) != note)
        if now - float(due) < BELIEVED_SECONDS:
            return True
        return self._client.lpos(self._queue, message_id) is not None

    def _does(self, actor_name: str, first_argument: str) -> bool:
        message_id = self._client.get(f"{self._namespace}:doing:{actor_name}:{first_argument}")
        return message_id is not None and self._is_there(message_id.decode())

    def _is_there(self, message_id: str) -> bool:
        return any(self._client.hexists(f"{self._queue}{part}.msgs", message_id) for part in ("", ".DQ"))

    def _key(self, what: str, message: Message[Any] | MessageProxy) -> str:
        return f"{self._namespace}:{what}:{message.actor_name}:{message.args[0] if message.args else ''}"

    def _forget(self, what: str, message: MessageProxy) -> None:
        key = self._key(what, message)
        note = self._client.get(key)
        if note is not None and note.decode().partition(" ")[0] == message.options["redis_message_id"]:
            self._client.delete(key)

    @contextmanager
    def _or_log(self) -> Iterator[None]:
        """Notes save double work and nothing more: that one cannot be written stops no message."""
        from redis.exceptions import RedisError  # start-up

        try:
            yield
        except RedisError as error:
            log.info("a note on the queue could not be written: %s", error)
