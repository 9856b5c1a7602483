"""What each stage's result depends on, as one hash: freshness is computed from these, never flagged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline import __version__
from pipeline.models import Inventory, SessionRecord
from pipeline.models.digests import digest


def of_discovery(
    record: SessionRecord, reader_version: str, lost: Iterable[str] = (), apart: Iterable[str] = ()
) -> str:
    """Everything that can change the inventory: the documents, their names, the reviewer's word, the reader.

    `lost`: hashes whose content is gone from the store, as long as it is; `apart`: those that stopped a stage.
    """
    documents: Iterable[Any] = (
        (d.sha256, d.filename, d.path, d.names, d.superseded_by, d.kept_by, d.reviewer_status, d.reviewer_type)
        for d in sorted(record.documents.values(), key=lambda d: d.document_id)
    )
    gone, stopped = sorted(lost), [f"apart {sha256}" for sha256 in sorted(apart)]
    return digest(
        "discovery",
        __version__,
        reader_version,
        list(documents),
        *([gone] if gone else []),
        *([stopped] if stopped else []),
    )


def of_documents(inventory: Inventory) -> str:
    """What later stages may look at in the inventory: not the other names, the places or the times of arrival."""
    return digest(
        [
            (
                d.sha256,
                d.filename,
                d.document_type,
                d.status,
                d.superseded_by,
                d.visibility,
                d.unreadable_pages,
                d.facts,
            )
            for d in inventory.documents
        ]
    )


def of_mapping(record: SessionRecord, inventory: Inventory, checklist_sha256: str) -> str:
    """Mapping depends on the documents' types and statuses, on the checklist and on what a person said of it."""
    said = [(key, one.added, one.removed) for key, one in sorted(record.remapped.items())]
    return digest("mapping", __version__, of_documents(inventory), checklist_sha256, *([said] if said else []))


def of_extraction(record: SessionRecord, inventory: Inventory, mapping_sha256: str, checklist_sha256: str) -> str:
    """Extraction depends on what was mapped, on the documents, on the checklist and on what quotes were discarded."""
    said = sorted(record.discarded)
    return digest(
        "extraction",
        __version__,
        of_documents(inventory),
        mapping_sha256,
        checklist_sha256,
        *([said] if said else []),
    )


def of_validation(inventory: Inventory, mapping_sha256: str, extraction_sha256: str, checklist_sha256: str) -> str:
    """Cross-validation depends on the evidence, the inventory and the checklist."""
    return digest(
        "validation", __version__, of_documents(inventory), mapping_sha256, extraction_sha256, checklist_sha256
    )


def of_report(record: SessionRecord, inventory_sha256: str, validation_sha256: str, checklist_sha256: str) -> str:
    """The report depends on every result, on what the session says of the project, and on what people said.

    A "+" parts what people said from the rest, so that `but_for_words` can tell whether only that is new.
    """
    sources = [(s.source_type, s.metadata) for _, s in sorted(record.sources.items())]
    metadata = record.project_metadata.model_dump(mode="json")
    made = digest("report", __version__, metadata, sources, inventory_sha256, validation_sha256, checklist_sha256)
    tables = (record.decisions, record.annotations, record.revisions, record.discarded, record.remapped)
    words = [{key: one.model_dump(mode="json") for key, one in table.items()} for table in tables]
    if record.claims:
        words.append({key: one.model_dump(mode="json") for key, one in record.claims.items()})
    signed = record.determination.model_dump(mode="json") if record.determination else None
    return f"{made}+{digest('words', words, signed)}" if any(words) or signed else made


def but_for_words(fingerprint: str | None) -> str | None:
    """A report's fingerprint without what people said."""
    return fingerprint.partition("+")[0] if fingerprint else None
