"""What is over goes: files of expired slots, records after a while, what killed processes left; what was begun ends."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError, TryAgain, UploadError, UploadNotFound
from pipeline.store.files import LEFTOVER_SECONDS
from pipeline.uploads import keeping
from pipeline.uploads.processing import process_upload

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.uploads")

#: How long the record of a slot stays after it was processed or expired, so that late callers get the same answer, or
#: hear that it is too late.
KEPT = timedelta(days=7)


def sweep_uploads(ws: Workspace) -> list[str]:
    """Tidy all slots; returns the ids of those that are gone for good. Called from time to time by whoever serves.

    The files of an expired slot go at once, those of one that is being processed never: when its process was killed,
    the processing is carried to its end here.
    """
    gone = []
    for upload_id in keeping.ids(ws):
        try:
            if _sweep(ws, upload_id):
                gone.append(upload_id)
        except (TryAgain, UploadNotFound):
            continue  # in use, or swept by somebody else
        except ReviewError as error:
            log.warning("upload %s: %s", upload_id, error.message)
    return gone


def _sweep(ws: Workspace, upload_id: str) -> bool:
    """True when nothing of the slot is left."""
    try:
        slot = keeping.read(ws, upload_id)
    except UploadNotFound:
        return _sweep_husk(ws, upload_id)
    except UploadError:
        with keeping.processing(ws, upload_id, 0):
            return _sweep_damaged(ws, upload_id)
    if slot.begun_by is not None and slot.processed_at is None:
        with keeping.processing(ws, upload_id, 0):
            pass  # nobody is at it
        process_upload(ws, upload_id, slot.begun_by, slot.asks)
        return False
    over = slot.processed_at or (slot.expires_at if slot.status(ws.now()) == "expired" else None)
    if over is None:
        keeping.tidy(ws, upload_id)
        return False
    with keeping.processing(ws, upload_id, 0):
        if keeping.read(ws, upload_id) != slot:
            return False
        if ws.now() - over > KEPT:
            keeping.remove(ws, upload_id)
            return True
        keeping.drop_files(ws, upload_id)
        keeping.tidy(ws, upload_id)
    return False


def _sweep_husk(ws: Workspace, upload_id: str) -> bool:
    """A folder without a record: its maker or its sweeper was killed."""
    folder = keeping.folder_of(ws, upload_id)
    with suppress(FileNotFoundError):
        if ws.now().timestamp() - folder.stat().st_mtime <= LEFTOVER_SECONDS:
            return False
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _sweep_damaged(ws: Workspace, upload_id: str) -> bool:
    """A record that cannot be read: nobody can use the slot, and its files stay as long as any slot may."""
    folder = keeping.folder_of(ws, upload_id)
    age = ws.now().timestamp() - folder.stat().st_mtime
    if age <= (KEPT + timedelta(minutes=ws.settings.uploads.lifetime_minutes)).total_seconds():
        return False
    keeping.remove(ws, upload_id)
    return True
