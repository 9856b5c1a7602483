"""What a person must look at: one entry per cause, worst first, each with what clears it."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.checklists import Checklist
from pipeline.evidence.row_tests.verdict import UNREAD
from pipeline.models import (
    CheckFinding,
    CheckResult,
    Document,
    Evidence,
    Inventory,
    MappingResult,
    Paper,
    RequirementResult,
    ReviewException,
    Severity,
)
from pipeline.verdicts.checks.rule import distinct
from pipeline.verdicts.rows import Failure, PlanState

_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
#: Within a severity: what concerns the whole submission first.
_KINDS = (
    "wrong_checklist",
    "no_plan",
    "unreadable",
    "check_failed",
    "missing_answer",
    "missing_document",
    "test_failed",
    "check_warning",
    "needs_person",
)
#: Papers of one farm cannot be inherited from another; a gap there stops a registration.
_FARM_SCOPE: Severity = "high"


def exceptions_of(
    rows: Iterable[RequirementResult],
    failures: Iterable[Failure],
    checks: Iterable[CheckResult],
    inventory: Inventory,
    mapping: MappingResult,
    plan: PlanState,
    checklist: Checklist,
    papers: Iterable[Paper] = (),
) -> tuple[ReviewException, ...]:
    """Every exception of a review, worst first; the order depends on nothing but what was found."""
    rows, failures, checks = list(rows), list(failures), list(checks)
    found = [*_wrong_checklist(mapping, inventory, plan), *_no_plan(rows, plan), *_closed(inventory, checklist)]
    if plan.document:
        found += _unanswered([row for row in rows if row.status == "missing"], len(rows), plan.document)
        found += _unread_rows([row for row in rows if _unread(row)], plan)
    warned = {c.check_id for c in checks if c.outcome in ("fail", "warning")}
    spoken = warned | {UNREAD}
    found += [e for c in checks if c.check_id in warned for e in _of_check(c, failures)]
    if plan.document:
        said = {row.requirement_id for row in rows if row.status in ("missing", "not_applicable") or _unread(row)}
        found += _of_failures([f for f in failures if f.requirement.requirement_id not in said], spoken)
        found += _unexplained(rows, {i for e in found for i in e.requirement_ids})
    return tuple(sorted(_with_names(_told_together(found, checks), papers), key=_order))


def _told_together(found: list[ReviewException], checks: list[CheckResult]) -> list[ReviewException]:
    """A check that only says where a missing paper was promised lends its words and quotes to that paper's entry."""
    told = {c.check_id: c for c in checks if c.told_in and any(e.cause == c.told_in for e in found)}
    return [
        entry.model_copy(
            update={
                "message": " ".join((entry.message, *(c.message for c in promised))),
                "evidence": distinct((*entry.evidence, *(q for c in promised for q in c.evidence))),
            }
        )
        if (promised := [c for c in told.values() if c.told_in == entry.cause])
        else entry
        for entry in found
        if entry.cause not in told
    ]


def _with_names(found: list[ReviewException], papers: Iterable[Paper]) -> list[ReviewException]:
    """An absent kind of document with the words that name such a paper: "appended to this document", a file's name."""
    words: dict[str, list[Paper]] = {}
    for paper in papers:
        if paper.received is None and not paper.title_number:
            words.setdefault(f"absent:{paper.document_type}", []).append(paper)
    out = []
    for item in found:
        named = words.get(item.cause or "", [])
        if named:
            names = ", ".join(dict.fromkeys(f"“{p.name}”" for p in named))
            told = f"{item.message} The documents speak of {names}."
            items = distinct((*(e for p in named for e in p.where[:2]), *item.evidence))
            item = item.model_copy(update={"message": told, "evidence": items})
        out.append(item)
    return out


def _order(item: ReviewException) -> tuple[int, int, int, tuple[str, ...], str]:
    first = 0 if item.kind == "wrong_checklist" else 1
    return first, _RANK[item.severity], _KINDS.index(item.kind), item.requirement_ids, item.message


def _wrong_checklist(mapping: MappingResult, inventory: Inventory, plan: PlanState) -> list[ReviewException]:
    """Most rows have no document, and no plan that cannot be opened is the cause: perhaps it is another checklist."""
    unmapped = [m for m in mapping.mappings if m.status == "unmapped"]
    closed = any(d.document_type == "project_plan" for d in plan.closed)
    if closed or len(unmapped) * 2 <= len(mapping.mappings):
        return []
    types = sorted({d.document_type.replace("_", " ") for d in inventory.documents})
    return [
        ReviewException(
            kind="wrong_checklist",
            cause="wrong_checklist",
            severity="high",
            message=f"{len(unmapped)} of {len(mapping.mappings)} requirements have no document at all. "
            f"Is this the right checklist? The folder holds: {', '.join(types) or 'nothing that could be recognised'}.",
            clears_when="The project plan is sent, or the session is made again with the checklist that fits.",
            requirement_ids=tuple(m.requirement_id for m in unmapped),
        )
    ]


def _no_plan(rows: list[RequirementResult], plan: PlanState) -> list[ReviewException]:
    if plan.document:
        return []
    closed = ", ".join(d.filename for d in plan.closed)
    tail = f" {closed} could not be read and may be it." if closed else ""
    return [
        ReviewException(
            kind="no_plan",
            cause="no_plan",
            severity="high",
            message=f"No project plan is in scope, so no requirement can be answered.{tail}",
            clears_when="The project plan is sent as a readable PDF.",
            requirement_ids=tuple(r.requirement_id for r in rows),
        )
    ]


def _closed(inventory: Inventory, checklist: Checklist) -> list[ReviewException]:
    """Documents that could not be read, with the rows that look at such documents; never shown as missing evidence."""
    return [
        ReviewException(
            kind="unreadable",
            cause=f"unreadable:{document.document_type}",
            severity="high" if document.document_type in ("project_plan", "land_tenure", "other") else "medium",
            message=f"{document.filename} could not be read. {_why(document)}".strip(),
            clears_when="A readable copy is sent, or the reviewer looks at it and decides.",
            requirement_ids=tuple(
                r.requirement_id for r in checklist.requirements if document.document_type in r.documents
            ),
        )
        for document in inventory.documents
        if document.status in ("unreadable", "quarantined")
    ]


def _why(document: Document) -> str:
    return document.notes[0] if document.notes else ""


def _unanswered(missing: list[RequirementResult], rows: int, plan: Document) -> list[ReviewException]:
    """One entry for each row without an answer; one for a plan that leaves most of them out."""
    if len(missing) * 2 > rows:
        return [
            ReviewException(
                kind="missing_answer",
                cause="blank_plan",
                severity="high",
                message=f"{plan.filename} answers {rows - len(missing)} of {rows} requirements; the others are blank.",
                clears_when="A plan is sent in which every section of the form is answered.",
                requirement_ids=tuple(row.requirement_id for row in missing),
            )
        ]
    return [
        ReviewException(
            kind="missing_answer",
            cause=f"unanswered:{row.requirement_id}",
            severity="high",
            message=f"{row.requirement_id} {row.title}: {row.tests[0].message}",
            clears_when=row.tests[0].clears_when or "The plan answers this.",
            requirement_ids=(row.requirement_id,),
        )
        for row in missing
    ]


def _unexplained(rows: list[RequirementResult], explained: set[str]) -> list[ReviewException]:
    """Rows that are open only because a test could not be run; its cause has an entry of its own under other rows."""
    return [
        ReviewException(
            kind="test_failed",
            cause=f"open:{row.requirement_id}",
            severity="low",
            message=f"{row.requirement_id} {row.title}: {row.reason}",
            clears_when=next((t.clears_when for t in row.tests if t.clears_when), "The reviewer looks and decides."),
            requirement_ids=(row.requirement_id,),
            evidence=row.evidence[:1],
        )
        for row in rows
        if row.status in ("partial", "needs_review") and row.requirement_id not in explained
    ]


def _unread(row: RequirementResult) -> bool:
    """Nothing was found, and its answer may stand on pages without text."""
    return row.status == "needs_review" and row.tests[0].outcome == "fail"


def _unread_rows(rows: list[RequirementResult], plan: PlanState) -> list[ReviewException]:
    """One entry for all rows that may be answered where software could not read the plan."""
    if not rows:
        return []
    one = f"{rows[0].requirement_id} {rows[0].title}: {rows[0].reason}"
    return [
        ReviewException(
            kind="needs_person",
            cause="unread_plan" if len(rows) > 1 else f"unread:{rows[0].requirement_id}",
            severity="high" if len(rows) > 1 else "medium",
            message=f"{plan.unread}; {len(rows)} requirements may be answered there." if len(rows) > 1 else one,
            clears_when="A person reads what software could not, or a plan on the registry's form, with text, is sent.",
            requirement_ids=tuple(row.requirement_id for row in rows),
        )
    ]


def _of_check(check: CheckResult, failures: list[Failure]) -> list[ReviewException]:
    """One entry for a check, or one for each thing that it found."""
    ids = {*check.requirement_ids, *(f.requirement.requirement_id for f in failures if _cause(f) == check.check_id)}
    whole = CheckFinding(message=check.message, severity=check.severity, evidence=check.evidence)
    return [
        ReviewException(
            kind="check_failed" if check.outcome == "fail" else "check_warning",
            cause=check.check_id,
            severity=one.severity,
            message=one.message,
            clears_when=check.clears_when or "The reviewer looks and decides.",
            requirement_ids=tuple(sorted(ids)),
            evidence=one.evidence,
        )
        for one in check.findings or (whole,)
    ]


def _of_failures(failures: list[Failure], spoken: set[str]) -> list[ReviewException]:
    """Failed tests, those with one cause together; what a check already says is not said again."""
    groups: dict[str, list[Failure]] = {}
    for failure in failures:
        cause = _cause(failure)
        if cause not in spoken:
            groups.setdefault(cause, []).append(failure)
    return [_of_group(cause, group) for cause, group in groups.items()]


def _cause(failure: Failure) -> str:
    own = f"{failure.requirement.requirement_id}:{failure.test.test}"
    return failure.verdict.cause or failure.test.cause or own


def _of_group(cause: str, group: list[Failure]) -> ReviewException:
    person = all((f.verdict.becomes or f.test.on_fail) == "needs_review" for f in group)
    farm = any(f.requirement.scope == "farm" for f in group)
    kind = "needs_person" if person else "missing_document" if cause.startswith("absent:") else "test_failed"
    severity: Severity = "medium" if person or not farm else _FARM_SCOPE
    evidence: tuple[Evidence, ...] = distinct(e for f in group for e in f.evidence)
    messages = list(dict.fromkeys(f.verdict.message for f in group))
    clears = list(dict.fromkeys(f.test.clears_when for f in group))
    return ReviewException(
        kind=kind,
        cause=cause,
        severity=severity,
        message=messages[0],
        clears_when=clears[0],
        requirement_ids=tuple(sorted({f.requirement.requirement_id for f in group})),
        evidence=evidence[:4],
    )
