"""Shapefile parts: which files belong to one map layer, and which part of it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from pipeline.classification.seen import fold
from pipeline.models import DocumentRecord

#: A shapefile is no layer without these.
REQUIRED = (".shp", ".shx", ".dbf")
#: Without it the coordinates have no stated reference system.
WANTED = (".prj",)
#: Parts that some programs add.
_ALSO = (".cpg", ".sbn", ".sbx", ".qmd", ".qpj", ".qix", ".fdt", ".shp.xml")
_PARTS = (*REQUIRED, *WANTED, *_ALSO)


def _part(name: str) -> tuple[str, str] | None:
    """The layer's stem and the part's suffix of a file name; None when it is no part of a shapefile."""
    base = fold(PurePosixPath(name).name)
    for suffix in sorted(_PARTS, key=len, reverse=True):
        if base.endswith(suffix) and len(base) > len(suffix):
            return base[: -len(suffix)].rstrip(), suffix
    return None


def layer_notes(records: Sequence[DocumentRecord]) -> dict[str, tuple[str, ...]]:
    """For each document that is part of a shapefile: its layer and the layer's missing parts, in words.

    The same bytes (a common .prj or .cpg) may serve several layers under different names; the other names count as
    parts that are there, but a layer exists only where a document is shown under its name.
    """
    there: dict[str, set[str]] = {}
    for record in records:
        for name in {record.filename, *record.names}:
            if part := _part(name):
                there.setdefault(part[0], set()).add(part[1])
    shown = {part[0] for record in records if (part := _part(record.filename))}
    notes: dict[str, tuple[str, ...]] = {}
    for record in records:
        stems = {part[0] for name in {record.filename, *record.names} if (part := _part(name)) and part[0] in shown}
        if _part(record.filename):
            notes[record.document_id] = tuple(_sentence(stem, there[stem]) for stem in sorted(stems))
    return notes


def _sentence(stem: str, parts: set[str]) -> str:
    missing = [suffix for suffix in REQUIRED if suffix not in parts]
    wanted = [suffix for suffix in WANTED if suffix not in parts]
    present = ", ".join(suffix for suffix in _PARTS if suffix in parts)
    if missing:
        return f"Part of the map layer “{stem}” ({present}), which is incomplete: {', '.join(missing)} missing."
    if wanted:
        return f"Part of the map layer “{stem}” ({present}); without {wanted[0]} its reference system is not stated."
    return f"Part of the map layer “{stem}”, which is complete ({present})."
