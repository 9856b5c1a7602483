"""Figures of sample tables and of the yields workbook; columns are told by their names, never by their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.evidence.dates import dates_in
from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.models import Document, Fact, Page
from pipeline.models.amounts import amount
from pipeline.models.fact_details import CropYields, SampleTable, SampleValues

_COLUMNS = ("label", "bd", "depth", "soc", "socs", "received")
#: So many of these columns make a header.
_ENOUGH = 4
_HEADER_ROWS = 15
#: Bulk density in kg/l and depth in cm, as the laboratories report them.
DENSITY, DEPTH = (0.5, 2.0), 30.0
#: Yields in t/ha; a greater figure is an area or a year.
_MOST_TONNES = 200


def gather(dossier: Dossier) -> Iterator[Fact]:
    """`samples_rows`, `samples_swapped`, `samples_odd` of laboratory tables, `yields` of every crop in the workbook."""
    for document in dossier.of_type("lab_results"):
        for page in dossier.pages(document):
            yield from _samples(dossier, document, page)
    for document in dossier.of_type("farm_management_records"):
        for page in dossier.pages(document):
            yield from _yields(dossier, document, page)


def _key(cell: str) -> str:
    """A column's name without unit and punctuation."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[(\[].*", "", plain(cell).casefold()))


def _samples(dossier: Dossier, document: Document, page: Page) -> Iterator[Fact]:
    """Measured rows with the first day of receipt; rows whose density or depth cannot be, or changed places.

    `samples_rows` is their number with a `SampleTable` as detail; the others have a `SampleValues`.
    """
    heads = enumerate(page.rows[:_HEADER_ROWS])
    at, row = next(((n, r) for n, r in heads if len({_key(c) for c in r}.intersection(_COLUMNS)) >= _ENOUGH), (0, ()))
    keys = [_key(cell) for cell in row]
    column = {key: keys.index(key) for key in _COLUMNS if key in keys}
    if not column:
        return
    measured = [r for r in page.rows[at + 1 :] if any(_figure(r, column.get(k)) for k in ("soc", "socs"))]
    item = dossier.quote_row(document, page, row)
    if not item or not measured:
        return
    days = sorted(m.value for r in measured for m in dates_in(_cell(r, column.get("received"))) if m.value)
    table = SampleTable(rows=len(measured), received=days[0] if days else None)
    yield Fact(name="samples_rows", value=str(len(measured)), evidence=item, detail=table)
    pairs = [(_figure(r, column.get("bd")), _figure(r, column.get("depth")), r) for r in measured]
    swapped = [p for p in pairs if p[0] and p[1] and p[0] >= 5 and DENSITY[0] <= p[1] <= DENSITY[1]]
    odd = [p for p in pairs if (p[0] and not DENSITY[0] <= p[0] <= DENSITY[1]) or (p[1] and p[1] != DEPTH)]
    name, rows = ("samples_swapped", swapped) if len(swapped) * 2 > len(measured) else ("samples_odd", odd)
    if rows and (shown := dossier.quote_row(document, page, rows[0][2])):
        sample = SampleValues(density=rows[0][0], depth=rows[0][1], rows=len(rows))
        yield Fact(name=name, value=str(len(rows)), evidence=shown, detail=sample)


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None and column < len(row) else ""


def _figure(row: Sequence[str], column: int | None) -> float | None:
    value = amount(_cell(row, column))
    return value if value is not None and value > 0 else None


def _yields(dossier: Dossier, document: Document, page: Page) -> Iterator[Fact]:
    """For each crop of the "Average Yield" rows its tonnes by year, as `CropYields`."""
    years: dict[int, int] = {}
    for row in page.rows:
        if not re.match(r"average yields?\b", plain(_cell(row, 0)), re.I):
            continue
        heads = {at: int(cell) for at, cell in enumerate(row) if re.fullmatch(r"(?:19|20)\d\d", cell.strip())}
        if len(heads) >= 3:
            years = heads
            continue
        crop = next((c for c in row[1:] if re.search(r"[A-Za-z]{3}", c)), "")
        tonnes = {years[at]: value for at in years if (value := _figure(row, at)) and value < _MOST_TONNES}
        item = dossier.quote_row(document, page, row) if crop and tonnes else None
        if item:
            yields = CropYields(crop=plain(crop), tonnes=dict(sorted(tonnes.items())))
            yield Fact(name="yields", value=yields.crop, evidence=item, detail=yields)
