"""A submission's words against those of all reviewed ones: what stands word for word in them, and what is its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pipeline.desk.comparison.reviewed import Decided, Reviewed, answered, reviewed_sessions
from pipeline.errors import NotMadeYet
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.facts.plan_differences import quotes_of
from pipeline.forms.normal import squash
from pipeline.forms.section_words import as_compared, parts_of, sentence_hash
from pipeline.models import (
    SCHEMA_VERSION,
    DeterminationKind,
    Evidence,
    RequirementResult,
    RowStatus,
    SectionWords,
    SessionRecord,
    Value,
)
from pipeline.workflow import results

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.home.workspace import Workspace
    from pipeline.models import Document, Reading

_Place = tuple[str, str]


class SectionOwn(Value):
    """A section of the plan: in how many reviewed submissions its words stand, and those that stand in none."""

    section: str
    title: str
    identical_to: int
    #: The rows whose passages stand in it.
    requirement_ids: tuple[str, ...]
    #: Sentences in it, and those of them that stand in no reviewed submission's same section.
    sentences: int
    own_sentences: int
    #: Those sentences as they stand on their pages.
    own: tuple[Evidence, ...]


class Before(Value):
    """A reviewed submission in which all of a row's sections are word for word the same, and what was decided then."""

    session_id: str
    project_name: str
    #: What the row answered there, and whether it answers the same here: status, tests that fail, papers absent.
    status: RowStatus
    alike: bool
    decision: Decided | None
    determination: DeterminationKind | None


class RowOwn(Value):
    """A requirement: in how many reviewed submissions the sections it stands on are the same in every word."""

    requirement_id: str
    title: str
    status: RowStatus
    sections: tuple[str, ...]
    identical_to: int
    #: Other documents than the plan that it quotes: they are this farm's, whatever the plan says.
    other_documents: tuple[str, ...]
    #: True when it stands on no section of the plan, on words that no reviewed submission has, or on other documents,
    #: too; and when it answers otherwise here than in each submission that has the same words.
    particular: bool
    #: How often each was decided on this row in them.
    decided: dict[str, int]
    sessions: tuple[Before, ...]


class FarmsOwn(Value):
    """What is this farm's own, beside what people said of the same words before; nothing of it is applied here."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_name: str
    #: How many submissions of this home have a word of a person that holds.
    reviewed: int
    rows: tuple[RowOwn, ...]
    sections: tuple[SectionOwn, ...]


def farms_own(ws: Workspace, record: SessionRecord) -> FarmsOwn:
    """Compare a session's plan with those of all other sessions on its checklist on which a person's word holds.

    The order of sessions makes no difference, and nothing of it goes into the report. Raises NotMadeYet before the
    session's rows are judged.
    """
    beside = _Beside(ws, record, tuple(reviewed_sessions(ws, record)))
    return FarmsOwn(
        session_id=record.session_id,
        project_name=record.project_metadata.project_name,
        reviewed=len(beside.others),
        rows=tuple(map(beside.row, beside.validation.requirements)),
        sections=_sections(ws, record, beside),
    )


def row_own(ws: Workspace, record: SessionRecord, requirement_id: str) -> RowOwn | None:
    """How one row stands among reviewed submissions; None when there are none, or no such row was judged yet."""
    others = tuple(reviewed_sessions(ws, record))
    if not others:
        return None  # most homes begin so: the session's results need not be read
    try:
        beside = _Beside(ws, record, others)
    except NotMadeYet:
        return None
    rows = (one for one in beside.validation.requirements if one.requirement_id == requirement_id)
    return next(map(beside.row, rows), None)


class _Beside:
    """A session's sections and rows, held against every reviewed submission."""

    def __init__(self, ws: Workspace, record: SessionRecord, others: tuple[Reviewed, ...]) -> None:
        validation, extraction = results.load_validation(ws, record), results.load_extraction(ws, record)
        if validation is None or extraction is None:
            raise NotMadeYet(f"{record.session_id} has no judged rows yet.", f"registry-review run {record.session_id}")
        self.validation = validation
        self.sections = extraction.sections
        self.plan_id = extraction.plan_document_id
        self.others = others
        #: Reviewed submissions, by id, that say the same in that place.
        self.same: dict[_Place, set[str]] = {place_of(one): set() for one in self.sections}
        for other in self.others:
            theirs = {place_of(one): one.sha256 for one in other.sections}
            for one in self.sections:
                if theirs.get(place_of(one)) == one.sha256:
                    self.same[place_of(one)].add(other.session_id)

    def of_row(self, row: RequirementResult) -> tuple[SectionWords, ...]:
        """The sections of the plan in which a row's passages stand."""
        quoted = [e for e in row.evidence if e.document_id == self.plan_id]
        return tuple(one for one in self.sections if any(_stands_in(e, one) for e in quoted))

    def row(self, row: RequirementResult) -> RowOwn:
        """A row beside the submissions in which all of its sections are the same."""
        sections, answer = self.of_row(row), answered(row)
        alike = set.intersection(*(self.same[place_of(one)] for one in sections)) if sections else set()
        before = [
            Before(
                session_id=one.session_id,
                project_name=one.project_name,
                status=one.answers[row.requirement_id].status,
                alike=one.answers[row.requirement_id] == answer,
                decision=one.decisions.get(row.requirement_id),
                determination=one.determination,
            )
            for one in self.others
            if one.session_id in alike and row.requirement_id in one.answers
        ]
        others = sorted({e.document for e in row.evidence if e.document_id != self.plan_id})
        return _row(row, sections, before, others)


def _row(
    row: RequirementResult, sections: Sequence[SectionWords], before: Sequence[Before], others: Sequence[str]
) -> RowOwn:
    return RowOwn(
        requirement_id=row.requirement_id,
        title=row.title,
        status=row.status,
        sections=tuple(f"{s.section} {s.title}" for s in sections),
        identical_to=len(before),
        other_documents=tuple(others),
        particular=bool(others) or not any(one.alike for one in before),
        decided=dict(sorted(Counter(one.decision.status for one in before if one.decision).items())),
        sessions=tuple(before),
    )


def _said_before(others: Iterable[Reviewed]) -> dict[_Place, set[str]]:
    """Every sentence of the reviewed submissions by the place it stands in."""
    said: dict[_Place, set[str]] = defaultdict(set)
    for other in others:
        for one in other.sections:
            said[place_of(one)].update(one.sentences)
    return said


def _sections(ws: Workspace, record: SessionRecord, beside: _Beside) -> tuple[SectionOwn, ...]:
    dossier, before = _dossier(ws, record), _said_before(beside.others)
    rows_at: dict[_Place, list[str]] = defaultdict(list)
    for row in beside.validation.requirements:
        for one in beside.of_row(row):
            rows_at[place_of(one)].append(row.requirement_id)
    document, plan = dossier.plan_document, dossier.plan
    found = []
    for one in beside.sections:
        place = place_of(one)
        own = set(one.sentences) - before.get(place, set())
        paragraphs = plan.paragraphs(one.section) if plan and own else []
        parts = parts_of(one.section, paragraphs)
        mine = [p for subhead, part in parts if squash(subhead or "") == place[1] for p in part]
        said = [(p, a, b) for p in mine for a, b in p.sentences()]
        sentences = [(p, a, b) for p, a, b in said if sentence_hash(as_compared(p.text[a:b])) in own]
        found.append(
            SectionOwn(
                section=one.section,
                title=one.title,
                identical_to=len(beside.same[place]),
                requirement_ids=tuple(rows_at.get(place, ())),
                sentences=len(one.sentences),
                own_sentences=sum(s in own for s in one.sentences),
                own=quotes_of(dossier, document, sentences) if document else (),
            )
        )
    return tuple(found)


def _dossier(ws: Workspace, record: SessionRecord) -> Dossier:
    def read(document: Document) -> Reading:
        return ws.reader.read(document.sha256, document.names)

    inventory = results.load_inventory(ws, record)
    if inventory is None:
        raise NotMadeYet(f"{record.session_id} has no inventory yet.", f"registry-review run {record.session_id}")
    return Dossier(results.load_checklist(ws, record), inventory, read)


def place_of(one: SectionWords) -> _Place:
    """Where a section stands in the form, the same for every plan."""
    return one.section, squash(one.subhead or "")


def _stands_in(item: Evidence, one: SectionWords) -> bool:
    """Whether a quote of the plan stands in that section, or that part of the Appendix."""
    if item.section != one.section:
        return False
    return one.subhead is None or squash(item.section_title or "") == squash(one.subhead)
