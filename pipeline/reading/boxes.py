"""From a quote to the boxes of its words on the page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.models import Box
from pipeline.reading.damage import look_at_ends
from pipeline.reading.frame import around
from pipeline.reading.lines import cells_of, line_ranges
from pipeline.reading.pdf import CannotOpen, Source, opened
from pipeline.reading.words import TextLayer

#: Left out when a quote is compared with a page: where lines break decides whether they are there.
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\ufffe\x02"


def all_boxes(path: Path, wanted: Sequence[tuple[int, str]]) -> list[tuple[Box, ...]]:
    """For each (1-based page, quote) its boxes, one per line it runs over, in PDF points from the top left.

    White space, hyphens and letter case do not count in the comparison. Where a quote stands more than once, the
    first upright place is taken, for italic text is the form's and never quoted. Empty when it is not there. The
    document is opened once and each page read once, however many quotes there are.
    """
    found: dict[tuple[int, str], tuple[Box, ...]] = {}
    try:
        with opened(Source(path, look_at_ends(path))) as document:
            for number in sorted({page for page, _ in wanted}):
                if 1 <= number <= len(document):
                    quotes = {quote for page, quote in wanted if page == number}
                    found |= {(number, quote): boxes for quote, boxes in _on_page(document, number, quotes).items()}
    except CannotOpen:
        pass
    return [found.get((page, quote), ()) for page, quote in wanted]


def _on_page(document: Any, number: int, quotes: set[str]) -> dict[str, tuple[Box, ...]]:
    loaded = document[number - 1]
    try:
        textpage = loaded.get_textpage()
        try:
            layer = TextLayer(loaded, textpage)
            letters = list(_letters(layer.raw))
            return {quote: _boxes(layer, letters, quote) for quote in quotes}
        finally:
            textpage.close()
    finally:
        loaded.close()


def _boxes(layer: TextLayer, letters: Sequence[tuple[str, int]], quote: str) -> tuple[Box, ...]:
    wanted = "".join(c for c, _ in _letters(quote))
    page_text = "".join(c for c, _ in letters)
    places = [(letters[at][1], letters[at + len(wanted) - 1][1] + 1) for at in _places(page_text, wanted)]
    if not places:
        return ()
    start, end = next((p for p in places if not layer.style(p[0]).italic), places[0])
    return tuple(_line_boxes(layer, start, end))


def _letters(text: str) -> Iterator[tuple[str, int]]:
    # Compatibility forms (ligatures, subscripts) may unfold into several letters, all from the same place.
    for offset, char in enumerate(text):
        if char.isspace() or char in _HYPHENS:
            continue
        for c in unicodedata.normalize("NFKC", char).casefold():
            if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"):
                yield c, offset


def _places(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _line_boxes(layer: TextLayer, start: int, end: int) -> Iterator[Box]:
    for a, b in line_ranges(layer.raw):
        if max(a, start) < min(b, end):
            for cell in cells_of(list(layer.words(max(a, start), min(b, end)))):
                box = around([word.box for word in cell])
                yield box.x0, box.top, box.x1, box.bottom
