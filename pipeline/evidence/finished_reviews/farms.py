"""Farms that a text speaks of, and whether a name means this one: other farms' names come with copied sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from pipeline.forms.normal import plain

_WORD = r"[A-Z][a-z'\u2019]+(?:-[A-Z][a-z]+)?"
#: "Long Acre Farm", not "Farm Carbon Toolkit": what follows makes it the name of something else.
_FARM = re.compile(
    rf"\b((?:{_WORD}\s+){{1,3}})(?:Farms?|Estates?|Holdings|Partnership)\b"
    r"(?!\s+(?:Carbon|Assurance|Advisory|Business|Bureau|Inspection|Support|Payment|Toolkit|Calculator|Management)\b)"
)
#: "The Long Acre project has been approved": the sentence that opens an outcome.
_PROJECT = re.compile(rf"\bThe\s+((?:{_WORD}\s+){{1,4}})(?:project|submission|application)\b")
#: A review may well speak of a farm next door and of the estate that lets the land.
_RIGHTLY_OTHERS = re.compile(
    r"\b(?:neighbo\w+|adjacent|adjoining|borders?|bordering|next to)\b"
    r"|\b(?:leas\w+|landlord\w*|tenan\w+|rent\w*|owned by|belongs?)\b",
    re.I,
)
_ID = re.compile(r"(?<![A-Za-z0-9])\d{4,6}([A-Z][A-Za-z]{2,30})\d{2}(?![A-Za-z0-9])")
#: Words of the form and of ordinary sentences, which name no farm however they are written.
_WORDS = (
    "a an the this that these those each every all any both no on in at of for by with from per as and "
    "or its their our whole same other another individual single organic mixed arable livestock dairy "
    "family participating project plan monitoring round report credit credits issuance registration "
    "baseline registry agent agents regen network program guide protocol class land soil carbon sampling "
    "sample review reviewed submitted submission current previous first second third initial final "
    "annual public private project owner landowner proponent developer approved methodology standard "
    "national local neighbouring neighboring wider entire combined multiple several sustainable "
    "environmental red tractor farm farms estate estates partnership limited ltd llp co company sons "
    "holdings group trust "
)
_COMMON = frozenset(_WORDS.split())
_SAME = 80.0
_SHORT = 4


def farms_in(text: str) -> list[str]:
    """Names of farms in a sentence as it spells them, each once; none where it speaks of neighbours and landlords."""
    text = plain(text)
    if _RIGHTLY_OTHERS.search(text):
        return farms_of_ids(text)
    found = [_bare(match.group(0)) for match in _FARM.finditer(text) if core(match.group(1))]
    found += [match.group(1).strip() for match in _PROJECT.finditer(text) if core(match.group(1))]
    return list(dict.fromkeys([*found, *farms_of_ids(text)]))


def farms_of_ids(text: str) -> list[str]:
    """The farms that internal ids name; titles of papers name estates and landlords as well, ids do not."""
    return list(dict.fromkeys(match.group(1) for match in _ID.finditer(plain(text))))


def _bare(name: str) -> str:
    """Without what a sentence put before it: "The", "Each"."""
    words = name.split()
    while words[0].casefold() in _COMMON:
        words.pop(0)
    return " ".join(words)


def core(name: str) -> str:
    """What is peculiar to a name: "The Long Acre Farm Partnership" and "LongAcre" are both "longacre"."""
    bare = re.sub(r"\(?\b\d{4,6}[A-Z][A-Za-z]+\d{2}\b\)?", " ", plain(name))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    words = re.findall(r"[a-z']+", apart.casefold())
    return "".join(word.replace("'", "") for word in words if word not in _COMMON)


def same_farm(name: str, known: Iterable[str]) -> bool:
    """Whether a name is one of these, in one of the spellings that occur: shortened, joined, a letter off."""
    own, others = core(name), [one for one in map(core, known) if one]
    if not own or not others:
        return True
    for other in others:
        short, long = sorted((own, other), key=len)
        if (len(short) >= _SHORT and short in long) or fuzz.ratio(own, other) >= _SAME or long.startswith(short):
            return True
    return False
