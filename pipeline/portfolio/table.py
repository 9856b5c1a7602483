"""The portfolio as CSV for a spreadsheet, in which no cell can ever be taken for a formula."""

from __future__ import annotations

import csv
import io

from pipeline.models import wording
from pipeline.models.characters import visible
from pipeline.portfolio.model import Farm, Portfolio

#: What a spreadsheet takes for the start of a formula, the full-width forms of some locales included.
_OPENERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
#: What was measured, by the column's head; an empty cell is not known.
_TIMES = {
    "first file to report, s": "drop_to_report_seconds",
    "report to determination, s": "report_to_determination_seconds",
    "rows opened": "rows_opened",
    "rows changed by hand": "rows_changed_by_hand",
}
_WHOS = ("proponent", "registry agent", "operator")


def render_csv(portfolio: Portfolio) -> str:
    """One line a farm, one column a requirement; RFC 4180, UTF-8, lines end with CR LF.

    A text that a spreadsheet might take for a formula gets an apostrophe before it, as the program itself would write.
    """
    ids = list(dict.fromkeys(row.requirement_id for rows in portfolio.columns.values() for row in rows))
    head = ["session_id", "project", "methodology", "state", "reason", "requirements", *wording.ROW_STATUS]
    head += [*wording.SEVERITY, "documents", "unreadable", *(f"waits for {who}" for who in _WHOS), "newest input"]
    head += ["review", "determination", *_TIMES]
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in [*head, "report", *ids]])
    for farm in portfolio.farms:
        writer.writerow([harmless(cell) for cell in [*_cells(farm), *(farm.rows.get(one, "") for one in ids)]])
    return target.getvalue()


def harmless(text: str | int) -> str:
    """`text` as a cell that shows itself and calculates nothing; hidden characters become visible marks."""
    shown = visible(str(text)).replace("\r\n", " ").replace("\r", " ").replace("\n", " ")
    return f"'{shown}" if str(text).startswith(_OPENERS) or shown.lstrip().startswith(_OPENERS) else shown


def _cells(farm: Farm) -> list[str | int]:
    rows, grave = list(farm.rows.values()), [point.severity for point in farm.points]
    cells: list[str | int] = [farm.session_id, farm.project, farm.methodology, farm.state, farm.reason, len(rows)]
    cells += [sum(one == status for one in rows) for status in wording.ROW_STATUS]
    cells += [sum(one == severity for one in grave) for severity in wording.SEVERITY]
    cells += [farm.documents, "; ".join(farm.unreadable)]
    cells += [sum(one == who for one in farm.turns) for who in _WHOS]
    newest = farm.inputs_at.isoformat().replace("+00:00", "Z") if farm.inputs_at else ""
    measured = [getattr(farm.times, name) for name in _TIMES.values()]
    cells += [newest, farm.review, farm.determination or ""]
    return [*cells, *("" if one is None else round(one) for one in measured), farm.report or ""]
