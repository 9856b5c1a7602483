"""The command line: each command parses, calls one function of the pipeline or the queue, and renders the answer."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

import screen
from pipeline import __version__, acts, exits, lookup, workflow
from pipeline.errors import DuplicateSessionWarning, ReviewError
from pipeline.models import SessionRecord, StageKey
from pipeline.presence import workers_running
from pipeline.reporting import answers
from pipeline.reporting.answers import Answer
from pipeline.reporting.terminal import json_of, plain
from pipeline.visit import Visit

if TYPE_CHECKING:
    from actors.news import News

VERBS = click.Choice(tuple(workflow.VERBS))
CHOICES = click.Choice(acts.CHOICES)


class Door(Visit):
    """What every command shares: the global options, the home, and how an answer is given."""

    json: bool = False

    @property
    def embedded(self) -> bool:
        """True when the work is done in this process and not by workers."""
        return self.loaded.settings.queue.broker == "embedded"

    @property
    def width(self) -> int:
        """Columns to fold to on a terminal; 0, never fold, when somebody else reads."""
        return min(shutil.get_terminal_size().columns, 140) if sys.stdout.isatty() else 0

    def give(self, answer: Answer) -> None:
        """The result on stdout, as text or one JSON document; the rest on stderr; then the exit code."""
        if answer.raw is not None:
            sys.stdout.buffer.write(answer.raw)
        elif self.json or answer.text:
            click.echo(json_of(answer.value) if self.json else answer.text)
        for note in answer.notes:
            self.note(note)
        for what, cure in answer.problems:
            complain(what, cure)
        if answer.code:
            raise click.exceptions.Exit(answer.code)

    def note(self, text: str) -> None:
        """Something beside the result, on stderr."""
        if not self.quiet:
            click.echo(text, err=True)


def complain(what: str, cure: str = "") -> None:
    """An error for people, on stderr; in colour on a terminal unless NO_COLOR is set."""
    color = False if os.environ.get("NO_COLOR") else True if os.environ.get("FORCE_COLOR") else None
    click.echo(f"{click.style('error:', fg='red', bold=True)} {plain(what)}", err=True, color=color)
    if cure:
        click.echo(f"{click.style('cure:', bold=True)} {plain(cure)}", err=True, color=color)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(Door), str(param.name), value)


def _global_options(hidden: bool) -> list[click.Parameter]:
    """The options that may stand before the command, where help shows them, or after it."""

    def option(*names: str, **how: Any) -> click.Option:
        return click.Option(names, expose_value=False, is_eager=True, hidden=hidden, callback=_remember, **how)

    file, folder = click.Path(dir_okay=False, path_type=Path), click.Path(file_okay=False, path_type=Path)
    return [
        option("--config", type=file, metavar="FILE", help="Read settings from FILE."),
        option("--home", type=folder, metavar="DIR", help="Keep everything under DIR: DIR/inbox and DIR/data."),
        option("--json", is_flag=True, help="Give the result as one JSON document."),
        option("--quiet", "-q", is_flag=True, help="Say nothing but the result and errors."),
        option("--verbose", "-v", is_flag=True, help="Log what is done to stderr."),
    ]


class Verbs(click.Group):
    """Commands in the order of the work; the outermost group turns errors into sentences and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they were written."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it raises becomes a sentence on stderr and an exit code."""
        if ctx.parent is not None:
            return super().invoke(ctx)
        door = ctx.ensure_object(Door)
        ctx.call_on_close(door.close)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            door.note("Interrupted. Nothing is lost: the same command goes on from here.")
            code = exits.INTERRUPTED
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the last place where a defect can still become a sentence
            what, cure, code = door.explain(error)
            complain(what, cure)
        raise click.exceptions.Exit(code)


def _complete_session(ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    try:
        return [i for i in ctx.find_root().ensure_object(Door).ws.sessions.ids() if i.startswith(typed)]
    except ReviewError:
        return []  # a shell that completes has no place for errors


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="registry-review %(version)s")
def cli() -> None:
    """First pass of a carbon registry review: files in, a report whose every statement stands on a quote.

    SESSION may be the start of an id, as long as no other begins so: 20261102 for session-20261102-094500.
    """


cli.params += _global_options(hidden=False)


Parameter = Callable[[Callable[..., Any]], Callable[..., Any]]


def command(
    *parameters: Parameter, name: str | None = None, text: str | None = None, under: click.Group = cli
) -> Callable[[Callable[..., Answer | None]], click.Command]:
    """Make a function of a Door and the parameters a command that gives the answer the function returns."""

    def declare(function: Callable[..., Answer | None]) -> click.Command:
        @wraps(function)
        def run(**values: Any) -> None:
            door = click.get_current_context().ensure_object(Door)
            answer = function(door, **values)
            if answer is not None:
                door.give(answer)

        body: Callable[..., Any] = run
        for parameter in reversed(parameters):
            body = parameter(body)
        made = click.command(name=name or function.__name__, help=text)(body)
        made.params += _global_options(hidden=True)
        under.add_command(made)
        return made

    return declare


SESSION = click.argument("session", metavar="SESSION", shell_complete=_complete_session)
MAYBE_SESSION = click.argument("session", metavar="[SESSION]", required=False, shell_complete=_complete_session)
DOCUMENT = click.argument("document", metavar="DOCUMENT")
BY = click.option("--by", required=True, metavar="NAME", help="Who does this; goes into the audit log.")
NO_WAIT = click.option("--no-wait", is_flag=True, help="Ask for it and leave it to a running watcher or worker.")
VERB = click.argument("verb", metavar="[VERB]", type=VERBS, required=False)

# --- sessions and their documents -------------------------------------------------------------------------------------


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
)  # fmt: skip
def add(door: Door, session: str, sources: tuple[str, ...], on_duplicate: str) -> Answer:
    """Add files or folders to a session, as often as wanted.

    They are copied, never moved or changed. When another session holds the same project, a person is asked before
    anything is added; without a terminal to ask on, nothing is added and the exit code is 3.
    """

    def ask(found: DuplicateSessionWarning) -> str:
        if door.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            found.cure = "Nothing was added. Repeat with --on-duplicate continue, use-existing or cancel."
            raise found
        click.echo(found.message, err=True)
        return str(click.prompt("Your choice", type=CHOICES, err=True))

    record = door.session(session)
    answer = acts.add(door.ws, record, sources, on_duplicate, ask, door.actor, door.width)
    return answer if door.embedded else _send_to_workers(door, record.session_id, answer)


def _send_to_workers(door: Door, session_id: str, answer: Answer) -> Answer:
    """Have the workers begin with what was added; the files are in, so an outage is worth a note and nothing more."""
    from actors.remote import Remote

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


@command(SESSION, BY, click.option("--yes", is_flag=True, help="Do not ask, on a terminal, whether it is meant."))
def delete(door: Door, session: str, by: str, yes: bool) -> Answer:
    """Delete a session with its results.

    Contents that other sessions hold stay.
    """
    session_id = lookup.session(session, door.ws.sessions.ids())  # not read: a damaged session can be deleted too
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {session_id} for good?", abort=True, err=True)
    return acts.delete(door.ws, session_id, by)


@command(SESSION, click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)))
def export(door: Door, session: str, folder: Path) -> Answer:
    """Write a session's original files into DIR."""
    return acts.export(door.ws, door.session(session), folder)


# --- stages -----------------------------------------------------------------------------------------------------------


@contextmanager
def _live(door: Door, goal: StageKey) -> Iterator[Callable[[News], None] | None]:
    """Show a live view on the terminal while the block runs; gives what is to be told the news, None without one."""
    if door.quiet or not screen.can_be_drawn_on():
        yield None
        return
    from pipeline.reporting import live, tally

    counted = tally.Tally(goal, monotonic, partial(answers.project_name, door.ws))
    with screen.shown(lambda width, height: live.lines(counted.picture(), width, height)):
        yield counted.hear


@contextmanager
def _progress(door: Door, record: SessionRecord, goal: StageKey) -> Iterator[Callable[[News], None]]:
    """Show what the queue does for one session: live on a terminal, else a plain line per stage; nothing when quiet."""
    from actors.news import News

    with _live(door, goal) as see:
        if see is not None:
            see(News("wanted", record.session_id, record.project_metadata.project_name))
        yield see or (lambda news: door.note(answers.doing(news)) if news.message == "started" else None)


def _stage(door: Door, session: str, verb: str, no_wait: bool, of: Callable[[SessionRecord], Answer]) -> Answer:
    """Bring a session up to a stage, here or by workers; answer with `of`, what waits for a person, the exit code."""
    record = door.session(session)
    if no_wait and door.embedded:
        return acts.leave_to_watcher(door.ws, record, verb, door.actor)
    from actors.remote import queue_for

    goal = workflow.VERBS[verb]
    with queue_for(door.ws) as engine, _progress(door, record, goal) as show:
        record = engine.advance(record.session_id, goal, wait=not no_wait, on_event=show, actor=door.actor)
    if no_wait:
        somebody = workers_running(door.ws.data)
        return acts.handed_over(record, verb, () if somebody else ("No worker is running: registry-review worker",))
    return answers.with_waits(of(record), door.ws, record, verb)


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
    click.option("--format", "kind", type=click.Choice(("json", "md", "html")), help="Which form is meant."),
    click.option("--output", "-o", metavar="FILE|-", help="Write that form there as well; - is the standard output."),
)
def report(door: Door, session: str, no_wait: bool, kind: str | None, output: str | None) -> Answer:
    """Make the report and say what it says in short.

    A report that is still fresh is not made again. Without --format the form follows from FILE's ending, and for - it
    is json.
    """
    form = answers.form_of(kind, output)
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

    Goes on until Ctrl-C, unless --once is given. On a terminal it shows what is being done, else a line for each file
    and stage.
    """
    from actors.remote import queue_for
    from watcher import Watcher

    stop, goal = Event(), workflow.VERBS[to or door.ws.settings.inbox.advance_to]
    say = door.note if door.json or once else click.echo

    with queue_for(door.ws) as engine:
        if once:
            engine.ready()
        watcher = Watcher(door.ws, engine, advance_to=goal)
        door.note(f"Watching {door.ws.inbox}, up to `{workflow.VERB_OF[goal]}`.{'' if once else ' Ctrl-C ends it.'}")
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
    return answers.watched(door.ws, summary.sessions, summary.files, summary.failures, goal)


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
    from actors.supervisor import supervise

    queue = door.ws.settings.queue
    settings = door.ws.settings.model_copy(
        update={"queue": queue.model_copy(update={"threads": threads or queue.threads})}
    )
    level = logging.getLogger("registry_review").level
    if supervise(settings, processes, level, door.note):
        raise KeyboardInterrupt


# --- looking and mending ----------------------------------------------------------------------------------------------


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
        from pipeline.reporting import showing

        return showing.pages(door.ws, record, requirement, output)
    if requirement and why:
        return answers.why(door.ws, record, requirement, door.width)
    if requirement:
        return answers.requirement(door.ws, record, requirement, door.width)
    return answers.session(door.ws, record, door.width)


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
    from actors.batch import batch_report as run_batch
    from pipeline.portfolio.since import parse_since

    # A job that mails what it prints must be silent when all is well; who looks on at a terminal is told the end.
    door.quiet |= not (door.verbose or screen.can_be_drawn_on())
    moment = parse_since(since, door.ws.now()) if since is not None else None
    folder = (out.expanduser() if out else door.ws.data / "batch").absolute()
    over = answers.Over()
    with _live(door, workflow.ORDER[-1]) as see:

        def hear(news: News) -> None:
            if see is not None:
                see(news)
            for line in over.lines(news) if see is None and door.verbose else ():
                door.note(line)

        return run_batch(door.ws, folder, moment, door.actor, door.verbose, hear)


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


def main() -> None:
    """Run the command line as a program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character must not end a command
    cli(prog_name="registry-review")


if __name__ == "__main__":
    main()
