"""`python -m benchmarks.faults [--kills N] [--lanes N] [--seed N] [--keep DIR] [--markdown PAGE]`: kill, and count.

The long form of the crash harness: plays rounds of `tests/faults` until that many processes were killed, prints each
and then the table of docs/reliability.md. The seed, which is printed, gives the same plan again; the moments of blind
kills depend on the machine. Exit code 1 when anything was lost, doubled, corrupted or left unfinished; the homes of
such rounds are kept.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.table import machine
from pipeline.store.faultpoints import POINTS
from tests.faults import rounds, serving
from tests.faults.rounds import Outcome, Planned, Round
from tests.faults.submissions import small_submission, submission

#: Around the part of docs/reliability.md that is made here.
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
#: Passages of a point at which a process is killed, over the long run.
PASSAGES = (1, 2, 4)
#: Faults that one home is put through, beside the blind ones.
A_ROUND = 7
#: A planned fault that no process comes to is tried in so many rounds.
TRIES = 3
#: Of so many rounds one has the whole submission; the others have short files, so that kills come closer together.
WHOLE_EVERY = 2
#: The first seed of submissions; a few, since making one takes longer than a round.
FARMS = (3, 4, 5)
#: Troubles that kill nobody.
NO_KILLS = ("flush of the server", "freeze")
#: The ways in turn, and what happens in each beside kills.
WAYS: dict[str, tuple[str, ...]] = {
    "watched": (),
    "typed": (),
    "shared": ("server", "flush", "freeze"),
    "settled": (),
    "served": (),
}


class Run:
    """One long run: what is still to be done, and what was done."""

    def __init__(self, kills: int, seed: int, keep: Path) -> None:
        self._wanted = kills
        self._dice = random.Random(seed)  # noqa: S311 - a plan that can be played again
        self._keep = keep
        self._lock = threading.Lock()
        self._plans: dict[str, deque[Planned]] = {way: deque() for way in WAYS}
        self._tries: Counter[tuple[str, Planned]] = Counter()
        self._started = 0
        self.outcomes: list[Outcome] = []
        self.errors: list[str] = []

    @property
    def kills(self) -> int:
        """Processes killed so far, servers among them."""
        return sum(count for one in self.outcomes for what, count in one.kills.items() if what not in NO_KILLS)

    def _plan(self, way: str) -> list[Planned]:
        plan = self._plans[way]
        if len(plan) < A_ROUND:
            fresh: list[Planned] = [("kill", point, passage) for point in POINTS for passage in PASSAGES]
            self._dice.shuffle(fresh)
            plan.extend(fresh)
        return [plan.popleft() for _ in range(A_ROUND)]

    def work(self) -> None:
        """Play rounds until enough was killed."""
        while True:
            with self._lock:
                if self.kills >= self._wanted:
                    return
                number = self._started
                self._started += 1
                way = list(WAYS)[number % len(WAYS)]
                faults, seed = self._plan(way), self._dice.randrange(1_000_000)
            self._play(number, way, faults, seed)

    def _play(self, number: int, way: str, faults: list[Planned], seed: int) -> None:
        sent_by = submission if number // len(WAYS) % WHOLE_EVERY == 0 else small_submission
        farm = FARMS[number % len(FARMS)]
        folder = self._keep / f"{number:03}-{way}-{seed}"
        round_ = Round(f"{way}, {'whole' if sent_by is submission else 'small'}", folder, sent_by(farm), seed, faults)
        round_.outcome.inputs = len(sent_by(farm).files)
        try:
            expected = rounds.undisturbed(sent_by, farm)
            more = {"troubles": WAYS[way]} if WAYS[way] else {}
            outcome: Outcome = getattr(serving if way == "served" else rounds, way)(round_, expected, blind=2, **more)
        except Exception as error:  # noqa: BLE001 - told in the table, and the run goes on
            with self._lock:
                self.errors.append(f"{folder.name}: {error}")
            print(f"  {folder.name}: {error}", flush=True)
            return
        with self._lock:
            self.outcomes.append(outcome)
            for one in outcome.left:
                self._tries[way, one] += 1
                if self._tries[way, one] < TRIES:
                    self._plans[way].append(one)
            print(_line(folder.name, outcome, self.kills), flush=True)
        if not outcome.findings.all():
            shutil.rmtree(folder)

    def markdown(self, seconds: float, command: str) -> str:
        """The table, with what it was made by."""
        head = ["way", "rounds", "files dropped", "kills", "at points", "blind", "server killed", "flushed", "frozen"]
        head += ["restarts", "lost", "doubled", "corrupted", "unfinished", "slowest end"]
        rows = [_row(way, [o for o in self.outcomes if o.kind.startswith(way)]) for way in WAYS]
        rows.append(_row("all", self.outcomes))
        points = {point for o in self.outcomes for point in o.kills if point in POINTS}
        return "\n".join(
            (
                f"Made by `{command}` on {machine()}, in {seconds / 60:.0f} minutes; "
                f"killed at {len(points)} of {len(POINTS)} points.",
                "",
                f"| {' | '.join(head)} |",
                f"|{'---|' * len(head)}",
                *rows,
            )
        )


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    kills: Counter[str] = sum((o.kills for o in outcomes), Counter())
    special = ("at a random moment", "the server", "flush of the server", "freeze")
    at_points = sum(count for what, count in kills.items() if what not in special)
    blind, server, flushed, frozen = (kills[what] for what in special)
    found = [o.findings for o in outcomes]
    cells = [name, len(outcomes), sum(o.dropped for o in outcomes), at_points + blind + server, at_points, blind]
    cells += [server, flushed, frozen, sum(o.restarts for o in outcomes)]
    cells += [sum(len(f.lost) for f in found), sum(len(f.doubled) for f in found)]
    cells += [sum(len(f.corrupted) for f in found), sum(len(f.unfinished) for f in found)]
    cells.append(f"{max((o.slowest_end for o in outcomes), default=0.0):.1f} s")
    return f"| {' | '.join(map(str, cells))} |"


def _line(name: str, outcome: Outcome, so_far: int) -> str:
    said = "; ".join(outcome.findings.all()) or "well"
    counts = f"{sum(outcome.kills.values())} kills, {outcome.restarts} restarts, {outcome.seconds:.0f} s"
    return f"  {name} ({outcome.kind}): {counts}, {so_far} in all: {said}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the run, print its table, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Kill the program, and count.")
    parser.add_argument("--kills", type=int, default=320, metavar="N", help="go on until so many were killed (320)")
    parser.add_argument("--lanes", type=int, default=2, metavar="N", help="homes at the same time (2)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where homes lie in which something was wrong")
    parser.add_argument("--markdown", type=Path, metavar="PAGE", help="write the table into a Markdown page")
    given = parser.parse_args(arguments)
    keep = given.keep or Path(tempfile.mkdtemp(prefix="registry-review-faults-"))
    print(f"{machine()}; seed {given.seed}; homes in {keep}", flush=True)
    run, begun = Run(given.kills, given.seed, keep), time.monotonic()
    with ThreadPoolExecutor(given.lanes) as lanes:
        for lane in [lanes.submit(run.work) for _ in range(given.lanes)]:
            lane.result()
    command = f"python -m benchmarks.faults --kills {given.kills} --lanes {given.lanes} --seed {given.seed}"
    table = run.markdown(time.monotonic() - begun, command)
    print(f"\n{table}")
    for error in run.errors:
        print(f"\ncould not be played to its end: {error}")
    if given.markdown:
        put_between(given.markdown, table)
    return 1 if run.errors or any(o.findings.all() for o in run.outcomes) else 0


def put_between(page: Path, table: str) -> None:
    """Write the table into the page, between its two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
