"""Which broker carries the messages: the embedded one, which needs no server, or later a Redis server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from dramatiq import Broker

    from pipeline.settings import Settings

#: The one queue. Dramatiq keeps order within a queue, so files that were sent to be read are read before the discovery
#: that was sent after them looks at them.
QUEUE = "review"


def get_broker(settings: Settings) -> Broker:
    """A new broker as `[queue] broker` names it; actors are put on it by `actors.stages` and `actors.take`.

    `embedded` lives in this process and forgets its messages when that ends, which loses nothing: the store is the
    truth. Each call gives a broker of its own, so that two homes in one process never share a message.
    """
    name = settings.queue.broker
    if name.startswith(("redis://", "rediss://", "unix://")):
        raise UsageError(
            f"`[queue] broker` names a Redis server ({_without_password(name)}), which comes in a later version.",
            'Use broker = "embedded".',
        )
    if name != "embedded":
        raise SettingsError(f"`[queue] broker` is {name!r}, which is no broker.", 'Use broker = "embedded".')
    from dramatiq.brokers.stub import StubBroker
    from dramatiq.middleware import AgeLimit, Callbacks, Retries, ShutdownNotifications, TimeLimit

    # A program that configures no logging must not get Dramatiq's lines on stderr (logging's handler of last resort).
    logging.getLogger("dramatiq").addHandler(logging.NullHandler())
    # What Dramatiq adds by itself, without pipelines: the order of the stages lives in the store, never in a message.
    return StubBroker(middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Retries()])


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
