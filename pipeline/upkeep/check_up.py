"""What a check of the doctor looks at, and what it says: the values that all checks share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipeline.home import probes
from pipeline.home.workspace import Workspace
from pipeline.intake.writers import leases_tell, may_ask_of_others
from pipeline.models import Value
from pipeline.settings import Settings

Outcome = Literal["ok", "warning", "fail", "not_run"]


class CheckUp(Value):
    """What one check found: `cure` says what to do whenever the outcome is not ok."""

    check_id: str
    title: str
    outcome: Outcome
    message: str
    cure: str = ""


@dataclass(frozen=True)
class Patient:
    """What the checks look at; everything of the machine can be replaced, so that each finding can be provoked."""

    settings: Settings
    mountinfo: Path = Path("/proc/self/mountinfo")
    sysctl: Path = Path("/proc/sys/fs/inotify")
    meminfo: Path = Path("/proc/meminfo")
    cgroup: Path = Path("/sys/fs/cgroup")
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    inotify_delivers: Callable[[Path], bool] = probes.inotify_delivers
    clock_difference: Callable[[Path], float] = probes.clock_difference
    broker_answers: Callable[[str], bool] = probes.broker_answers
    leases_tell: Callable[[Path], bool] = leases_tell
    may_ask_of_others: Callable[[], bool] = may_ask_of_others

    @property
    def inbox(self) -> Path:
        """The watched folder."""
        return self.settings.home.inbox

    @property
    def data(self) -> Path:
        """The folder of sessions and contents."""
        return self.settings.home.data

    def open(self) -> Workspace:
        """The home as the rest of the program sees it."""
        return Workspace.open(self.settings)


Result = tuple[Outcome, str, str]


@dataclass(frozen=True)
class Check:
    """One question to the machine."""

    check_id: str
    title: str
    ask: Callable[[Patient], Result]
