"""A submission from drop to report in an empty home, against one pass of our own reader; and once more, unchanged."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.table import Row
from benchmarks.turns import in_turns, ratio

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

ABOUT = "drop to report with the embedded queue, start-up and settling excluded"

MOST_PAGES, MOST_CELLS = 2000, 200_000


def measure(place: Path, quick: bool) -> list[Row]:
    """The made-up submission of seed 1: a plan, registers, a map, a workbook and a report."""
    from examples.submission import write_submission

    return _rows("made-up submission", write_submission(place / "submission").folder, place, 1 if quick else 7)


def measure_folder(folder: Path, place: Path) -> list[Row]:
    """The same for a folder of one's own."""
    return _rows("your folder", folder, place, 5)


def _rows(what: str, folder: Path, place: Path, rounds: int) -> list[Row]:
    from examples.submission import write_submission

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    others = [write_submission(place / f"other-{seed}", seed).files["plan"] for seed in (101, 102)]
    warm: list[float] = []

    def cold() -> float:
        first, second = _drop_to_report(place / "home", files, others)
        warm.append(second)
        return first

    in_turns({"cold": cold, "reader": lambda: _one_pass(files)}, 1)  # what the first call imports is start-up
    warm.clear()
    seconds = in_turns({"cold": cold, "reader": lambda: _one_pass(files)}, rounds)
    shown = {name: f"{median(of_it):.2f} s" for name, of_it in seconds.items()}
    return [
        Row(
            name=f"{what}: drop to report, cold",
            measured=f"{shown['cold']} for {len(files)} files",
            reference=f"{shown['reader']} one pass of our reader, one process",
            figure=ratio(seconds["cold"], seconds["reader"]),
            target=1.5,
            at_most=True,
            note="One plan holds most pages, so a second reading process helps little; finding the quotes on their "
            "pages and drawing strips of these opens the PDFs twice more, and the stages' own work is the rest.",
        ),
        Row(
            name=f"{what}: the same again, nothing changed",
            measured=f"{median(warm):.3f} s",
            reference=f"{shown['cold']} cold",
            figure=ratio(warm, seconds["cold"]),
            target=0.1,
            at_most=True,
        ),
    ]


def _one_pass(files: Sequence[Path]) -> None:
    from pipeline.reading.reader import read_file

    for path in files:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        read_file(path, sha256, MOST_PAGES, MOST_CELLS).model_dump_json()


def _drop_to_report(home: Path, files: Sequence[Path], others: Sequence[Path]) -> tuple[float, float]:
    """Seconds until the report of settled files is there, and of asking for it again."""
    from actors.embedded import Embedded
    from benchmarks.homes import settings_of
    from pipeline.filenames import is_ignored
    from pipeline.home.workspace import Workspace
    from pipeline.intake.sources.inbox import InboxFile, identity_of
    from pipeline.stages.initialize import create_session

    shutil.rmtree(home, ignore_errors=True)
    with Workspace.open(settings_of(home)) as ws, Embedded(ws) as engine:
        _start_readers(ws, others)
        session_id = create_session(ws, "Meadow Farm 2026").session_id
        dropped = []
        for path in files:
            if not is_ignored(path.name):
                lies = Path(shutil.copyfile(path, ws.inbox / session_id / path.name))
                dropped.append(InboxFile(lies, path.name, identity_of(lies) or ()))
        begun = time.perf_counter()
        engine.take(session_id, dropped, "report_generation")
        engine.wait_idle()
        done = time.perf_counter()
        record = ws.sessions.read(session_id)
        if record.stages["report_generation"].status != "completed":
            raise RuntimeError("there is no report")
        engine.advance(session_id, "report_generation")
        return done - begun, time.perf_counter() - done


def _start_readers(ws: Workspace, others: Sequence[Path]) -> None:
    """Have every reading process up and its readers imported, by as many plans as there are processes at once."""

    def read(path: Path) -> None:
        staged = ws.content.stage(path, path.stat().st_size)
        with ws.content.lock():
            ws.content.put(staged.path, staged.sha256)
        ws.reader.read(staged.sha256)

    with ThreadPoolExecutor() as pool:
        list(pool.map(read, others))
