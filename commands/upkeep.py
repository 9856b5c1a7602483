"""Commands for the program itself: what gave up, is this machine fit, would the review notice, the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import screen
from commands.door import MAYBE_SESSION, SESSION, VERB, Door, Verbs, cli, command
from pipeline import acts
from pipeline.reporting import answers
from pipeline.reporting.answers import Answer

if TYPE_CHECKING:
    pass


@cli.group(cls=Verbs)
def failed() -> None:
    """Stages that gave up, and why."""


@command(name="list", under=failed)
def failed_list(door: Door) -> Answer:
    """List what gave up, why, and what would mend it."""
    return answers.failures(door.ws, door.width)


def _failed_command(act: str, text: str) -> None:
    @command(SESSION, VERB, name=act, text=text, under=failed)
    def settle(door: Door, session: str, verb: str | None) -> Answer:
        return acts.settle_failure(door.ws, door.session(session), act, verb, door.actor, door.width)


_failed_command("retry", "Make what failed due again; `run` or the watcher then carries it out.")
_failed_command("discard", "Stop trying: the session goes no further than the stage before.")


@command()
def doctor(door: Door) -> Answer:
    """Look whether this machine is fit, and say the cure."""
    from pipeline.doctor import Patient, examine

    return answers.findings(examine(Patient(door.loaded.settings)), door.width)


@command()
def demo(door: Door) -> Answer:
    """Do the main job on a made-up project, from drop to report.

    In a new temporary home, which is kept, or in the one named with --home.
    """
    from examples.demo import play

    return play(door.home, door.note if door.json else click.echo, door.width)


@command(MAYBE_SESSION)
def selftest(door: Door, session: str | None) -> Answer:
    """Mutate copies of a submission, and show what moved.

    Takes out each document, each answered section of the plan and each page; changes proprietors, dates and shares;
    adds a finished review, copies the round, scrambles file names, takes the italics away. Each mutation declares what
    must move; nothing else may. A surprise of either kind is a defect: it is shown, and the command ends with 1.

    Without SESSION: on the built-in example. A session is only read; all work is done on copies in a temporary folder,
    which is removed.
    """
    from pipeline.reporting.selftest import answer

    with screen.one_line(door.note, quiet=door.quiet) as tell:
        if session:
            from pipeline.selftest.run import selftest as run_selftest

            outcome = run_selftest(door.ws, door.session(session), tell)
        else:
            from examples.proof import prove

            outcome = prove(tell)
    return answer(outcome, door.width)


@cli.group(cls=Verbs)
def config() -> None:
    """The settings."""


@command(name="show", under=config)
def config_show(door: Door) -> Answer:
    """Show every setting and where its value came from."""
    return answers.settings(door.loaded, door.width)
