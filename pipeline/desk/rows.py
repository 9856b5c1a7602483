"""The rows of a session as they were judged, with what a person decided on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import NotMadeYet
from pipeline.home import lookup
from pipeline.models import (
    RequirementResult,
    SessionRecord,
)
from pipeline.reporting.people import decided
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def judged(ws: Workspace, record: SessionRecord, text: str) -> RequirementResult:
    """The row that `text` names, with a person's decision on it; NotMadeYet when no row has been judged yet."""
    return decided(record, lookup.requirement(text, judged_rows(ws, record)))


def judged_rows(ws: Workspace, record: SessionRecord) -> tuple[RequirementResult, ...]:
    """Every row, in the checklist's order; NotMadeYet when none has been judged yet."""
    validation = results.load_validation(ws, record)
    if validation is None:
        cure = f"registry-review validate {record.session_id}"
        raise NotMadeYet(f"The requirements of {record.session_id} have not been judged yet.", cure)
    return validation.requirements
