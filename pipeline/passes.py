"""Passes over what others wrote, carried out where they can be ended: the stages' computing, from JSON to JSON.

The process that reads documents does it when asked (`reading/child.py`); the stages ask through `reading/service.py`.
Each computation says which document it looks at (`attention.py`), so that one that never ends costs that one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from pipeline.attention import look_at
from pipeline.models import (
    DiscardedQuote,
    DocumentRecord,
    ExtractionResult,
    Inventory,
    MappingResult,
    Reading,
)

What = Literal["inventory", "evidence", "validation"]


class Unread(Exception):
    """The reading of a document is needed and is not kept; whoever asked makes it and asks again."""

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


class Readings(Mapping[str, Reading]):
    """Readings by hash, each taken when it is first asked for: as given, or from the first file that holds it."""

    def __init__(self, given: Mapping[str, str], kept: Mapping[str, Sequence[str]]) -> None:
        self._given = given
        self._kept = kept
        self._taken: dict[str, Reading] = {}

    def __getitem__(self, sha256: str) -> Reading:
        """The reading; Unread when it is not there."""
        if sha256 not in self._taken:
            self._taken[sha256] = self._take(sha256)
        return self._taken[sha256]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._given, **self._kept})

    def __len__(self) -> int:
        return len({**self._given, **self._kept})

    def _take(self, sha256: str) -> Reading:
        if sha256 in self._given:
            return Reading.model_validate_json(self._given[sha256])
        look_at(sha256)
        for path in self._kept.get(sha256, ()):
            try:
                return Reading.model_validate_json(Path(path).read_bytes())
            except (OSError, ValidationError):
                continue
        raise Unread(sha256)


def carry_out(what: What, given: Mapping[str, Any], readings: Readings) -> str:
    """The result of one computation as JSON; `given` is everything it depends on but the readings."""
    result: str = _COMPUTE[what](given, readings).model_dump_json()
    return result


def _inventory(given: Mapping[str, Any], readings: Readings) -> Inventory:
    from pipeline.classification.inventory import inventory_from

    records = [DocumentRecord.model_validate(one) for one in given["records"]]
    return inventory_from(records, readings, given["scanned"])


def _evidence(given: Mapping[str, Any], readings: Readings) -> ExtractionResult:
    from pipeline.stages.extract_evidence import evidence_of

    mapping = given["mapping"] and MappingResult.model_validate_json(given["mapping"])
    return evidence_of(
        _checklist(given),
        Inventory.model_validate_json(given["inventory"]),
        lambda document: readings[document.sha256],
        mapping,
        [DiscardedQuote.model_validate(one) for one in given["discarded"]],
    )


def _validation(given: Mapping[str, Any], _readings: Readings) -> Any:
    from pipeline.stages.cross_validate import validation_of

    return validation_of(
        _checklist(given),
        Inventory.model_validate_json(given["inventory"]),
        MappingResult.model_validate_json(given["mapping"]),
        ExtractionResult.model_validate_json(given["extraction"]),
    )


def _checklist(given: Mapping[str, Any]) -> Any:
    from pipeline import checklists

    return checklists.parsed(base64.b64decode(given["checklist"]), given["checklist_where"])


_COMPUTE: dict[What, Callable[[Mapping[str, Any], Readings], Any]] = {
    "inventory": _inventory,
    "evidence": _evidence,
    "validation": _validation,
}
