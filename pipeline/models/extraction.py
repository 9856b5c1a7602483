"""What extraction hands on: quotes per requirement, facts, registers, papers and plans compared; no verdict."""

from __future__ import annotations

from pipeline.models.base import Value
from pipeline.models.evidence import Fact, FinishedReview, Register, RequirementEvidence
from pipeline.models.tenure import Paper, PlanDifference


class SectionWords(Value):
    """The proponent's words in one section of the plan, as hashes of what they say whatever the type-setting."""

    section: str
    #: A part of the Appendix.
    subhead: str | None = None
    title: str
    sha256: str
    #: Short hashes, sentence by sentence.
    sentences: tuple[str, ...]


class ExtractionResult(Value):
    """Result of extraction: quotes per requirement, and the facts that rules compare."""

    requirements: tuple[RequirementEvidence, ...]
    facts: tuple[Fact, ...] = ()
    registers: tuple[Register, ...] = ()
    #: Finished reviews in the folder, for the checks on what a person wrote; never evidence of a row.
    reviews: tuple[FinishedReview, ...] = ()
    #: Papers that the plan and the project reports name.
    papers: tuple[Paper, ...] = ()
    #: Other plans of this project against the one that was read.
    plan_differences: tuple[PlanDifference, ...] = ()
    #: The plan everything was read from; None when no plan is in scope.
    plan_document_id: str | None = None
    #: Sections of the form whose heading was found in the plan.
    sections_found: tuple[str, ...] = ()
    #: How the plan's instructions were told from its answers: typography, grammar.
    separation: str | None = None
    #: Sections of the plan where words in italics state something, as no instruction does.
    states_in_italics: tuple[str, ...] = ()
    #: Hashes of the plan's words, to tell what other submissions say in the same words.
    sections: tuple[SectionWords, ...] = ()
