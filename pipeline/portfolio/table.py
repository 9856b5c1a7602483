"""The portfolio as CSV for a spreadsheet, in which no cell can ever be taken for a formula."""

from __future__ import annotations

import csv
import io

from pipeline.portfolio.model import Farm, Portfolio
from pipeline.reporting import wording
from pipeline.reporting.characters import visible

#: What a spreadsheet takes for the start of a formula, the full-width forms of some locales included.
_OPENERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_WHOS = ("proponent", "registry agent", "operator")


def render_csv(portfolio: Portfolio) -> str:
    """One line a farm, one column a requirement; RFC 4180, UTF-8, lines end with CR LF.

    A text that a spreadsheet might take for a formula gets an apostrophe before it, as the program itself would write.
    """
    ids = list(dict.fromkeys(row.requirement_id for rows in portfolio.columns.values() for row in rows))
    head = ["session_id", "project", "methodology", "state", "reason", "requirements", *wording.ROW_STATUS]
    head += ["high", "medium", "low", "documents", "unreadable", *(f"waits for {who}" for who in _WHOS), "newest input"]
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
    rows: list[str | int] = [list(farm.rows.values()).count(status) for status in wording.ROW_STATUS]  # type: ignore[arg-type]  # its keys are the statuses
    grave: list[str | int] = [sum(p.severity == one for p in farm.points) for one in ("high", "medium", "low")]
    turns = [one.who for one in (*farm.points, *farm.waits)]
    waits: list[str | int] = [turns.count(who) for who in _WHOS]  # type: ignore[arg-type]  # the three of `Who`
    newest = farm.inputs_at.isoformat().replace("+00:00", "Z") if farm.inputs_at else ""
    about: list[str | int] = [farm.session_id, farm.project, farm.methodology, farm.state, farm.reason, len(farm.rows)]
    files: list[str | int] = [farm.documents, "; ".join(farm.unreadable)]
    return [*about, *rows, *grave, *files, *waits, newest, farm.report or ""]
