"""Stage 3: which documents are looked at for which requirement, by the checklist's own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checklists import Checklist
from pipeline.errors import StageFailed
from pipeline.evidence.dossier import USABLE
from pipeline.models import Document, Inventory, MappingOverride, MappingResult, MappingStatus
from pipeline.models import Mapping as Mapped
from pipeline.workflow.results import load_checklist, load_inventory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.home.workspace import Workspace


def map_requirements(ws: Workspace, session_id: str) -> MappingResult:
    """Attach the inventory's documents to every requirement; the workflow stores what this returns."""
    record = ws.sessions.read(session_id)
    inventory = load_inventory(ws, record)
    if inventory is None:
        raise StageFailed(f"{session_id} has no inventory.", f"Run: registry-review discover {session_id}")
    return mapping_of(load_checklist(ws, record), inventory, record.remapped)


#: Documents that a person may give to a row: what is in use, and what only a person can look at.
_MAY_BE_GIVEN = (*USABLE, "unreadable", "quarantined")


def mapping_of(
    checklist: Checklist, inventory: Inventory, by_hand: Mapping[str, MappingOverride] | None = None
) -> MappingResult:
    """The mapping of an inventory: every answer has a fixed place in the form, so this is a table and no guess.

    `by_hand`, by requirement, is what a person said of it, which goes before the table.
    """
    said = by_hand or {}
    mappings = []
    for requirement in checklist.requirements:
        wanted = requirement.documents
        found = [d for d in inventory.documents if d.document_type in wanted and d.status in USABLE]
        found.sort(key=lambda d: (wanted.index(d.document_type), d.filename, d.sha256))
        override = said.get(requirement.requirement_id)
        if override:
            found = _as_said(found, override, inventory)
        present = {d.document_type for d in found}
        mappings.append(
            Mapped(
                requirement_id=requirement.requirement_id,
                document_ids=tuple(d.document_id for d in found),
                status=_status(bool(found), override),
                missing_types=tuple(t for t in wanted if t not in present),
            )
        )
    return MappingResult(mappings=tuple(mappings))


def _as_said(found: list[Document], override: MappingOverride, inventory: Inventory) -> list[Document]:
    """What a person took away is gone, what was given comes last; documents that left the session are nobody's."""
    kept = [d for d in found if d.document_id not in override.removed]
    there = {d.document_id: d for d in inventory.documents if d.status in _MAY_BE_GIVEN}
    return kept + [there[key] for key in override.added if key in there and there[key] not in kept]


def _status(found: bool, override: MappingOverride | None) -> MappingStatus:
    if override is None:
        return "suggested" if found else "unmapped"
    if not (override.added or override.removed):
        return "confirmed" if found else "unmapped"
    return "manual" if found else "removed"
