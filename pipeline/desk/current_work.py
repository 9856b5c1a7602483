"""What the queue is at with a session, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipeline.models import (
    AddResult,
    StageKey,
    characters,
)
from pipeline.workflow.order import COMMAND_OF

if TYPE_CHECKING:
    pass


class News(Protocol):
    """What is shown of the queue's news; the pipeline knows no queue."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def session_id(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def message(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def stage(self) -> StageKey | None: ...  # noqa: D102 - described by its class
    @property
    def done(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def total(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def result(self) -> AddResult | None: ...  # noqa: D102 - described by its class
    @property
    def document(self) -> str | None: ...  # noqa: D102 - described by its class
    @property
    def pages(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def error(self) -> Exception | None: ...  # noqa: D102 - described by its class


def doing(told: News) -> str:
    """What is being done, in a few words, with how far it is where that is counted."""
    stage = COMMAND_OF.get(told.stage, "queue")
    so_far = f" {told.done} of {told.total}" if told.total else ""
    return f"{stage}:{so_far} {characters.plain(told.message or told.kind.replace('_', ' '))}"
