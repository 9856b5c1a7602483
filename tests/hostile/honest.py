"""Small honest documents of every kind, as mutators take them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import docx
import openpyxl
import shapefile
import xlwt
from fpdf import FPDF
from PIL import Image

TEXT = "The field is sown with clover after the harvest. It is grazed from May until September."
RING = [(400_000.0, 300_000.0), (400_000.0, 301_000.0), (401_000.0, 301_000.0), (401_000.0, 300_000.0)]
_STRINGS = "xl/sharedStrings.xml"
SYSTEM = (
    'PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,'
    '299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'UNIT["Meter",1.0]]'
)


@cache
def pdf() -> bytes:
    """Three pages with text in two faces, a ruled table, a picture and an outline."""
    made = FPDF(unit="pt", format="A4")
    made.set_auto_page_break(False)
    made.set_creation_date(datetime(2026, 1, 31, tzinfo=UTC))
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((48, 48)).save(picture, "PNG")
    for number in range(1, 4):
        made.add_page()
        made.start_section(f"Section {number}")
        made.set_font("helvetica", "I" if number == 2 else "", 11)
        for line in range(8):
            made.text(72, 100 + 15 * line, f"{TEXT} ({number}.{line})")
        for row in range(4):
            for column in range(3):
                made.rect(72 + 120 * column, 300 + 20 * row, 120, 20)
                made.text(76 + 120 * column, 314 + 20 * row, f"Cell {row} {column}")
        picture.seek(0)
        made.image(picture, 72, 450, 200)
        made.text(290, 800, str(number))
    return bytes(made.output())


@cache
def xlsx() -> bytes:
    """Two sheets, one hidden, with text, numbers and dates."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.properties.created = datetime(2026, 1, 31)  # noqa: DTZ001 - the library wants it without a zone
    sheet = book.worksheets[0]
    sheet.append(["Field", "Year", "Yield", "Note"])
    for number in range(60):
        sheet.append([f"Field {number}", 2018 + number % 5, number / 7, TEXT])
    book.create_sheet("Notes").sheet_state = "hidden"
    book.worksheets[1].append(["Sown", "=1+1"])
    book.save(out)
    parts = unzipped(out.getvalue())
    parts["docProps/core.xml"] = re.sub(rb"20[0-9]{2}-[-0-9T:]+Z", b"2026-01-31T00:00:00Z", parts["docProps/core.xml"])
    if _STRINGS not in parts:  # the library writes strings into the cells; most programs keep them apart
        main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        kind = f'<Override PartName="/{_STRINGS}" ContentType="{main}"/></Types>'
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind.encode())
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
        link = f'<Relationship Id="rId99" Type="{relation}" Target="/{_STRINGS}"/></Relationships>'
        rels = "xl/_rels/workbook.xml.rels"
        parts[rels] = parts[rels].replace(b"</Relationships>", link.encode())
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        strings = f'<?xml version="1.0"?><sst xmlns="{space}"><si><t>{TEXT}</t></si><si><t>Top Leys</t></si></sst>'
        parts[_STRINGS] = strings.encode()
        sheet = parts["xl/worksheets/sheet1.xml"]
        more = b'<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row></sheetData>'
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", more)
    return zipped(parts)


@cache
def word() -> bytes:
    """A heading, paragraphs and a table."""
    document, out = docx.Document(), io.BytesIO()
    document.add_heading("Attestation", 1)
    document.add_paragraph(TEXT)
    table = document.add_table(3, 3)
    for row in table.rows:
        for cell in row.cells:
            cell.text = "Top Leys"
    document.add_paragraph("").add_run("Describe the land here.").italic = True
    document.save(out)
    return zipped(unzipped(out.getvalue()))


@cache
def xls() -> bytes:
    """The old workbook format."""
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("Yields")
    for row in range(50):
        for column, value in enumerate((f"Field {row}", 2018 + row % 5, row / 7, TEXT)):
            sheet.write(row, column, value)
    book.save(out)
    return out.getvalue()


@cache
def shapes() -> dict[str, bytes]:
    """The parts of a shapefile, by suffix."""
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POLYGON) as writer:
        writer.field("NAME", "C", size=20)
        writer.field("AREA", "N", size=12, decimal=3)
        for number in range(6):
            writer.poly([[(x + 2000 * number, y) for x, y in (*RING, RING[0])]])
            writer.record(f"field {number}", number * 1.5)
    return {
        ".shp": shp.getvalue(),
        ".shx": shx.getvalue(),
        # The day it was made stands in the second to fourth byte.
        ".dbf": dbf.getvalue()[:1] + bytes((126, 1, 31)) + dbf.getvalue()[4:],
        ".prj": SYSTEM.encode(),
    }


@cache
def geojson() -> bytes:
    """A collection of polygons in degrees."""
    ring = [[-2.0, 52.0], [-2.0, 52.1], [-1.9, 52.1], [-1.9, 52.0], [-2.0, 52.0]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature] * 4}).encode()


@cache
def kml() -> bytes:
    """The same land as KML."""
    mark = (
        "<Placemark><name>Top Leys</name><Polygon><outerBoundaryIs><LinearRing><coordinates>-2,52,0 -2,52.1,0 "
        "-1.9,52.1,0 -2,52,0</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return f"{head}{mark * 3}</Document></kml>".encode()


@cache
def kmz() -> bytes:
    """That KML zipped."""
    return zipped({"doc.kml": kml()})


@cache
def archive() -> bytes:
    """A zip of three files, one in a folder."""
    return zipped({"notes.txt": TEXT.encode(), "maps/fields.geojson": geojson(), "plan.pdf": pdf()})


@cache
def table() -> bytes:
    """A table as text."""
    rows = [f"Field {n};{2018 + n % 5};{n / 7:.3f};sown" for n in range(80)]
    return "\n".join(("Field;Year;Yield;Note", *rows)).encode()


@cache
def letter() -> bytes:
    """Plain text."""
    return "\n".join(f"{n}. {TEXT}" for n in range(40)).encode()


def zipped(parts: dict[str, bytes]) -> bytes:
    """A zip of those parts, each as a zip of today has it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # of 1980, whenever it is made
    return out.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """The parts of a zip, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


#: Every kind of document by the ending that people give it.
KINDS: dict[str, Callable[[], bytes]] = {
    ".pdf": pdf,
    ".xlsx": xlsx,
    ".docx": word,
    ".xls": xls,
    ".geojson": geojson,
    ".kml": kml,
    ".kmz": kmz,
    ".zip": archive,
    ".csv": table,
    ".txt": letter,
    ".shp": lambda: shapes()[".shp"],
    ".shx": lambda: shapes()[".shx"],
    ".dbf": lambda: shapes()[".dbf"],
    ".prj": lambda: shapes()[".prj"],
}
