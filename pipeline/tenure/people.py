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
#: Short forms that mean the same as the whole word.
_SHORT = {"ltd": "limited", "co": "company", "bros": "brothers"}
_COMPANY = re.compile(r"\b(?:limited|ltd|plc|llp|trust|company|partnership)\b", re.I)
_BETWEEN = re.compile(r"\s*,\s+(?:and\s+)?|\s+(?:and|&)\s+(?:to\s+)?(?!(?:sons?|daughters?|co|partners?)\b)", re.I)
#: How sentences begin that name nobody.
_NO_NAME = re.compile(
    r"(?:no|none|nobody|neither|not|it|they|he|she|we|this|that|these|each|all|both|every|any|who|which|buffer)\b"
    r"|the\s+(?!trustees|executors|partners)(?-i:[a-z])",
    re.I,
)
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
    if _NO_NAME.match(name) or not re.search(r"[^\W\d_]{2}", name):
        return None
    return name if re.match(r"(?:(?:the|trustees|executors|partners|of)\s+)*[A-Z]", name) else None


def split_names(text: str) -> list[str]:
    """Several holders: "A and B", "A, B & C"; a company's own "and" stays inside its name.

    "J. & M. Name" are two people of one surname.
    """
    text = plain(text).strip(" .,;")
    parts = _between_companies(text) if _COMPANY.search(text) else _BETWEEN.split(text)
    names = [p.strip(" .,;") for p in parts if p.strip(" .,;")]
    return [_with_surname(name, names[i + 1 :]) for i, name in enumerate(names)]


def _between_companies(text: str) -> list[str]:
    """The holders where one of them is a company: parted after a company, and after a first name with a surname."""
    first, *more = re.split(r"(\s+and\s+(?:to\s+)?)", text, flags=re.I)
    names = [first]
    for joint, part in zip(more[::2], more[1::2], strict=True):
        last = names[-1]
        whole = bool(_COMPANY.search(last)) or (len(last.split()) > 1 and not set(_tokens(last)) & _FORMS)
        names = [*names, part] if whole else [*names[:-1], f"{last}{joint}{part}"]
    return names


def _with_surname(name: str, later: list[str]) -> str:
    """A lone first name or initial takes the surname of the name after it."""
    following = next((words for n in later if len(words := n.split()) > 1), None)
    tokens = _tokens(name)
    alone = len(tokens) == 1 or all(len(t) == 1 for t in tokens)
    titled = _ROLES.match(name) or name.casefold().startswith("the ")
    return f"{name} {following[-1]}" if alone and following and not titled else name


def _tokens(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", plain(name).casefold().replace(".", " ").replace("&", " and "))
    return [_SHORT.get(w, w) for w in words if w not in _TITLES]


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
