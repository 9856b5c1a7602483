"""How a stage is asked for, carried out under the session's lease, and its result or failure kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from pipeline.decisions.standing import noted
from pipeline.errors import HomeClosed, SessionCompleted, SetApart, StageFailed, TryAgain, UsageError
from pipeline.home.health import obstacle
from pipeline.home.pointing import require_own_review
from pipeline.models import SessionRecord, StageError, StageKey, StageRecord, ValidationResult
from pipeline.stages.events import Event, OnEvent
from pipeline.stages.failures import failure_of, put_back
from pipeline.store.faultpoints import reach
from pipeline.store.files import is_disk_full, passing
from pipeline.workflow.freshness import current_fingerprint, due, lacks_only_words
from pipeline.workflow.order import ORDER, VERB_OF, VERBS, goal_index
from pipeline.workflow.results import is_kept

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.leases import Lease

#: How often a stage is computed anew because its inputs changed under it, before it leaves the rest to the next run.
MAX_ROUNDS = 5


def _silent(_event: Event) -> None:
    """Nobody is watching."""


def request(ws: Workspace, session_id: str, to: StageKey, actor: str = "system") -> SessionRecord:
    """Raise how far the session is to go, and look again at the folders that were added by path.

    A report that lacks people's latest words is queued. Of a completed session nothing is looked at or raised.
    PointsElsewhere for a session in whose place another one is reviewed.
    """
    if to not in ORDER:
        raise UsageError(f"{to!r} is not a stage the machine can go to.", f"Use one of {', '.join(VERBS)}.")
    from pipeline.stages.add_documents import rescan_sources  # start-up

    record = ws.sessions.read(session_id)
    require_own_review(ws, record)
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
    record = ws.sessions.read(session_id)
    require_own_review(ws, record)
    left = due(ws, record, to)
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
            require_own_review(ws, record)
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
        from pipeline.stages.discover import Step, discover_documents  # start-up

        def reading(step: Step) -> None:
            what = "reading" if step.done is None else "read"
            tell(Event(key, f"{what} {step.filename}", step.done, step.total, step.filename, step.pages))

        return discover_documents(ws, session_id, on_event=reading)
    if key == "requirement_mapping":
        from pipeline.stages.map_requirements import map_requirements  # start-up

        return map_requirements(ws, session_id)
    if key == "evidence_extraction":
        from pipeline.stages.extract_evidence import extract_evidence  # start-up

        return extract_evidence(ws, session_id)
    if key == "cross_validation":
        from pipeline.stages.cross_validate import cross_validate  # start-up

        return cross_validate(ws, session_id)
    from pipeline.stages.generate_report import generate_report  # start-up

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
