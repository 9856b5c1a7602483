"""Everything that the rules compare, gathered from what was found."""

from __future__ import annotations

from pipeline.checklists import Checklist
from pipeline.classification.versions import printed_date
from pipeline.evidence.facts.plan_differences import weighed
from pipeline.evidence.row_tests import Facts
from pipeline.evidence.tenure.ledger import ledger
from pipeline.models import ExtractionResult, Inventory
from pipeline.verdicts.checks import Case


def case_of(facts: Facts, checklist: Checklist, inventory: Inventory, extraction: ExtractionResult) -> Case:
    """Everything that the rules may look at."""
    owners = [owner.value for owner in facts.all("owner")]
    return Case(
        facts,
        extraction.registers,
        inventory,
        checklist,
        extraction.plan_document_id,
        ledger(extraction.registers, extraction.papers, owners, printed_date(facts.value("date_submitted"))),
        extraction.papers,
        tuple(weighed(d, checklist) for d in extraction.plan_differences),
        extraction.reviews,
    )
