"""The report is a pure function of content: not of names, order, sessions or the time of day."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import report_fixture as made
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ReviewError
from pipeline.models import Inventory, Report, StageRecord
from pipeline.reporting.as_json import render_json
from pipeline.reporting.model import build_report

#: What the contract lets two sessions with the same content differ in.
DIFFERS = {"session", "generated_at", "added_at", "source_type", "path", "names"}


def without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {k: without(v, keys) for k, v in value.items() if k not in keys}
    return [without(v, keys) for v in value] if isinstance(value, list) else value


def text_of(inventory: Inventory | None = None, **record: Any) -> str:
    session = made.record().model_copy(update=record)
    return render_json(build_report(session, inventory or made.inventory(), made.validation(), made.checklist()))


def test_the_same_inputs_give_the_same_bytes_whatever_was_done_to_the_session_since() -> None:
    # Given a session that was worked on in between
    later = made.NOON + timedelta(days=3)
    stage = StageRecord(status="running", started_at=later)
    # When the report is built again
    again = text_of(updated_at=later, revision=41, stages={"report_generation": stage})
    # Then not a byte differs
    assert again == text_of()


@given(order=st.permutations(range(12)), minutes=st.integers(1, 10_000))
def test_two_sessions_with_the_same_content_differ_only_where_the_contract_says(order: list[int], minutes: int) -> None:
    documents = made.inventory().documents
    shuffled = Inventory(
        documents=tuple(
            documents[i].model_copy(
                update={
                    "added_at": made.NOON + timedelta(minutes=minutes + i),
                    "path": f"elsewhere/{i}",
                    "source_type": "inbox",
                    "names": (documents[i].filename, f"other name {i}"),
                }
            )
            for i in order
        )
    )
    other = made.record("session-20270101-080000", "inbox")
    theirs = json.loads(render_json(build_report(other, shuffled, made.validation(), made.checklist())))
    ours = json.loads(text_of())
    assert without(theirs, DIFFERS) == without(ours, DIFFERS)
    assert theirs["session"] != ours["session"]


def test_the_report_is_dated_by_its_newest_input() -> None:
    assert made.report().generated_at == made.NOON + timedelta(minutes=5)


def test_a_report_without_documents_is_dated_by_its_session() -> None:
    record = made.record()
    report = build_report(record, Inventory(documents=()), made.validation(), made.checklist())
    assert report.generated_at == record.created_at


@pytest.mark.parametrize(
    "change",
    [{"sha256": "0" * 64}, {"document_type": "other"}, {"status": "excluded"}, {"superseded_by": "somebody"}],
    ids=lambda change: next(iter(change)),
)
def test_the_inputs_fingerprint_moves_with_content_type_and_status(change: dict[str, str]) -> None:
    assert fingerprint_with(change) != made.report().provenance["inputs_fingerprint"]


@pytest.mark.parametrize(
    "change", [{"names": ("a.pdf", "b.pdf")}, {"path": "x"}, {"added_at": made.NOON}, {"notes": ()}]
)
def test_the_inputs_fingerprint_stays_when_only_names_places_or_times_move(change: dict[str, Any]) -> None:
    assert fingerprint_with(change) == made.report().provenance["inputs_fingerprint"]


def fingerprint_with(change: dict[str, Any]) -> str:
    first, *rest = made.inventory().documents
    inventory = Inventory(documents=(first.model_copy(update=change), *rest))
    report = build_report(made.record(), inventory, made.validation(), made.checklist())
    return report.provenance["inputs_fingerprint"]


def test_another_checklist_is_another_fingerprint() -> None:
    from dataclasses import replace

    other = build_report(made.record(), made.inventory(), made.validation(), replace(made.checklist(), sha256="f" * 64))
    assert other.provenance["inputs_fingerprint"] != made.report().provenance["inputs_fingerprint"]
    assert other.provenance["checklist_sha256"] == "f" * 64


def test_rows_stand_in_the_checklists_order_under_its_words() -> None:
    checked = made.validation()
    backwards = checked.model_copy(update={"requirements": checked.requirements[::-1]})
    report = build_report(made.record(), made.inventory(), backwards, made.checklist())
    assert [(r.requirement_id, r.category, r.title) for r in report.requirements] == [
        (r.requirement_id, r.category, r.title) for r in made.checklist().requirements
    ]


@pytest.mark.parametrize(
    ("rows", "named"), [(slice(1, None), "REQ-001"), (slice(0, 22), "REQ-023")], ids=["first", "last"]
)
def test_a_row_that_was_never_judged_is_an_error_and_not_a_missing_row(rows: slice, named: str) -> None:
    checked = made.validation()
    short = checked.model_copy(update={"requirements": checked.requirements[rows]})
    with pytest.raises(ReviewError, match=named):
        build_report(made.record(), made.inventory(), short, made.checklist())


def test_a_row_judged_twice_is_an_error() -> None:
    checked = made.validation()
    twice = checked.model_copy(update={"requirements": (*checked.requirements, checked.requirements[0])})
    with pytest.raises(ReviewError, match="twice"):
        build_report(made.record(), made.inventory(), twice, made.checklist())


def test_the_summary_counts_every_row_and_every_check_once() -> None:
    report = made.report()
    statuses = [report.summary[k] for k in ("covered", "partial", "missing", "not_applicable", "needs_review")]
    assert statuses == [15, 4, 2, 1, 1]
    assert report.summary["requirements_total"] == len(report.requirements) == 23
    assert report.summary["checks"] == {"pass": 1, "warning": 1, "fail": 1, "not_run": 1}


def test_exceptions_stand_worst_first_and_checks_with_failures_first() -> None:
    report = made.report()
    assert [e.severity for e in report.exceptions] == ["high"] * 4 + ["medium"] * 4 + ["low"]
    assert [c.outcome for c in report.checks] == ["fail", "warning", "not_run", "pass"]
    high = [e.message for e in made.validation().exceptions if e.severity == "high"]
    assert [e.message for e in report.exceptions[:4]] == high


def test_the_json_form_is_the_contracts_shape() -> None:
    data = json.loads(render_json(made.report()))
    assert list(data) == [
        "schema_version", "generated_at", "session", "checklist", "header", "documents", "requirements", "checks",
        "exceptions", "summary", "provenance", "titles", "papers", "plan_differences", "annotations", "revisions",
        "determination", "determination_state", "discarded", "remapped", "claims",
    ]  # fmt: skip
    assert {"methodology", "version", "source"} <= set(data["checklist"])
    assert set(data["provenance"]) == {"inputs_fingerprint", "program_version", "checklist_sha256"}
    assert {"evidence_id", "document", "sha256", "page", "page_label", "section", "section_title", "quote", "role",
            "boxes"} <= set(data["requirements"][1]["evidence"][0])  # fmt: skip
    assert data["generated_at"] == "2026-03-02T12:05:00Z"


def test_the_json_form_reads_back_as_the_same_report_and_hides_nothing_in_an_editor() -> None:
    report = made.report()
    text = render_json(report)
    assert Report.model_validate_json(text) == report
    assert text.endswith("}\n")
    assert made.OVERRIDE not in text
    assert "\\u202e" in text
    assert "“" in text, "readable text stays UTF-8"
