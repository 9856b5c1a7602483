"""Commands for the program itself: what gave up, is all well, copies of the home, would the review notice."""

from __future__ import annotations

from pathlib import Path

import click

from commands import screen
from commands.door import MAYBE_SESSION, SESSION, VERB, Door, Verbs, cli, command
from commands.text import acts, answers
from commands.text.answers import Answer
from pipeline.errors import UsageError
from pipeline.store import utc_now


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


@command(
    click.option("--deep", is_flag=True, help="Also look at everything in the home: every hash, chain and reference."),
    click.option("--mend", is_flag=True, help="With --deep: do what is safe about what is found."),
)
def doctor(door: Door, deep: bool, mend: bool) -> Answer:
    """Look whether this machine is fit, and say the cure.

    --deep reads every stored document, so it takes as long as that; it may run beside a watcher. It says what --mend
    would do: what is derived is made again, damaged content is set aside so that the file can be added again, what was
    never finished is removed. No session, no log and no document's only copy is ever written or removed.
    """
    from pipeline.upkeep.check_up import Patient  # start-up
    from pipeline.upkeep.deep import look_deep  # start-up
    from pipeline.upkeep.doctor import examine  # start-up

    patient = Patient(door.loaded.settings)
    if mend and not deep:
        raise UsageError("--mend needs --deep.", "registry-review doctor --deep --mend")
    if not deep:
        return answers.findings(examine(patient), door.width)
    with screen.one_line(door.note, quiet=door.quiet) as tell:
        return answers.findings(look_deep(patient, mend=mend, tell=tell), door.width)


@command(click.argument("place", metavar="FILE|DIR"))
def backup(door: Door, place: str) -> Answer:
    """Copy the home into one file, while it is at work.

    DIR gets a file named by the time; FILE is replaced in one step, and packed when its name ends in .gz. Sessions,
    documents, what waits in the inbox and the quarantine are in it; what is made again by itself is not. The file is
    readable by its owner only: it holds all personal data of the home, and the keys.
    """
    from commands.text import upkeep as told  # start-up
    from pipeline.upkeep.backup import back_up  # start-up

    return told.backup(back_up(door.ws, place))


@command(
    click.argument("file", metavar="FILE", type=click.Path(path_type=Path)),
    click.option("--replace", is_flag=True, help="Move aside what the home holds; it is never deleted."),
)
def restore(door: Door, file: Path, replace: bool) -> Answer:
    """Make a home from a backup.

    Everything is unpacked and held to its hash before anything of the home changes. A home that is not empty is left
    alone without --replace. Stop the watcher, workers and servers of that home first.
    """
    from commands.text import upkeep as told  # start-up
    from pipeline.upkeep.restore import restore as put_back  # start-up

    return told.restored(put_back(door.loaded.settings, file, utc_now(), replace=replace))


@command(click.option("--dry-run", is_flag=True, help="Only say what would be removed."))
def gc(door: Door, dry_run: bool) -> Answer:
    """Remove what nothing refers to, once it is an hour old.

    Contents of no session, readings of older readers, results that no stage names, copies that were never finished.
    Never a session, a report, or a file in the quarantine.
    """
    from commands.text import upkeep as told  # start-up
    from pipeline.upkeep.collecting import collect  # start-up

    return told.collected(collect(door.ws, dry_run=dry_run))


@command()
def demo(door: Door) -> Answer:
    """Do the main job on a made-up project, from drop to report.

    In a new temporary home, which is kept, or in the one named with --home.
    """
    from examples.demo import play  # start-up

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
    from commands.text.selftest import answer  # start-up

    with screen.one_line(door.note, quiet=door.quiet) as tell:
        if session:
            from pipeline.selftest.run import selftest as run_selftest  # start-up

            outcome = run_selftest(door.ws, door.session(session), tell)
        else:
            from examples.proof import prove  # start-up

            outcome = prove(tell)
    return answer(outcome, door.width)


@cli.group(cls=Verbs)
def config() -> None:
    """The settings."""


@command(name="show", under=config)
def config_show(door: Door) -> Answer:
    """Show every setting and where its value came from."""
    return answers.settings(door.loaded, door.width)
