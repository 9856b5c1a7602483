"""A rule on each finished review by itself: what it found becomes one finding for each cause and review."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.evidence.dossier import USABLE
from pipeline.evidence.finished_reviews.farms import farms_in, same_farm
from pipeline.models import CheckFinding, CheckOutcome, Evidence, FinishedReview, Severity
from pipeline.verdicts.checks.rule import Case, Ruling, not_run

NO_REVIEW = "No finished review lies in the folder."
_RANKS: tuple[Severity, ...] = ("high", "medium", "low")
#: What a look at one review found; None when there was nothing to compare.
Look = Callable[[Case, FinishedReview], Iterator[CheckFinding] | None]


def each_review(look: Look, passed: str, nothing: str, outcome: CheckOutcome = "warning") -> Callable[[Case], Ruling]:
    """The rule that looks at every review of this project; one of another project is reported as that alone."""

    def run(case: Case) -> Ruling:
        if not case.reviews:
            return not_run(NO_REVIEW)
        own = [r for r in case.reviews if other_project(case, r) is None]
        looked = [list(found) for review in own if (found := look(case, review)) is not None]
        return ruling([one for found in looked for one in found], bool(looked), passed, nothing, outcome)

    return run


def ruling(
    found: list[CheckFinding], looked: bool, passed: str, nothing: str = "", outcome: CheckOutcome = "warning"
) -> Ruling:
    """The outcome of a rule that found these; as severe as the worst of them."""
    if not found:
        return Ruling("pass", passed) if looked else not_run(nothing)
    return Ruling(
        outcome,
        " ".join(one.message for one in found),
        tuple(item for one in found for item in one.evidence),
        severity=min((one.severity for one in found), key=_RANKS.index),
        findings=tuple(found),
    )


def finding(message: str, severity: Severity, *items: Evidence | None) -> CheckFinding:
    """A finding with each of its quotes once."""
    return CheckFinding(message=message, severity=severity, evidence=tuple(dict.fromkeys(filter(None, items))))


def known_names(case: Case, review: FinishedReview) -> list[str]:
    """Names by which this project goes, and those of whoever acts for it."""
    facts = [f.value for n in ("project_name", "proponent", "owner", "credit_holder") for f in case.facts.all(n)]
    of_documents = [
        value
        for document in case.inventory.documents
        if document.status in USABLE
        for name, value in sorted(document.facts.items())
        if name in ("farm_name", "project_name", "project_id")
    ]
    ids = [name for value in (*facts, *of_documents) for name in farms_in(value)]
    header = [f.value for n in ("proponent", "agents") if (f := review.field(n))]
    return [*facts, *of_documents, *ids, *header]


def other_project(case: Case, review: FinishedReview) -> CheckFinding | None:
    """The review's own header names another project than the plan."""
    own, plan = review.field("project_name"), case.facts.all("project_name")
    if not own or not plan or same_farm(own.value, known_names(case, review)):
        return None
    said = f"{review.document} is headed {own.value}; the plan is {plan[0].value}. It was held to nothing else."
    return finding(said, "high", own.evidence, plan[0].evidence)
