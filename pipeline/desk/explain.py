"""Why a row says what it says, told by the code that made it: its work is done once more, and noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pipeline.checklists import Checklist, Requirement
from pipeline.errors import UsageError
from pipeline.evidence.dossier import USABLE, Dossier
from pipeline.evidence.row_tests import Facts
from pipeline.evidence.row_tests.statements import where
from pipeline.evidence.trace import ANSWER, NOT_APPLICABLE, SUPPORT, Trace
from pipeline.models import (
    Chosen,
    DiscardedQuote,
    Document,
    Evidence,
    Explanation,
    ExtractionResult,
    Inventory,
    Looked,
    MappingResult,
    Omitted,
    Passage,
    Reading,
    RequirementEvidence,
    RequirementResult,
    SessionRecord,
    Tried,
)
from pipeline.stages.extract_evidence import find_row, row_views
from pipeline.verdicts.rows import PlanState, row_result
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: What each seeker but a test is called.
_SEEKERS = {ANSWER: "the answer", NOT_APPLICABLE: "a sentence that the row does not apply", SUPPORT: "support"}


def explain(ws: Workspace, record: SessionRecord, stored: RequirementResult) -> Explanation:
    """Explain a judged row from the session's last results; UsageError when one of them is gone."""
    inventory, extraction = results.load_inventory(ws, record), results.load_extraction(ws, record)
    mapping = results.load_mapping(ws, record)
    if inventory is None or extraction is None:
        cure = f"registry-review validate {record.session_id}"
        raise UsageError(f"The results of {record.session_id} are gone.", cure)
    checklist = results.load_checklist(ws, record)

    def read(document: Document) -> Reading:
        return ws.reader.read(document.sha256, document.names)

    said = (mapping, tuple(record.discarded.values()))
    return explanation_of(record.session_id, checklist, inventory, extraction, stored, read, *said)


def explanation_of(
    session_id: str,
    checklist: Checklist,
    inventory: Inventory,
    extraction: ExtractionResult,
    stored: RequirementResult,
    read: Callable[[Document], Reading],
    mapping: MappingResult | None = None,
    discarded: Iterable[DiscardedQuote] = (),
) -> Explanation:
    """The row found and judged once more by `find_row` and `row_result`, with the trace that they leave.

    `mapping` and `discarded` are what people said of it, as `evidence_of` takes them.
    """
    views = row_views(checklist, Dossier(checklist, inventory, read), mapping, discarded)
    asked = zip(checklist.requirements, views, strict=True)
    ((requirement, dossier),) = ((r, v) for r, v in asked if r.requirement_id == stored.requirement_id)
    found = find_row(requirement, dossier)
    row, _ = row_result(requirement, found, Facts(extraction.facts), PlanState.of(inventory, extraction))
    trace = dossier.trace
    ranks = {item.evidence_id: rank for rank, item in enumerate(row.evidence, 1)}
    passages = _passages(trace, dossier, ranks)
    chosen = tuple(_chosen(rank, item, requirement, row, trace) for rank, item in enumerate(row.evidence, 1))
    return Explanation(
        session_id=session_id,
        requirement_id=row.requirement_id,
        title=row.title,
        status=row.status,
        answer=_answer(row, requirement, dossier, passages, chosen),
        looked_in=found.looked_in,
        documents=tuple(_documents(requirement, dossier)),
        passages=passages,
        tests=tuple(_tests(row, found, ranks)),
        chosen=chosen,
        left_out=(*_not_shown(trace, ranks), *_form_words(trace, dossier)),
        as_stored=_bare(row) == _bare(stored),
    )


def _bare(row: RequirementResult) -> RequirementResult:
    """Without boxes, which are found apart, and without what a person says."""
    evidence = tuple(item.model_copy(update={"boxes": ()}) for item in row.evidence)
    return row.model_copy(update={"evidence": evidence, "decision": None})


def _passages(trace: Trace, dossier: Dossier, ranks: dict[str, int]) -> tuple[Passage, ...]:
    """Every paragraph of the plan that was weighed, once, with the word of each who weighed it."""
    document = dossier.plan_document
    passages = []
    for paragraph in dict.fromkeys(look.paragraph for look in trace.looks) if document else ():
        looks = [look for look in trace.looks if look.paragraph == paragraph]
        quotes = sorted(ranks[i] for i, p in trace.cut_from.items() if p == paragraph and i in ranks)
        holds = any(look.holds for look in looks)
        took = {by for by, item in trace.took if trace.cut_from.get(item.evidence_id) == paragraph}
        told = {look.by: look.why or ("took it for its quote" if look.by in took else "") for look in looks}
        reasons = [f"{_SEEKERS.get(by, by)}: {why}" for by, why in told.items() if why]
        read_by = [_SEEKERS.get(by, by) for by, why in told.items() if not why]
        piece = paragraph.pieces[0]
        passages.append(
            Passage(
                document=document.filename if document else "",
                page=piece.page,
                page_label=piece.label,
                section=paragraph.section or None,
                section_title=paragraph.subhead or paragraph.section_title or None,
                words=paragraph.text,
                outcome="quoted" if quotes else "found" if holds else "passed_over",
                quotes=tuple(quotes),
                reasons=tuple(reasons),
                read_by=tuple(read_by),
            )
        )
    return tuple(passages)


def _tests(row: RequirementResult, found: RequirementEvidence, ranks: dict[str, int]) -> Iterable[Tried]:
    findings = {finding.test: finding for finding in found.findings}
    for test in row.tests:
        finding = findings.get(test.test)
        quotes = sorted({ranks[e.evidence_id] for e in finding.evidence if e.evidence_id in ranks}) if finding else []
        yield Tried(
            test=test.test,
            outcome=test.outcome,
            message=test.message,
            values=finding.values if finding else {},
            quotes=tuple(quotes),
        )


def _chosen(rank: int, item: Evidence, requirement: Requirement, row: RequirementResult, trace: Trace) -> Chosen:
    """Who took the quote, and what of it satisfied them."""
    reasons = []
    outcomes = {test.test: test.outcome for test in row.tests}
    paragraph = trace.cut_from.get(item.evidence_id)
    why = {look.by: look.why for look in trace.looks if look.paragraph == paragraph and look.holds}
    takers = dict.fromkeys(by for by, taken in trace.took if taken.evidence_id == item.evidence_id)
    # A row that does not apply rests on one sentence; that it is also the section's first answer comes after.
    for by in sorted(takers, key=lambda by: row.status != "not_applicable" or by != NOT_APPLICABLE):
        because = f", for it {why[by]}" if why.get(by) else ""
        if by == ANSWER:
            reasons.append(f"the first that answers in {_place(item, requirement)}{because}")
        elif by == NOT_APPLICABLE:
            reasons.append(f"the sentence that says that the row does not apply{because}")
        elif by == SUPPORT:
            reasons.append("a line of another document that bears on the row; it decides nothing")
        else:
            ended = {"pass": "passes", "fail": "fails", "not_run": "could not run"}[outcomes[by]]
            reasons.append(f"the test {by}, which {ended}, stands on it{because}")
    return Chosen(rank=rank, evidence=item, reasons=tuple(reasons))


def _place(item: Evidence, requirement: Requirement) -> str:
    """The section, and its turn among those that the checklist names."""
    numbers = list(dict.fromkeys(s.partition("/")[0] for s in requirement.answer.sections))
    name = where((item.section,)) if item.section else "the plan"
    turn = numbers.index(item.section) if item.section in numbers else 0
    ordinals = ("first", "second", "third", "fourth")
    return f"{name}, which the checklist names {ordinals[min(turn, 3)]}" if len(numbers) > 1 else name


def _documents(requirement: Requirement, dossier: Dossier) -> Iterable[Looked]:
    """The documents that were asked for or would be of use, those used first; answer keys are always named."""
    asked = {d.document_id: by for by, _, found in reversed(dossier.trace.asked) for d in found}
    wanted = {"project_plan", *requirement.documents, *(t for _, types, _ in dossier.trace.asked for t in types)}
    used: list[Looked] = []
    set_aside: list[Looked] = []
    for document in dossier.inventory.documents:
        plan = dossier.plan_document
        chosen = plan is not None and document.document_id == plan.document_id
        if chosen:
            why = f"answers are read from it: {dossier.why_this_plan()}"
        elif document.document_type == "project_plan" and document.status in USABLE:
            why = f"another plan is read instead: {dossier.why_this_plan()}"
        elif document.status in USABLE and document.document_id in asked:
            why = f"looked at for {_SEEKERS.get(asked[document.document_id], asked[document.document_id])}"
        elif document.status in USABLE:
            continue
        elif document.status == "excluded" or document.document_type in wanted:
            why = " ".join(document.notes) or document.status
        else:
            continue
        taken = chosen or (document.status in USABLE and document.document_type != "project_plan")
        entry = Looked(
            document_id=document.document_id, document=document.filename, document_type=document.document_type,
            status=document.status, used=taken, why=why,
        )  # fmt: skip
        (used if taken else set_aside).append(entry)
    return (*used, *set_aside)


def _not_shown(trace: Trace, ranks: dict[str, int]) -> Iterable[Omitted]:
    for item, why in trace.dropped:
        if item.evidence_id not in ranks:
            yield Omitted(
                document=item.document, page=item.page, page_label=item.page_label, section=item.section,
                words=item.quote, why=f"found and not shown: {why}",
            )  # fmt: skip


def _form_words(trace: Trace, dossier: Dossier) -> Iterable[Omitted]:
    """What the form itself says in the sections that were read."""
    for number in dict.fromkeys(place.partition("/")[0] for place in trace.places):
        section = dossier.plan.sections.get(number) if dossier.plan else None
        for left in section.left_out if section else ():
            yield Omitted(
                document=dossier.plan_document.filename if dossier.plan_document else "", page=left.page,
                page_label=left.page_label, section=number, words=left.words, why=left.why,
            )  # fmt: skip


def _answer(
    row: RequirementResult,
    requirement: Requirement,
    dossier: Dossier,
    passages: tuple[Passage, ...],
    chosen: tuple[Chosen, ...],
) -> str:
    """The short answer: what the row is and why, what was looked at, why the first quote is the first."""
    words = {"not_applicable": "not applicable", "needs_review": "for a person to review"}
    said = [f"{row.requirement_id} is {words.get(row.status, row.status)}. {row.reason}"]
    weighed = [p for p in passages if p.reasons or p.quotes]
    count, others = len(weighed), len(passages) - len(weighed)
    if dossier.plan_document is None:
        said.append("No plan is in scope, so no passage was weighed.")
    elif not passages:
        said.append(f"The plan holds no words of the proponent in {where(requirement.answer.sections)}.")
    else:
        quoted = sum(p.outcome == "quoted" for p in weighed)
        more = f"; {others} more {'were' if others != 1 else 'was'} only read" if others else ""
        passages_weighed = f"{count} passage{'s' if count != 1 else ''} weighed in the plan"
        said.append(f"Of {passages_weighed}, {quoted} {'is' if quoted == 1 else 'are'} quoted{more}.")
    if chosen and chosen[0].reasons:
        said.append(f"Its first quote: {chosen[0].reasons[0]}.")
    return " ".join(said)
