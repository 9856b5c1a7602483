"""A submission and its review as values, made by the same functions as the stages of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.checklists import Checklist
from pipeline.classification.inventory import inventory_from
from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import squash
from pipeline.models import (
    CheckResult,
    Document,
    DocumentRecord,
    Evidence,
    ExtractionResult,
    Inventory,
    Reading,
    RequirementResult,
    ValidationResult,
)
from pipeline.stages.cross_validate import validation_of
from pipeline.stages.extract_evidence import evidence_of
from pipeline.stages.map_requirements import mapping_of

#: What is compared of a quote: document by hash, section, words. Pages are not: they shift when one is taken out.
Said = frozenset[tuple[str, str | None, str]]


@dataclass(frozen=True)
class Sent:
    """The documents of a submission with their readings by SHA-256.

    A mutant keeps the hash of the document it was made from, so that what both reviews say can be compared.
    """

    records: tuple[DocumentRecord, ...]
    readings: Mapping[str, Reading]

    def reading_as(self, sha256: str, reading: Reading) -> Sent:
        """The same with another reading of one document."""
        return replace(self, readings={**self.readings, sha256: reading.model_copy(update={"sha256": sha256})})


@dataclass(frozen=True)
class Review:
    """What the stages say of a submission."""

    checklist: Checklist
    sent: Sent
    inventory: Inventory
    extraction: ExtractionResult
    validation: ValidationResult

    @cached_property
    def rows(self) -> dict[str, RequirementResult]:
        """Rows by id."""
        return {row.requirement_id: row for row in self.validation.requirements}

    @cached_property
    def checks(self) -> dict[str, CheckResult]:
        """Checks by id."""
        return {check.check_id: check for check in self.validation.checks}

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Documents of the inventory by hash."""
        return {document.sha256: document for document in self.inventory.documents}

    @cached_property
    def dossier(self) -> Dossier:
        """What the tests of this review looked at."""
        return Dossier(self.checklist, self.inventory, lambda d: self.sent.readings[d.sha256])

    @property
    def plan(self) -> Document | None:
        """The plan that answers were read from."""
        return next((d for d in self.inventory.documents if d.document_id == self.extraction.plan_document_id), None)

    @cached_property
    def words(self) -> dict[str, str]:
        """The proponent's own words by section of the plan, squashed."""
        sections = self.dossier.plan.sections if self.dossier.plan else {}
        return {n: squash(" ".join(p.text for p in s.paragraphs)) for n, s in sections.items()}

    @cached_property
    def standing(self) -> dict[str, object]:
        """Everything that may move, by name: rows, "row:test", checks, "header fact", "type document"."""
        found: dict[str, object] = {}
        for row in self.validation.requirements:
            found[row.requirement_id] = (row.status, said(row.evidence))
            found |= {f"{row.requirement_id}:{t.test}": t.outcome for t in row.tests}
        found |= {c.check_id: (c.outcome, said(c.evidence)) for c in self.validation.checks}
        found |= {f"header {f.name}": f.value for f in self.validation.header}
        found |= {f"type {d.filename}": (d.document_type, d.status) for d in self.inventory.documents}
        return found


def said(evidence: tuple[Evidence, ...]) -> Said:
    """The quotes as compared; a passage over two pages is one."""
    together: dict[tuple[str, str | None], str] = {}
    for item in evidence:
        key = item.sha256, item.section
        together[key] = together.get(key, "") + squash(item.quote)
    return frozenset((sha256, section, words) for (sha256, section), words in together.items())


def review(checklist: Checklist, sent: Sent) -> Review:
    """The review of a submission: inventory, evidence and verdicts."""
    inventory = inventory_from(sent.records, sent.readings)
    extraction = evidence_of(checklist, inventory, lambda d: sent.readings[d.sha256])
    validation = validation_of(checklist, inventory, mapping_of(checklist, inventory), extraction)
    return Review(checklist, sent, inventory, extraction, validation)
