"""What the tools that do something answer: counts, what is not as it should be, and which call gives more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.desk.stage_result import report_in_short
from pipeline.errors import UsageError
from pipeline.models import SCHEMA_VERSION, AddResult, SessionRecord
from pipeline.workflow import results
from servers.mcp import briefs
from servers.mcp.fitting import MOST_ITEMS, ROOM, Part, fitted, plain, whole
from servers.mcp.views import listed, part_of, status

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The head of a stage's answer, and its lists.
Made = tuple[dict[str, Any], list[Part]]


def added(result: AddResult, room: int = ROOM) -> dict[str, Any]:
    """What became of each file; when they are too many, what was refused or is not new comes first."""
    value = whole(plain(result), room=room)
    if "left_out" not in value:
        return value
    order = ("refused", "new_version", "duplicate", "added")
    files = sorted(result.files, key=lambda one: order.index(one.outcome))
    outcomes = Counter(one.outcome for one in files)
    head = {key: one for key, one in plain(result).items() if key != "files"}
    part = Part("files", [plain(one) for one in files[:MOST_ITEMS]], total=len(files))
    answer = fitted({**head, "outcomes": dict(outcomes)}, [part], room - 200)
    if "files" in answer.get("left_out", {}):
        # No offset leads on: the call is over, but nothing of it is lost.
        answer["left_out"]["files"]["more"] = (
            f'load_session("{result.session_id}", view="documents"); get_status(view="refused")'
        )
    return answer


def stage(ws: Workspace, record: SessionRecord, verb: str, room: int = ROOM) -> dict[str, Any]:
    """What a stage gave, in short: its counts, what is not as it should be, and which call gives more."""
    if not record.documents:
        return status(ws, record, "summary", None, 0)
    head, parts = _STAGE[verb](ws, record)
    return fitted({"schema_version": SCHEMA_VERSION, "session_id": record.session_id, **head}, parts, room)


def _discovered(ws: Workspace, record: SessionRecord) -> Made:
    inventory = results.load_inventory(ws, record)
    if inventory is None:
        raise UsageError(f"{record.session_id} has no inventory just now.", "Call discover_documents again.")
    head = {
        "documents_found": len(inventory.documents),
        "classification_summary": inventory.classification_summary,
        "by_status": dict(Counter(one.status for one in inventory.documents)),
        "next": "map_requirements, or generate_report for everything",
    }
    scanned = plain(list(inventory.sources_scanned))
    sources = Part("sources_scanned", scanned[:MOST_ITEMS], total=len(scanned))
    more = f'load_session("{record.session_id}", view="documents", offset='
    return head, [sources, part_of("documents", inventory.documents, briefs.document, more)]


def _mapped(ws: Workspace, record: SessionRecord) -> Made:
    mappings = listed(ws, record, "mappings")
    head = {
        "by_status": dict(Counter(one.status for one in mappings)),
        "without_documents": [one.requirement_id for one in mappings if not one.document_ids],
        "next": "extract_evidence",
    }
    more = f'load_session("{record.session_id}", view="mappings", offset='
    return head, [part_of("mappings", mappings, briefs.mapping, more)]


def _extracted(ws: Workspace, record: SessionRecord) -> Made:
    extraction = results.load_extraction(ws, record)
    if extraction is None:
        raise UsageError(f"{record.session_id} has no evidence just now.", "Call extract_evidence again.")
    found = extraction.requirements
    counts = {name: len(getattr(extraction, name)) for name in ("facts", "registers", "reviews", "papers")}
    head = {
        "plan_document_id": extraction.plan_document_id,
        "counts": {"quotes": sum(len(one.evidence) for one in found), **counts},
        "unanswered": [one.requirement_id for one in found if not one.answered],
        "next": "cross_validate; get_requirement gives a row with its quotes after that",
    }
    more = f'load_session("{record.session_id}", view="findings", offset='
    return head, [part_of("requirements", found, briefs.finding, more)]


def _validated(ws: Workspace, record: SessionRecord) -> Made:
    of = record.session_id
    rows, checks = listed(ws, record, "requirements"), listed(ws, record, "checks")
    told = [one for one in checks if one.outcome != "pass"]
    head = {
        "summary": {**Counter(row.status for row in rows), "checks": dict(Counter(one.outcome for one in checks))},
        "next": "generate_report, then list_exceptions and get_requirement with a person",
    }
    return head, [
        part_of("exceptions", listed(ws, record, "exceptions"), briefs.exception, f'list_exceptions("{of}", offset='),
        part_of("requirements", rows, lambda row: briefs.row(row, 120), f'list_requirements("{of}", offset='),
        part_of("checks", told, briefs.check, f'load_session("{of}", view="checks", offset='),
    ]


def _reported(ws: Workspace, record: SessionRecord) -> Made:
    of = record.session_id
    made = plain(report_in_short(ws, record).value)
    head = {
        "paths": made["paths"],
        "summary": made["summary"],
        "resources": {
            f"report://{of}/md": "the report for reading, in stretches of 20,000 characters",
            f"report://{of}/json": "the whole report, which can be very long; ?part=exceptions is one list of it",
            f"report://{of}/pdf": "the registry's form to hand on; docx and xlsx likewise",
        },
        "next": "show a person the exceptions; get_requirement for a row; record_decision for what they say",
    }
    return head, [part_of("exceptions", made["exceptions"], briefs.exception, f'list_exceptions("{of}", offset=')]


_STAGE: dict[str, Callable[[Workspace, SessionRecord], Made]] = {
    "discover": _discovered,
    "map": _mapped,
    "extract": _extracted,
    "validate": _validated,
    "report": _reported,
}
