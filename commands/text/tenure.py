"""Titles and papers on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from commands.text import terminal
from pipeline.models import Paper, TitleLine
from pipeline.reporting import tenure


def titles(found: Sequence[TitleLine], width: int = terminal.WIDTH) -> str:
    """The tenure ledger: each title with its proprietors and what keeps it open."""
    rows = [
        (
            t.title_number,
            "open" if t.open else "closed",
            ", ".join(h.name for h in t.proprietors) or ("no proprietor" if t.received else "no register"),
            "; ".join(t.open) or "-",
        )
        for t in found
    ]
    return terminal.table(("title", "line", "proprietors", "open because"), rows, width) if rows else ""


def papers(found: Sequence[Paper], width: int = terminal.WIDTH) -> str:
    """The named papers that were not received, with the document that names each."""
    absent = [p for p in found if p.received is None]
    return terminal.items((f"{p.name}: named in {tenure.named_in(p)}" for p in absent), width)
