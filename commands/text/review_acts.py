"""What a person said of a session, told on a terminal: the word as it was kept, and what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands import output_files
from commands.text import terminal
from commands.text.answers import Answer
from commands.text.typed import typed
from pipeline.decisions.row_decisions import history as history_of
from pipeline.models import SCHEMA_VERSION, SessionRecord, wording
from pipeline.models.characters import plain
from pipeline.reporting.people import DETERMINATION

if TYPE_CHECKING:
    from pipeline.desk.review import Letter, Said, Signed
    from pipeline.home.workspace import Workspace

#: What was done to a document that was marked.
_MARKED = {"pin": "is pinned", "ignore": "is ignored", "unmark": "is as the program sees it"}


def _told(done: Said, text: str) -> Answer:
    warned = tuple(f"warning: {one}" for one in done.made.get("warnings", ()))
    return Answer(done.value, text, notes=(*warned, typed(f"next: {done.next_action}")))


# --- rows -------------------------------------------------------------------------------------------------------------


def override(done: Said) -> Answer:
    """Which rows were decided on."""
    made = done.made["decisions"]
    label = wording.label(made[0].status, wording.DECISION)
    return _told(done, f"{label}: {', '.join(one.requirement_id for one in made)}.")


def annotate(done: Said) -> Answer:
    """Which remark was added."""
    made = done.made["annotation"]
    return _told(done, f"{made.requirement_id}: {made.annotation_id} is noted.")


def discard(done: Said) -> Answer:
    """Which quote was taken from its row."""
    made = done.made["discarded"]
    text = f"{made.requirement_id}: {made.evidence_id} is discarded; the row is judged again without it."
    return _told(done, text)


def restore(done: Said) -> Answer:
    """Which quote counts again."""
    made = done.made["restored"]
    return _told(done, f"{made.requirement_id}: {made.evidence_id} counts again.")


def claim(done: Said) -> Answer:
    """Where the finding that was brought stands."""
    made = done.made["claim"]
    return _told(done, f"{made.requirement_id}: {made.claim_id} stands: {terminal.place(made.evidence)}.")


def history(ws: Workspace, record: SessionRecord, requirement: str, width: int) -> Answer:
    """Everything that people did to a row."""
    events = history_of(ws, record.session_id, requirement)
    rows = [(terminal.moment(e.at), e.actor, e.action.replace("_", " "), _in_short(e.details)) for e in events]
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "events": list(events)}
    listed = terminal.table(("when", "who", "what", ""), rows, width)
    return Answer(value, listed if rows else "Nobody has said anything of it.")


def _in_short(details: dict[str, Any]) -> str:
    shown = ("status", "kind", "what", "text", "reason", "note", "evidence_id")
    return "; ".join(str(details[key]) for key in shown if details.get(key))


# --- requests for revision -------------------------------------------------------------------------------------------


def request_revision(done: Said) -> Answer:
    """What the developer is asked for."""
    made = done.made["request"]
    text = f"{made.revision_id} ({made.priority}): {made.what}\nClears when: {made.clears_when}"
    if made.suggested_filename:
        text += f"\nSuggested file name: {made.suggested_filename}"
    return _told(done, text)


def resolve(done: Said) -> Answer:
    """Which request is settled."""
    return _told(done, f"{done.made['request'].revision_id} is resolved.")


def letter_form(kind: str | None, output: str | None) -> str:
    """Which form of the letter is meant: as said, else as `output` ends; any other ending than .docx is Markdown."""
    return kind or ("docx" if output and Path(output).suffix.lower() == ".docx" else "md")


def letter(record: SessionRecord, made: Letter, path: Path | None) -> Answer:
    """The letter, written to `path`; without one to the standard output."""
    if path is None:
        return Answer(None, "", raw=made.data)
    output_files.write(path, made.data)
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "path": str(path)}
    return Answer({**value, "asked_for": made.asked_for}, str(path))


# --- documents --------------------------------------------------------------------------------------------------------


def mark(done: Said, act: str) -> Answer:
    """What became of a document that was pinned, ignored or unmarked."""
    return _of_document(done, _MARKED[act])


def reclassify(done: Said, kind: str) -> Answer:
    """What a document is now."""
    return _of_document(done, f"is {wording.label(kind, wording.DOCUMENT_TYPE)}")


def _of_document(done: Said, what: str) -> Answer:
    made = done.made["document"]
    return _told(done, f"{plain(made.filename)} ({made.document_id}) {what}.")


def remap(done: Said) -> Answer:
    """How many documents were given to a row, and taken from it."""
    made = done.made["mapping"]
    words = f"{len(made.added)} given to it, {len(made.removed)} taken from it by hand"
    return _told(done, f"{made.requirement_id}: {words}.")


# --- the whole --------------------------------------------------------------------------------------------------------


def decide(done: Said) -> Answer:
    """What was determined; slips in what people wrote are warned of."""
    made = done.made["determination"]
    return _told(done, f"{DETERMINATION[made.determination]}, {made.by}.")


def clear(done: Said, what: str) -> Answer:
    """Which word was taken back."""
    return _told(done, f"The {what} is cleared; the audit keeps it.")


def sign(done: Signed) -> Answer:
    """The path of the package; slips in what people wrote are warned of."""
    return Answer(done.value, str(done.path), notes=tuple(f"warning: {one}" for one in done.warnings))


def reopen(done: Said) -> Answer:
    """That a completed session is open again."""
    return _told(done, f"{done.session_id} is open again; {done.made['package'].filename} stays as it was signed.")
