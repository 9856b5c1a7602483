"""The portfolio as a value, the same bytes for the same reports; portfolio.json is exactly this."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from pipeline.decisions.review_times import ReviewTimes
from pipeline.models import SCHEMA_VERSION, DeterminationKind, RowStatus, Severity, Value

#: Whose turn it is: the proponent sends or corrects, the registry agent looks and decides, the operator runs or mends.
Who = Literal["proponent", "registry agent", "operator"]
#: reported: fresh · stale: older than its files · failed: a stage gave up, or the session is damaged · empty: no files.
FarmState = Literal["reported", "stale", "failed", "empty"]


class Point(Value):
    """One exception of a farm without its quotes, or a likeness to another session."""

    cause: str
    kind: str
    severity: Severity
    who: Who
    message: str
    clears_when: str
    requirement_ids: tuple[str, ...] = ()


class Wait(Value):
    """Something a farm waits for beside its exceptions."""

    who: Who
    what: str
    #: What to type, when there is something to type.
    command: str = ""


class Row(Value):
    """A requirement as a column of the matrix."""

    requirement_id: str
    title: str


class Farm(Value):
    """One session: its rows, what it waits for, and where its report lies."""

    session_id: str
    project: str
    methodology: str
    state: FarmState
    #: Why it is not `reported`.
    reason: str = ""
    #: Status by requirement id, in the checklist's order; empty without a report.
    rows: dict[str, RowStatus] = Field(default_factory=dict)
    points: tuple[Point, ...] = ()
    waits: tuple[Wait, ...] = ()
    #: The human review in a few words, and the determination while it holds; empty before anybody has begun.
    review: str = ""
    determination: DeterminationKind | None = None
    #: Measured from the audit; what it does not tell is not there.
    times: ReviewTimes = ReviewTimes()
    documents: int = 0
    #: Names of documents that could not be read.
    unreadable: tuple[str, ...] = ()
    #: Time of the newest input of the report.
    inputs_at: datetime | None = None
    #: The report's page, relative to the portfolio's folder, and the SHA-256 of its JSON form.
    report: str | None = None
    report_sha256: str | None = None

    def count(self, status: RowStatus) -> int:
        """How many rows have that status."""
        return list(self.rows.values()).count(status)

    @property
    def turns(self) -> tuple[Who, ...]:
        """Whose turn it is, once for each exception and each thing that waits."""
        return (*(point.who for point in self.points), *(wait.who for wait in self.waits))

    @property
    def worst(self) -> tuple[int, int]:
        """For ordering, the farm with most to do first: exceptions that are high, then rows not settled, negated."""
        open_rows = sum(status not in ("covered", "not_applicable") for status in self.rows.values())
        return -sum(p.severity == "high" for p in self.points), -open_rows


class CauseGroup(Value):
    """One cause of one kind, and the farms it concerns, by session id in the portfolio's order."""

    cause: str
    kind: str
    title: str
    severity: Severity
    who: Who
    clears_when: str
    requirement_ids: tuple[str, ...]
    farms: tuple[str, ...]


class FarmChange(Value):
    """What is different about one farm since the portfolio before this one."""

    session_id: str
    project: str
    what: Literal["new", "gone", "changed"]
    #: requirement id -> (before, after); only rows that differ.
    rows: dict[str, tuple[str, str]] = Field(default_factory=dict)
    #: Titles or messages of exceptions that came and that went.
    came: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    #: (before, after) where it differs.
    state: tuple[str, str] | None = None
    documents: tuple[int, int] | None = None


class Changes(Value):
    """What differs from the portfolio before; a run that finds nothing new leaves the last answer standing."""

    #: Newest input of the portfolio before; None when there was none.
    since: datetime | None = None
    farms: tuple[FarmChange, ...] = ()


class Portfolio(Value):
    """Every farm of a home."""

    schema_version: int = SCHEMA_VERSION
    program_version: str
    #: Time of the newest input of any farm, so that the same inputs give the same bytes; None without any.
    inputs_at: datetime | None
    #: Columns of the matrix by methodology.
    columns: dict[str, tuple[Row, ...]]
    farms: tuple[Farm, ...]
    causes: tuple[CauseGroup, ...]
    changes: Changes = Changes()
