"""A home with a poisoned session against the same home without it: how long the ninety-nine others take."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks import program
from benchmarks.farms import LOOK, ONE_EACH, PATIENCE, reported, workers_at
from benchmarks.server import a_server
from benchmarks.table import Row

ABOUT = "Ninety-nine sessions beside one whose document is never done with, against the same without it."

#: The sessions that must not wait, and how few when it is only to be seen that this runs.
OTHERS, QUICK_OTHERS = 99, 3
#: What is looked at under this hash keeps its process busy until it is killed, in C code that gives up for nobody.
POISON = b"Field,Year\nNorth,2023\n"
#: Worker processes behind Redis, with one thread and one reading process each: any that waits would show.
WORKERS = 2


def measure(place: Path, quick: bool) -> list[Row]:
    """Each queue gets two homes with the same others, one of them with the poisoned session, dropped first."""
    from pipeline.store.faultpoints import VARIABLE

    others = QUICK_OTHERS if quick else OTHERS
    poison = place / "poison"
    poison.mkdir()
    (poison / hashlib.sha256(POISON).hexdigest()).touch()
    # In every home, so that they differ in the session and in nothing else.
    os.environ[VARIABLE] = f"spin passes.look 1 {poison}"
    rows = []
    for queue, workers in (("embedded", 0), ("Redis", WORKERS)):
        alone = _seconds(place / f"{queue}-alone", others, workers, poisoned=False)
        beside = _seconds(place / f"{queue}-beside", others, workers, poisoned=True)
        rows.append(
            Row(
                f"{others} sessions beside a poisoned one, {queue}",
                f"{beside:.1f} s",
                f"{alone:.1f} s without it",
                beside / alone,
                1.15,
                True,
                note=f"{workers} worker processes, one thread and one reading process each" if workers else "defaults",
            )
        )
    return rows


def _seconds(home: Path, others: int, workers: int, *, poisoned: bool) -> float:
    """Seconds until the others have their reports; the poisoned session, when there is one, comes first."""
    settings: Mapping[str, object] = {}
    with ExitStack() as stack:
        if workers:
            settings = {**ONE_EACH, "queue.broker": stack.enter_context(a_server())}
            words = ("worker", "--processes", workers)
            at_work = stack.enter_context(program.running(home, *words, settings=settings))
            program.until(lambda: workers_at(home) == workers, at_work, PATIENCE)
        watch = stack.enter_context(program.running(home, "watch", "--to", "report", settings=settings))
        program.until(lambda: program.watcher_ready(home), watch, PATIENCE)
        new = home / "inbox" / "new"
        new.mkdir(exist_ok=True)
        begun = time.perf_counter()
        if poisoned:
            _drop(home, new / "00 Poisoned", {"fields.csv": POISON})
        for number in range(others):
            text = f"Monitoring Report\nDate Reported: 01/02/2024\nClover grows in {number} fields of Farm {number}.\n"
            table = f"Field,Year,Yield\nNorth {number},2023,{number}\nSouth {number},2023,7\n"
            _drop(home, new / f"{number + 1:02} Farm", {"report.txt": text.encode(), "fields.csv": table.encode()})
        return program.until(lambda: _done(home) >= others, watch, PATIENCE, LOOK) - begun


def _done(home: Path) -> int:
    """How many of the others have a report; the poisoned session gets its own, and later."""
    return reported(home) - _poisoned_reported(home)


def _poisoned_reported(home: Path) -> int:
    digest = hashlib.sha256(POISON).hexdigest()
    folders = [path.parent.parent for path in (home / "data" / "sessions").glob("session-*/reports/*.json")]
    return sum(digest in (folder / "session.json").read_text("utf-8") for folder in set(folders))


def _drop(home: Path, folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder that appears whole, as one that is moved in."""
    waiting = home.with_name(f"{home.name}-waiting") / folder.name
    waiting.mkdir(parents=True)
    for name, content in files.items():
        (waiting / name).write_bytes(content)
    waiting.rename(folder)
