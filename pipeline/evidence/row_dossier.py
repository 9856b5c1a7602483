"""What one row looks at after a person's word: documents given to it or taken from it, quotes that are no answer."""

from __future__ import annotations

from dataclasses import replace

from pipeline.checklists import Requirement
from pipeline.checklists.model import Test
from pipeline.evidence.dossier import USABLE, Dossier
from pipeline.models import Document, DocumentType, Finding, Mapping

#: Mappings that are not the checklist's own table.
_BY_HAND = ("manual", "removed")
#: Tests that pass on words of the plan.
_ON_WORDS = ("statement", "share", "length", "field", "date", "period")


def for_row(
    dossier: Dossier, requirement: Requirement, mapping: Mapping | None, refused: frozenset[str] = frozenset()
) -> Dossier:
    """The dossier as this row sees it; the very same one when nobody said anything of the row."""
    by_hand = mapping is not None and mapping.status in _BY_HAND
    if not (by_hand or refused):
        return dossier
    inventory = dossier.inventory
    if by_hand and mapping is not None:
        documents = tuple(_as_seen(d, requirement, mapping) for d in inventory.documents)
        inventory = inventory.model_copy(update={"documents": documents})
    own = replace(dossier, inventory=inventory, refused=refused)
    # The plan is read once for all rows that read the same one.
    if own.plan_document == dossier.plan_document:
        own.__dict__["plan"] = dossier.plan
    return own


def unless_discarded(test: Test, finding: Finding, dossier: Dossier) -> Finding:
    """The finding without discarded quotes; one that stood on the plan's words and has none left found nothing.

    That a document was received stays true whatever is quoted of it.
    """
    if not dossier.refused:
        return finding
    kept = tuple(item for item in finding.evidence if item.evidence_id not in dossier.refused)
    if not kept and (finding.evidence or dossier.met_refused) and test.kind in _ON_WORDS:
        return Finding(test=finding.test)
    return finding if kept == finding.evidence else finding.model_copy(update={"evidence": kept})


def _as_seen(document: Document, requirement: Requirement, mapping: Mapping) -> Document:
    """A document taken away is not in use for the row; one given to it is of the type that the row lacks."""
    ours = document.document_type in requirement.documents
    if ours and document.status in USABLE and document.document_id not in mapping.document_ids:
        return document.model_copy(update={"status": "ignored"})
    if not ours and document.document_id in mapping.document_ids:
        return document.model_copy(update={"document_type": _lacking(requirement, mapping) or document.document_type})
    return document


def _lacking(requirement: Requirement, mapping: Mapping) -> DocumentType | None:
    """Beside the plan, the first type that the row asks for and has no document of, else the first it asks for."""
    wanted = [kind for kind in requirement.documents if kind != "project_plan"]
    return next((kind for kind in wanted if kind in mapping.missing_types), next(iter(wanted), None))
