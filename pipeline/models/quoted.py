"""Every quote within a value, however deep it stands: models, tuples and dicts are looked through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from pipeline.models.evidence import Evidence

V = TypeVar("V")


def with_each_quote(value: V, change: Callable[[Evidence], Evidence]) -> V:
    """The same value with `change` applied to each quote in it; what holds none stays the very same object."""
    return _changed(value, change)  # type: ignore[return-value]  # each kind of value comes back as its own kind


def quotes_in(value: object) -> tuple[Evidence, ...]:
    """Every quote in the value, each once, in order."""
    found: dict[Evidence, None] = {}

    def note(item: Evidence) -> Evidence:
        found[item] = None
        return item

    with_each_quote(value, note)
    return tuple(found)


def _changed(value: object, change: Callable[[Evidence], Evidence]) -> object:
    if isinstance(value, Evidence):
        return change(value)
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        after = {name: _changed(old, change) for name, old in fields.items()}
        new = {name: found for name, found in after.items() if found is not fields[name]}
        return value.model_copy(update=new) if new else value
    if isinstance(value, tuple):
        items = tuple(_changed(one, change) for one in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {key: _changed(one, change) for key, one in value.items()}
        return pairs if any(pairs[key] is not value[key] for key in pairs) else value
    return value
