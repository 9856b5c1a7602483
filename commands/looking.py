"""Commands that only look: where sessions stand, what they hold, why a row says what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.door import MAYBE_SESSION, SESSION, Door, command
from commands.text import answers
from commands.text.answers import Answer

if TYPE_CHECKING:
    pass


@command(MAYBE_SESSION)
def status(door: Door, session: str | None) -> Answer:
    """Show stages, what waits and why, and what to do next.

    Without SESSION: where every session stands.
    """
    if session:
        return answers.status(door.ws, door.session(session), door.width)
    return answers.overview(door.ws, door.width)


@command(name="list")
def list_(door: Door) -> Answer:
    """List all sessions with their numbers."""
    return answers.sessions(door.ws, door.width)


@command(
    SESSION,
    click.argument("requirement", metavar="[REQUIREMENT]", required=False),
    click.option("--why", is_flag=True, help="Tell what was looked at for it, what was taken and what was left."),
    click.option("--page", is_flag=True, help="Write the quoted pages as PNG files, the quoted words marked."),
    click.option("--output", "-o", metavar="FILE|DIR", help="Where the pages go (default: this folder)."),
)
def show(door: Door, session: str, requirement: str | None, why: bool, page: bool, output: str | None) -> Answer:
    """Show a session, or one requirement with tests and quotes.

    REQUIREMENT may be REQ-007, 007 or 7. --page prints the paths of what it wrote, one picture for each page however
    many quotes stand on it, and overwrites no file.
    """
    if why and page:
        raise click.UsageError("--why and --page are two different answers: give one of them.")
    if (why or page) and not requirement:
        raise click.UsageError(f"{'--why' if why else '--page'} needs a REQUIREMENT, such as 7.")
    if output and not page:
        raise click.UsageError("--output goes with --page.")
    record = door.session(session)
    if requirement and page:
        from commands.text import quoted_pages  # start-up

        return quoted_pages.pages(door.ws, record, requirement, output)
    if requirement and why:
        return answers.why(door.ws, record, requirement, door.width)
    if requirement:
        return answers.requirement(door.ws, record, requirement, door.width)
    return answers.session(door.ws, record, door.width)


@command(SESSION, click.option("--particular", is_flag=True, help="Only what is particular to this farm."))
def own(door: Door, session: str, particular: bool) -> Answer:
    """Show what is this farm's own, and what was decided on the same words before.

    Compares the plan, section by section, with those of all other sessions here on which a person's decision holds.
    Decisions are shown, never taken over.
    """
    from commands.text.comparison import own  # start-up

    return own(door.ws, door.session(session), particular, door.width)
