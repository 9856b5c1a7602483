"""Copies on their way in: each process has a folder of its own, locked as long as it lives, swept after it died."""

from __future__ import annotations

import secrets
import shutil
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

from pipeline.errors import TryAgain
from pipeline.store.files import is_locked, kernel_lock, make_private_folder

#: Seconds after which a dead process's copies go; until then somebody may want to look at them.
STALE_SECONDS = 86_400.0
_PREFIX = "copies-"


class StagingArea:
    """The folder `root`; anything in it that is not one of our own folders is never touched."""

    def __init__(self, root: Path) -> None:
        self.root = make_private_folder(root)
        self._own: Path | None = None
        self._held = ExitStack()
        self._lock = threading.Lock()

    def new_path(self) -> Path:
        """A fresh name in this process's folder, which is made and locked on first use."""
        with self._lock:
            if self._own is None or not self._own.is_dir():
                self._own = self._take_folder()
            return self._own / secrets.token_hex(12)

    def _take_folder(self) -> Path:
        own = make_private_folder(self.root / f"{_PREFIX}{secrets.token_hex(8)}")
        # A lock of the kernel, not a process id: it cannot be confused with another process and dies with this one.
        self._held.enter_context(kernel_lock(_lock_of(own), 0.1, f"{own} is locked."))
        return own

    def sweep(self, now: float) -> list[Path]:
        """Remove folders of dead processes untouched for a day before `now` (seconds since the epoch)."""
        swept = []
        for folder in sorted(self.root.glob(f"{_PREFIX}*/")):
            with suppress(FileNotFoundError):
                newest = max(one.stat().st_mtime for one in (folder, *folder.iterdir()))
                if now - newest > STALE_SECONDS and not is_locked(_lock_of(folder)):
                    shutil.rmtree(folder, ignore_errors=True)
                    _lock_of(folder).unlink(missing_ok=True)
                    swept.append(folder)
        for lock in self.root.glob(f"{_PREFIX}*.lock"):
            with suppress(FileNotFoundError):
                old = now - lock.stat().st_mtime > STALE_SECONDS
                if old and not lock.with_suffix("").exists() and not is_locked(lock):
                    lock.unlink()
        return swept

    def close(self) -> None:
        """Free this process's folder; it goes at once when nothing is left in it."""
        with self._lock:
            own, self._own = self._own, None
            if own is not None:
                with suppress(OSError):
                    own.rmdir()
                    _lock_of(own).unlink(missing_ok=True)
            with suppress(TryAgain):
                self._held.close()


def _lock_of(folder: Path) -> Path:
    """Beside the folder, not in it, so that an empty folder can go in one step."""
    return folder.with_name(folder.name + ".lock")
