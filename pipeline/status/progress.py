"""A session as people see it: every stage's status with its reason, the counts, and the one next thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.decisions.review_state import ReviewState, review_state
from pipeline.errors import ChecklistError
from pipeline.home.pointing import goes_on_in, in_words, left_behind, sending, trouble
from pipeline.models import Session, SessionRecord, StageKey, StageRecord, StageView, Statistics
from pipeline.status.next_for_people import next_for_people, of_people
from pipeline.workflow.freshness import current_fingerprint, lacks_only_words
from pipeline.workflow.order import ORDER, VERB_OF, goal_index
from pipeline.workflow.results import is_kept, load_checklist, load_inventory, load_validation

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Every stage as people see it, by its key.
Views = dict[StageKey, StageView]
#: The session's status after the last fresh stage.
STATUS_AFTER: dict[StageKey, str] = {
    "document_discovery": "documents_discovered",
    "requirement_mapping": "requirements_mapped",
    "evidence_extraction": "evidence_extracted",
    "cross_validation": "cross_validated",
    "report_generation": "report_generated",
}
#: The status of a session in whose place another one is reviewed.
POINTING = "pointing"
#: What a determination makes of the session while it holds.
STATUS_BY_DETERMINATION: dict[str, str] = {"hold": "on_hold", "reject": "rejected"}
#: How the reason of a session begins that nobody sent anything for.
NO_FILES = "no files yet"
#: Why a report is not made anew by itself.
WORDS_SINCE = "people decided or remarked since: `report` makes a new one"
#: Why a queued stage waits, as far as the session itself knows.
FOR_A_WORKER = "is done as soon as a worker is there"


def progress(ws: Workspace, record: SessionRecord, state: ReviewState | None = None) -> Views:
    """Every stage's status with its reason, computed from fingerprints; nothing here is a stored flag.

    `state` spares working out where people's review stands, where that is known.
    """
    views: Views = {
        "initialize": StageView(status="completed", started_at=record.created_at, finished_at=record.created_at)
    }
    state = state or review_state(ws, record)
    if record.is_completed:
        return {**views, **_as_completed(record), **of_people(record, state, reported=True)}
    leased = ws.sessions.leased(record.session_id)
    waiting = None if record.documents and record.points_to is None else _waits_for_files(ws, record)
    previous: StageKey | None = None
    for key in ORDER:
        views[key] = _view(ws, record, key, previous, views, leased, waiting)
        previous = key
    return {**views, **of_people(record, state, is_reported(views))}


def _as_completed(record: SessionRecord) -> dict[StageKey, StageView]:
    """The machine's stages of a completed session, as they were when it was signed."""
    return {
        key: StageView(
            status="completed", started_at=one.started_at, finished_at=one.finished_at, fingerprint=one.fingerprint
        )
        for key in ORDER
        if (one := record.stages.get(key))
    }


def is_reported(views: dict[StageKey, StageView]) -> bool:
    """True when there is a report that lacks nothing but people's latest words."""
    view = views["report_generation"]
    return view.status == "completed" or view.reason == WORDS_SINCE


def _waits_for_files(ws: Workspace, record: SessionRecord) -> str:
    if record.points_to is not None:
        return in_words(ws, record)
    return f"{NO_FILES}: drop them into inbox/{record.session_id}/ or use `add`"


def _view(
    ws: Workspace,
    record: SessionRecord,
    key: StageKey,
    previous: StageKey | None,
    views: dict[StageKey, StageView],
    leased: bool,
    waiting: str | None,
) -> StageView:
    stage = record.stages.get(key, StageRecord())
    times = {"started_at": stage.started_at, "finished_at": stage.finished_at, "fingerprint": stage.fingerprint}
    if waiting:
        return StageView(status="waiting", reason=waiting, **times)
    if stage.status == "running" and leased:
        return StageView(status="running", reason="being worked on", **times)
    earlier_fresh = previous is None or views[previous].status == "completed"
    try:
        fingerprint = current_fingerprint(ws, record, key) if earlier_fresh else None
    except ChecklistError as error:
        return StageView(status="failed", reason=str(error), **times)
    if fingerprint is not None and stage.fingerprint == fingerprint:
        if stage.status == "completed" and is_kept(ws, record, key):
            return StageView(status="completed", **times)
        if stage.status == "completed":
            return StageView(status="stale", reason="its stored result is gone or damaged and is made again", **times)
        if stage.status == "failed" and stage.error:
            return StageView(status="failed", reason=f"{stage.error.message} {stage.error.cure}".strip(), **times)
    if key == "report_generation" and stage.result and lacks_only_words(stage, fingerprint):
        return StageView(status="stale", reason=WORDS_SINCE, **times)
    wanted = ORDER.index(key) <= goal_index(record)
    after = f"comes after `{VERB_OF[previous]}`" if previous and not earlier_fresh else None
    if stage.result:
        changed = "the files changed since" if previous is None else f"`{VERB_OF[previous]}` gave something new since"
        return StageView(status="stale", reason=after or changed, **times)
    if wanted:
        return StageView(status="queued", reason=after or FOR_A_WORKER, **times)
    return StageView(status="pending", reason=after or f"not asked for yet: `{VERB_OF[key]}`", **times)


def statistics(ws: Workspace, record: SessionRecord) -> Statistics:
    """The counts shown with a session, from the last results."""
    if record.points_to is not None:  # counted with the session that is reviewed in its place
        return Statistics()
    inventory, validation = load_inventory(ws, record), load_validation(ws, record)
    rows = [r.status for r in validation.requirements] if validation else []
    checks = [c.outcome for c in validation.checks] if validation else []
    try:
        total = len(load_checklist(ws, record).requirements)
    except ChecklistError:
        total = len(rows)
    return Statistics(
        documents_found=len(inventory.documents) if inventory else len(record.documents),
        requirements_total=total,
        covered=rows.count("covered"),
        partial=rows.count("partial"),
        missing=rows.count("missing"),
        not_applicable=rows.count("not_applicable"),
        needs_review=rows.count("needs_review"),
        checks_passed=checks.count("pass"),
        checks_failed=checks.count("fail"),
    )


def session_status(views: dict[StageKey, StageView], state: ReviewState) -> str:
    """The session's one status word: from the last stage that is fresh, and from people's words once it is reported.

    On hold keeps everything, so that is said whatever arrives; a rejection holds as long as no row changes.
    """
    if state.completed:
        return "completed"
    made = state.determination
    if made and made.determination in STATUS_BY_DETERMINATION and state.determination_state == "holds":
        return STATUS_BY_DETERMINATION[made.determination]
    if state.begun and is_reported(views):
        return "in_human_review"
    status = "initialized"
    for key in ORDER:
        if views[key].status != "completed":
            break
        status = STATUS_AFTER[key]
    return status


def session_view(
    ws: Workspace, record: SessionRecord, views: Views | None = None, state: ReviewState | None = None
) -> Session:
    """The session as people and programs see it; `views` and `state` spare working them out, where they are known."""
    views = views or progress(ws, record)
    return Session(
        session_id=record.session_id,
        project_metadata=record.project_metadata,
        document_sources=tuple(s for _, s in sorted(record.sources.items())),
        workflow_progress=views,
        statistics=statistics(ws, record),
        advance_to=record.advance_to,
        revision=record.revision,
        created_at=record.created_at,
        updated_at=record.updated_at,
        status=POINTING if record.points_to is not None else session_status(views, state or review_state(ws, record)),
    )


def waits(ws: Workspace, record: SessionRecord, to: StageKey | None = None) -> list[str]:
    """Everything within the stages up to `to` that waits for a person, in words."""
    if record.points_to is not None:
        nowhere, left = trouble(ws, record), left_behind(ws, record)
        there = goes_on_in(ws, record)
        unsent = [f"{left} of its files never went to {there}: {sending(record.session_id)}"] if left else []
        return [str(nowhere)] if nowhere else unsent
    found = [q.warning.message for q in record.questions.values() if q.answer is None]
    if not record.documents:
        from pipeline.intake.like_named import elsewhere

        found.append(_waits_for_files(ws, record))
        if other := elsewhere(ws, record):
            found.append(other)
    if goal_index(record, to) >= ORDER.index("cross_validation"):
        validation = load_validation(ws, record)
        if validation:
            found += [e.message for e in validation.exceptions if e.kind == "wrong_checklist"]
    return found


def next_action(
    ws: Workspace, record: SessionRecord, views: Views | None = None, state: ReviewState | None = None
) -> str:
    """The one next thing to do, as a sentence with the command to type; for `views` and `state` see `session_view`."""
    sid = record.session_id
    if record.points_to is not None:
        there, nowhere = goes_on_in(ws, record), trouble(ws, record)
        if left_behind(ws, record):
            return f"Add its files to {there}: {sending(sid)}"
        return nowhere.cure if nowhere else f"Go on with {there}: registry-review status {there}"
    if any(q.answer is None for q in record.questions.values()):
        return f"Answer the duplicate question: registry-review duplicates {sid} --answer continue|use-existing|cancel"
    if not record.documents:
        return f"Drop the project's files into inbox/{sid}/ or: registry-review add {sid} FOLDER"
    views = views or progress(ws, record)
    for key in ORDER:
        if views[key].status == "failed" and record.stages.get(key, StageRecord()).error is None:
            return f"{views[key].reason} Then: registry-review run {sid}"
        if views[key].status == "failed":
            return f"Read why `{VERB_OF[key]}` failed, then: registry-review failed retry {sid}"
        if views[key].status == "running":
            return f"Wait: `{VERB_OF[key]}` is being worked on."
        if views[key].status != "completed" and not (key == ORDER[-1] and is_reported(views)):
            return f"registry-review run {sid}"
    return next_for_people(sid, state or review_state(ws, record))
