"""What a person tells a session to do: one function of the pipeline does it, and an answer is made of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from commands.text import answers, terminal
from commands.text.answers import Answer
from commands.text.typed import typed
from pipeline.errors import DuplicateSessionWarning, FileRefused, ReviewError, TryAgain, UsageError
from pipeline.home import exit_codes
from pipeline.home.presence import watcher_is_running
from pipeline.intake.fetching import shown
from pipeline.models import SCHEMA_VERSION, AddResult, DuplicateChoice, SessionRecord, characters
from pipeline.stages import retry, run
from pipeline.workflow import order

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The answers to a duplicate question, as they are typed.
CHOICES = ("continue", "use-existing", "cancel")
#: Asks a person for one of CHOICES, or raises the warning when nobody is there to ask.
Ask = Callable[[DuplicateSessionWarning], str]


def create(ws: Workspace, name: str, actor: str, **metadata: Any) -> Answer:
    """A new session; its text is just the id."""
    from pipeline.stages.initialize import CreatedBesideOthers, create_session  # start-up

    made = create_session(ws, name, actor=actor, **metadata)
    notes = (f"note: {made.note}",) if isinstance(made, CreatedBesideOthers) else ()
    return Answer(made, made.session_id, notes=notes)


def add(
    ws: Workspace,
    record: SessionRecord,
    sources: Sequence[str],
    choice: str,
    ask: Ask,
    actor: str,
    width: int,
    access_mode: str = "mirror",
) -> Answer:
    """Add each source by itself: what is wrong with one is told, and the others go on.

    `choice` is one of CHOICES or "ask"; what a person answered holds for the sources after it. `access_mode` is that of
    links: "mirror" or "reference".
    """
    results: list[AddResult] = []
    wrong: list[tuple[str, ReviewError]] = []
    notes: list[str] = []
    for source in sources:
        # A link may hold a password, which must not come back in an answer.
        told = shown(source) if _is_link(source) else source
        try:
            what = _described(source, access_mode)
            choice = _add_one(ws, record.session_id, what, told, choice, ask, actor, results, notes)
        except (DuplicateSessionWarning, FileRefused, TryAgain, UsageError) as error:
            wrong.append((told, error))
    codes = [exit_codes.code_of(error) for _, error in wrong]
    codes += [exit_codes.PARTLY for r in results for f in r.files if f.outcome == "refused"]
    return Answer(
        value=terminal.added_together(record.session_id, results, wrong),
        text="\n\n".join(terminal.added(r, width) for r in results),
        code=exit_codes.gravest(codes),
        notes=tuple(notes),
        problems=tuple((f"{source}: {error.message}", error.cure) for source, error in wrong),
    )


def _is_link(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _described(source: str, access_mode: str) -> dict[str, Any]:
    """What was typed, as a source: a link, or a file or folder."""
    if _is_link(source):
        return {"type": "link", "url": source, "access_mode": access_mode}
    if access_mode == "reference":
        raise UsageError("Only a link can be referred to.", "Leave --reference out to add files and folders.")
    return {"type": "path", "path": str(Path(source).expanduser().absolute())}


def _add_one(
    ws: Workspace,
    session_id: str,
    what: dict[str, Any],
    source: str,
    choice: str,
    ask: Ask,
    actor: str,
    results: list[AddResult],
    notes: list[str],
) -> str:
    """Add one source, or not, as the duplicate question is answered; returns that answer."""
    from pipeline.stages.add_documents import add_documents  # start-up
    from pipeline.stages.answer_duplicate import note_cancelled, point_to  # start-up

    try:
        results.append(add_documents(ws, session_id, what, check_duplicates=choice != "continue", actor=actor))
    except DuplicateSessionWarning as found:
        choice = ask(found) if choice == "ask" else choice
        other, asking = found.warning.session_id, found.asking or session_id
        if choice == "cancel":
            note_cancelled(ws, asking, found.warning, actor)
            notes.append(f"{source}: nothing was added. {found.message}")
        elif choice == "use-existing":
            results.append(add_documents(ws, other, what, check_duplicates=False, actor=actor))
            point_to(ws, asking, other, actor, found.warning)
            notes.append(f"{source}: was added to the existing session {other}, not to {asking}.")
        else:
            results.append(add_documents(ws, session_id, what, check_duplicates=False, actor=actor))
    return choice


def session_of(answer: Answer, record: SessionRecord) -> str:
    """The session that an answer is about: what was meant for one that points to another went there."""
    told = answer.value if isinstance(answer.value, dict) else {}
    return str(told.get("session_id", record.session_id))


def answer_duplicate(ws: Workspace, record: SessionRecord, choice: str, actor: str, width: int) -> Answer:
    """Answer the session's pending question."""
    from pipeline.stages.answer_duplicate import answer_duplicate as answer  # start-up

    answer(ws, record.session_id, cast("DuplicateChoice", choice.replace("-", "_")), actor)
    return answers.duplicates(ws, ws.sessions.read(record.session_id), width)


def keep(ws: Workspace, record: SessionRecord, document: str, by: str) -> Answer:
    """Let a replaced document count again."""
    from pipeline.stages.remove import undo_new_version  # start-up

    kept = undo_new_version(ws, record.session_id, document, by)
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "kept": list(kept)}
    return Answer(value, "\n".join(f"{characters.plain(d.filename)} ({d.document_id}) counts again." for d in kept))


def remove(ws: Workspace, record: SessionRecord, document: str, by: str, reason: str) -> Answer:
    """Take a document out."""
    from pipeline.stages.remove import remove_document  # start-up

    gone = remove_document(ws, record.session_id, document, by, reason)
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "removed": gone}
    return Answer(value, f"{characters.plain(gone.filename)} ({gone.document_id}) was taken out.")


def delete(ws: Workspace, session_id: str, by: str) -> Answer:
    """Delete a session, a damaged one too."""
    from pipeline.stages.remove import delete_session  # start-up

    delete_session(ws, session_id, by)
    return Answer({"schema_version": SCHEMA_VERSION, "deleted": session_id}, f"{session_id} is deleted.")


def export(ws: Workspace, record: SessionRecord, folder: Path) -> Answer:
    """Give the originals back."""
    from pipeline.stages.export import export_session  # start-up

    written = [str(path) for path in export_session(ws, record.session_id, folder)]
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "files": written}
    return Answer(value, "\n".join(characters.plain(path) for path in written))


def leave_to_watcher(ws: Workspace, record: SessionRecord, verb: str, actor: str) -> Answer:
    """Ask for a stage without waiting for it; TryAgain, asking for nothing, when nobody would do the work."""
    if not watcher_is_running(ws.data):
        what = f"Nobody would do the work: the queue is embedded and no watcher is running on {ws.data}."
        raise TryAgain(what, "Leave --no-wait out, or start `registry-review watch` first.")
    run.request(ws, record.session_id, order.VERBS[verb], actor)
    return handed_over(record, verb)


def handed_over(record: SessionRecord, verb: str, notes: tuple[str, ...] = ()) -> Answer:
    """That a stage was asked for and somebody else does it."""
    key = order.VERBS[verb]
    value = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "advance_to": key}
    text = typed(f"Asked for; to see how far it is: registry-review status {record.session_id}")
    return Answer(value, text, notes=notes)


def settle_failure(ws: Workspace, record: SessionRecord, act: str, verb: str | None, actor: str, width: int) -> Answer:
    """`retry` or `discard` what failed: the named stage, or every failed one."""
    act_on = {"retry": retry.retry, "discard": retry.discard}[act]
    keys = [order.VERBS[verb]] if verb else [key for key, s in record.stages.items() if s.status == "failed"]
    if not keys:
        raise UsageError(f"Nothing of {record.session_id} has failed.", "registry-review failed list")
    for key in keys:
        record = act_on(ws, record.session_id, key, actor)
    return answers.status(ws, record, width)
