"""The frame of every act of a person: a name, one transaction, and no write over what the person has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.decisions.standing import seen_answer
from pipeline.errors import RevisionConflict, UsageError
from pipeline.home import lookup
from pipeline.home.pointing import require_own_review
from pipeline.models import AuditEvent, RequirementResult, SessionRecord, Value
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.transaction import Transaction

#: Acts that set or clear a person's word on a row.
ON_ROWS = frozenset({"override_set", "override_cleared"})
#: Acts on a row that a decision on it must know of.
ABOUT_ROWS = ON_ROWS | {
    *("quote_discarded", "quote_restored", "mapping_changed", "revision_requested", "revision_resolved"),
}
ON_DOCUMENTS = frozenset({"document_pinned", "document_ignored", "document_reclassified", "document_unmarked"})
ON_THE_WHOLE = frozenset({"determination_set", "determination_cleared"})


@dataclass(frozen=True)
class Target:
    """What an act writes to, so that it can be told whether somebody else wrote to the same in between."""

    #: As it is named in a sentence: "REQ-007", "the determination".
    name: str
    #: True for events that change what the person saw.
    touches: Callable[[AuditEvent], bool]
    #: The word that stands, from the record.
    stands: Callable[[SessionRecord], Value | None]
    #: True for events that set or clear that word.
    sets: Callable[[AuditEvent], bool]
    #: The row that the machine answers, where there is one.
    requirement_id: str | None = None


def row(requirement_id: str) -> Target:
    """A requirement."""

    def own(event: AuditEvent) -> bool:
        return event.details.get("requirement_id") == requirement_id

    return Target(
        requirement_id,
        lambda event: event.action in ABOUT_ROWS and own(event),
        lambda record: record.decisions.get(requirement_id),
        lambda event: event.action in ON_ROWS and own(event),
        requirement_id,
    )


def document(document_id: str, filename: str) -> Target:
    """A document."""

    def own(event: AuditEvent) -> bool:
        return event.action in ON_DOCUMENTS and event.details.get("document_id") == document_id

    return Target(filename, own, lambda record: record.documents.get(document_id), own)


def revision(revision_id: str) -> Target:
    """A request for revision."""

    def own(event: AuditEvent) -> bool:
        return event.details.get("revision_id") == revision_id

    return Target(revision_id, own, lambda record: record.revisions.get(revision_id), own)


def whole() -> Target:
    """The session: every word on any part of it, and every new result, is something to know of."""
    # A remark, too: it changes no row, and may be why somebody would not sign.
    words = ABOUT_ROWS | ON_DOCUMENTS | ON_THE_WHOLE | {"annotation_added", "reopened", "session_completed"}
    return Target(
        "the session",
        lambda event: event.action in words or _new_results(event),
        lambda record: record.determination,
        lambda event: event.action in ON_THE_WHOLE,
    )


@contextmanager
def acting(
    ws: Workspace,
    session_id: str,
    by: str,
    expected_revision: int | None,
    target: Callable[[SessionRecord], Target],
    **refused: Any,
) -> Iterator[Transaction]:
    """A transaction in the person's name; RevisionConflict, with both versions, when the target changed since then.

    PointsElsewhere when another session is reviewed in this one's place. `expected_revision` is the session's revision
    when the person looked; acts on other rows and the machine's work on them are no conflict. `refused` is what is to
    be written, handed back with the conflict.
    """
    who = lookup.said("by", by)
    with ws.sessions.transaction(session_id, who) as tx:
        require_own_review(ws, tx.record, "nothing is decided here")
        unless_changed(ws, tx.record, expected_revision, target(tx.record), refused)
        yield tx


def unless_changed(
    ws: Workspace, record: SessionRecord, expected: int | None, target: Target, refused: dict[str, Any]
) -> None:
    """RevisionConflict when the target was changed after that revision; None asks for nothing."""
    if expected is None:
        return
    if expected > record.revision:
        what = f"{record.session_id} has never been at revision {expected}; it is at {record.revision}."
        raise UsageError(what, "Take the revision from `status`.")
    if expected == record.revision:
        return
    events = ws.sessions.audit(record.session_id)
    later = [event for event in events if (event.revision or 0) > expected]
    before = _machine_then(target, events, expected)
    now = _machine_now(ws, record, target)
    if not any(target.touches(event) for event in later) and before == now:
        return
    saw = {"revision": expected, "machine": _status(before), "word": _word_then(target, events, expected)}
    word = target.stands(record)
    stands = {
        "revision": record.revision,
        "machine": _status(now),
        "word": word.model_dump(mode="json") if word is not None else None,
    }
    raise RevisionConflict(
        f"{target.name} was changed since revision {expected}. You saw: {_told(saw)}. Now: {_told(stands)}.",
        "Nothing was written. Look at it again, then repeat it.",
        saw=saw,
        stands=stands,
        refused=refused,
    )


def _new_results(event: AuditEvent) -> bool:
    return event.action == "stage_finished" and event.details.get("stage") == "cross_validation"


def _machine_then(target: Target, events: Sequence[AuditEvent], expected: int) -> str | None:
    """The row's status and fingerprint in short at that revision, as the audit noted them."""
    found = [e.details.get("answers", {}) for e in events if _new_results(e) and (e.revision or 0) <= expected]
    answer = found[-1].get(target.requirement_id) if found and target.requirement_id else None
    return str(answer) if answer else None


def _machine_now(ws: Workspace, record: SessionRecord, target: Target) -> str | None:
    row = judged(ws, record).get(target.requirement_id or "")
    return f"{row.status} {seen_answer(row).fingerprint[:16]}" if row else None


def _status(noted: str | None) -> str | None:
    return noted.partition(" ")[0] if noted else None


def _word_then(target: Target, events: Sequence[AuditEvent], expected: int) -> dict[str, Any] | None:
    found = [event for event in events if target.sets(event) and (event.revision or 0) <= expected]
    if not found or found[-1].action.endswith(("_cleared", "_unmarked")):
        return None
    return {**found[-1].details, "by": found[-1].actor, "at": found[-1].at.isoformat().replace("+00:00", "Z")}


def _told(version: dict[str, Any]) -> str:
    """A version in words: what the machine says, and whose word stands."""
    word = version["word"]
    parts = [str(version["machine"]).replace("_", " ")] if version["machine"] else []
    if word is None:
        return ", ".join([*parts, "no person's word"])
    said = word.get("status") or word.get("determination") or word.get("reviewer_status") or word.get("document_type")
    why = word.get("reason") or word.get("notes") or word.get("reviewer_reason") or word.get("what")
    who = word.get("by") or word.get("reviewer")
    text = " ".join(filter(None, [str(said).replace("_", " ") if said else "set", f"by {who}" if who else ""]))
    return ", ".join([*parts, f'{text} ("{why}")' if why else text])


def judged(ws: Workspace, record: SessionRecord) -> dict[str, RequirementResult]:
    """The rows as last judged, by requirement; empty before the first time."""
    validation = results.load_validation(ws, record)
    return {one.requirement_id: one for one in validation.requirements} if validation else {}


def requirement_id(ws: Workspace, record: SessionRecord, text: str) -> str:
    """The id of the requirement that `text` names: "REQ-007", "007" and "7" are the same."""
    return lookup.requirement(text, results.load_checklist(ws, record).requirements).requirement_id
