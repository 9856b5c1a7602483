"""What one stage gave, and the report in short, as every door shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.desk.sessions import status_with_slips
from pipeline.models import (
    SCHEMA_VERSION,
    ExtractionResult,
    Inventory,
    MappingResult,
    Report,
    SessionRecord,
    ValidationResult,
)
from pipeline.stages.generate_report import report_paths
from pipeline.workflow import results

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.home.workspace import Workspace


@dataclass(frozen=True)
class StageResult:
    """What a stage last gave, and what its documents are called, by id."""

    session_id: str
    made: Inventory | MappingResult | ExtractionResult | ValidationResult
    filenames: dict[str, str]

    @property
    def value(self) -> dict[str, Any]:
        """As programs are given it."""
        head: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "session_id": self.session_id}
        if isinstance(self.made, Inventory):
            head["documents_found"] = len(self.made.documents)
        return {**head, **self.made.model_dump(mode="json")}


def stage_result(ws: Workspace, record: SessionRecord, verb: str) -> StageResult | None:
    """What the stage of that verb gave; None when it has not been carried out."""
    inventory = results.load_inventory(ws, record)
    made: Inventory | MappingResult | ExtractionResult | ValidationResult | None = None
    if verb == "discover":
        made = inventory
    elif verb == "map" and inventory:
        made = results.load_mapping(ws, record)
    elif verb == "extract":
        made = results.load_extraction(ws, record)
    elif verb == "validate":
        made = results.load_validation(ws, record)
    names = {d.document_id: d.filename for d in inventory.documents} if inventory else {}
    return StageResult(record.session_id, made, names) if made else None


@dataclass(frozen=True)
class ReportInShort:
    """The report last made, and where each of its forms lies."""

    session_id: str
    report: Report
    paths: dict[str, Path]

    @property
    def value(self) -> dict[str, Any]:
        """As programs are given it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "session_id": self.session_id,
            "paths": {form: str(path) for form, path in self.paths.items()},
            "summary": self.report.summary,
            "exceptions": self.report.exceptions,
        }


def report_in_short(ws: Workspace, record: SessionRecord) -> ReportInShort:
    """The report last made; NotMadeYet when there is none."""
    made, paths = report_paths(ws, record)
    return ReportInShort(record.session_id, made, paths)


def value_of(ws: Workspace, record: SessionRecord, verb: str) -> object:
    """What a stage gave, as programs are given it; where the session stands when it has not been carried out."""
    if verb == "report":
        return report_in_short(ws, record).value
    found = stage_result(ws, record, verb)
    return found.value if found else status_with_slips(ws, record)
