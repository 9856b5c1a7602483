"""Ten thousand small files moved into the inbox in one step: all taken, how fast, and in how much memory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks import program
from benchmarks.table import Row

ABOUT = "10,000 small files moved in at once: time against copying, hashing and syncing them in a bare loop; memory."

#: Files in one folder of the tree that is moved in.
FOLDER = 100
#: Seconds until the watcher takes a file that nobody was seen to close: not part of taking.
SETTLE_SECONDS = 2.0
#: Seconds after which it is given up.
PATIENCE = 900.0


def measure(place: Path, quick: bool) -> list[Row]:
    """Taken and discovered by `watch`, the embedded queue in it: first a few files, then all others."""
    many, few = (300, 20) if quick else (10_000, 100)
    home = place / "home"
    settings = {"inbox.max_files_per_session": 2 * many, "inbox.settle_seconds": SETTLE_SECONDS}
    source = _files(place / "reference", many, "bare")
    with program.running(home, "watch", settings=settings) as watch:
        program.until(lambda: program.watcher_ready(home), watch, PATIENCE)
        _drop(_files(place / "few", few, "few"), home, "Few Files Farm")
        program.until(lambda: _discovered(home, "Few Files Farm", few), watch, PATIENCE, 0.25)
        before = program.peak_bytes(watch.pid)
        # Once before and once after: what else uses the disk meanwhile falls on both sides.
        bare = _bare(source, place / "copies")
        begun = _drop(_files(place / "many", many, "many"), home, "Many Files Farm")
        folder = home / "inbox" / "new" / "Many Files Farm"
        taken = program.until(lambda: _is_empty(folder), watch, PATIENCE) - begun - SETTLE_SECONDS
        after_taking = program.peak_bytes(watch.pid)
        listed = program.until(lambda: _discovered(home, "Many Files Farm", many), watch, PATIENCE, 0.25) - begun
        after = program.peak_bytes(watch.pid)
    bare = (bare + _bare(source, place / "copies")) / 2
    held = len(_session(home, "Many Files Farm").get("documents", {}))
    return [
        Row("files taken of those moved in", f"{held:,}", f"{many:,}", held / many, 1.0, False),
        Row(
            "taking them, beyond the settle time",
            f"{taken:.1f} s, {many / taken:,.0f} files/s",
            f"{bare:.1f} s, {many / bare:,.0f} files/s: copy, SHA-256, fsync",
            taken / bare,
            3.0,
            True,
            note=f"{listed:.0f} s until all are read and listed as well",
        ),
        Row(
            "peak memory of the watcher",
            f"{after / 1e6:.0f} MB ({after_taking / 1e6:.0f} MB when all were taken)",
            f"{before / 1e6:.0f} MB after {few} files",
            after / before,
            1.5,
            True,
            note=f"{(after - before) / many / 1e3:.0f} kB a file: one session with all of them is one value",
        ),
    ]


def _files(folder: Path, number: int, what: str) -> Path:
    """So many different small files, each a letter of a few lines."""
    for place in range(number):
        inner = folder / f"field {place // FOLDER:03}"
        if place % FOLDER == 0:
            inner.mkdir(parents=True)
        text = f"Note {place} of {what}.\n" + "Nothing was sown here.\n" * 20
        (inner / f"note {place:05}.txt").write_text(text, encoding="utf-8")
    return folder


def _bare(source: Path, target: Path) -> float:
    """Seconds to copy, hash and sync every file, without any bookkeeping."""
    target.mkdir()
    begun = time.perf_counter()
    for path in sorted(source.rglob("*.txt")):
        data = path.read_bytes()
        with (target / hashlib.sha256(data).hexdigest()).open("wb") as copy:
            copy.write(data)
            copy.flush()
            os.fsync(copy.fileno())
    taken = time.perf_counter() - begun
    shutil.rmtree(target)
    return taken


def _drop(tree: Path, home: Path, name: str) -> float:
    """Move the whole tree in by one rename; returns when."""
    new = home / "inbox" / "new"
    new.mkdir(exist_ok=True)
    moment = time.perf_counter()
    tree.rename(new / name)
    return moment


def _is_empty(folder: Path) -> bool:
    return not any(files for _, _, files in os.walk(folder))


def _session(home: Path, name: str) -> dict[str, Any]:
    """The tables of the session of that name; empty before there is one."""
    for path in (home / "data" / "sessions").glob("session-*/session.json"):
        tables: dict[str, Any] = json.loads(path.read_bytes())
        if tables["session"]["session"]["bound_folder"] == name:
            return tables
    return {}


def _discovered(home: Path, name: str, number: int) -> bool:
    tables = _session(home, name)
    stage = tables.get("stages", {}).get("document_discovery", {})
    return len(tables.get("documents", {})) == number and stage.get("status") == "completed"
