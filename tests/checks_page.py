"""Writes docs/checks.md from the declared rules; a test compares the two. Run it as a program to renew the page."""

from __future__ import annotations

from pathlib import Path

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
from pipeline.verdicts.checks.rule import Rule

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
INTRODUCTION = """\
# Checks

`make docs` writes this page from the rules in `pipeline/verdicts/checks/`; a test keeps the two equal.

A check compares what documents state, and shows both quotes, or one and what was reckoned from it or is absent. It
*passes*, *warns*, *fails*, or was *not run* and says why: the papers it needs did not come. Nothing is approved by it.
A warning or a failure is one exception, with what clears it. PG is the Program Guide, CC the Credit Class, M the
Methodology; *form* is the project plan's form with its section.

Reports of later rounds may lie in a registration's folder. What they show is judged at issuance and cannot stop a
registration, so such findings weigh less and say so.
"""
FAMILIES = (
    ("Dates and terms", periods.RULES),
    ("Amounts", amounts.RULES),
    ("Names, versions and papers", identity.RULES),
    ("Papers that are named, and other versions of the plan", papers.RULES),
    ("What the plan says is appended", attachments.RULES),
    ("The plan against the first rounds", rounds.RULES),
    ("How the soil was sampled", sampling.RULES),
    ("Images and sample tables", samples.RULES),
    ("The sums of a round", accounting.RULES),
    ("What a person wrote in a finished review", (*reviews.RULES, *remarks.RULES)),
)


def page() -> str:
    """The page as it should be."""
    parts = [INTRODUCTION]
    for title, rules in FAMILIES:
        head = "| check | what holds | source | weight | rows | cleared when |\n|---|---|---|---|---|---|"
        parts.append("\n".join((f"## {title}\n", head, *map(_row, rules), "")))
    return "\n".join(parts)


def _row(rule: Rule) -> str:
    rows = ", ".join(rule.requirement_ids)
    cells = (f"`{rule.check_id}`", rule.title, rule.source, rule.severity, rows, rule.clears_when)
    return f"| {' | '.join(cell or '-' for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
