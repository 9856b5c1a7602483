"""A thread that works long gets a stand-in, so that what comes after it does not wait."""

from __future__ import annotations

import threading

import dramatiq
from dramatiq.brokers.stub import StubBroker

from actors.stand_ins import StandIns


def test_what_comes_after_something_endless_is_done_and_the_number_of_threads_stays() -> None:
    # Given a worker with one thread, and an act that does not end before another one was done
    broker = StubBroker(middleware=[StandIns(long_seconds=0.05)])
    broker.declare_queue("review")
    others_done, ended = threading.Event(), threading.Event()

    def endless() -> None:
        assert others_done.wait(60)
        ended.set()

    first = dramatiq.actor(endless, broker=broker, queue_name="review")
    second = dramatiq.actor(others_done.set, actor_name="other", broker=broker, queue_name="review")
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=20)
    worker.start()
    try:
        # When both are sent
        first.send()
        second.send()

        # Then the second is done while the first is not, and one thread is left in the end
        assert ended.wait(60)
        broker.join("review", timeout=60_000)
        old, new = worker.workers
        old.join(60)
        assert (old.is_alive(), new.is_alive()) == (False, True)
    finally:
        worker.stop()
