"""What extraction finds: quotes, facts, registers; no verdicts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.models.base import Box, Value


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
    #: What the values were read from or compared with, where that is not shown as evidence.
    stood_on: tuple[Evidence, ...] = ()


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
