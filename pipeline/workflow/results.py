"""What each stage last gave, fresh or not, as it is stored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from pipeline import checklists
from pipeline.errors import SessionCorrupt
from pipeline.models import (
    ExtractionResult,
    Inventory,
    MappingResult,
    Report,
    SessionRecord,
    StageKey,
    ValidationResult,
)

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.workflow")

ModelT = TypeVar("ModelT", bound=BaseModel)

#: What each stage gives.
RESULT_MODEL: dict[StageKey, type[BaseModel]] = {
    "document_discovery": Inventory,
    "requirement_mapping": MappingResult,
    "evidence_extraction": ExtractionResult,
    "cross_validation": ValidationResult,
    "report_generation": Report,
}


def load_kept(ws: Workspace, record: SessionRecord, key: StageKey, model: type[ModelT]) -> ModelT | None:
    """The result a stage last gave, fresh or not; None before the first.

    One that is gone, was changed or is of another version counts as never made: it is derived and made again.
    """
    stage = record.stages.get(key)
    if stage is None or stage.result is None:
        return None
    try:
        return ws.sessions.load_result(record.session_id, stage.result, model)
    except SessionCorrupt as error:
        log.info("%s", error.message)
        return None


def is_kept(ws: Workspace, record: SessionRecord, key: StageKey) -> bool:
    """True when the stage has a result that can be used."""
    return load_kept(ws, record, key, RESULT_MODEL[key]) is not None


def result_sha(ws: Workspace, record: SessionRecord, key: StageKey) -> str | None:
    """The hash of the stage's result; None when it has none that can be used."""
    return record.stages[key].result if is_kept(ws, record, key) else None


def load_inventory(ws: Workspace, record: SessionRecord) -> Inventory | None:
    """The inventory last made, whether or not it is still fresh; None before the first discovery."""
    return load_kept(ws, record, "document_discovery", Inventory)


def load_mapping(ws: Workspace, record: SessionRecord) -> MappingResult | None:
    """The mapping last made, fresh or not; None before the first."""
    return load_kept(ws, record, "requirement_mapping", MappingResult)


def load_extraction(ws: Workspace, record: SessionRecord) -> ExtractionResult | None:
    """The evidence last extracted, fresh or not; None before the first."""
    return load_kept(ws, record, "evidence_extraction", ExtractionResult)


def load_validation(ws: Workspace, record: SessionRecord) -> ValidationResult | None:
    """The checks last run, fresh or not; None before the first."""
    return load_kept(ws, record, "cross_validation", ValidationResult)


def load_checklist(ws: Workspace, record: SessionRecord) -> checklists.Checklist:
    """The checklist that the session was created with."""
    return checklists.load(record.project_metadata.methodology, ws.settings.checklist.folder)
