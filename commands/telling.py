"""What a command says: its result on stdout, an error as sentences on stderr and, with --json, as the one document."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from commands.text.typed import typed_members
from pipeline.home import exit_codes
from pipeline.home.error_titles import TITLES, urn
from pipeline.models import SCHEMA_VERSION
from pipeline.models.as_json import json_of
from pipeline.models.characters import plain


def put(content: str | bytes) -> None:
    """Write the result to stdout; Exit with FAILED, and a sentence, when it cannot be written.

    A reader that has gone away, such as `head`, has had enough: that is told to nobody.
    """
    try:
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        else:
            click.echo(content)
    except OSError as error:
        _give_up(sys.stdout)
        if error.errno != errno.EPIPE:
            cure = "What was asked for is done. Make room there, or send the output elsewhere, and ask again."
            complain(f"The result could not be written to the standard output: {error.strerror}.", cure)
            raise click.exceptions.Exit(exit_codes.FAILED) from None


def beside(text: str, color: bool | None = None) -> None:
    """Say something on stderr; where that cannot be written there is nobody to be told."""
    try:
        click.echo(text, err=True, color=color)
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: Any) -> None:
    """Let a stream that cannot be written swallow what it still holds, or it would complain when the program ends."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # not a file: a test's
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def complain(what: str, cure: str = "") -> None:
    """An error for people, on stderr; in colour on a terminal unless NO_COLOR is set."""
    color = False if os.environ.get("NO_COLOR") else True if os.environ.get("FORCE_COLOR") else None
    beside(f"{click.style('error:', fg='red', bold=True)} {plain(what)}", color)
    if cure:
        beside(f"{click.style('cure:', bold=True)} {plain(cure)}", color)


def document(value: object) -> str:
    """The one JSON document of an answer."""
    import json

    return json_of(typed_members(json.loads(json_of(value))))


def problem(code: str, detail: str, hint: str, exit_code: int, more: dict[str, Any] | None = None) -> str:
    """An error as the one JSON document: the shape that REST gives it, with the exit code in place of a status."""
    told = {
        **(more or {}),
        "schema_version": SCHEMA_VERSION,
        "type": urn(code),
        "title": TITLES.get(code, "It could not be done"),
        "detail": detail,
        "hint": hint,
        "exit_code": exit_code,
    }
    return json_of(told)


def wants_json(words: list[str]) -> bool:
    """Whether --json stands among what was typed, also where the rest cannot be understood."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def run(carry_out: Callable[[], Any], as_json: bool) -> int:
    """Carry out what was typed and give the exit code; a word that was typed wrong is told in the same two ways."""
    try:
        return carry_out() or exit_codes.DONE
    except click.ClickException as error:
        if as_json:
            put(problem("usage", error.format_message(), _help_of(error), error.exit_code))
        try:
            error.show()
        except OSError:
            _give_up(sys.stderr)
        return error.exit_code
    except OSError as error:
        if error.filename is not None:
            raise
        # What click prints by itself, such as --help, goes by no other way.
        _give_up(sys.stdout)
        if error.errno != errno.EPIPE:
            complain(f"The standard output could not be written: {error.strerror}.", "Send the output elsewhere.")
        return exit_codes.FAILED
    except (click.Abort, KeyboardInterrupt):
        return exit_codes.INTERRUPTED


def _help_of(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return f"{ctx.command_path} --help" if ctx is not None else ""
