"""A cross-validation rule: declared with id, title, source and severity, run on facts and registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.checklists import Checklist
from pipeline.evidence.row_tests import Facts
from pipeline.models import (
    CheckFinding,
    CheckOutcome,
    CheckResult,
    Evidence,
    FinishedReview,
    Inventory,
    Paper,
    PlanDifference,
    Register,
    Severity,
    TitleLine,
)


@dataclass(frozen=True)
class Case:
    """What rules may look at: values with their quotes, never the documents themselves."""

    facts: Facts
    registers: tuple[Register, ...]
    inventory: Inventory
    checklist: Checklist
    #: The plan that answers were read from.
    plan_document_id: str | None = None
    titles: tuple[TitleLine, ...] = ()
    papers: tuple[Paper, ...] = ()
    plan_differences: tuple[PlanDifference, ...] = ()
    #: Finished reviews in the folder: what a person wrote, looked at by the rules on it and by no other.
    reviews: tuple[FinishedReview, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """A rule's outcome with the sentence and the quotes it stands on; `severity` may soften the rule's own."""

    outcome: CheckOutcome
    message: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    #: Where several things were found, each by itself.
    findings: tuple[CheckFinding, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A declared rule."""

    check_id: str
    title: str
    #: Section of the registry's document, or of the form, that the rule comes from.
    source: str
    severity: Severity
    requirement_ids: tuple[str, ...]
    clears_when: str
    run: Callable[[Case], Ruling]
    #: Facts bound to each other exactly: when one of them alone changes, a rule that passed must not pass again.
    #: `proprietor` is that of a register. The self-test holds rules to it.
    exact: tuple[str, ...] = ()
    #: Cause of the exception that tells of the same absence; that one shows the check's words and quotes.
    told_in: str | None = None

    def apply(self, case: Case) -> CheckResult:
        """The outcome as the report shows it."""
        ruling = self.run(case)
        return CheckResult(
            check_id=self.check_id,
            title=self.title,
            outcome=ruling.outcome,
            severity=ruling.severity or self.severity,
            message=ruling.message,
            source=self.source,
            evidence=distinct(ruling.evidence),
            requirement_ids=self.requirement_ids,
            clears_when=self.clears_when if ruling.outcome in ("fail", "warning") else None,
            findings=ruling.findings,
            told_in=self.told_in if ruling.outcome in ("fail", "warning") else None,
        )


def distinct(items: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each quote once, in order."""
    return tuple(dict.fromkeys(items))


def not_run(why: str) -> Ruling:
    """The rule could not be applied, and why."""
    return Ruling("not_run", why)
