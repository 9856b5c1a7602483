"""What extraction finds: quotes, facts, registers; no verdicts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.models.amounts import amount
from pipeline.models.base import Box, Value
from pipeline.models.fact_details import FactDetail


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
    #: In words or figures, for people; what was read as several values together stands in `detail` with its types.
    value: str
    evidence: Evidence
    detail: FactDetail | None = Field(default=None, exclude_if=lambda detail: detail is None)

    @property
    def number(self) -> float | None:
        """The value as a number, if it is one."""
        return amount(self.value)


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
    #: Quotes by what they show: title_number, proprietor, proprietor-2, lender, pending, class_of_title ...
    evidence: dict[str, Evidence] = Field(default_factory=dict)

    @property
    def proprietor_evidence(self) -> tuple[Evidence, ...]:
        """The words that name the proprietors, in the order of the register."""
        return tuple(e for key, e in self.evidence.items() if key.startswith("proprietor"))


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


class ReviewedRow(Value):
    """A row of the review's table as its writer filled it in; what goes on over a page is a row for each page."""

    page: int
    category: str = ""
    requirement: str = ""
    submitted: str = ""
    approved: str = ""
    comment: str = ""
    #: Quotes of what the writer typed: submitted, comment.
    evidence: dict[str, Evidence] = Field(default_factory=dict)


class FinishedReview(Value):
    """A registry agent's review that somebody filled in and left among the papers."""

    document_id: str
    document: str
    form: Literal["registration", "issuance"] | None = None
    #: Fields of the header by name: project_name, project_id, period, submitted, protocol, proponent.
    header: tuple[Fact, ...] = ()
    #: Papers of the list "Documents Submitted", as listed.
    papers: tuple[Fact, ...] = ()
    #: Sentences of the outcome.
    outcome: tuple[Fact, ...] = ()
    rows: tuple[ReviewedRow, ...] = ()

    def field(self, name: str) -> Fact | None:
        """A field of the header, if it is filled."""
        return next((f for f in self.header if f.name == name), None)

    def remarks(self) -> tuple[Fact, ...]:
        """What the writer says in sentences: the outcome, then the comments."""
        said = (
            Fact(name="comment", value=row.comment, evidence=row.evidence["comment"])
            for row in self.rows
            if "comment" in row.evidence
        )
        return (*self.outcome, *said)

    def written(self) -> tuple[Fact, ...]:
        """Everything the writer typed: header, list of papers, remarks, submitted material."""
        cited = (
            Fact(name="submitted", value=row.submitted, evidence=row.evidence["submitted"])
            for row in self.rows
            if "submitted" in row.evidence
        )
        return (*self.header, *self.papers, *self.remarks(), *cited)
