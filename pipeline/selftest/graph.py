"""What each row, test and check of a review stands on, told by the review itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pipeline.checklists import Requirement
from pipeline.checklists.model import (
    AgreesTest,
    DateTest,
    DocumentTest,
    FieldTest,
    LengthTest,
    MapAgeTest,
    PeriodTest,
    Place,
    RegisterTest,
    ShareTest,
    StatementTest,
    Test,
    WorkbookYearsTest,
)
from pipeline.evidence.dossier import USABLE
from pipeline.evidence.facts.collect import BUFFER
from pipeline.evidence.row_tests import Facts, judge
from pipeline.evidence.row_tests.statements import matching
from pipeline.models import DocumentType, Evidence, Fact, Finding, RequirementEvidence
from pipeline.models.quoted import quotes_in
from pipeline.selftest.review import Review
from pipeline.verdicts.checks import RULES, Case, Rule
from pipeline.verdicts.checks.case import case_of

#: Where words of an answer stand: section, and the pages they are on.
Spot = tuple[str, frozenset[int]]
#: The facts that tests on years start from, the first that was read.
START = ("start_date", "crediting_start")
#: What rules look at beside facts, with the types of the documents that it is gathered from.
_GATHERED: dict[str, frozenset[DocumentType]] = {
    "registers": frozenset({"land_tenure"}),
    "titles": frozenset({"land_tenure"}),
    "papers": frozenset(),
    "plan_differences": frozenset({"project_plan"}),
    "reviews": frozenset({"registry_review"}),
}
#: Facts that the tenure ledger is made of.
_IN_THE_LEDGER = frozenset({"owner", "date_submitted"})
#: Whether a quote stood on what was mutated.
Touches = Callable[[Evidence], bool]


class _Asked(Facts):
    """Facts that remember which of them were asked for; every question goes through `all` or `starting`."""

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        super().__init__(facts)
        self.names: set[str] = set()

    def all(self, name: str) -> list[Fact]:
        """Every value of that name, as found."""
        self.names.add(name)
        return super().all(name)

    def starting(self, prefix: str) -> list[Fact]:
        """Every value whose name starts so, as found."""
        found = super().starting(prefix)
        self.names |= {fact.name for fact in found}
        return found


class _Looked:
    """A case that remembers what of it was looked at."""

    def __init__(self, case: Case) -> None:
        self._case, self._names = case, set[str]()

    def __getattr__(self, name: str) -> Any:
        self._names.add(name)
        return getattr(self._case, name)


@dataclass(frozen=True)
class Stands:
    """What a row, a test or a check stands on."""

    evidence: tuple[Evidence, ...]
    #: Names of the facts that were asked for.
    facts: frozenset[str] = frozenset()
    #: Documents beside the plan that were looked at, by hash.
    documents: frozenset[str] = frozenset()
    #: Facts that are bound to each other exactly.
    exact: frozenset[str] = frozenset()
    #: Looks at types and statuses of documents.
    inventory: bool = False

    def on(self, touches: Touches) -> bool:
        """True when something of it was mutated."""
        return any(touches(e) for e in self.evidence)


class Graph:
    """Rows and checks of a review with what they stand on, and where else words stand that would do."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.facts = review.extraction.facts
        self.rows: dict[str, Stands] = {}
        self.tests: dict[str, Stands] = {}
        self.findings: dict[str, Finding] = {}
        found = {r.requirement_id: r for r in review.extraction.requirements}
        for requirement in review.checklist.requirements:
            self._row(requirement, found[requirement.requirement_id])
        self.checks = {rule.check_id: self._check(rule) for rule in RULES}

    def of_fact(self, name: str) -> list[Fact]:
        """Every value of a fact."""
        return [f for f in self.facts if f.name == name]

    def _quotes_of(self, names: set[str]) -> tuple[Evidence, ...]:
        return tuple(f.evidence for f in self.facts if f.name in names)

    def _row(self, requirement: Requirement, found: RequirementEvidence) -> None:
        by_name = {f.test: f for f in found.findings}
        quotes: list[Evidence] = [*found.evidence, *([found.not_applicable] if found.not_applicable else [])]
        names: set[str] = set()
        for test in requirement.tests:
            item = f"{requirement.requirement_id}:{test.test}"
            self.findings[item] = by_name.get(test.test, Finding(test=test.test))
            stands = self.tests[item] = self._test(test, self.findings[item])
            quotes += stands.evidence
            names |= stands.facts
        documents = frozenset(
            d.sha256 for d in self.review.inventory.documents if d.document_type in _types(requirement)
        )
        self.rows[requirement.requirement_id] = Stands(tuple(quotes), frozenset(names), documents)

    def _test(self, test: Test, finding: Finding) -> Stands:
        asked = _Asked(self.facts)
        judge(test, finding, asked)
        exact: set[str] = set()
        match test:
            case AgreesTest():
                exact = {test.left, test.right}
            case PeriodTest():
                exact = {f"{test.fact}_start", f"{test.fact}_end"}
            case RegisterTest(what="owner"):
                exact = {"owner", "proprietor"}
            case ShareTest() if test.total == BUFFER:
                exact = {"buffer_shares"}
        evidence = (*finding.evidence, *finding.stood_on, *self._quotes_of(asked.names))
        return Stands(evidence, frozenset(asked.names), exact=frozenset(exact))

    def _check(self, rule: Rule) -> Stands:
        review = self.review
        asked = _Asked(self.facts)
        case = case_of(asked, review.checklist, review.inventory, review.extraction)
        asked.names.clear()  # the ledger's own questions are the rule's only if it looks at the ledger
        looked = _Looked(case)
        ruling = rule.run(cast("Case", looked))
        parts = looked._names
        if "titles" in parts:
            asked.names |= _IN_THE_LEDGER
        evidence = [*ruling.evidence, *self._quotes_of(asked.names)]
        documents: set[str] = set()
        for part in sorted(_GATHERED.keys() & parts):
            evidence += quotes_in(getattr(case, part))
            kinds = _GATHERED[part]
            documents |= {d.sha256 for d in review.inventory.documents if d.document_type in kinds}
        if "papers" in parts or "titles" in parts:
            received = {paper.received for paper in case.papers}
            documents |= {d.sha256 for d in review.inventory.documents if d.filename in received}
        by_inventory = bool(parts - {"facts", "checklist", "plan_document_id", *_GATHERED})
        return Stands(
            tuple(evidence), frozenset(asked.names), frozenset(documents), frozenset(rule.exact), by_inventory
        )

    # --- where words stand that would do

    def answer_spots(self, requirement: Requirement) -> list[Spot]:
        """Everything that answers a requirement, quoted or not."""
        return self._spots(requirement.answer)

    def needs(self, test: Test, item: str) -> list[list[Spot]]:
        """What a test needs of the plan to pass: of each group at least one spot; empty for a test of something else.

        `item` is the test as "row:test".
        """
        match test:
            case StatementTest() | ShareTest():
                return [self._spots(test.place)]
            case LengthTest():
                return [self._spots(Place(sections=test.sections, any=test.near))]
            case DateTest() | PeriodTest() | FieldTest():
                return [self._spots(Place(sections=(test.section,)))]
            case AgreesTest():
                return [self._of_facts(test.left), self._of_facts(test.right)]
            case WorkbookYearsTest():
                return [self._of_facts(*START)]
            case MapAgeTest():
                return [self._of_facts(*START), [spot_of(e) for e in self.findings[item].stood_on]]
        return []

    def _of_facts(self, *names: str) -> list[Spot]:
        return [spot_of(f.evidence) for f in self.facts if f.name in names]

    def _spots(self, place: Place) -> list[Spot]:
        return [
            (paragraph.section, frozenset(page for page, _, _ in paragraph.cut(start, end)))
            for paragraph, start, end in matching(place, self.review.dossier)
        ]


def spot_of(item: Evidence) -> Spot:
    """Where a quote stands."""
    return item.section or "", frozenset({item.page})


def _types(requirement: Requirement) -> set[DocumentType]:
    """Types of documents beside the plan that a row looks at."""
    types = {*requirement.documents, *(t for s in requirement.support for t in s.documents)}
    types |= {t for test in requirement.tests if isinstance(test, DocumentTest) for t in test.documents}
    return types - {"project_plan"}


def usable(review: Review, kind: DocumentType) -> list[str]:
    """Hashes of the documents of a type that may be evidence."""
    return [d.sha256 for d in review.inventory.documents if d.document_type == kind and d.status in USABLE]
