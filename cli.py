"""The command line: `commands/` holds it in families; each command parses, calls one function, renders the answer."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from commands.door import Door, cli
from commands.interrupts import leave_to_the_system

__all__ = ["cli", "main"]

#: The families of commands, in the order in which help lists them; a module enters its commands by being imported.
FAMILIES = ("sessions", "stages", "review", "looking", "serving", "mcp", "upkeep")

for family in FAMILIES:
    import_module(f"commands.{family}")


def main() -> None:
    """Run the command line as a program."""
    if sys.stdout is None:  # closed by whoever called: nobody wants to hear anything
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character must not end a command
    door = Door()
    door.is_program = True
    try:
        cli(prog_name="registry-review", obj=door)
    finally:
        leave_to_the_system()


if __name__ == "__main__":
    main()
