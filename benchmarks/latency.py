"""How long a file that was just closed waits until it is a recorded document, beyond the time it must settle."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median, quantiles

from benchmarks import program
from benchmarks.table import Row

ABOUT = "A file written into a watched inbox and closed: until its document is committed, beyond the settle time."

#: Seconds that a file which was seen to be closed must stand still; the program's default.
SETTLE_SECONDS = 0.3
#: Seconds after which a file is given up, and between the commit of one and the writing of the next.
PATIENCE, REST = 60.0, 0.5


def measure(place: Path, quick: bool) -> list[Row]:
    """Files written one by one into a project's folder under a running `watch`, the embedded queue in it."""
    files = 5 if quick else 60
    home = place / "home"
    settings = {"inbox.settle_closed_seconds": SETTLE_SECONDS}
    with program.running(home, "watch", settings=settings) as watch:
        program.until(lambda: program.watcher_ready(home), watch, PATIENCE)
        folder = home / "inbox" / "new" / "One by One Farm"
        folder.mkdir(parents=True)
        waits = [_wait(watch, home, folder, number) - SETTLE_SECONDS for number in range(files + 1)]
    # The first file makes the session, which no later one does; it is told apart.
    first, rest = waits[0], waits[1:]
    p95 = quantiles(rest, n=20, method="inclusive")[-1]
    return [
        Row(
            "closed file to committed document, 95th percentile",
            f"median {median(rest):.2f} s, longest {max(rest):.2f} s of {files} files",
            f"the settle time of {SETTLE_SECONDS} s, which is taken off",
            p95,
            0.5,
            True,
            unit="s",
            note=f"the first file, for which the session is made, took {first:.2f} s",
        )
    ]


def _wait(watch: program.Running, home: Path, folder: Path, number: int) -> float:
    """Seconds from closing a file to its document; returns a little later, when the inbox is empty again."""
    name = f"letter {number:03}.txt"
    with (folder / name).open("w", encoding="utf-8") as file:
        file.write(f"Letter {number}: the field was sown on the second of May.\n")
    closed = time.perf_counter()
    known = f'"{name}"'.encode()
    recorded = program.until(lambda: known in _sessions(home), watch, PATIENCE, 0.005)
    program.until(lambda: not any(folder.iterdir()), watch, PATIENCE)
    time.sleep(REST)
    return recorded - closed


def _sessions(home: Path) -> bytes:
    """What the session's file says; nothing before there is one."""
    return b"".join(path.read_bytes() for path in (home / "data" / "sessions").glob("session-*/session.json"))
