"""What a person says of a session, as commands and programs are answered: the word, the revision, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from commands.text import terminal
from commands.text.answers import Answer
from pipeline.decisions.claims import submit_claim
from pipeline.decisions.revision_requests import all_in_present
from pipeline.errors import UsageError
from pipeline.models import (
    SCHEMA_VERSION,
    AnnotationKind,
    DecisionStatus,
    DeterminationKind,
    DocumentRecord,
    DocumentType,
    Priority,
    SessionRecord,
    Value,
    wording,
)
from pipeline.reporting import output as output_files
from pipeline.reporting.people import DETERMINATION
from pipeline.reporting.typed import typed
from pipeline.stages import complete, human_review, run
from pipeline.status import progress

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The forms of the letter to the developer.
LETTER_FORMS = ("md", "docx")


def said(ws: Workspace, session_id: str, text: str, **value: object) -> Answer:
    """The answer to an act: `value` with the session's new revision and the next thing to do."""
    record = ws.sessions.read(session_id)
    following = progress.next_action(ws, record)
    head = {"schema_version": SCHEMA_VERSION, "session_id": session_id, "revision": record.revision}
    return Answer({**head, **value, "next_action": following}, text, notes=(typed(f"next: {following}"),))


# --- rows -------------------------------------------------------------------------------------------------------------


def override(
    ws: Workspace,
    record: SessionRecord,
    requirements: Sequence[str],
    all_covered: bool,
    status: str,
    reason: str,
    by: str,
    expected: int | None,
) -> Answer:
    """Decide on the named rows, or on every covered row without a decision; each is named in the answer."""
    if bool(requirements) == all_covered:
        raise UsageError("It is not said which rows are decided.", "Name them, or give --all-covered alone.")
    if all_covered:
        requirements = human_review.undecided(ws, record, "covered")
        if not requirements:
            raise UsageError(f"No covered row of {record.session_id} is undecided.", "See `status`.")
    kind = cast("DecisionStatus", status)
    made = human_review.record_decisions(ws, record.session_id, requirements, kind, reason, by, expected)
    label = wording.label(status, wording.DECISION)
    text = f"{label}: {', '.join(one.requirement_id for one in made)}."
    return said(ws, record.session_id, text, decisions=list(made))


def annotate(
    ws: Workspace, record: SessionRecord, requirement: str, text: str, kind: str, by: str, expected: int | None
) -> Answer:
    """Add a remark to a row."""
    what = cast("AnnotationKind", kind)
    made = human_review.annotate(ws, record.session_id, requirement, text, by, what, expected)
    return said(ws, record.session_id, f"{made.requirement_id}: {made.annotation_id} is noted.", annotation=made)


def discard(
    ws: Workspace, record: SessionRecord, requirement: str, quote: str, reason: str, by: str, expected: int | None
) -> Answer:
    """Take a quote from a row."""
    made = human_review.discard_quote(ws, record.session_id, requirement, quote, reason, by, expected)
    text = f"{made.requirement_id}: {made.evidence_id} is discarded; the row is judged again without it."
    return said(ws, record.session_id, text, discarded=made)


def restore(
    ws: Workspace, record: SessionRecord, requirement: str, quote: str, reason: str, by: str, expected: int | None
) -> Answer:
    """Let a discarded quote count again."""
    made = human_review.restore_quote(ws, record.session_id, requirement, quote, reason, by, expected)
    return said(ws, record.session_id, f"{made.requirement_id}: {made.evidence_id} counts again.", restored=made)


def claim(
    ws: Workspace,
    record: SessionRecord,
    requirement: str,
    quote: str,
    document: str,
    page: int,
    note: str | None,
    by: str,
) -> Answer:
    """Bring a finding for a row."""
    made = submit_claim(ws, record.session_id, requirement, quote, document, page, note, by)
    where = terminal.place(made.evidence)
    return said(ws, record.session_id, f"{made.requirement_id}: {made.claim_id} stands: {where}.", claim=made)


def history(ws: Workspace, record: SessionRecord, requirement: str, width: int) -> Answer:
    """Everything that people did to a row."""
    events = human_review.history(ws, record.session_id, requirement)
    rows = [(terminal.moment(e.at), e.actor, e.action.replace("_", " "), _in_short(e.details)) for e in events]
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "events": list(events)}
    listed = terminal.table(("when", "who", "what", ""), rows, width)
    return Answer(value, listed if rows else "Nobody has said anything of it.")


def _in_short(details: dict[str, Any]) -> str:
    shown = ("status", "kind", "what", "text", "reason", "note", "evidence_id")
    return "; ".join(str(details[key]) for key in shown if details.get(key))


# --- requests for revision -------------------------------------------------------------------------------------------


def request_revision(
    ws: Workspace,
    record: SessionRecord,
    requirement: str,
    by: str,
    what: str | None,
    clears_when: str | None,
    priority: str | None,
    file_name: str | None,
    tests: Sequence[str],
    expected: int | None,
) -> Answer:
    """Ask the developer for what a row lacks."""
    made = human_review.request_revision(
        ws,
        record.session_id,
        requirement,
        by,
        what=what,
        clears_when=clears_when,
        priority=cast("Priority | None", priority),
        suggested_filename=file_name,
        tests=tests or None,
        expected_revision=expected,
    )
    text = f"{made.revision_id} ({made.priority}): {made.what}\nClears when: {made.clears_when}"
    if made.suggested_filename:
        text += f"\nSuggested file name: {made.suggested_filename}"
    return said(ws, record.session_id, text, request=made)


def resolve(
    ws: Workspace, record: SessionRecord, revision_id: str, note: str, by: str, expected: int | None
) -> Answer:
    """Say that a request is settled."""
    made = human_review.resolve_revision(ws, record.session_id, revision_id, note, by, expected)
    return said(ws, record.session_id, f"{made.revision_id} is resolved.", request=made)


def letter(ws: Workspace, record: SessionRecord, kind: str | None, output: str | None) -> Answer:
    """The letter to the developer, written to `output`; without one, or with "-", to the standard output.

    Without a `kind` the ending of `output` says which form is meant; any other than .docx is Markdown.
    """
    from pipeline.reporting.revision_letter import render_letter, revision_letter

    path = output_files.place(output)
    if kind is None:
        kind = "docx" if output and Path(output).suffix.lower() == ".docx" else "md"
    validation = run.load_validation(ws, record)
    header = validation.header if validation else ()
    asked = all_in_present(ws, record)
    made = revision_letter(record.project_metadata, header, asked, run.load_checklist(ws, record))
    if kind == "docx":
        from pipeline.reporting.word_letter import render_letter_docx

        data = render_letter_docx(made)
    else:
        data = render_letter(made).encode("utf-8")
    if path is None:
        return Answer(None, "", raw=data)
    output_files.write(path, data)
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "path": str(path)}
    return Answer({**value, "asked_for": made.count}, str(path))


# --- documents --------------------------------------------------------------------------------------------------------


def mark(
    ws: Workspace, record: SessionRecord, act: str, document: str, reason: str, by: str, expected: int | None
) -> Answer:
    """`pin`, `ignore`, or take back what was said of a document (`unmark`)."""
    act_on = {
        "pin": human_review.pin_document,
        "ignore": human_review.ignore_document,
        "unmark": human_review.unmark_document,
    }[act]
    done = {"pin": "is pinned", "ignore": "is ignored", "unmark": "is as the program sees it"}[act]
    made = act_on(ws, record.session_id, document, reason, by, expected)
    return _of_document(ws, record, made, done)


def reclassify(
    ws: Workspace, record: SessionRecord, document: str, kind: str, reason: str, by: str, expected: int | None
) -> Answer:
    """Say what a document is."""
    what = cast("DocumentType", kind)
    made = human_review.reclassify_document(ws, record.session_id, document, what, reason, by, expected)
    return _of_document(ws, record, made, f"is {wording.label(kind, wording.DOCUMENT_TYPE)}")


def _of_document(ws: Workspace, record: SessionRecord, made: DocumentRecord, done: str) -> Answer:
    text = f"{terminal.plain(made.filename)} ({made.document_id}) {done}."
    return said(ws, record.session_id, text, document=made)


def remap(
    ws: Workspace,
    record: SessionRecord,
    requirement: str,
    add: Sequence[str],
    remove: Sequence[str],
    reason: str,
    by: str,
    expected: int | None,
) -> Answer:
    """Say which documents are looked at for a row."""
    made = human_review.remap(ws, record.session_id, requirement, reason, by, add, remove, expected)
    words = f"{len(made.added)} given to it, {len(made.removed)} taken from it by hand"
    return said(ws, record.session_id, f"{made.requirement_id}: {words}.", mapping=made)


# --- the whole --------------------------------------------------------------------------------------------------------


def decide(
    ws: Workspace,
    record: SessionRecord,
    determination: str,
    notes: str,
    conditions: Sequence[str],
    by: str,
    expected: int | None,
) -> Answer:
    """Determine on the session; slips in what people wrote are warned of."""
    from pipeline.decisions.slips import slips

    kind = cast("DeterminationKind", determination)
    made = human_review.determine(ws, record.session_id, kind, notes, by, conditions, expected)
    warned = slips(ws, ws.sessions.read(record.session_id))
    text = f"{DETERMINATION[kind]}, {made.by}."
    answer = said(ws, record.session_id, text, determination=made, warnings=list(warned))
    return replace(answer, notes=(*(f"warning: {one}" for one in warned), *answer.notes))


def clear(
    ws: Workspace, record: SessionRecord, what: str, which: str | None, reason: str, by: str, expected: int | None
) -> Answer:
    """Take a word back: a row's decision or mapping, or the determination."""
    sid = record.session_id
    gone: Value
    if what == "determination":
        gone = human_review.clear_determination(ws, sid, reason, by, expected)
    elif which is None:
        raise UsageError(f"It is not said of which requirement the {what} is cleared.", "Name it, such as 7.")
    elif what == "decision":
        gone = human_review.clear_decision(ws, sid, which, reason, by, expected)
    else:
        gone = human_review.clear_mapping(ws, sid, which, reason, by, expected)
    return said(ws, sid, f"The {what} is cleared; the audit keeps it.", cleared=gone)


def sign(
    ws: Workspace, record: SessionRecord, by: str, statement: str | None, expected: int | None = None
) -> Answer:
    """Complete the session as it was at revision `expected`, if that is said; its text is the path of the package."""
    from pipeline.decisions.slips import slips

    warned = slips(ws, record)
    made = complete.complete_session(ws, record.session_id, by, statement or complete.STATEMENT, expected)
    path = complete.package_path(ws, ws.sessions.read(record.session_id))
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "package": made, "path": str(path)}
    notes = tuple(f"warning: {one}" for one in warned)
    return Answer({**value, "warnings": list(warned)}, str(path), notes=notes)


def reopen(ws: Workspace, record: SessionRecord, by: str, reason: str) -> Answer:
    """Open a completed session again."""
    made = complete.reopen(ws, record.session_id, by, reason)
    text = f"{record.session_id} is open again; {made.filename} stays as it was signed."
    return said(ws, record.session_id, text, package=made)
