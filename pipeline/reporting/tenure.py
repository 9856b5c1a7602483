"""Titles, named papers and compared plans as the report shows them, for every format that people read."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.models import (
    AnswerChange,
    Evidence,
    Paper,
    PlanDifference,
    Report,
    TitleHolder,
    TitleLine,
    ValidationResult,
    wording,
)
from pipeline.reporting.layout import Quote, numbered

TITLE_COLUMNS = ("Title", "Named in the plan", "Register received", "Class and tenure", "Proprietors against the owner",
                 "Lenders", "Dates", "What closes the line")  # fmt: skip
PAPER_COLUMNS = ("Paper", "Named in", "Received")
CHANGE_COLUMNS = ("Section", "Rows", "The other plan", "The plan that was read", "What it means")
KIND = {
    "version": "Older version against the newer one",
    "public_private": "Public and private form",
    "unsure": "Another plan in scope",
}


@dataclass(frozen=True)
class ChangeEntry:
    """A changed answer with both sides' words."""

    change: AnswerChange
    old: tuple[Quote, ...]
    new: tuple[Quote, ...]

    @property
    def place(self) -> str:
        """The section as a reviewer cites it."""
        number, title = self.change.section, self.change.section_title
        return f"{number} {title}".strip() if number[:1].isdigit() else f"{number}: {title}".rstrip(": ")


def titles(report: Report | ValidationResult) -> tuple[tuple[TitleLine, tuple[Quote, ...]], ...]:
    """Each title with the words of plan and register, those of the plan first."""
    return tuple((line, _quotes((*line.named_where, *line.evidence))) for line in report.titles)


def papers(report: Report | ValidationResult) -> tuple[tuple[Paper, tuple[Quote, ...]], ...]:
    """Each named paper with the words that name it; those not received first."""
    ordered = sorted(report.papers, key=lambda p: (p.received is not None, not p.unread))
    return tuple((paper, _quotes(paper.where)) for paper in ordered)


def differences(report: Report | ValidationResult) -> tuple[tuple[PlanDifference, tuple[ChangeEntry, ...]], ...]:
    """Each pair of plans with its changed answers; those that matter first, in the order of the form."""
    return tuple(
        (
            d,
            tuple(
                ChangeEntry(c, _quotes(c.old), _quotes(c.new)) for c in sorted(d.changes, key=lambda c: not c.matters)
            ),
        )
        for d in report.plan_differences
    )


def _quotes(items: tuple[Evidence, ...]) -> tuple[Quote, ...]:
    return numbered(tuple(dict.fromkeys(items)))[1]


def holder(found: TitleHolder) -> str:
    """ "A. NAME: the owner", or what differs."""
    if found.difference is None:
        return f"{found.name}: not compared"
    return f"{found.name}: the owner" if found.difference == "none" else f"{found.name}: {found.words}"


def class_and_tenure(line: TitleLine) -> str:
    """ "absolute, freehold"; a dash for what was not read."""
    return ", ".join(filter(None, [line.class_of_title, line.tenure])) or "–"


def dates(line: TitleLine) -> tuple[str, ...]:
    """Edition and issue as printed, the note of pending applications, and what else is worth knowing."""
    found = [f"edition {line.edition_date}"] * bool(line.edition_date)
    found += [f"issued {line.issued_on}"] * bool(line.issued_on)
    return (*found, *(["applications pending"] if line.pending else []), *line.notes)


def named_in(paper: Paper) -> str:
    """The documents that name a paper, with the pages."""
    places: dict[str, list[str]] = {}
    for item in paper.where:
        places.setdefault(item.document, []).append(wording.place(item))
    return "; ".join(f"{name}, {'; '.join(dict.fromkeys(found))}" for name, found in places.items()) or "–"


def received(paper: Paper) -> str:
    """The file that a paper is, and by what it was told."""
    if not paper.received:
        return "not received"
    return f"{paper.received} ({'cannot be read' if paper.unread else paper.why})"
