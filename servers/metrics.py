"""What a monitoring system may ask: how much waits and how long, how long stages take, how often they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.errors import ReviewError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from actors.engine import Engine
    from actors.progress_news import News
    from pipeline.home.workspace import Workspace

#: Upper bounds of the histogram of stage times, in seconds.
BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """The numbers of one server, in a registry of their own; `hear` is told the queue's news."""

    def __init__(self, ws: Workspace, engine: Engine) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram  # start-up

        self._ws = ws
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "registry_review_stage_seconds",
            "How long a stage took, from its start to its stored result",
            ("stage",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._failures = Counter(
            "registry_review_stage_failures", "Stages that gave up", ("stage",), registry=self.registry
        )
        self._answers = Counter(
            "registry_review_answers", "Calls that were answered", ("method", "status"), registry=self.registry
        )
        self.registry.register(_Queue(engine))

    def answered(self, method: str, status: int) -> None:
        """Count an answer."""
        self._answers.labels(method, f"{status // 100}xx").inc()

    def hear(self, news: News) -> None:
        """Take from the queue's news what is counted; times are those that the store holds."""
        if news.stage is None:
            return
        if news.kind == "stage_failed":
            self._failures.labels(news.stage).inc()
        elif news.kind == "stage_done":
            try:
                stage = self._ws.sessions.read(news.session_id).stages.get(news.stage)
            except ReviewError:
                return  # deleted meanwhile
            if stage and stage.started_at and stage.finished_at:
                self._seconds.labels(news.stage).observe((stage.finished_at - stage.started_at).total_seconds())

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        from prometheus_client import generate_latest  # start-up

        return generate_latest(self.registry)


class _Queue:
    """How much waits, looked up when it is asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily  # start-up

        up: Any = GaugeMetricFamily("registry_review_broker_up", "1 when the broker can be asked")
        try:
            waiting, oldest = self._engine.queued()
        except ReviewError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        depth: Any = GaugeMetricFamily("registry_review_queue_depth", "Messages that wait for a worker")
        depth.add_metric([], waiting)
        yield depth
        age: Any = GaugeMetricFamily(
            "registry_review_oldest_queued_seconds", "For how long the oldest of them has waited"
        )
        age.add_metric([], oldest)
        yield age
