"""The status of a row, from its declared tests alone."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.checklists import Requirement
from pipeline.checklists.model import DocumentTest, MapAgeTest, PapersTest, RegisterTest, Test, WorkbookYearsTest
from pipeline.evidence.row_tests import Facts, Verdict, judge
from pipeline.evidence.row_tests.documents import TYPE_WORDS, words_for
from pipeline.evidence.row_tests.statements import where
from pipeline.models import (
    Document,
    Evidence,
    ExtractionResult,
    Finding,
    Inventory,
    RequirementEvidence,
    RequirementResult,
    RowStatus,
    TestResult,
)


@dataclass(frozen=True)
class Failure:
    """A test that failed, with what it takes to make an exception of it."""

    requirement: Requirement
    test: Test
    verdict: Verdict
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class PlanState:
    """What is known of the plan that answers are read from."""

    document: Document | None
    sections_found: frozenset[str]
    #: Documents that could not be read and may be the plan.
    closed: tuple[Document, ...]
    #: How its instructions were told from its answers: typography or grammar.
    separation: str | None
    #: Sections where words in italics state something.
    states_in_italics: frozenset[str]

    @classmethod
    def of(cls, inventory: Inventory, extraction: ExtractionResult) -> PlanState:
        """From the inventory and what extraction read."""
        document = next((d for d in inventory.documents if d.document_id == extraction.plan_document_id), None)
        closed = tuple(
            d
            for d in inventory.documents
            if d.status in ("unreadable", "quarantined") and d.document_type in ("project_plan", "other")
        )
        sections, slanted = frozenset(extraction.sections_found), frozenset(extraction.states_in_italics)
        return cls(document, sections, closed, extraction.separation, slanted)

    @property
    def unread(self) -> str | None:
        """What of the plan software could not read, in words; None when nothing stands against a row being missing."""
        if self.document and (pages := self.document.unreadable_pages):
            if len(pages) >= self.document.pages:
                return f"No page of {self.document.filename} holds readable text"
            return f"Pages {', '.join(map(str, pages))} of {self.document.filename} hold no readable text"
        if self.document and not self.sections_found:
            return f"No heading of the form was found in {self.document.filename}"
        return None


def row_result(
    requirement: Requirement, found: RequirementEvidence, facts: Facts, plan: PlanState
) -> tuple[RequirementResult, list[Failure]]:
    """A row with its status and reason, and the tests that failed.

    missing: nothing answers where the answer stands. not_applicable: a sentence says so. partial and needs_review:
    a declared test failed. covered: every declared test passed. A document that could not be read never makes a
    row missing: then a person must look.
    """
    by_name = {f.test: f for f in found.findings}
    results: list[TestResult] = [_answered(requirement, found)]
    failures: list[Failure] = []
    for test in requirement.tests:
        finding = by_name.get(test.test, Finding(test=test.test))
        verdict = judge(test, finding, facts)
        passed = verdict.outcome == "pass"
        results.append(
            TestResult(
                test=test.test,
                outcome=verdict.outcome,
                message=verdict.message,
                clears_when=None if passed else test.clears_when,
            )
        )
        if verdict.outcome == "fail":
            failures.append(Failure(requirement, test, verdict, finding.evidence or found.evidence[:1]))
    status, reason = _status(requirement, found, results, failures, plan)
    evidence = found.evidence
    if status == "not_applicable" and found.not_applicable:
        evidence = (found.not_applicable,)
        failures = []
    row = RequirementResult(
        requirement_id=requirement.requirement_id,
        category=requirement.category,
        title=requirement.title,
        status=status,
        reason=" ".join([reason, *(n for n in found.notes if found.answered)]),
        tests=tuple(results),
        evidence=evidence,
        expected_but_absent=_absent(requirement, found, failures),
    )
    return row, failures


def _answered(requirement: Requirement, found: RequirementEvidence) -> TestResult:
    place = where(requirement.answer.sections)
    if found.answered:
        return TestResult(test="answered", outcome="pass", message=f"Answered in {place}.")
    message = f"Nothing in the proponent's own words answers this in {place}."
    return TestResult(
        test="answered", outcome="fail", message=message, clears_when=f"The plan answers this in {place}."
    )


def _status(
    requirement: Requirement,
    found: RequirementEvidence,
    results: list[TestResult],
    failures: list[Failure],
    plan: PlanState,
) -> tuple[RowStatus, str]:
    if plan.document is None:
        if plan.closed:
            names = ", ".join(d.filename for d in plan.closed)
            return (
                "needs_review",
                f"No project plan could be read; {names} could not be opened and may hold the answer.",
            )
        return "missing", "No project plan is in scope."
    if found.not_applicable:
        return "not_applicable", f'The plan says so: "{found.not_applicable.quote}"'
    if not found.answered:
        sections = {s.partition("/")[0] for s in requirement.answer.sections}
        if plan.unread and not sections & plan.sections_found:
            return "needs_review", f"{results[0].message} {plan.unread}: look there."
        if sections & plan.states_in_italics:
            stands = "Words in italics, the form's own type, state something there: look whether they are the answer."
            return "needs_review", f"{results[0].message} {stands}"
        return "missing", results[0].message
    hard = [f for f in failures if (f.verdict.becomes or f.test.on_fail) == "partial"]
    not_run = [r for r in results if r.outcome == "not_run"]
    loose = plan.separation == "grammar" and not requirement.answer.any
    if hard and loose and not any(r.outcome == "pass" for r in results[1:]):
        told = "The plan has lost its italics: an answer cannot be told from the form's instruction for certain."
        return "needs_review", " ".join([told, *(f.verdict.message for f in hard)])
    if hard:
        return "partial", " ".join(f.verdict.message for f in hard)
    if failures:
        return "needs_review", " ".join(f.verdict.message for f in failures)
    if not_run:
        return "partial", " ".join(r.message for r in not_run)
    count = len(results)
    return "covered", f"All {count} tests passed." if count > 1 else results[0].message


def _absent(requirement: Requirement, found: RequirementEvidence, failures: list[Failure]) -> tuple[str, ...]:
    """What was expected and is not there, as one would ask for it."""
    absent = [] if found.answered else [f"an answer in {where(requirement.answer.sections)}"]
    for failure in failures:
        test, values = failure.test, _values(found, failure.test.test)
        if isinstance(test, DocumentTest) and not values.get("received"):
            absent.append(words_for(test.documents))
        elif isinstance(test, MapAgeTest) and not values.get("received"):
            absent.append(f"{TYPE_WORDS['land_cover_map']} at least {test.years} years older than the start date")
        elif isinstance(test, WorkbookYearsTest):
            absent.append(f"the {test.years} calendar years before the start in the workbook")
        elif isinstance(test, RegisterTest) and test.what == "present" and not values.get("registers"):
            absent.append(TYPE_WORDS["land_tenure"])
        elif isinstance(test, PapersTest):
            absent += values.get("absent", "").split("; ")
    return tuple(dict.fromkeys(a for a in absent if a))


def _values(found: RequirementEvidence, test: str) -> dict[str, str]:
    return next((f.values for f in found.findings if f.test == test), {})
