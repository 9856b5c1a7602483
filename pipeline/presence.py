"""Who is at work on this home: the watcher holds a kernel lock for as long as it lives, however it ends."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.store.files import is_locked, kernel_lock

#: The lock file's name under the data folder; a killed watcher leaves nothing behind that somebody must clean up.
WATCHER_LOCK = "watcher.lock"
#: Seconds a watcher waits for its place, since whoever asks `watcher_is_running` holds the lock for an instant.
PATIENCE = 1.0


def watching(data: Path) -> AbstractContextManager[None]:
    """Hold the place of the one watcher of this home; entering raises TryAgain when another process keeps it."""
    return kernel_lock(data / WATCHER_LOCK, PATIENCE, f"Another watcher is already at work on {data}.")


def watcher_is_running(data: Path) -> bool:
    """True when some process holds the watcher's place right now."""
    return is_locked(data / WATCHER_LOCK)
