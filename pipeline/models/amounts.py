"""One reading of printed numbers for everybody: what is no number gives nothing, never 0."""

from __future__ import annotations

import re

#: Digits with a comma before each group of three, or none at all; a point before decimals; a sign right before them.
_AMOUNT = re.compile(r"(?P<sign>[-+\u2212\u2013]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?P<part>\.\d+)?")


def amount(text: str) -> float | None:
    """The number that the whole text is, such as "1,234.50" or "-3"; None for "1,23", "12,5", "n/a" and an empty text.

    Registry documents are English, so a comma parts thousands; one in any other place may be a decimal comma or a slip.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if not found or not (found["whole"] or found["part"]):
        return None
    value = float(f"{(found['whole'] or '0').replace(',', '')}{found['part'] or ''}")
    return -value if found["sign"] and found["sign"] != "+" else value
