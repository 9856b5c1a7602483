"""What every command stands on: global options, the home, how an answer is given, how an error becomes a sentence."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import interrupts, telling
from commands.text import acts
from commands.text.answers import Answer
from commands.text.typed import Way, called, typed
from pipeline import __version__
from pipeline.errors import ClaimRefused, ReviewError
from pipeline.home import exit_codes
from pipeline.home.caller import Visit
from pipeline.home.error_titles import facts
from pipeline.workflow import order

if TYPE_CHECKING:
    pass

VERBS = click.Choice(tuple(order.VERBS))
CHOICES = click.Choice(acts.CHOICES)


class Door(Visit):
    """What every command shares: the global options, the home, and how an answer is given."""

    json: bool = False
    #: True when the command line is the whole program; inside another one, its signals are left alone.
    is_program: bool = False

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
            telling.put(answer.raw)
        elif self.json or answer.text:
            telling.put(telling.document(answer.value) if self.json else answer.text)
        for note in answer.notes:
            self.note(note)
        for what, cure in answer.problems:
            telling.complain(what, typed(cure))
        if answer.code:
            raise click.exceptions.Exit(answer.code)

    def ends_when_told(self) -> None:
        """From now on SIGINT and SIGTERM end the program within ten seconds, whatever it is at."""
        if self.is_program:
            from actors.signals import end_hard

            end_hard()

    def note(self, text: str) -> None:
        """Something beside the result, on stderr."""
        if not self.quiet:
            telling.beside(text)

    def refuse(self, error: ReviewError) -> int:
        """Tell an error, and give its exit code: in words on stderr, with --json also as the document on stdout."""
        code = exit_codes.code_of(error)
        # What a claim is refused with may hold words of a document, which are nobody's to change.
        what, cure = error.message, error.cure
        if not isinstance(error, ClaimRefused):
            what, cure = typed(what), typed(cure)
        if self.json:
            telling.put(telling.problem(error.code, what, cure, code, facts(error)))
        telling.complain(what, cure)
        return code

    def interrupted(self) -> int:
        """Tell that the command was interrupted, and give its exit code."""
        what = "Interrupted. Nothing is lost: the same command goes on from here."
        if self.json:
            telling.put(telling.problem("interrupted", what, "", exit_codes.INTERRUPTED))
        self.note(what)
        return exit_codes.INTERRUPTED

    def way(self) -> Way:
        """How whoever reads what is printed comes to the same home."""
        given = (("--config", self.config), ("--home", self.home))
        options = shlex.join([word for name, path in given if path for word in (name, str(path.absolute()))])
        return Way(options, str(self.opened.inbox) if self.opened else "")


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

    def main(  # type: ignore[override]  # click declares two forms of it, for what it gives
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **how: Any,
    ) -> Any:
        """Run what was typed; it ends with an exit code, whatever happens."""
        words = list(sys.argv[1:] if args is None else args)

        def carry_out() -> Any:
            return super(Verbs, self).main(words, prog_name, standalone_mode=False, **how)

        code = telling.run(carry_out, telling.wants_json(words))
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it raises becomes a sentence on stderr and an exit code."""
        if ctx.parent is not None:
            return super().invoke(ctx)
        door = ctx.ensure_object(Door)
        with called(door.way):
            code = self._carried_out(ctx, door)
        raise click.exceptions.Exit(code)

    def _carried_out(self, ctx: click.Context, door: Door) -> int:
        try:
            with interrupts.heard(), closing(door):
                super().invoke(ctx)
        except click.exceptions.Exit as end:
            return end.exit_code
        except (KeyboardInterrupt, click.Abort):
            return door.interrupted()
        except click.ClickException:
            raise
        except Exception as error:  # noqa: BLE001 - the last place where a defect can still become a sentence
            return door.refuse(door.explain(error))
        return exit_codes.DONE


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
