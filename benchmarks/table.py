"""The table: rows with a figure and a target, as text and as Markdown, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Around the part of a Markdown page that is made by `python -m benchmarks --markdown PAGE`.
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, against what, and how the two compare.

    `measured` and `reference` are for people ("312 pages/s"); `figure` is compared with `target`, both in `unit`.
    """

    name: str
    measured: str
    reference: str
    figure: float
    target: float
    #: True when the figure may be at most the target, False when it must be at least that.
    at_most: bool
    #: "x" for a ratio, else what the figure is counted in: "s", "MB".
    unit: str = "x"
    #: Why a target is missed, or what one must know to read the figure.
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps to the target."""
        return self.figure <= self.target if self.at_most else self.figure >= self.target

    @property
    def shown_figure(self) -> str:
        """The figure with its unit: "1.32 x"."""
        return f"{number(self.figure)} {self.unit}"

    @property
    def shown_target(self) -> str:
        """The target with its direction and unit: "at most 1.5 x"."""
        return f"{'at most' if self.at_most else 'at least'} {self.target:g} {self.unit}"


def number(value: float) -> str:
    """A figure with three digits that count, never an exponent."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.{2 if size >= 0.1 else 3}f}"


def machine() -> str:
    """What the rows were measured on: cores, CPU model, Python, system."""
    return ", ".join(
        (
            f"{len(os.sched_getaffinity(0))} cores",
            _cpu() or platform.machine(),
            f"Python {platform.python_version()}",
            f"{platform.system()} {platform.release()}",
        )
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    models = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(models, "")


def text(row: Row) -> str:
    """A row for the terminal: the verdict in one line, what stands behind it in the next."""
    head = f"  {row.name:<62} {row.shown_figure:>10}  {row.shown_target:<16} {'met' if row.met else 'MISSED'}"
    behind = f"      {row.measured}, against {row.reference}"
    return "\n".join((head, behind, f"      {row.note}") if row.note else (head, behind))


def markdown(rows: Mapping[str, Sequence[Row]]) -> str:
    """All rows by the name of their benchmark, as a Markdown table with the machine above it."""
    lines = [
        f"Measured on {machine()}.",
        "",
        "| benchmark | row | measured | against | figure | target | met | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for benchmark, of_it in rows.items():
        for row in of_it:
            cells = (
                benchmark,
                row.name,
                row.measured,
                row.reference,
                row.shown_figure,
                row.shown_target,
                "yes" if row.met else "**no**",
                row.note,
            )
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def put_into(page: Path, table: str) -> None:
    """Write the table into a page: between its two marks when it has them, else as the whole page."""
    part = f"{BEGIN}\n{table}\n{END}"
    try:
        written = page.read_text(encoding="utf-8")
    except FileNotFoundError:
        written = ""
    before, begun, rest = written.partition(BEGIN)
    _, ended, after = rest.partition(END)
    page.write_text(f"{before}{part}{after}" if begun and ended else f"{part}\n", encoding="utf-8")
