"""Lists a page at a time, so that no answer grows beyond what a caller can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query

ItemT = TypeVar("ItemT")

Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to pass over: next_offset of the page before.")]


def page_of(items: Sequence[ItemT], limit: int, offset: int) -> Sequence[ItemT]:
    """The items of one page."""
    return items[offset : offset + limit]


def place(total: int, limit: int, offset: int) -> dict[str, Any]:
    """Where a page stands: how many there are in all, and where the next one begins."""
    after = offset + limit
    return {"total": total, "next_offset": after if after < total else None}
