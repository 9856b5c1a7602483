"""Slips in what a reviewer wrote, told before signing: impossible dates, other farms, figures of no document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.evidence.finished_reviews.figures import Figure, figures_in
from pipeline.evidence.row_tests import Facts
from pipeline.models import Evidence, Fact, FinishedReview, ReviewedRow, SessionRecord, ValidationResult
from pipeline.models.quoted import quotes_in
from pipeline.verdicts.checks.case import case_of
from pipeline.verdicts.checks.reviews import RULES
from pipeline.verdicts.checks.rule import Case
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.checklists import Checklist
    from pipeline.home.workspace import Workspace

#: The rules on finished reviews that hold for any text of a reviewer.
_RULES = ("review-farm-name", "review-dates", "review-period")


def slips(ws: Workspace, record: SessionRecord) -> tuple[str, ...]:
    """Warnings about the session's own human text, by the rules that finished reviews are held to; they stop nothing.

    Empty before there are results to compare with.
    """
    inventory, extraction = results.load_inventory(ws, record), results.load_extraction(ws, record)
    validation = results.load_validation(ws, record)
    if inventory is None or extraction is None or validation is None:
        return ()
    checklist = results.load_checklist(ws, record)
    case = case_of(Facts(extraction.facts), checklist, inventory, extraction)
    known = _known_figures(validation)
    found: dict[str, None] = {}
    for title, asked, text in _texts(record, checklist):
        review = _as_review(title, asked, text)
        for message in (*_by_rules(replace(case, reviews=(review,))), *_figures(title, text, known)):
            found[message.replace(f"{title}, page 1", title)] = None
    return tuple(found)


def _texts(record: SessionRecord, checklist: Checklist) -> Iterator[tuple[str, str, str]]:
    """Each text with what it is called and the requirement that it is about."""
    titles = {one.requirement_id: one.title for one in checklist.requirements}
    for key, decision in sorted(record.decisions.items()):
        yield f"The reason given for {key}", titles.get(key, ""), decision.reason
    for note in record.annotations.values():
        yield f"The {note.kind} on {note.requirement_id}", titles.get(note.requirement_id, ""), note.text
    for ask in record.revisions.values():
        if ask.note:
            yield f"The note that resolves {ask.revision_id}", titles.get(ask.requirement_id, ""), ask.note
    if record.determination:
        yield "The determination", "", " ".join((record.determination.notes, *record.determination.conditions))


def _as_review(title: str, asked: str, text: str) -> FinishedReview:
    """The text as the comment of a finished review, which is what the rules look at."""
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    said = Evidence(
        evidence_id=f"said-{sha256[:16]}", document=title, document_id=sha256[:16], sha256=sha256, page=1, quote=text
    )
    row = ReviewedRow(page=1, requirement=asked, comment=text, evidence={"comment": said})
    outcome = () if asked else (Fact(name="outcome", value=text, evidence=said),)
    rows = (row,) if asked else ()
    return FinishedReview(document_id=sha256[:16], document=title, form="registration", outcome=outcome, rows=rows)


def _by_rules(case: Case) -> Iterator[str]:
    for rule in RULES:
        if rule.check_id in _RULES:
            yield from (finding.message for finding in rule.run(case).findings)


def _known_figures(validation: ValidationResult) -> list[tuple[str, Figure]]:
    """Labelled figures of everything that is quoted, with the document."""
    return [(item.document, figure) for item in quotes_in(validation) for figure in figures_in(item.quote)]


def _figures(title: str, text: str, known: list[tuple[str, Figure]]) -> Iterator[str]:
    """Figures that the quoted passages give otherwise; one that none of them gives is compared with nothing."""
    for own in figures_in(text):
        there = [(document, one) for document, one in known if one.kind == own.kind]
        if there and not any(own.equals(one) for _, one in there):
            document, nearest = min(there, key=lambda pair: abs(pair[1].value - own.value))
            yield f"{title}: {own.kind} {own.words}; {document} has {nearest.words}."
