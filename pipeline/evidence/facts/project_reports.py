"""What a project report states on its executive page and beside its tables: label to value, in either layout.

The older layout has SOC Sequestered, Permanence Buffer Credit Contribution and MAPE; the newer one Net SOC Change,
Buffer Pool and Max MAPE. A baseline leaves what counts in money "Intentionally Blank".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evidence.dates import dates_in
from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.models import Document, Evidence, Fact, Page

#: Value of a fact whose figure the report leaves out on purpose.
BLANK = "blank"
#: Facts by the label they stand beside; a footnote's figure may stick to a label.
_LABELS = (
    ("gain", r"(?:soc sequestered|net soc change)"),
    ("emissions", r"ghg emissions"),
    ("leakage", r"leakage"),
    ("balance", r"balance"),
    ("buffer", r"(?:permanence buffer credit contribution|buffer pool(?: (?:credit )?contribution)?)"),
    ("pending", r"credits pending issue"),
    ("credits", r"total"),
    ("area", r"total project area"),
    ("sampled", r"total sampled area"),
    ("sampling_start", r"soil sampling start"),
    ("sampling_finish", r"soil sampling (?:finish|end)"),
    ("samples", r"(?:no\.?|number) of samples"),
    ("mape", r"(?:max\.? )?mape"),
    ("net", r"net soc"),
    ("change", r"soc change"),
)
_FIELDS = tuple((name, re.compile(rf"^{label}\s*\d?\s*:?$", re.I)) for name, label in _LABELS)
_LINES = tuple((name, re.compile(rf"^{label}(?:\d(?=\s))?\s*:?\s+(?P<value>\S.*)$", re.I)) for name, label in _LABELS)
_FIGURE_AND_UNIT = re.compile(r"^(-?\d[\d,]*(?:\.\d+)?)\s*(?:\(?(?:ha|%|tonnes|t|tco ?2? ?e)\)?)?$", re.I)
_LEFT_OUT = re.compile(r"^intentionally\s+blank$", re.I)
_DAYS = ("sampling_start", "sampling_finish")
#: Signs of the executive page; two of them make it sure.
_EXECUTIVE = (r"^carbon balance \(", r"^credit statement$", r"^project outline$", r"^total sampled area\b")
_YEAR = re.compile(r"^(?:monitoring (?:year|round)\s*:\s*)((?:19|20)\d\d)$", re.I)
_TABLE_ERROR = re.compile(r"\bAI SOC\b.*\bMAPE\s+(?P<value>\d+(?:\.\d+)?)\s*%?$", re.I)
_YIELDS = re.compile(r"\byields?\b", re.I)


def gather(dossier: Dossier) -> Iterator[Fact]:
    """Facts named "round_...", at most one of each for a report, with the report as their evidence's document."""
    for document in dossier.of_type("baseline_report", "monitoring_report"):
        seen: set[str] = set()
        for fact in _of_report(dossier, document):
            if fact.name not in seen:
                seen.add(fact.name)
                yield fact


def _of_report(dossier: Dossier, document: Document) -> Iterator[Fact]:
    for page in dossier.pages(document):
        yield from _beside_tables(dossier, document, page)
        if _is_executive(page):
            yield from _fields(dossier, document, page)


def _is_executive(page: Page) -> bool:
    lines = [plain(line).casefold() for line in page.text.splitlines()]
    return sum(any(re.match(sign, line) for line in lines) for sign in _EXECUTIVE) >= 2


def _fields(dossier: Dossier, document: Document, page: Page) -> Iterator[Fact]:
    """Labels with what stands beside them in a ruled table, on the same line, or on the line below."""
    for row in (row for table in page.tables for row in table.rows):
        cells = [plain(cell) for cell in row if plain(cell)]
        name = next((n for n, label in _FIELDS if cells and label.match(cells[0])), None)
        if name and len(cells) > 1:
            yield from _fact(name, cells[1], dossier.quote_row(document, page, cells))
    lines = page.text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        text = plain(line)
        for name, pattern in _LINES:
            if found := pattern.match(text):
                yield from _fact(name, found["value"], dossier.quote_line(document, page, line))
        below = next((n for n, label in _FIELDS if label.match(text)), None)
        if below:
            yield from _fact(below, plain(following), dossier.quote_line(document, page, f"{line} {following}"))


def _fact(name: str, printed: str, item: Evidence | None) -> Iterator[Fact]:
    if not item:
        return
    if _LEFT_OUT.match(printed):
        yield Fact(name=f"round_{name}", value=BLANK, evidence=item)
    elif name in _DAYS:
        days = [m.value for m in dates_in(printed) if m.value]
        if days:
            yield Fact(name=f"round_{name}", value=days[0].isoformat(), evidence=item)
    elif figure := _FIGURE_AND_UNIT.match(printed):
        yield Fact(name=f"round_{name}", value=figure[1].replace(",", ""), evidence=item)


def _beside_tables(dossier: Dossier, document: Document, page: Page) -> Iterator[Fact]:
    """The round's year, the model's error above the table of results, and the head of a table of yields."""
    for line in page.text.splitlines():
        text = plain(line)
        found = _YEAR.match(text)
        error = _TABLE_ERROR.search(text)
        item = dossier.quote_line(document, page, line) if found or error else None
        if item and found:
            yield Fact(name="round_year", value=found[1], evidence=item)
        if item and error:
            yield Fact(name="round_table_mape", value=error["value"], evidence=item)
    if item := _table_of_yields(dossier, document, page):
        yield Fact(name="round_yields", value="shown", evidence=item)


def _table_of_yields(dossier: Dossier, document: Document, page: Page) -> Evidence | None:
    """A line on yields over figures: the tables of stocks have no such word, and a sentence alone is no table."""
    lines = page.text.splitlines()
    for at, line in enumerate(lines):
        below = lines[at + 1 : at + 4]
        if _YIELDS.search(line) and any(len(re.findall(r"\d+\.\d+", near)) >= 2 for near in below):
            return dossier.quote_line(document, page, line)
    return None
