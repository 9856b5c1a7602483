"""The portfolio as one page that opens from disk: no network, no script, charts drawn in the page itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.models import RowStatus, wording
from pipeline.models.wording import duration
from pipeline.portfolio.model import CauseGroup, Farm, FarmChange, Portfolio, Row, Who
from pipeline.reporting.charts import short
from pipeline.reporting.html import environment, part, policy_of
from pipeline.reporting.layout import anchor

#: From what is settled to what is not, as the bars show it.
_BAR: tuple[RowStatus, ...] = ("covered", "not_applicable", "needs_review", "partial", "missing")
#: Whose turn it is, with what they do about it.
_WHO: tuple[tuple[Who, str, str], ...] = (
    ("proponent", "Proponents", "send, answer or correct"),
    ("registry agent", "Registry agent", "look and decide"),
    ("operator", "Operator", "run or mend"),
)


@dataclass(frozen=True)
class Segment:
    """A piece of a bar: where it starts and how long it is, in the bar's own units."""

    status: RowStatus
    start: float
    length: float
    count: int


@dataclass(frozen=True)
class Cell:
    """A farm's row: its status, and the way to it."""

    row: Row
    status: RowStatus | None
    href: str | None


@dataclass(frozen=True)
class Line:
    """A farm as a line of the matrix."""

    farm: Farm
    bar: tuple[Segment, ...]
    cells: tuple[Cell, ...]
    #: Number of exceptions by severity, and of what waits beside them.
    high: int
    medium: int
    low: int


@dataclass(frozen=True)
class Column:
    """A requirement over all farms of the matrix."""

    row: Row
    number: str
    bar: tuple[Segment, ...]


@dataclass(frozen=True)
class Matrix:
    """Farms under one checklist."""

    methodology: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Member:
    """A farm within a cause, with what its own report says and the way to the row."""

    farm: Farm
    message: str
    href: str | None


@dataclass(frozen=True)
class Cause:
    """A cause with its farms; `told` when farms say it in words of their own."""

    group: CauseGroup
    members: tuple[Member, ...]
    told: bool


@dataclass(frozen=True)
class Turn:
    """Whose turn it is, for how many farms, and the causes that concern most of them."""

    name: str
    does: str
    farms: int
    points: int
    causes: tuple[tuple[str, int, str], ...]


def render_page(portfolio: Portfolio) -> str:
    """The whole portfolio as one self-contained HTML page, UTF-8, with a final newline."""
    from markupsafe import Markup  # start-up

    style = part("report.css") + Markup("\n") + part("portfolio.css")
    reported = [farm for farm in portfolio.farms if farm.rows]
    causes = [_cause(group, portfolio) for group in portfolio.causes]
    return (
        environment()
        .get_template("portfolio.html.jinja")
        .render(
            portfolio=portfolio,
            words=wording,
            style=style,
            policy=policy_of(style),
            reported=reported,
            total=_bar([status for farm in reported for status in farm.rows.values()], 100),
            rows=sum(len(farm.rows) for farm in reported),
            covered=sum(farm.count("covered") for farm in reported),
            turns=[_turn(who, name, does, portfolio, causes) for who, name, does in _WHO],
            causes=causes,
            timed=[_timed(farm) for farm in portfolio.farms if farm.review],
            waits=[(farm, wait) for farm in portfolio.farms for wait in farm.waits],
            matrices=[_matrix(name, rows, portfolio.farms) for name, rows in portfolio.columns.items()],
            changes=[(change, _told(change)) for change in portfolio.changes.farms],
            inputs_at=_minute(portfolio.inputs_at.isoformat()) if portfolio.inputs_at else "",
            since=_minute(portfolio.changes.since.isoformat()) if portfolio.changes.since else "",
            reports={farm.session_id: farm.report for farm in portfolio.farms},
        )
    )


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


def _bar(statuses: Sequence[RowStatus], length: float) -> tuple[Segment, ...]:
    """A bar of that length cut by how often each status stands in `statuses`."""
    segments, start = [], 0.0
    for status in _BAR:
        count = statuses.count(status)
        if count:
            part_of = round(length * count / len(statuses), 3)
            segments.append(Segment(status, round(start, 3), part_of, count))
            start += part_of
    return tuple(segments)


def _matrix(methodology: str, rows: Sequence[Row], farms: Iterable[Farm]) -> Matrix:
    """The farms of one checklist that have a report, the one with most to do first."""
    members = sorted((f for f in farms if f.methodology == methodology and f.rows), key=lambda f: f.worst)
    columns = tuple(
        Column(row, short(row.requirement_id, i), _bar(_statuses(members, row.requirement_id), 40))
        for i, row in enumerate(rows)
    )
    return Matrix(methodology, columns, tuple(_line(farm, rows) for farm in members))


def _statuses(farms: Iterable[Farm], requirement_id: str) -> list[RowStatus]:
    return [farm.rows[requirement_id] for farm in farms if requirement_id in farm.rows]


def _line(farm: Farm, rows: Sequence[Row]) -> Line:
    grave = [point.severity for point in farm.points]
    cells = tuple(Cell(row, farm.rows.get(row.requirement_id), _way(farm, row, i)) for i, row in enumerate(rows))
    bar = _bar(list(farm.rows.values()), 100)
    return Line(farm, bar, cells, grave.count("high"), grave.count("medium"), grave.count("low"))


def _way(farm: Farm, row: Row, index: int) -> str | None:
    return f"{farm.report}#{anchor(row.requirement_id, index)}" if farm.report else None


def _cause(group: CauseGroup, portfolio: Portfolio) -> Cause:
    by_id = {farm.session_id: farm for farm in portfolio.farms}
    members = []
    for sid in group.farms:
        farm = by_id[sid]
        point = next(p for p in farm.points if (p.cause, p.kind) == (group.cause, group.kind))
        ids = [row.requirement_id for row in portfolio.columns.get(farm.methodology, ())]
        first = next((one for one in point.requirement_ids if one in ids), None)
        place = f"#{anchor(first, ids.index(first))}" if first else ""
        members.append(Member(farm, point.message, f"{farm.report}{place}" if farm.report else None))
    return Cause(group, tuple(members), any(m.message != group.title for m in members))


def _turn(who: Who, name: str, does: str, portfolio: Portfolio, causes: Sequence[Cause]) -> Turn:
    waiting = [f for f in portfolio.farms if who in f.turns]
    points = sum(farm.turns.count(who) for farm in portfolio.farms)
    own = [(i, c.group) for i, c in enumerate(causes, 1) if c.group.who == who]
    most = sorted(own, key=lambda one: (-len(one[1].farms), one[0]))[:3]
    return Turn(name, does, len(waiting), points, tuple((g.title, len(g.farms), f"#cause-{i}") for i, g in most))


def _told(change: FarmChange) -> list[str]:
    """A change in sentences."""
    told = []
    if change.state:
        told.append(f"{change.state[0]} → {change.state[1]}")
    if change.documents:
        told.append(f"documents {change.documents[0]} → {change.documents[1]}")
    told += [
        f"{one} {wording.label(a, wording.ROW_STATUS).lower()} → {wording.label(b, wording.ROW_STATUS).lower()}"
        for one, (a, b) in change.rows.items()
    ]
    if change.what == "changed" and not (told or change.came or change.cleared):
        told.append("its report says something else in the details")
    return told


def _timed(farm: Farm) -> tuple[Farm, str, str]:
    """A farm under review with its measured times in words; empty where they are not known."""
    spans = (farm.times.drop_to_report_seconds, farm.times.report_to_determination_seconds)
    drop, decision = ("" if one is None else duration(one) for one in spans)
    return farm, drop, decision
