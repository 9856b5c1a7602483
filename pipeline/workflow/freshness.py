"""Which stage is due: what each would be made from now, against what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.models import SessionRecord, StageKey, StageRecord
from pipeline.reading import READER_VERSION
from pipeline.workflow import fingerprints
from pipeline.workflow.order import ORDER, goal_index
from pipeline.workflow.results import is_kept, load_checklist, load_inventory, result_sha

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


#: A failing stage is tried this often by itself before somebody must ask for it again.
MAX_ATTEMPTS = 3


def current_fingerprint(ws: Workspace, record: SessionRecord, key: StageKey) -> str | None:
    """What `key` would be made from now; None while an earlier stage has no result."""
    if key == "document_discovery":
        lost = [d.sha256 for d in record.documents.values() if not ws.content.has(d.sha256)]
        apart = [d.sha256 for d in record.documents.values() if ws.reader.is_apart(d.sha256)]
        return fingerprints.of_discovery(record, READER_VERSION, lost, apart)
    inventory = load_inventory(ws, record)
    if inventory is None:
        return None
    checklist = load_checklist(ws, record)
    if key == "requirement_mapping":
        return fingerprints.of_mapping(record, inventory, checklist.sha256)
    mapping = result_sha(ws, record, "requirement_mapping")
    if key == "evidence_extraction":
        return fingerprints.of_extraction(record, inventory, mapping, checklist.sha256) if mapping else None
    if key == "cross_validation":
        extraction = result_sha(ws, record, "evidence_extraction")
        if not (mapping and extraction):
            return None
        return fingerprints.of_validation(inventory, mapping, extraction, checklist.sha256)
    listed, validation = result_sha(ws, record, "document_discovery"), result_sha(ws, record, "cross_validation")
    if not (listed and validation):
        return None
    return fingerprints.of_report(record, listed, validation, checklist.sha256)


def due(ws: Workspace, record: SessionRecord, to: StageKey | None = None) -> StageKey | None:
    """The next stage that must run to reach `to` (default: the session's own goal); None when there is nothing to do.

    A stage that failed on these very inputs is due again only while it is retryable and was tried fewer than
    MAX_ATTEMPTS times; after that somebody must `failed retry` it. Nothing of a completed session is ever due, and a
    report that lacks only the latest words of people is due when somebody asks for it: each makes a new version.
    Nothing is due of a session in whose place another one is reviewed.
    """
    if not record.documents or record.is_completed or record.points_to is not None:
        return None
    for key in ORDER[: goal_index(record, to) + 1]:
        fingerprint = current_fingerprint(ws, record, key)
        stage = record.stages.get(key, StageRecord())
        if key == "report_generation" and lacks_only_words(stage, fingerprint):
            return None
        if fingerprint is None or stage.fingerprint != fingerprint or stage.status not in ("completed", "failed"):
            return key
        if stage.status == "failed":
            error = stage.error
            return key if error and error.retryable and error.attempts < MAX_ATTEMPTS else None
        if not is_kept(ws, record, key):
            return key
    return None


def lacks_only_words(stage: StageRecord, fingerprint: str | None) -> bool:
    """True when a report is fresh but for what people said since it was made, and nobody has asked for a new one."""
    if stage.status != "completed" or fingerprint is None or stage.fingerprint == fingerprint:
        return False
    return fingerprints.but_for_words(stage.fingerprint) == fingerprints.but_for_words(fingerprint)
