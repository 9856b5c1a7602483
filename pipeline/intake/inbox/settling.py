"""When has a file arrived? When two looks at it, some time apart on our own clock, found it unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.intake.inbox.looks import Look, look_at, seems_whole


@dataclass
class _Waiting:
    """A path under observation."""

    #: The last look; None when an event said that the file is being worked on since.
    look: Look | None
    #: When to look again, in seconds of the tracker's clock.
    due: float
    #: How long the file must stand still, in seconds.
    window: float
    #: True once it was given a second window because its content seemed unfinished.
    extended: bool = False


class Settling:
    """Tells which paths have stopped changing; it has unlimited patience with those that have not.

    A path is settled when inode, size and mtime were equal on two looks `settle_seconds` apart and no event came
    between them; after an event that says the writer is done, `settle_closed_seconds` are enough. A file that seems
    unfinished (empty, or without its kind's end mark) gets one more full window and is then let go as it is: whoever
    takes it says what is wrong with it. Clock, looking and the test for the end are handed in, so that no test waits.
    """

    def __init__(
        self,
        settle_seconds: float,
        settle_closed_seconds: float,
        clock: Callable[[], float],
        look: Callable[[str], Look | None] = look_at,
        whole: Callable[[str], bool] = seems_whole,
    ) -> None:
        self._settle = settle_seconds
        self._settle_closed = min(settle_closed_seconds, settle_seconds)
        self._clock = clock
        self._look = look
        self._whole = whole
        self._waiting: dict[str, _Waiting] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._waiting

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._waiting))

    def __len__(self) -> int:
        return len(self._waiting)

    def sight(self, path: str, look: Look) -> None:
        """A scan saw `path`: begin to observe it; when it is observed already, the scan counts as a look."""
        waiting = self._waiting.get(path)
        if waiting is None:
            self._waiting[path] = _Waiting(look, self._clock() + self._settle, self._settle)
        elif waiting.look is not None and waiting.look.settles_by != look.settles_by:
            self._begin(waiting, look)

    def hint(self, path: str, closed: bool) -> None:
        """An event named `path`: what was seen before no longer counts. `closed`: the writer said that it is done."""
        window = self._settle_closed if closed else self._settle
        self._waiting[path] = _Waiting(None, self._clock(), window)

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
                waiting.look, waiting.due = look, now + waiting.window
            elif look.settles_by != waiting.look.settles_by:
                self._begin(waiting, look)
            elif not waiting.extended and not self._whole(path):
                waiting.extended, waiting.due = True, now + self._settle
            else:
                del self._waiting[path]
                settled.append((path, look))
        return settled

    def _begin(self, waiting: _Waiting, look: Look) -> None:
        """The file changed: whatever was promised before, it must stand still for a whole window from now on."""
        waiting.look, waiting.window, waiting.extended = look, self._settle, False
        waiting.due = self._clock() + waiting.window
