"""Records and readings to the inventory: a pure function, so that arrival, clock and place play no part."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, get_args

from pipeline.classification import Classification, classify
from pipeline.classification.layers import Layer, layers_of
from pipeline.classification.opaque import who_looks
from pipeline.classification.versions import Versions, find_versions
from pipeline.models import Document, DocumentRecord, DocumentStatus, DocumentType, Inventory, Part, Reading
from pipeline.reading.attention import look_at
from pipeline.reading.damage import NO_END_MARK
from pipeline.reading.defects import place_of, way_of
from pipeline.reading.given import Unread
from pipeline.reading.stopping import OF_PASSES

log = logging.getLogger("registry_review.discovery")

#: The order types are listed in.
TYPE_ORDER: tuple[DocumentType, ...] = get_args(DocumentType)
#: Types that say nothing of what the project did.
_NEVER_EVIDENCE: dict[DocumentType, str] = {
    "registry_review": "Excluded: a registry review repeats the answers it is to check, so it is never evidence.",
    "methodology_reference": "Excluded: rules and handbooks say what projects must do, never what this one did.",
}
#: What the ending of a name promises, as the reader's word for it.
_PROMISES = {".pdf": "pdf", ".xlsx": "xlsx", ".xls": "xls", ".docx": "docx"}
_KINDS = {
    "pdf": "a PDF",
    "xlsx": "a workbook",
    "xls": "a workbook in the old .xls format",
    "zip": "an archive",
    "text": "plain text",
    "csv": "a table as plain text",
    "image": "a picture",
    "tif": "a picture",
    "docx": "a Word document",
    "program": "a program",
}
_UNTOLD = "Whether it is an older version of another document could not be told, by a defect in this program"
_CURE = "Ask for a copy that opens, or add it in another format."


def inventory_from(
    records: Sequence[DocumentRecord],
    readings: Mapping[str, Reading],
    sources_scanned: Sequence[Mapping[str, Any]] = (),
) -> Inventory:
    """The inventory of these documents; `readings` by SHA-256, one for every record.

    Documents come by type (in the order of the contract), then file name, then hash; equal for any order of `records`.
    """
    records = sorted(records, key=lambda record: record.sha256)
    # A newer file that the reviewer ignores takes nobody's place.
    heirs = {record.document_id for record in records if record.reviewer_status != "ignored"}
    layers = {layer.carrier.document_id: layer for layer in layers_of(records)}
    # Parts are listed with their layer and not as documents; a part that carries a layer itself stands for that.
    parts = {part.document_id for layer in layers.values() for part in (*layer.files(), *layer.aside)} - set(layers)
    found = [
        _seen(record, layers.get(record.document_id), readings, heirs)
        for record in records
        if record.document_id not in parts
    ]
    look_at("")  # at several at once
    found = _with_versions(found, {record.document_id: record for record in records})
    by_id = {document.document_id: document for document in found}
    found = [_with_successor(document, by_id) for document in found]
    found.sort(key=lambda document: (TYPE_ORDER.index(document.document_type), document.filename, document.sha256))
    counts = {kind: sum(document.document_type == kind for document in found) for kind in TYPE_ORDER}
    return Inventory(
        documents=tuple(found),
        sources_scanned=tuple(dict(source) for source in sources_scanned),
        classification_summary={kind: count for kind, count in counts.items() if count},
    )


def _seen(record: DocumentRecord, layer: Layer | None, readings: Mapping[str, Reading], heirs: set[str]) -> Document:
    """The document as it is listed; one that meets a defect of this program is quarantined, and costs no other."""
    try:
        # One that is kept apart is listed by its name alone: nothing passes over its words.
        look_at(record.sha256 if readings[record.sha256].status == "ok" else "")
        if layer is not None:
            return _of_layer(record, layer, readings, heirs)
        return _document(record, readings[record.sha256], heirs)
    except (MemoryError, Unread):
        raise  # of the process, and of what was not read yet: neither is the document's doing
    except Exception as error:  # noqa: BLE001 - whatever a document provokes is said of that document
        log.error("A defect in this program met %s: %s", record.document_id, way_of(error))
        return _defect(record, place_of(error))


def _defect(record: DocumentRecord, where: str) -> Document:
    return Document(
        document_id=record.document_id,
        filename=record.filename,
        path=record.path,
        names=record.names,
        sha256=record.sha256,
        size=record.size,
        document_type=record.reviewer_type or "other",
        classified_by=(),
        status="ignored" if record.reviewer_status == "ignored" else "quarantined",
        source_type=record.source_type,
        added_at=record.added_at,
        notes=(OF_PASSES["defect"].format(what=where),),
    )


def _of_layer(record: DocumentRecord, layer: Layer, readings: Mapping[str, Reading], heirs: set[str]) -> Document:
    """The one document that a shapefile is, with its other files named."""
    document = _document(record, layer.reading(readings), heirs)
    parts = (
        Part(document_id=part.document_id, filename=part.filename, sha256=part.sha256, size=part.size)
        for part in layer.files()
    )
    return document.model_copy(update={"parts": tuple(parts), "notes": (layer.sentence(), *document.notes)})


def _document(record: DocumentRecord, reading: Reading, heirs: set[str]) -> Document:
    classification = classify(reading, record.filename, as_type=record.reviewer_type)
    successor = record.superseded_by if record.superseded_by in heirs and record.kept_by is None else None
    status = _status(record, reading, classification, successor)
    notes = (*_status_notes(record, reading, classification, status), *classification.notes)
    listed = reading.reader == "plain" and reading.status == "ok" and not reading.pages and reading.note
    if listed and classification.document_type != "other":
        notes = (*notes, who_looks(classification.document_type))
    return Document(
        document_id=record.document_id,
        filename=record.filename,
        path=record.path,
        names=record.names,
        sha256=record.sha256,
        size=record.size,
        document_type=classification.document_type,
        classified_by=classification.cues,
        status=status,
        superseded_by=successor if status == "superseded" else None,
        visibility=classification.visibility,
        pages=reading.page_count,
        unreadable_pages=reading.unreadable_pages,
        source_type=record.source_type,
        added_at=record.added_at,
        notes=notes,
        look=_look(reading, notes) if listed and status in ("in_scope", "pinned") else None,
        facts=classification.facts,
    )


def _look(reading: Reading, notes: Sequence[str]) -> str:
    """What it is, whether its end is there, and the last note, which says who must look at it and what for."""
    note = reading.note or ""
    half = f"{NO_END_MARK} " if NO_END_MARK in note else ""
    return f"{note.partition('. ')[0]}. {half}{notes[-1]}"


def _status(
    record: DocumentRecord, reading: Reading, classification: Classification, successor: str | None
) -> DocumentStatus:
    """One status from several reasons, the strongest first: the reviewer's no, what cannot be used, then versions.

    The reviewer's `pinned` keeps an old version in use, but makes neither a broken file readable nor a finished
    review evidence.
    """
    if record.reviewer_status == "ignored":
        return "ignored"
    if reading.status != "ok":
        return reading.status
    if _other_content(record, reading) and not reading.pages:
        return "unreadable"
    if classification.document_type in _NEVER_EVIDENCE:
        return "excluded"
    if record.reviewer_status == "pinned":
        return "pinned"
    return "superseded" if successor else "in_scope"


def _status_notes(
    record: DocumentRecord, reading: Reading, classification: Classification, status: DocumentStatus
) -> list[str]:
    notes = []
    if reading.note:
        notes.append(reading.note)
    elif reading.status != "ok":
        notes.append(f"The file could not be read ({reading.code or 'no reason given'}). {_CURE}")
    if other := _other_content(record, reading):
        # First, since it says why the rest is as it is.
        notes.insert(0, other)
    if status == "ignored":
        notes.append("Ignored by the reviewer's word.")
    elif status == "pinned":
        notes.append("Pinned by the reviewer's word.")
    elif status == "excluded":
        notes.append(_NEVER_EVIDENCE[classification.document_type])
    if reading.kind == "pdf" and reading.status == "ok" and reading.unreadable_pages:
        notes.append(_blind_pages(reading))
    return notes


def _other_content(record: DocumentRecord, reading: Reading) -> str | None:
    """What to say of a file whose name promises a PDF or a workbook and whose content is something else."""
    suffix = PurePosixPath(record.filename).suffix.lower()
    if reading.status != "ok" or suffix not in _PROMISES or reading.kind == _PROMISES[suffix]:
        return None
    if reading.kind in _PROMISES.values():
        return f"Its name ends in {suffix}; its content is {_KINDS[reading.kind]} and was read as that."
    what = _KINDS.get(reading.kind, "no document of that kind")
    return f"Its name ends in {suffix}, but its content is {what}. Ask for the document itself."


def _blind_pages(reading: Reading) -> str:
    pages = reading.unreadable_pages
    if len(pages) >= reading.page_count:
        return "It has no readable text: only a person can judge what it shows."
    listed = ", ".join(str(page) for page in pages[:8]) + (" ..." if len(pages) > 8 else "")
    return f"No readable text on PDF page{'s' if len(pages) > 1 else ''} {listed}: a person must look."


def _with_versions(found: list[Document], records: Mapping[str, DocumentRecord]) -> list[Document]:
    candidates = [document for document in found if document.status in ("in_scope", "pinned")]
    may_go = frozenset(
        document.document_id
        for document in candidates
        if document.status == "in_scope" and records[document.document_id].kept_by is None
    )
    try:
        versions = find_versions(candidates, may_go)
    except Exception as error:  # noqa: BLE001 - what a few documents say of themselves keeps no session from going on
        log.error("A defect in this program met the versions of documents: %s", way_of(error))
        untold = (f"{_UNTOLD} ({place_of(error)}).",)
        versions = Versions(notes={document.document_id: untold for document in candidates})
    return [
        document.model_copy(
            update={
                "notes": (*document.notes, *versions.notes.get(document.document_id, ())),
                "status": "superseded" if document.document_id in versions.superseded else document.status,
                "superseded_by": versions.superseded.get(document.document_id, document.superseded_by),
            }
        )
        for document in found
    ]


def _with_successor(document: Document, by_id: Mapping[str, Document]) -> Document:
    """A note for what was superseded at its place rather than by content; that one has its own words already."""
    successor = by_id.get(document.superseded_by or "")
    if document.status != "superseded" or successor is None or any("Superseded by" in note for note in document.notes):
        return document
    note = f"Superseded by a newer file at the same place, {document.path}."
    if successor.status in ("unreadable", "quarantined"):
        note += " That file cannot be read: undo the new version to use this one, or ask for a copy that opens."
    return document.model_copy(update={"notes": (*document.notes, note)})
