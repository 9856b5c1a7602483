"""Project names as people vary them: what tells two of them apart, and what does not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def fold(name: str) -> str:
    """The name without what people vary unknowingly: letter case, width of characters, underscores and spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def numbers_conflict(one: Sequence[str], other: Sequence[str]) -> bool:
    """True when the numbers of two names tell two projects apart: neither name merely leaves out some of the other's.

    A year that only one of them has is left out; 2022 and 2023, 101 and 102, 1 2 and 2 1 are not.
    """
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    return not all(number in rest for number in short)


def without_numbers(folded: str) -> str:
    """A folded name without its numbers and the signs around them."""
    return " ".join(re.sub(r"[\W_]*\d+[\W_]*", " ", folded).split())
