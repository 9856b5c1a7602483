"""The long form: `python -m tests.hostile [--inputs N] [--seed N] [--session N] [--folder DIR]` prints a table.

Exit code 0 when nothing hung, crashed, showed a defect or was lost, else 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

from tests.hostile.corpus import corpus, makers
from tests.hostile.running import Tally, run, together


def main() -> int:
    """Run, print, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--inputs", type=int, default=2500, help="how many files (2500)")
    parser.add_argument("--seed", type=int, default=1, help="other files with every seed (1)")
    parser.add_argument("--session", type=int, default=100, help="files to a session (100)")
    parser.add_argument("--folder", type=Path, help="keep the homes here")
    given = parser.parse_args()
    files = corpus(given.inputs, given.seed)
    tallies: list[Tally] = []
    with tempfile.TemporaryDirectory(prefix="hostile-") as scratch:
        place = given.folder or Path(scratch)
        while some := list(islice(files, given.session)):
            home = place / f"{len(tallies):03}"
            tallies.append(run(some, home))
            last = tallies[-1]
            print(
                f"session {len(tallies)}: {last.inputs} files, {last.seconds:.0f} s, "
                f"parent {last.parent_mb:.0f} MB, readers {last.child_mb:.0f} MB{'' if last.clean else ', NOT CLEAN'}",
                flush=True,
            )
            for wrong in (*last.hangs, *last.crashes, *last.defects, *last.lost):
                print(f"  {wrong}", flush=True)
            if last.clean and not given.folder:
                shutil.rmtree(home)
    print(table(together(tallies), given.seed))
    return 0 if all(one.clean for one in tallies) else 1


def table(tally: Tally, seed: int) -> str:
    """The figures as Markdown."""
    rows = [
        ("inputs", f"{tally.inputs} ({len(makers())} kinds of damage, seed {seed})"),
        ("sessions brought to their report", str(tally.sessions)),
        ("hangs", str(len(tally.hangs))),
        ("crashes of the program", str(len(tally.crashes))),
        ("tracebacks and other defects shown", str(len(tally.defects))),
        ("lost (neither kept nor refused)", str(len(tally.lost))),
        *((f"ended as: {name}", str(count)) for name, count in sorted(tally.outcomes.items())),
        ("most memory of the program", f"{tally.parent_mb:.0f} MB"),
        ("most memory of a reading process", f"{tally.child_mb:.0f} MB"),
        ("time", f"{tally.seconds / 60:.0f} min"),
    ]
    return "\n".join(("| what | figure |", "|---|---|", *(f"| {name} | {figure} |" for name, figure in rows)))


if __name__ == "__main__":
    sys.exit(main())
