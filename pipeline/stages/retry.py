"""What a person says of a stage that failed: try it again, or leave it undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.models import SessionRecord, StageKey, StageRecord
from pipeline.workflow.order import ORDER, VERB_OF

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def retry(ws: Workspace, session_id: str, key: StageKey, actor: str) -> SessionRecord:
    """Make a failed stage due again."""
    with ws.sessions.transaction(session_id, actor) as tx:
        stage = _failed(tx.record, key)
        tx.put_stage(key, stage.model_copy(update={"status": "pending", "fingerprint": None, "error": None}))
        tx.log("stage_retried", stage=key)
        return tx.record


def discard(ws: Workspace, session_id: str, key: StageKey, actor: str) -> SessionRecord:
    """Stop trying: a failed stage stays undone, and the session goes no further than the stage before it."""
    with ws.sessions.transaction(session_id, actor) as tx:
        stage = _failed(tx.record, key)
        tx.put_stage(key, stage.model_copy(update={"status": "pending", "fingerprint": None, "error": None}))
        before = ORDER.index(key) - 1
        tx.update(advance_to=ORDER[before] if before >= 0 else "initialize")
        tx.log("failure_discarded", stage=key)
        return tx.record


def _failed(record: SessionRecord, key: StageKey) -> StageRecord:
    stage = record.stages.get(key, StageRecord())
    if stage.status != "failed":
        raise UsageError(f"`{VERB_OF.get(key, key)}` of {record.session_id} has not failed.", "See `failed list`.")
    return stage
