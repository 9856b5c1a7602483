"""A slot's files go into their session, once: whoever calls again, at once or after a crash, gets the same answer.

What is about to happen is noted in the slot before it happens, and what happened is noted in the session in the same
commit: the id of a session before it can be seen, the answer before the files are committed. So whoever comes after a
crash sees which of the two came to be, and goes on from there.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pipeline.errors import DuplicateSessionWarning, NothingUploaded, ReviewError, SessionNotFound, TryAgain
from pipeline.filenames import check
from pipeline.home.pointing import receiver, told
from pipeline.intake import take
from pipeline.intake.duplicates import asked_about, question_about
from pipeline.intake.like_named import note_of
from pipeline.intake.sources.batch import Batch, Candidate, Refusal
from pipeline.models import AddResult, SessionRecord
from pipeline.stages.initialize import create_session
from pipeline.store.faultpoints import reach
from pipeline.uploads import keeping, tokens
from pipeline.uploads.slot import ProcessedUpload, SlotRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.intake.arrivals import ArrivalPlan
    from pipeline.store.transaction import Transaction

#: Seconds that a second caller waits for the first one's answer.
WAIT_SECONDS = 60.0


def process_upload(
    ws: Workspace, upload_id: str, actor: str = "system", check_duplicates: bool = False
) -> ProcessedUpload:
    """Add the slot's files to its session, made first if the slot is for a new one; once, however often called.

    Every file gets its own outcome. A likeness to another session never holds the files back or leads them elsewhere:
    it is a question in `status`, as with the inbox, and a warning in the answer. With `check_duplicates` it raises
    DuplicateSessionWarning instead, with nothing added and the files still in the slot.

    Where another session is reviewed in the session's place, that one takes the files.

    UploadNotFound, UploadExpired, NothingUploaded; SessionNotFound when the session was deleted meanwhile,
    PointsNowhere when it points to one that takes nothing; TryAgain when the disk is full or somebody else processes
    the slot right now. After all of these the files wait in the slot until it expires.
    """
    with keeping.processing(ws, upload_id, WAIT_SECONDS):
        slot = keeping.read(ws, upload_id)
        if slot.processed_at is None:
            resumed = slot.begun_by is not None
            slot = _begun(ws, upload_id, actor, check_duplicates)
            reach("upload.begun")
            try:
                slot = _carried_out(ws, slot, slot.begun_by or actor, check_duplicates)
            except Exception as error:
                # What was cut off and cannot go on just now is not to expire meanwhile.
                if not (resumed and isinstance(error, TryAgain)):
                    _open_again(ws, upload_id)
                raise
        reach("upload.processed")
        keeping.drop_files(ws, upload_id)
    return _answer(slot)


def _open_again(ws: Workspace, upload_id: str) -> None:
    """Let the slot take files again after a failure, unless its session has taken those it holds."""
    with suppress(ReviewError, OSError):
        slot = keeping.read(ws, upload_id)
        taken = False
        if slot.answer is not None and slot.session_id is not None:
            with suppress(SessionNotFound):
                taken = ws.sessions.read(slot.taken_by or slot.session_id).uploads.get(upload_id) == "taken"
        if not taken:
            keeping.change(ws, upload_id, begun_by=None)


def _begun(ws: Workspace, upload_id: str, actor: str, check_duplicates: bool) -> SlotRecord:
    """Close the slot for further files."""
    with keeping.locked(ws, upload_id):
        slot = keeping.read(ws, upload_id)
        if slot.begun_by is not None:  # by a process that was killed
            return slot
        if slot.status(ws.now()) == "expired":
            raise tokens.expired()
        if not slot.files:
            raise _nothing(slot)
        slot = slot.model_copy(update={"begun_by": actor, "asks": check_duplicates})
        keeping.write(ws, slot)
    return slot


def _nothing(slot: SlotRecord) -> NothingUploaded:
    what = "No file was uploaded yet."
    if slot.refused:
        last = slot.refused[-1].reason
        what = f"None of the files that were sent could be taken ({len(slot.refused)} refused). The last: {last}"
    return NothingUploaded(what, "Open the upload link, send the files there, then process the upload.")


def _carried_out(ws: Workspace, slot: SlotRecord, actor: str, check_duplicates: bool) -> SlotRecord:
    session_id = _session_of(ws, slot, actor)
    reach("upload.session")
    slot = keeping.change(ws, slot.upload_id, session_id=session_id)
    record = _existing(ws, slot, slot.taken_by or session_id)
    if record.uploads.get(slot.upload_id) != "taken" or slot.answer is None:
        # Where a session points may have changed since its files were asked for, but not since they were taken.
        there = receiver(ws, session_id).session_id
        slot = keeping.change(ws, slot.upload_id, taken_by=there)
        _take(ws, slot, there, actor, check_duplicates)
    reach("upload.taken")
    note = note_of(ws, slot.project.project_name, session_id) if slot.mode == "create_new" else None
    return keeping.change(ws, slot.upload_id, processed_at=ws.now(), note=note)


def _session_of(ws: Workspace, slot: SlotRecord, actor: str) -> str:
    """The session that the files go to, made if it must be."""
    if slot.session_id is not None:
        return slot.session_id
    if slot.making is not None:
        with suppress(SessionNotFound):
            if slot.upload_id in ws.sessions.read(slot.making).uploads:
                return slot.making
    made = create_session(
        ws,
        **slot.project.model_dump(),
        actor=actor,
        upload_id=slot.upload_id,
        before=lambda session_id: _note_making(ws, slot.upload_id, session_id),
    )
    return made.session_id


def _note_making(ws: Workspace, upload_id: str, session_id: str) -> None:
    keeping.change(ws, upload_id, making=session_id)
    reach("upload.making")


def _existing(ws: Workspace, slot: SlotRecord, session_id: str) -> SessionRecord:
    try:
        return ws.sessions.read(session_id)
    except SessionNotFound as error:
        raise SessionNotFound(
            f"{session_id}, to which these files were to go, is no longer there.",
            f"The files wait until {slot.expires_at:%Y-%m-%d %H:%M} UTC; to have them elsewhere, ask for a link to "
            "another session and send them there.",
        ) from error


def _take(ws: Workspace, slot: SlotRecord, session_id: str, actor: str, check_duplicates: bool) -> None:
    def guard(record: SessionRecord, plan: ArrivalPlan) -> take.Advice:
        if check_duplicates and plan.fresh:
            found = asked_about(ws, record, plan.hashes)
            if unanswered := [match.warning for match in found if match.answer is None]:
                raise DuplicateSessionWarning(unanswered[0], session_id)
        return question_about(ws, record, plan, ws.now())

    def closing(tx: Transaction, result: AddResult) -> None:
        tx.update(uploads={**tx.record.uploads, slot.upload_id: "taken"})
        sent = {"files": len(slot.files), "bytes": sum(file.size for file in slot.files)}
        tx.log("upload_received", upload_id=slot.upload_id, requested_by=slot.requested_by, **sent)
        tx.log("upload_processed", upload_id=slot.upload_id, mode=slot.mode, files_added=result.files_added)
        keeping.change(ws, slot.upload_id, answer=told(result, slot.session_id or session_id))
        reach("upload.answered")

    take.take(ws, session_id, _batch(ws, slot), actor, guard, closing=closing)


def _batch(ws: Workspace, slot: SlotRecord) -> Batch:
    candidates = tuple(
        Candidate(check(file.filename), partial(keeping.place_of, ws, slot.upload_id, file.sha256), file.size)
        for file in slot.files
    )
    refusals = tuple(Refusal(refused.filename, refused.reason) for refused in slot.refused)
    return Batch("upload", None, {"upload_id": slot.upload_id}, candidates, refusals)


def _answer(slot: SlotRecord) -> ProcessedUpload:
    if slot.answer is None:
        raise AssertionError(f"{slot.upload_id} was processed without an answer")
    return ProcessedUpload(upload_id=slot.upload_id, mode=slot.mode, note=slot.note, **dict(slot.answer))
