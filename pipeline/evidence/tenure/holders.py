"""The names of holders in running text: roles taken away, several holders of one field parted."""

from __future__ import annotations

import re

from pipeline.evidence.tenure.name_parts import FORMS, parts_of, turned
from pipeline.forms.normal import plain

_COMPANY = re.compile(r"\b(?:limited|ltd|plc|llp|trust|company|partnership)\b", re.I)
_BETWEEN = re.compile(r"\s*[,;]\s+(?:and\s+)?|\s+(?:and|&)\s+(?:to\s+)?(?!(?:sons?|daughters?|co|partners?)\b)", re.I)
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


def holder_name(text: str) -> str | None:
    """The name in "the Project Owner, A. Name"; None when only a role is named."""
    name = _unwrapped(text)
    while match := _ROLES.match(name):
        name = _unwrapped(name[match.end() :])
    if _NO_NAME.match(name) or not re.search(r"[^\W\d_]{2}", name):
        return None
    return name if re.match(r"\(?(?:(?:the|trustees|executors|partners|of)\s+)*[A-Z]", name) else None


def _unwrapped(text: str) -> str:
    """Without the marks around it; a bracket that opens inside the name closes inside it, too."""
    name = plain(text).strip(" .,;:")
    if not re.search(r"\w\s*\(", name):
        return name.strip("() .,;:")
    name = name.rstrip(" ")
    return name + ")" * (name.count("(") > name.count(")"))


def split_names(text: str) -> list[str]:
    """Several holders: "A and B", "A, B & C", "SURNAME, First"; a company's own "and" stays inside its name.

    "J. & M. Name" are two people of one surname.
    """
    text = plain(text).strip(" .,;")
    if _COMPANY.search(text):
        parts = _between_companies(text)
    elif turned(text) != text and not re.search(r"\band\b|&", text):
        parts = [turned(text)]
    elif re.match(r"[A-Z][A-Z'-]+,\s+[A-Z][a-z]", text):
        # Surnames in capitals before the first names: the comma is inside each name.
        parts = [turned(part) for part in re.split(r"\s*;\s*|\s+(?:and|&)\s+", text)]
    else:
        parts = _BETWEEN.split(text)
    names = [p.strip(" .,;") for p in parts if p.strip(" .,;")]
    return [_with_surname(name, names[i + 1 :]) for i, name in enumerate(names)]


def _between_companies(text: str) -> list[str]:
    """The holders where one of them is a company: parted after a company, and after a first name with a surname."""
    first, *more = re.split(r"(\s+and\s+(?:to\s+)?)", text, flags=re.I)
    names = [first]
    for joint, part in zip(more[::2], more[1::2], strict=True):
        last = names[-1]
        whole = bool(_COMPANY.search(last)) or (len(last.split()) > 1 and not set(_tokens(last)) & FORMS)
        names = [*names, part] if whole else [*names[:-1], f"{last}{joint}{part}"]
    return names


def _with_surname(name: str, later: list[str]) -> str:
    """A lone first name or initial takes the surname of the name after it."""
    following = next((words for n in later if len(words := n.split()) > 1), None)
    tokens = _tokens(name)
    alone = len(tokens) == 1 or all(len(t) == 1 for t in tokens)
    titled = _ROLES.match(name) or name.casefold().startswith("the ")
    return f"{name} {following[-1]}" if alone and following and not titled else name


def _tokens(name: str) -> tuple[str, ...]:
    parts = parts_of(name)
    return (*parts.core, *([parts.form] if parts.form else []))
