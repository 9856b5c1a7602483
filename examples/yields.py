"""The five-year workbook: what was grown on each field before the project, and the averages that leakage is held to."""

from __future__ import annotations

import io
import re
import zipfile

from examples.chance import chance
from examples.farm import Farm
from examples.sheet import MADE

_BLOCK = ("Cultivation", "Cover", "Catch", "Crop", "Residue")
_LISTS = {
    "Cultivation": ("Plough", "Power harrow", "Disc", "Direct drill", "None"),
    "Cover": ("None", "Mustard", "Oats and vetch", "Phacelia mix"),
    "Catch": ("None", "Buckwheat", "Stubble turnips"),
    "Residue": ("Baled", "Chopped", "Grazed"),
}


def write_yields(farm: Farm, later_share: float = 1.0) -> bytes:
    """The workbook as xlsx: a row of years, five columns for each, a row for each field, averages at the bottom.

    `later_share` is what is left of the yields of the project's own years; 0 leaves their cells empty.
    The harvests of the project's own first years stand to the right of the five years that count. A sheet of pick
    lists follows, as such workbooks have.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill

    rng = chance("yields", farm.seed)
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new Workbook always has a sheet; this tells the type checker
    sheet.title = rng.choice(("Sheet1", "Sheet1", "Sheet2"))
    years = sorted({year for grown in farm.yields.values() for year in grown})
    first = 4
    sheet["A1"] = f"Pre-Baseline 5-Year Management and Average Yields - {farm.name}"
    sheet["A1"].font = Font(bold=True, size=14)
    for column, head in enumerate(("Field", "Area (ha)", "Soil type"), start=1):
        sheet.cell(4, column, head).font = Font(bold=True)
    for i, year in enumerate(years):
        cell = sheet.cell(3, first + 5 * i, year)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE8CB")
        for j, head in enumerate(_BLOCK):
            sheet.cell(4, first + 5 * i + j, head).font = Font(bold=True)
    for row, parcel in enumerate(farm.parcels, start=5):
        sheet.cell(row, 1, parcel.name)
        sheet.cell(row, 2, parcel.hectares)
        sheet.cell(row, 3, parcel.soil)
        for i, year in enumerate(years):
            crop = rng.choice([c for c, grown in farm.yields.items() if year in grown])
            early = year < farm.start.year
            chosen = (
                rng.choice(_LISTS["Cultivation"][:3] if early else _LISTS["Cultivation"][3:]),
                "None" if early else rng.choice(_LISTS["Cover"]),
                "None" if early else rng.choice(_LISTS["Catch"]),
                crop,
                rng.choice(_LISTS["Residue"]),
            )
            for j, value in enumerate(chosen):
                sheet.cell(row, first + 5 * i + j, value)
    foot = 7 + len(farm.parcels)
    last = first + 5 * len(years)
    sheet.cell(foot, 1, "Average Yield (t/ha)").font = Font(bold=True)
    sheet.cell(foot, last, "5-year average").font = Font(bold=True)
    for i, year in enumerate(years):
        sheet.cell(foot, first + 5 * i, year).font = Font(bold=True)
    for row, (crop, grown) in enumerate(farm.yields.items(), start=foot + 1):
        sheet.cell(row, 1, "Average Yield (t/ha)")
        sheet.cell(row, 2, crop)
        for i, year in enumerate(years):
            tonnes = grown.get(year)
            later = tonnes is not None and year >= farm.start.year and later_share != 1.0
            sheet.cell(row, first + 5 * i, (round(tonnes * later_share, 2) or None) if tonnes and later else tonnes)
        sheet.cell(row, last, farm.average(crop))
    lists = book.create_sheet("Lists")
    for column, (head, choices) in enumerate(_LISTS.items(), start=1):
        for row, value in enumerate((head, *choices), start=1):
            lists.cell(row, column, value)
    packed = io.BytesIO()
    book.save(packed)
    return _undated(packed.getvalue())


def _undated(workbook: bytes) -> bytes:
    """The same workbook with one fixed date everywhere, so that it is the same bytes on any day."""
    stamp = f"{MADE:%Y-%m-%dT%H:%M:%SZ}".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, data)
            member = zipfile.ZipInfo(name, MADE.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, data)
    return out.getvalue()
