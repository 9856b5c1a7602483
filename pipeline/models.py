"""The values that stages hand to each other and to the outside; shapes are fixed by the project's contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1

StageKey = Literal[
    "initialize",
    "document_discovery",
    "requirement_mapping",
    "evidence_extraction",
    "cross_validation",
    "report_generation",
    "human_review",
    "completion",
]
StageStatus = Literal["pending", "queued", "running", "completed", "stale", "failed", "waiting"]
SourceType = Literal["inbox", "upload", "path", "link"]
DocumentType = Literal[
    "project_plan",
    "baseline_report",
    "monitoring_report",
    "ghg_emissions",
    "land_tenure",
    "land_cover_map",
    "farm_management_records",
    "sampling_plan",
    "lab_results",
    "model_results",
    "imagery_metadata",
    "gis_boundary",
    "methodology_reference",
    "registry_review",
    "other",
]
DocumentStatus = Literal["in_scope", "pinned", "ignored", "excluded", "superseded", "unreadable", "quarantined"]
RowStatus = Literal["covered", "partial", "missing", "not_applicable", "needs_review"]
FileOutcomeKind = Literal["added", "duplicate", "new_version", "refused"]
DuplicateChoice = Literal["continue", "use_existing", "cancel"]
Severity = Literal["high", "medium", "low"]
CheckOutcome = Literal["pass", "warning", "fail", "not_run"]
TestOutcome = Literal["pass", "fail", "not_run"]
#: A box on a page in PDF points, origin top left: x0, y0, x1, y1.
Box = tuple[float, float, float, float]


class Value(BaseModel):
    """A frozen value; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectMetadata(Value):
    """What the reviewer said of the project when the session was created."""

    project_name: str
    methodology: str = "soil-carbon-v1.2.2"
    project_id: str | None = None
    proponent: str | None = None
    crediting_period: str | None = None


class DocumentSource(Value):
    """Where documents of a session came from; `metadata` depends on the type (contract: Shapes)."""

    source_id: str
    source_type: SourceType
    added_at: datetime
    metadata: dict[str, Any] = Field(default_factory=dict)


class DocumentRecord(Value):
    """What the store knows of a document before anybody has read it; its key is the content's hash."""

    document_id: str
    sha256: str
    size: int
    #: The name it is shown under: chosen when it was first taken, never changed by later arrivals.
    filename: str
    #: Its path inside its source, POSIX style.
    path: str
    #: Every name it arrived under, sorted, the shown one included.
    names: tuple[str, ...]
    source_id: str
    source_type: SourceType
    added_at: datetime
    #: The newer document that took this one's path in the same source; None when the reviewer undid that.
    superseded_by: str | None = None
    #: Set when a person undid a supersession: neither path nor content supersedes this document again.
    kept_by: str | None = None
    reviewer_status: Literal["pinned", "ignored"] | None = None
    reviewer_type: DocumentType | None = None


class StageError(Value):
    """Why a stage gave up."""

    code: str
    message: str
    cure: str = ""
    retryable: bool = True
    attempts: int = 1


class StageRecord(Value):
    """What is stored of a stage; `completed` holds only for `fingerprint`, so staleness is computed, never stored."""

    status: Literal["pending", "queued", "running", "completed", "failed"] = "pending"
    #: What the stage's result was made from.
    fingerprint: str | None = None
    #: SHA-256 of the stored result (a file beside session.json).
    result: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: StageError | None = None


class StageView(Value):
    """A stage as people see it (contract: workflow_progress)."""

    status: StageStatus
    reason: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    fingerprint: str | None = None


class DuplicateWarning(Value):
    """Another session holds the same project; answered with one of `choices`."""

    session_id: str
    project_name: str
    #: 0-100, a hint.
    name_similarity: float
    #: Share 0-1 of this session's content, incoming files included, that stands in the other session.
    file_overlap: float
    #: Share 0-1 of the other session's content that stands in this one.
    reverse_overlap: float = 0.0
    shared_files: int = 0
    of_files: int = 0
    message: str
    choices: tuple[str, ...] = ("continue", "use_existing", "cancel")


class Question(Value):
    """Something that waits for a person; the work goes on meanwhile."""

    question_id: str
    kind: Literal["duplicate_session"] = "duplicate_session"
    warning: DuplicateWarning
    document_ids: tuple[str, ...]
    asked_at: datetime
    answer: DuplicateChoice | None = None
    answered_by: str | None = None


class SessionRecord(Value):
    """The whole truth about a session, as stored."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_metadata: ProjectMetadata
    sources: dict[str, DocumentSource] = Field(default_factory=dict)
    documents: dict[str, DocumentRecord] = Field(default_factory=dict)
    stages: dict[StageKey, StageRecord] = Field(default_factory=dict)
    questions: dict[str, Question] = Field(default_factory=dict)
    #: Paths of a path source that were there once and are gone now, by source id.
    vanished: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    #: Refusals the reviewer should see, newest last: {"filename", "reason", "at"}.
    refused: tuple[dict[str, str], ...] = ()
    #: SHA-256 of what a person took out; looking at a folder again does not bring it back, adding it does.
    removed: tuple[str, ...] = ()
    #: How far the session is to go by itself; a stage key.
    advance_to: StageKey = "document_discovery"
    #: The folder under inbox/new/ that is bound to this session, if any.
    bound_folder: str | None = None
    #: Another session that this one points to since a duplicate question was answered with use_existing.
    points_to: str | None = None
    revision: int = 0
    created_at: datetime
    updated_at: datetime


class AuditEvent(Value):
    """One act, chained to the one before it by hash."""

    seq: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any] = Field(default_factory=dict)
    previous: str
    hash: str


class Statistics(Value):
    """Counts shown with a session; one function makes them."""

    documents_found: int = 0
    requirements_total: int = 0
    covered: int = 0
    partial: int = 0
    missing: int = 0
    not_applicable: int = 0
    needs_review: int = 0
    checks_passed: int = 0
    checks_failed: int = 0


class Session(Value):
    """A session as people and programs see it (contract: Session)."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_metadata: ProjectMetadata
    document_sources: tuple[DocumentSource, ...]
    workflow_progress: dict[StageKey, StageView]
    statistics: Statistics
    advance_to: StageKey
    revision: int
    created_at: datetime
    updated_at: datetime
    status: str


class FileOutcome(Value):
    """What became of one file that was handed in."""

    filename: str
    outcome: FileOutcomeKind
    sha256: str | None = None
    document_id: str | None = None
    #: The file name under which the same bytes already stand.
    duplicate_of: str | None = None
    reason: str | None = None


class AddResult(Value):
    """Answer of add_documents."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    source_type: SourceType
    files_added: int
    files: tuple[FileOutcome, ...]
    duplicate_warning: DuplicateWarning | None = None
    message: str


# --- reading ---------------------------------------------------------------------------------------------------------


class Span(Value):
    """A stretch of one line in one typeface, with no wide gap inside: a table cell's line, or a piece of a sentence."""

    text: str
    x0: float
    x1: float
    font: str = ""
    size: float = 0.0
    italic: bool = False
    bold: bool = False


class Line(Value):
    """A line of text as it stands on a page, in the reader's order; `text` is copied, never composed."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    spans: tuple[Span, ...] = ()

    @property
    def italic(self) -> bool:
        """True when every visible character but bullets is italic."""
        seen = [s for s in self.spans if s.text.strip(" \u2022\uf0b7\u25cf\u25cb\u25aa-")]
        return bool(seen) and all(s.italic for s in seen)

    @property
    def size(self) -> float:
        """The largest type size in the line, in points."""
        return max((s.size for s in self.spans), default=0.0)


class Table(Value):
    """A ruled table on a page as a clean grid: no empty rows or columns, wrapped cells joined with newlines."""

    top: float
    bottom: float
    rows: tuple[tuple[str, ...], ...]


class Page(Value):
    """A page as read: for a workbook a sheet, for other files the whole."""

    #: 1-based page of the PDF, sheet of the workbook, or 1.
    number: int
    #: The number printed on the page (a lone number in the top or bottom line), if any.
    label: str | None = None
    width: float = 0.0
    height: float = 0.0
    rotation: int = 0
    #: The whole text as the reader gives it, lines joined with newlines.
    text: str = ""
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    images: int = 0
    #: Sheet title for workbooks.
    title: str | None = None
    #: Workbook rows: cells as stored, rendered to text ("2018", not "2018.0"); row numbers as in the sheet.
    rows: tuple[tuple[str, ...], ...] = ()


class Reading(Value):
    """Everything known of a file's content: made once per content and reader version, shared by all sessions."""

    sha256: str
    reader: str
    reader_version: str
    #: pdf, xlsx, image, text, zip, shapefile-part, empty, unknown ... what the bytes are, whatever the name says.
    kind: str
    status: Literal["ok", "unreadable", "quarantined"] = "ok"
    #: Short stable code when not ok: encrypted, truncated, malformed, empty, too_many_pages, crashed, timeout ...
    code: str | None = None
    #: A sentence for the reviewer when not ok, or when something of it could not be read.
    note: str | None = None
    page_count: int = 0
    #: 1-based pages without readable text.
    unreadable_pages: tuple[int, ...] = ()
    pages: tuple[Page, ...] = ()


# --- discovery, mapping, evidence, checks -----------------------------------------------------------------------------


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


class Inventory(Value):
    """Result of discovery."""

    documents: tuple[Document, ...]
    sources_scanned: tuple[dict[str, Any], ...] = ()
    classification_summary: dict[str, int] = Field(default_factory=dict)


class Mapping(Value):
    """Which documents are looked at for one requirement."""

    requirement_id: str
    document_ids: tuple[str, ...]
    status: Literal["suggested", "confirmed", "manual", "unmapped", "removed"] = "suggested"
    missing_types: tuple[str, ...] = ()


class MappingResult(Value):
    """Result of mapping: one entry per requirement, in the checklist's order."""

    mappings: tuple[Mapping, ...]


class Evidence(Value):
    """A quote found, word for word, on the page it names (contract: evidence)."""

    evidence_id: str
    document: str
    document_id: str
    sha256: str
    page: int
    page_label: str | None = None
    section: str | None = None
    section_title: str | None = None
    quote: str
    role: Literal["primary", "supplementary"] = "primary"
    grounding: Literal["exact", "normalised"] = "exact"
    boxes: tuple[Box, ...] = ()


class Fact(Value):
    """A value read from a named place, with the quote it stands on."""

    name: str
    value: str
    evidence: Evidence


class Finding(Value):
    """What one declared test found: quotes, and the values it will be judged by. No verdict."""

    test: str
    evidence: tuple[Evidence, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)


class Register(Value):
    """A land register as read; names and dates as printed."""

    document_id: str
    document: str
    #: The register's own number, the one after "Title number"; others in it are neighbours and removed parcels.
    title_number: str | None = None
    class_of_title: str | None = None
    tenure: str | None = None
    proprietors: tuple[str, ...] = ()
    #: The proprietor of a charge (section C): a bank, never the owner.
    lenders: tuple[str, ...] = ()
    #: The copy opens with a note that applications are pending against the title.
    pending: bool = False
    edition_date: str | None = None
    issued_on: str | None = None
    #: Quotes by what they show: title_number, proprietor, lender, pending, class_of_title ...
    evidence: dict[str, Evidence] = Field(default_factory=dict)


class RequirementEvidence(Value):
    """What extraction found for one requirement."""

    requirement_id: str
    #: True when the proponent answered at all where the answer stands.
    answered: bool = False
    #: The sentence that makes the row not applicable, if one was found.
    not_applicable: Evidence | None = None
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: Where it looked, in words, for the reviewer.
    looked_in: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ExtractionResult(Value):
    """Result of extraction: quotes per requirement, and the facts that rules compare."""

    requirements: tuple[RequirementEvidence, ...]
    facts: tuple[Fact, ...] = ()
    registers: tuple[Register, ...] = ()
    #: The plan everything was read from; None when no plan is in scope.
    plan_document_id: str | None = None
    #: Sections of the form whose heading was found in the plan.
    sections_found: tuple[str, ...] = ()
    #: How the plan's instructions were told from its answers: typography, grammar.
    separation: str | None = None


class TestResult(Value):
    """One declared test of a requirement, with its outcome and a sentence."""

    __test__ = False  # not a pytest class

    test: str
    outcome: TestOutcome
    message: str
    #: What would clear it, when it failed.
    clears_when: str | None = None


class RequirementResult(Value):
    """A row of the report (contract: requirements)."""

    requirement_id: str
    category: str
    title: str
    status: RowStatus
    reason: str
    tests: tuple[TestResult, ...]
    evidence: tuple[Evidence, ...]
    expected_but_absent: tuple[str, ...] = ()
    decision: dict[str, Any] | None = None


class CheckResult(Value):
    """A cross-validation rule's outcome (contract: checks)."""

    check_id: str
    title: str
    outcome: CheckOutcome
    severity: Severity
    message: str
    source: str
    evidence: tuple[Evidence, ...] = ()
    requirement_ids: tuple[str, ...] = ()
    clears_when: str | None = None


class ReviewException(Value):
    """Something a person must look at; one per cause, worst first (contract: exceptions)."""

    kind: str
    severity: Severity
    message: str
    clears_when: str
    requirement_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class ValidationResult(Value):
    """Result of cross-validation."""

    requirements: tuple[RequirementResult, ...]
    checks: tuple[CheckResult, ...]
    exceptions: tuple[ReviewException, ...]
    #: Header facts read from the documents: project_name, project_id, proponent, crediting_period, submitted ...
    header: tuple[Fact, ...] = ()


class Report(Value):
    """The report every format is rendered from (contract: Report)."""

    schema_version: int = SCHEMA_VERSION
    generated_at: datetime
    session: dict[str, Any]
    checklist: dict[str, str]
    header: tuple[Fact, ...] = ()
    documents: tuple[Document, ...]
    requirements: tuple[RequirementResult, ...]
    checks: tuple[CheckResult, ...]
    exceptions: tuple[ReviewException, ...]
    summary: dict[str, Any]
    provenance: dict[str, str]
