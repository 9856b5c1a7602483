"""Map layers in one file: GeoJSON, KML, and KML zipped as KMZ."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from pipeline.models import Reading
from pipeline.reading.damage import Refusal
from pipeline.reading.extent import EVERYDAY, Extent
from pipeline.reading.geometry import BadShape, Shapes
from pipeline.reading.packed import bomb
from pipeline.reading.projection import WGS84, of_name
from pipeline.reading.sniff import encoding_of

_CURE = "Export the layer again and add that copy."
_ENTITIES = (
    "malformed",
    "The map layer defines its own XML entities, which no map needs and attacks use; it is not read.",
)
#: Collections within collections deeper than this are no map.
_DEEPEST = 20


def read_map_file(
    path: Path, kind: str, sha256: str, reader_version: str, extent: Extent = EVERYDAY
) -> Reading:
    """`facts` of a GeoJSON, KML or KMZ file, as `Shapes` and `projection` give them; damage is told with a cure."""
    base: dict[str, Any] = {"sha256": sha256, "reader": "map", "reader_version": reader_version, "kind": kind}
    from defusedxml import DefusedXmlException  # start-up

    refusal = bomb(path, "zipped map", "a map program", extent.unpacked_mb) if kind == "kmz" else None
    if refusal is None:
        try:
            facts, note = _geojson(path) if kind == "geojson" else _kml(path, kind)
            return Reading(**base, facts=facts, note=note)
        except (MemoryError, OSError):
            raise
        except DefusedXmlException:
            refusal = Refusal("quarantined", _ENTITIES[0], f"{_ENTITIES[1]} {_CURE}")
        except BadShape as error:
            refusal = Refusal("quarantined", "malformed", f"The map layer is damaged: {error}. {_CURE}")
        except Exception:  # noqa: BLE001 - whatever broken JSON or XML leads its parser to
            refusal = Refusal("quarantined", "malformed", f"The map layer is cut off or damaged. {_CURE}")
    return Reading(**base, status=refusal.status, code=refusal.code, note=refusal.note)


def _geojson(path: Path) -> tuple[dict[str, str], str | None]:
    data = path.read_bytes()
    layer = json.loads(data.decode(encoding_of(data)).lstrip("\ufeff"))
    shapes = Shapes()
    for feature in layer.get("features", ()) if layer.get("type") == "FeatureCollection" else (layer,):
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        if geometry:
            shapes.features += 1
            _add(geometry, shapes, 0)
    named = layer.get("crs")
    # RFC 7946: without a word on it, WGS 84. The older word for it still comes from desktop programs.
    crs = of_name(str((named.get("properties") or {}).get("name", ""))) if isinstance(named, dict) else dict(WGS84)
    facts = shapes.facts()
    if not isinstance(named, dict) and "bounds" in facts and not _degrees(facts["bounds"]):
        return facts, "Its coordinates are no degrees, and it does not name the coordinate system they are in."
    return {**facts, **crs}, None


def _degrees(bounds: str) -> bool:
    west, south, east, north = map(float, bounds.split())
    return west >= -180 and east <= 180 and south >= -90 and north <= 90


def _add(geometry: dict[str, Any], shapes: Shapes, depth: int) -> None:
    if depth > _DEEPEST or not isinstance(geometry, dict):
        raise BadShape("its geometry is not made as GeoJSON says")
    at: Any = geometry.get("coordinates") or ()
    match geometry.get("type"):
        case "Polygon":
            shapes.polygon(at)
        case "MultiPolygon":
            for polygon in at:
                shapes.polygon(polygon)
        case "LineString":
            shapes.other("lines", at)
        case "MultiLineString":
            for line in at:
                shapes.other("lines", line)
        case "Point":
            shapes.other("points", [at] if at else ())
        case "MultiPoint":
            shapes.other("points", at)
        case "GeometryCollection":
            for inner in geometry.get("geometries") or ():
                _add(inner, shapes, depth + 1)
        case _:
            raise BadShape("its geometry is not made as GeoJSON says")


def _kml(path: Path, kind: str) -> tuple[dict[str, str], str | None]:
    if kind == "kml":
        with path.open("rb") as file:
            return _placemarks(file)
    with zipfile.ZipFile(path) as archive:
        # The first .kml of the archive is the map (OGC 12-007r2, annex C); others are only linked to.
        name = next(n for n in ("doc.kml", *archive.namelist()) if n in archive.namelist() and _is_kml(n))
        with archive.open(name) as file:
            return _placemarks(file)


def _is_kml(name: str) -> bool:
    return name.casefold().endswith(".kml")


def _placemarks(file: IO[bytes]) -> tuple[dict[str, str], str | None]:
    from defusedxml.ElementTree import iterparse  # start-up

    shapes, linked = Shapes(), False
    for _, element in iterparse(file, forbid_dtd=True):
        match _tag(element):
            case "Placemark":
                shapes.features += any(_tag(inner) == "coordinates" for inner in element.iter())
                for shape in element.iter():
                    _shape(shape, shapes)
                element.clear()
            case "NetworkLink":
                linked = True
    note = "It links to more of the map elsewhere, which is never fetched; ask for the whole." if linked else None
    return {**shapes.facts(), **WGS84}, note


def _shape(shape: Any, shapes: Shapes) -> None:
    match _tag(shape):
        case "Polygon":
            outer = [ring for boundary in _inside(shape, "outerBoundaryIs") for ring in _rings(boundary)]
            holes = [ring for boundary in _inside(shape, "innerBoundaryIs") for ring in _rings(boundary)]
            shapes.polygon([*outer, *holes])
        case "LineString":
            for line in _rings(shape):
                shapes.other("lines", line)
        case "Point":
            for point in _rings(shape):
                shapes.other("points", point)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _inside(element: Any, tag: str) -> Iterator[Any]:
    return (inner for inner in element if _tag(inner) == tag)


def _rings(element: Any) -> Iterator[Sequence[tuple[float, float]]]:
    for inner in element.iter():
        if _tag(inner) == "coordinates":
            pairs = [place.split(",") for place in (inner.text or "").split()]
            try:
                yield [(float(pair[0]), float(pair[1])) for pair in pairs]
            except (ValueError, IndexError) as error:
                raise BadShape("a position is no pair of numbers") from error
