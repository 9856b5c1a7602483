"""Who a plan says owns the land and the credits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.evidence.dossier import Dossier
from pipeline.evidence.tenure.holders import holder_name, split_names
from pipeline.forms.normal import plain
from pipeline.models import Evidence

#: Words up to the end of the sentence; the full stop of an initial does not end it.
_NAMES = r"(?:[^.;]|(?<=\b[A-Z])\.)+"
_OWNED_BY = re.compile(
    rf"\b(?:owned|held|farmed and owned)\b[^.]{{0,40}}?\bby\s+(?P<who>{_NAMES})"
    rf"|\bowner(?:s)?\s+(?:of[^.]{{0,40}}\s)?(?:is|are)\s+(?P<is>{_NAMES})"
    r"|^\W{0,40}(?P<owns>(?:[^.;:]|(?<=\b[A-Z])\.){3,120}?),?\s++(?:wholly |fully |solely |jointly )?"
    r"(?:owns?|holds? the (?:freehold|land|title))\b",
)
_TO = re.compile(
    rf"\b(?:allocated|distributed|issued|transferred|paid|belongs?|go(?:es)?|accrues?|assigned)"
    rf"(?:\s+\w+){{0,2}}\s+to\s+(?P<who>{_NAMES})",
    re.I,
)
_STOP = re.compile(
    r"(?<!\s)\s++(?:who|which|under|since|for|in accordance|as|through|from|on|with|until|pursuant|at|in)\s", re.I
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
    text = re.sub(r"\s+", " ", re.sub(r"\(?\b\d{1,3}\s?(?:%|per\s?cent\b)\)?", " ", text))
    found = (holder_name(part) for part in split_names(_before_address(text)))
    return list(dict.fromkeys(name for name in found if name))


def _before_address(text: str) -> str:
    """The names alone: after the last one a comma brings its address, before it commas part names and roles."""
    head, joined, tail = text.strip().rpartition(" and ")
    parts = re.split(r",\s+(?!Ltd\b|Limited\b)", tail)
    while len(parts) > 1 and not holder_name(parts[0]):
        parts.pop(0)
    return f"{head}{joined}{parts[0]}"


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
