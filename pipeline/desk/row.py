"""One row as a person decides on it: what is asked, what was found and where it stands, and what people said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.decisions.claims import claims_of
from pipeline.decisions.revision_requests import Proposal, all_in_present, proposal
from pipeline.decisions.row_decisions import history
from pipeline.desk.next_row import waiting_rows
from pipeline.desk.quote_context import Surroundings, around
from pipeline.desk.rows import judged, judged_rows
from pipeline.models import (
    Annotation,
    AuditEvent,
    Claim,
    DiscardedQuote,
    Document,
    Evidence,
    RequirementResult,
    RevisionRequest,
    TestResult,
    wording,
)
from pipeline.reporting.layout import numbered
from pipeline.reporting.people import PRIORITY, HumanWord, decided, word_on
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.checklists import Requirement
    from pipeline.home.workspace import Workspace
    from pipeline.models import MappingOverride, ReviewException, SessionRecord
    from pipeline.reading.kept_pictures import PictureSize

#: What people did to a row, in words, as its history tells it.
_DONE = {
    "override_set": "decided",
    "override_cleared": "took the decision back",
    "annotation_added": "remarked",
    "quote_discarded": "discarded a quote",
    "quote_restored": "let a quote count again",
    "mapping_changed": "changed which documents are looked at",
    "revision_requested": "asked the developer",
    "revision_resolved": "resolved the request",
}


@dataclass(frozen=True)
class Shown:
    """A quote with the place where it is seen: on a picture of its page, or in the text around it."""

    number: int
    evidence: Evidence
    place: str
    #: The picture of its page; None for what has no page, or cannot be drawn.
    size: PictureSize | None = None
    around: Surroundings | None = None

    @property
    def top(self) -> float:
        """How far down its page the quote begins, from 0 to 100."""
        if self.size is None or not self.evidence.boxes:
            return 0.0
        return min(100 * min(box[1] for box in self.evidence.boxes) * self.size.scale / self.size.height, 100.0)


@dataclass(frozen=True)
class Done:
    """Something a person did to the row."""

    at: datetime
    by: str
    what: str
    said: str


@dataclass(frozen=True)
class LookedAt:
    """A document of the session, and whether the row looks at it."""

    document: Document
    is_looked_at: bool


@dataclass(frozen=True)
class RowView:
    """Everything on one row, made of the last results and of people's words."""

    result: RequirementResult
    requirement: Requirement
    accepted: tuple[str, ...]
    #: Its place among the rows, from 1, and how many there are.
    number: int
    total: int
    previous: str | None
    following: str | None
    #: Rows that wait for a person's word, most urgent first.
    waiting: tuple[str, ...]
    #: Why the row has its status, unless the failed tests say just that.
    reason: str
    failed: tuple[TestResult, ...]
    not_run: tuple[TestResult, ...]
    passed: tuple[TestResult, ...]
    exceptions: tuple[ReviewException, ...]
    #: Best first.
    quotes: tuple[Shown, ...]
    claims: tuple[tuple[Claim, Shown], ...]
    word: HumanWord | None
    decided_at: datetime | None
    annotations: tuple[Annotation, ...]
    revisions: tuple[RevisionRequest, ...]
    discarded: tuple[DiscardedQuote, ...]
    mapping: MappingOverride | None
    documents: tuple[LookedAt, ...]
    #: What a request to the developer would say.
    proposal: Proposal
    history: tuple[Done, ...]


def row_view(ws: Workspace, record: SessionRecord, text: str) -> RowView:
    """The row that `text` names; NotMadeYet when no row has been judged yet, NotFound when there is no such row."""
    result = judged(ws, record, text)
    rows = [row.requirement_id for row in judged_rows(ws, record)]
    row_id = result.requirement_id
    at = rows.index(row_id)
    asked = next(one for one in results.load_checklist(ws, record).requirements if one.requirement_id == row_id)
    validation = results.load_validation(ws, record)
    claims = claims_of(ws, record, row_id)
    said = record.decisions.get(row_id)
    failed = tuple(test for test in result.tests if test.outcome == "fail")
    return RowView(
        result=result,
        requirement=asked,
        accepted=(asked.accepted_evidence,) if isinstance(asked.accepted_evidence, str) else asked.accepted_evidence,
        number=at + 1,
        total=len(rows),
        previous=rows[at - 1] if at else None,
        following=rows[at + 1] if at + 1 < len(rows) else None,
        waiting=waiting_rows(ws, record),
        reason="" if result.reason == " ".join(test.message for test in failed) else result.reason,
        failed=failed,
        not_run=tuple(test for test in result.tests if test.outcome == "not_run"),
        passed=tuple(test for test in result.tests if test.outcome == "pass"),
        exceptions=tuple(e for e in validation.exceptions if row_id in e.requirement_ids) if validation else (),
        quotes=shown(ws, result.evidence),
        claims=tuple(zip(claims, shown(ws, [claim.evidence for claim in claims]), strict=True)),
        word=word_on(result),
        decided_at=said.at if said else None,
        annotations=tuple(a for a in record.annotations.values() if a.requirement_id == row_id),
        revisions=tuple(r for r in all_in_present(ws, record) if r.requirement_id == row_id),
        discarded=tuple(d for d in record.discarded.values() if d.requirement_id == row_id),
        mapping=record.remapped.get(row_id),
        documents=_documents(ws, record, row_id),
        proposal=proposal(ws, record, row_id),
        history=tuple(_done(event) for event in history(ws, record.session_id, row_id)),
    )


def shown(ws: Workspace, evidence: tuple[Evidence, ...] | list[Evidence]) -> tuple[Shown, ...]:
    """Quotes in their order, each with where it is seen."""
    places = [quote.place for quote in numbered(evidence)[1]]
    found = []
    for number, (item, place) in enumerate(zip(evidence, places, strict=True), 1):
        size = ws.pictures.size(item.sha256, item.page)
        reading = ws.reader.cached(item.sha256) if size is None else None
        text = around(reading, item.page, item.quote) if reading is not None and reading.kind != "pdf" else None
        found.append(Shown(number, item, place, size, text))
    return tuple(found)


def recorded(record: SessionRecord, row: RequirementResult) -> HumanWord | None:
    """A person's word on a row as it stands now, for the line that says what was recorded."""
    return word_on(decided(record, row))


def _documents(ws: Workspace, record: SessionRecord, row_id: str) -> tuple[LookedAt, ...]:
    """The documents of the inventory, those that the row looks at first."""
    inventory, mapping = results.load_inventory(ws, record), results.load_mapping(ws, record)
    if inventory is None or mapping is None:
        return ()
    looked = next((set(one.document_ids) for one in mapping.mappings if one.requirement_id == row_id), set())
    there = [one for one in inventory.documents if one.document_id in record.documents]
    found = [LookedAt(one, one.document_id in looked) for one in there]
    return tuple(sorted(found, key=lambda one: not one.is_looked_at))


def _done(event: AuditEvent) -> Done:
    what = _DONE.get(event.action, event.action.replace("_", " "))
    return Done(event.at, event.actor, what, _said(event.details))


def _said(details: dict[str, Any]) -> str:
    """The words of an act: what was decided, of what kind, and what was typed."""
    status, kind = details.get("status"), details.get("kind")
    parts = [wording.label(str(status), wording.DECISION)] if status else []
    parts += [str(kind).capitalize()] if kind and kind != "note" else []
    parts += [PRIORITY[details["priority"]].capitalize()] if details.get("priority") in PRIORITY else []
    typed = (details.get(name) for name in ("what", "text", "reason", "note"))
    return ": ".join([*parts, *(str(one) for one in typed if one)])
