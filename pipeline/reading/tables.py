"""Ruled tables: pdfplumber makes cells of the rules that pdfium sees, pdfium's characters fill them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from pipeline.models import Table
from pipeline.reading.frame import Rect
from pipeline.reading.lines import clean, line_ranges
from pipeline.reading.words import TextLayer

#: Rules nearer to each other than this, in points, are one rule drawn twice or in pieces.
SNAP = 3.0
#: More places where rules cross than this make a map's grid or squared paper, not a table.
MOST_CROSSINGS = 1_500
#: No row or column of text is narrower than this, in points: edges nearer to each other are one edge.
NARROWEST = 6.0


def ruled(rules: Collection[Rect]) -> bool:
    """Whether rules run both ways, so that it is worth looking for cells between them."""
    across = {round(r.top) for r in rules if r.x1 > r.x0}
    down = {round(r.x0) for r in rules if r.bottom > r.top}
    return len(across) >= 2 and len(down) >= 2 and len(across) + len(down) >= 5


def page_tables(layer: TextLayer, rules: Collection[Rect]) -> tuple[Table, ...]:
    """The tables that the rules of a page make, top to bottom.

    Cells hold the same characters as the page's text, so what stands in a cell is found on the page.
    """
    grids = _cells(rules)
    if not grids:
        return ()
    words = list(_words(layer))
    tables = (_table(layer, words, cells) for cells in grids)
    return tuple(sorted((t for t in tables if t), key=lambda t: t.top))


def _cells(rules: Collection[Rect]) -> list[list[Rect]]:
    from pdfplumber.table import (  # start-up
        cells_to_tables,
        edges_to_intersections,
        intersections_to_cells,
        merge_edges,
    )

    # In a fixed order, for snapping takes averages: the same page must give the same table every time.
    edges = merge_edges([_edge(rule) for rule in sorted(rules)], SNAP, SNAP, SNAP, SNAP)
    across = sum(edge["orientation"] == "h" for edge in edges)
    if across * (len(edges) - across) > MOST_CROSSINGS * 20:
        return []
    crossings = edges_to_intersections(edges, SNAP, SNAP)
    if len(crossings) > MOST_CROSSINGS:
        return []
    return [[Rect(*cell) for cell in table] for table in cells_to_tables(intersections_to_cells(crossings))]


def _edge(rule: Rect) -> dict[str, Any]:
    orientation = "h" if rule.x1 > rule.x0 else "v"
    size = {"width": rule.x1 - rule.x0, "height": rule.bottom - rule.top}
    return {**rule._asdict(), **size, "orientation": orientation}


class _Placed(NamedTuple):
    """A word by its middle, with its offsets and the number of its line."""

    x: float
    y: float
    start: int
    end: int
    line: int


def _words(layer: TextLayer) -> Iterator[_Placed]:
    for number, (a, b) in enumerate(line_ranges(layer.raw)):
        for w in layer.words(a, b):
            yield _Placed((w.box.x0 + w.box.x1) / 2, (w.box.top + w.box.bottom) / 2, w.start, w.end, number)


def _table(layer: TextLayer, words: Sequence[_Placed], cells: Sequence[Rect]) -> Table | None:
    rows = _edges([cell.top for cell in cells] + [cell.bottom for cell in cells])
    columns = _edges([cell.x0 for cell in cells] + [cell.x1 for cell in cells])
    grid = [[""] * (len(columns) - 1) for _ in range(len(rows) - 1)]
    for cell in cells:
        row, column = _slot(rows, cell.top), _slot(columns, cell.x0)
        text = _text(layer, [w for w in words if cell.x0 <= w.x < cell.x1 and cell.top <= w.y < cell.bottom])
        if text and row < len(grid) and column < len(grid[0]):
            grid[row][column] = "\n".join(filter(None, (grid[row][column], text)))
    filled = [row for row in grid if any(row)]
    used = [i for i in range(len(columns) - 1) if any(row[i] for row in filled)]
    if len(used) < 2:
        return None  # a frame around text, or rules between rows only: its lines say as much
    return Table(
        top=round(rows[0], 2),
        bottom=round(rows[-1], 2),
        rows=tuple(tuple(row[i] for i in used) for row in filled),
    )


def _edges(positions: Sequence[float]) -> list[float]:
    edges: list[float] = []
    for position in sorted(positions):
        if not edges or position - edges[-1] >= NARROWEST:
            edges.append(position)
    return edges


def _slot(edges: Sequence[float], position: float) -> int:
    return max(i for i, edge in enumerate(edges) if i == 0 or position >= edge - NARROWEST / 2)


def _text(layer: TextLayer, words: Sequence[_Placed]) -> str:
    return "\n".join(_pieces(layer, words))


def _pieces(layer: TextLayer, words: Sequence[_Placed]) -> Iterator[str]:
    # Runs of words that follow each other in the page's text are copied as they stand there, spaces included.
    start = end = line = -1
    for word in words:
        if word.line == line and layer.raw[end : word.start].strip() == "":
            end = word.end
            continue
        if line >= 0:
            yield clean(layer.raw[start:end])
        start, end, line = word.start, word.end, word.line
    if line >= 0:
        yield clean(layer.raw[start:end])
