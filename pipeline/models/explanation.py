"""Why a row says what it says: what was looked at, what was taken, what was left."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.models.base import SCHEMA_VERSION, DocumentStatus, DocumentType, RowStatus, TestOutcome, Value
from pipeline.models.evidence import Evidence


class Looked(Value):
    """A document that bears on the row, and whether and why it was used."""

    document_id: str
    document: str
    document_type: DocumentType
    status: DocumentStatus
    used: bool
    why: str


class Passage(Value):
    """A passage of the plan that was weighed; `reasons` say who weighed it and with what result."""

    document: str
    page: int
    page_label: str | None
    section: str | None
    section_title: str | None
    words: str
    #: quoted: in the row; found: has what was asked, but another passage was taken; passed_over: has it not.
    outcome: Literal["quoted", "found", "passed_over"]
    #: Ranks of the row's quotes that were cut from it, 1 for the best.
    quotes: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    #: Who read it among all passages of its place and had no use for it.
    read_by: tuple[str, ...] = ()


class Chosen(Value):
    """A quote of the row under its rank, and why it is there."""

    rank: int
    evidence: Evidence
    reasons: tuple[str, ...]


class Tried(Value):
    """A test with its outcome and the values that it judged."""

    test: str
    outcome: TestOutcome
    message: str
    values: dict[str, str] = Field(default_factory=dict)
    #: Ranks of the row's quotes that the test stands on.
    quotes: tuple[int, ...] = ()


class Omitted(Value):
    """Words that are no evidence of the row, and why; `page` counts as in evidence."""

    document: str
    page: int
    page_label: str | None
    section: str | None
    words: str
    why: str


class Explanation(Value):
    """Everything that `show SESSION REQUIREMENT --why` says."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    requirement_id: str
    title: str
    status: RowStatus
    #: The short answer, in a paragraph.
    answer: str
    looked_in: tuple[str, ...]
    documents: tuple[Looked, ...]
    #: In the order in which they were looked at.
    passages: tuple[Passage, ...]
    tests: tuple[Tried, ...]
    chosen: tuple[Chosen, ...]
    #: Quotes that were found and are not shown, and what the form says itself in the places that were read.
    left_out: tuple[Omitted, ...]
    #: False when the stored result differs: it was made from other files, or by another version.
    as_stored: bool
