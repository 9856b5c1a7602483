"""The live view of a batch as the lines of a terminal: a picture of numbers in, lines of the given width out."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from commands.text.tally import Picture, Row
from pipeline.models import wording
from pipeline.models.characters import plain
from pipeline.workflow.order import ORDER, VERB_OF

#: So many farms that are being worked on have a line before anything less important has one.
ROWS_FIRST = 4


def lines(p: Picture, width: int, height: int) -> list[str]:
    """The picture in at most `height` - 1 lines of at most `width` columns; farms that find no line are counted."""
    room = max(height - 1, 1)
    head, stages = _head(p), _stages(p)
    failures = ["", "Last failures:", *(f"  {one}" for one in p.failures)] if p.failures else []
    said = ["", "Last: " + "; ".join(p.said)] if p.said and p.farms > 1 else []
    rows = _rows(p.at_work, width)
    needed = len(head) + bool(rows) + min(len(rows), ROWS_FIRST)
    # What is worth least goes first: what was just finished, then the stages, then the failures.
    if needed + len(stages) + len(failures) + len(said) > room:
        said = []
    if needed + len(stages) + len(failures) > room:
        stages = []
    if needed + len(failures) > room:
        failures = []
    head += stages
    gap = [""] if head and rows else []
    for_rows = room - len(head) - len(gap) - len(failures) - len(said)
    if len(rows) > for_rows:
        shown = max(for_rows - 1, 0)
        rows = [*rows[:shown], f"... and {len(rows) - shown} more"]
    return [cut(line, width) for line in [*head, *gap, *rows, *failures, *said][:room]]


def _head(p: Picture) -> list[str]:
    """How far it is, and how fast."""
    rate = ""
    if p.documents_rate is not None and p.pages_rate is not None:
        rate = f"reading {_number(p.documents_rate)} documents/s, {_number(p.pages_rate)} pages/s"
    if p.farms == 0:
        return ["Nothing to do yet."]
    if p.farms == 1 and p.planned:
        return [rate] if rate else []
    failed = f", {p.failed} failed" if p.failed else ""
    if p.planned:
        first = f"{p.finished + p.failed} of {p.farms} farms done{failed}"
        if p.seconds is not None:
            first += f"; {clock_time(p.seconds)} so far"
        if p.seconds_left is not None:
            first += f", at most about {clock_time(p.seconds_left)} left"
    else:
        first = f"{wording.count(p.finished, 'farm')} done{failed}"
    second = f"{len(p.at_work)} at work, {p.waiting} waiting"
    return [first, "; ".join(x for x in (second, rate) if x)]


def _stages(p: Picture) -> list[str]:
    if p.farms < 2:
        return []
    behind = ", ".join(f"{VERB_OF[key]} {n}" for key, n in zip(ORDER, p.stages, strict=False))
    return [f"stages done: {behind}"]


def _rows(at_work: Sequence[Row], width: int) -> list[str]:
    """Name, stage, how long it is at it, how far, and what is being read, as far as the width goes."""
    name = min(max((columns(row.name) for row in at_work), default=0), max(10, width // 3))
    counted = [f"{row.done} of {row.total}" if row.total else "" for row in at_work]
    widest = max(map(len, counted), default=0)
    return [
        f"{padded(row.name, name)}  {row.verb:8}  {clock_time(row.seconds):>4}  {so_far:>{widest}}  "
        f"{', '.join(map(plain, row.reading))}".rstrip()
        for row, so_far in zip(at_work, counted, strict=True)
    ]


def _number(rate: float) -> str:
    return f"{rate:.1f}" if rate < 10 else f"{rate:.0f}"


def clock_time(seconds: float) -> str:
    """3:05, or 1:02:03 from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: some characters take two, some none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with three dots where something is left out."""
    if columns(text) <= width:
        return text
    dots = "..."[: max(width, 0)]
    while text and columns(text) + len(dots) > width:
        text = text[:-1]
    return text + dots


def padded(text: str, width: int) -> str:
    """`text` in exactly `width` columns."""
    short = cut(text, width)
    return short + " " * (width - columns(short))
