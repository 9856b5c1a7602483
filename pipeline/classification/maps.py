"""Maps, boundaries and imagery: pictures with a caption, parts of map layers, metadata of satellite scenes."""

from __future__ import annotations

import re

from pipeline.classification.cues import Cue
from pipeline.classification.seen import Seen, fold, squeeze

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
    """geometry "points" when the layer's name says so: places where samples were taken are not a boundary."""
    points = re.search(r"(?<![a-z])(?:points?|cores?)(?![a-z])", seen.name)
    return {"geometry": "points"} if points else {}


def scene_facts(seen: Seen) -> dict[str, str]:
    """sensing_date (year-month-day) of a satellite scene, which stands in the file's name."""
    match = _SCENE.search(fold(seen.filename)) or _PLAIN_DATE.search(seen.filename)
    return {"sensing_date": "-".join(match.groups())} if match else {}
