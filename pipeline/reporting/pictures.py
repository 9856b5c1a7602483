"""Pictures of the quoted pages for the report: which quotes get one first, and how much they may weigh together."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pipeline.models import Drawing, Evidence, Report

#: Characters that the pictures of a report may take together; with its text it stays within four megabytes.
BUDGET = 3_500_000
#: Gives the PNG of each drawing of the content with this hash, None where there is none.
Draw = Callable[[str, Sequence[Drawing]], list[bytes | None]]


@dataclass(frozen=True)
class Strip:
    """The part of a page around a quote, its words marked: a PNG in base64, with its size in pixels."""

    data: str
    width: int
    height: int

    @classmethod
    def of(cls, png: bytes) -> Strip:
        """From a PNG, whose header holds its size (RFC 2083, 4.1.1)."""
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        return cls(base64.b64encode(png).decode("ascii"), width, height)


@dataclass(frozen=True)
class Strips:
    """The pictures by `evidence_id`; `left_out` counts the quotes that have one which did not fit."""

    by_id: dict[str, Strip] = field(default_factory=dict)
    left_out: int = 0


def strips_of(report: Report, draw: Draw, budget: int = BUDGET) -> Strips:
    """A strip for every quote that stands in boxes on a PDF's page, the most urgent first, within `budget`.

    First the quotes of the exceptions, worst first; then the first quote of each row, the others, and those of the
    checks. A quote that stands in several places of the report is drawn once and counted each time. One that does not
    fit is left out; a smaller one after it may still fit.
    """
    order = {item.evidence_id: item for item in _by_urgency(report) if item.boxes}
    times = Counter(item.evidence_id for item in _shown(report))
    drawn: dict[str, Strip] = {}
    for sha256 in dict.fromkeys(item.sha256 for item in order.values()):
        here = [item for item in order.values() if item.sha256 == sha256]
        pictures = draw(sha256, [Drawing(page=item.page, boxes=item.boxes, strip=True) for item in here])
        drawn |= {item.evidence_id: Strip.of(png) for item, png in zip(here, pictures, strict=True) if png}
    fitting: dict[str, Strip] = {}
    for evidence_id in order:
        if strip := drawn.get(evidence_id):
            weight = len(strip.data) * times[evidence_id]
            if weight <= budget:
                fitting[evidence_id] = strip
                budget -= weight
    return Strips(fitting, len(drawn) - len(fitting))


def _by_urgency(report: Report) -> Iterator[Evidence]:
    rows = [row.evidence for row in report.requirements]
    yield from chain.from_iterable(e.evidence for e in report.exceptions)
    yield from chain.from_iterable(row[:1] for row in rows)
    yield from _shown(report)


def _shown(report: Report) -> Iterator[Evidence]:
    """Every quote as often as the page shows it."""
    for part in (report.exceptions, report.requirements, report.checks):
        for entry in part:
            yield from entry.evidence
