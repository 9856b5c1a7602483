"""What tests need of a machine beside Python: where it is missing they are left out, counted, and how to have it told.

Nothing is left out where every test is wanted (`make test-all`, CI): what is missing there is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import pytest

#: Set by `make test-all`; CI sets the other.
EVERY_TEST = bool(os.environ.get("EVERY_TEST")) or os.environ.get("CI") == "true"


@dataclass(frozen=True)
class Need:
    """A program that some tests need; they ask for it with the fixture of that name."""

    fixture: str
    what: str
    programs: tuple[str, ...]
    #: Debian's packages.
    packages: tuple[str, ...]

    def found(self) -> str | None:
        """The program's path on this machine, None without one."""
        return next(filter(None, map(shutil.which, self.programs)), None)

    @property
    def reason(self) -> str:
        """Why a test is left out."""
        return f"no {self.what} on the PATH"


BROWSER = Need(
    "browser_program", "browser", ("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-liberation")
)
OFFICE = Need(
    "office_program", "office program", ("soffice", "libreoffice"),
    ("libreoffice-writer-nogui", "libreoffice-calc-nogui"),
)  # fmt: skip
NEEDS = (BROWSER, OFFICE)


def leave_out(reason: str) -> NoReturn:
    """Skip the test, or fail it where every test is wanted."""
    if EVERY_TEST:
        pytest.fail(f"{reason}, and no test may be left out here")
    pytest.skip(reason)


def program(need: Need) -> str:
    """What is needed, for a fixture; without it the test is left out."""
    return need.found() or leave_out(need.reason)


def leave_out_what_needs(items: Iterable[pytest.Item]) -> None:
    """Mark each test whose fixtures ask for what is missing, so that nothing is begun for it."""
    if EVERY_TEST:
        return
    missing = [need for need in NEEDS if need.found() is None]
    for item in items:
        for need in missing:
            if need.fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=need.reason))


def closing_line(reasons: Iterable[str]) -> str:
    """How many tests were left out, why, and how to have them; empty when none was."""
    counted = Counter(reasons)
    if not counted:
        return ""
    total = counted.total()
    why = "; ".join(f"{number} ({reason})" for reason, number in counted.most_common())
    packages = [package for need in NEEDS if need.reason in counted for package in need.packages]
    how = f" To have them: apt-get install {' '.join(packages)}" if packages else ""
    return f"{total} {'test was' if total == 1 else 'tests were'} left out: {why}.{how}"
