"""The greenhouse gas report: the farm's emissions of one year, as a carbon calculator prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random

from examples.chance import chance
from examples.farm import Farm, years_after
from examples.sheet import Draw, Sheet, print_pages, text_at
from examples.style import Face

_SOURCES = ("Fuels", "Materials", "Inventory", "Crops", "Inputs", "Livestock", "Distribution")
_SHARES = (0.11, 0.03, 0.02, 0.09, 0.54, 0.20, 0.01)
_OFFSETS = (("Hedgerows", 0.3), ("Woodland", 0.7))
_LEFT = 64.0


def year_end(farm: Farm, later: bool = False) -> date:
    """Last day of the year that the report covers: the harvest year in which the project began or the next.

    `later` is the year after that one.
    """
    return date(farm.start.year + (farm.start.month > 8) + later, 9, 30)


def write_ghg_report(farm: Farm, later: bool = False, hectares: float | None = None) -> bytes:
    """The report as PDF: gross emissions, offset and balance, then tables by source, by gas and by input.

    `later` makes it the report of the second year; `hectares` is the area it was reckoned for in place of the farm's.
    Subscripts are either set beside their letter or, on half of the farms, all at the end of the page's stream, where
    readers find them as stray figures.
    """
    rng = chance("ghg", farm.seed)
    end, area = year_end(farm, later), hectares or farm.hectares
    if later:
        farm = replace(farm, emissions=farm.later_emissions, submitted=years_after(farm.submitted, 1))
    page = _Page(Sheet("a4", top=60, bottom=60), stray=rng.random() < 0.5)
    page.text(f"{farm.name} {end:%d %b %Y}", 22)
    page.text("Prepared using UK as the region in the Farm Carbon Calculator.", 10, gap=26)
    page.text("Carbon balance", 15, gap=14)
    balance = farm.emissions - farm.offset
    for head, value in (("Emissions", farm.emissions), ("Offset", -farm.offset), ("Carbon balance", balance)):
        page.text(head, 12)
        page.text(f"{value:.2f}", 20, gap=8)
        page.text("tonnes CO₂e per year", 9, gap=24)
    page.turn()
    page.text("Key figures", 15, gap=14)
    for head, value, unit in (
        ("Carbon balance / hectare:", balance / area, "tonnes CO₂e/hectare/year"),
        ("Fuel / hectare:", farm.emissions * 0.11 / area, "tonnes CO₂e/hectare from fuel"),
        ("Fertiliser emissions:", farm.emissions * 0.31 / area, "tonnes CO₂e per ha from fertilisers"),
    ):
        page.text(head, 11)
        page.text(f"{value:.4f}", 16, gap=6)
        page.text(unit, 9, gap=18)
    page.text("Table of Emissions and Sequestration", 15, gap=14)
    parts = _parts(farm.emissions, _SHARES)
    page.table(
        [
            ("Emissions", "tonnes CO₂e per year", "%"),
            *((name, f"{v:.2f}", f"{v / farm.emissions:.2%}") for name, v in zip(_SOURCES, parts, strict=True)),
            ("Total", f"{farm.emissions:.2f}", "100%"),
        ]
    )
    offsets = _parts(farm.offset, [share for _, share in _OFFSETS])
    page.table(
        [
            ("Offset", "tonnes CO₂e per year", "%"),
            *((name, f"-{v:.2f}", f"{v / farm.offset:.2%}") for (name, _), v in zip(_OFFSETS, offsets, strict=True)),
            ("Total", f"-{farm.offset:.2f}", "100%"),
        ]
    )
    page.turn()
    page.text("Emissions by Greenhouse Gas", 15, gap=14)
    rows: list[tuple[str, ...]] = [("Source", "CO₂ (tCO₂e)", "CH₄ (tCO₂e)", "N₂O (tCO₂e)", "Total (tCO₂e)")]
    for name, value in zip(_SOURCES, parts, strict=True):
        methane, nitrous = (value * 0.94, value * 0.05) if name == "Livestock" else (0.0, value * 0.14)
        split = (value - round(methane, 2) - round(nitrous, 2), methane, nitrous, value)
        rows.append((name, *(f"{v:.2f}" for v in split)))
    page.table(rows)
    page.text("Farm details", 15, gap=12)
    page.table(
        [
            ("Farm", farm.name),
            ("Area", f"{area:.2f} hectares"),
            ("Region", "UK"),
            ("Report type", "Standard"),
            ("Report downloaded", f"{farm.submitted:%d/%m/%Y} 09:{rng.randint(10, 59)}"),
        ]
    )
    page.turn()
    page.text("Full data", 15, gap=14)
    for head, lines in _inputs(farm, parts, rng):
        page.text(head, 12, gap=8)
        page.table([("Description", "Usage", "tonnes CO₂e"), *lines])
    page.text("Disclaimer", 13, gap=8)
    page.paragraph(
        "The figures stand on data entered by the farm and on published emission factors. They serve to inform and do "
        "not replace an independent verification where credits are to be issued."
    )
    return page.printed()


class _Page:
    """A sheet on which subscripts may be held back to the end of the page."""

    def __init__(self, sheet: Sheet, stray: bool) -> None:
        self.sheet, self.stray = sheet, stray
        self.held: dict[int, list[Draw]] = {}

    def turn(self) -> None:
        self.sheet.new_page()

    def text(self, text: str, size: float, gap: float = 4) -> None:
        """Set one line, never broken."""
        face = Face("helvetica", "", size)
        self.sheet.need(size * 1.3)
        x, base = _LEFT, self.sheet.y + size
        for i, part in enumerate(text.replace("CO₂", "CO\0").split("\0")):
            if i:
                small = Face("helvetica", "", size * 0.6)
                low = text_at(x, base + size * 0.15, "2", small)
                (self.held.setdefault(self.sheet.page, []).append if self.stray else self.sheet.draw)(low)
                x += self.sheet.measure("2", small)
            self.sheet.draw(text_at(x, base, part, face))
            x += self.sheet.measure(part, face)
        self.sheet.y += size * 1.25 + gap

    def paragraph(self, text: str) -> None:
        self.sheet.paragraph(text, _LEFT, Face("helvetica", "", 9), gap=10)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Set a ruled table; its first row is the head when it has more than two columns."""
        columns = len(rows[0])
        width = self.sheet.width - 2 * _LEFT
        widths = [width * 0.34] + [width * 0.66 / (columns - 1)] * (columns - 1)
        for i, row in enumerate(rows):
            head = i == 0 and columns > 2
            face = Face("helvetica", "B" if head else "", 9)
            self.sheet.row(row, [face] * columns, _LEFT, widths, shaded=[head] * columns)
        self.sheet.y += 16

    def printed(self) -> bytes:
        """The PDF, each page with what was held back from it at its end."""
        pages = [[*page, *self.held.get(n, [])] for n, page in enumerate(self.sheet.pages)]
        return print_pages(self.sheet.paper, pages)


def _parts(total: float, shares: Sequence[float]) -> list[float]:
    """Part a total into two-decimal figures that add up to it."""
    parts = [round(total * share, 2) for share in shares]
    parts[-1] = round(parts[-1] + total - sum(parts), 2)
    return parts


def _inputs(farm: Farm, parts: Sequence[float], rng: Random) -> list[tuple[str, list[tuple[str, str, str]]]]:
    diesel = parts[0]
    each = parts[3] / len(farm.yields)
    crops = [(crop, f"{rng.randint(60, 900)} tonnes harvested", f"{each:.2f}") for crop in farm.yields]
    return [
        ("Fuels", [("Red diesel (gas oil)", f"{diesel * 300:,.0f} litres", f"{diesel:.2f}")]),
        ("Crops", crops),
        (
            "Inputs",
            [
                ("Ammonium nitrate", f"{rng.randint(12, 80)} tonnes", f"{parts[4] * 0.7:.2f}"),
                ("Herbicide", f"{rng.randint(80, 600)} kg of active ingredient", f"{parts[4] * 0.3:.2f}"),
            ],
        ),
    ]
