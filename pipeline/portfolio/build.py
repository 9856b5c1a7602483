"""All farms as one value: columns, causes across farms, and the difference to the portfolio before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__, checklists
from pipeline.errors import ChecklistError
from pipeline.models import Severity, wording
from pipeline.portfolio.changes import changes_between
from pipeline.portfolio.farms import farm_of
from pipeline.portfolio.model import CauseGroup, Farm, Point, Portfolio, Row
from pipeline.verdicts.checks import RULES

if TYPE_CHECKING:
    from pipeline.checklists import Checklist
    from pipeline.home.workspace import Workspace

_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
#: What a cause is called when farms tell it in different words.
_TITLES = {
    "no_plan": "No project plan is in scope",
    "wrong_checklist": "Perhaps not the right checklist: most requirements have no document",
    "blank_plan": "The plan leaves most of the form blank",
    "unread_plan": "Parts of the plan cannot be read by software",
    "versions": "Version of the credit class or the methodology is not a published one",
    "claimed_twice": "Land or files that another project claims, too",
    "same_files": "Files that also stand in another session",
    "named-papers": "A paper that the plan names was not received",
}


#: What is said of papers, by the kind of the exception.
_ABSENT = {"missing_document": "Not received", "needs_person": "A person must look"}


def build_portfolio(ws: Workspace, folder: Path, before: Portfolio | None) -> Portfolio:
    """Every session of the home as one portfolio that will lie in `folder`; reads stored results, starts no work.

    Sessions that point to another one are no farms of their own, and are left out. The same reports and the same
    `before` give the same value. When nothing differs from `before`, what it says of changes stays, so that a second
    run gives the same bytes.
    """
    found = (farm_of(ws, one, folder) for one in ws.sessions.ids())
    farms = sorted((farm for farm in found if farm is not None), key=_by_name)
    lists = _checklists(ws, {farm.methodology for farm in farms if farm.methodology})
    portfolio = Portfolio(
        program_version=__version__,
        inputs_at=max((farm.inputs_at for farm in farms if farm.inputs_at), default=None),
        columns={name: _columns(found) for name, found in sorted(lists.items())},
        farms=tuple(farms),
        causes=group_by_cause(farms, titles_of(lists.values())),
    )
    return portfolio.model_copy(update={"changes": changes_between(before, portfolio)})


def _by_name(farm: Farm) -> tuple[str, str]:
    return farm.project.casefold(), farm.session_id


def _checklists(ws: Workspace, names: Iterable[str]) -> dict[str, Checklist]:
    """Those that can be loaded; a session whose checklist cannot is a farm that failed and says so."""
    found = {}
    for name in names:
        try:
            found[name] = checklists.load(name, ws.settings.checklist.folder)
        except ChecklistError:
            continue
    return found


def _columns(checklist: Checklist) -> tuple[Row, ...]:
    return tuple(Row(requirement_id=r.requirement_id, title=r.title) for r in checklist.requirements)


def titles_of(lists: Iterable[Checklist]) -> dict[str, str]:
    """A title for each requirement of these checklists and each rule, by id."""
    titles = {r.requirement_id: r.title for one in lists for r in one.requirements}
    return titles | {rule.check_id: rule.title for rule in RULES}


def group_by_cause(farms: Sequence[Farm], titles: Mapping[str, str]) -> tuple[CauseGroup, ...]:
    """Exceptions with the same cause and kind together, so that a paper nobody sent and one that a person must look at
    stay apart: what stops most farms first, within the worst severity."""
    found: dict[tuple[str, str], list[tuple[Farm, Point]]] = {}
    for farm in farms:
        for point in farm.points:
            found.setdefault((point.cause, point.kind), []).append((farm, point))
    groups = [_group(cause, members, titles) for (cause, _), members in found.items()]
    return tuple(sorted(groups, key=lambda g: (_RANK[g.severity], -len(g.farms), g.cause, g.kind)))


def _group(cause: str, members: Sequence[tuple[Farm, Point]], titles: Mapping[str, str]) -> CauseGroup:
    points = [point for _, point in members]
    worst = min(points, key=lambda p: _RANK[p.severity])
    return CauseGroup(
        cause=cause,
        kind=worst.kind,
        title=_title(cause, points, titles),
        severity=worst.severity,
        who=worst.who,
        clears_when=worst.clears_when,
        requirement_ids=tuple(sorted({one for point in points for one in point.requirement_ids})),
        farms=tuple(dict.fromkeys(farm.session_id for farm, _ in members)),
    )


def _title(cause: str, points: Sequence[Point], titles: Mapping[str, str]) -> str:
    """The sentence itself when all farms say the same; else what they have in common."""
    if len({point.message for point in points}) == 1:
        return points[0].message
    if cause in _TITLES:
        return _TITLES[cause]
    if cause in titles:
        return f"Does not hold: {_within(titles[cause])}"
    head, _, tail = cause.partition(":")
    if head in ("absent", "unreadable"):
        what = "A file could not be read" if head == "unreadable" else _ABSENT.get(points[0].kind, "Not enough")
        return f"{what}: {_within(wording.label(tail, wording.DOCUMENT_TYPE))}"
    if head == "unanswered":
        return f"{tail} {titles.get(tail, '')}: the plan gives no answer"
    if head == "unread":
        return f"{tail} {titles.get(tail, '')}: the answer may stand where software cannot read"
    if head == "open":
        return f"{tail} {titles.get(tail, '')}: a test could not be run"
    if head in titles:
        return f"{head} {titles[head]}: {tail.replace('-', ' ').replace('_', ' ')} does not hold"
    return points[0].message


def _within(title: str) -> str:
    """A title inside a sentence: its first letter small, unless it begins with an abbreviation."""
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"
