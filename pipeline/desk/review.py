"""What a person says of a session: the word is kept, and every door answers with the revision and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.decisions.claims import submit_claim
from pipeline.decisions.revision_requests import all_in_present
from pipeline.errors import UsageError
from pipeline.models import (
    SCHEMA_VERSION,
    AnnotationKind,
    DecisionStatus,
    DeterminationKind,
    DocumentType,
    Package,
    Priority,
    SessionRecord,
    Value,
)
from pipeline.stages import complete, human_review
from pipeline.status import progress
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The forms of the letter to the developer.
LETTER_FORMS = ("md", "docx")


@dataclass(frozen=True)
class Said:
    """A word that was kept: what was made of it, the session's new revision, and the next thing to do."""

    session_id: str
    revision: int
    #: What was made, under the names that programs are given.
    made: Mapping[str, Any]
    next_action: str

    @property
    def value(self) -> dict[str, Any]:
        """As programs are given it."""
        head = {"schema_version": SCHEMA_VERSION, "session_id": self.session_id, "revision": self.revision}
        return {**head, **self.made, "next_action": self.next_action}


def said(ws: Workspace, session_id: str, **made: object) -> Said:
    """What an act came to."""
    record = ws.sessions.read(session_id)
    return Said(session_id, record.revision, made, progress.next_action(ws, record))


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
) -> Said:
    """Decide on the named rows, or on every covered row without a decision; each is named in the answer."""
    if bool(requirements) == all_covered:
        raise UsageError("It is not said which rows are decided.", "Name them, or give --all-covered alone.")
    if all_covered:
        requirements = human_review.undecided(ws, record, "covered")
        if not requirements:
            raise UsageError(f"No covered row of {record.session_id} is undecided.", "See `status`.")
    kind = cast("DecisionStatus", status)
    made = human_review.record_decisions(ws, record.session_id, requirements, kind, reason, by, expected)
    return said(ws, record.session_id, decisions=list(made))


def annotate(
    ws: Workspace, record: SessionRecord, requirement: str, text: str, kind: str, by: str, expected: int | None
) -> Said:
    """Add a remark to a row."""
    what = cast("AnnotationKind", kind)
    made = human_review.annotate(ws, record.session_id, requirement, text, by, what, expected)
    return said(ws, record.session_id, annotation=made)


def discard(
    ws: Workspace, record: SessionRecord, requirement: str, quote: str, reason: str, by: str, expected: int | None
) -> Said:
    """Take a quote from a row."""
    made = human_review.discard_quote(ws, record.session_id, requirement, quote, reason, by, expected)
    return said(ws, record.session_id, discarded=made)


def restore(
    ws: Workspace, record: SessionRecord, requirement: str, quote: str, reason: str, by: str, expected: int | None
) -> Said:
    """Let a discarded quote count again."""
    made = human_review.restore_quote(ws, record.session_id, requirement, quote, reason, by, expected)
    return said(ws, record.session_id, restored=made)


def claim(
    ws: Workspace,
    record: SessionRecord,
    requirement: str,
    quote: str,
    document: str,
    page: int,
    note: str | None,
    by: str,
) -> Said:
    """Bring a finding for a row."""
    made = submit_claim(ws, record.session_id, requirement, quote, document, page, note, by)
    return said(ws, record.session_id, claim=made)


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
) -> Said:
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
    return said(ws, record.session_id, request=made)


def resolve(ws: Workspace, record: SessionRecord, revision_id: str, note: str, by: str, expected: int | None) -> Said:
    """Say that a request is settled."""
    made = human_review.resolve_revision(ws, record.session_id, revision_id, note, by, expected)
    return said(ws, record.session_id, request=made)


@dataclass(frozen=True)
class Letter:
    """The letter to the developer, and how much it asks for."""

    data: bytes
    asked_for: int


def letter(ws: Workspace, record: SessionRecord, kind: str) -> Letter:
    """The letter to the developer in one of LETTER_FORMS."""
    from pipeline.reporting.revision_letter import render_letter, revision_letter  # start-up

    validation = results.load_validation(ws, record)
    header = validation.header if validation else ()
    asked = all_in_present(ws, record)
    made = revision_letter(record.project_metadata, header, asked, results.load_checklist(ws, record))
    if kind == "docx":
        from pipeline.reporting.word_letter import render_letter_docx  # start-up

        data = render_letter_docx(made)
    else:
        data = render_letter(made).encode("utf-8")
    return Letter(data, made.count)


# --- documents --------------------------------------------------------------------------------------------------------


def mark(
    ws: Workspace, record: SessionRecord, act: str, document: str, reason: str, by: str, expected: int | None
) -> Said:
    """`pin`, `ignore`, or take back what was said of a document (`unmark`)."""
    act_on = {
        "pin": human_review.pin_document,
        "ignore": human_review.ignore_document,
        "unmark": human_review.unmark_document,
    }[act]
    made = act_on(ws, record.session_id, document, reason, by, expected)
    return said(ws, record.session_id, document=made)


def reclassify(
    ws: Workspace, record: SessionRecord, document: str, kind: str, reason: str, by: str, expected: int | None
) -> Said:
    """Say what a document is."""
    what = cast("DocumentType", kind)
    made = human_review.reclassify_document(ws, record.session_id, document, what, reason, by, expected)
    return said(ws, record.session_id, document=made)


def remap(
    ws: Workspace,
    record: SessionRecord,
    requirement: str,
    add: Sequence[str],
    remove: Sequence[str],
    reason: str,
    by: str,
    expected: int | None,
) -> Said:
    """Say which documents are looked at for a row."""
    made = human_review.remap(ws, record.session_id, requirement, reason, by, add, remove, expected)
    return said(ws, record.session_id, mapping=made)


# --- the whole --------------------------------------------------------------------------------------------------------


def decide(
    ws: Workspace,
    record: SessionRecord,
    determination: str,
    notes: str,
    conditions: Sequence[str],
    by: str,
    expected: int | None,
) -> Said:
    """Determine on the session; slips in what people wrote are warned of."""
    from pipeline.decisions.slips import slips  # start-up

    kind = cast("DeterminationKind", determination)
    made = human_review.determine(ws, record.session_id, kind, notes, by, conditions, expected)
    warned = slips(ws, ws.sessions.read(record.session_id))
    return said(ws, record.session_id, determination=made, warnings=list(warned))


def clear(
    ws: Workspace, record: SessionRecord, what: str, which: str | None, reason: str, by: str, expected: int | None
) -> Said:
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
    return said(ws, sid, cleared=gone)


@dataclass(frozen=True)
class Signed:
    """A completed session: its package, where that lies, and slips in what people wrote."""

    session_id: str
    package: Package
    path: Path
    warnings: tuple[str, ...]

    @property
    def value(self) -> dict[str, Any]:
        """As programs are given it."""
        head = {"schema_version": SCHEMA_VERSION, "session_id": self.session_id}
        return {**head, "package": self.package, "path": str(self.path), "warnings": list(self.warnings)}


def sign(ws: Workspace, record: SessionRecord, by: str, statement: str | None, expected: int | None = None) -> Signed:
    """Complete the session as it was at revision `expected`, if that is said."""
    from pipeline.decisions.slips import slips  # start-up

    warned = slips(ws, record)
    made = complete.complete_session(ws, record.session_id, by, statement or complete.STATEMENT, expected)
    path = complete.package_path(ws, ws.sessions.read(record.session_id))
    return Signed(record.session_id, made, path, tuple(warned))


def reopen(ws: Workspace, record: SessionRecord, by: str, reason: str) -> Said:
    """Open a completed session again."""
    made = complete.reopen(ws, record.session_id, by, reason)
    return said(ws, record.session_id, package=made)
