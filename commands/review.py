"""Commands for the reviewer: decide, remark, ask for revisions, determine, sign; each under a name."""

from __future__ import annotations

from typing import Any, get_args

import click

from commands import output_files
from commands.door import BY, DOCUMENT, SESSION, Door, Verbs, cli, command
from commands.text import review_acts as told
from commands.text.answers import Answer
from pipeline.desk import review as desk
from pipeline.models import AnnotationKind, DecisionStatus, DeterminationKind, DocumentType, Priority

REQUIREMENT = click.argument("requirement", metavar="REQUIREMENT")
QUOTE = click.argument("quote", metavar="QUOTE")
REASON = click.option("--reason", required=True, metavar="TEXT", help="Why; goes into the audit log.")
EXPECTED = click.option(
    "--revision", "expected", type=click.IntRange(min=0), metavar="N",
    help="Write nothing if somebody changed the same since the session's revision N; both versions are shown.",
)  # fmt: skip


@cli.group(cls=Verbs)
def review() -> None:
    """Record what you decide, remark and ask for.

    What the program found stays beside it. A decision holds as long as its row gives the same answer; when that
    changes, the row is opened again. REQUIREMENT may be REQ-007, 007 or 7.
    """


@command(
    SESSION,
    click.argument("requirements", metavar="[REQUIREMENT]...", nargs=-1),
    click.argument("status", metavar="STATUS", type=click.Choice(get_args(DecisionStatus))),
    click.option("--all-covered", is_flag=True, help="Every covered row without a decision; the answer names them."),
    REASON, BY, EXPECTED, under=review,
)  # fmt: skip
def override(door: Door, session: str, requirements: tuple[str, ...], **how: Any) -> Answer:
    """Decide on rows: approved, rejected, conditional, needs_revision or pending.

    The last two say that a row is not settled. Of two reviewers who decide on the same row, the later word counts,
    unless it was given with --revision; the audit keeps both.
    """
    return told.override(desk.override(door.ws, door.session(session), requirements, **how))


@command(
    SESSION, REQUIREMENT, click.argument("text", metavar="TEXT"),
    click.option("--kind", type=click.Choice(get_args(AnnotationKind)), default="note", show_default=True),
    BY, EXPECTED, under=review,
)  # fmt: skip
def annotate(door: Door, session: str, requirement: str, text: str, **how: Any) -> Answer:
    """Add a remark to a row; it stands among the report's comments."""
    return told.annotate(desk.annotate(door.ws, door.session(session), requirement, text, **how))


@command(
    SESSION, REQUIREMENT,
    click.option("--what", metavar="TEXT", help="What is asked for (default: what the row's failed tests say)."),
    click.option("--clears-when", metavar="TEXT", help="What settles it (default: what clears those tests)."),
    click.option("--priority", type=click.Choice(get_args(Priority)), help="Default: as the row's exceptions are."),
    click.option("--file-name", metavar="NAME", help="A name to suggest for the file."),
    click.option("--test", "tests", metavar="TEST", multiple=True, help="Only this failed test; may be repeated."),
    BY, EXPECTED, under=review, name="request-revision",
)  # fmt: skip
def request_revision(door: Door, session: str, requirement: str, by: str, **how: Any) -> Answer:
    """Ask the developer for what a row lacks.

    A file that satisfies it shows the request as answered; the row waits until `review resolve`.
    """
    return told.request_revision(desk.request_revision(door.ws, door.session(session), requirement, by, **how))


@command(
    SESSION, click.argument("request", metavar="REQUEST"),
    click.option("--note", required=True, metavar="TEXT", help="How it is settled; goes into the audit log."),
    BY, EXPECTED, under=review,
)  # fmt: skip
def resolve(door: Door, session: str, request: str, **how: Any) -> Answer:
    """Say that a request, such as rev-1, is settled."""
    return told.resolve(desk.resolve(door.ws, door.session(session), request, **how))


@command(
    SESSION, click.argument("determination", metavar="DETERMINATION", type=click.Choice(get_args(DeterminationKind))),
    click.option("--notes", required=True, metavar="TEXT", help="The outcome in your words, for the report."),
    click.option("--condition", "conditions", metavar="TEXT", multiple=True, help="A condition; may be repeated."),
    BY, EXPECTED, under=review,
)  # fmt: skip
def decide(door: Door, session: str, **how: Any) -> Answer:
    """Determine on the whole session: approve, conditional, reject or hold.

    Conditional needs a --condition. Slips in what you and others wrote are named before it is signed.
    """
    return told.decide(desk.decide(door.ws, door.session(session), **how))


@command(SESSION, REQUIREMENT, QUOTE, REASON, BY, EXPECTED, under=review)
def discard(door: Door, session: str, requirement: str, quote: str, **how: Any) -> Answer:
    """Say that a quote is no answer to a row; the program looks for another.

    QUOTE is its number in `show SESSION REQUIREMENT`, or its id.
    """
    return told.discard(desk.discard(door.ws, door.session(session), requirement, quote, **how))


@command(SESSION, REQUIREMENT, QUOTE, REASON, BY, EXPECTED, under=review)
def restore(door: Door, session: str, requirement: str, quote: str, **how: Any) -> Answer:
    """Let a discarded quote count again; QUOTE is its id."""
    return told.restore(desk.restore(door.ws, door.session(session), requirement, quote, **how))


def _mark_command(act: str, text: str) -> None:
    @command(SESSION, DOCUMENT, REASON, BY, EXPECTED, name=act, text=text, under=review)
    def mark(door: Door, session: str, document: str, **how: Any) -> Answer:
        return told.mark(desk.mark(door.ws, door.session(session), act, document, **how), act)


_mark_command("pin", "Keep DOCUMENT in use, before others of its type and whatever is newer.")
_mark_command("ignore", "Set DOCUMENT aside: it stays listed and is no evidence.")
_mark_command("unmark", "Take back what was said of DOCUMENT: pinned, ignored, its type.")


@command(
    SESSION, DOCUMENT, click.argument("kind", metavar="TYPE", type=click.Choice(get_args(DocumentType))),
    REASON, BY, EXPECTED, under=review,
)  # fmt: skip
def reclassify(door: Door, session: str, document: str, kind: str, **how: Any) -> Answer:
    """Say what DOCUMENT is, whatever its content looks like."""
    return told.reclassify(desk.reclassify(door.ws, door.session(session), document, kind, **how), kind)


@command(
    SESSION, REQUIREMENT,
    click.option("--add", metavar="DOCUMENT", multiple=True, help="Look at this one as well; may be repeated."),
    click.option("--remove", metavar="DOCUMENT", multiple=True, help="Do not look at this one; may be repeated."),
    REASON, BY, EXPECTED, under=review,
)  # fmt: skip
def remap(door: Door, session: str, requirement: str, **how: Any) -> Answer:
    """Say which documents are looked at for a row.

    With neither --add nor --remove they are confirmed as they are. A document that is added counts, for this row, as
    one of the kind beside the plan that the row asks for.
    """
    return told.remap(desk.remap(door.ws, door.session(session), requirement, **how))


@command(
    SESSION, click.argument("what", metavar="WHAT", type=click.Choice(("decision", "mapping", "determination"))),
    click.argument("which", metavar="[REQUIREMENT]", required=False),
    REASON, BY, EXPECTED, under=review,
)  # fmt: skip
def clear(door: Door, session: str, what: str, which: str | None, **how: Any) -> Answer:
    """Take back the determination, or the decision or mapping of a row; the audit log keeps it."""
    return told.clear(desk.clear(door.ws, door.session(session), what, which, **how), what)


@command(SESSION, REQUIREMENT, under=review)
def history(door: Door, session: str, requirement: str) -> Answer:
    """Show everything people did to a row, what was replaced or taken back included."""
    return told.history(door.ws, door.session(session), requirement, door.width)


@command(
    SESSION, REQUIREMENT, click.argument("quote", metavar="QUOTE"),
    click.option("--document", required=True, metavar="DOCUMENT", help="Its id or its name."),
    click.option("--page", required=True, type=click.IntRange(min=1), metavar="N",
                 help="The page of the PDF, from 1; the sheet of a workbook."),
    click.option("--note", metavar="TEXT", help="Why it matters."),
    BY,
)  # fmt: skip
def claim(door: Door, session: str, requirement: str, quote: str, **how: Any) -> Answer:
    """Bring a finding of your own for a row.

    It is kept only if QUOTE stands on that page, in whole words and numbers, in the proponent's own words; else the
    nearest text is named. It is shown apart from the evidence, and no row depends on it.
    """
    return told.claim(desk.claim(door.ws, door.session(session), requirement, quote, **how))


@command(
    SESSION,
    click.option("--format", "kind", type=click.Choice(desk.LETTER_FORMS),
                 help="Default: as FILE ends; Markdown."),
    click.option("--output", "-o", metavar="FILE|-", help="Write it there (default: the standard output)."),
    name="revision-letter",
)  # fmt: skip
def revision_letter(door: Door, session: str, kind: str | None, output: str | None) -> Answer:
    """Write the letter to the developer: what is asked for, most pressing first."""
    record = door.session(session)
    path = output_files.place(output)
    made = desk.letter(door.ws, record, told.letter_form(kind, output))
    return told.letter(record, made, path)


@command(SESSION, BY, click.option("--statement", metavar="TEXT", help="What you sign, in your words."))
def complete(door: Door, session: str, by: str, statement: str | None) -> Answer:
    """Sign a session: lock it and write its package; prints the package's path.

    Every row must be decided and nothing pending; else it names what waits, changes nothing and ends with 3. A session
    that is complete already prints its package again.
    """
    return told.sign(desk.sign(door.ws, door.session(session), by, statement))


@command(SESSION, BY, REASON)
def reopen(door: Door, session: str, by: str, reason: str) -> Answer:
    """Open a completed session again; its package stays, and completing it makes the next version."""
    return told.reopen(desk.reopen(door.ws, door.session(session), by, reason))
