"""The program with a stage that holds the interpreter in one regular expression, for longer than anybody waits."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import cli
from actors import signals, supervisor, worker_process
from pipeline.stages import run

#: Short, so that no test waits: what is promised is measured by hand.
GRACE_SECONDS = 1.0
WORKER = "worker process"


def hold(ws: Any, session_id: str, _key: str, _tell: Any) -> None:
    (Path(ws.data) / f"held-{session_id}").touch()
    re.match(r"(?:a+)+$", "a" * 64 + "b")


if __name__ == "__main__":
    run._compute = hold  # type: ignore[assignment]
    signals.GRACE_SECONDS = GRACE_SECONDS
    supervisor.command = lambda: [sys.executable, "-m", "tests.held", WORKER]
    if sys.argv[1:] == [WORKER]:
        sys.exit(worker_process.main())
    cli.main()
