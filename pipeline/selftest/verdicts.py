"""A mutation held to its declaration: what moved, what should have, and every surprise in words."""

from __future__ import annotations

from pipeline.forms.normal import squash
from pipeline.models import Value
from pipeline.selftest.declare import How
from pipeline.selftest.graph import Graph
from pipeline.selftest.mutations import Mutation
from pipeline.selftest.review import Review


class Moved(Value):
    """A row, test, check, header fact or document that moved: how it stood before and after, in a few words."""

    item: str
    before: str
    after: str


class Verdict(Value):
    """What became of one mutation."""

    kind: str
    mutation: str
    level: str
    #: What must move and how.
    must: dict[str, How]
    moved: tuple[Moved, ...]
    surprises: tuple[str, ...]
    #: Why the mutation could not be made of this submission, or its mutant not reviewed.
    failed: str | None = None


def verdict(mutation: Mutation, before: Review, after: Review) -> Verdict:
    """Both kinds of surprise: what should have moved and did not, and what moved and should not."""
    old, new = before.standing, after.standing
    absent = {f"type {d.filename}" for d in before.inventory.documents if d.sha256 not in after.documents}
    if mutation.kind == "names":
        old, new = _by_hash(before), _by_hash(after)
    items = [i for i in dict.fromkeys((*old, *new)) if old.get(i) != new.get(i)]
    surprises = [
        f"{item} should have {_PAST[how]}; it is {_shown(new.get(item))}"
        for item, how in mutation.declared.must.items()
        if not _did(how, item, before, after)
    ]
    wandering = mutation.declared.may | absent
    if _described(before) != _described(after):
        wandering = wandering | _by_inventory(mutation, before)
    for item in items:
        if item in wandering or (mutation.kind == "names" and item.startswith("header")):
            continue
        if mutation.declared.calm and item in after.checks and after.checks[item].outcome in ("pass", "not_run"):
            continue
        if mutation.kind == "names" and item.startswith("type ") and _may_hash(mutation, before, item):
            continue
        surprises.append(f"{item} should not have moved: {_shown(old.get(item))}, then {_shown(new.get(item))}")
    surprises += mutation.also(after)
    surprises += _unexplained(before, after)
    if mutation.takes_away and not mutation.declared.free:
        surprises += _strayed(before, after)
    moved = tuple(Moved(item=i, before=_shown(old.get(i)), after=_shown(new.get(i))) for i in items if ":" not in i)
    return Verdict(
        kind=mutation.kind, mutation=mutation.what, level=mutation.level, must=mutation.declared.must,
        moved=moved, surprises=tuple(surprises),
    )  # fmt: skip


_PAST: dict[How, str] = {"falls": "fallen", "stops": "stopped passing", "alarms": "raised an alarm", "moves": "moved"}


def _did(how: How, item: str, before: Review, after: Review) -> bool:
    old, new = before.standing.get(item), after.standing.get(item)
    if how == "moves":
        return old != new
    if how == "falls":
        return old != new and after.rows[item].status not in ("covered", "not_applicable")
    if how == "stops":
        return new != "pass"
    return after.checks[item].outcome in ("fail", "warning")


def _shown(standing: object) -> str:
    """A standing in a word: the status or outcome, without the quotes."""
    if isinstance(standing, tuple):
        first, second = standing
        return f"{first} {second}" if isinstance(second, str) else str(first)
    return "absent" if standing is None else str(standing)


def _by_hash(review: Review) -> dict[str, object]:
    """What stands, documents by their hash in place of their names."""
    names = {f"type {d.filename}" for d in review.inventory.documents}
    found = {k: v for k, v in review.standing.items() if k not in names}
    return found | {f"type {d.sha256[:12]}": (d.document_type, d.status) for d in review.inventory.documents}


def _may_hash(mutation: Mutation, before: Review, item: str) -> bool:
    name = next((d.filename for d in before.inventory.documents if item == f"type {d.sha256[:12]}"), None)
    return f"type {name}" in mutation.declared.may


def _described(review: Review) -> dict[str, object]:
    """What rules that look at the inventory may see."""
    return {
        d.sha256: (d.document_type, d.status, d.visibility, d.facts, d.unreadable_pages)
        for d in review.inventory.documents
    }


def _by_inventory(mutation: Mutation, before: Review) -> frozenset[str]:
    return frozenset(c for c, stands in Graph(before).checks.items() if stands.inventory)


def _unexplained(before: Review, after: Review) -> list[str]:
    """Rows that fell and stand in no exception: nobody would be told."""
    named = {r for e in after.validation.exceptions for r in e.requirement_ids}
    good = ("covered", "not_applicable")
    fallen = [r for r, row in after.rows.items() if row.status not in good and before.rows[r].status in good]
    return [f"{r} fell and stands in no exception" for r in fallen if r not in named]


def _strayed(before: Review, after: Review) -> list[str]:
    """Quotes of the plan in a section where those words never stood."""
    plan = after.plan
    quotes = [(r, e) for r, row in after.rows.items() for e in row.evidence if plan and e.sha256 == plan.sha256]
    return [
        f"{r} quotes words in section {e.section} that never stood there: “{e.quote[:60]}”"
        for r, e in quotes
        if e.section and squash(e.quote) not in before.words.get(e.section, "")
    ]
