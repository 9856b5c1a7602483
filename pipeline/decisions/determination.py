"""A person's word on the whole session, and whether it still stands on what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from pipeline.decisions import conflicts
from pipeline.decisions.standing import Standing, of_all
from pipeline.errors import UsageError
from pipeline.home import lookup
from pipeline.models import Determination, DeterminationKind, RequirementResult, SessionRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.home.workspace import Workspace


def determine(
    ws: Workspace,
    session_id: str,
    determination: DeterminationKind,
    notes: str,
    by: str,
    conditions: Sequence[str] = (),
    expected_revision: int | None = None,
) -> Determination:
    """Set a person's word on the session: approve, conditional (with conditions), reject or hold, always with notes.

    UsageError when nothing was judged yet. RevisionConflict when anybody's word, or any result, is newer than
    `expected_revision`: who signs must have seen it.
    """
    lookup.one_of("determination", determination, get_args(DeterminationKind))
    said = lookup.said("notes", notes)
    named = tuple(text for one in conditions if (text := one.strip()))
    if determination == "conditional" and not named:
        raise UsageError("A conditional approval names its conditions.", "Give each with --condition TEXT.")
    if determination != "conditional" and named:
        raise UsageError(f"{determination} has no conditions.", "Say conditional, or leave the conditions out.")
    wanted = {"determination": determination, "notes": said, "conditions": list(named)}
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.whole(), **wanted) as tx:
        rows = conflicts.judged(ws, tx.record)
        if not rows:
            raise UsageError(f"{session_id} has no rows to determine on yet.", f"registry-review run {session_id}")
        before = tx.record.determination
        made = Determination(
            determination=determination,
            notes=said,
            conditions=named,
            by=tx.actor,
            at=ws.now(),
            seen=of_all(rows.values()),
        )
        tx.update(determination=made)
        tx.log("determination_set", **wanted, was=before.determination if before else None)
    return made


def clear_determination(
    ws: Workspace, session_id: str, reason: str, by: str, expected_revision: int | None = None
) -> Determination:
    """Take the determination back; the audit keeps it. Returns what it was."""
    why = lookup.said("reason", reason)
    with conflicts.acting(ws, session_id, by, expected_revision, lambda _: conflicts.whole(), reason=why) as tx:
        gone = tx.record.determination
        if gone is None:
            raise UsageError(f"{session_id} has no determination.", f"See `status {session_id}`.")
        tx.update(determination=None)
        tx.log("determination_cleared", was=gone.determination, reason=why)
    return gone


def standing_of(record: SessionRecord, rows: Iterable[RequirementResult]) -> Standing | None:
    """Whether the determination was made on what the rows answer now; None without one. A hold always holds."""
    made = record.determination
    if made is None:
        return None
    return "holds" if made.determination == "hold" or made.seen == of_all(rows) else "reopened"
