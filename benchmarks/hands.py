"""Sixteen processes on one session and on two hundred others: is every act there afterwards, and who waited longest?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.hand import CONTESTED
from benchmarks.table import Row

ABOUT = "sixteen processes that add, take out, remark, decide and carry out stages on one session and on 200 others"

ROOT = Path(__file__).resolve().parent.parent
PROCESSES, SESSIONS, ROUNDS = 16, 200, 6
QUICK = (4, 6, 3)
#: Seconds after which the hands are taken to wait for each other.
DEADLOCK = 1800.0


@dataclass
class Counts:
    """What became of all acts."""

    acts: int = 0
    seconds: float = 0.0
    #: Each act's kind and how long it took, waiting included.
    waits: list[tuple[str, float]] = field(default_factory=list)
    #: What somebody was told is done, and is not there; what is there twice; chains, hashes and references that broke.
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    conflicts: int = 0
    told_to_try_again: int = 0

    def longest(self, *, stages: bool) -> tuple[str, float]:
        """What took longest, waiting included: of what is over at once, or of carrying out stages."""
        return max((one for one in self.waits if one[0].startswith("run") == stages), key=lambda one: one[1])


def measure(place: Path, quick: bool) -> list[Row]:
    """Let them all work, look at everything they did, and say how long the longest waited."""
    processes, sessions, rounds = QUICK if quick else (PROCESSES, SESSIONS, ROUNDS)
    counts = work(place / "home", processes, sessions, rounds)
    kind, longest = counts.longest(stages=False)
    _, stages = counts.longest(stages=True)
    wrong = [*counts.lost, *counts.doubled, *counts.broken]
    note = f"lost {len(counts.lost)}, doubled {len(counts.doubled)}, broken {len(counts.broken)}"
    note += f"; {counts.conflicts} decisions met another on the same row and were refused with both versions"
    note += f"; {counts.told_to_try_again} times somebody was told to try again"
    usual = median(seconds for kind, seconds in counts.waits if not kind.startswith("run"))
    what = f"{processes} processes, {sessions + 1} sessions"
    return [
        Row(
            name=f"acts that are there afterwards: {what}",
            measured=f"{counts.acts - len(wrong):,}",
            reference=f"{counts.acts:,}",
            figure=(counts.acts - len(wrong)) / counts.acts,
            target=1.0,
            at_most=False,
            note=note,
        ),
        Row(
            name=f"longest that anybody waited for an act: {what}",
            measured=f"{longest:.2f} s ({kind})",
            reference=f"{usual:.2f} s usually, {counts.acts / counts.seconds:.0f} acts/s in all",
            figure=longest,
            target=10.0,
            at_most=True,
            unit="s",
            note=f"After 30 s one is told to try again. Stages of a session that others change: {stages:.1f} s.",
        ),
    ]


def work(home: Path, processes: int, sessions: int, rounds: int) -> Counts:
    """Make a home, let so many processes at it, and hold what is there against what each was told."""
    shared, others = _prepared(home, sessions)
    jobs = [
        {
            "home": str(home),
            "name": f"hand{number}",
            "requirement": f"REQ-{number + 1:03d}",
            "shared": shared,
            # each of the others is worked on by two
            "others": others[number % max(1, processes // 2) :: max(1, processes // 2)],
            "rounds": rounds,
            "runs": number % 4 == 0,
            "out": str(home.with_name(f"hand{number}.json")),
        }
        for number in range(processes)
    ]
    hands = [_started(job) for job in jobs]
    began = time.perf_counter()
    try:
        for process in hands:
            assert process.stdin  # noqa: S101 - a pipe, as asked for
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in hands:
            if process.wait(DEADLOCK):
                raise RuntimeError(f"one of the processes ended with {process.returncode}")
    finally:
        for process in hands:
            process.kill()
            process.communicate()
    told = [json.loads(Path(str(job["out"])).read_text(encoding="utf-8")) for job in jobs]
    counts = Counts(seconds=time.perf_counter() - began)
    for one in told:
        counts.waits += [(kind, seconds) for kind, seconds in one["acts"]]
        counts.conflicts += one["conflicts"]
        counts.told_to_try_again += one["told_to_try_again"]
    counts.acts = len(counts.waits) + sum(one["contested"] for one in told)
    _compare(home, shared, told, counts)
    return counts


def _prepared(home: Path, sessions: int) -> tuple[str, list[str]]:
    from benchmarks.homes import fill, settings_of, upload
    from pipeline.home.workspace import Workspace
    from pipeline.stages import run
    from pipeline.stages.add_documents import add_documents
    from pipeline.stages.initialize import create_session

    fill(home, sessions)
    with Workspace.open(settings_of(home)) as ws:
        others = ws.sessions.ids()
        shared = create_session(ws, "The farm that all work on").session_id
        add_documents(ws, shared, upload("first.txt", "The first paper.\n"), check_duplicates=False)
        run.advance(ws, shared, "cross_validation")
    return shared, others


def _started(job: dict[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "benchmarks.hand", json.dumps(job)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout  # noqa: S101 - a pipe, as asked for
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("one of the processes did not come up")
    return process


def _compare(home: Path, shared: str, told: list[dict[str, Any]], counts: Counts) -> None:
    """Hold the sessions against what every process says it did."""
    from benchmarks.homes import settings_of
    from pipeline.errors import ReviewError
    from pipeline.home.workspace import Workspace
    from pipeline.upkeep.deep import examine_deep

    with Workspace.open(settings_of(home)) as ws:
        for session_id in ws.sessions.ids():
            record = ws.sessions.read(session_id)
            held = Counter(document.sha256 for document in record.documents.values())
            first = 1  # the letter of each, made before
            wanted = Counter(sha256 for one in told for sha256 in one["held"].get(session_id, ()))
            counts.lost += [f"{sha256[:12]} in {session_id}" for sha256 in wanted.keys() - held.keys()]
            counts.doubled += [f"{sha256[:12]} in {session_id}" for sha256, times in held.items() if times > 1]
            if len(held) > len(wanted) + first:
                counts.doubled.append(f"{session_id} holds documents that were taken out")
            said = Counter(note.text for note in record.annotations.values())
            noted = Counter(text for one in told for text in one["notes"] if text.endswith(f" in {session_id}"))
            counts.lost += [f"remark {text}" for text in noted - said]
            counts.doubled += [f"remark {text}" for text in said - noted]
            for one in told:
                word = record.decisions.get(one["requirement"])
                if session_id in one["decided"] and (word is None or word.reason != one["decided"][session_id]):
                    counts.lost.append(f"decision of {one['name']} in {session_id}")
            try:
                ws.sessions.verify_audit(session_id)
            except ReviewError as error:
                counts.broken.append(error.message)
            events = ws.sessions.audit(session_id)
            if len({event.revision for event in events}) != record.revision:
                counts.broken.append(f"{session_id} is at revision {record.revision}, its log is not")
        contested = [e for e in ws.sessions.audit(shared) if e.details.get("requirement_id") == CONTESTED]
        if len(contested) != sum(one["contested"] for one in told):
            counts.lost.append(f"decisions on {CONTESTED}")
        counts.broken += [one.message for one in examine_deep(ws) if one.outcome != "ok"]
