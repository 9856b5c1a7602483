"""The coverage chart: one small square for each requirement, in the checklist's order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.models import RequirementResult

#: Squares in a line of the chart.
COLUMNS = 12
#: Pixels from one square to the next, along and down (the printed number stands below each square).
STEP_X, STEP_Y = 28, 34
SIDE = 20


@dataclass(frozen=True)
class Cell:
    """One square: its place in pixels, the short number below it and what it stands for."""

    x: int
    y: int
    number: str
    row: RequirementResult


@dataclass(frozen=True)
class Chart:
    """The squares and the size of the whole, in pixels."""

    cells: tuple[Cell, ...]
    width: int
    height: int


def coverage(rows: Sequence[RequirementResult]) -> Chart:
    """Lay the rows out as a grid of squares, twelve to a line."""
    cells = tuple(
        Cell((i % COLUMNS) * STEP_X, (i // COLUMNS) * STEP_Y, short(row.requirement_id, i), row)
        for i, row in enumerate(rows)
    )
    lines = -(-len(rows) // COLUMNS)
    return Chart(cells, max(min(len(rows), COLUMNS) * STEP_X - (STEP_X - SIDE), 1), max(lines * STEP_Y, 1))


def short(requirement_id: str, index: int) -> str:
    """The digits a reviewer knows a row by: 7 for REQ-007; the place in the list when the id has none."""
    digits = re.search(r"(\d+)\D*$", requirement_id)
    return str(int(digits[1])) if digits and len(digits[1]) < 4 else str(index + 1)
