"""Who a plan says owns the land and the credits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.models import Evidence
from pipeline.tenure.people import holder_name

_OWNED_BY = re.compile(
    r"\b(?:owned|held|farmed and owned)\b[^.]{0,40}?\bby\s+(?P<who>(?:[^.;]|\.(?=\s?[A-Z]\b|[A-Z]\.))+)"
    r"|\bowner(?:s)?\s+(?:of[^.]{0,40}\s)?(?:is|are)\s+(?P<is>[^.;]+)"
    r"|^\W*(?P<owns>[^.;:]{3,120}?),?\s+(?:wholly |fully |solely |jointly )?"
    r"(?:owns?|holds? the (?:freehold|land|title))\b",
)
_TO = re.compile(r"\b(?:allocated|distributed|issued|transferred|paid|belong|go|accrue)\s+to\s+(?P<who>[^.;]+)", re.I)
_STOP = re.compile(
    r"\s+(?:who|which|under|since|for|in accordance|as|through|from|on|with|until|pursuant|at|in)\s", re.I
)


@dataclass(frozen=True)
class Holder:
    """A name with the sentence it stands in."""

    name: str
    evidence: Evidence


def land_owners(dossier: Dossier) -> list[Holder]:
    """The owners of the land: by name in 1.7, else the organisation or person of section 1.6.2."""
    found = _holders(dossier, credits=False)
    return found or _from_contacts(dossier)


def credit_holders(dossier: Dossier) -> list[Holder]:
    """Who is to hold the issued credits, by name in 1.7."""
    return _holders(dossier, credits=True)


def _holders(dossier: Dossier, credits: bool) -> list[Holder]:
    found: list[Holder] = []
    for paragraph in dossier.paragraphs(["1.7"] if credits else ["1.7", "Appendix/Land Ownership"]):
        for start, end in paragraph.sentences():
            sentence = plain(paragraph.text[start:end])
            about_credits = bool(re.search(r"\bcredits?\b|\bissuances?\b", sentence, re.I))
            if about_credits != credits:
                continue
            for match in [*_OWNED_BY.finditer(sentence), *(_TO.finditer(sentence) if credits else ())]:
                who = next(g for g in match.groups() if g)
                items = dossier.quote_paragraph(paragraph, start, end)
                found += [Holder(n, items[0]) for n in names_in(who) if items and all(n != h.name for h in found)]
    return found


def names_in(who: str) -> list[str]:
    """The names in "the Project Owner, A. Name and B. Name": roles, shares and what follows the name left out."""
    text = _STOP.split(f" {plain(who)} ")[0]
    text = re.sub(r"\(?\b\d{1,3}\s?%\)?", " ", text)
    names = []
    for part in re.split(r"\s*,\s+(?!Ltd|Limited)|\s+and\s+(?=(?:the\s+)?[A-Z])(?!Sons?\b|Partners?\b|Co\b)", text):
        name = holder_name(part)
        if name and name not in names:
            names.append(name)
    return names


def _from_contacts(dossier: Dossier) -> list[Holder]:
    if not dossier.plan:
        return []
    for label in ("Organisation Name", "Organization Name", "Contact Person"):
        field = dossier.plan.field("1.6.2", label)
        if field:
            items = dossier.quote_paragraph(field.paragraph, 0, len(field.paragraph.text))
            name = holder_name(field.value)
            if name and items:
                return [Holder(name, items[0])]
    return []
