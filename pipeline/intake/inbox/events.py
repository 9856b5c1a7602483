"""Where hints of changes come from, and how they are kept coming."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

log = logging.getLogger("registry_review.inbox")

#: Seconds between two looks at whether events still come.
SUPERVISE_SECONDS = 1.0
#: Longest pause before events are tried again, in seconds; it doubles from one second on.
LONGEST_BACKOFF_SECONDS = 60.0


@dataclass
class Hints:
    """What events named since the last turn; an event only says "look at this path"."""

    #: Path -> whether its writer was done with it, as the last event about it said.
    files: dict[str, bool] = field(default_factory=dict)
    #: True when only a scan can tell what happened.
    rescan: bool = False


class EventSource(Protocol):
    """Something that hints at changes below the inbox. It may miss any of them, and it may die."""

    def start(self) -> str | None:
        """Begin; returns None, or why no events can be had, in words."""

    def watch(self, folder: str) -> str | None:
        """Hint at changes in `folder` itself as well; why that is not possible, in words, None when it is or is gone.

        Called again and again for the same folder, which changes nothing.
        """

    def drain(self) -> Hints:
        """What happened since the last call."""

    def trouble(self) -> str | None:
        """Why events no longer come, in words; None while they do."""

    def stop(self) -> None:
        """End; harmless when it never began."""


class Supervised:
    """An event source that is set up again, with growing pauses, whenever it dies or cannot begin."""

    def __init__(self, source: EventSource, prepare: Callable[[], str | None], clock: Callable[[], float]) -> None:
        """`prepare` makes sure that there is something to watch, and returns why there is not."""
        self._source = source
        self._prepare = prepare
        self._clock = clock
        #: Why no events come right now, in words; None while they do.
        self.reason: str | None = "events are not set up yet"
        #: Why no events come from some folders, in words; None when they come from all that were seen last.
        self.short: str | None = None
        self._next_look = self._next_start = float("-inf")
        self._pause = 1.0

    def turn(self) -> Hints:
        """The hints since the last turn; asks for a scan whenever events may have been missed."""
        now = self._clock()
        tried = False
        if now >= self._next_look:
            self._next_look = now + SUPERVISE_SECONDS
            self._notice_death(now)
            if self.reason is not None and now >= self._next_start:
                self._begin(now)
                tried = True
        hints = self._source.drain()
        # Between the death of the old events and the life of the new ones anything may have come.
        hints.rescan |= tried
        return hints

    def watch(self, folder: str) -> None:
        """Have the source hint at changes in `folder` too, as far as it can."""
        if self.reason is None:
            self.short = self._source.watch(folder) or self.short

    def stop(self) -> None:
        """End the source for good."""
        self._source.stop()

    def _notice_death(self, now: float) -> None:
        trouble = self._source.trouble() if self.reason is None else None
        if trouble is not None:
            log.warning("events stopped: %s; they are set up again", trouble)
            self._source.stop()
            self.reason, self._pause, self._next_start = trouble, 1.0, now

    def _begin(self, now: float) -> None:
        before = self.reason
        try:
            self.reason = self._prepare() or self._source.start()
        except Exception as error:  # whatever is wrong with events, scans go on
            log.exception("events cannot be set up")
            self.reason = f"events cannot be set up ({type(error).__name__}: {error})"
        if self.reason is None:
            log.info("the inbox is watched through the system's events")
            self._pause = 1.0
            return
        if self.reason != before:
            log.warning("the inbox is looked through again and again instead of through events: %s", self.reason)
        self._next_start = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_BACKOFF_SECONDS)
