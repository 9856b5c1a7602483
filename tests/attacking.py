"""Strings made to send a pattern astray: read off its own parts, so that no part that repeats goes untried."""

from __future__ import annotations

import re
import re._constants as sre
import re._parser as parser
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any, NamedTuple

#: A part that may repeat at least this often is attacked.
_MANY = 8
#: What doubles with each repetition is long past any deadline after so many.
_LEAST_PUMPS = 30
#: How many samples of one part are tried, and how many of one sequence.
_MOST_OF_PART, _MOST_OF_SEQUENCE = 8, 12
#: Characters that stand for their kind, tried wherever a part takes them.
_ALPHABET = " aA1.-_\n(/,<!>:|*'\u2019\u2013\u00e9x"
#: What comes after the repeated part, so that what was taken does not fit after all.
_ENDS = ("\x00", "\nq\x00")
_CATEGORIES = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    sre.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    sre.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
}
Parts = Sequence[tuple[Any, Any]]


class Attack(NamedTuple):
    """A beginning that fits, what is repeated many times over, and an end that does not fit."""

    before: str
    pump: str
    end: str

    def text(self, length: int) -> str:
        """The attack with about so many characters of what it repeats."""
        return self.before + self.pump * max(length // len(self.pump), _LEAST_PUMPS) + self.end


def attacks(pattern: str, flags: int) -> Iterator[Attack]:
    """Every attack that the parts of a pattern suggest."""
    tree = parser.parse(pattern, flags & ~re.DEBUG)
    seen: set[tuple[str, str]] = set()
    for before, pump in _pumps(list(tree), ("",)):
        if pump and (before, pump) not in seen:
            seen.add((before, pump))
            yield from (Attack(before, pump, end) for end in _ENDS)


def _pumps(parts: Parts, before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every repeated part with samples of what it repeats, and of what has to stand before it."""
    for index, (kind, value) in enumerate(parts):
        here = _joined(before, parts[:index])[:2]
        for body, most in _inside(kind, value):
            if most >= _MANY:
                samples = _of(body)
                # Two ways to take the same text make the harm: one part after another, and one beside its neighbour.
                samples += [a + b for a, b in product(samples[:3], samples[:3]) if a != b]
                after = parts[index + 1 : index + 3]
                samples += [a + b for a in samples[:2] for b in _joined(("",), after)[:2] if b]
                for start in here:
                    yield from ((start, sample) for sample in samples)
                    # The whole beginning over and over: what a search does from each of them adds up.
                    yield from (("", start + sample) for sample in samples[:3] if start)
            yield from _pumps(body, here)


def _inside(kind: Any, value: Any) -> Iterator[tuple[Parts, int]]:
    """The sequences inside a part, with how often each may repeat."""
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        yield list(value[2]), int(value[1])
    elif kind is sre.SUBPATTERN:
        yield list(value[-1]), 1
    elif kind is sre.ATOMIC_GROUP:
        yield list(value), 1
    elif kind in (sre.ASSERT, sre.ASSERT_NOT):
        yield list(value[1]), 1
    elif kind is sre.BRANCH:
        yield from ((list(branch), 1) for branch in value[1])


def _of(parts: Parts) -> list[str]:
    """Samples of a sequence, one character where only one is asked for."""
    return list(dict.fromkeys(_joined(("",), parts)))[:_MOST_OF_SEQUENCE]


def _joined(before: Sequence[str], parts: Parts) -> list[str]:
    found = list(before)
    for kind, value in parts:
        samples = _samples(kind, value)
        if samples:
            # Each way of the part with the first beginning, and each beginning with its first way.
            found = list(dict.fromkeys([*(found[0] + s for s in samples), *(f + samples[0] for f in found)]))
            found = found[:_MOST_OF_SEQUENCE]
    return found


def _samples(kind: Any, value: Any) -> list[str]:
    if kind is sre.LITERAL:
        return [chr(value)]
    if kind is sre.NOT_LITERAL:
        return [c for c in _ALPHABET if c != chr(value)][:_MOST_OF_PART]
    if kind is sre.ANY:
        return ["a", " ", ".", "1"]
    if kind is sre.IN:
        return _of_set(value)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, most, body = value
        samples = [s * max(1, int(least)) for s in _of(list(body))]
        return [*(["", *samples] if least == 0 else samples)][: _MOST_OF_PART] if most else [""]
    if kind is sre.BRANCH:
        return list(islice((s for branch in value[1] for s in _of(list(branch))[:2]), _MOST_OF_PART))
    return [s for body, _ in _inside(kind, value) if kind not in (sre.ASSERT, sre.ASSERT_NOT) for s in _of(body)]


def _of_set(items: Iterable[tuple[Any, Any]]) -> list[str]:
    items = list(items)
    negated = items[0][0] is sre.NEGATE
    named = [chr(v if k is sre.LITERAL else v[0]) for k, v in items if k in (sre.LITERAL, sre.RANGE)]

    def holds(character: str) -> bool:
        return any(
            (kind is sre.LITERAL and ord(character) == value)
            or (kind is sre.RANGE and value[0] <= ord(character) <= value[1])
            or (kind is sre.CATEGORY and _CATEGORIES.get(value, lambda _c: False)(character))
            for kind, value in items
        )

    fits = [c for c in dict.fromkeys((*_ALPHABET, *named)) if holds(c) != negated]
    return fits[:_MOST_OF_PART] or named[:1]
