"""Pages per second of our own reader, against the bare text of pdfium and against pdfplumber on the same pages."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.table import Row
from benchmarks.turns import in_turns, ratio

if TYPE_CHECKING:
    from pipeline.models import Reading

ABOUT = "pages with lines, typefaces, tables and the sections of plans, in one process"

#: What a reading process is told in its settings; no example comes near.
MOST_PAGES, MOST_CELLS = 2000, 200_000


def measure(place: Path, quick: bool) -> list[Row]:
    """Made-up submissions (plan, registers, map and report), read by each reader in turns."""
    from examples.submission import write_submission

    for seed in (1,) if quick else (1, 2):
        write_submission(place / str(seed), seed)
    return _rows("made-up submissions", sorted(place.rglob("*.pdf")), 1 if quick else 5)


def measure_folder(folder: Path, place: Path) -> list[Row]:
    """The same for the PDFs of a folder of one's own."""
    return _rows("your folder", sorted(folder.rglob("*.pdf")), 3)


def _rows(what: str, found: Sequence[Path], rounds: int) -> list[Row]:
    from pipeline.classification.decide import classify

    files = [path for path in found if _pages(path)]
    pages = sum(map(_pages, files))
    plans = {path for path in files if classify(_read(path), path.name).document_type == "project_plan"}
    seconds = in_turns(
        {
            "own": lambda: _own(files, plans),
            "bare": lambda: _bare(files),
            "pdfplumber": lambda: _plumber(files),
            "pdfplumber, text alone": lambda: _plumber_text(files),
        },
        rounds,
    )
    speed = {name: f"{pages / median(of_it):.0f} pages/s" for name, of_it in seconds.items()}
    return [
        Row(
            name=f"{what}: our reader against pdfplumber",
            measured=f"{speed['own']} ({pages} pages)",
            reference=f"{speed['pdfplumber']} words with typefaces, and tables",
            figure=ratio(seconds["pdfplumber"], seconds["own"]),
            target=15,
            at_most=False,
            note="Pages with little text, as most of the made-up ones, are read quickly by both.",
        ),
        Row(
            name=f"{what}: our reader against text alone by pdfplumber",
            measured=speed["own"],
            reference=f"{speed['pdfplumber, text alone']} without places, typefaces and tables",
            figure=ratio(seconds["pdfplumber, text alone"], seconds["own"]),
            target=15,
            at_most=False,
            note="Finding place and typeface of every word, in Python, is most of our time; pages with little text, as "
            "the made-up ones, are read quickly by all, so the ratio is lower there.",
        ),
        Row(
            name=f"{what}: our reader against bare pdfium",
            measured=speed["own"],
            reference=f"{speed['bare']} text alone, without places, typefaces and tables",
            figure=ratio(seconds["bare"], seconds["own"]),
            target=0.3,
            at_most=False,
            note="Two questions to pdfium for each end of each word, and one Python object for each line and span.",
        ),
    ]


def _read(path: Path) -> Reading:
    from pipeline.reading.reader import read_file

    return read_file(path, hashlib.sha256(path.read_bytes()).hexdigest(), MOST_PAGES, MOST_CELLS)


def _own(files: Sequence[Path], plans: Collection[Path]) -> None:
    """What a reading process does with a file, and the sections that extraction finds in a plan."""
    from pipeline import checklists
    from pipeline.forms import read_plan

    grammar = checklists.load("soil-carbon-v1.2.2").grammar
    for path in files:
        reading = _read(path)
        reading.model_dump_json()
        if path in plans:
            read_plan(reading.pages, grammar)


def _bare(files: Sequence[Path]) -> None:
    import pypdfium2

    for path in files:
        document = pypdfium2.PdfDocument(path)
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
        document.close()


def _plumber(files: Sequence[Path]) -> None:
    """What ours reads, by its other means: every word with its place and typeface, and the ruled tables."""
    import pdfplumber

    for path in files:
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_words(extra_attrs=["fontname", "size"])
                page.extract_tables()
                page.close()  # else it keeps everything it saw


def _plumber_text(files: Sequence[Path]) -> None:
    import pdfplumber

    for path in files:
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_text()
                page.close()  # else it keeps everything it saw


def _pages(path: Path) -> int:
    """How many pages a PDF has; 0 when it cannot be opened, which no reader is timed on."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return 0
    try:
        return len(document)
    finally:
        document.close()
