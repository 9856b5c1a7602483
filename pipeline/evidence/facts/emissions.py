"""What a greenhouse gas report states: the last day of its year, gross emissions, and the area behind its ratios."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evidence.dates import dates_in
from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.models import Document, Evidence, Fact, Page
from pipeline.models.amounts import amount
from pipeline.models.fact_details import FuelArea

_FIGURE = re.compile(r"^-?\d[\d,]*\.\d+$")
_ON_ONE_LINE = re.compile(r"^emissions\s+(?P<value>-?\d[\d,]*\.\d+)\b(?!\s*%)", re.I)
_FUELS = re.compile(r"^fuels?\s+(?P<value>\d[\d,]*\.\d+)\s+\d+(?:\.\d+)?\s?%$", re.I)
#: The title stands on the first page, its date at its end.
_TITLE_LINES = 4
#: Smaller figures are rounded too coarsely to make an area of.
_LEAST_RATIO, _LEAST_FUELS = 0.01, 1.0


def gather(dossier: Dossier) -> Iterator[Fact]:
    """The facts of every emission report, one of each at most.

    `ghg_end` is a day, `ghg_gross` tonnes of CO2e, `ghg_fuels` too, `ghg_fuel_area` hectares with the quote of the
    tonnes per hectare, and a `FuelArea` as detail.
    """
    for document in dossier.of_type("ghg_emissions"):
        pages = dossier.pages(document)
        for find in (_year_end, _gross, _fuel_area):
            yield from find(dossier, document, pages)


def _year_end(dossier: Dossier, document: Document, pages: tuple[Page, ...]) -> Iterator[Fact]:
    for page in pages[:1]:
        for line in page.text.splitlines()[:_TITLE_LINES]:
            days = [m.value for m in dates_in(line) if m.value and line.rstrip().endswith(m.raw)]
            item = dossier.quote_line(document, page, line) if days else None
            if item:
                yield Fact(name="ghg_end", value=days[-1].isoformat(), evidence=item)
                return


def _gross(dossier: Dossier, document: Document, pages: tuple[Page, ...]) -> Iterator[Fact]:
    """The figure under or beside "Emissions"; the balance under it has offsets taken off and is never deducted."""
    for page in pages:
        lines = page.text.splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            text, below = plain(line), plain(following)
            beside = _ON_ONE_LINE.match(text)
            if not beside and not (text.casefold() == "emissions" and _FIGURE.match(below)):
                continue
            item = dossier.quote_line(document, page, line if beside else f"{line} {following}")
            if item:
                value = beside["value"] if beside else below
                yield Fact(name="ghg_gross", value=value.replace(",", ""), evidence=item)
                return


def _fuel_area(dossier: Dossier, document: Document, pages: tuple[Page, ...]) -> Iterator[Fact]:
    """Hectares = emissions of fuels / emissions of fuels per hectare, with what rounding leaves open."""
    fuels: tuple[float, Evidence] | None = None
    ratio: tuple[float, Evidence] | None = None
    for page in pages:
        lines = page.text.splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            text, below = plain(line), plain(following)
            if fuels is None and (found := _FUELS.match(text)):
                item = dossier.quote_line(document, page, line)
                fuels = (tonnes, item) if item and (tonnes := amount(found["value"])) is not None else None
            if ratio is None and re.fullmatch(r"fuels? ?/ ?hectare ?:?", text, re.I) and _FIGURE.match(below):
                item = dossier.quote_line(document, page, f"{line} {following}")
                ratio = (tonnes, item) if item and (tonnes := amount(below)) is not None else None
    if fuels is None or ratio is None or ratio[0] < _LEAST_RATIO or fuels[0] < _LEAST_FUELS:
        return
    area = fuels[0] / ratio[0]
    slack = area * (0.005 / fuels[0] + 0.00005 / ratio[0])
    yield Fact(name="ghg_fuels", value=f"{fuels[0]:g}", evidence=fuels[1])
    reckoned = FuelArea(hectares=round(area, 2), slack=round(slack, 2), fuels=fuels[0], per_hectare=ratio[0])
    yield Fact(name="ghg_fuel_area", value=f"{area:.2f}", evidence=ratio[1], detail=reckoned)
