"""When has a file arrived? When two looks at it, some time apart on our own clock, found it unchanged and finished."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.filenames import printable
from pipeline.intake.inbox.looks import Look, look_at
from pipeline.intake.inbox.readiness import NOTHING_YET, Readiness, readiness

log = logging.getLogger("registry_review.inbox")

#: Why a file that may just have come is not taken yet.
CHANGING = "it is still changing, or was there too short a time"
#: Why a file at rest is not taken yet.
WRITTEN = "another program has it open for writing; it is taken when that program closes it"
#: Shortest pause, in seconds, between two looks at a file that stands still and is not finished.
SHORTEST_PAUSE = 0.5


@dataclass
class _Waiting:
    """A path under observation."""

    #: The last look; None when an event said that the file is being worked on since.
    look: Look | None
    #: When to look again, in seconds of the tracker's clock.
    due: float
    #: How long the file must stand still, in seconds.
    window: float
    #: Since when it has been seen unchanged, whatever events said meanwhile.
    since: float
    #: What it was like then, with the sample of its content once there is one.
    unchanged: Look | None
    sample: bytes = b""
    #: Why it is not taken although it stands still, in words.
    reason: str | None = None
    #: True while somebody has it open for writing.
    written: bool = False


class Settling:
    """Tells which paths have stopped changing; it has unlimited patience with those that have not.

    A path is settled when inode, size, mtime and blocks were equal on two looks `settle_seconds` apart and no event
    came between them; after an event that says the writer is done, `settle_closed_seconds` are enough. One that
    somebody has open for writing never is. One that lacks what its kind ends with, or that may be open where nobody can
    tell and has no end to be known by, must have stood still for `patience_seconds`; then it is let go as it is, and
    whoever takes it says what is wrong with it. Clock, looking and the word on readiness are handed in, so that no test
    waits.
    """

    def __init__(
        self,
        settle_seconds: float,
        settle_closed_seconds: float,
        patience_seconds: float,
        clock: Callable[[], float],
        look: Callable[[str], Look | None] = look_at,
        ready: Callable[[str], Readiness] | None = None,
    ) -> None:
        self._settle = settle_seconds
        self._settle_closed = min(settle_closed_seconds, settle_seconds)
        self._patience = max(patience_seconds, settle_seconds)
        self._clock = clock
        self._look = look
        self._ready = ready or readiness(clock)
        self._waiting: dict[str, _Waiting] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._waiting

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._waiting))

    def __len__(self) -> int:
        return len(self._waiting)

    def reason(self, path: str) -> str:
        """Why an observed path is not taken yet, in words."""
        return self._waiting[path].reason or CHANGING

    def held_open(self) -> list[str]:
        """Paths that somebody has had open for writing, unchanged, for longer than there is patience."""
        end = self._clock() - self._patience
        return [path for path, waiting in self._waiting.items() if waiting.written and waiting.since <= end]

    def sight(self, path: str, look: Look) -> None:
        """A scan saw `path`: begin to observe it; when it is observed already, the scan counts as a look."""
        waiting, now = self._waiting.get(path), self._clock()
        if waiting is None:
            self._waiting[path] = _Waiting(look, now + self._settle, self._settle, now, look)
        elif waiting.look is not None and _changed(waiting.look, look):
            self._begin(waiting, look)

    def hint(self, path: str, closed: bool) -> None:
        """An event named `path`: what was seen before no longer counts. `closed`: the writer said that it is done."""
        window, now = self._settle_closed if closed else self._settle, self._clock()
        waiting = self._waiting.get(path)
        if waiting is None:
            self._waiting[path] = _Waiting(None, now, window, now, None)
        else:
            waiting.look, waiting.due, waiting.window = None, now, window

    def forget(self, path: str) -> None:
        """Stop observing `path`."""
        self._waiting.pop(path, None)

    def turn(self) -> list[tuple[str, Look]]:
        """Look at every path whose time has come; returns those that are settled now and observes them no longer."""
        settled: list[tuple[str, Look]] = []
        for path, waiting in list(self._waiting.items()):
            now = self._clock()
            if waiting.due > now:
                continue
            look = self._look(path)
            if look is None:
                del self._waiting[path]
            elif waiting.look is None:
                if waiting.unchanged is None or _changed(waiting.unchanged, look):
                    waiting.since, waiting.unchanged, waiting.reason, waiting.written = now, look, None, False
                waiting.look, waiting.due = look, now + waiting.window
            elif _changed(waiting.look, look):
                self._begin(waiting, look)
            elif self._is_finished(path, waiting, now):
                del self._waiting[path]
                settled.append((path, look))
        return settled

    def _is_finished(self, path: str, waiting: _Waiting, now: float) -> bool:
        """Whether a file at rest may go; else it says why not and when it is looked at again."""
        ready = self._ready(path)
        # Nothing can be lost of a file without content that nobody has open.
        patience = 2 * self._settle if ready == NOTHING_YET else self._patience
        over = waiting.since + patience
        before, waiting.reason, waiting.written = waiting.reason, None, ready.written is True
        if ready.sample != waiting.sample:
            # What there was before the first sample counts as unchanged: nothing is known against it.
            if waiting.sample:
                waiting.since, over = now, now + patience
            waiting.sample = ready.sample
        until = f"it is taken as it is once it has stood still for {patience:g} s"
        if ready.written:
            waiting.reason = WRITTEN
        elif ready.lacks and now < over:
            waiting.reason = f"it seems unfinished: {ready.lacks}; {until}"
        elif ready.written is None and not ready.ended and now < over:
            waiting.reason = f"nobody can tell here whether it is still being written; {until}"
        else:
            return True
        if waiting.reason != before:
            log.info("%s: %s", printable(path), waiting.reason)
        pause = max(self._settle, SHORTEST_PAUSE)
        waiting.due = now + pause if ready.written else min(now + pause, over)
        return False

    def _begin(self, waiting: _Waiting, look: Look) -> None:
        """The file changed: whatever was promised before, it must stand still for a whole window from now on."""
        waiting.look, waiting.window, waiting.unchanged = look, self._settle, look
        waiting.since = self._clock()
        waiting.due, waiting.reason, waiting.written, waiting.sample = waiting.since + waiting.window, None, False, b""


def _changed(before: Look, now: Look) -> bool:
    return before.settles_by != now.settles_by or before.blocks != now.blocks
