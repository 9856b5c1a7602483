"""Progress of a stage, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.models import StageKey


@dataclass(frozen=True)
class Event:
    """Progress of a stage, for whoever watches; `done` of `total` where there is something to count."""

    stage: StageKey
    message: str
    done: int | None = None
    total: int | None = None
    #: The document that begins to be read or, when something is counted, was dealt with.
    document: str | None = None
    #: How many of its pages were read; None when it had been read before.
    pages: int | None = None


OnEvent = Callable[[Event], None]
