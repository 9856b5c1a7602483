"""One part of a shapefile: shapes, their index, their table of attributes, or their coordinate system."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.models import Reading
from pipeline.reading.geometry import BadShape, Shapes
from pipeline.reading.projection import of_wkt
from pipeline.reading.sniff import encoding_of

_MAGIC = b"\x00\x00\x27\x0a"
#: Bytes of the header that shapes and index share, and of an entry of the index (ESRI Shapefile White Paper, 1998).
_HEADER, _ENTRY = 100, 8
#: The first entry of an index points behind the header, 50 words on; the first shape is number 1.
_INDEX_START = 50
_POLYGONS, _LINES, _POINTS = (5, 15, 25), (3, 13, 23), (1, 8, 11, 18, 21, 28)
_WHAT = {"shp": "shapes", "shx": "index", "dbf": "table of attributes", "prj": "coordinate system"}
#: No coordinate system takes more text.
_LONGEST_WKT = 64 * 1024


class _Damaged(Exception):
    """The part is not what its first bytes promise."""


def read_shapefile_part(path: Path, sha256: str, reader_version: str) -> Reading:
    """`facts` of a part: which it is (shp, shx, dbf, prj), and what it says; damage is told with a cure."""
    base: dict[str, Any] = {
        "sha256": sha256, "reader": "pyshp", "reader_version": reader_version, "kind": "shapefile-part",
    }  # fmt: skip
    part = _part(path)
    try:
        return Reading(**base, facts={"part": part, **_READ[part](path)})
    except (MemoryError, OSError):
        raise
    except _Damaged as error:
        code, why = "truncated", str(error)
    except Exception as error:  # noqa: BLE001 - pyshp raises whatever broken bytes lead it to
        code, why = "malformed", str(error) if isinstance(error, BadShape) else "its bytes make no sense"
    note = (
        f"The {_WHAT[part]} of a map layer (.{part}) is damaged: {why}. Export the layer again and add all its parts."
    )
    return Reading(**base, status="quarantined", code=code, note=note, facts={"part": part})


def _part(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_HEADER + 4)
    if head.startswith(_MAGIC):
        return "shx" if int.from_bytes(head[_HEADER:], "big") == _INDEX_START else "shp"
    return "prj" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1].isalpha() and b"[" in head else "dbf"


def _shp(path: Path) -> dict[str, str]:
    import shapefile  # start-up

    _whole(path)
    shapes, entries = Shapes(), 0
    with path.open("rb") as file:
        for shape in shapefile.Reader(shp=file).iterShapes():
            entries += 1
            if shape.shapeType == 0:
                continue
            shapes.features += 1
            points = [(float(p[0]), float(p[1])) for p in shape.points]
            if shape.shapeType in _POLYGONS:
                starts = [*shape.parts, len(points)]
                rings = [points[a:b] for a, b in pairwise(starts)]
                shapes.polygon(rings, by_turn=True)
            elif shape.shapeType in _LINES:
                shapes.other("lines", points)
            elif shape.shapeType in _POINTS:
                shapes.other("points", points)
            else:
                raise BadShape("it holds solids, which are no map of land")
    return {**shapes.facts(), "entries": str(entries)}


def _shx(path: Path) -> dict[str, str]:
    _whole(path)
    return {"features": str((path.stat().st_size - _HEADER) // _ENTRY)}


def _whole(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    # Lengths are counted in words of two bytes.
    told, size = 2 * int.from_bytes(head[24:28], "big"), path.stat().st_size
    if len(head) < _HEADER or size < told:
        raise _Damaged(f"it is cut off, {size} of {max(told, _HEADER)} bytes are there")
    if size > told:
        raise _Damaged(f"it says that it has {told} bytes and has {size}")


def _dbf(path: Path) -> dict[str, str]:
    import shapefile  # start-up

    with path.open("rb") as file:
        head = file.read(12)
        table = shapefile.Reader(dbf=file, encoding="latin-1", encodingErrors="replace")
        records = len(table)
        names = [str(field[0]) for field in table.fields if field[0] != "DeletionFlag"]
    needed = int.from_bytes(head[8:10], "little") + records * int.from_bytes(head[10:12], "little")
    if path.stat().st_size < needed:
        raise _Damaged(f"it is cut off, {path.stat().st_size} of {needed} bytes are there")
    return {"records": str(records), "columns": ", ".join(names)}


def _prj(path: Path) -> dict[str, str]:
    data = path.read_bytes()[:_LONGEST_WKT]
    return of_wkt(data.decode(encoding_of(data), "replace").lstrip("\ufeff"))


_READ = {"shp": _shp, "shx": _shx, "dbf": _dbf, "prj": _prj}
