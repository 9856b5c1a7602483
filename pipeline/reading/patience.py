"""How long a process may take over one document: by its own processor time, so that a busy machine fails nobody."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

#: Whoever takes longer than this over one request does not keep the others waiting.
PATIENCE_SECONDS = 2.0
#: A process that got too little of a busy machine has so many times its time before it counts as hanging; one that
#: used less than this share of what passed was not waiting for a processor.
_WAITING, _AT_WORK = 10.0, 0.005


class Patience:
    """The clock of one request; each document that the process says it looks at has `seconds` in all."""

    def __init__(
        self, pid: int, seconds: float, on_slow: Callable[[], None] | None = None, moment: float = PATIENCE_SECONDS
    ) -> None:
        """`on_slow` is called once, when the request takes more than a moment."""
        self._pid = pid
        self._seconds = seconds
        self._on_slow = on_slow
        self._slow_at = time.monotonic() + moment
        self._spent: defaultdict[str, float] = defaultdict(float)
        #: The SHA-256 of the document that is looked at; empty before the first.
        self.at = ""
        self._until = 0.0
        self._begin(_used(pid))

    def now_at(self, sha256: str, used: float) -> None:
        """The process begins to look at another document, having used so much processor time since it started."""
        self._spent[self.at] += max(0.0, used - self._used)
        self.at = sha256
        self._begin(used)

    def wait(self) -> float:
        """Seconds until something has to be decided."""
        until = min(self._until, self._slow_at) if self._on_slow else self._until
        return max(0.0, until - time.monotonic())

    def is_over(self) -> bool:
        """True when the document that is looked at has had its time."""
        now = time.monotonic()
        if self._on_slow and now >= self._slow_at:
            on_slow, self._on_slow = self._on_slow, None
            on_slow()
        if self._spent[self.at] >= self._seconds:
            return True
        if now < self._until:
            return False
        passed, used = now - self._began, _used(self._pid) - self._used
        left = self._seconds - self._spent[self.at] - used
        if used < _AT_WORK * passed or left <= 0 or passed > _WAITING * self._seconds:
            return True
        self._until = now + max(left, 0.1)
        return False

    def _begin(self, used: float) -> None:
        self._began = time.monotonic()
        self._used = used
        self._until = self._began + max(0.1, self._seconds - self._spent[self.at])


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used; 0 where the system does not say, so that only clocks count."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0
