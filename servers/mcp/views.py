"""What the tools that look answer: the shapes of every door with fewer fields, list by list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from pipeline.decisions.claims import claims_of
from pipeline.desk import rows as desk_rows
from pipeline.desk.sessions import everything, status_with_slips
from pipeline.home import lookup
from pipeline.models import SCHEMA_VERSION, RowStatus, SessionRecord, Severity
from pipeline.reporting.people import decided
from pipeline.status.session import look_around, status_of
from pipeline.workflow import results
from servers.mcp import briefs
from servers.mcp.briefs import View
from servers.mcp.fitting import MOST_ITEMS, Part, fitted, paged, plain, whole

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The lists of a status, by the name of the view that gives each whole.
StatusView = Literal[
    "summary", "waits", "questions", "refused", "superseded", "unreadable", "to_look_at", "notes", "alarms", "warnings",
    "waiting_files", "document_sources", "revisions", "inbox", "left_alone",
]  # fmt: skip
#: What a session holds beside its status, by the name of the view that gives it.
SessionView = Literal[
    "summary", "documents", "mappings", "findings", "requirements", "checks", "exceptions", "claims", "titles",
    "papers", "plan_differences",
]  # fmt: skip
#: Sessions of which a page may hold some, when nobody said how many; each is read.
_SESSIONS = {"summary": 50, "full": 12}


def status(ws: Workspace, record: SessionRecord, view: StatusView, limit: int | None, offset: int) -> dict[str, Any]:
    """Where a session stands: whole when it fits, as at every door; else its lists are cut, and a view gives each."""
    value = plain(status_with_slips(ws, record))
    if view == "summary":
        of = record.session_id
        return whole(value, {name: f'get_status("{of}", view="{name}", offset=' for name in get_args(StatusView)[1:]})
    elsewhere = {"revisions": ("review", "revisions"), "inbox": ("surroundings", "waiting")}
    elsewhere["left_alone"] = ("surroundings", "left_alone")
    section, name = elsewhere.get(view, ("", view))
    items = value[section][name] if section else value[name]
    head = {"session_id": record.session_id, "view": view}
    more = f'get_status("{record.session_id}", view="{view}", offset='
    return paged(head, view, items, lambda one: one, more, limit, offset)


def sessions(ws: Workspace, view: View, limit: int | None, offset: int) -> dict[str, Any]:
    """Sessions, the newest first; only those of the page are read. Damaged ones are named in their place."""
    ids = sorted(ws.sessions.ids(), reverse=True)
    around = look_around(ws)
    chosen = ids[offset : offset + (limit or _SESSIONS[view])]

    def entry(session_id: str) -> dict[str, Any]:
        found, damaged = everything(ws, around, [session_id])
        if damaged:
            return {"session_id": session_id, "status": "damaged", "reason": damaged[0]}
        value = plain(found[0]) if found else {"session_id": session_id, "status": "deleted"}
        # What is true of the whole home is told by get_status, not once for every session.
        value.pop("surroundings", None)
        return briefs.session(value) if view == "summary" and found else value

    entries = [entry(session_id) for session_id in chosen]
    part = Part("sessions", entries, "list_sessions(offset=", offset, len(ids), limit is not None)
    head = {"schema_version": SCHEMA_VERSION, "order": "newest first", "total": len(ids), "offset": offset}
    answer = fitted(head, [part])
    end = offset + len(answer["sessions"])
    return {**answer, "next_offset": end if end < len(ids) else None}


def session(ws: Workspace, record: SessionRecord, view: SessionView, limit: int | None, offset: int) -> dict[str, Any]:
    """One session in short, with the beginning of its lists; or one of its lists, whole."""
    if view == "summary":
        return _summary(ws, record)
    head = {"session_id": record.session_id, "view": view}
    more = f'load_session("{record.session_id}", view="{view}", offset='
    return paged(head, view, listed(ws, record, view), plain, more, limit, offset)


def _summary(ws: Workspace, record: SessionRecord) -> dict[str, Any]:
    value = plain(status_of(ws, record))
    of = record.session_id
    kept = (
        "schema_version", "session_id", "project_metadata", "status", "statistics", "advance_to", "revision",
        "created_at", "updated_at", "points_to", "next_action",
    )  # fmt: skip
    head = {key: value[key] for key in kept}
    head["workflow_progress"] = {key: stage["status"] for key, stage in value["workflow_progress"].items()}
    lists = _lists(ws, record, get_args(SessionView)[1:])
    shown: dict[str, Callable[[dict[str, Any]], Any]]
    shown = {"exceptions": briefs.exception, "requirements": briefs.row, "documents": briefs.document}
    head["counts"] = {name: len(found) for name, found in lists.items()}
    more = {
        "exceptions": f'list_exceptions("{of}", offset=',
        "requirements": f'list_requirements("{of}", offset=',
        "documents": f'load_session("{of}", view="documents", offset=',
    }
    parts = [part_of(name, lists[name], brief, more[name]) for name, brief in shown.items()]
    waits = Part("waits", value["waits"], f'get_status("{of}", view="waits", offset=')
    return fitted(head, [waits, *parts])


def listed(ws: Workspace, record: SessionRecord, name: str) -> Sequence[Any]:
    """One of a session's lists as it was last made; empty before."""
    return _lists(ws, record, [name])[name]


def _lists(ws: Workspace, record: SessionRecord, names: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Lists by their names; each result is read once."""
    found: dict[str, Sequence[Any]] = {}
    if "documents" in names:
        inventory = results.load_inventory(ws, record)
        found["documents"] = inventory.documents if inventory else list(record.documents.values())
    if "mappings" in names:
        mapping = results.load_mapping(ws, record)
        found["mappings"] = mapping.mappings if mapping else ()
    if "findings" in names:
        extraction = results.load_extraction(ws, record)
        found["findings"] = extraction.requirements if extraction else ()
    if "claims" in names:
        found["claims"] = claims_of(ws, record)
    if others := [name for name in names if name not in found]:
        validation = results.load_validation(ws, record)
        found |= {name: getattr(validation, name) if validation else () for name in others}
    if "requirements" in found:
        found["requirements"] = [decided(record, row) for row in found["requirements"]]
    return found


def requirements(
    ws: Workspace, record: SessionRecord, status: RowStatus | None, view: View, limit: int | None, offset: int
) -> dict[str, Any]:
    """The rows in the checklist's order, or those of one status; NotMadeYet before they were judged."""
    rows = [decided(record, row) for row in desk_rows.judged_rows(ws, record)]
    head = {"session_id": record.session_id, "by_status": dict(Counter(row.status for row in rows))}
    chosen = [row for row in rows if status in (None, row.status)]
    brief = briefs.row if view == "summary" else dict
    more = _more("list_requirements", record, status=status, view=view)
    return paged(head, "requirements", chosen, lambda row: brief(plain(row)), more, limit, offset)


def exceptions(
    ws: Workspace, record: SessionRecord, severity: Severity | None, view: View, limit: int | None, offset: int
) -> dict[str, Any]:
    """What a person must look at, worst first, or what is of one severity; NotMadeYet before the checks ran."""
    desk_rows.judged_rows(ws, record)
    found = listed(ws, record, "exceptions")
    head = {"session_id": record.session_id, "by_severity": dict(Counter(one.severity for one in found))}
    chosen = [one for one in found if severity in (None, one.severity)]
    brief = briefs.exception if view == "summary" else dict
    more = _more("list_exceptions", record, severity=severity, view=view)
    return paged(head, "exceptions", chosen, lambda one: brief(plain(one)), more, limit, offset)


def requirement(
    ws: Workspace, record: SessionRecord, requirement_id: str, view: View, limit: int | None, offset: int
) -> dict[str, Any]:
    """One row with its tests and its quotes, best first."""
    row = plain(desk_rows.judged(ws, record, requirement_id))
    quotes = row.pop("evidence")
    brief = briefs.quote if view == "summary" else dict
    more = _more("get_requirement", record, requirement_id=row["requirement_id"], view=view)
    return paged(row, "evidence", quotes, brief, more, limit, offset)


def document(
    ws: Workspace, record: SessionRecord, text: str, view: View, limit: int | None, offset: int
) -> dict[str, Any]:
    """One document: what it is and why, the rows that look at it, and what is quoted from it, row by row."""
    known = lookup.document(text, record)
    lists = _lists(ws, record, ["documents", "requirements", "findings", "mappings"])
    rows = lists["requirements"] or lists["findings"]
    quotes = [
        {"requirement_id": row.requirement_id, **plain(quote)}
        for row in rows
        for quote in row.evidence
        if quote.document_id == known.document_id
    ]
    value = plain(next((d for d in lists["documents"] if d.document_id == known.document_id), known))
    mapped = [m.requirement_id for m in lists["mappings"] if known.document_id in m.document_ids]
    head = {"session_id": record.session_id, **value, "mapped_to": mapped}
    if view == "summary":
        head = {key: one for key, one in head.items() if one not in (None, [], {}, ())}
    brief = briefs.quote if view == "summary" else dict
    more = _more("get_document", record, document=known.document_id, view=view)
    return paged(head, "evidence", quotes, brief, more, limit, offset)


def part_of(name: str, items: Sequence[Any], brief: Callable[[dict[str, Any]], Any], more: str) -> Part:
    """A list as a part of an answer, each item in brief; `more` as in Part."""
    return Part(name, [brief(plain(one)) for one in items[:MOST_ITEMS]], more, total=len(items))


def _more(tool: str, record: SessionRecord, **given: Any) -> str:
    """The same call, up to its offset."""
    said = "".join(f'{key}="{value}", ' for key, value in given.items() if value not in (None, "summary"))
    return f'{tool}("{record.session_id}", {said}offset='
