"""The right to work on a session: a kernel lock that dies with its holder and is lost by one that stands still.

A holder beats: it touches the lock file again and again. One that is frozen (stopped, swapped out, its machine asleep)
does not, so after a while somebody else takes its place under a new file of that name. When it wakes it can find out,
and must before it writes anything: `Lease.require`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Busy, SessionNotFound
from pipeline.store.files import LOCK_POLL_SECONDS, kernel_lock, passing

#: Seconds without a beat after which a holder counts as frozen.
STALE_SECONDS = 10.0
#: Seconds between two beats at most; a fifth of the time after which they are missed where that is less.
BEAT_SECONDS = 1.0
#: Seconds to wait for somebody else who is just taking a frozen holder's place.
GUARD_SECONDS = 5.0

#: A lock file and its last beat.
_Stamp = tuple[int, int]


@dataclass(frozen=True)
class Lease:
    """Held by one process; another takes it over when this one stands still."""

    path: Path
    inode: int

    @property
    def is_ours(self) -> bool:
        """False once somebody else has taken over."""
        # As long as its holder has the old file open, no other file can have its number.
        stamp = _stamp(self.path)
        return stamp is not None and stamp[0] == self.inode

    def require(self) -> None:
        """Busy when somebody else has taken over: what was made meanwhile must not be written."""
        if not self.is_ours:
            raise Busy("This process stood still for so long that another one took over.", "Nothing is lost by it.")


class Leases:
    """Takes leases, and knows from looking at them again and again whose holder stands still."""

    def __init__(self, stale_seconds: float = STALE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._stale = stale_seconds
        self._pause = min(BEAT_SECONDS, stale_seconds / 5)
        self._clock = clock
        self._lock = threading.Lock()
        #: When each beat was seen first, on our own clock: those of two machines may differ, and may be set.
        self._seen: dict[Path, tuple[_Stamp, float]] = {}

    @contextmanager
    def hold(self, path: Path, wait_seconds: float, busy: str) -> Iterator[Lease]:
        """Hold the lease `path`; Busy, saying `busy`, when somebody else does for longer than `wait_seconds`."""
        deadline = self._clock() + wait_seconds
        while (handle := self._acquired(path)) is None:
            if self._stands_still(path):
                self._take_over(path)
            elif self._clock() >= deadline:
                raise Busy(busy, f"Try again in a moment; the lock is {path}.")
            else:
                time.sleep(LOCK_POLL_SECONDS)
        try:
            with self._beating(path, handle):
                yield Lease(path, os.fstat(handle).st_ino)
        finally:
            os.close(handle)  # which frees the lock

    def _acquired(self, path: Path) -> int | None:
        try:
            return _acquire(path)
        except FileNotFoundError as error:
            raise SessionNotFound(
                f"{path.parent.name} was deleted while it was waited for.", "See the list of sessions."
            ) from error
        except OSError as error:
            if known := passing(error, path.parent):
                raise known from error
            raise

    def is_held(self, path: Path) -> bool:
        """True while somebody holds it who does not stand still; asking needs no right to write."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            free = _lock(handle, fcntl.LOCK_SH)  # two who ask at once do not take each other for a holder
        finally:
            os.close(handle)
        return not free and not self._stands_still(path)

    def _stands_still(self, path: Path) -> bool:
        """Whether the holder has not beaten since we first saw its last beat, a while ago."""
        stamp, now = _stamp(path), self._clock()
        with self._lock:
            if stamp is None:
                self._seen.pop(path, None)
                return False
            known, since = self._seen.get(path, (None, now))
            if known != stamp:
                self._seen[path] = (stamp, now)
                return False
            return now - since >= self._stale

    def _take_over(self, path: Path) -> None:
        """Put the frozen holder's lock file away, so that the next one who asks makes a new one."""
        guard = path.with_name(f"{path.stem}.over.lock")
        with kernel_lock(guard, GUARD_SECONDS, "Another process takes the place of a frozen one."):
            # Somebody else may have done so since, or have taken the lock this moment and not have beaten yet.
            time.sleep(self._pause * 1.5)
            if self._stands_still(path):
                path.unlink(missing_ok=True)
            with self._lock:
                self._seen.pop(path, None)

    @contextmanager
    def _beating(self, path: Path, handle: int) -> Iterator[None]:
        end = threading.Event()

        def beat() -> None:
            while not end.wait(self._pause):
                os.utime(handle)

        os.utime(handle)
        thread = threading.Thread(target=beat, name=f"beat of {path.parent.name}", daemon=True)
        with ExitStack() as stack:
            stack.callback(thread.join)
            stack.callback(end.set)
            thread.start()
            yield


def _stamp(path: Path) -> _Stamp | None:
    with suppress(OSError):
        seen = path.stat()
        return seen.st_ino, seen.st_mtime_ns
    return None


def _lock(handle: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _acquire(path: Path) -> int | None:
    """An open handle that has the lock of the file that is at `path` now; None while somebody else has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if _lock(handle):
        stamp = _stamp(path)  # another file may have come to that name since this one was opened
        if stamp is not None and stamp[0] == os.fstat(handle).st_ino:
            return handle
    os.close(handle)
    return None
