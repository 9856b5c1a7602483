"""Who is at work on this home: the watcher holds a kernel lock for as long as it lives, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import TryAgain
from pipeline.store.files import is_locked, kernel_lock

#: The lock file's name under the data folder; a killed watcher leaves nothing behind that somebody must clean up.
WATCHER_LOCK = "watcher.lock"
#: Seconds a watcher waits for its place, since whoever asks `watcher_is_running` holds the lock for an instant.
PATIENCE = 1.0


@contextmanager
def watching(data: Path) -> Iterator[None]:
    """Hold the place of the one watcher of this home; entering raises TryAgain when another process keeps it."""
    busy = f"Another watcher is already at work on {data}."
    with ExitStack() as place:
        try:
            place.enter_context(kernel_lock(data / WATCHER_LOCK, PATIENCE, busy))
        except TryAgain as error:
            raise TryAgain(
                busy, "It takes what is dropped; see `status`. End it first to start another one."
            ) from error
        yield


def watcher_is_running(data: Path) -> bool:
    """True when some process holds the watcher's place right now."""
    return is_locked(data / WATCHER_LOCK)
