"""How long a review took and what was done by hand, counted from the audit; what it does not hold is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.models import AuditEvent, Value

#: What the machine found that a plain approval changes nothing of.
_SETTLED_ALREADY = ("covered", "not_applicable")


class ReviewTimes(Value):
    """Measured, never estimated: None is "not known", which is something else than none at all."""

    #: The first file; the first report; the determination that stands.
    dropped_at: datetime | None = None
    reported_at: datetime | None = None
    determined_at: datetime | None = None
    drop_to_report_seconds: float | None = None
    report_to_determination_seconds: float | None = None
    #: Different rows that a reviewer looked at, and how often; None where no door has noted it.
    rows_opened: int | None = None
    openings: int | None = None
    #: Rows that people decided on, and rows where they said something else than the machine.
    rows_decided: int = 0
    rows_changed_by_hand: int = 0


def times_of(events: Sequence[AuditEvent]) -> ReviewTimes:
    """The times that a session's audit tells."""
    dropped = next((e.at for e in events if e.action == "file_received"), None)
    reported = next((e.at for e in events if _is_report(e)), None)
    signed = [e for e in events if e.action in ("determination_set", "determination_cleared")]
    determined = signed[-1].at if signed and signed[-1].action == "determination_set" else None
    opened = [str(e.details.get("requirement_id")) for e in events if e.action == "row_opened"]
    decided = {e.details["requirement_id"]: e.details for e in events if e.action == "override_set"}
    return ReviewTimes(
        dropped_at=dropped,
        reported_at=reported,
        determined_at=determined,
        drop_to_report_seconds=_between(dropped, reported),
        report_to_determination_seconds=_between(reported, determined),
        rows_opened=len(set(opened)) if opened else None,
        openings=len(opened) if opened else None,
        rows_decided=len(decided),
        rows_changed_by_hand=len(_by_hand(events)),
    )


def _is_report(event: AuditEvent) -> bool:
    return event.action == "stage_finished" and event.details.get("stage") == "report_generation"


def _by_hand(events: Sequence[AuditEvent]) -> set[str]:
    """Rows whose quotes or documents a person changed, or that were once decided otherwise than they were found.

    A word on a row of which nothing had been found yet contradicts nothing.
    """
    found = set()
    for event in events:
        said = event.details
        machine = said.get("machine")
        otherwise = machine is not None and (machine in _SETTLED_ALREADY) != (said.get("status") == "approved")
        if event.action in ("quote_discarded", "mapping_changed") or (event.action == "override_set" and otherwise):
            found.add(str(said["requirement_id"]))
    return found


def _between(first: datetime | None, last: datetime | None) -> float | None:
    return (last - first).total_seconds() if first and last and last >= first else None
