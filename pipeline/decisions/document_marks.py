"""A person's words on documents: in use or not, of which type, and looked at for which row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from pipeline.decisions import conflicts
from pipeline.errors import UsageError
from pipeline.home import lookup
from pipeline.models import DocumentRecord, DocumentType, MappingOverride

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def pin_document(
    ws: Workspace, session_id: str, document: str, reason: str, by: str, expected_revision: int | None = None
) -> DocumentRecord:
    """Keep a document in use whatever is newer, before others of its type; `document` is an id or a name."""
    return _mark(ws, session_id, document, "pinned", reason, by, expected_revision)


def ignore_document(
    ws: Workspace, session_id: str, document: str, reason: str, by: str, expected_revision: int | None = None
) -> DocumentRecord:
    """Set a document aside: it stays in the inventory and is no evidence; what it superseded counts again."""
    return _mark(ws, session_id, document, "ignored", reason, by, expected_revision)


def unmark_document(
    ws: Workspace, session_id: str, document: str, reason: str, by: str, expected_revision: int | None = None
) -> DocumentRecord:
    """Take back what a person said of a document: pinned, ignored, and its type."""
    why = lookup.said("reason", reason)
    update = {"reviewer_status": None, "reviewer_type": None}
    return _change(ws, session_id, document, update, "document_unmarked", why, by, expected_revision)


def reclassify_document(
    ws: Workspace,
    session_id: str,
    document: str,
    document_type: DocumentType,
    reason: str,
    by: str,
    expected_revision: int | None = None,
) -> DocumentRecord:
    """Say what a document is; its content is not asked any more."""
    lookup.one_of("type of document", document_type, get_args(DocumentType))
    why = lookup.said("reason", reason)
    update = {"reviewer_type": document_type}
    return _change(ws, session_id, document, update, "document_reclassified", why, by, expected_revision)


def _mark(
    ws: Workspace,
    session_id: str,
    document: str,
    status: Literal["pinned", "ignored"],
    reason: str,
    by: str,
    expected_revision: int | None,
) -> DocumentRecord:
    why = lookup.said("reason", reason)
    return _change(ws, session_id, document, {"reviewer_status": status}, f"document_{status}", why, by,
                   expected_revision)  # fmt: skip


def _change(
    ws: Workspace,
    session_id: str,
    document: str,
    update: dict[str, Any],
    action: str,
    reason: str,
    by: str,
    expected_revision: int | None,
) -> DocumentRecord:
    named = lookup.document(document, ws.sessions.read(session_id))
    target = conflicts.document(named.document_id, named.filename)
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: target, **update, reason=reason) as tx:
        found = lookup.document(named.document_id, tx.record)
        said = {"reviewer": tx.actor, "reviewer_reason": reason, "reviewer_at": ws.now()}
        changed = found.model_copy(update={**update, **said})
        tx.put_document(changed)
        was = {name: getattr(found, name) for name in update}
        tx.log(action, document_id=found.document_id, filename=found.filename, **update, was=was, reason=reason)
    return changed


def remap(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    reason: str,
    by: str,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    expected_revision: int | None = None,
) -> MappingOverride:
    """Say which documents are looked at for a row: some more, some not, or, with neither, just as they are.

    It stands beside what was said before; the last word on a document counts. A new mapping keeps to it. A document
    that is added counts for this row as a document of the type the row lacks. Documents by id or name.
    """
    why = lookup.said("reason", reason)
    record = ws.sessions.read(session_id)
    row = conflicts.requirement_id(ws, record, requirement_id)
    more = [lookup.document(text, record).document_id for text in add]
    less = [lookup.document(text, record).document_id for text in remove]
    if both := set(more) & set(less):
        names = ", ".join(sorted(record.documents[key].filename for key in both))
        raise UsageError(f"{names}: cannot be added and removed at once.", "Name it once.")
    wanted = {"added": more, "removed": less, "reason": why}
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row), **wanted) as tx:
        before = tx.record.remapped.get(row)
        added = [*(before.added if before else ()), *more]
        removed = [*(before.removed if before else ()), *less]
        made = MappingOverride(
            requirement_id=row,
            added=tuple(dict.fromkeys(key for key in added if key not in less)),
            removed=tuple(dict.fromkeys(key for key in removed if key not in more)),
            reason=why,
            by=tx.actor,
            at=ws.now(),
        )
        tx.update(remapped={**tx.record.remapped, row: made})
        tx.log("mapping_changed", requirement_id=row, added=more, removed=less, reason=why)
    return made


def clear_mapping(
    ws: Workspace, session_id: str, requirement_id: str, reason: str, by: str, expected_revision: int | None = None
) -> MappingOverride:
    """Take back what a person said of a row's documents: the checklist's table holds again."""
    why = lookup.said("reason", reason)
    row = conflicts.requirement_id(ws, ws.sessions.read(session_id), requirement_id)
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row), reason=why) as tx:
        left = dict(tx.record.remapped)
        gone = left.pop(row, None)
        if gone is None:
            raise UsageError(f"The documents of {row} are the checklist's own.", f"See `map {session_id}`.")
        tx.update(remapped=left)
        tx.log("mapping_changed", requirement_id=row, cleared=True, reason=why)
    return gone
