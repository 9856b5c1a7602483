"""What a row answers, as a person sees it when deciding: equal answers keep a decision, another one re-opens it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pipeline.forms.normal import squash
from pipeline.models import Decision, RequirementResult, SeenAnswer, SeenQuote, ValidationResult, wording
from pipeline.models.digests import digest

#: holds: what was decided on is what the row still says. reopened: the row says something else since.
Standing = Literal["holds", "reopened"]


def seen_answer(row: RequirementResult) -> SeenAnswer:
    """The row's answer as it stands; its fingerprint knows no file's name, page or place."""
    quotes = sorted({squash(item.quote) for item in row.evidence})
    failed = sorted(test.test for test in row.tests if test.outcome != "pass")
    absent = sorted(row.expected_but_absent)
    return SeenAnswer(
        fingerprint=digest("answer", row.status, quotes, failed, absent),
        status=row.status,
        reason=row.reason,
        quotes=tuple(
            SeenQuote(
                document=item.document,
                sha256=item.sha256,
                page=item.page,
                page_label=item.page_label,
                section=item.section,
                quote=item.quote,
            )
            for item in row.evidence
        ),
    )


def of_all(rows: Iterable[RequirementResult]) -> str:
    """One fingerprint over the answers of all rows."""
    return digest("answers", [(row.requirement_id, seen_answer(row).fingerprint) for row in rows])


def noted(validation: ValidationResult) -> dict[str, str]:
    """Each row's status and fingerprint in short, for the audit: so a later reader knows when a row changed."""
    return {r.requirement_id: f"{r.status} {seen_answer(r).fingerprint[:16]}" for r in validation.requirements}


def standing(decision: Decision, row: RequirementResult) -> Standing:
    """Whether the decision was made on the answer that the row gives now."""
    seen = decision.seen
    return "holds" if seen is not None and seen.fingerprint == seen_answer(row).fingerprint else "reopened"


def as_shown(decision: Decision, row: RequirementResult) -> dict[str, Any]:
    """The decision as a row of the report carries it: with its state and, when it is re-opened, what differs."""
    state = standing(decision, row)
    shown: dict[str, Any] = {**decision.model_dump(mode="json"), "state": state}
    if state == "reopened":
        shown["changed"] = differences(decision.seen, row)
    return shown


def differences(seen: SeenAnswer | None, row: RequirementResult) -> list[str]:
    """What is different about a row since somebody decided on it, in words."""
    if seen is None:
        return ["Nothing had been judged when this was decided."]
    told = []
    if seen.status != row.status:
        told.append(f"It was {_label(seen.status)} and is {_label(row.status)}.")
    before = {squash(quote.quote) for quote in seen.quotes}
    now = {squash(item.quote) for item in row.evidence}
    if gone := len(before - now):
        told.append(f"{wording.count(gone, 'quote')} of then {'is' if gone == 1 else 'are'} gone.")
    if new := len(now - before):
        told.append(f"{wording.count(new, 'quote')} {'is' if new == 1 else 'are'} new.")
    if seen.reason != row.reason:
        told.append(f"Then: {seen.reason} Now: {row.reason}")
    return told or ["Other tests fail, or other papers are absent, than when this was decided."]


def _label(status: str) -> str:
    return wording.label(status, wording.ROW_STATUS).lower()
