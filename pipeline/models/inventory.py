"""What discovery and mapping say: which documents there are, and which requirement they are looked at for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from pipeline.models.base import DocumentStatus, DocumentType, SourceType, Value


class Part(Value):
    """A file that is part of a document and no document of its own, such as the index of a shapefile."""

    document_id: str
    filename: str
    sha256: str
    size: int


class Document(Value):
    """A document in the inventory (contract: Document)."""

    document_id: str
    filename: str
    path: str
    names: tuple[str, ...]
    sha256: str
    size: int
    document_type: DocumentType
    #: What decided the type, strongest first, in words.
    classified_by: tuple[str, ...]
    status: DocumentStatus
    superseded_by: str | None = None
    visibility: Literal["public", "private"] | None = None
    pages: int = 0
    unreadable_pages: tuple[int, ...] = ()
    source_type: SourceType
    added_at: datetime
    notes: tuple[str, ...] = ()
    #: What was read off the document itself: project_id, version, date, farm_name, year ... ; strings as printed.
    facts: dict[str, str] = Field(default_factory=dict)
    #: For a file that is listed and not read: what it is, who must look at it and what for.
    look: str | None = None
    #: The other files of a map layer.
    parts: tuple[Part, ...] = ()


class Inventory(Value):
    """Result of discovery."""

    documents: tuple[Document, ...]
    sources_scanned: tuple[dict[str, Any], ...] = ()
    classification_summary: dict[str, int] = Field(default_factory=dict)


MappingStatus = Literal["suggested", "confirmed", "manual", "unmapped", "removed"]


class Mapping(Value):
    """Which documents are looked at for one requirement."""

    requirement_id: str
    document_ids: tuple[str, ...]
    #: suggested by the checklist's table; the others but unmapped are a person's word.
    status: MappingStatus = "suggested"
    missing_types: tuple[str, ...] = ()


class MappingResult(Value):
    """Result of mapping: one entry per requirement, in the checklist's order."""

    mappings: tuple[Mapping, ...]
