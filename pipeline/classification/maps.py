"""Maps, boundaries and imagery: pictures with a caption, parts of map layers, metadata of satellite scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.classification.cues import Cue
from pipeline.classification.seen import Seen, fold, squeeze
from pipeline.models import DocumentType

#: Sentinel-2 scene names: satellite, then a sensing date year-month-day somewhere behind it.
_SCENE = re.compile(r"(?<![a-z0-9])s2[abc](?![a-z]).{0,40}?((?:19|20)\d{2})([01]\d)([0-3]\d)(?!\d)")
_PLAIN_DATE = re.compile(r"(?<!\d)(20\d{2})([01]\d)([0-3]\d)(?!\d)")
_LAND_COVER = re.compile(r"\bcorine\b|\bland ?cover\b|\bland ?use map\b")
#: What the reader calls map layers, in words.
_LAYER_KINDS = {
    "shapefile-part": "a part of a shapefile",
    "geojson": "a GeoJSON layer",
    "kml": "a KML layer",
    "kmz": "a zipped KML layer",
    "gml": "a GML layer",
}
#: What a caption says besides the farm.
_CAPTION_WORDS = re.compile(r"\b(?:CORINE|land ?cover|land ?use|map|of|(?:19|20)\d{2})\b", re.IGNORECASE)
#: Longest line of a map's caption or legend.
_LONGEST_CAPTION = 70
_MAP_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


def _land_cover(seen: Seen) -> str | None:
    """A caption is short and no sentence: a letter may speak of land cover too."""
    if not seen.caption_only or any(
        len(line) > _LONGEST_CAPTION or line.endswith((".", ";")) for _, line in seen.lines
    ):
        return None
    caption = next((line for _, line in seen.lines if _LAND_COVER.search(fold(line))), None)
    return f"a picture with the caption “{caption}”" if caption else None


#: How places where samples are taken are called.
_SAMPLES = re.compile(r"(?<![a-z])(?:sampl\w*|cores?|points?|plots?)(?![a-z])")
_SQUARE_METRES = 10_000


def points_only(seen: Seen) -> tuple[DocumentType, str, str] | None:
    """Type, cue and note of a layer of points, which bounds nothing whatever its name says; None for other layers."""
    if seen.reading.facts.get("geometry") != "points":
        return None
    kind: DocumentType = "sampling_plan" if _SAMPLES.search(seen.name) else "other"
    count = seen.reading.facts["features"]
    return kind, f"a map layer of {count} points", "Points mark places, such as samples; they are no boundary."


def _layer(seen: Seen) -> str | None:
    return f"its bytes are those of {_LAYER_KINDS[seen.reading.kind]}" if seen.reading.kind in _LAYER_KINDS else None


CUES = (
    Cue("land_cover_map", 8, _land_cover, "A map export is one picture whose caption names the map."),
    Cue("gis_boundary", 8, _layer, "Map layers carry their format in their bytes."),
)


def map_facts(seen: Seen) -> dict[str, str]:
    """map_year and farm_name of a land cover map, from its caption, else the year in its name."""
    found: dict[str, str] = {}
    for _, line in seen.lines if seen.caption_only else ():
        if _LAND_COVER.search(fold(line)):
            if year := _MAP_YEAR.search(line):
                found.setdefault("map_year", year.group(1))
            rest = _CAPTION_WORDS.sub(" ", line)
        else:
            rest = line
        if re.search(r"[A-Za-z]{3}", rest):
            found.setdefault("farm_name", squeeze(rest).strip(" -–,:"))
    if "map_year" not in found and (year := _MAP_YEAR.search(seen.name)):
        found["map_year"] = year.group(1)
    return found


def layer_facts(seen: Seen) -> dict[str, str]:
    """What a map layer says of itself, as far as it could be read.

    geometry (polygons, lines, points, or several), features, crs, area_ha (of polygons) and area_method, bounds (west
    south east north, in the layer's units), parts, missing and damaged (of a shapefile).
    """
    told = seen.reading.facts
    kept = ("geometry", "features", "crs", "bounds", "parts", "missing", "damaged")
    found = {key: told[key] for key in kept if told.get(key)}
    if "geometry" not in found and re.search(r"(?<![a-z])(?:points?|cores?)(?![a-z])", seen.name):
        found["geometry"] = "points"  # a format that is not opened: its name says that it is no boundary
    if area := _hectares(told):
        found["area_ha"], found["area_method"] = area
    return found


def _hectares(told: Mapping[str, str]) -> tuple[str, str] | None:
    """The sum of the polygons' areas, holes taken off; None where the coordinate system does not allow to measure."""
    kind = told.get("crs_kind")
    if kind == "projected" and told.get("area_plane") and told.get("metres"):
        metres = float(told["metres"])
        return (
            f"{float(told['area_plane']) * metres * metres / _SQUARE_METRES:.2f}",
            "measured in the layer's own plane",
        )
    if kind == "geographic" and told.get("area_globe"):
        return f"{float(told['area_globe']) / _SQUARE_METRES:.2f}", "measured on the WGS 84 ellipsoid (equal-area)"
    return None


def layer_notes(seen: Seen) -> tuple[str, ...]:
    """What a person should know of a map layer that could be read: its facts in a sentence, and what is wanting."""
    facts, told = layer_facts(seen), seen.reading.facts
    if "geometry" not in told:
        return ()
    area = f", {facts['area_ha']} ha {facts['area_method']}" if "area_ha" in facts else ""
    system = facts.get("crs", "no coordinate system stated")
    said = [f"{facts['features']} features, {facts['geometry']}{area}; {system}; bounds {facts.get('bounds', 'none')}."]
    if "polygons" not in facts["geometry"]:
        return tuple(said)
    if told.get("crs_kind") == "stretched":
        said.append("Mercator stretches areas, so hectares cannot be measured in it.")
    elif "crs" in facts and not area:
        said.append("Hectares cannot be measured, for what its coordinates mean is not known here.")
    if " and " in facts["geometry"]:
        said.append("Beside polygons it holds other shapes, which count for no area.")
    return tuple(said)


def scene_facts(seen: Seen) -> dict[str, str]:
    """sensing_date (year-month-day) of a satellite scene, which stands in the file's name."""
    match = _SCENE.search(fold(seen.filename)) or _PLAIN_DATE.search(seen.filename)
    return {"sensing_date": "-".join(match.groups())} if match else {}
