"""`python -m benchmarks [NAME...] [--quick] [--folder DIR] [--json FILE] [--markdown PAGE]`: measure, print the table.

Each benchmark runs in a process of its own, with an empty home of its own and without anybody's settings. Exit code 0
also when a target is missed, for the table says so; 1 when a benchmark could not run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import NAMES
from benchmarks.table import Row, machine, markdown, put_into, text

ROOT = Path(__file__).resolve().parent.parent


class CouldNotRun(Exception):
    """A benchmark ended without rows; says what it printed last."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks asked for, print their rows as they come, and give the exit code."""
    given = _arguments(arguments)
    print(f"{machine()}{'; small sizes, so the figures mean nothing' if given.quick else ''}", flush=True)
    rows: dict[str, list[Row]] = {}
    failed: list[str] = []
    for name in given.names:
        print(f"\n{name}: {importlib.import_module(f'benchmarks.{name}').ABOUT}", flush=True)
        try:
            rows[name] = run(name, quick=given.quick, folder=given.folder)
        except CouldNotRun as error:
            failed.append(name)
            print(f"  could not run:\n{error}", flush=True)
            continue
        for row in rows[name]:
            print(text(row), flush=True)
    missed = sum(not row.met for of_it in rows.values() for row in of_it)
    print(f"\n{sum(map(len, rows.values())) - missed} met, {missed} missed, {len(failed)} could not run")
    if given.json:
        made = {"machine": machine(), "quick": given.quick, "failed": failed}
        of_all = {name: [asdict(row) | {"met": row.met} for row in of_it] for name, of_it in rows.items()}
        given.json.write_text(json.dumps({**made, "rows": of_all}, indent=2) + "\n", encoding="utf-8")
    if given.markdown:
        put_into(given.markdown, markdown(rows))
    return 1 if failed else 0


def run(name: str, *, quick: bool, folder: Path | None = None) -> list[Row]:
    """The rows of one benchmark, measured in a child process. Raises CouldNotRun."""
    with tempfile.TemporaryDirectory(prefix=f"registry-review-bench-{name}-") as scratch:
        place, own, out = (Path(scratch) / part for part in ("place", "own", "rows.json"))
        place.mkdir()
        own.mkdir()
        # No setting of a user may change a figure, and nothing may be written outside the scratch folder.
        # An installed program has its bytecode; where Python may not keep it, each start would compile ours alone.
        left_out = ("REGISTRY_REVIEW_", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
        home = {"HOME": str(own), "XDG_CONFIG_HOME": str(own), "XDG_DATA_HOME": str(own), "TMPDIR": str(own)}
        job = {"name": name, "place": str(place), "quick": quick, "folder": str(folder or ""), "out": str(out)}
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "benchmarks.one", json.dumps(job)],
            cwd=own,
            env={**kept, **home, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CouldNotRun("\n".join((done.stdout + done.stderr).splitlines()[-20:]) or f"exit {done.returncode}")
        return [Row(**row) for row in json.loads(out.read_text(encoding="utf-8"))]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print a table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (all)")
    parser.add_argument("--quick", action="store_true", help="small sizes: proves that they run, measures nothing")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="also figures for a submission of your own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--markdown", type=Path, metavar="PAGE", help="write the table into a Markdown page")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in NAMES]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    given.names = [name for name in NAMES if name in given.names or not given.names]
    given.folder = given.folder.resolve() if given.folder else None
    return given


if __name__ == "__main__":
    sys.exit(main())
