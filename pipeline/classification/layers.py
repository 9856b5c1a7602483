"""Shapefiles: which files belong to one map layer, what it lacks, and the layer as one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipeline.classification.seen import fold
from pipeline.models import DocumentRecord, Reading

#: A shapefile is no layer without these.
REQUIRED = (".shp", ".shx", ".dbf")
#: Without it the coordinates have no stated reference system.
WANTED = (".prj",)
#: Parts that some programs add.
_ALSO = (".cpg", ".sbn", ".sbx", ".qmd", ".qpj", ".qix", ".fdt", ".shp.xml")
_PARTS = (*REQUIRED, *WANTED, *_ALSO)
#: What a part's own reading adds to the layer's.
_OF_SYSTEM = ("crs", "crs_kind", "metres")


@dataclass
class Layer:
    """One shapefile: the document that carries it, and its other files."""

    carrier: DocumentRecord
    #: By suffix; the carrier is among them.
    parts: dict[str, DocumentRecord]
    #: Earlier versions of parts and parts set aside: neither count, and they are no documents of their own either.
    aside: list[DocumentRecord] = field(default_factory=list)
    #: Parts whose bytes were first taken in another folder.
    elsewhere: dict[str, DocumentRecord] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Suffixes of required parts that are not there."""
        return tuple(suffix for suffix in REQUIRED if suffix not in self.parts)

    def files(self) -> list[DocumentRecord]:
        """The other files of the layer, in the order of their suffixes."""
        listed = sorted(self.parts, key=_PARTS.index)
        return [self.parts[suffix] for suffix in listed if self.parts[suffix] is not self.carrier]

    def reading(self, readings: Mapping[str, Reading]) -> Reading:
        """The carrier's reading with what the other parts add, as facts and in words."""
        own = readings[self.carrier.sha256]
        read = {suffix: readings[record.sha256] for suffix, record in self.parts.items()}
        broken = [suffix for suffix in (*REQUIRED, *WANTED) if suffix in read and not _sound(suffix, read[suffix])]
        facts = {"parts": ", ".join(PurePosixPath(r.filename).name for r in (self.carrier, *self.files()))} | own.facts
        if ".prj" in read:
            facts |= {key: value for key, value in read[".prj"].facts.items() if key in _OF_SYSTEM}
        if self.missing:
            facts["missing"] = ", ".join(self.missing)
        faults = [
            *_disagreements(read),
            *(_fault(suffix, read[suffix]) for suffix in broken if read[suffix] is not own),
        ]
        if self.carrier is self.parts.get(".shp") and not _sound(".shp", own) and own.status == "ok":
            faults.append("Its .shp holds no shapes.")
        if broken or faults:
            facts["damaged"] = ", ".join(broken) or "the parts disagree"
        return own.model_copy(update={"facts": facts, "note": " ".join(filter(None, (own.note, *faults))) or None})

    def sentence(self) -> str:
        """The layer's parts in words."""
        stem = _name(self.carrier.filename)
        present = ", ".join(suffix for suffix in _PARTS if suffix in self.parts)
        found = "".join(f" Its {suffix} lies at {r.path}." for suffix, r in self.elsewhere.items())
        if self.missing:
            return f"The map layer “{stem}” ({present}) is incomplete: {', '.join(self.missing)} missing.{found}"
        if wanted := [suffix for suffix in WANTED if suffix not in self.parts]:
            return (
                f"The map layer “{stem}” ({present}) does not state its reference system: {wanted[0]} missing.{found}"
            )
        return f"The map layer “{stem}” is complete ({present}).{found}"


def layers_of(records: Iterable[DocumentRecord]) -> list[Layer]:
    """The shapefiles among these documents: files with the same stem in the same folder.

    The .shp carries the layer, for want of it the first part there is. Equal bytes are one document wherever they lie:
    a part that only another layer's folder seems to have (a common .prj) counts for this layer as well.
    """
    found = []
    for stem, group in _groups(records):
        # A layer stands where a document is shown under its name; other names only add parts to it.
        if any(_stem(record) == stem for _, record in group) and (layer := _layer(stem, group)):
            found.append(layer)
    whole = [layer for layer in found if ".shp" in layer.parts]
    for layer in whole:
        _complete(layer, [other for other in whole if other is not layer])
    return found


_Named = tuple[str, DocumentRecord]


def _groups(records: Iterable[DocumentRecord]) -> list[tuple[str, list[_Named]]]:
    """Suffixes and documents by stem, folder and source; what came without a .shp joins those that came with one."""
    places: dict[tuple[str, str], dict[str, list[_Named]]] = {}
    for record in sorted(records, key=lambda r: r.sha256):
        folder = str(PurePosixPath(record.path).parent)
        for name in dict.fromkeys((record.filename, *record.names)):
            if part := _part(name):
                sources = places.setdefault((part[0], folder), {})
                sources.setdefault(record.source_id, []).append((part[1], record))
    groups = []
    for (stem, _), sources in sorted(places.items()):
        whole = [group for group in sources.values() if any(suffix == ".shp" for suffix, _ in group)]
        loose = [named for group in sources.values() if group not in whole for named in group]
        # One after the other, so that what came with the .shp goes before what came apart from it.
        groups += [(stem, [*group, *loose]) for group in whole] or [(stem, loose)]
    return groups


def _layer(stem: str, group: Sequence[_Named]) -> Layer | None:
    parts: dict[str, DocumentRecord] = {}
    aside: list[DocumentRecord] = []
    for suffix, record in group:
        own = _stem(record) == stem
        counts = record.reviewer_status != "ignored" and record.superseded_by is None
        if counts and (suffix not in parts or (own and _stem(parts[suffix]) != stem)):
            parts[suffix] = record
        elif own and suffix != ".shp" and not counts:
            aside.append(record)
    carrier = next((parts[s] for s in _PARTS if s in parts and _stem(parts[s]) == stem), None)
    return Layer(carrier, parts, aside) if carrier else None


def _complete(layer: Layer, others: Sequence[Layer]) -> None:
    """Parts that the layer shares with its namesakes in other folders, whose bytes the session keeps once."""
    namesakes = [other for other in others if _stem(other.carrier) == _stem(layer.carrier)]
    for suffix in (*REQUIRED, *WANTED):
        record = next((other.parts[suffix] for other in namesakes if suffix in other.parts), None)
        if suffix not in layer.parts and record:
            layer.parts[suffix] = layer.elsewhere[suffix] = record


def _part(name: str) -> tuple[str, str] | None:
    """The layer's stem and the part's suffix of a file name; None when it is no part of a shapefile."""
    base = fold(PurePosixPath(name).name)
    for suffix in sorted(_PARTS, key=len, reverse=True):
        if base.endswith(suffix) and len(base) > len(suffix):
            return base[: -len(suffix)].rstrip(), suffix
    return None


def _stem(record: DocumentRecord) -> str | None:
    part = _part(record.filename)
    return part[0] if part else None


def _name(filename: str) -> str:
    part = _part(filename)
    return PurePosixPath(filename).name[: -len(part[1])].rstrip() if part else filename


def _sound(suffix: str, reading: Reading) -> bool:
    """An index without entries cannot be told from shapes without any."""
    part = reading.facts.get("part")
    empty = suffix == ".shx" and part == "shp" and reading.facts.get("features") == "0"
    return reading.status == "ok" and (empty or part == suffix[1:])


def _fault(suffix: str, reading: Reading) -> str:
    if reading.status != "ok":
        return reading.note or f"Its {suffix} cannot be read."
    return f"Its {suffix} is not what the name says. Export the layer again and add all its parts."


def _disagreements(read: Mapping[str, Reading]) -> list[str]:
    """An index or a table with another number of entries belongs to another version of the layer."""
    shapes = read[".shp"].facts.get("entries") if ".shp" in read else None
    counts = {".shx": "features", ".dbf": "records"}
    told = {s: read[s].facts[key] for s, key in counts.items() if s in read and read[s].facts.get(key)}
    return [
        f"Its {suffix} has {count} entries for {shapes} shapes: the parts are not of one version."
        for suffix, count in told.items()
        if shapes is not None and count != shapes and _sound(suffix, read[suffix])
    ]
