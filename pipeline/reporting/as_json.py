"""The report as JSON: the form that programs read and that everything else can be made from."""

from __future__ import annotations

import json
from typing import Any

from pipeline.models import Report
from pipeline.models.characters import escaped_in_json


def render_json(report: Report) -> str:
    """Return the report in the contract's shape, UTF-8, one space of indent, a final newline.

    Keys stand in the contract's order; where a value is free in form they stand sorted, so that a report that was
    stored and read back gives the same bytes.
    """
    data = report.model_dump(mode="json")
    for part in ("session", "checklist", "summary", "provenance"):
        data[part] = _sorted_keys(data[part])
    for document in data["documents"]:
        document["facts"] = _sorted_keys(document["facts"])
    for row in data["requirements"]:
        row["decision"] = _sorted_keys(row["decision"])
    return escaped_in_json(json.dumps(data, ensure_ascii=False, indent=1)) + "\n"


def _sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted_keys(value[key]) for key in sorted(value)}
    return [_sorted_keys(item) for item in value] if isinstance(value, list) else value
