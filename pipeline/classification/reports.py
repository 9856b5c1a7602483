"""Project reports (baseline, monitoring) and emission reports: the first page names them, the figures confirm."""

from __future__ import annotations

import re

from pipeline.classification.cues import Cue
from pipeline.classification.plans import INTERNAL_ID
from pipeline.classification.seen import Seen, fold, squeeze
from pipeline.models import DocumentType

_PROJECT_REPORT = re.compile(r"\bsoil organic carbon project (?:[a-z]+ )?(?:baseline |monitoring )?report\b")
#: The second line of the first page is all that tells a baseline from a monitoring report.
_KIND_LINE = re.compile(
    r"^(?:public |private |annual |project )*(baseline|monitoring) (?:round )?(?:monitoring )?report\b"
    r"[\s:,-]*(?:(?:round|year)?\s*\d{1,4})?$"
)
_YEAR_LINE = re.compile(r"^(?:monitoring (?:year|round)\s*:?\s*)?((?:19|20)\d{2})$")
_BLANK = "intentionally blank"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_YEAR_END = re.compile(
    rf"^(.*?)[\s,:_-]*\b(\d{{1,2}}(?:st|nd|rd|th)?[ ./-](?:(?:{_MONTHS})[a-z]*|\d{{1,2}})[ ./-]\d{{4}})$", re.IGNORECASE
)
#: A source of emissions with a figure; a contents list has page numbers, never decimals.
_SOURCE_ROW = re.compile(
    r"^(?:fuels?|materials|inventory|crops|inputs|livestock|distribution|waste|processing|fertilisers?|sprays?"
    r"|electricity|scope [123])\b[^.]*?-?\d[\d,]*\.\d+(?:\s+-?\d+(?:\.\d+)?\s?%)?$"
)
_TONNES = re.compile(r"\b(?:tonnes|t)\s?co\s?2?\s?2?e\b|\btonnes co e\b|\bkg\s?co2e\b")


def _kind_line(seen: Seen) -> tuple[str, str] | None:
    for line in seen.front_lines[:10]:
        if match := _KIND_LINE.match(fold(line)):
            return match.group(1), line
    return None


def _titled(kind: str, seen: Seen) -> str | None:
    found = _kind_line(seen)
    if found is None or found[0] != kind or not _PROJECT_REPORT.search(seen.front_text):
        return None
    return f"page {seen.front_number} says “Soil Organic Carbon Project Report” and “{found[1]}”"


def _in_title(kind: str, seen: Seen) -> str | None:
    """The two lines run into one, or the kind line stands alone."""
    if _titled(kind, seen):
        return None
    match = re.search(
        rf"\bproject (?:public |private )?{kind} report\b|\bproject report\W+(?:public )?{kind} report\b",
        seen.front_text[:300],
    )
    return f"page {seen.front_number} is headed “{match.group()}”" if match else None


def _executive(seen: Seen) -> int:
    """How many of the labels of a project report's executive page are there."""
    labels = (
        "carbon balance",
        "credit statement",
        "project outline",
        "total sampled area",
        "no of samples",
        "soil sampling start",
    )
    return sum(any(line.startswith(label) for line in seen.folded_lines) for label in labels)


def _left_blank(seen: Seen) -> str | None:
    blanks = sum(_BLANK in line for line in seen.folded_lines)
    if blanks < 3 or _executive(seen) < 4:
        return None
    return f"its executive page leaves {blanks} carbon and credit fields intentionally blank, as only a baseline does"


def _filled(seen: Seen) -> str | None:
    figures = [
        line
        for line in seen.folded_lines
        if re.match(r"^(?:soc sequestered|net soc change|credits pending issue|ghg emissions|balance)\b.*\d", line)
    ]
    if len(figures) < 2 or _executive(seen) < 4 or _left_blank(seen):
        return None
    return "its executive page states a carbon balance and credits, as only a monitoring report does"


def _dated_title(seen: Seen) -> str | None:
    for line in seen.front_lines[:4]:
        if _YEAR_END.match(line) and "farm carbon calculator" in seen.front_text:
            return f"page {seen.front_number} is headed “{line}” and names the Farm Carbon Calculator"
    return None


def _balance_figures(seen: Seen) -> str | None:
    """Emissions, offset and balance as figures in tonnes of CO2e; a handbook explains them without figures."""
    lines = set(seen.folded_lines[:200])
    words = [word for word in ("emissions", "offset", "carbon balance") if any(line.startswith(word) for line in lines)]
    figures = sum(bool(re.fullmatch(r"-?\d[\d,]*\.\d+(?: .{0,40})?", line)) for line in seen.folded_lines[:200])
    if len(words) < 3 or figures < 3 or not _TONNES.search(seen.text[:6000]):
        return None
    return "it gives emissions, offset and carbon balance in tonnes of CO2e"


def _emission_table(seen: Seen) -> str | None:
    named = {line.split()[0] for line in seen.folded_lines if _SOURCE_ROW.match(line)}
    return f"it has a table of emissions by source ({len(named)} rows)" if len(named) >= 4 else None


def _titled_emissions(seen: Seen) -> str | None:
    title = re.compile(
        r"\b(?:ghg|greenhouse gas|carbon footprint|emissions?)\b.{0,30}"
        r"\b(?:report|assessment|summary|footprint|results?)\b"
    )
    for line in seen.front_lines[:5]:
        if len(line) <= 80 and title.search(fold(line)):
            return f"page {seen.front_number} is headed “{line}”"
    return None


CUES = (
    Cue("baseline_report", 9, lambda seen: _titled("baseline", seen), "The report's first two lines."),
    Cue("monitoring_report", 9, lambda seen: _titled("monitoring", seen), "The report's first two lines."),
    Cue("baseline_report", 6, lambda seen: _in_title("baseline", seen), "The same words run into one title."),
    Cue("monitoring_report", 6, lambda seen: _in_title("monitoring", seen), "The same words run into one title."),
    Cue("baseline_report", 6, _left_blank, "A baseline has nothing to credit yet and says so field by field."),
    Cue("monitoring_report", 6, _filled, "Credits are stated once a round was measured against its baseline."),
    Cue("ghg_emissions", 7, _dated_title, "The calculator heads its report with the farm and the year's end."),
    Cue(
        "ghg_emissions",
        4,
        _balance_figures,
        "An emission report's result; project reports put it in a credit statement.",
    ),
    Cue("ghg_emissions", 4, _emission_table, "Rows by source with figures; a handbook lists the sources without."),
    Cue("ghg_emissions", 3, _titled_emissions, "A title alone; handbooks and letters use the same words."),
)


def facts(seen: Seen, document_type: DocumentType) -> dict[str, str]:
    """year, farm_name, date_reported, project_id, project_filename of a report; farm_name, year_end of emissions."""
    return _of_emissions(seen) if document_type == "ghg_emissions" else _of_report(seen)


def _of_emissions(seen: Seen) -> dict[str, str]:
    for line in seen.front_lines[:4]:
        if match := _YEAR_END.match(line):
            found = {"farm_name": match.group(1).strip(" -–,:"), "year_end": match.group(2)}
            return {name: value for name, value in found.items() if value}
    return {}


_INFORMATION = {
    "monitoring_year": re.compile(r"^monitoring year\s*:\s*(.+)$", re.IGNORECASE),
    "project_filename": re.compile(r"^project filename\s*:\s*(.+)$", re.IGNORECASE),
    "project_id": re.compile(r"^project name\s*:\s*(.+)$", re.IGNORECASE),
    "date_reported": re.compile(r"^date reported\s*:?\s*(.+)$", re.IGNORECASE),
}


def _of_report(seen: Seen) -> dict[str, str]:
    found: dict[str, str] = {}
    front = seen.front_lines[:10]
    for position, line in enumerate(front):
        if match := _YEAR_LINE.match(fold(line)):
            found["year"] = match.group(1)
            if position + 1 < len(front) and not _INFORMATION["date_reported"].match(front[position + 1]):
                found["farm_name"] = front[position + 1]
            break
    for _, line in seen.lines:
        for name, pattern in _INFORMATION.items():
            if name not in found and (match := pattern.match(squeeze(line))):
                found[name] = match.group(1).strip()
    name = found.get("project_id", "")
    if own := INTERNAL_ID.search(name):
        found["project_id"] = own.group()
    elif name:
        found["project_name"] = found.pop("project_id")
    if "year" not in found and re.fullmatch(r"(?:19|20)\d{2}", found.get("monitoring_year", "")):
        found["year"] = found["monitoring_year"]
    return found
