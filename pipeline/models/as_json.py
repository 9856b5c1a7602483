"""A value as the one JSON document that every door gives."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pipeline.models import Value


def json_of(value: object, indent: int | None = 2) -> str:
    """One JSON document: a model, or a dict or list of models and plain values."""

    def plain_value(v: object) -> Any:
        if isinstance(v, Value):
            return v.model_dump(mode="json")
        if isinstance(v, datetime):
            return v.isoformat()
        return str(v)

    whole = value.model_dump(mode="json") if isinstance(value, Value) else value
    return json.dumps(whole, indent=indent, ensure_ascii=False, default=plain_value)
