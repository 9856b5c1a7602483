"""Map layers: kind, number, extent, coordinate system and hectares of shapes; damage and attacks told, each alone."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_maker import BRITISH, DEGREES, FEET, NEWER, WEB, Ring, geojson, kml, kmz, layer, polygon, square

from pipeline.models import Reading
from pipeline.reading.geometry import Shapes, ring_area
from pipeline.reading.projection import of_name, of_wkt
from pipeline.reading.reader import read_file

#: A hundredth of a degree at the equator: 1113.19 m by 1105.74 m (WGS 84 tables), 123.09 ha.
SMALL = square(0, 0, 0.01)


def reading_of(folder: Path, data: bytes) -> Reading:
    path = folder / "content"
    path.write_bytes(data)
    return read_file(path, "0" * 64, 200, 1000)


def hectares(facts: dict[str, str], key: str = "area_globe") -> float:
    return float(facts[key]) / 10_000


# --- shapefiles -------------------------------------------------------------------------------------------------------


def test_shapes_say_how_many_how_far_and_how_much(tmp_path: Path) -> None:
    hole = list(reversed(square(400_200, 300_200, 100)))
    facts = reading_of(tmp_path, layer([square(), hole], [square(402_000)])[".shp"]).facts
    assert (facts["part"], facts["geometry"], facts["features"]) == ("shp", "polygons", "2")
    assert facts["bounds"] == "400000 300000 403000 301000"
    assert hectares(facts, "area_plane") == pytest.approx(199.0)
    assert "area_globe" not in facts


def test_index_table_and_projection_say_what_they_are(tmp_path: Path) -> None:
    parts = layer([square()], [square(402_000)])
    told = {suffix: reading_of(tmp_path, data).facts for suffix, data in parts.items()}
    assert {suffix: facts["part"] for suffix, facts in told.items()} == {s: s[1:] for s in parts}
    assert (told[".shx"]["features"], told[".dbf"]["records"], told[".dbf"]["columns"]) == ("2", "2", "NAME")
    assert (told[".prj"]["crs"], told[".prj"]["crs_kind"]) == ("British National Grid", "projected")


def test_a_layer_of_points_is_told_from_one_of_polygons(tmp_path: Path) -> None:
    facts = reading_of(tmp_path, layer(points=[(1.0, 2.0), (3.0, 4.0)])[".shp"]).facts
    assert (facts["geometry"], facts["features"], facts["bounds"]) == ("points", "2", "1 2 3 4")


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_a_part_that_is_cut_off_says_so(tmp_path: Path, suffix: str) -> None:
    whole = layer(*([square(400_000 + 2000 * n)] for n in range(20)))[suffix]
    reading = reading_of(tmp_path, whole[:-20])
    assert (reading.status, reading.code) == ("quarantined", "truncated")
    assert suffix in (reading.note or "")
    assert "cut off" in (reading.note or "")
    assert "Export the layer again" in (reading.note or "")


@given(st.integers(100, 300), st.binary(min_size=1, max_size=40))
def test_no_bytes_in_the_shapes_break_more_than_their_layer(at: int, junk: bytes) -> None:
    whole = bytearray(layer([square()], [square(402_000)])[".shp"])
    whole[at : at + len(junk)] = junk
    path = Path("broken.shp")
    path.write_bytes(whole)
    reading = read_file(path, "0" * 64, 200, 1000)
    assert reading.status == "ok" or (reading.status, bool(reading.note)) == ("quarantined", True)


def test_a_table_whose_header_promises_too_much_is_damaged(tmp_path: Path) -> None:
    table = bytearray(layer([square()])[".dbf"])
    table[4:8] = (2_000_000_000).to_bytes(4, "little")
    reading = reading_of(tmp_path, bytes(table))
    assert (reading.status, reading.facts["part"]) == ("quarantined", "dbf")


# --- coordinate systems -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BRITISH, {"crs": "British National Grid", "crs_kind": "projected", "metres": "1.0"}),
        (FEET, {"crs": "Grid in feet", "crs_kind": "projected", "metres": "0.3048"}),
        (NEWER, {"crs": "Feet of the newer form", "crs_kind": "projected", "metres": "0.3048"}),
        (DEGREES, {"crs": "GCS WGS 1984", "crs_kind": "geographic"}),
        (WEB, {"crs": "WGS 1984 Web Mercator Auxiliary Sphere", "crs_kind": "stretched"}),
        ('PROJCS["unnamed",GEOGCS["x"]]', {}),
        ("no such text", {}),
    ],
)
def test_a_coordinate_system_is_named_and_its_unit_known(text: str, told: dict[str, str]) -> None:
    assert of_wkt(text) == told


@pytest.mark.parametrize(
    ("name", "crs", "kind"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "WGS 84", "geographic"),
        ("urn:ogc:def:crs:EPSG::27700", "EPSG:27700", "projected"),
        ("EPSG:32630", "EPSG:32630", "projected"),
        ("http://www.opengis.net/def/crs/EPSG/0/3857", "EPSG:3857", "stretched"),
        ("EPSG:99999", "EPSG:99999", "unknown"),
    ],
)
def test_a_coordinate_system_is_known_by_its_number(name: str, crs: str, kind: str) -> None:
    told = of_name(name)
    assert (told["crs"], told["crs_kind"]) == (crs, kind)


# --- areas ------------------------------------------------------------------------------------------------------------


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1, 1e4))
def test_a_square_has_the_area_of_its_side_wherever_it_lies(x: float, y: float, side: float) -> None:
    assert abs(ring_area(square(x, y, side))) == pytest.approx(side * side, rel=1e-3)


@pytest.mark.parametrize(("north", "wanted"), [(0, 123.09), (52, 76.5), (-52, 76.5)])
def test_hectares_on_the_ellipsoid_are_those_of_printed_tables(north: float, wanted: float) -> None:
    # At 52 degrees a hundredth is 686.9 m by 1112.7 m; the square begins there and narrows northwards.
    shapes = Shapes()
    shapes.polygon([square(0, north if north >= 0 else north - 0.01, 0.01)])
    assert hectares(shapes.facts()) == pytest.approx(wanted, rel=2e-3)


def test_the_whole_globe_has_the_area_of_the_ellipsoid() -> None:
    shapes = Shapes()
    shapes.polygon([[(-180, -90), (-180, 90), (180, 90), (180, -90), (-180, -90)]])
    assert float(shapes.facts()["area_globe"]) == pytest.approx(5.10065621724e14, rel=1e-9)


# --- one file ---------------------------------------------------------------------------------------------------------


def test_geojson_without_a_word_on_it_is_in_degrees(tmp_path: Path) -> None:
    hole = square(0.002, 0.002, 0.005)
    reading = reading_of(tmp_path, geojson(polygon(SMALL, hole)))
    assert (reading.kind, reading.facts["crs"], reading.facts["features"]) == ("geojson", "WGS 84", "1")
    assert hectares(reading.facts) == pytest.approx(123.09 * 0.75, rel=1e-3)


def test_geojson_may_name_another_system(tmp_path: Path) -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    facts = reading_of(tmp_path, geojson(polygon(square()), crs=named)).facts
    assert (facts["crs"], hectares(facts, "area_plane")) == ("EPSG:27700", pytest.approx(100.0))


def test_geojson_in_metres_that_names_no_system_has_none(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, geojson(polygon(square())))
    assert "crs" not in reading.facts
    assert "no degrees" in (reading.note or "")


def test_every_kind_of_geometry_is_counted(tmp_path: Path) -> None:
    many = {"type": "MultiPolygon", "coordinates": [[SMALL], [square(1, 1, 0.01)]]}
    bag = {"type": "GeometryCollection", "geometries": [polygon(SMALL), {"type": "Point", "coordinates": [5, 5]}]}
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    facts = reading_of(tmp_path, geojson(many, bag, line)).facts
    assert (facts["geometry"], facts["features"], facts["bounds"]) == ("polygons and lines and points", "3", "0 0 5 5")


def test_kml_and_zipped_kml_say_the_same(tmp_path: Path) -> None:
    hole: Ring = square(0.002, 0.002, 0.005)
    content = kml(SMALL, square(0.1, 0, 0.01), holes=(hole,))
    plain, zipped = reading_of(tmp_path, content), reading_of(tmp_path, kmz(content))
    other = reading_of(tmp_path, kmz(content, name="Fields.kml"))
    assert (plain.kind, zipped.kind, other.kind) == ("kml", "kmz", "kmz")
    assert plain.facts == zipped.facts == other.facts
    assert (plain.facts["geometry"], plain.facts["features"], plain.facts["crs"]) == ("polygons", "2", "WGS 84")
    assert hectares(plain.facts) == pytest.approx(123.09 * 1.75, rel=1e-3)


def test_a_map_that_links_elsewhere_is_never_fetched(tmp_path: Path) -> None:
    linked = kml(SMALL, extra="<NetworkLink><Link><href>http://example.org/rest.kml</href></Link></NetworkLink>")
    assert "never fetched" in (reading_of(tmp_path, linked).note or "")


LAUGHS = '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 500 + '">]>'
OUTSIDE = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (kml(SMALL, head=LAUGHS, extra="<name>&b;</name>"), "malformed", "own XML entities"),
        (kml(SMALL, head=OUTSIDE, extra="<name>&x;</name>"), "malformed", "own XML entities"),
        (kml(SMALL)[:-60], "malformed", "cut off or damaged"),
        (kmz(kml(SMALL, extra=" " * 280_000_000)), "too_large", "would unpack to 280 MB"),
        (kml(SMALL).replace(b"0.01", b"x"), "malformed", "no pair of numbers"),
        (geojson(polygon(SMALL))[:-9], "malformed", "cut off or damaged"),
        (geojson(polygon([(math.inf, 0), (0, 1)])), "malformed", "no number"),
        (geojson({"type": "Polygon", "coordinates": [["a", "b"]]}), "malformed", "no pair of numbers"),
        (b'{"type": "FeatureCollection", "features": ' + b"[" * 200_000, "malformed", "cut off or damaged"),
    ],
)
def test_a_broken_or_hostile_map_is_quarantined_with_a_cure(tmp_path: Path, data: bytes, code: str, says: str) -> None:
    reading = reading_of(tmp_path, data)
    assert (reading.status, reading.code) == ("quarantined", code)
    assert says in (reading.note or "")
    assert "again" in (reading.note or "")


def test_collections_within_collections_end_somewhere(tmp_path: Path) -> None:
    inner: dict[str, object] = polygon(SMALL)
    for _ in range(30):
        inner = {"type": "GeometryCollection", "geometries": [inner]}
    reading = reading_of(tmp_path, json.dumps(inner).encode())
    assert (reading.status, reading.code) == ("quarantined", "malformed")
