"""Who is at work on this home: watcher and workers hold kernel locks for as long as they live, however they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import HomeClosed, TryAgain
from pipeline.store.files import is_locked, kernel_lock

#: The lock file's name under the data folder; a killed watcher leaves nothing behind that somebody must clean up.
WATCHER_LOCK = "watcher.lock"
#: The folder of the workers' lock files under the data folder, one for each place, taken from the first on.
WORKERS = "workers"
#: More worker processes than this on one home are not counted.
PLACES = 256
#: Seconds a watcher waits for its place, since whoever asks `watcher_is_running` holds the lock for an instant.
PATIENCE = 1.0


@contextmanager
def watching(data: Path) -> Iterator[None]:
    """Hold the place of the one watcher of this home; entering raises TryAgain when another process keeps it."""
    busy = f"Another watcher is already at work on {data}."
    with ExitStack() as place:
        try:
            place.enter_context(kernel_lock(data / WATCHER_LOCK, PATIENCE, busy))
        except HomeClosed:
            raise
        except TryAgain as error:
            raise TryAgain(
                busy, "It takes what is dropped; see `status`. End it first to start another one."
            ) from error
        yield


def watcher_is_running(data: Path) -> bool:
    """True when some process holds the watcher's place right now."""
    return is_locked(data / WATCHER_LOCK)


@contextmanager
def working(data: Path) -> Iterator[None]:
    """Hold the first free place of a worker process on this home."""
    folder = data / WORKERS
    folder.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as held:
        for place in range(PLACES):
            try:
                held.enter_context(kernel_lock(folder / f"{place}.lock", 0, "taken"))
            except HomeClosed:
                raise
            except TryAgain:
                continue
            break
        yield


def workers_running(data: Path) -> int:
    """How many worker processes hold a place on this home right now."""
    return sum(is_locked(path) for path in (data / WORKERS).glob("*.lock"))
