"""Which broker carries the messages: the embedded one, which needs no server, or a Redis server."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError, TryAgain
from pipeline.home.probes import without_password
from pipeline.store.faultpoints import reach

if TYPE_CHECKING:
    from dramatiq import Broker
    from dramatiq.brokers.redis import RedisBroker

    from pipeline.settings import Settings

#: The one queue. Dramatiq keeps order within a queue, so files that were sent to be read are read before the discovery
#: that was sent after them looks at them.
QUEUE = "review"
#: Under the data folder: what parts this home's messages from those of another home on the same server.
QUEUE_NAME_FILE = "queue.name"
#: Seconds until a server that takes no connection, or gives no answer, counts as away.
CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 20.0
#: Of a million commands all look for what a dead worker left. Dramatiq's default is one in a thousand, so that on an
#: idle queue a message of a killed worker would lie for minutes.
ALWAYS = 1_000_000


def get_broker(settings: Settings) -> Broker:
    """A new broker as `[queue] broker` names it; actors are put on it by `actors.stages` and `actors.take_files`.

    Each call gives a broker of its own, so that two homes in one process never share a message.
    """
    name = settings.queue.broker
    if name == "embedded":
        return embedded_broker()
    if name.startswith(("redis://", "rediss://", "unix://")):
        return redis_broker(settings)
    raise SettingsError(
        f"`[queue] broker` is {name!r}, which is no broker.", 'Use "embedded" or redis://localhost:6379/0.'
    )


def embedded_broker() -> Broker:
    """The broker that lives in this process and forgets its messages with it; nothing is lost: the store is the truth.

    Whatever `[queue] broker` says, so that the demo needs no server.
    """
    from dramatiq.brokers.stub import StubBroker  # start-up
    from dramatiq.middleware import AgeLimit, Callbacks, Retries, ShutdownNotifications, TimeLimit  # start-up

    _no_last_resort()
    # What Dramatiq adds by itself, without pipelines: the order of the stages lives in the store, never in a message.
    return StubBroker(middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Retries()])


def redis_broker(settings: Settings) -> RedisBroker:
    """The broker on the Redis (or Valkey) server that the settings name; connects when first used, not here.

    A worker whose heartbeat is missing for `[queue] heartbeat_seconds` counts as dead, and its messages go to another.
    """
    import redis  # start-up
    from dramatiq.brokers.redis import RedisBroker  # start-up
    from dramatiq.middleware import AgeLimit, Callbacks, Retries, ShutdownNotifications, TimeLimit  # start-up

    _no_last_resort()
    try:
        client = redis.Redis.from_url(
            settings.queue.broker, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
        )
    except ValueError as error:  # a port that is no number, and the like; its text may hold the address
        raise SettingsError(
            f"`[queue] broker` ({without_password(settings.queue.broker)}) is not an address that can be used.",
            "Write it as redis://host:6379/0.",
        ) from error

    class Closing(RedisBroker):
        """Dramatiq leaves the connections to the end of the process, and a waiting command may be one of many."""

        def close(self) -> None:
            self.client.close()

    return Closing(  # type: ignore[no-untyped-call]  # Dramatiq has no types for its Redis broker
        client=client,
        middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Retries()],
        namespace=f"registry-review:{queue_name(settings.home.data)}",
        heartbeat_timeout=int(settings.queue.heartbeat_seconds * 1000),
        maintenance_chance=ALWAYS,
    )


def queue_name(data: Path) -> str:
    """The name of this home's queue: made once, kept in the data folder, the same for every process that shares it."""
    path = data / QUEUE_NAME_FILE
    if not path.exists():
        fresh = path.with_name(f"{QUEUE_NAME_FILE}.{os.getpid()}.{uuid.uuid4().hex}.tmp")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(uuid.uuid4().hex)
        reach("queue.name")
        try:
            os.link(fresh, path)  # of two processes that begin together, one wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Turn what the client raises when the server is away into TryAgain, which never shows the password."""
    from redis.exceptions import RedisError  # start-up

    try:
        yield
    except RedisError as error:
        raise TryAgain(away(settings.queue.broker, error), "Start the server and run the command again.") from error


def away(url: str, error: Exception) -> str:
    """That the broker is away, in one sentence."""
    return f"The broker {without_password(url)} is away: {str(error).rstrip('.')}."


def _no_last_resort() -> None:
    """Keep Dramatiq's lines off the stderr of a program that configures no logging (the handler of last resort)."""
    logging.getLogger("dramatiq").addHandler(logging.NullHandler())
