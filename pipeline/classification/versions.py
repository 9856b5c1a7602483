"""Which documents are older versions of others, told by what they say of themselves; when unsure, both stay in scope.

A plan is another's newer version when both name the same project, are both public or both private, and the table in
1.1 gives a higher version number or a later date that do not contradict each other. A report, when type, year and farm
are equal and "Date Reported" is later. The order in which documents arrived plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipeline.classification.seen import fold
from pipeline.models import Document, DocumentType

#: What `_compare` finds between two documents of one project.
_Order = Literal["newer", "older", "same", "unsure", "apart"]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_REPORTS = frozenset({"baseline_report", "monitoring_report"})
#: Types that `_compare` has a rule for; documents of all others stand apart.
_VERSIONED = _REPORTS | {"project_plan", "ghg_emissions", "land_tenure"}


@dataclass(frozen=True)
class Versions:
    """Result of looking for versions: who is superseded by whom, and what the reviewer is told."""

    #: Older document -> newer document, by document id.
    superseded: dict[str, str] = field(default_factory=dict)
    #: Sentences by document id, sorted.
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def printed_date(text: str | None) -> date | None:
    """A date as documents print it: day first (31/03/2025, 31.03.2025, 31 March 2025) or ISO; None when it is none."""
    text = fold(text or "")
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", text):
        day, month, year = (int(part) for part in match.groups())
    elif match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?,? (\d{4})", text):
        name = match.group(2)[:3]
        if name not in _MONTHS:
            return None
        day, month, year = int(match.group(1)), _MONTHS.index(name) + 1, int(match.group(3))
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None  # an impossible date (month 23) is for the checks to report, not a ground to supersede


def version_number(text: str | None) -> tuple[int, ...] | None:
    """A version as numbers ("2", "v2.1", "Version 3 (final)"); None when it holds none."""
    match = re.match(r"^(?:version|v|rev(?:ision)?|issue)?\.?\s*(\d{1,3}(?:\.\d{1,3})*)\b", fold(text or ""))
    if match is None:
        return None
    numbers = [int(part) for part in match.group(1).split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()  # 2.0 is 2
    return tuple(numbers)


def find_versions(documents: Sequence[Document], may_go: frozenset[str]) -> Versions:
    """Who is superseded by content among `documents`; only those whose id is in `may_go` can be.

    Pass documents that are in scope or pinned: an ignored or unreadable one takes nobody's place.
    """
    # Only documents of one type are compared, and of the types that have versions: a session may hold thousands.
    versioned = [document for document in documents if document.document_type in _VERSIONED]
    ordered = sorted(versioned, key=lambda document: document.sha256)
    by_type: dict[DocumentType, list[Document]] = {}
    for document in ordered:
        by_type.setdefault(document.document_type, []).append(document)
    newer: dict[str, list[Document]] = {}
    notes: dict[str, set[str]] = {}
    for older in ordered:
        for other in by_type[older.document_type]:
            if other is older:
                continue
            order, why = _compare(other, older)
            if order == "newer" and older.document_id in may_go:
                newer.setdefault(older.document_id, []).append(other)
            elif order == "newer":
                _tell(
                    notes, older, f"{_name(other)} is a newer version ({why}); this one is kept by the reviewer's word."
                )
            elif order == "unsure" and older.sha256 < other.sha256:
                _tell(notes, older, f"May be another version of {_name(other)}: {why}. Both stay in scope.")
                _tell(notes, other, f"May be another version of {_name(older)}: {why}. Both stay in scope.")
            elif order == "same" and older.sha256 < other.sha256:
                _tell(notes, older, f"{why}: {_name(other)}.")
                _tell(notes, other, f"{why}: {_name(older)}.")
    superseded: dict[str, str] = {}
    for document in ordered:
        if rivals := newer.get(document.document_id):
            winner = _newest(rivals)
            superseded[document.document_id] = winner.document_id
            why = _compare(winner, document)[1]
            _tell(notes, document, f"Superseded by {_name(winner)}, which says so of itself: {why}.")
            _tell(notes, winner, f"Takes the place of {_name(document)}: {why}.")
    return Versions(superseded, {document_id: tuple(sorted(told)) for document_id, told in notes.items()})


def _newest(rivals: Sequence[Document]) -> Document:
    """The one no other rival is newer than; among several the first by content, so that order plays no part."""
    best = [one for one in rivals if not any(_compare(two, one)[0] == "newer" for two in rivals if two is not one)]
    return min(best or list(rivals), key=lambda document: document.sha256)


def _tell(notes: dict[str, set[str]], document: Document, sentence: str) -> None:
    notes.setdefault(document.document_id, set()).add(sentence)


def _name(document: Document) -> str:
    return f"“{document.filename}”"


def _compare(one: Document, two: Document) -> tuple[_Order, str]:
    """How `one` stands to `two`, with the reason in words; both have the same type."""
    if one.document_type == "project_plan":
        return _plans(one, two)
    if one.document_type in _REPORTS:
        return _reports(one, two)
    if one.document_type == "ghg_emissions":
        return _emissions(one, two)
    if one.document_type == "land_tenure":
        return _registers(one, two)
    return "apart", ""


def _same_project(one: Document, two: Document) -> bool | None:
    """Whether two documents name the same project; None when one thing says yes and another no."""
    ids = one.facts.get("project_id"), two.facts.get("project_id")
    names = one.facts.get("farm_name"), two.facts.get("farm_name")
    same_name = bool(names[0] and names[1]) and fold(names[0] or "") == fold(names[1] or "")
    if ids[0] and ids[1]:
        if ids[0] == ids[1]:
            return True
        return None if same_name else False
    return same_name


def _plans(one: Document, two: Document) -> tuple[_Order, str]:
    same = _same_project(one, two)
    if same is False:
        return "apart", ""
    first, second = _stated(one), _stated(two)
    words = (
        f"version {first} here, version {second} there"
        if one.sha256 < two.sha256
        else f"version {second} here, version {first} there"
    )
    if same is None:
        return "unsure", "the same project name under another internal id"
    order = _by_number_and_date(
        (version_number(one.facts.get("version")), printed_date(one.facts.get("date_submitted"))),
        (version_number(two.facts.get("version")), printed_date(two.facts.get("date_submitted"))),
    )
    if one.visibility != two.visibility:
        if order == "same":
            return "same", "The public and the private form of the same version"
        return "unsure", f"one is public, the other private, and their versions differ ({words})"
    if order == "same":
        return "unsure", f"both say version {first}, and their contents differ"
    if order == "unsure":
        return "unsure", f"version numbers and dates do not say which is newer ({words})"
    return (
        order,
        f"version {first} against version {second}"
        if order == "newer"
        else f"version {second} against version {first}",
    )


def _stated(plan: Document) -> str:
    return f"{plan.facts.get('version', 'without number')} of {plan.facts.get('date_submitted', 'no date')}"


_Stamp = tuple[tuple[int, ...] | None, date | None]


def _by_number_and_date(one: _Stamp, two: _Stamp) -> _Order:
    """Newer when number or date says so and the other does not contradict; unknown values say nothing."""
    signs = set()
    if one[0] is not None and two[0] is not None and one[0] != two[0]:
        signs.add("newer" if one[0] > two[0] else "older")
    if one[1] is not None and two[1] is not None and one[1] != two[1]:
        signs.add("newer" if one[1] > two[1] else "older")
    if signs == {"newer"}:
        return "newer"
    if signs == {"older"}:
        return "older"
    known = one == two and any(part is not None for part in one)
    return "same" if known else "unsure"


def _reports(one: Document, two: Document) -> tuple[_Order, str]:
    years = one.facts.get("year"), two.facts.get("year")
    if not years[0] or years[0] != years[1] or _same_project(one, two) is False:
        return "apart", ""
    if _same_project(one, two) is None:
        return "unsure", f"the same farm and year {years[0]} under another internal id"
    dates = one.facts.get("date_reported"), two.facts.get("date_reported")
    order = _by_number_and_date((None, printed_date(dates[0])), (None, printed_date(dates[1])))
    if one.visibility != two.visibility:
        if order == "same":
            return "same", "Another form (public or private) of the same report"
        return (
            "unsure",
            f"one is named public and the other is not, and they were reported on different days ({years[0]})",
        )
    if order in ("same", "unsure"):
        return "unsure", f"the same farm and year {years[0]}, and no later date reported in either"
    later, earlier = dates if order == "newer" else (dates[1], dates[0])
    return order, f"reported {later} against {earlier}, both for {years[0]}"


def _emissions(one: Document, two: Document) -> tuple[_Order, str]:
    ends = one.facts.get("year_end"), two.facts.get("year_end")
    if (
        not ends[0]
        or ends[0] != ends[1]
        or fold(one.facts.get("farm_name", "")) != fold(two.facts.get("farm_name", ""))
    ):
        return "apart", ""
    return "unsure", f"both are for the year ending {ends[0]}"


def _registers(one: Document, two: Document) -> tuple[_Order, str]:
    """Two copies of one title: the later edition is told, never enforced, for both may be part of the proof."""
    key = ("title_number", "paper")
    if any(not one.facts.get(fact) or one.facts.get(fact) != two.facts.get(fact) for fact in key):
        return "apart", ""
    editions = sorted({one.facts.get("edition_date", "no date"), two.facts.get("edition_date", "no date")})
    return "unsure", f"both are copies of title {one.facts['title_number']} (edition {' and '.join(editions)})"
