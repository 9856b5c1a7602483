"""WHEN as people type it: a date, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.errors import UsageError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CURE = "Use a date (2026-11-02), a time (2026-11-02T18:00+01:00; UTC unless it says otherwise), or 24h, 7d, 2w."


def parse_since(text: str, now: datetime) -> datetime:
    """The moment that `text` means, aware and in UTC; UsageError for what is no moment, or lies ahead of `now`."""
    moment = _ago(text.strip(), now) or _printed(text.strip())
    if moment is None:
        raise UsageError(f"--since {text!r} is neither a date, a time, nor a span.", _CURE)
    if moment > now:
        raise UsageError(f"--since {text!r} lies in the future.", _CURE)
    return moment


def _ago(text: str, now: datetime) -> datetime | None:
    match = re.fullmatch(r"(\d{1,6})\s*([mhdw])", text, re.I | re.A)
    if match is None:
        return None
    try:
        return now - timedelta(**{_UNITS[match[2].lower()]: int(match[1])})
    except OverflowError:  # before the year 1: everything
        return datetime.min.replace(tzinfo=UTC)


def _printed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
