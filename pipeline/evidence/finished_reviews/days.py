"""Dates as reviewers type them: month first in the header, day first where they copy a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pipeline.evidence.dates import dates_in

_NUMERIC = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$")


@dataclass(frozen=True)
class Typed:
    """A date as typed: what it is with the month first and with the day first; both None when it cannot be."""

    raw: str
    month_first: date | None
    day_first: date | None

    @property
    def either(self) -> tuple[date, ...]:
        """What it may mean, the header's own order first."""
        return tuple(dict.fromkeys(d for d in (self.month_first, self.day_first) if d))

    @property
    def header(self) -> date | None:
        """Read as the header of the form is: month first, unless that cannot be."""
        return self.month_first or self.day_first


def typed_dates(text: str) -> list[Typed]:
    """Every date of a text, in order."""
    found = []
    for mention in dates_in(text):
        numeric = _NUMERIC.match(mention.raw.translate(dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")))
        swapped = _month_first(*map(int, numeric.groups())) if numeric else mention.value
        found.append(Typed(mention.raw, swapped, mention.value))
    return found


def _month_first(month: int, day: int, year: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
