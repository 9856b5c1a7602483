"""Why a stage gave up, in words: an exception told to the reviewer, never as missing evidence."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError, SetApart, UsageError
from pipeline.models import StageError, StageKey, StageRecord
from pipeline.reading.defects import place_of, way_of

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.leases import Lease

log = logging.getLogger("registry_review.workflow")


def failure_of(session_id: str, key: StageKey, error: Exception) -> StageError:
    """What a stage's exception says to the reviewer: a code, a sentence, what would fix it, whether to try again."""
    if isinstance(error, ReviewError):
        retryable = not isinstance(error, UsageError)
        return StageError(code=error.code, message=error.message, cure=error.cure, retryable=retryable)
    if isinstance(error, OSError):
        cure = "Check the disk and the rights of the data folder."
        return StageError(code="io", message=f"{type(error).__name__}: {error}", cure=cure)
    # Neither the log nor the session takes the error's own words: they may quote a document.
    log.error("stage %s of %s failed: %s", key, session_id, way_of(error))
    message = f"A defect in this program ({place_of(error)})."
    return StageError(code="internal", message=message, cure="Please report it with the log.", retryable=False)


def put_back(ws: Workspace, session_id: str, key: StageKey, error: SetApart, lease: Lease) -> StageRecord:
    """Leave the stage undone: discovery is due first, which says of the document what is known of it now."""
    log.warning("%s of %s goes on without a document: %s", key, session_id, error.message)
    with ws.sessions.transaction(session_id, "machine") as tx:
        lease.require()
        stage = tx.record.stages.get(key, StageRecord()).model_copy(update={"status": "pending"})
        tx.put_stage(key, stage)
        tx.log("document_set_apart", stage=key, reason=error.message)
    return stage
