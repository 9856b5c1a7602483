"""What a heading says: its number, and whether its words are a title of the form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from pipeline.forms.normal import squash

#: "1.8. Title", and how people type it anew: "1.8 Title", "1.8: Title", "1.8) Title", "1.8 - Title", "Section 1.8 ..".
_NUMBERED = re.compile(r"^(?:section\s+)?(\d{1,2}(?:\.\d{1,2}){0,2})\s?[.:)]?\s+(?:-\s+)?(\S.*)$", re.I)
_ONLY_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,2}\.?$")
#: Likeness of a printed title to the form's own; letters may differ, digits never do.
_TITLE_LIKENESS = 85.0


def numbered(text: str) -> tuple[str, str] | None:
    """Number and words of a line that opens with a section's number; None for any other."""
    match = _NUMBERED.match(text)
    return (match.group(1), match.group(2)) if match else None


def only_number(text: str) -> bool:
    """True for a section's number without its title."""
    return bool(_ONLY_NUMBER.match(text))


def starts_title(title: str, known: Sequence[str]) -> bool:
    """True when the words are one of the titles, or about the first half of it."""
    printed = squash(title)
    for candidate in known:
        whole = squash(candidate)
        if len(printed) >= 4 and fuzz.ratio(printed, whole[: len(printed)]) >= _TITLE_LIKENESS:
            return len(printed) >= 0.45 * len(whole)
        if fuzz.ratio(printed, whole) >= _TITLE_LIKENESS:
            return True
    return False
