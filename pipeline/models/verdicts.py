"""What cross-validation says, and the report that every format is rendered from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pipeline.models.base import SCHEMA_VERSION, CheckOutcome, RowStatus, Severity, TestOutcome, Value
from pipeline.models.claim import Claim
from pipeline.models.evidence import Evidence, Fact
from pipeline.models.inventory import Document
from pipeline.models.review import Annotation, Determination, DiscardedQuote, MappingOverride, RevisionRequest
from pipeline.models.tenure import Paper, PlanDifference, TitleLine


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


class CheckFinding(Value):
    """One of several things that a check found, each with a cause of its own."""

    message: str
    severity: Severity
    evidence: tuple[Evidence, ...] = ()


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
    #: Where a check found several things, each by itself; they become exceptions one by one.
    findings: tuple[CheckFinding, ...] = ()
    #: Cause of the exception that this check is told in, when another one speaks of the same thing.
    told_in: str | None = None


class ReviewException(Value):
    """Something a person must look at; one per cause, worst first (contract: exceptions)."""

    kind: str
    severity: Severity
    message: str
    clears_when: str
    requirement_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    #: The same word for the same trouble in every session: "absent:land_tenure", a check's id, "unanswered:REQ-007".
    cause: str | None = None


class ValidationResult(Value):
    """Result of cross-validation."""

    requirements: tuple[RequirementResult, ...]
    checks: tuple[CheckResult, ...]
    exceptions: tuple[ReviewException, ...]
    #: Header facts read from the documents: project_name, project_id, proponent, crediting_period, submitted ...
    header: tuple[Fact, ...] = ()
    titles: tuple[TitleLine, ...] = ()
    papers: tuple[Paper, ...] = ()
    plan_differences: tuple[PlanDifference, ...] = ()


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
    #: The tenure ledger: each title that the plan names or a register is of.
    titles: tuple[TitleLine, ...] = ()
    #: Papers that the documents name, received or not.
    papers: tuple[Paper, ...] = ()
    #: Other plans of this project, compared in answers with the one that was read.
    plan_differences: tuple[PlanDifference, ...] = ()
    #: What people said, beside the decisions that stand with their rows.
    annotations: tuple[Annotation, ...] = ()
    revisions: tuple[RevisionRequest, ...] = ()
    determination: Determination | None = None
    #: holds, or reopened when a row answers something else since; None without a determination.
    determination_state: Literal["holds", "reopened"] | None = None
    #: Quotes that people took from rows, and documents they gave to rows or took from them.
    discarded: tuple[DiscardedQuote, ...] = ()
    remapped: tuple[MappingOverride, ...] = ()
    #: Findings that others brought; no row depends on one.
    claims: tuple[Claim, ...] = ()
