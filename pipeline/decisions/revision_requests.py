"""Requests for revision: what exactly is asked for, whether a later file answers it, and its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, get_args

from pipeline.checklists.model import Test
from pipeline.decisions import conflicts
from pipeline.errors import NotFound, UsageError
from pipeline.evidence.dossier import USABLE
from pipeline.home import lookup
from pipeline.models import (
    Document,
    Inventory,
    Priority,
    RequirementResult,
    RevisionRequest,
    SessionRecord,
    Severity,
    TestResult,
    ValidationResult,
    Value,
)
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

_PRIORITY: dict[Severity, Priority] = {"high": "high", "medium": "medium", "low": "low"}
#: An id of the kind that developers put before a file's name: number, farm, round.
_FILE_ID = re.compile(r"\d{4,6}[A-Za-z][\w&'-]*\d{2}")


def request_revision(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    by: str,
    what: str | None = None,
    clears_when: str | None = None,
    priority: Priority | None = None,
    suggested_filename: str | None = None,
    tests: Sequence[str] | None = None,
    expected_revision: int | None = None,
) -> RevisionRequest:
    """Ask the developer for what a row lacks; what is not said is taken from the row's failed tests and exceptions.

    `tests` names those it is about, all that failed by default. The row then waits until `resolve_revision`. UsageError
    when nothing failed and `what` does not say what is wanted.
    """
    if priority is not None:
        lookup.one_of("priority", priority, get_args(Priority))
    record = ws.sessions.read(session_id)
    row_id = conflicts.requirement_id(ws, record, requirement_id)
    said = {"what": what, "clears_when": clears_when, "priority": priority}
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row_id), **said) as tx:
        validation = results.load_validation(ws, tx.record)
        row = conflicts.judged(ws, tx.record).get(row_id)
        failed = _failed(row, tests) if row else []
        lacking = _lacking(failed)
        if not (what or lacking):
            raise UsageError(f"Nothing of {row_id} has failed: say what is asked for.", "Give it with --what.")
        key = f"rev-{len(tx.record.revisions) + 1}"
        made = RevisionRequest(
            revision_id=key,
            requirement_id=row_id,
            what=lookup.said("what", what or lacking),
            clears_when=clears_when or ("" if what else _clears(failed)) or "It is sent.",
            priority=priority or priority_of(row_id, validation),
            suggested_filename=suggested_filename or _suggested(ws, tx.record, row_id, failed, validation),
            by=tx.actor,
            at=ws.now(),
            # What could not be run for want of the same paper must pass as well.
            tests=tuple(tests or (t.test for t in row.tests if t.outcome != "pass")) if row else (),
            absent=row.expected_but_absent if row and tests is None else (),
            known=tuple(sorted(tx.record.documents)),
        )
        tx.update(revisions={**tx.record.revisions, key: made})
        shown = made.model_dump(include={"what", "clears_when", "priority", "suggested_filename"})
        tx.log("revision_requested", revision_id=key, requirement_id=row_id, **shown)
    return made


class Proposal(Value):
    """What a request for a row says where nobody says it otherwise; `what` is empty when nothing of it failed."""

    what: str = ""
    clears_when: str = ""
    priority: Priority = "medium"
    suggested_filename: str | None = None


def proposal(ws: Workspace, record: SessionRecord, requirement_id: str) -> Proposal:
    """The request that `request_revision` would make of the row as it stands, for a person to look at first."""
    validation = results.load_validation(ws, record)
    row = conflicts.judged(ws, record).get(requirement_id)
    failed = _failed(row, None) if row else []
    return Proposal(
        what=_lacking(failed),
        clears_when=_clears(failed),
        priority=priority_of(requirement_id, validation),
        suggested_filename=_suggested(ws, record, requirement_id, failed, validation),
    )


def resolve_revision(
    ws: Workspace, session_id: str, revision_id: str, note: str, by: str, expected_revision: int | None = None
) -> RevisionRequest:
    """Say that a request is settled, and how; one that is settled already is a UsageError."""
    text = lookup.said("note", note)
    with conflicts.acting(
        ws, session_id, by, expected_revision, lambda _: conflicts.revision(revision_id), note=text
    ) as tx:
        found = tx.record.revisions.get(revision_id)
        if found is None:
            known = ", ".join(sorted(tx.record.revisions)) or "none"
            raise NotFound(f"{session_id} has no request for revision {revision_id!r}.", f"It has: {known}.")
        if found.status == "resolved":
            raise UsageError(f"{revision_id} was resolved by {found.resolved_by}.", "Ask for what is lacking anew.")
        now = in_present(ws, tx.record, found)
        update = {"status": "resolved", "answered_with": now.answered_with, "note": text}
        made = found.model_copy(update={**update, "resolved_by": tx.actor, "resolved_at": ws.now()})
        tx.update(revisions={**tx.record.revisions, revision_id: made})
        tx.log("revision_resolved", revision_id=revision_id, requirement_id=found.requirement_id, was=now.status,
               answered_with=list(now.answered_with), note=text)  # fmt: skip
    return made


# --- has it been answered? --------------------------------------------------------------------------------------------


def in_present(ws: Workspace, record: SessionRecord, revision: RevisionRequest) -> RevisionRequest:
    """The request as it stands by the session's last results."""
    return as_it_stands(revision, results.load_inventory(ws, record), results.load_validation(ws, record))


def all_in_present(ws: Workspace, record: SessionRecord) -> tuple[RevisionRequest, ...]:
    """Every request of the session as it stands, in the order they were made."""
    if not record.revisions:
        return ()
    inventory, validation = results.load_inventory(ws, record), results.load_validation(ws, record)
    return in_order(record.revisions.values(), inventory, validation)


def in_order(
    revisions: Iterable[RevisionRequest], inventory: Inventory | None, validation: ValidationResult | None
) -> tuple[RevisionRequest, ...]:
    """The requests as they stand, oldest first."""
    listed = sorted(revisions, key=lambda one: int(one.revision_id.partition("-")[2]))
    return tuple(as_it_stands(one, inventory, validation) for one in listed)


def as_it_stands(
    revision: RevisionRequest, inventory: Inventory | None, validation: ValidationResult | None
) -> RevisionRequest:
    """`answered`, with the files that did it, when what had failed passes now or what was absent is there.

    A request that stands on no failed test is answered by a new file of the name that was suggested. A person resolves
    it in any case.
    """
    if revision.status == "resolved" or inventory is None or validation is None:
        return revision
    row = next((r for r in validation.requirements if r.requirement_id == revision.requirement_id), None)
    if row is None:
        return revision
    new = [d for d in inventory.documents if d.document_id not in revision.known and d.status in USABLE]
    if revision.tests or revision.absent:
        passed = {test.test for test in row.tests if test.outcome == "pass"}
        cleared = bool(revision.tests) and set(revision.tests) <= passed
        came = bool(revision.absent) and bool(new) and not set(revision.absent) & set(row.expected_but_absent)
        files = _that_did_it(row, new, validation) if cleared or came else []
        answered = cleared or bool(files)
    else:
        wanted = _bare(revision.suggested_filename or "")
        files = [d for d in new if wanted and wanted in {_bare(name) for name in (d.filename, *d.names)}]
        answered = bool(files)
    if not answered:
        return revision
    names = tuple(sorted(d.filename for d in files))
    return revision.model_copy(update={"status": "answered", "answered_with": names})


def _that_did_it(row: RequirementResult, new: Sequence[Document], validation: ValidationResult) -> list[Document]:
    """Of the documents that came later, those that the row quotes or names, or that are papers it had named."""
    quoted = {item.sha256 for item in row.evidence}
    papers = {paper.received_id for paper in validation.papers if paper.received_id}
    told = " ".join([row.reason, *(test.message for test in row.tests if test.outcome != "not_run")])
    return [d for d in new if d.sha256 in quoted or d.document_id in papers or d.filename in told]


def _bare(name: str) -> str:
    """A file's name without its ending, spaces, marks and capitals."""
    return re.sub(r"[\W_]+", "", PurePosixPath(name).stem.casefold())


# --- what is not said is taken from the row --------------------------------------------------------------------------


def _failed(row: RequirementResult, names: Sequence[str] | None) -> list[TestResult]:
    """The tests of a row that failed, or those of them that are named."""
    failed = [test for test in row.tests if test.outcome == "fail"]
    if unknown := set(names or ()) - {test.test for test in failed}:
        known = ", ".join(test.test for test in failed) or "none"
        what = f"No test {', '.join(sorted(unknown))} of {row.requirement_id} has failed."
        raise UsageError(what, f"These have: {known}.")
    return [test for test in failed if names is None or test.test in names]


def _lacking(failed: Sequence[TestResult]) -> str:
    return " ".join(dict.fromkeys(test.message for test in failed))


def _clears(failed: Sequence[TestResult]) -> str:
    return " ".join(dict.fromkeys(test.clears_when for test in failed if test.clears_when))


def priority_of(requirement_id: str, validation: ValidationResult | None) -> Priority:
    """As severe as the worst exception that concerns the row; medium without one. Critical is a person's word only."""
    concerned = [e for e in validation.exceptions if requirement_id in e.requirement_ids] if validation else []
    return _PRIORITY[concerned[0].severity] if concerned else "medium"  # exceptions stand worst first


def _suggested(
    ws: Workspace, record: SessionRecord, row_id: str, failed: Sequence[TestResult], validation: ValidationResult | None
) -> str | None:
    """A name for the file that is asked for first: the project's file id, and what it is."""
    checklist = results.load_checklist(ws, record)
    asked = next(one for one in checklist.requirements if one.requirement_id == row_id)
    row = next((one for one in validation.requirements if one.requirement_id == row_id), None) if validation else None
    if not failed or row is None or validation is None:
        return None
    kinds = {test.test: _kind_of(test) for test in asked.tests}
    head = _file_id(validation)
    wanted = [kinds.get(test.test, "project_plan") for test in failed]
    # A paper beside the plan can be sent at once; a newer plan is the proponent's work.
    kind = next((one for one in wanted if one != "project_plan"), "project_plan")
    if kind == "named paper":
        name = row.expected_but_absent[0] if row.expected_but_absent else FILE_NAMES["land_tenure"]
        return f"{head}{name}" if PurePosixPath(name).suffix else f"{head}{name}.pdf"
    if kind == "project_plan":
        version = next((fact.value for fact in validation.header if fact.name == "plan_version"), "")
        return f"{head}Project Plan{f'-{int(version) + 1}' if version.isdecimal() else ''}.pdf"
    return f"{head}{FILE_NAMES.get(kind, kind.replace('_', ' ').title() + '.pdf')}"


def _kind_of(test: Test) -> str:
    """The type of document that a failed test would be mended by; the plan unless it is about another paper."""
    if test.kind == "document":
        return test.documents[0]
    return _MENDED_BY.get(test.kind, "project_plan")


def _file_id(validation: ValidationResult) -> str:
    own = {fact.name: fact.value for fact in validation.header}
    found = _FILE_ID.search(own.get("project_id", "")) or _FILE_ID.search(own.get("project_name", ""))
    return f"{found[0]} " if found else ""


#: What mends a failed test, by its kind; every other kind is about the plan's own words.
_MENDED_BY = {
    "boundary": "gis_boundary",
    "map_age": "land_cover_map",
    "workbook_years": "farm_management_records",
    "register": "land_tenure",
    "papers": "named paper",
}
#: What such a file is best called, after the project's file id.
FILE_NAMES: dict[str, str] = {
    "land_tenure": "Land Register.pdf",
    "land_cover_map": "Land Cover Map.pdf",
    "gis_boundary": "Boundary.zip",
    "farm_management_records": "Historic Yields.xlsx",
    "ghg_emissions": "GHG Emissions.pdf",
}
