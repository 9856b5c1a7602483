"""Whether two names mean the same holder, and if not, what differs: never a bare ratio.

A ratio rejects a shortened first name and accepts two people with near-equal names; the difference is named instead
and a person judges it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA

from pipeline.forms.normal import plain

Difference = Literal["none", "initials", "short_first_name", "first_name", "company_form", "spelling", "other"]

_TITLES = {"mr", "mrs", "ms", "miss", "dr", "sir", "lady", "lord", "prof", "professor", "rev", "the", "messrs"}
_FORMS = {
    "ltd",
    "limited",
    "llp",
    "plc",
    "partnership",
    "company",
    "co",
    "farms",
    "farm",
    "farming",
    "estate",
    "estates",
}
_FORMS |= {"trust", "trustees", "trustee", "sons", "son", "and", "group", "holdings", "inc", "of"}
_ROLES = re.compile(
    r"^(?:the\s+)?(?:project\s+owner|land\s*owner|land\s+steward|owner|project\s+proponent|farmer|tenant|proprietor)s?\b[\s,:-]*",
    re.I,
)


@dataclass(frozen=True)
class Comparison:
    """How two names differ; `words` says it for the reviewer."""

    difference: Difference
    words: str

    @property
    def same(self) -> bool:
        """True when nothing but titles and case differ."""
        return self.difference == "none"


def holder_name(text: str) -> str | None:
    """The name in "the Project Owner, A. Name"; None when only a role is named."""
    name = plain(text).strip(" .,;:()")
    while match := _ROLES.match(name):
        name = name[match.end() :].strip(" .,;:()")
    return name if re.search(r"[A-Za-z]{2}", name) and re.match(r"[A-Z]", name) else None


def _tokens(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", plain(name).casefold().replace(".", " "))
    return [w for w in words if w not in _TITLES]


def compare(stated: str, registered: str) -> Comparison:
    """What differs between the name in the plan and the name in the register."""
    a, b = _tokens(stated), _tokens(registered)
    if a == b:
        return Comparison("none", "the same name")
    core_a, core_b = [w for w in a if w not in _FORMS], [w for w in b if w not in _FORMS]
    if core_a and core_a == core_b:
        return Comparison("company_form", "the same name in another form (company, partnership, trust)")
    company = (set(a) | set(b)) & _FORMS - {"and", "of", "son", "sons"}
    if not company and len(a) > 1 and len(b) > 1 and a[-1] == b[-1]:
        return _people(a, b)
    if core_a and core_b and OSA.distance(" ".join(core_a), " ".join(core_b)) <= 1 and len(" ".join(core_a)) > 5:
        return Comparison("spelling", "one letter differs")
    if company and set(core_a) & set(core_b):
        return Comparison(
            "company_form", "a person or family name on one side, a company, partnership or trust on the other"
        )
    return Comparison("other", "another name")


def _people(a: list[str], b: list[str]) -> Comparison:
    first_a, first_b = a[0], b[0]
    if first_a == first_b:
        return Comparison("initials", "the same first name and surname; other names or initials differ")
    if first_a[0] == first_b[0] and 1 in (len(first_a), len(first_b)):
        return Comparison("initials", "the same surname and initial")
    if first_a.startswith(first_b[:3]) and min(len(first_a), len(first_b)) >= 3:
        return Comparison("short_first_name", "the same surname; the first name may be a short form")
    return Comparison("first_name", "the same surname, another first name: it may be another person of the family")
