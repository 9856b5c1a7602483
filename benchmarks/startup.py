"""How long `registry-review status` takes to say something, against bare Python importing what it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.table import Row
from benchmarks.turns import in_turns, ratio

ABOUT = "start of `registry-review status` in a home with one session, against Python importing the same packages"

#: What is ours: everything else that `status` has loaded at its end is what it needs.
OURS = ("cli", "commands", "watcher", "pipeline", "actors", "examples", "__main__")
#: Runs the command in its own process and tells on stderr what was loaded.
SPY = """
import sys
from cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""


def measure(place: Path, quick: bool) -> list[Row]:
    """Whole processes, in turns; medians over the rounds."""
    arguments = ["--home", os.fspath(place / "home")]
    program = [sys.executable, "-c", "from cli import main; main()"]
    _run([*program, *arguments, "create", "Meadow Farm 2026"])
    status = [*program, *arguments, "status"]
    needed = _needed([*arguments, "status"])
    imports = [sys.executable, "-c", f"import {', '.join(needed)}"]
    bare = [sys.executable, "-c", "pass"]
    seconds = in_turns(
        {"status": lambda: _run(status), "imports": lambda: _run(imports), "bare": lambda: _run(bare)},
        2 if quick else 21,
    )
    ms = {name: f"{median(of_it) * 1000:.0f} ms" for name, of_it in seconds.items()}
    return [
        Row(
            name="`registry-review status`, the whole process",
            measured=ms["status"],
            reference=f"{ms['imports']} importing the same {len(needed)} modules (bare Python {ms['bare']})",
            figure=ratio(seconds["status"], seconds["imports"]),
            target=1.5,
            at_most=True,
            note="What is over 1 is importing our own modules, the pydantic models among them, and opening the home.",
        )
    ]


def _needed(arguments: list[str]) -> list[str]:
    """Every module of Python's library and of others that the command has loaded when it is done."""
    told = _run([sys.executable, "-c", SPY, *arguments]).split()
    # Ours first: what is only made while they are imported must not count as importable by itself.
    loaded = [name for name in told if name.split(".")[0] not in OURS]
    # Some modules are made while others are imported and cannot be asked for by name.
    code = f"import importlib\nfor name in {loaded!r}:\n    try: importlib.import_module(name); print(name)\n"
    code += "    except ImportError: pass"
    importable = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    # The statement above cannot spell names with a hyphen, such as that of Python's own build settings.
    return [name for name in importable if name.replace(".", "_").isidentifier()]


def _run(command: list[str]) -> str:
    """What the command says on stderr; raises when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    if done.returncode:
        raise RuntimeError(f"{command[-3:]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stderr
