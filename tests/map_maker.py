"""Map layers for tests: shapefiles, GeoJSON, KML and KMZ of squares whose area anybody can reckon."""

from __future__ import annotations

import io
import json
import zipfile

import shapefile

#: Well-known text as desktop programs write it beside a shapefile.
BRITISH = (
    'PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,'
    '299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",400000.0],UNIT["Meter",1.0]]'
)
FEET = BRITISH.replace("British_National_Grid", "Grid_in_feet").replace('UNIT["Meter",1.0]', 'UNIT["Foot",0.3048]')
DEGREES = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],UNIT["Degree",0.017]]'
WEB = (
    f'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",{DEGREES},PROJECTION["Mercator_Auxiliary_Sphere"],'
    'UNIT["Meter",1.0]]'
)
#: WGS 84 in the newer form, whose first unit is the ellipsoid's.
NEWER = (
    'PROJCRS["Feet of the newer form",BASEGEOGCRS["WGS 84",DATUM["World",ELLIPSOID["WGS 84",6378137,298.25,'
    'LENGTHUNIT["metre",1]]]],CONVERSION["UTM zone 30N",METHOD["Transverse Mercator"]],CS[Cartesian,2],'
    'LENGTHUNIT["foot",0.3048]]'
)

Point = tuple[float, float]
Ring = list[Point]


def square(x: float = 400_000, y: float = 300_000, side: float = 1000) -> Ring:
    """A closed ring, clockwise."""
    return [(x, y), (x, y + side), (x + side, y + side), (x + side, y), (x, y)]


def layer(
    *polygons: list[Ring], points: list[tuple[float, float]] | None = None, prj: str = BRITISH
) -> dict[str, bytes]:
    """The parts of a shapefile by suffix: polygons as lists of rings, or points; each with a name."""
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    kind = shapefile.POINT if points else shapefile.POLYGON
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=kind) as writer:
        writer.field("NAME", "C", size=20)
        for number, rings in enumerate(polygons):
            writer.poly(rings)
            writer.record(f"field {number}")
        for point in points or ():
            writer.point(*point)
            writer.record("sample")
    parts = {".shp": shp, ".shx": shx, ".dbf": dbf}
    return {suffix: out.getvalue() for suffix, out in parts.items()} | {".prj": prj.encode()}


def geojson(*geometries: dict[str, object], **more: object) -> bytes:
    """A collection of one feature for each geometry."""
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    return json.dumps({"type": "FeatureCollection", **more, "features": features}).encode()


def polygon(*rings: Ring) -> dict[str, object]:
    """A GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": rings}


def kml(*rings: Ring, holes: tuple[Ring, ...] = (), extra: str = "", head: str = "") -> bytes:
    """One placemark for each ring; the holes are in the first."""

    def linear(ring: Ring) -> str:
        places = " ".join(f"{x},{y},0" for x, y in ring)
        return f"<LinearRing><coordinates>{places}</coordinates></LinearRing>"

    inner = "".join(f"<innerBoundaryIs>{linear(hole)}</innerBoundaryIs>" for hole in holes)
    marks = "".join(
        f"<Placemark><Polygon><outerBoundaryIs>{linear(ring)}</outerBoundaryIs>{inner if n == 0 else ''}</Polygon>"
        "</Placemark>"
        for n, ring in enumerate(rings)
    )
    opened = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return f'<?xml version="1.0"?>{head}{opened}{marks}{extra}</Document></kml>'.encode()


def kmz(content: bytes, name: str = "doc.kml", **more: bytes) -> bytes:
    """That KML zipped, with other entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
        for entry, data in more.items():
            made.writestr(entry, data)
    return out.getvalue()
