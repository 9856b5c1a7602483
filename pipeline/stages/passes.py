"""Passes over what others wrote: what the stages compute, from JSON to JSON, where it can be ended.

The process that reads documents carries them out when asked (`reading/child.py`), and finds this module by its name,
since it knows no stage. Each computation says which document it looks at (`reading/attention.py`), so that one that
never ends costs that one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pipeline import checklists
from pipeline.classification.inventory import inventory_from
from pipeline.models import DiscardedQuote, DocumentRecord, ExtractionResult, Inventory, MappingResult
from pipeline.reading.given import Readings
from pipeline.stages.cross_validate import validation_of
from pipeline.stages.extract_evidence import evidence_of

What = Literal["inventory", "evidence", "validation"]


def carry_out(what: What, given: Mapping[str, Any], readings: Readings) -> str:
    """The result of one computation as JSON; `given` is everything it depends on but the readings."""
    result: str = _COMPUTE[what](given, readings).model_dump_json()
    return result


def _inventory(given: Mapping[str, Any], readings: Readings) -> Inventory:
    records = [DocumentRecord.model_validate(one) for one in given["records"]]
    return inventory_from(records, readings, given["scanned"])


def _evidence(given: Mapping[str, Any], readings: Readings) -> ExtractionResult:
    mapping = given["mapping"] and MappingResult.model_validate_json(given["mapping"])
    return evidence_of(
        _checklist(given),
        Inventory.model_validate_json(given["inventory"]),
        lambda document: readings[document.sha256],
        mapping,
        [DiscardedQuote.model_validate(one) for one in given["discarded"]],
    )


def _validation(given: Mapping[str, Any], _readings: Readings) -> Any:
    return validation_of(
        _checklist(given),
        Inventory.model_validate_json(given["inventory"]),
        MappingResult.model_validate_json(given["mapping"]),
        ExtractionResult.model_validate_json(given["extraction"]),
    )


def _checklist(given: Mapping[str, Any]) -> Any:
    return checklists.parsed(base64.b64decode(given["checklist"]), given["checklist_where"])


_COMPUTE: dict[What, Callable[[Mapping[str, Any], Readings], Any]] = {
    "inventory": _inventory,
    "evidence": _evidence,
    "validation": _validation,
}
