"""Cross-validation rules: one module per family."""

from __future__ import annotations

from pipeline.models import CheckResult
from pipeline.verdicts.checks import (
    accounting,
    amounts,
    attachments,
    identity,
    papers,
    periods,
    remarks,
    reviews,
    rounds,
    samples,
    sampling,
)
from pipeline.verdicts.checks.rule import Case, Rule

__all__ = ["RULES", "Case", "Rule", "run_all"]

#: Every rule in the order of the report.
RULES: tuple[Rule, ...] = (
    *periods.RULES,
    *amounts.RULES,
    *identity.RULES,
    *papers.RULES,
    *attachments.RULES,
    *rounds.RULES,
    *sampling.RULES,
    *samples.RULES,
    *accounting.RULES,
    *reviews.RULES,
    *remarks.RULES,
)


def run_all(case: Case) -> tuple[CheckResult, ...]:
    """Every rule's outcome; a rule that cannot be applied says why."""
    return tuple(rule.apply(case) for rule in RULES)
