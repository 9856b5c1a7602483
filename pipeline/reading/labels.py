"""The number printed on a page, told from other lone numbers by where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.models import Line, Span

#: Share of the page's height, from either end, in which a page number may stand.
MARGIN = 0.12
#: Page numbers stand at the same distance from the page's edge throughout a document, give or take this many points.
DRIFT = 6.0
#: A number that shares its row with other text (a running title) stands at least this far from it, in points.
ASIDE = 24.0

_NUMBER = r"\d{1,4}|[A-Z]{1,2}-\d{1,3}"
_ROMAN = re.compile(r"(?=.)(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_LABEL = re.compile(
    rf"(?:page\s*)?[-–—|]?\s*(?P<label>{_NUMBER}|[ivxl]{{1,7}})\s*[-–—]?(?:\s*(?:of|/)\s*\d{{1,4}}|\s*\|\s*p\s*a\s*g\s*e)?",
    re.IGNORECASE,
)


class _Candidate(NamedTuple):
    at_foot: bool
    #: Distance from the nearer edge of the page.
    distance: float
    label: str


def printed_labels(pages: Sequence[tuple[Sequence[Line], float]]) -> list[str | None]:
    """The printed number of every page, None where none stands in its margin.

    `pages` holds each page's lines and height. A lone number in the body is never taken, nor one in the margin at a
    height where no other page has its number (a table's last row, a chart's axis).
    """
    found = [sorted(_candidates(lines, height), key=lambda c: (not c.at_foot, c.distance)) for lines, height in pages]
    if sum(map(bool, found)) >= 3:
        found = [[c for c in mine if _has_peer(c, found, i)] for i, mine in enumerate(found)]
    return [mine[0].label if mine else None for mine in found]


def _has_peer(one: _Candidate, found: Sequence[Sequence[_Candidate]], own: int) -> bool:
    return any(
        one.at_foot == other.at_foot
        and (abs(one.distance - other.distance) <= DRIFT or _counts_on(one.label, own, other.label, i))
        for i, others in enumerate(found)
        if i != own
        for other in others
    )


def _counts_on(label: str, page: int, other_label: str, other_page: int) -> bool:
    # The first page of a section may carry its number higher or lower; that it counts on from the others is enough.
    return label.isdigit() and other_label.isdigit() and int(label) - page == int(other_label) - other_page


def _candidates(lines: Sequence[Line], height: float) -> Iterator[_Candidate]:
    for at_foot in (True, False):
        edge = height * (1 - MARGIN) if at_foot else height * MARGIN
        margin = [line for line in lines if (line.top >= edge if at_foot else line.bottom <= edge)]
        for row in _rows(margin):
            pieces = sorted((span for line in row for span in line.spans), key=lambda span: span.x0)
            label = _label(" ".join(span.text for span in pieces)) or _aside(pieces)
            if label:
                distance = height - row[0].bottom if at_foot else row[0].top
                yield _Candidate(at_foot, distance, label)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    # Readers break "Page | 3" or a subscript into lines of their own; what overlaps in height is one row to the eye.
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top):
        if rows and line.top < (rows[-1][0].top + rows[-1][0].bottom) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _aside(pieces: Sequence[Span]) -> str | None:
    if len(pieces) < 2:
        return None
    first, last = pieces[0], pieces[-1]
    ends = ((first, pieces[1].x0 - first.x1), (last, last.x0 - pieces[-2].x1))
    labels = [label for span, gap in ends if gap >= ASIDE and (label := _label(span.text))]
    return labels[0] if len(labels) == 1 else None


def _label(text: str) -> str | None:
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        return None
    label = match["label"]
    if label.isdigit():
        return label if len(label) < 4 or "page" in text.lower() else None  # four digits alone are a year
    if "-" in label:
        return label if label[0].isupper() else None
    return label if (label.islower() or label.isupper()) and _ROMAN.fullmatch(label.lower()) else None
