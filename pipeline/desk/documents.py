"""A session's documents for somebody who has to look after them: what needs a look first, then what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.models import Document, DocumentRecord, Inventory, Value

if TYPE_CHECKING:
    from pipeline.models import SessionRecord

#: Why software could not use a file, which decides where it is listed.
_UNUSABLE = ("unreadable", "quarantined")
_IN_USE = ("pinned", "in_scope")


class Holding(Value):
    """A document: as it was received, and as discovery last knew it; `known` is None before that."""

    received: DocumentRecord
    known: Document | None = None
    #: What replaced it, by name; `why` is how that was recognised.
    superseded_by: str | None = None
    why: str = ""


class Group(Value):
    """Documents with something in common."""

    key: str
    title: str
    holdings: tuple[Holding, ...]


def holdings_of(record: SessionRecord, inventory: Inventory | None) -> tuple[Group, ...]:
    """Every document of the session in exactly one group; groups without any are left out."""
    known = {one.document_id: one for one in inventory.documents} if inventory else {}
    parts = {part.document_id for one in known.values() for part in one.parts}
    found: dict[str, list[Holding]] = {key: [] for key in _TITLES}
    for one in record.documents.values():
        document = known.get(one.document_id)
        if document is None and one.document_id in parts:
            continue  # a file of a map layer, told with the layer
        found[_group(one, document)].append(_holding(record, one, document))
    return tuple(Group(key=key, title=_TITLES[key], holdings=tuple(held)) for key, held in found.items() if held)


_TITLES = {
    "trouble": "Could not be read",
    "look": "Listed and not read: somebody has to look",
    "new": "Not looked at yet",
    "use": "In use",
    "replaced": "Replaced by a newer version",
    "aside": "Set aside",
}


def _group(one: DocumentRecord, document: Document | None) -> str:
    if one.reviewer_status == "ignored":
        return "aside"
    if document is None:
        return "replaced" if one.superseded_by else "new"
    if document.status in _UNUSABLE:
        return "trouble"
    if document.look and document.status in _IN_USE:
        return "look"
    if document.status in _IN_USE:
        return "use"
    return "replaced" if document.status == "superseded" else "aside"


def _holding(record: SessionRecord, one: DocumentRecord, document: Document | None) -> Holding:
    newer = one.superseded_by or (document.superseded_by if document else None)
    if newer is None or (document is not None and document.status != "superseded"):
        return Holding(received=one, known=document)
    named = record.documents.get(newer)
    by_path = "came later under the same path in the same source"
    by_content = document.notes[0] if document and document.notes else "recognised by its content"
    why = by_path if one.superseded_by else by_content
    return Holding(received=one, known=document, superseded_by=named.filename if named else newer, why=why)
