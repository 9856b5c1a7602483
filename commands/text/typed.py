"""The program's own words on a terminal, where what they name is to be typed: commands lead to the same home again.

A command is written as `registry-review VERB ...` everywhere, and an inbox folder as `inbox/...`; whoever called the
program with --home or --config needs these with the command, and the folder's whole path. Only sentences of the
program's own come here, never a quote or a name of a document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_COMMAND = re.compile(r"(?<![\w./-])registry-review(?= [a-z])")
#: Commands that stand in a sentence by their name, and are whole so: they only look, or are begun without a word more.
_NAMED = re.compile(r"`((?:doctor|failed list|keys list|list|status|show|watch)(?: [^`]*)?)`")
_INBOX = re.compile(r"(?<![\w./-])inbox/(?=session-\d|new/|\.quarantine/)")
#: Members of a JSON document that hold a command to type, as text or as a list of texts.
_HOLD_COMMANDS = frozenset({"next_action", "cure", "hint", "waits"})
#: What holds `reason`s that are sentences of the program.
_HOLD_REASONS = frozenset({"workflow_progress", "waiting_files", "waiting", "left_alone"})


@dataclass(frozen=True)
class Way:
    """How the program was called."""

    #: The options that led to the home, as they are typed; empty when none was given.
    options: str = ""
    #: The inbox's whole path, where it is known.
    inbox: str = ""


_asked: Callable[[], Way] = Way


@contextmanager
def called(way: Callable[[], Way]) -> Iterator[None]:
    """Have commands typed that way while the block runs; one for the whole program, its threads too."""
    global _asked
    before, _asked = _asked, way
    try:
        yield
    finally:
        _asked = before


def typed(text: str) -> str:
    """A sentence of the program's own, with commands and inbox folders as they are to be typed."""
    way = _asked()
    if way.inbox:
        text = _INBOX.sub(lambda _: f"{way.inbox}/", text)
    if way.options:
        text = _NAMED.sub(lambda found: f"`registry-review {found[1]}`", text)
        text = _COMMAND.sub(lambda _: f"registry-review {way.options}", text)
    return text


def typed_members(value: Any, reasons: bool = False) -> Any:
    """A JSON document in which the members that tell what to type are as in `typed`, and all else as it was.

    `reasons`: members called `reason` are sentences of the program's own.
    """
    if isinstance(value, list):
        return [typed_members(one, reasons) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, one in value.items():
        own = key in _HOLD_COMMANDS or (reasons and key == "reason") or (key == "message" and "cure" in value)
        if own and isinstance(one, str):
            made[key] = typed(one)
        elif own and isinstance(one, list) and all(isinstance(text, str) for text in one):
            made[key] = [typed(text) for text in one]
        else:
            made[key] = typed_members(one, reasons or key in _HOLD_REASONS)
    return made
