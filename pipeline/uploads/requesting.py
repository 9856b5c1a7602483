"""Asking for a slot, with or without a session, and asking how it stands."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError, SessionCompleted, UsageError
from pipeline.home.pointing import receiver
from pipeline.stages.initialize import metadata_of
from pipeline.uploads import keeping
from pipeline.uploads.slot import SlotRecord, UploadSlot

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def request_upload(
    ws: Workspace,
    session_id: str | None = None,
    project_name: str | None = None,
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
    actor: str = "system",
) -> UploadSlot:
    """A new slot: for the session of that id, or for a session that processing it makes.

    With `session_id`, whatever else is said of the project is left aside: the session knows it. SessionNotFound when
    there is none, SessionCompleted when it is locked, PointsNowhere when it points to one that takes nothing;
    UsageError and ChecklistError as for create_session.
    """
    if session_id:
        record = ws.sessions.read(session_id)
        if record.is_completed:
            raise SessionCompleted(session_id)
        # The slot stays that of the session that was named: whoever holds its link learns of no other project.
        receiver(ws, session_id)
        project = record.project_metadata
    elif project_name:
        project = metadata_of(ws, project_name, methodology, project_id, proponent, crediting_period)
    else:
        raise UsageError(
            "An upload goes to a session or makes one, and neither was named.",
            "Send session_id to add to that session, or project_name to make a new one.",
        )
    now = ws.now()
    slot = SlotRecord(
        upload_id=keeping.new_id(),
        mode="add_to_existing" if session_id else "create_new",
        session_id=session_id or None,
        project=project,
        requested_by=actor,
        created_at=now,
        expires_at=now + timedelta(minutes=ws.settings.uploads.lifetime_minutes),
    )
    keeping.make(ws, slot)
    return slot.shown(now)


def note_on(ws: Workspace, slot: UploadSlot) -> str | None:
    """What whoever asked for a slot must know: other sessions that the files may belong to, or the one they go to.

    By their ids alone, and only for whoever asked: it is no part of the slot, which whoever holds its link sees.
    """
    from pipeline.intake.like_named import note_of

    if slot.mode == "create_new":
        return note_of(ws, slot.project_name) if slot.session_id is None else None
    with suppress(ReviewError):
        there = receiver(ws, slot.session_id or "").session_id
        if there != slot.session_id:
            return f"{slot.session_id} points to {there}, so that is where the files go."
    return None


def upload_status(ws: Workspace, upload_id: str) -> UploadSlot:
    """The slot as it is now; UploadNotFound without one."""
    return keeping.read(ws, upload_id).shown(ws.now())
