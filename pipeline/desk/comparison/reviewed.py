"""What people decided on each submission, beside the words it was decided on; kept, and made anew when it changed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from pipeline.decisions import conflicts
from pipeline.decisions.determination import standing_of
from pipeline.decisions.standing import standing
from pipeline.errors import ReviewError
from pipeline.models import (
    DecisionStatus,
    DeterminationKind,
    RequirementResult,
    RowStatus,
    SectionWords,
    SessionRecord,
    Value,
)
from pipeline.models.digests import digest
from pipeline.store.files import write_atomic
from pipeline.workflow import results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.home.workspace import Workspace

_FILE = "reviewed-words.json"


class Decided(Value):
    """A decision that holds, as it is shown beside another submission."""

    status: DecisionStatus
    reason: str
    by: str
    at: datetime


class Answered(Value):
    """What a row answers, but for its quotes."""

    status: RowStatus
    #: Over the status, the tests that fail and the papers that are absent.
    sha256: str


class Reviewed(Value):
    """A submission on which some person's word holds, at one revision of its session; without any, no sections."""

    #: Grows when what is kept changes; what an earlier program kept is then made anew.
    form: Literal[2] = 2
    revision: int
    session_id: str
    project_name: str
    decisions: dict[str, Decided]
    answers: dict[str, Answered]
    determination: DeterminationKind | None = None
    sections: tuple[SectionWords, ...] = ()

    @property
    def is_reviewed(self) -> bool:
        """True when there is a word that holds, and words to compare."""
        return bool(self.sections) and (bool(self.decisions) or self.determination is not None)


def answered(row: RequirementResult) -> Answered:
    """What a row answers: equal for equal status, failed tests and absent papers."""
    failed = sorted(test.test for test in row.tests if test.outcome != "pass")
    return Answered(status=row.status, sha256=digest(row.status, failed, sorted(row.expected_but_absent)))


def reviewed_sessions(ws: Workspace, beside: SessionRecord) -> Iterator[Reviewed]:
    """Every reviewed submission of the home but the session `beside`, by id; damaged sessions are passed over.

    Only those on the same checklist: on another one the same number is another requirement.
    """
    methodology = beside.project_metadata.methodology
    for row in sorted(ws.catalog.list(), key=lambda row: row.session_id):
        if row.session_id == beside.session_id or row.methodology != methodology:
            continue
        try:
            known = _kept(ws, row.session_id, row.revision) or _made(ws, ws.sessions.read(row.session_id))
        except ReviewError:
            continue
        if known.is_reviewed:
            yield known


def _kept(ws: Workspace, session_id: str, revision: int) -> Reviewed | None:
    try:
        known = Reviewed.model_validate_json(_path(ws, session_id).read_bytes())
    except (OSError, ValidationError):
        return None
    return known if (known.session_id, known.revision) == (session_id, revision) else None


def _made(ws: Workspace, record: SessionRecord) -> Reviewed:
    # Of most sessions nobody has said anything: their results need not be read.
    rows = conflicts.judged(ws, record) if record.decisions or record.determination else {}
    # What an answer was decided on has changed since: that word is not shown as one that stands.
    holding = {
        requirement_id: Decided.model_validate(said.model_dump(include=set(Decided.model_fields)))
        for requirement_id, said in sorted(record.decisions.items())
        if requirement_id in rows and standing(said, rows[requirement_id]) == "holds"
    }
    determined = record.determination if standing_of(record, rows.values()) == "holds" else None
    extraction = results.load_extraction(ws, record) if holding or determined else None
    made = Reviewed(
        revision=record.revision,
        session_id=record.session_id,
        project_name=record.project_metadata.project_name,
        decisions=holding,
        answers={key: answered(row) for key, row in rows.items()} if holding or determined else {},
        determination=determined.determination if determined else None,
        sections=extraction.sections if extraction else (),
    )
    # Only to be quick the next time: a home that cannot be written, or a session deleted meanwhile, is no trouble.
    with suppress(OSError, ReviewError):
        write_atomic(_path(ws, record.session_id), made.model_dump_json().encode("utf-8"))
    return made


def _path(ws: Workspace, session_id: str) -> Path:
    return ws.sessions.folder(session_id) / _FILE
