"""News from the workers' processes to whoever waits in another one, over the broker's own server; lossy on purpose.

The store says how things stand. What is lost here, in an outage, is a line on a terminal.
"""

from __future__ import annotations

import json
import logging
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from actors.progress_news import News, NewsDesk
from pipeline.models import AddResult

if TYPE_CHECKING:
    from dramatiq.brokers.redis import RedisBroker

log = logging.getLogger("registry_review.queue")

#: Seconds between two looks whether the listening is to end, and until it is set up again after an outage.
TICK_SECONDS = 0.2
#: What goes over the wire as it is; exceptions do not.
SENT = ("kind", "session_id", "message", "stage", "done", "total", "document", "pages", "passes")


def channel(broker: RedisBroker) -> str:
    """Where this home's news goes."""
    return f"{broker.namespace}:news"


def tell(broker: RedisBroker, news: News) -> None:
    """Send one piece of news; nobody may be listening, and an outage is no reason to stop working."""
    from redis.exceptions import RedisError  # start-up

    told = {name: getattr(news, name) for name in SENT}
    told["result"] = news.result.model_dump(mode="json") if news.result else None
    client: Any = broker.client
    try:
        client.publish(channel(broker), json.dumps(told))
    except RedisError as error:
        log.debug("news could not be sent: %s", error)


class Newswire:
    """Passes the workers' news on to a desk of this process, from a thread, while the block runs."""

    def __init__(self, broker: RedisBroker, desk: NewsDesk) -> None:
        self._broker, self._desk = broker, desk
        self._end = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="newswire", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(2.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(5.0)

    def _listen(self) -> None:
        from redis.exceptions import RedisError  # start-up

        client: Any = self._broker.client
        while not self._end.is_set():
            try:
                with client.pubsub(ignore_subscribe_messages=True) as heard:
                    heard.subscribe(channel(self._broker))
                    self._ready.set()
                    while not self._end.is_set():
                        message = heard.get_message(timeout=TICK_SECONDS)
                        if message:
                            self._desk.tell(_news(message["data"]))
            except (RedisError, OSError) as error:
                log.debug("the news stopped: %s", error)
                self._ready.set()
                self._end.wait(TICK_SECONDS)


def _news(data: bytes) -> News:
    told = json.loads(data)
    result = told.pop("result")
    return News(**told, result=AddResult.model_validate(result) if result else None)
