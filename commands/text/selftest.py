"""The self-test for people: one line per mutation, surprises in full, the catch rate at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.text import terminal
from commands.text.answers import Answer
from pipeline.home import exit_codes
from pipeline.models import SCHEMA_VERSION

if TYPE_CHECKING:
    from pipeline.selftest.run import Outcome
    from pipeline.selftest.verdicts import Moved, Verdict


def answer(outcome: Outcome, width: int) -> Answer:
    """The table, the surprises and the rate; exit code 1 when there is a surprise."""
    rows = [(v.mutation, v.level, _should(v), "SURPRISE" if v.surprises else "ok", _moved(v)) for v in outcome.verdicts]
    surprises = [f"{v.mutation}: {s}" for v in outcome.verdicts for s in v.surprises]
    levels = (
        "bytes: the file itself was changed and read again; reading: what the reader gives was changed; "
        "names: file names; session: files were added to sessions of a throwaway home."
    )
    text = terminal.parts(
        terminal.table(("mutation", "level", "should move", "verdict", "moved"), rows, width),
        terminal.folded(levels, width),
        terminal.block("Surprises", terminal.items(surprises, width)),
        f"{outcome.rate}.",
    )
    value = {"schema_version": SCHEMA_VERSION, **outcome.model_dump(mode="json"), "rate": outcome.rate}
    return Answer(value, text, exit_codes.DONE if not surprises else exit_codes.FAILED)


def _should(verdict: Verdict) -> str:
    """Rows and checks that must move; their tests are in the JSON."""
    items = [_short(i) for i in sorted(verdict.must) if ":" not in i]
    return _few(items) if items else "-"


def _moved(verdict: Verdict) -> str:
    listed = [m for m in verdict.moved if not m.item.startswith("type ")]
    rows = [f"{_short(m.item)} {_change(m)}" for m in listed]
    others = len(verdict.moved) - len(listed)
    return _few([*rows, *([f"{others} of the documents"] if others else [])]) or "-"


def _change(moved: Moved) -> str:
    if moved.item.startswith("header "):
        return "in the header"
    words = {"not_applicable": "n/a", "needs_review": "needs review", "not_run": "not run"}
    old, new = words.get(moved.before, moved.before), words.get(moved.after, moved.after)
    return "other quotes" if old == new else f"{old} > {new}"


def _short(item: str) -> str:
    return item.removeprefix("REQ-").removeprefix("header ")


def _few(items: list[str], most: int = 8) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
