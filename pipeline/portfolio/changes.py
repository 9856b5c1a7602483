"""What differs between two portfolios, farm by farm; nothing different means the older answer still stands."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.decisions.review_times import ReviewTimes
from pipeline.portfolio.farms import CLAIMED_TWICE, SAME_FILES
from pipeline.portfolio.model import Changes, Farm, FarmChange, Portfolio


def changes_between(before: Portfolio | None, after: Portfolio) -> Changes:
    """Farms that are new, gone or changed since `before`; with no farm different, the changes that `before` told."""
    if before is None:
        return Changes(farms=tuple(_entry(farm, "new") for farm in after.farms))
    old, new = ({farm.session_id: farm for farm in one.farms} for one in (before, after))
    found = [_compared(old[sid], farm) if sid in old else _entry(farm, "new") for sid, farm in new.items()]
    found += [_entry(farm, "gone") for sid, farm in old.items() if sid not in new]
    told = tuple(one for one in found if one is not None)
    return Changes(since=before.inputs_at, farms=told) if told else before.changes


def _entry(farm: Farm, what: str) -> FarmChange:
    return FarmChange.model_validate({"session_id": farm.session_id, "project": farm.project, "what": what})


def _compared(old: Farm, new: Farm) -> FarmChange | None:
    """What is different about a farm; None when nothing is that its report, its state or its waits would show."""
    if _heart(old) == _heart(new):
        return None
    ids = dict.fromkeys([*new.rows, *old.rows])
    return FarmChange(
        session_id=new.session_id,
        project=new.project,
        what="changed",
        rows={
            one: (old.rows.get(one, "none"), new.rows.get(one, "none"))
            for one in ids
            if old.rows.get(one) != new.rows.get(one)
        },
        came=_only(new, old),
        cleared=_only(old, new),
        state=(old.state, new.state) if old.state != new.state else None,
        documents=(old.documents, new.documents) if old.documents != new.documents else None,
    )


def _heart(farm: Farm) -> Farm:
    """A farm without what is no news: where its report lies, how long it took, how many files it shares with whom."""
    points = tuple(
        p.model_copy(update={"message": ""}) if p.cause in (SAME_FILES, CLAIMED_TWICE) else p for p in farm.points
    )
    bare = {"report": None, "times": ReviewTimes(), "points": tuple(dict.fromkeys(points))}
    return farm.model_copy(update=bare)


def _only(here: Farm, there: Farm) -> tuple[str, ...]:
    """Messages of `here` whose cause and kind `there` does not have; of what both have, nothing."""
    known = {(p.cause, p.kind) for p in there.points}
    return tuple(_unique(p.message for p in here.points if (p.cause, p.kind) not in known))


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
