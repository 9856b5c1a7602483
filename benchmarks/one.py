"""One benchmark in a process of its own: `python -m benchmarks.one JOB`, where JOB is JSON; its rows go to a file."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import NAMES


def main() -> None:
    """Run the benchmark that the job names and write its rows as JSON where the job says."""
    job = json.loads(sys.argv[1])
    if job["name"] not in NAMES:
        raise SystemExit(f"no benchmark {job['name']}")
    module = importlib.import_module(f"benchmarks.{job['name']}")
    rows = module.measure(Path(job["place"]), job["quick"])
    if job["folder"] and hasattr(module, "measure_folder"):
        rows += module.measure_folder(Path(job["folder"]), Path(job["place"]))
    Path(job["out"]).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")


if __name__ == "__main__":
    main()
