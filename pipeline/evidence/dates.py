"""Dates as documents print them: day first, month names, ISO; impossible ones kept with what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
#: Where a numeric date may start and end; a hyphen between two of them is a period, not a part of either.
_START, _END = r"(?:(?<![\w/.-])|(?<=[/.]\d{4}-)|(?<=[/.]\d\d-))", r"(?![\d/])(?!-(?!\d?\d[/.]))(?!\.\d)"
#: A year of two figures counts only where no unit follows: "on 3 May 20 cores" is no date.
_YEAR = r"(?P<y>\d{4}(?!\d)|['\u2019]?\d\d(?![\d:%]|\.\d|\s*(?:%|[a-z]{1,12}s\b|ha\b|per\b|t\b|am\b|pm\b)))"
_PATTERNS = (
    re.compile(rf"{_START}(?P<d>\d{{1,2}})(?P<s>[/.-])(?P<m>\d{{1,2}})(?P=s)(?P<y>\d{{4}}|\d{{2}}){_END}"),
    re.compile(r"(?<![\d-])(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\d-])"),
    re.compile(
        rf"(?<![\d/])(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:day\s+)?(?:of\s+)?(?P<month>{_MONTH})\b\.?,?[\s-]+{_YEAR}",
        re.I,
    ),
    re.compile(rf"\b(?P<month>{_MONTH})\b\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})(?!\d)", re.I),
)
#: Every dash as one character, so that places in the text stay where they are.
_DASHES = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")


@dataclass(frozen=True)
class DateMention:
    """A date as printed at [start, end) of a text; `value` is None when it does not exist."""

    raw: str
    start: int
    end: int
    value: date | None
    #: Both parts of a numeric date are 12 or less: read day first, as the registry's documents write it.
    ambiguous: bool = False


def dates_in(text: str) -> list[DateMention]:
    """Every date in a text, in order. Numeric dates are day first (DD/MM/YYYY), the convention of the form."""
    found: list[DateMention] = []
    dashed = text.translate(_DASHES)
    for pattern in _PATTERNS:
        for match in pattern.finditer(dashed):
            if any(match.start() < m.end and match.end() > m.start for m in found):
                continue
            parts = match.groupdict()
            if parts.get("s") == "." and len(parts["d"] + parts["m"] + parts["y"]) < 6:
                continue  # a section's number, as in 8.11.10
            month = _MONTHS[parts["month"].lower()] if parts.get("month") else int(parts["m"])
            day, year = int(parts["d"]), int(parts["y"].lstrip("'\u2019"))
            year += 2000 if year < 100 else 0
            numeric = not parts.get("month") and len(parts["d"]) <= 2 and "s" in parts
            found.append(
                DateMention(
                    text[match.start() : match.end()],
                    match.start(),
                    match.end(),
                    _date(year, month, day),
                    numeric and max(day, month) <= 12,
                )
            )
    return sorted(found, key=lambda m: m.start)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def plus_years(day: date, years: int) -> date:
    """The same day `years` later; 29 February falls on 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
