"""Two plans of one farm are compared in answers: what changed, and what the public form may leave out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from examples import write_submission
from pipeline.models import PlanDifference
from tests.made_plan import Review
from tests.made_review import review_folder


def twins(tmp_path: Path, seed: int, new: dict[str, Any], old: dict[str, Any]) -> Review:
    """A farm with another plan of the same farm beside its own."""
    write_submission(tmp_path / "farm", seed, absent_paper=False, **new)
    other = write_submission(tmp_path / "other", seed, absent_paper=False, **old)
    shutil.copy(other.files["plan"], tmp_path / "farm" / "other plan.pdf")
    return review_folder(tmp_path / "farm")


def only(found: Review) -> PlanDifference:
    (difference,) = found.validation.plan_differences
    return difference


NEW = {"public": False, "plan_version": "3"}
OLD = {"public": False, "plan_version": "2"}


def test_a_newer_version_that_changes_no_answer_is_no_exception(tmp_path: Path) -> None:
    found = twins(tmp_path, 2, NEW, OLD)
    assert (only(found).kind, only(found).changes) == ("version", ())
    assert found.outcome("superseded-answers") == "pass"


def test_changed_answers_are_one_exception_with_the_words_of_both(tmp_path: Path) -> None:
    found = twins(tmp_path, 2, NEW, OLD | {"crediting_end": "31/12/2031", "buffer_percent": 15})
    changed = {c.section: c for c in only(found).changes}
    assert set(changed) == {"1.9", "4.5"}
    assert all(c.matters and c.old and c.new and c.old[0].document != c.new[0].document for c in changed.values())
    assert (changed["1.9"].requirement_ids, changed["4.5"].requirement_ids) == (("REQ-010",), ("REQ-018",))
    entries = [e for e in found.validation.exceptions if e.cause == "superseded-answers"]
    assert len(entries) == 1
    assert {e.document for e in entries[0].evidence} == {only(found).old, only(found).new}
    assert "31/12/2031" in entries[0].message


def test_another_owner_and_an_answer_that_is_gone_matter_without_any_figure(tmp_path: Path) -> None:
    found = twins(tmp_path, 2, NEW | {"omit_sections": ["2.4"]}, OLD | {"owner": "Elsewhere Farming Limited"})
    matters = {c.section: c.kind for c in only(found).changes if c.matters}
    assert matters["2.4"] == "removed"
    assert matters["1.7"] == "changed"


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_the_public_form_may_leave_out_what_the_form_names(tmp_path: Path, seed: int) -> None:
    found = twins(tmp_path, seed, {"public": False}, {"public": True})
    assert only(found).kind == "public_private"
    assert only(found).changes
    assert not any(c.matters for c in only(found).changes)
    assert (found.outcome("public-answers"), found.outcome("one-plan")) == ("pass", "pass")


def test_a_public_form_that_says_something_else_is_an_exception(tmp_path: Path) -> None:
    found = twins(tmp_path, 2, {"public": False}, {"public": True, "buffer_percent": 15})
    (entry,) = [e for e in found.validation.exceptions if e.cause == "public-answers"]
    assert "15%" in entry.message
    assert "20%" in entry.message
    assert [c.section for c in only(found).changes if c.matters] == ["4.5"]


def test_a_plan_alone_is_compared_with_nothing(tmp_path: Path) -> None:
    write_submission(tmp_path, 2)
    found = review_folder(tmp_path)
    assert found.validation.plan_differences == ()
    assert found.outcome("superseded-answers") == "not_run"
