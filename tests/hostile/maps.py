"""Map layers whose numbers lie and whose shapes nest: shapefile parts, GeoJSON, KML."""

from __future__ import annotations

import json
import re
import struct
from random import Random

from tests.hostile import honest
from tests.hostile.made import Maker

_LARGE = (0, 1, -1, 0x7FFFFFFF, -0x80000000, 10_000_000, 65_536)
_MAD = (float("nan"), float("inf"), -1e308, 1e308, 5e-324, -0.0, 1e10)


# --- shapefiles -------------------------------------------------------------------------------------------------------


def lengths_of_shapes_lie(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".shp"])
    at = 100
    while at < len(data):
        length = 8 + 2 * int.from_bytes(data[at + 4 : at + 8], "big")
        if luck.random() < 0.6:
            struct.pack_into(">i", data, at + 4, luck.choice(_LARGE))
        at += length
    return _said_right(bytes(data), luck)


def counts_of_shapes_lie(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".shp"])
    # Of a polygon: type, box, number of parts, number of points (ESRI white paper, 1998).
    for place in (100 + 8 + 36, 100 + 8 + 40, 100 + 8, 100 + 8 + 44):
        if luck.random() < 0.6:
            struct.pack_into("<i", data, place, luck.choice((*_LARGE, 3, 31, 99)))
    return bytes(data)


def coordinates_are_mad(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".shp"])
    for place in range(100 + 8 + 48, len(data) - 8, 8):
        if luck.random() < 0.3:
            struct.pack_into("<d", data, place, luck.choice(_MAD))
    return bytes(data)


def shapes_end_nowhere(luck: Random) -> bytes:
    empty = struct.pack(">2i", 1, 0) * luck.choice((10, 400_000))
    return _said_right(honest.shapes()[".shp"][:100] + empty, luck)


def kinds_are_unknown(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".shp"])
    kind = luck.choice((0, 1, 3, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31, 99, -1))
    for place in (32, *(range(108, len(data), 136) if luck.random() < 0.7 else ())):
        struct.pack_into("<i", data, place, kind)
    return bytes(data)


def the_index_lies(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".shx"])
    for place in range(luck.choice((24, 100)), len(data) - 4, 4):
        if luck.random() < 0.4:
            struct.pack_into(">i", data, place, luck.choice(_LARGE))
    return bytes(data)


def the_table_lies(luck: Random) -> bytes:
    data = bytearray(honest.shapes()[".dbf"])
    for place, form in ((4, "<I"), (8, "<H"), (10, "<H"), (32 + 16, "<B"), (64 + 16, "<B"), (64 + 11, "<B")):
        if luck.random() < 0.4:
            most = 256 ** struct.calcsize(form) - 1
            struct.pack_into(form, data, place, luck.choice((0, 1, 33, 97, most, most // 2)))
    return bytes(data)


def the_system_nests(luck: Random) -> bytes:
    depth = luck.choice((5, 3_000, 60_000))
    word = luck.choice(('PROJCS["a",', "GEOGCS[", 'UNIT["x",', "PROJCS[(", 'PROJCS["'))
    return (word * depth + luck.choice(("1e999", "NaN", '"', "]" * depth))).encode()


def _said_right(data: bytes, luck: Random) -> bytes:
    """With the length in the header that the file has, mostly: otherwise nobody looks further."""
    if luck.random() < 0.85:
        return data[:24] + struct.pack(">i", len(data) // 2) + data[28:]
    return data


# --- GeoJSON ----------------------------------------------------------------------------------------------------------


def arrays_nest(luck: Random) -> bytes:
    depth = luck.choice((30, 2_000, 300_000))
    inner = "[" * depth + ("]" * depth if luck.random() < 0.7 else "")
    kind = luck.choice(("Polygon", "MultiPolygon", "Point", "LineString"))
    return f'{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":{{"type":"{kind}","coordinates":{inner}}}}}]}}'.encode()


def collections_nest(luck: Random) -> bytes:
    depth = luck.choice((15, 30, 900, 100_000))
    return ('{"type":"GeometryCollection","geometries":[' * depth + "]}" * depth).encode()


def values_are_wrong(luck: Random) -> bytes:
    made = json.loads(honest.geojson())
    mad: list[object] = [None, "x", [], {}, True, -1, 1e308, [[[]]], {"type": "Feature"}, "9" * 9000]
    text = json.dumps(made)
    for _ in range(luck.choice((1, 3))):
        found = list(re.finditer(r'"(features|geometry|coordinates|type|properties)": ', text))
        at = luck.choice(found).end()
        text = text[:at] + json.dumps(luck.choice(mad)) + ", " + '"x": ' + text[at:]
    return text.encode()


def numbers_are_wrong(luck: Random) -> bytes:
    numbers = ("NaN", "Infinity", "1e999", "-1e999", "9" * 6000, "null", '"2"', "[]", "0.1e-400", "true")
    return re.sub(
        r"-?\d+\.\d+",
        lambda m: luck.choice(numbers) if luck.random() < 0.2 else m[0],
        honest.geojson().decode(),
    ).encode()


def features_are_many(luck: Random) -> bytes:
    feature = luck.choice(("null", "{}", '{"type":"Point","coordinates":[1,2]}', '{"geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}}'))
    more = ",".join([feature] * luck.choice((1_000, 150_000)))
    crs = luck.choice(('"crs":5,', '"crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::99999999999"}},', '"crs":{"properties":[]},', ""))
    return f'{{"type":"FeatureCollection",{crs}"features":[{more}]}}'.encode()


def rings_are_long(luck: Random) -> bytes:
    ring = ",".join(f"[{n % 360 - 180},{n % 180 - 90}]" for n in range(luck.choice((100, 300_000))))
    return f'{{"type":"Polygon","coordinates":[[{ring}]]}}'.encode()


# --- KML --------------------------------------------------------------------------------------------------------------


def folders_nest(luck: Random) -> bytes:
    depth = luck.choice((50, 3_000, 500_000))
    tag = luck.choice((b"Folder", b"MultiGeometry", b"Placemark", b"Polygon"))
    return honest.kml().replace(b"<Document>", b"<Document>" + b"<%s>" % tag * depth, 1).replace(b"</Document>", b"</%s>" % tag * depth + b"</Document>")


def map_entities_swell(luck: Random) -> bytes:
    kinds = (
        "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)).replace("&e0;", "1,2 "),
        '<!ENTITY e9 SYSTEM "file:///etc/passwd">',
    )
    doctype = f"<!DOCTYPE kml [{luck.choice(kinds)}]>".encode()
    return honest.kml().replace(b"<kml", doctype + b"<kml", 1).replace(b"<coordinates>", b"<coordinates>&e9;")


def places_are_wrong(luck: Random) -> bytes:
    mad = ("nan,nan", "1e999,2", ",", "1", "a,b", "1;2", "1,2," * 50_000, "9" * 5000 + ",1", "-2,52,0\x0b1,1")
    return re.sub(rb"-2,52,0", lambda _: luck.choice(mad).encode(), honest.kml())


def links_lead_elsewhere(luck: Random) -> bytes:
    link = b"<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>" * luck.choice((1, 5_000))
    return honest.kml().replace(b"<Document>", b"<Document>" + link)


SHP = (lengths_of_shapes_lie, counts_of_shapes_lie, coordinates_are_mad, shapes_end_nowhere, kinds_are_unknown)
_MAKERS: dict[Maker, str] = {
    **dict.fromkeys(SHP, ".shp"),
    the_index_lies: ".shx",
    the_table_lies: ".dbf",
    the_system_nests: ".prj",
    **dict.fromkeys(
        (arrays_nest, collections_nest, values_are_wrong, numbers_are_wrong, features_are_many, rings_are_long), ".geojson"
    ),
    **dict.fromkeys((folders_nest, map_entities_swell, places_are_wrong, links_lead_elsewhere), ".kml"),
}
MAKERS: dict[str, tuple[Maker, str]] = {
    make.__name__.replace("_", " "): (make, ending) for make, ending in _MAKERS.items()
}
