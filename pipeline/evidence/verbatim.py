"""Whether words stand on a page, in whole words and whole numbers, as the page prints them; else what comes nearest."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from rapidfuzz import fuzz

from pipeline.forms.normal import plain, squash

#: How alike, from 0 to 100, a passage must be to be shown as the nearest one.
NEAR = 55.0
#: The nearest passage is looked for in so many characters of a page, as a sheet of a workbook may hold millions.
SEARCHED = 300_000
#: A sign belongs to the number behind it, as in -5; as in 2018-2022 it does not.
_SIGN = re.compile(r"(?<!\w)[-\u2212\u2013]\Z")
_NUMBER = re.compile(r"(?:(?<!\w)-)?\d+(?:[.,]\d+)*")
#: What joins two parts of one word, also over a line's end: "non-eligible", "isn't".
_WORD_BEFORE = re.compile(r"\w(?:[-\u2010\u2011\u00ad]\s*|['\u2019])\Z")
_WORD_AFTER = re.compile(r"\A(?:[-\u2010\u2011\u00ad]\s*|['\u2019])\w")
#: What joins two parts of one number or range: "1,200", "0.5", "2018\u20132022".
_NUMBER_BEFORE = re.compile(r"\d[.,\u2012\u2013\u2212]\Z")
_NUMBER_AFTER = re.compile(r"\A[.,\u2012\u2013\u2212]\d")
#: More than any such joint is long, in characters.
_JOINT = 12


def as_printed(text: str, words: str) -> str | None:
    """The run of a page's text that says `words`, spaces folded; None unless it stands there whole.

    Only spaces, line-end hyphens, bullets, compatibility forms and case may differ, as in a quote. Beyond that no word
    and no number may be cut ("200 ha" does not stand in "1200 ha", nor "eligible" in "non-eligible"), and the numbers,
    with their signs, must be equal one by one ("Field 510 ha" does not stand in "Field 5 10 ha").
    """
    wanted = squash(words)
    if not any(c.isalnum() for c in wanted):
        return None
    lines, starts, squashed = _lines(text)
    found = squashed.find(wanted)
    while found >= 0:
        begin = _place(lines, starts, found)[0]
        end = _place(lines, starts, found + len(wanted) - 1)[1]
        if text[begin].isdigit() and _SIGN.search(text[max(begin - 2, 0) : begin]):
            begin -= 1
        if _is_whole(text, begin, end) and _numbers(text[begin:end]) == _numbers(words):
            return " ".join(text[begin:end].split())
        found = squashed.find(wanted, found + 1)
    return None


def nearest(text: str, words: str) -> str | None:
    """The passage of whole words that comes nearest to `words`; None when nothing comes near."""
    folded = " ".join(text[:SEARCHED].split())
    aligned = fuzz.partial_ratio_alignment(_small(" ".join(words.split())), _small(folded), score_cutoff=NEAR)
    if aligned is None:
        return None
    begin = folded.rfind(" ", 0, aligned.dest_start + 1) + 1
    end = folded.find(" ", max(aligned.dest_end - 1, begin))
    return folded[begin : end if end >= 0 else len(folded)] or None


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(plain(text))


def _is_whole(text: str, begin: int, end: int) -> bool:
    """True when neither end cuts a word or a number."""
    before, after = text[max(begin - _JOINT, 0) : begin], text[end : end + _JOINT]
    first, last = text[begin], text[end - 1]
    if _is_word(first) and (_is_word(before[-1:]) or _WORD_BEFORE.search(before)):
        return False
    if _is_word(last) and (_is_word(after[:1]) or _WORD_AFTER.search(after)):
        return False
    return not ((first.isdigit() and _NUMBER_BEFORE.search(before)) or (last.isdigit() and _NUMBER_AFTER.search(after)))


def _is_word(sign: str) -> bool:
    return bool(sign) and (sign.isalnum() or unicodedata.combining(sign) > 0)


def _small(text: str) -> str:
    """The text without capitals, each sign in its place."""
    return "".join(low if len(low := c.casefold()) == 1 else c for c in text)


@lru_cache(maxsize=16)
def _lines(text: str) -> tuple[list[tuple[int, str]], list[int], str]:
    """The lines with where each begins, where each begins in the squashed text, and that text."""
    kept = text.splitlines(keepends=True)
    begins = [0, *accumulate(len(line) for line in kept)]
    small = [squash(line) for line in kept]
    starts = [0, *accumulate(len(line) for line in small)]
    return list(zip(begins, kept, strict=False)), starts[:-1], "".join(small)


def _place(lines: list[tuple[int, str]], starts: list[int], at: int) -> tuple[int, int]:
    """Where the sign at `at` of the squashed text begins and ends in the text."""
    row = bisect_right(starts, at) - 1
    begin, line = lines[row]
    left = at - starts[row]
    place = 0
    while place < len(line):
        stop = place + 1
        while stop < len(line) and unicodedata.combining(line[stop]):
            stop += 1
        size = len(squash(line[place:stop]))
        if left < size:
            return begin + place, begin + stop
        left -= size
        place = stop
    return begin, begin + len(line)
