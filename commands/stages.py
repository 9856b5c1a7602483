"""Commands that have work done: each stage, all of them, the inbox, the workers, the nightly batch."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import click

from commands import output_files, screen
from commands.door import NO_WAIT, SESSION, VERBS, Door, command
from commands.text import acts, answers
from commands.text.answers import Answer
from commands.text.typed import typed
from pipeline.desk import current_work, sessions
from pipeline.errors import NotMadeYet, NotReady
from pipeline.home.presence import workers_running
from pipeline.models import SessionRecord, StageKey
from pipeline.reporting import formats
from pipeline.status import progress
from pipeline.workflow import order

if TYPE_CHECKING:
    from actors.progress_news import News


@contextmanager
def _live(door: Door, goal: StageKey) -> Iterator[Callable[[News], None] | None]:
    """Show a live view on the terminal while the block runs; gives what is to be told the news, None without one."""
    if door.quiet or not screen.can_be_drawn_on():
        yield None
        return
    from commands.text import live, tally  # start-up

    counted = tally.Tally(goal, monotonic, partial(sessions.project_name, door.ws))
    with screen.shown(lambda width, height: live.lines(counted.picture(), width, height)):
        yield counted.hear


@contextmanager
def _progress(door: Door, record: SessionRecord, goal: StageKey) -> Iterator[Callable[[News], None]]:
    """Show what the queue does for one session: live on a terminal, else a plain line per stage; nothing when quiet."""
    from actors.progress_news import News  # start-up

    with _live(door, goal) as see:
        if see is not None:
            see(News("wanted", record.session_id, record.project_metadata.project_name))
        yield see or (lambda news: door.note(current_work.doing(news)) if news.message == "started" else None)


def _stage(door: Door, session: str, verb: str, no_wait: bool, of: Callable[[SessionRecord], Answer]) -> Answer:
    """Bring a session up to a stage, here or by workers; answer with `of`, what waits for a person, the exit code."""
    record = door.session(session)
    if no_wait and door.embedded:
        return acts.leave_to_watcher(door.ws, record, verb, door.actor)
    from actors.redis_queue import queue_for  # start-up

    goal = order.VERBS[verb]
    with queue_for(door.ws) as engine, _progress(door, record, goal) as show:
        record = engine.advance(record.session_id, goal, wait=not no_wait, on_event=show, actor=door.actor)
    if no_wait:
        somebody = workers_running(door.ws.data)
        none = typed("No worker is running: registry-review worker")
        return acts.handed_over(record, verb, () if somebody else (none,))
    try:
        return answers.with_waits(of(record), door.ws, record, verb)
    except NotMadeYet as error:
        # Not for want of a command: the same one would end here again.
        if not (waits := progress.waits(door.ws, record, goal)):
            raise
        raise NotReady(f"{error.message} {'; '.join(waits)}", error.cure, tuple(waits)) from error


def _stage_command(verb: str, text: str) -> None:
    @command(SESSION, NO_WAIT, name=verb, text=f"{text}\n\nDoes first whatever that needs.")
    def stage(door: Door, session: str, no_wait: bool) -> Answer:
        return _stage(door, session, verb, no_wait, lambda r: answers.stage(door.ws, r, verb, door.width))


_stage_command("discover", "Look at the sources again; say what each document is.")
_stage_command("map", "Attach documents to the requirements.")
_stage_command("extract", "Find the quotes that answer each requirement.")
_stage_command("validate", "Run the cross-checks and judge every requirement.")


@command(
    SESSION,
    NO_WAIT,
    click.option("--format", "kind", type=click.Choice(formats.FORMS), help="Which form is meant."),
    click.option("--output", "-o", metavar="FILE|-", help="Write that form there as well; - is the standard output."),
)
def report(door: Door, session: str, no_wait: bool, kind: str | None, output: str | None) -> Answer:
    """Make the report and say what it says in short.

    A report that is still fresh is not made again. Without --format the form follows from FILE's ending, and for - it
    is json.
    """
    output_files.place(output)
    form = output_files.form_of(kind, output, formats.FORMS)
    return _stage(door, session, "report", no_wait, lambda r: answers.report(door.ws, r, form, output, door.width))


@command(SESSION, NO_WAIT, click.option("--to", type=VERBS, default="report", show_default=True, help="Up to here."))
def run(door: Door, session: str, no_wait: bool, to: str) -> Answer:
    """Do everything that is not fresh, up to a stage."""
    return _stage(door, session, to, no_wait, lambda record: answers.status(door.ws, record, door.width))


@command(
    click.option("--to", type=VERBS, help="How far sessions go (default: from the settings)."),
    click.option("--once", is_flag=True, help="Take what is there, finish it, and end."),
)
def watch(door: Door, to: str | None, once: bool) -> Answer | None:
    """Take what settles in the inbox, and advance its sessions.

    A file that another program has open for writing is not taken; one without the end of its kind is waited for, up to
    [inbox] patience_seconds. With --once such a file is waited for as long, then left and named (it ends with 75).
    Goes on until Ctrl-C, unless --once is given. On a terminal it shows what is being done, else a line for each file
    and stage. With --once it names every file that stays in the inbox because nobody takes it (an unknown first folder,
    a session that is deleted or complete, no folder at all), and then ends with 4.
    """
    from actors.redis_queue import queue_for  # start-up
    from commands.text.watched import watched
    from watcher import Watcher  # start-up

    door.ends_when_told()
    stop, goal = Event(), order.VERBS[to or door.ws.settings.inbox.advance_to]
    say = door.note if door.json or once else click.echo

    with queue_for(door.ws) as engine:
        if once:
            engine.ready()
        watcher = Watcher(door.ws, engine, advance_to=goal)
        door.note(f"Watching {door.ws.inbox}, up to `{order.VERB_OF[goal]}`.{'' if once else ' Ctrl-C ends it.'}")
        with _live(door, goal) as see:
            # Lines on the terminal of the view would push everything else off it, so only trouble gets one.
            crowded = see is not None and (say == door.note or sys.stdout.isatty())

            def hear(news: News) -> None:
                if see is not None:
                    see(news)
                for line in answers.news(news, only_trouble=crowded):
                    if see is None:
                        say(line)
                    else:  # click would write past the view, into the middle of it
                        print(line, file=sys.stderr if say == door.note else sys.stdout)

            with engine.listening(hear):
                if not once:
                    watcher.run(stop)
                    return None
                summary = watcher.once(stop)
    if stop.is_set():
        raise KeyboardInterrupt
    return watched(door.ws, summary, goal)


@command(
    click.option("--processes", metavar="N", type=click.IntRange(1, 256), default=2, show_default=True,
                 help="Worker processes."),
    click.option("--threads", metavar="N", type=click.IntRange(1, 256),
                 help="Stages at the same time in each process (default: from the settings)."),
)  # fmt: skip
def worker(door: Door, processes: int, threads: int | None) -> None:
    """Do the work that comes over a Redis broker.

    A process that dies is replaced and its work goes to another. Ends on Ctrl-C or SIGTERM, when each process has
    finished what it is at; a second Ctrl-C ends it at once.
    """
    from actors.supervisor import supervise  # start-up

    queue = door.ws.settings.queue
    settings = door.ws.settings.model_copy(
        update={"queue": queue.model_copy(update={"threads": threads or queue.threads})}
    )
    level = logging.getLogger("registry_review").level
    if supervise(settings, processes, level, door.note):
        raise KeyboardInterrupt


@command(
    click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
                 help="Where the portfolio goes (default: batch/ in the data folder)."),
    click.option("--since", metavar="WHEN", help="Look only at sessions that changed since: a date, a time, 24h, 7d."),
    name="batch-report",
)  # fmt: skip
def batch_report(door: Door, out: Path | None, since: str | None) -> Answer:
    """Renew every report whose files changed, and write the portfolio; for cron.

    Says nothing when all went well, unless asked with --verbose or --json; on a terminal it shows what is being done. A
    session that fails is named and stops no other; the command then ends with 1. While another one is at work on this
    home it does nothing and ends with 0.

    The portfolio is portfolio.html, .csv and .json; the file last-success beside it holds the time of the last run
    without a failure. Times without a zone are UTC. Sessions left out by --since stand in it with their last report,
    and folders added by path are looked at in any case.
    """
    from actors.batch_report import batch_report as run_batch  # start-up
    from commands.text.batch_report import night  # start-up
    from pipeline.portfolio.since import parse_since  # start-up

    # A job that mails what it prints must be silent when all is well; who looks on at a terminal is told the end.
    door.quiet |= not (door.verbose or screen.can_be_drawn_on())
    moment = parse_since(since, door.ws.now()) if since is not None else None
    folder = (out.expanduser() if out else door.ws.data / "batch").absolute()
    over = answers.Over()
    with _live(door, order.ORDER[-1]) as see:

        def hear(news: News) -> None:
            if see is not None:
                see(news)
            for line in over.lines(news) if see is None and door.verbose else ():
                door.note(line)

        return night(run_batch(door.ws, folder, moment, door.actor, hear), door.verbose)
