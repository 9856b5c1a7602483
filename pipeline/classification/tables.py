"""Workbooks and delimited files: the header row decides, wherever it stands and whatever the sheet is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.classification.cues import Cue
from pipeline.classification.seen import Seen, fold

#: Column names of sample tables, without spaces and units. They move between columns, so names decide, never letters.
_SAMPLE_COLUMNS = frozenset({"label", "nrmref", "bd", "depth", "soc", "socs", "received", "reported"})
_LABORATORY_COLUMNS = ("card no", "date received", "organic carbon stock", "lab no", "sample reference", "bulk density")
_BAND = re.compile(r"^(?:band ?|b)(?:0?[1-9]|1[0-2]|8a)$")
_MODEL_COLUMNS = frozenset({"pmean", "pstdev", "mape", "pmin", "pmax"})
_BLOCKS = ("cultivation", "cover", "catch", "crop", "residue")
_YEAR = re.compile(r"^(?:19|20)\d{2}$")


def _key(cell: str) -> str:
    """A column's name without unit, spaces and punctuation: "SOCS (t/ha)" and "socs" are one column."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[(\[].*", "", fold(cell)))


def _management_title(seen: Seen) -> str | None:
    for sheet in seen.sheets:
        for row in sheet[:3]:
            for cell in row[:3]:
                if re.match(r"^pre-? ?baseline 5-? ?year management\b", fold(cell)):
                    return f"the sheet begins “{' '.join(cell.split())[:60]}”"
    return None


def _year_run(row: Sequence[str]) -> list[str]:
    """Calendar years of a row in order of appearance, when at least five of them follow one another."""
    years = [cell.strip() for cell in row if _YEAR.match(cell.strip())]
    distinct = sorted({int(year) for year in years})
    longest = run = 1 if distinct else 0
    for before, after in pairwise(distinct):
        run = run + 1 if after == before + 1 else 1
        longest = max(longest, run)
    return list(dict.fromkeys(years)) if longest >= 5 else []


def years(seen: Seen) -> list[str]:
    """The row of calendar years above a management table's blocks; empty when there is none."""
    for sheet in seen.sheets:
        for row in sheet[:12]:
            if found := _year_run(row):
                return found
    return []


def _years_and_blocks(seen: Seen) -> str | None:
    found = years(seen)
    words = {fold(cell) for sheet in seen.sheets for row in sheet[:15] for cell in row}
    blocks = [block for block in _BLOCKS if any(word == block or word.startswith(f"{block} ") for word in words)]
    if not found or len(blocks) < 3:
        return None
    return f"it has a row of years, {found[0]} to {found[-1]}, over columns {', '.join(blocks)}"


def _average_yields(seen: Seen) -> str | None:
    for sheet in seen.sheets:
        for row in sheet:
            for cell in row:
                if "average" in cell.casefold() and re.match(r"^average yields?\b.*\bt ?/ ?ha\b", fold(cell)):
                    return f"it has rows “{' '.join(cell.split())}”"
    return None


def _sample_header(seen: Seen) -> tuple[int, int, list[str]] | None:
    for sheet, index, cells in seen.headers():
        keys = [_key(cell) for cell in cells]
        if len(_SAMPLE_COLUMNS.intersection(keys)) >= 5:
            return sheet, index, keys
    return None


def _samples(seen: Seen) -> tuple[int, int]:
    """Rows below the sample header, and those among them with a measured carbon value."""
    found = _sample_header(seen)
    if found is None:
        return 0, 0
    sheet, index, keys = found
    columns = [position for position, key in enumerate(keys) if key in {"soc", "socs"}]
    rows = [row for row in seen.sheets[sheet][index + 1 :] if any(cell.strip() for cell in row)]
    measured = sum(
        any(position < len(row) and re.search(r"[1-9]", row[position]) for position in columns) for row in rows
    )
    return len(rows), measured


def _measured_samples(seen: Seen) -> str | None:
    rows, measured = _samples(seen)
    if not rows or measured * 2 < rows:
        return None
    return f"its header is that of a sample table, and {measured} of {rows} rows hold a measured carbon value"


def _planned_samples(seen: Seen) -> str | None:
    rows, measured = _samples(seen)
    if _sample_header(seen) is None or (rows and measured * 2 >= rows):
        return None
    return f"its header is that of a sample table, and {rows - measured} of {rows} rows are planned only"


def _laboratory_header(seen: Seen) -> str | None:
    for _, _, cells in seen.headers():
        names = [
            name for name in _LABORATORY_COLUMNS if any(re.sub(r"[.:]", "", cell).startswith(name) for cell in cells)
        ]
        if len(names) >= 3:
            return f"its header is a laboratory's: {', '.join(names)}"
    return None


def _laboratory_report(seen: Seen) -> str | None:
    words = (
        "date received",
        "date reported",
        "laboratory",
        "organic carbon",
        "bulk density",
        "sample",
        "analysis",
        "iso 17025",
    )
    found = [word for word in words if word in seen.front_text]
    title = any(
        re.search(r"\b(?:analysis|laboratory|test) (?:report|results)\b|\bcertificate of analysis\b", fold(line))
        for line in seen.front_lines[:12]
    )
    return (
        f"page {seen.front_number} is a laboratory's report: {', '.join(found[:4])}"
        if title and len(found) >= 5
        else None
    )


def _bands(seen: Seen) -> str | None:
    for _, _, cells in seen.headers():
        bands = [cell for cell in cells if _BAND.match(cell)]
        if len(set(bands)) >= 6:
            return f"its header has {len(set(bands))} satellite bands"
    return None


def _model_columns(seen: Seen) -> str | None:
    for _, _, cells in seen.headers():
        names = sorted(_MODEL_COLUMNS.intersection(_key(cell) for cell in cells))
        if len(names) >= 2:
            return f"its header has the model's results: {', '.join(names)}"
    return None


CUES = (
    Cue("farm_management_records", 8, _management_title, "The yields workbook's first cell names it."),
    Cue("farm_management_records", 6, _years_and_blocks, "Five harvest years over the same management columns."),
    Cue("farm_management_records", 3, _average_yields, "Averages by crop stand at the bottom."),
    Cue("lab_results", 7, _measured_samples, "A sample table becomes a result when its carbon columns are filled."),
    Cue("sampling_plan", 7, _planned_samples, "The same table before the laboratory answered."),
    Cue("lab_results", 7, _laboratory_header, "Column names laboratories use for raw results."),
    Cue("lab_results", 6, _laboratory_report, "A laboratory's printed report."),
    Cue("model_results", 8, _bands, "The model is trained on the pixel values of satellite bands."),
    Cue("model_results", 7, _model_columns, "Mean, deviation and error of the model by field."),
)


def facts(seen: Seen) -> dict[str, str]:
    """years (of a management table), samples and measured (counts of a sample table)."""
    found: dict[str, str] = {}
    if run := years(seen):
        found["years"] = " ".join(run)
    rows, measured = _samples(seen)
    if rows:
        found |= {"samples": str(rows), "measured": str(measured)}
    return found
