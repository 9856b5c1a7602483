"""Lists a page at a time, and answers cut to a length: some callers can take no more than 100,000 characters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import Query

from pipeline.models.as_json import json_of

Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to pass over: next_offset of the page before.")]
MaxCharacters = Annotated[
    int | None,
    Query(
        ge=1000,
        le=100_000_000,
        description="The answer is kept about this short: a list ends early, and next_offset or a note says so. "
        "Without it nothing is left out.",
    ),
]


def page_of(page: Sequence[Any], total: int, offset: int, most: int | None = None) -> dict[str, Any]:
    """The items of a page as `{"items", "total", "left_out", "next_offset"}`; with `most` it ends early, after one.

    `left_out` counts what stands before and after the page.
    """
    page = list(page)
    if most is not None:
        size, fitting = 0, 0
        for item in page:
            size += len(json_of(item, indent=None))
            if fitting and size > most:
                break
            fitting += 1
        page = page[:fitting]
    after = offset + len(page)
    following = after if page and after < total else None
    return {"items": page, "total": total, "left_out": total - len(page), "next_offset": following}


def listed(name: str, page: dict[str, Any]) -> dict[str, Any]:
    """The page with its items under `name`."""
    return {name: page["items"], **{key: page[key] for key in ("total", "left_out", "next_offset")}}


def fitted(value: Any, most: int | None, note_in: str) -> Any:
    """The value, its longest lists cut until it has `most` characters; `note_in` names the member that then says so."""
    if most is None or len(json_of(value, indent=None)) <= most:
        return value
    whole: dict[str, Any] = json.loads(json_of(value, indent=None))
    cut: dict[str, int] = {}
    while len(json_of(whole, indent=None)) > most:
        path, longest = max(_lists(whole), key=lambda found: len(json_of(found[1], indent=None)), default=("", []))
        if len(longest) < 1:
            break
        cut.setdefault(path, len(longest))
        del longest[len(longest) // 2 :]
    said = "Shortened to fit: " + ", ".join(f"{path} holds {total} in all" for path, total in sorted(cut.items()))
    told = whole.get(note_in)
    whole[note_in] = [*told, f"{said}."] if isinstance(told, list) else f"{told or ''} {said}.".strip()
    return whole


def _lists(value: Any, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list that is not within another one, with its place."""
    if isinstance(value, list):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else name)
