"""A person's words on rows: decisions, remarks, and quotes that are no answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from pipeline.decisions import conflicts
from pipeline.decisions.standing import seen_answer, standing
from pipeline.errors import SessionCompleted, TryAgain, UsageError
from pipeline.home import lookup
from pipeline.models import (
    Annotation,
    AnnotationKind,
    AuditEvent,
    Decision,
    DecisionStatus,
    DiscardedQuote,
    Evidence,
    Opening,
    RowStatus,
    SessionRecord,
)
from pipeline.models.quoted import quotes_in
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.transaction import Transaction

#: Stands where the words of a document stood that was taken out.
TAKEN_OUT = "[its document was taken out]"
#: One reviewer's looks at a row within this time are one look.
OPENED_AGAIN = timedelta(minutes=1)
#: Seconds that whoever opens a row waits for the note of it: others, a backup say, may hold the session longer.
NOTING_SECONDS = 1.0


def record_decision(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    status: DecisionStatus,
    reason: str,
    by: str,
    expected_revision: int | None = None,
) -> Decision:
    """Set a person's word on one row, with the answer it was made on; what the machine found stays as it is.

    The decision holds as long as the row gives the same answer. RevisionConflict, with both versions, when the row was
    changed since `expected_revision`.
    """
    (decision,) = record_decisions(ws, session_id, [requirement_id], status, reason, by, expected_revision)
    return decision


def record_decisions(
    ws: Workspace,
    session_id: str,
    requirement_ids: Sequence[str],
    status: DecisionStatus,
    reason: str,
    by: str,
    expected_revision: int | None = None,
) -> tuple[Decision, ...]:
    """The same word on several rows that were named, all of them or none; each row has a decision of its own."""
    lookup.one_of("decision", status, get_args(DecisionStatus))
    why = lookup.said("reason", reason)
    if not requirement_ids:
        raise UsageError("No requirement was named.", "Name the rows that are decided.")
    rows = _named(ws, session_id, requirement_ids)
    made = []
    with conflicts.acting(
        ws, session_id, by, expected_revision, lambda _: conflicts.row(rows[0]), status=status, reason=why
    ) as tx:
        for one in rows[1:]:
            conflicts.unless_changed(
                ws, tx.record, expected_revision, conflicts.row(one), {"status": status, "reason": why}
            )
        judged = conflicts.judged(ws, tx.record)
        decisions = dict(tx.record.decisions)
        for one in rows:
            seen = seen_answer(judged[one]) if one in judged else None
            before = decisions.get(one)
            decisions[one] = Decision(
                requirement_id=one, status=status, reason=why, by=tx.actor, at=ws.now(), seen=seen
            )
            tx.log(
                "override_set",
                requirement_id=one,
                status=status,
                reason=why,
                was=before.status if before else None,
                machine=seen.status if seen else None,
                answer=seen.fingerprint[:16] if seen else None,
            )
            made.append(decisions[one])
        tx.update(decisions=decisions)
    return tuple(made)


def clear_decision(
    ws: Workspace, session_id: str, requirement_id: str, reason: str, by: str, expected_revision: int | None = None
) -> Decision:
    """Take a person's word on a row back; the audit keeps it. Returns what it was."""
    why = lookup.said("reason", reason)
    (row,) = _named(ws, session_id, [requirement_id])
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row), reason=why) as tx:
        left = dict(tx.record.decisions)
        if row not in left:
            raise UsageError(f"Nobody has decided on {row} of {session_id}.", f"See `show {session_id} {row}`.")
        gone = left.pop(row)
        tx.update(decisions=left)
        tx.log("override_cleared", requirement_id=row, was=gone.status, reason=why)
    return gone


def undecided(
    ws: Workspace, record: SessionRecord, status: RowStatus | None = None, reopened: bool = True
) -> tuple[str, ...]:
    """Rows without a decision that holds, in the checklist's order; those of one status, if it is given."""
    found = []
    for requirement_id, row in conflicts.judged(ws, record).items():
        decision = record.decisions.get(requirement_id)
        holds = decision is not None and standing(decision, row) == "holds" and decision.status != "pending"
        if not holds and (status is None or row.status == status) and (reopened or decision is None):
            found.append(requirement_id)
    return tuple(found)


def annotate(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    text: str,
    by: str,
    kind: AnnotationKind = "note",
    expected_revision: int | None = None,
) -> Annotation:
    """Add a remark to a row; remarks are never changed and stand in the order they were made."""
    lookup.one_of("kind of remark", kind, get_args(AnnotationKind))
    said = lookup.said("text", text)
    (row,) = _named(ws, session_id, [requirement_id])
    with conflicts.acting(
        ws, session_id, by, expected_revision, lambda _: conflicts.row(row), kind=kind, text=said
    ) as tx:
        key = f"note-{len(tx.record.annotations) + 1}"
        made = Annotation(annotation_id=key, requirement_id=row, kind=kind, text=said, by=tx.actor, at=ws.now())
        tx.update(annotations={**tx.record.annotations, key: made})
        tx.log("annotation_added", annotation_id=key, requirement_id=row, kind=kind, text=said)
    return made


def discard_quote(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    evidence_id: str,
    reason: str,
    by: str,
    expected_revision: int | None = None,
) -> DiscardedQuote:
    """Say that a quote is no answer to a row: the machine looks for another, and the row may lose its answer.

    `evidence_id` may be the quote's number in the row, from 1. It stays visible as discarded, and counts again after
    `restore_quote`. Other rows may go on quoting it.
    """
    why = lookup.said("reason", reason)
    (row,) = _named(ws, session_id, [requirement_id])
    wanted = {"evidence_id": evidence_id, "reason": why}
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row), **wanted) as tx:
        quote = _quote(ws, tx.record, row, evidence_id)
        made = DiscardedQuote(
            requirement_id=row,
            evidence_id=quote.evidence_id,
            document=quote.document,
            sha256=quote.sha256,
            page=quote.page,
            page_label=quote.page_label,
            section=quote.section,
            quote=quote.quote,
            reason=why,
            by=tx.actor,
            at=ws.now(),
        )
        tx.update(discarded={**tx.record.discarded, f"{row}/{quote.evidence_id}": made})
        tx.log("quote_discarded", requirement_id=row, evidence_id=quote.evidence_id, sha256=quote.sha256, reason=why)
    return made


def restore_quote(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    evidence_id: str,
    reason: str,
    by: str,
    expected_revision: int | None = None,
) -> DiscardedQuote:
    """Let a discarded quote count again; returns what was said of it."""
    why = lookup.said("reason", reason)
    (row,) = _named(ws, session_id, [requirement_id])
    wanted = {"evidence_id": evidence_id, "reason": why}
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.row(row), **wanted) as tx:
        left = dict(tx.record.discarded)
        gone = left.pop(f"{row}/{evidence_id}", None)
        if gone is None:
            raise UsageError(f"No quote {evidence_id} of {row} was discarded.", f"See `show {session_id} {row}`.")
        tx.update(discarded=left)
        tx.log("quote_restored", requirement_id=row, evidence_id=evidence_id, reason=why)
    return gone


def note_row_opened(ws: Workspace, session_id: str, requirement_id: str, by: str) -> bool:
    """Note in the audit that a reviewer looked at a row, once a minute at most; True when it was noted.

    Looking must never fail for it: a session that is locked, busy or signed in between, and one on a disk that takes
    nothing, is left as it is. For doors at which a person sits; a program that reads rows opens none.
    """
    who = lookup.said("by", by)
    record = ws.sessions.read(session_id)
    (row,) = _named(ws, session_id, [requirement_id])
    key = f"{row}/{who}"

    def lately(one: SessionRecord) -> bool:
        last = one.opened.get(key)
        return last is not None and ws.now() - last.at < OPENED_AGAIN

    if record.is_completed or lately(record):
        return False
    try:
        with ws.sessions.transaction(session_id, who, wait_seconds=NOTING_SECONDS) as tx:
            if lately(tx.record):
                return False
            tx.update(opened={**tx.record.opened, key: Opening(requirement_id=row, by=who, at=ws.now())})
            tx.log("row_opened", requirement_id=row)
    except (TryAgain, SessionCompleted):
        return False
    return True


def history(ws: Workspace, session_id: str, requirement_id: str) -> tuple[AuditEvent, ...]:
    """Everything people did to one row, oldest first, what was taken back or replaced included."""
    (row,) = _named(ws, session_id, [requirement_id])
    words = conflicts.ABOUT_ROWS | {"annotation_added"}
    return tuple(
        event
        for event in ws.sessions.audit(session_id)
        if event.action in words and event.details.get("requirement_id") == row
    )


def _named(ws: Workspace, session_id: str, texts: Sequence[str]) -> list[str]:
    record = ws.sessions.read(session_id)
    return list(dict.fromkeys(conflicts.requirement_id(ws, record, text) for text in texts))


def _quote(ws: Workspace, record: SessionRecord, row: str, evidence_id: str) -> Evidence:
    """The quote of that row with that id or number, whether the row shows it or only a test of it stands on it."""
    shown = conflicts.judged(ws, record)[row].evidence if row in conflicts.judged(ws, record) else ()
    if evidence_id.isdecimal() and 0 < int(evidence_id) <= len(shown):
        return shown[int(evidence_id) - 1]
    extraction = results.load_extraction(ws, record)
    found = next((r for r in extraction.requirements if r.requirement_id == row), None) if extraction else None
    quotes = {item.evidence_id: item for item in quotes_in(found)} if found else {}
    if evidence_id not in quotes:
        cure = f"`show {record.session_id} {row}` numbers the quotes."
        raise UsageError(f"{row} of {record.session_id} has no quote {evidence_id}.", cure)
    return quotes[evidence_id]


def forget_words_of(tx: Transaction, hashes: Sequence[str]) -> None:
    """Blank the words of documents that are taken out, where a decision or a discarded quote still repeats them.

    A decision's fingerprint stays, so that it holds or re-opens as it would have.
    """
    gone = set(hashes)
    decisions = {}
    for key, decision in tx.record.decisions.items():
        if decision.seen and any(quote.sha256 in gone for quote in decision.seen.quotes):
            quotes = tuple(
                q.model_copy(update={"quote": TAKEN_OUT}) if q.sha256 in gone else q for q in decision.seen.quotes
            )
            seen = decision.seen.model_copy(update={"quotes": quotes, "reason": TAKEN_OUT})
            decision = decision.model_copy(update={"seen": seen})
        decisions[key] = decision
    discarded = {
        key: one.model_copy(update={"quote": TAKEN_OUT}) if one.sha256 in gone else one
        for key, one in tx.record.discarded.items()
    }
    claims = {
        key: one.model_copy(update={"evidence": one.evidence.model_copy(update={"quote": TAKEN_OUT})})
        if one.evidence.sha256 in gone
        else one
        for key, one in tx.record.claims.items()
    }
    if (decisions, discarded, claims) != (tx.record.decisions, tx.record.discarded, tx.record.claims):
        tx.update(decisions=decisions, discarded=discarded, claims=claims)
