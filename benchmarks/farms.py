"""Seventy generated farms dropped at once: the same reports on both queues, two worker processes against one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import program
from benchmarks.server import a_server
from benchmarks.table import Row

ABOUT = "Seventy generated farms dropped at once: two worker processes against one, the same reports on both queues."

#: How many farms, and how few to compare memory with; the same when it is only to be seen that this runs.
FARMS, FEW = 70, 10
QUICK_FARMS, QUICK_FEW = 3, 1
#: Seconds after which a run is given up; between two looks at it; and between two `status` while it works.
PATIENCE, LOOK, ASK = 1800.0, 0.5, 2.0
#: One thing at a time in each worker process, so that a second process and not a second thread is what is measured.
ONE_EACH = {"queue.threads": 1, "reading.processes": 1}
#: What the contract lets two sessions with the same content differ in.
OWN = {"session", "generated_at", "added_at", "source_type", "path", "names"}
#: What a portfolio says of when and where its reports were made.
OF_THE_RUN = {"inputs_at", "report", "report_sha256", "changes", "times"}


@dataclass
class Run:
    """What one run over all farms came to."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    #: Peak memory of the largest process of each kind, in bytes.
    peaks: dict[str, int] = field(default_factory=dict)
    #: Seconds of `status`, while the run worked and afterwards.
    asked_busy: list[float] = field(default_factory=list)
    asked_idle: list[float] = field(default_factory=list)
    #: Reports by project and the portfolio, without what belongs to one run.
    reports: dict[str, Any] = field(default_factory=dict)
    portfolio: Any = None


def measure(place: Path, quick: bool) -> list[Row]:
    """Three homes get the same farms: one worker process behind Redis, two, and the embedded queue.

    Two more get the first few of them, since all farms of a drop go forward together and end almost at once.
    """
    from examples.portfolio import write_portfolio

    farms, few = (QUICK_FARMS, QUICK_FEW) if quick else (FARMS, FEW)
    made = place / "made"
    names = [sent.folder.name for sent in write_portfolio(made, farms)]
    one = _run(place / "one", made, names, workers=1)
    two = _run(place / "two", made, names, workers=2)
    embedded = _run(place / "embedded", made, names, workers=0)
    small = {workers: _run(place / f"few-{workers}", made, names[:few], workers) for workers in (0, 2)}
    growth, who, early, late = max(
        (run.peaks[kind] / small[workers].peaks[kind], kind, small[workers].peaks[kind], run.peaks[kind])
        for workers, run in ((0, embedded), (2, two))
        for kind in run.peaks.keys() & small[workers].peaks.keys()
    )
    same = sum(embedded.reports[name] == two.reports.get(name) for name in embedded.reports)
    portfolio = embedded.portfolio == two.portfolio
    busy, idle = median(embedded.asked_busy), median(embedded.asked_idle)
    return [
        Row(
            f"{farms} farms, two worker processes against one",
            f"{two.seconds:.0f} s with two ({two.cpu_seconds:.0f} s of CPU)",
            f"{one.seconds:.0f} s with one ({one.cpu_seconds:.0f} s of CPU)",
            one.seconds / two.seconds,
            1.7,
            False,
            note=f"one thread and one reading process each; embedded, with its defaults, {embedded.seconds:.0f} s",
        ),
        Row("equal reports, embedded and Redis", f"{same} equal", f"{farms} farms", same / farms, 1.0, False),
        Row(
            "equal portfolios, embedded and Redis",
            "equal" if portfolio else "different",
            "each other",
            float(portfolio),
            1.0,
            False,
        ),
        Row(
            f"peak memory of a process with {farms} farms",
            f"{late / 1e6:.0f} MB",
            f"{early / 1e6:.0f} MB with {few} farms",
            growth,
            1.25,
            True,
            note=f"of all watchers, workers and readers the one that grew most: {who}",
        ),
        Row(
            "`status` while the farms are worked on",
            f"median {busy:.2f} s, longest {max(embedded.asked_busy):.2f} s",
            f"{idle:.2f} s when nothing is worked on",
            busy / idle,
            3.0,
            True,
        ),
    ]


def _run(home: Path, made: Path, names: Sequence[str], workers: int) -> Run:
    """The farms of those names through one home; with `workers` over a Redis server, without by the watcher itself.

    `status` is asked in the embedded run only, so that the two timed ones do nothing else.
    """
    run = Run()
    waiting = home.with_name(f"{home.name}-waiting")
    for name in names:
        shutil.copytree(made / name, waiting / name)
    settings: dict[str, object] = {}
    at_work: dict[str, program.Running] = {}
    with ExitStack() as stack:
        if workers:
            settings = {**ONE_EACH, "queue.broker": stack.enter_context(a_server())}
            words = ("worker", "--processes", workers)
            at_work["worker"] = stack.enter_context(program.running(home, *words, settings=settings))
            program.until(lambda: workers_at(home) == workers, at_work["worker"], PATIENCE)
        watch = stack.enter_context(program.running(home, "watch", "--to", "report", settings=settings))
        at_work["watcher"] = watch
        program.until(lambda: program.watcher_ready(home), watch, PATIENCE)
        new = home / "inbox" / "new"
        new.mkdir(exist_ok=True)
        begun = time.perf_counter()
        for folder in sorted(waiting.iterdir()):
            folder.rename(new / folder.name)
        next_ask = begun + ASK

        def all_done() -> bool:
            nonlocal next_ask
            for one in at_work.values():
                one.require()
                one.look()
            done = reported(home)
            if not workers and time.perf_counter() >= next_ask:
                run.asked_busy.append(_ask(home, settings))
                next_ask = time.perf_counter() + ASK
            return done == len(names) and not _files_left(new)

        run.seconds = program.until(all_done, watch, PATIENCE, LOOK) - begun
        run.cpu_seconds = sum(one.cpu_seconds for one in at_work.values())
        run.peaks = _peaks(at_work)
        if not workers:
            run.asked_busy = run.asked_busy or [_ask(home, settings)]
            run.asked_idle = [_ask(home, settings) for _ in range(5)]
    _read(run, home)
    return run


def workers_at(home: Path) -> int:
    """How many worker processes are at work on the home."""
    from pipeline.home.presence import workers_running

    return workers_running(home / "data") if (home / "data").is_dir() else 0


def reported(home: Path) -> int:
    """How many sessions have a report."""
    return len({path.parent for path in (home / "data" / "sessions").glob("session-*/reports/*.json")})


def _files_left(folder: Path) -> bool:
    """Whether anything is left that is to be taken; temporary files, which a farm sends as well, stay there."""
    from pipeline.filenames import is_ignored

    return any(path.is_file() and not is_ignored(path.name) for path in folder.rglob("*"))


def _peaks(at_work: Mapping[str, program.Running]) -> dict[str, int]:
    """The most memory of any process of a kind, by kind."""
    found: dict[str, int] = {}
    for name, one in at_work.items():
        for kind, readers in ((name, False), (f"reader of the {name}", True)):
            if peaks := one.peaks(readers=readers):
                found[kind] = max(peaks)
    return found


def _ask(home: Path, settings: Mapping[str, object]) -> float:
    """Seconds of one `status` of everything."""
    begun = time.perf_counter()
    _typed(home, settings, "--json", "status")
    return time.perf_counter() - begun


def _typed(home: Path, settings: Mapping[str, object], *words: object) -> None:
    line = program.command(home, *words)
    subprocess.run(line, env=program.environment(settings), capture_output=True, check=True)  # noqa: S603 - our own


def _read(run: Run, home: Path) -> None:
    """Have the portfolio written, then take reports and portfolio as they must be equal on every queue."""
    _typed(home, {}, "batch-report")
    names: dict[str, str] = {}
    for folder in sorted((home / "data" / "sessions").glob("session-*")):
        paths = (folder / "reports").glob("*.json")
        newest = max(paths, key=lambda path: int(path.stem.rpartition("-v")[2]))
        report = json.loads(newest.read_text(encoding="utf-8"))
        project = report["session"]["project_metadata"]["project_name"]
        names[folder.name] = project
        run.reports[project] = _without(report, OWN)
    # Longest first: session-...-12 must not be taken for session-...-1 with something after it.
    ids = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))
    said = (home / "data" / "batch" / "portfolio.json").read_text(encoding="utf-8")
    portfolio = _without(json.loads(ids.sub(lambda found: names[found[0]], said)), OF_THE_RUN)
    portfolio["farms"].sort(key=lambda farm: farm["project"])
    for cause in portfolio["causes"]:
        cause["farms"].sort()
    run.portfolio = portfolio


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value
