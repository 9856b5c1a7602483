"""What a reviewer waits for: the picture of a quoted page and the page of a row, against bare pypdfium2 in one run."""

from __future__ import annotations

import http.client
import io
import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.program import ROOT, environment
from benchmarks.table import Row
from benchmarks.turns import in_turns, ratio

if TYPE_CHECKING:
    from pipeline.models import Evidence, RequirementResult
    from pipeline.settings import Settings

ABOUT = "One page image with highlights, drawn and kept, and one requirement opened, against bare pypdfium2 rendering."

#: Pixels per inch, as the pages show it.
DPI = 144


def measure(place: Path, quick: bool) -> list[Row]:
    """A made-up submission under review on a real server; each act in turns with pypdfium2 drawing the same pages."""
    from pipeline.home.workspace import Workspace

    rounds, most = (1, 3) if quick else (9, 12)
    home = place / "home"
    session_id, rows = _reported(home, place / "submission")
    with Workspace.open(_settings(home)) as ws:
        quotes = _quotes(rows)[:most]
        files = {item.sha256: place / f"{item.sha256}.pdf" for item in quotes}
        for sha256, path in files.items():
            path.write_bytes(ws.content.path(sha256).read_bytes())
    with _server(home) as port, closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        # Boxes moved by a hair are another picture each time, so nothing kept is met.
        hair = itertools.count(1)
        seconds = in_turns(
            {
                "bare": lambda: _bare(quotes, files),
                "bare, as PNG": lambda: _bare(quotes, files, as_png=True),
                "drawn": lambda: [_picture(client, session_id, item, next(hair) / 10) for item in quotes],
                "kept": lambda: [_picture(client, session_id, item) for item in quotes],
                "opened": lambda: [_get(client, _row(session_id, quotes, rows, n)) for n in range(len(quotes))],
            },
            rounds + 1,
        )
    told = {name: [one / len(quotes) for one in of_it[1:]] for name, of_it in seconds.items()}  # the first warms up
    alone = f"{median(told['bare']) * 1000:.0f} ms to draw the page"
    whole = f"{median(told['bare, as PNG']) * 1000:.0f} ms to draw the page and make a PNG of it"
    png = "Nearly all of it is the PNG: the row below has it on both sides."
    return [
        _of("page image with highlights, drawn", told["drawn"], told["bare"], alone, 12.0, png),
        _of("page image with highlights, drawn, both as PNG", told["drawn"], told["bare, as PNG"], whole, 1.5),
        _of("page image with highlights, kept", told["kept"], told["bare"], alone, 0.5),
        _of("a requirement's page opened", told["opened"], told["bare"], alone, 1.0),
    ]


def _of(name: str, ours: list[float], bare: list[float], reference: str, target: float, note: str = "") -> Row:
    return Row(name, f"{median(ours) * 1000:.0f} ms", reference, ratio(ours, bare), target, True, note=note)


def _bare(quotes: list[Evidence], files: dict[str, Path], as_png: bool = False) -> None:
    """Open, and draw at the same size; as a PNG, as Pillow makes it by itself."""
    import pypdfium2

    for item in quotes:
        document = pypdfium2.PdfDocument(files[item.sha256])
        page = document[item.page - 1]
        bitmap = page.render(scale=DPI / 72)
        if as_png:
            bitmap.to_pil().convert("RGB").save(io.BytesIO(), "PNG", compress_level=6)
        bitmap.close()
        page.close()
        document.close()


def _picture(client: http.client.HTTPConnection, session_id: str, item: Evidence, moved: float = 0.0) -> int:
    from servers.pages.sheets import picture_address

    boxes = [(x0 + moved, top, x1 + moved, bottom) for x0, top, x1, bottom in item.boxes]
    return _get(client, picture_address(session_id, item.document_id, item.page, boxes))


def _row(session_id: str, quotes: list[Evidence], rows: tuple[RequirementResult, ...], number: int) -> str:
    """The page of the row that a quote stands in."""
    row = next(one for one in rows if quotes[number] in one.evidence)
    return f"/review/{session_id}/requirements/{row.requirement_id}"


def _get(client: http.client.HTTPConnection, path: str) -> int:
    """Ask for it as a browser does; the bytes it takes."""
    client.request("GET", path)
    answer = client.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(body)


def _quotes(rows: tuple[RequirementResult, ...]) -> list[Evidence]:
    """The first quote of each row that stands on a page of a PDF."""
    return [next(item for item in row.evidence if item.boxes) for row in rows if any(i.boxes for i in row.evidence)]


def _settings(home: Path) -> Settings:
    from pipeline.settings import load_settings

    return load_settings(home=home).settings


def _reported(home: Path, folder: Path) -> tuple[str, tuple[RequirementResult, ...]]:
    from examples.submission import write_submission
    from pipeline.home.workspace import Workspace
    from pipeline.stages import run as stage_run
    from pipeline.stages.add_documents import add_documents
    from pipeline.stages.initialize import create_session
    from pipeline.workflow import results

    sent = write_submission(folder, 1)
    with Workspace.open(_settings(home)) as ws:
        session_id = create_session(ws, sent.project_name).session_id
        add_documents(ws, session_id, {"type": "path", "path": str(folder)}, check_duplicates=False)
        found = results.load_validation(ws, stage_run.advance(ws, session_id, "report_generation"))
    if found is None:
        raise RuntimeError("the submission was not judged")
    return session_id, found.requirements


@contextmanager
def _server(home: Path) -> Iterator[int]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.bare", str(home), "0"],
        cwd=home.parent,
        env={**environment({"queue.sweep_seconds": 3600}), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the server did not start")
        yield int(line.rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
