"""What the watcher is doing, left in a file for `status` and `doctor`, which run in other processes."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pipeline.models import Value

#: Under the data folder. Only meaningful while the watcher's lock is held (pipeline.home.presence).
STATE_FILE = "watcher.json"


#: Why a file lies in the inbox folder of a completed session; reopening the session takes it.
COMPLETED = "the session is complete; it is taken when the session is opened again: registry-review reopen"


class WaitingFile(Value):
    """A file in the inbox that is not taken yet, and why."""

    #: Relative to the inbox, fit to be shown.
    name: str
    reason: str


class WatcherState(Value):
    """The watcher as of `at`."""

    at: datetime
    pid: int
    #: `events`: the system tells of changes and scans confirm. `polling`: only scans, more often, because of `reason`.
    mode: Literal["events", "polling"]
    reason: str | None = None
    last_scan: datetime | None = None
    #: The first hundred, by name.
    waiting: tuple[WaitingFile, ...] = ()
    waiting_total: int = 0


def write_state(data: Path, state: WatcherState) -> None:
    """Replace the file in one step. Not synced: it tells of now and is worth nothing after a crash."""
    path = data / STATE_FILE
    temporary = path.with_name(f"{STATE_FILE}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(state.model_dump_json(indent=1))
    temporary.replace(path)


def read_state(data: Path) -> WatcherState | None:
    """What the last watcher of this home wrote, whether it still runs or not; None when there is nothing to read."""
    try:
        return WatcherState.model_validate_json((data / STATE_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def clear_state(data: Path) -> None:
    """The watcher ends: what it said no longer holds, and nobody believes it without the watcher's lock anyway."""
    with suppress(OSError):
        (data / STATE_FILE).unlink(missing_ok=True)
