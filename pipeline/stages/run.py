"""The order of the stages, what each is made from, which is due, and how one is carried out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from pipeline import checklists
from pipeline.errors import HomeClosed, SessionCompleted, SessionCorrupt, SetApart, StageFailed, TryAgain, UsageError
from pipeline.home.health import obstacle
from pipeline.models import (
    ExtractionResult,
    Inventory,
    MappingResult,
    Report,
    SessionRecord,
    StageError,
    StageKey,
    StageRecord,
    ValidationResult,
)
from pipeline.stages.failures import failure_of, put_back
from pipeline.store.faultpoints import reach
from pipeline.store.files import is_disk_full, passing
from pipeline.workflow import fingerprints

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.leases import Lease

log = logging.getLogger("registry_review.workflow")

ModelT = TypeVar("ModelT", bound=BaseModel)

#: The machine's stages in order; each stands on the one before.
ORDER: tuple[StageKey, ...] = (
    "document_discovery",
    "requirement_mapping",
    "evidence_extraction",
    "cross_validation",
    "report_generation",
)
#: The words of the command line for them.
VERBS: dict[str, StageKey] = dict(zip(("discover", "map", "extract", "validate", "report"), ORDER, strict=True))
VERB_OF: dict[StageKey, str] = {key: verb for verb, key in VERBS.items()}
RESULT_MODEL: dict[StageKey, type[BaseModel]] = {
    "document_discovery": Inventory,
    "requirement_mapping": MappingResult,
    "evidence_extraction": ExtractionResult,
    "cross_validation": ValidationResult,
    "report_generation": Report,
}
#: A failing stage is tried this often by itself before somebody must ask for it again.
MAX_ATTEMPTS = 3
#: How often a stage is computed anew because its inputs changed under it, before it leaves the rest to the next run.
MAX_ROUNDS = 5


@dataclass(frozen=True)
class Event:
    """Progress of a stage, for whoever watches; `done` of `total` where there is something to count."""

    stage: StageKey
    message: str
    done: int | None = None
    total: int | None = None
    #: The document that begins to be read or, when something is counted, was dealt with.
    document: str | None = None
    #: How many of its pages were read; None when it had been read before.
    pages: int | None = None


OnEvent = Callable[[Event], None]


def _silent(_event: Event) -> None:
    """Nobody is watching."""


# --- what is stored ---------------------------------------------------------------------------------------------------


def load_kept(ws: Workspace, record: SessionRecord, key: StageKey, model: type[ModelT]) -> ModelT | None:
    """The result a stage last gave, fresh or not; None before the first.

    One that is gone, was changed or is of another version counts as never made: it is derived and made again.
    """
    stage = record.stages.get(key)
    if stage is None or stage.result is None:
        return None
    try:
        return ws.sessions.load_result(record.session_id, stage.result, model)
    except SessionCorrupt as error:
        log.info("%s", error.message)
        return None


def is_kept(ws: Workspace, record: SessionRecord, key: StageKey) -> bool:
    """True when the stage has a result that can be used."""
    return load_kept(ws, record, key, RESULT_MODEL[key]) is not None


def _result_sha(ws: Workspace, record: SessionRecord, key: StageKey) -> str | None:
    return record.stages[key].result if is_kept(ws, record, key) else None


def load_inventory(ws: Workspace, record: SessionRecord) -> Inventory | None:
    """The inventory last made, whether or not it is still fresh; None before the first discovery."""
    return load_kept(ws, record, "document_discovery", Inventory)


def load_mapping(ws: Workspace, record: SessionRecord) -> MappingResult | None:
    """The mapping last made, fresh or not; None before the first."""
    return load_kept(ws, record, "requirement_mapping", MappingResult)


def load_extraction(ws: Workspace, record: SessionRecord) -> ExtractionResult | None:
    """The evidence last extracted, fresh or not; None before the first."""
    return load_kept(ws, record, "evidence_extraction", ExtractionResult)


def load_validation(ws: Workspace, record: SessionRecord) -> ValidationResult | None:
    """The checks last run, fresh or not; None before the first."""
    return load_kept(ws, record, "cross_validation", ValidationResult)


def load_checklist(ws: Workspace, record: SessionRecord) -> checklists.Checklist:
    """The checklist that the session was created with."""
    return checklists.load(record.project_metadata.methodology, ws.settings.checklist.folder)


# --- what is fresh ----------------------------------------------------------------------------------------------------


def current_fingerprint(ws: Workspace, record: SessionRecord, key: StageKey) -> str | None:
    """What `key` would be made from now; None while an earlier stage has no result."""
    from pipeline.reading import READER_VERSION

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
    mapping = _result_sha(ws, record, "requirement_mapping")
    if key == "evidence_extraction":
        return fingerprints.of_extraction(record, inventory, mapping, checklist.sha256) if mapping else None
    if key == "cross_validation":
        extraction = _result_sha(ws, record, "evidence_extraction")
        if not (mapping and extraction):
            return None
        return fingerprints.of_validation(inventory, mapping, extraction, checklist.sha256)
    listed, validation = _result_sha(ws, record, "document_discovery"), _result_sha(ws, record, "cross_validation")
    if not (listed and validation):
        return None
    return fingerprints.of_report(record, listed, validation, checklist.sha256)


def goal_index(record: SessionRecord, to: StageKey | None = None) -> int:
    """How far the machine is to go, as an index into ORDER; -1 is nowhere (its last failure was discarded)."""
    goal = to or record.advance_to
    if goal in ORDER:
        return ORDER.index(goal)
    return -1 if goal == "initialize" else len(ORDER) - 1


def due(ws: Workspace, record: SessionRecord, to: StageKey | None = None) -> StageKey | None:
    """The next stage that must run to reach `to` (default: the session's own goal); None when there is nothing to do.

    A stage that failed on these very inputs is due again only while it is retryable and was tried fewer than
    MAX_ATTEMPTS times; after that somebody must `failed retry` it. Nothing of a completed session is ever due, and a
    report that lacks only the latest words of people is due when somebody asks for it: each makes a new version.
    """
    if not record.documents or record.is_completed:
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


# --- acts -------------------------------------------------------------------------------------------------------------


def request(ws: Workspace, session_id: str, to: StageKey, actor: str = "system") -> SessionRecord:
    """Raise how far the session is to go, and look again at the folders that were added by path.

    A report that lacks people's latest words is queued. Of a completed session nothing is looked at or raised.
    """
    if to not in ORDER:
        raise UsageError(f"{to!r} is not a stage the machine can go to.", f"Use one of {', '.join(VERBS)}.")
    from pipeline.stages.add_documents import rescan_sources

    record = ws.sessions.read(session_id)
    if record.is_completed:
        return record
    rescan_sources(ws, session_id)
    with ws.sessions.transaction(session_id, actor) as tx:
        if ORDER.index(to) > goal_index(tx.record):
            tx.update(advance_to=to)
            tx.log("advance_requested", to=to)
        stage = tx.record.stages.get("report_generation", StageRecord())
        if to == ORDER[-1] and lacks_only_words(stage, current_fingerprint(ws, tx.record, to)):
            tx.put_stage(to, stage.model_copy(update={"status": "queued"}))
            tx.log("advance_requested", to=to)
        return tx.record


def require_nothing_due(ws: Workspace, session_id: str, to: StageKey) -> None:
    """Raise HomeClosed when a stage up to `to` would have to run, in a home where nothing can be kept."""
    left = due(ws, ws.sessions.read(session_id), to)
    if left is not None:
        raise HomeClosed(
            f"`{VERB_OF[left]}` of {session_id} is due, and {obstacle(ws) or 'the home cannot be changed'}.",
            "Run the command again when the home can be changed. Nothing was lost.",
        )


def run_stage(
    ws: Workspace, session_id: str, key: StageKey, on_event: OnEvent | None = None, wait_seconds: float = 0.0
) -> StageRecord:
    """Carry out one stage under the session's lease and store its result if its inputs still hold, else again.

    Raises Busy when another process has the lease, or has taken it over because this one stood still; then nothing is
    written. Raises StageFailed after recording why on the session.
    """
    tell = on_event or _silent
    with ws.sessions.lease(session_id, wait_seconds) as lease:
        for _ in range(MAX_ROUNDS):
            record = ws.sessions.read(session_id)
            if record.is_completed:
                raise SessionCompleted(session_id)
            fingerprint = current_fingerprint(ws, record, key)
            if fingerprint is None:
                raise UsageError(f"`{VERB_OF[key]}` cannot run yet for {session_id}: an earlier stage has no result.")
            stage = record.stages.get(key, StageRecord())
            if stage.status == "completed" and stage.fingerprint == fingerprint and is_kept(ws, record, key):
                return stage
            reach("stage.begin")
            _mark_running(ws, session_id, key, lease)
            reach("stage.running")
            tell(Event(key, "started"))
            try:
                result = _compute(ws, session_id, key, tell)
                reach("stage.computed")
                sha = ws.sessions.save_result(session_id, result)
                reach("stage.saved")
            except TryAgain:
                raise
            except SetApart as error:
                return put_back(ws, session_id, key, error, lease)
            except Exception as error:
                # Room and rights come back: that is no fault of the stage, and it counts no try.
                if isinstance(error, OSError) and (known := _passing(ws, error)):
                    raise known from error
                # What it failed on was taken out or replaced meanwhile: that says nothing of what is there now.
                if current_fingerprint(ws, ws.sessions.read(session_id), key) != fingerprint:
                    continue
                failure = failure_of(session_id, key, error)
                record_failure(ws, session_id, key, failure, fingerprint, lease)
                said = f"{failure.message} {failure.cure}".strip()
                raise StageFailed(f"`{VERB_OF[key]}` of {session_id} failed: {said}") from error
            done = _commit(ws, session_id, key, fingerprint, sha, result, lease)
            if done is not None:
                reach("stage.committed")
                if lease.is_ours:
                    ws.sessions.prune_results(session_id)
                tell(Event(key, "finished"))
                return done
    raise TryAgain(f"The files of {session_id} keep changing while `{VERB_OF[key]}` runs.", "It is tried again.")


def _mark_running(ws: Workspace, session_id: str, key: StageKey, lease: Lease) -> None:
    with ws.sessions.transaction(session_id, "machine") as tx:
        lease.require()
        stage = tx.record.stages.get(key, StageRecord())
        tx.put_stage(key, stage.model_copy(update={"status": "running", "started_at": ws.now(), "finished_at": None}))
        tx.log("stage_started", stage=key)


def _commit(
    ws: Workspace, session_id: str, key: StageKey, fingerprint: str, sha: str, result: BaseModel, lease: Lease
) -> StageRecord | None:
    """Store the result if the session still says what it was made from; None when it changed meanwhile."""
    with ws.sessions.transaction(session_id, "machine") as tx:
        lease.require()
        if current_fingerprint(ws, tx.record, key) != fingerprint:
            return None
        stage = tx.record.stages.get(key, StageRecord())
        done = StageRecord(
            status="completed",
            fingerprint=fingerprint,
            result=sha,
            started_at=stage.started_at,
            finished_at=ws.now(),
        )
        tx.put_stage(key, done)
        tx.log("stage_finished", stage=key, result=sha, **_answers(result))
    return done


def _answers(result: BaseModel) -> dict[str, dict[str, str]]:
    """What each row answers, in short, so that the audit tells when one changed."""
    from pipeline.decisions.standing import noted

    return {"answers": noted(result)} if isinstance(result, ValidationResult) else {}


def record_failure(
    ws: Workspace,
    session_id: str,
    key: StageKey,
    failure: StageError,
    fingerprint: str | None = None,
    lease: Lease | None = None,
) -> None:
    """Write down that a stage gave up on its inputs, the present ones unless told; tries on the same are counted.

    What has changed while it failed was never tried, so it is due again at once.
    """
    with ws.sessions.transaction(session_id, "machine") as tx:
        if lease is not None:
            lease.require()
        stage = tx.record.stages.get(key, StageRecord())
        fingerprint = fingerprint or current_fingerprint(ws, tx.record, key)
        again = stage.error.attempts + 1 if stage.error and stage.fingerprint == fingerprint else 1
        counted = failure.model_copy(update={"attempts": again})
        update = {"status": "failed", "fingerprint": fingerprint, "finished_at": ws.now(), "error": counted}
        tx.put_stage(key, stage.model_copy(update=update))
        tx.log("stage_failed", stage=key, code=failure.code, message=failure.message, attempts=again)


def _passing(ws: Workspace, error: OSError) -> TryAgain | None:
    """What the home's own disk refused for now; None for everything else, such as a source without rights."""
    return passing(error, ws.data) if is_disk_full(error) or not ws.writable else None


def _compute(ws: Workspace, session_id: str, key: StageKey, tell: OnEvent) -> BaseModel:
    """Call the stage; imported here so that a door that only reads never pays for the readers."""
    if key == "document_discovery":
        from pipeline.stages.discover import Step, discover_documents

        def reading(step: Step) -> None:
            what = "reading" if step.done is None else "read"
            tell(Event(key, f"{what} {step.filename}", step.done, step.total, step.filename, step.pages))

        return discover_documents(ws, session_id, on_event=reading)
    if key == "requirement_mapping":
        from pipeline.stages.map_requirements import map_requirements

        return map_requirements(ws, session_id)
    if key == "evidence_extraction":
        from pipeline.stages.extract_evidence import extract_evidence

        return extract_evidence(ws, session_id)
    if key == "cross_validation":
        from pipeline.stages.cross_validate import cross_validate

        return cross_validate(ws, session_id)
    from pipeline.stages.generate_report import generate_report

    return generate_report(ws, session_id)


def advance(
    ws: Workspace, session_id: str, to: StageKey, on_event: OnEvent | None = None, wait_seconds: float = 60.0
) -> SessionRecord:
    """Do everything that is stale up to `to`, here and now; `document_discovery` looks at its sources again."""
    record = request(ws, session_id, to)
    while (key := due(ws, record, to)) is not None:
        run_stage(ws, session_id, key, on_event, wait_seconds)
        record = ws.sessions.read(session_id)
    return record
