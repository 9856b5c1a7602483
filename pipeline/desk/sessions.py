"""Sessions as every door shows them: where each stands, all of one, and which others look the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.decisions.claims import claims_of
from pipeline.errors import ReviewError
from pipeline.intake.duplicates import alike_sessions
from pipeline.models import SCHEMA_VERSION, Claim, Inventory, RequirementResult, SessionRecord, ValidationResult
from pipeline.reporting.people import decided
from pipeline.status.session import HomeState, SessionStatus, look_around, status_of
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def everything(
    ws: Workspace, around: HomeState | None = None, ids: Sequence[str] | None = None
) -> tuple[list[SessionStatus], list[str]]:
    """The status of all sessions, or of those of `ids`, and a sentence for each that cannot be read."""
    found, damaged = [], []
    around = around or look_around(ws)
    for session_id in ws.sessions.ids() if ids is None else ids:
        try:
            found.append(status_of(ws, ws.sessions.read(session_id), around))
        except ReviewError as error:
            damaged.append(f"{session_id}: {error}")
    return found, damaged


def project_name(ws: Workspace, session_id: str) -> str:
    """What a session's project is called, or its id when that cannot be read."""
    try:
        return ws.sessions.read(session_id).project_metadata.project_name
    except ReviewError:
        return session_id


def listed(ws: Workspace) -> dict[str, Any]:
    """Every session's status, and what cannot be read."""
    found, damaged = everything(ws)
    return {"schema_version": SCHEMA_VERSION, "sessions": found, "damaged": damaged}


def status_with_slips(ws: Workspace, record: SessionRecord) -> SessionStatus:
    """Where one session stands, with the slips in what people wrote."""
    from pipeline.decisions.slips import slips  # start-up

    return status_of(ws, record).model_copy(update={"warnings": slips(ws, record)})


@dataclass(frozen=True)
class WholeSession:
    """One session with what its stages last gave and what people and others said of it."""

    record: SessionRecord
    status: SessionStatus
    inventory: Inventory | None
    validation: ValidationResult | None
    #: With the decisions on them.
    rows: tuple[RequirementResult, ...]
    claims: tuple[Claim, ...]

    @property
    def value(self) -> dict[str, Any]:
        """As programs are given it: the status, and beside it documents, rows, exceptions, papers and claims."""
        made = self.status.model_dump(mode="json")
        made["documents"] = list(self.inventory.documents if self.inventory else self.record.documents.values())
        made["requirements"] = list(self.rows)
        for part in ("exceptions", "titles", "papers", "plan_differences"):
            made[part] = list(getattr(self.validation, part)) if self.validation else []
        made["claims"] = self.claims
        return made


def whole(ws: Workspace, record: SessionRecord) -> WholeSession:
    """Everything of one session, from stored results."""
    validation = results.load_validation(ws, record)
    rows = tuple(decided(record, row) for row in validation.requirements) if validation else ()
    inventory = results.load_inventory(ws, record)
    return WholeSession(record, status_of(ws, record), inventory, validation, rows, claims_of(ws, record))


def likenesses(ws: Workspace, record: SessionRecord, found: SessionStatus) -> dict[str, Any]:
    """Every session that looks the same with the answer that holds, and what is still asked."""
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": record.session_id,
        "duplicates": alike_sessions(ws, record),
        "questions": found.questions,
        "notes": found.notes,
        "points_to": found.points_to,
    }
