"""One way to compare texts: what differs only by type-setting is the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Signs that start a list item; private-use ones come from symbol fonts.
BULLETS = "\u2022\u25cf\u25cb\u25aa\u25ab\u2023\u2043\u00b7\uf0b7\uf0a7\uf0d8\uf06f"
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u00ad": ""})
#: A hyphen between small letters, and the space that a page break leaves behind it.
_BROKEN = re.compile(r"(?<=[a-z])-\s?(?=[a-z])")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_NUMBER = re.compile(r"(?<![^\W_])-?\d+")
#: The same lines are compared over and over: of one plan by every test, of many reviews by a self-test.
_REMEMBERED = 1 << 15


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """Readable form for matching patterns: compatibility forms, straight quotes, plain dashes, single spaces."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return re.sub(r"\s+", " ", _DASHES.sub("-", text)).strip()


@lru_cache(maxsize=_REMEMBERED)
def squash(text: str) -> str:
    """Form for equality: as `plain`, without spaces, hyphens, bullets and case.

    A hyphen at a line's end may be part of the word or not; leaving all of them out makes both readings equal.
    """
    text = plain(text).casefold()
    return re.sub(rf"[\s\-*_{BULLETS}]", "", text)


def digits(text: str) -> list[str]:
    """The digit groups of a text in order; two texts with different ones never mean the same thing."""
    return re.findall(r"\d+", text)


def numbers(text: str) -> list[str]:
    """The numbers of a text with their signs: `squash` makes "5-10" and "510" equal, and -3 and 3.

    Digits that follow a letter, as in CO2 and m2, belong to the word, however they are raised or lowered.
    """
    return _NUMBER.findall(_DASHES.sub("-", text))


def join_lines(lines: list[str] | tuple[str, ...]) -> str:
    """Lines of one paragraph as running text: a word broken by a hyphen at the line's end is not torn by a space."""
    out = ""
    for line in lines:
        text = line.strip()
        if not out:
            out = text
        elif re.search(r"\w-$", out) and (text[:1].islower() or (out[-2].isdigit() and text[:1].isdigit())):
            out += text
        else:
            out += " " + text
    return out


def unbroken(text: str) -> str:
    """The words without hyphens inside them: one at the end of a line may be the typesetter's ("stra- tified")."""
    return _BROKEN.sub("", text)
