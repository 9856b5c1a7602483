"""Commands for sessions and their documents: make, add, answer, take out, delete, give back."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.door import BY, CHOICES, DOCUMENT, SESSION, Door, command
from commands.text import acts, answers
from commands.text.answers import Answer
from pipeline.errors import DuplicateSessionWarning, ReviewError, UsageError
from pipeline.home import lookup

if TYPE_CHECKING:
    pass


@command(
    click.argument("name"),
    click.option("--methodology", metavar="ID", default="soil-carbon-v1.2.2", show_default=True, help="The checklist."),
    click.option("--project-id", metavar="ID", help="The registry's id, such as C06-123, if there is one."),
    click.option("--proponent", metavar="NAME", help="Who submits the project."),
    click.option("--crediting-period", metavar="TEXT", help="As the proponent states it."),
)
def create(door: Door, **metadata: Any) -> Answer:
    """Make a session for the project NAME; print the session's id.

    The session gets a folder of its id in the inbox.
    """
    return acts.create(door.ws, actor=door.actor, **metadata)


@command(
    SESSION,
    click.argument("sources", metavar="SOURCE...", nargs=-1, required=True),
    click.option("--on-duplicate", type=click.Choice(("ask", *acts.CHOICES)), default="ask", show_default=True,
                 help="What to do when another session holds the same project."),
    click.option("--reference", is_flag=True, help="Record address and hash of links, and keep no file of them."),
)  # fmt: skip
def add(door: Door, session: str, sources: tuple[str, ...], on_duplicate: str, reference: bool) -> Answer:
    """Add files, folders or links (https://...) to a session, as often as wanted.

    They are copied, never moved or changed; a link is fetched once, now. When another session holds the same project, a
    person is asked before anything is added; without a terminal to ask on, nothing is added, and it ends with 3.
    """

    def ask(found: DuplicateSessionWarning) -> str:
        if door.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            found.cure = "Nothing was added. Repeat with --on-duplicate continue, use-existing or cancel."
            raise found
        click.echo(found.message, err=True)
        return str(click.prompt("Your choice", type=CHOICES, err=True))

    record = door.session(session)
    mode = "reference" if reference else "mirror"
    answer = acts.add(door.ws, record, sources, on_duplicate, ask, door.actor, door.width, mode)
    return answer if door.embedded else _send_to_workers(door, acts.session_of(answer, record), answer)


def _send_to_workers(door: Door, session_id: str, answer: Answer) -> Answer:
    """Have the workers begin with what was added; the files are in, so an outage is worth a note and nothing more."""
    from actors.redis_queue import Remote  # start-up

    try:
        with Remote(door.ws) as engine:
            engine.nudge(session_id)
    except ReviewError as error:
        return replace(answer, notes=(*answer.notes, f"{error.message} A worker begins when it is back."))
    return answer


@command(SESSION, click.option("--answer", type=CHOICES, help="Answer the session's pending question."))
def duplicates(door: Door, session: str, answer: str | None) -> Answer:
    """Show similar sessions and why, or answer the question."""
    record = door.session(session)
    if answer:
        return acts.answer_duplicate(door.ws, record, answer, door.actor, door.width)
    return answers.duplicates(door.ws, record, door.width)


@command(SESSION, DOCUMENT, BY)
def keep(door: Door, session: str, document: str, by: str) -> Answer:
    """Undo that a newer version replaced DOCUMENT: both count again."""
    return acts.keep(door.ws, door.session(session), document, by)


@command(
    SESSION, DOCUMENT, BY, click.option("--reason", required=True, metavar="TEXT", help="Why; goes into the audit log.")
)
def remove(door: Door, session: str, document: str, by: str, reason: str) -> Answer:
    """Take DOCUMENT out of a session.

    Its bytes go once no session refers to them; the audit log keeps its hash.
    """
    return acts.remove(door.ws, door.session(session), document, by, reason)


@command(SESSION, BY, click.option("--yes", is_flag=True, help="Do not ask whether it is meant."))
def delete(door: Door, session: str, by: str, yes: bool) -> Answer:
    """Delete a session with its results.

    Contents that other sessions hold stay. On a terminal it asks first; elsewhere SESSION must be the whole id, unless
    --yes is given.
    """
    session_id = lookup.session(session, door.ws.sessions.ids())  # not read: a damaged session can be deleted too
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {session_id} for good?", abort=True, err=True)
    elif not yes and session != session_id:
        again = f"registry-review delete {session_id} --by {shlex.quote(by)}"
        raise UsageError(f"{session!r} is the start of {session_id}, and nobody can be asked if that is meant.", again)
    return acts.delete(door.ws, session_id, by)


@command(SESSION, click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)))
def export(door: Door, session: str, folder: Path) -> Answer:
    """Write a session's original files into DIR."""
    return acts.export(door.ws, door.session(session), folder)
