"""Asking for a slot, with or without a session, and asking how it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.errors import SessionCompleted, UsageError
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
    there is none, SessionCompleted when it is locked; UsageError and ChecklistError as for create_session.
    """
    if session_id:
        record = ws.sessions.read(session_id)
        if record.is_completed:
            raise SessionCompleted(session_id)
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


def upload_status(ws: Workspace, upload_id: str) -> UploadSlot:
    """The slot as it is now; UploadNotFound without one."""
    return keeping.read(ws, upload_id).shown(ws.now())
