"""What the commands that keep a home well answer: a backup made or put back, what was thrown away."""

from __future__ import annotations

from commands.text.answers import Answer
from pipeline.filenames import printable
from pipeline.home import exit_codes
from pipeline.upkeep.backup import Backup, LeftOut
from pipeline.upkeep.collecting import Collected
from pipeline.upkeep.restore import Restored


def backup(made: Backup) -> Answer:
    """Where the backup is and what it holds; partly done when something could not be copied."""
    text = f"{made.path}\n{_count(made.sessions, 'session')}, {_count(made.contents, 'document')}, {size(made.size)}"
    notes = tuple(f"{name} is still being written; it stays in the inbox only." for name in made.unsettled)
    problems = _problems(made.left_out, "See `doctor --deep`.")
    return Answer(made, text, exit_codes.PARTLY if problems else exit_codes.DONE, notes, problems)


def restored(made: Restored) -> Answer:
    """What was put back, and what the backup lacked."""
    lines = [f"{_count(made.sessions, 'session')} and {_count(made.contents, 'document')} restored into {made.data}"]
    if made.inbox_files:
        lines.append(f"{_count(made.inbox_files, 'file')} put back into the inbox and its quarantine")
    if made.aside:
        lines.append(f"What was there before lies in {made.aside}; remove it when you do not need it.")
    problems = _problems(made.left_out, "It was missing when the backup was made; add the file again.")
    problems += tuple((f"{one} was damaged when it was copied.", "See `doctor --deep`.") for one in made.damaged)
    return Answer(made, "\n".join(lines), exit_codes.PARTLY if problems else exit_codes.DONE, problems=problems)


def collected(found: Collected) -> Answer:
    """What was thrown away, a line for each kind."""
    verb = "would go" if found.dry_run else "removed"
    lines = [f"{pile.count:6} {pile.title} {verb}, {size(pile.size)}" for pile in found.piles if pile.count]
    return Answer(found, "\n".join(lines) or "Nothing is there that nothing refers to.", notes=found.kept)


def size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1_000_000:,.1f} MB" if count >= 100_000 else f"{count / 1000:,.1f} kB"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _problems(left_out: tuple[LeftOut, ...], cure: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{printable(one.name)} is not in the backup. {one.reason}", cure) for one in left_out)
