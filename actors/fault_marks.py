"""The queue's fault points: a middleware that says when a message is sent, begun, done and acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dramatiq import Middleware

from pipeline.store.faultpoints import reach

if TYPE_CHECKING:
    from dramatiq import Broker, Message
    from dramatiq.broker import MessageProxy


class FaultMarks(Middleware):
    """Outermost of all: what others do before an act is done when its point is reached."""

    def before_enqueue(self, broker: Broker, message: Message[Any], delay: int | None) -> None:
        """A message is about to be handed to the broker."""
        reach("queue.send")

    def after_enqueue(self, broker: Broker, message: Message[Any], delay: int | None) -> None:
        """The broker has it."""
        reach("queue.sent")

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """A thread has it and has not begun."""
        reach("queue.begin")

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        """Its actor has ended."""
        reach("queue.done")

    def before_ack(self, broker: Broker, message: MessageProxy) -> None:
        """It is about to be acknowledged."""
        reach("queue.ack")

    def after_ack(self, broker: Broker, message: MessageProxy) -> None:
        """It is acknowledged."""
        reach("queue.acked")
