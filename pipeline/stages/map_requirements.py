"""Stage 3: which documents are looked at for which requirement, by the checklist's own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checklists import Checklist
from pipeline.dossier import USABLE
from pipeline.errors import StageFailed
from pipeline.models import Inventory, Mapping, MappingResult

if TYPE_CHECKING:
    from pipeline.workspace import Workspace


def map_requirements(ws: Workspace, session_id: str) -> MappingResult:
    """Attach the inventory's documents to every requirement; the workflow stores what this returns."""
    from pipeline.workflow import load_checklist, load_inventory

    record = ws.sessions.read(session_id)
    inventory = load_inventory(ws, record)
    if inventory is None:
        raise StageFailed(f"{session_id} has no inventory.", f"Run: registry-review discover {session_id}")
    return mapping_of(load_checklist(ws, record), inventory)


def mapping_of(checklist: Checklist, inventory: Inventory) -> MappingResult:
    """The mapping of an inventory: every answer has a fixed place in the form, so this is a table and no guess."""
    mappings = []
    for requirement in checklist.requirements:
        wanted = requirement.documents
        found = [d for d in inventory.documents if d.document_type in wanted and d.status in USABLE]
        found.sort(key=lambda d: (wanted.index(d.document_type), d.filename, d.sha256))
        present = {d.document_type for d in found}
        mappings.append(
            Mapping(
                requirement_id=requirement.requirement_id,
                document_ids=tuple(d.document_id for d in found),
                status="suggested" if found else "unmapped",
                missing_types=tuple(t for t in wanted if t not in present),
            )
        )
    return MappingResult(mappings=tuple(mappings))
