"""A project report as rules see it: its facts together, in the order of rounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from pipeline.evidence.facts.project_reports import BLANK
from pipeline.models import Evidence, Fact, Value
from pipeline.verdicts.checks.rule import Case

#: What a later round's report shows belongs to issuance; a registration is not stopped by it.
ISSUANCE = "This round is judged at issuance."


_Detail = TypeVar("_Detail", bound=Value)


@dataclass(frozen=True)
class ReportView:
    """The facts of one baseline or monitoring report."""

    document_id: str
    document: str
    kind: Literal["baseline", "monitoring"]
    facts: tuple[Fact, ...]

    def all(self, name: str) -> list[Fact]:
        """Every fact of that name, without its prefix."""
        return [f for f in self.facts if f.name == f"round_{name}"]

    def fact(self, name: str) -> Fact | None:
        """The first fact of that name that holds a value; what is intentionally blank holds none."""
        return next((f for f in self.all(name) if f.value != BLANK), None)

    def detailed(self, name: str, kind: type[_Detail]) -> list[tuple[Fact, _Detail]]:
        """Every fact of that name whose detail is of this kind."""
        return [(fact, fact.detail) for fact in self.all(name) if isinstance(fact.detail, kind)]

    def numbered(self, name: str) -> list[tuple[Fact, float]]:
        """Every fact of that name that is a number."""
        return [(fact, number) for fact in self.all(name) if (number := fact.number) is not None]

    def number(self, name: str) -> float | None:
        """That fact as a number."""
        fact = self.fact(name)
        return fact.number if fact else None

    def day(self, name: str) -> date | None:
        """That fact as a day."""
        fact = self.fact(name)
        return date.fromisoformat(fact.value) if fact else None

    @property
    def year(self) -> int | None:
        """The year the round is called by, which need not be the year it was sampled in."""
        value = self.number("year")
        return int(value) if value else None

    @property
    def newer_layout(self) -> bool:
        """The layout that deducts the largest error of two rounds, so that stocks of two reports cannot be set off."""
        return any("max" in f.evidence.quote.casefold() for f in self.all("mape"))

    def shown(self, *names: str) -> tuple[Evidence, ...]:
        """The quotes of these facts, blank ones included."""
        return tuple(f.evidence for name in names for f in self.all(name)[:1])

    def said(self) -> str:
        """What to call it in a sentence."""
        return f"the {self.kind} report {self.year or ''}".strip()


def reports(case: Case) -> list[ReportView]:
    """Every project report with a figure that was read, earlier rounds first."""
    kinds = {d.document_id: d.document_type for d in case.inventory.documents}
    grouped: dict[str, list[Fact]] = {}
    for fact in case.facts.starting("round_"):
        grouped.setdefault(fact.evidence.document_id, []).append(fact)
    views = [
        ReportView(
            key,
            facts[0].evidence.document,
            "monitoring" if kinds.get(key) == "monitoring_report" else "baseline",
            tuple(facts),
        )
        for key, facts in grouped.items()
    ]
    return sorted(views, key=lambda v: (v.kind == "monitoring", v.year or 0, v.document, v.document_id))


def months_between(first: date, last: date) -> float:
    """Calendar months from one day to another, with the days left over as a part of 31."""
    return (last.year - first.year) * 12 + last.month - first.month + (last.day - first.day) / 31


def issuance(views: list[ReportView]) -> str:
    """The sentence that a finding belongs to issuance, when only later rounds are concerned."""
    return f" {ISSUANCE}" if views and all(v.kind == "monitoring" for v in views) else ""
