"""The report as a pure function of what was submitted, what was found and the checklist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from pipeline import __version__
from pipeline.decisions.claims import shown_claims
from pipeline.decisions.determination import standing_of
from pipeline.decisions.revision_requests import in_order
from pipeline.decisions.standing import as_shown
from pipeline.errors import ReviewError
from pipeline.models import (
    CheckOutcome,
    CheckResult,
    Decision,
    Document,
    DocumentType,
    Inventory,
    Report,
    RequirementResult,
    RowStatus,
    SessionRecord,
    ValidationResult,
)
from pipeline.models.digests import digest

if TYPE_CHECKING:
    from pipeline.checklists import Checklist

_TYPE_ORDER = {kind: place for place, kind in enumerate(get_args(DocumentType))}
_OUTCOME_ORDER = {"fail": 0, "warning": 1, "not_run": 2, "pass": 3}
_SEVERITY_ORDER = {"high": 0, "medium": 1, "low": 2}


def build_report(
    record: SessionRecord, inventory: Inventory, validation: ValidationResult, checklist: Checklist
) -> Report:
    """Put a session's results into one report; the same inputs give the same value, whatever the time of day.

    Raises ReviewError when the rows are not exactly the checklist's: a row that was never judged must not read as
    missing evidence.
    """
    documents = tuple(sorted((_steady(d) for d in inventory.documents), key=_document_place))
    return Report(
        # The time of the newest input, not of the run: a second run of the same inputs gives the same bytes.
        generated_at=max([*(d.added_at for d in documents), *_spoken_at(record)], default=record.created_at),
        session=_session(record),
        checklist={
            "methodology": checklist.methodology,
            "title": checklist.title,
            "version": checklist.version,
            "source": checklist.source,
        },
        header=validation.header,
        documents=documents,
        requirements=_rows(validation, checklist, record.decisions),
        checks=tuple(sorted(validation.checks, key=_check_place)),
        exceptions=tuple(sorted(validation.exceptions, key=lambda e: _SEVERITY_ORDER[e.severity])),
        titles=validation.titles,
        papers=validation.papers,
        plan_differences=validation.plan_differences,
        summary=summarise(validation.requirements, validation.checks),
        provenance={
            "inputs_fingerprint": inputs_fingerprint(documents, checklist.sha256),
            "program_version": __version__,
            "checklist_sha256": checklist.sha256,
        },
        annotations=tuple(record.annotations[key] for key in sorted(record.annotations, key=_number)),
        revisions=in_order(record.revisions.values(), inventory, validation),
        determination=record.determination,
        determination_state=standing_of(record, validation.requirements),
        discarded=tuple(one for _, one in sorted(record.discarded.items())),
        remapped=tuple(one for _, one in sorted(record.remapped.items())),
        claims=shown_claims(record, inventory),
    )


def _spoken_at(record: SessionRecord) -> list[datetime]:
    """When people said what the report holds of their words."""
    tables = (record.decisions, record.annotations, record.revisions, record.discarded, record.remapped)
    said = [one.at for table in tables for one in table.values()]
    said += [claim.at for claim in record.claims.values()]
    said += [one.resolved_at for one in record.revisions.values() if one.resolved_at]
    return [*said, record.determination.at] if record.determination else said


def _number(key: str) -> int:
    """Of "note-12"; such keys stand in the order they were given."""
    return int(key.rpartition("-")[2])


def summarise(rows: Sequence[RequirementResult], checks: Sequence[CheckResult]) -> dict[str, Any]:
    """Count rows by status and checks by outcome; every status and outcome is named, also at zero."""
    statuses = [row.status for row in rows]
    outcomes = [check.outcome for check in checks]
    counted: dict[str, Any] = {status: statuses.count(status) for status in get_args(RowStatus)}
    counted["requirements_total"] = len(rows)
    counted["checks"] = {outcome: outcomes.count(outcome) for outcome in get_args(CheckOutcome)}
    return counted


def inputs_fingerprint(documents: Sequence[Document], checklist_sha256: str) -> str:
    """One hash over what the report was made from: contents, their types and statuses, the checklist, the program.

    Names, paths, sessions and times are left out, so two sessions with the same content have the same fingerprint.
    """
    contents = sorted(
        # The other files of a map layer are inputs as well; they follow the one that stands for it.
        (d.sha256, d.document_type, d.status, d.superseded_by or "", *sorted(part.sha256 for part in d.parts))
        for d in documents
    )
    return digest("report inputs", contents, checklist_sha256, __version__)


def _rows(
    validation: ValidationResult, checklist: Checklist, decisions: Mapping[str, Decision]
) -> tuple[RequirementResult, ...]:
    """The rows in the checklist's order, under the checklist's category and title, with people's decisions on them."""
    found = {row.requirement_id: row for row in validation.requirements}
    asked = [requirement.requirement_id for requirement in checklist.requirements]
    if len(found) != len(validation.requirements) or sorted(found) != sorted(asked):
        unmatched = ", ".join(sorted(set(found).symmetric_difference(asked))) or "a row stands twice"
        raise ReviewError(
            f"The checked rows are not the rows of {checklist.methodology}: {unmatched}.",
            "Run `validate` again; if it stays, the checklist file has changed under the session.",
        )
    rows = []
    for r in checklist.requirements:
        row = found[r.requirement_id]
        said = decisions.get(r.requirement_id)
        decision = as_shown(said, row) if said else None
        rows.append(row.model_copy(update={"category": r.category, "title": r.title, "decision": decision}))
    return tuple(rows)


def _session(record: SessionRecord) -> dict[str, Any]:
    """What of the session belongs into a report: nothing that changes by merely working on it."""
    return {
        "session_id": record.session_id,
        "project_metadata": record.project_metadata.model_dump(mode="json"),
        "document_sources": [source.model_dump(mode="json") for _, source in sorted(record.sources.items())],
        "created_at": record.created_at.isoformat().replace("+00:00", "Z"),
    }


def _steady(document: Document) -> Document:
    """The document with its names in one fixed order, whatever the order they arrived in."""
    return document.model_copy(update={"names": tuple(sorted(document.names))})


def _document_place(document: Document) -> tuple[int, str, str]:
    return _TYPE_ORDER[document.document_type], document.filename.casefold(), document.sha256


def _check_place(check: CheckResult) -> tuple[int, int]:
    """What needs a person first; within that the order the rules were declared in, because sorting is stable."""
    return _OUTCOME_ORDER[check.outcome], _SEVERITY_ORDER[check.severity]
