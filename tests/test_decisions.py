"""People's words: kept apart from the machine's, held against the answer they were given on, never written over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.submission import write_submission
from pipeline.decisions.review_state import ReviewState
from pipeline.decisions.slips import slips
from pipeline.decisions.standing import seen_answer, standing
from pipeline.errors import RevisionConflict, UsageError
from pipeline.models import Decision, Evidence, RequirementResult, TestResult
from pipeline.stages import human_review, run
from pipeline.stages.generate_report import latest_paths, report_paths
from pipeline.stages.remove import remove_document
from pipeline.status import progress
from pipeline.workflow import freshness, order, results
from tests.desk import ANA, BEN, Desk, a_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def state_of(desk: Desk, session_id: str) -> ReviewState:
    return human_review.review_state(desk.ws, desk.record(session_id))


# --- decisions --------------------------------------------------------------------------------------------------------


def test_a_decision_changes_nothing_of_what_the_machine_found(desk: Desk) -> None:
    session_id = desk.begin()
    before = desk.row(session_id, "REQ-002")
    human_review.record_decision(desk.ws, session_id, "2", "approved", "The title plan is not needed.", ANA)
    desk.run(session_id)
    assert desk.row(session_id, "REQ-002") == before
    report, _ = report_paths(desk.ws, desk.record(session_id))
    decision = next(r.decision for r in report.requirements if r.requirement_id == "REQ-002")
    assert decision is not None
    assert (decision["status"], decision["by"], decision["state"]) == ("approved", ANA, "holds")


def test_every_act_needs_a_name_and_a_reason(desk: Desk) -> None:
    session_id = desk.begin()
    for by, reason in (("", "Seen."), ("  ", "Seen."), (ANA, ""), (ANA, " \n")):
        with pytest.raises(UsageError):
            human_review.record_decision(desk.ws, session_id, "7", "approved", reason, by)
    with pytest.raises(UsageError, match="condition"):
        human_review.determine(desk.ws, session_id, "conditional", "Good.", ANA)
    with pytest.raises(UsageError, match="notes"):
        human_review.determine(desk.ws, session_id, "approve", " ", ANA)
    assert not state_of(desk, session_id).begun


def test_of_two_reviewers_on_one_row_the_second_sees_both_words_and_loses_nothing(desk: Desk) -> None:
    # given two who looked at the same row at the same time
    session_id = desk.begin()
    seen = desk.record(session_id).revision
    human_review.record_decision(desk.ws, session_id, "7", "approved", "The date is there.", ANA, seen)
    # when the second decides
    with pytest.raises(RevisionConflict) as conflict:
        human_review.record_decision(desk.ws, session_id, "7", "rejected", "The season is not.", BEN, seen)
    # then both versions are told, and the refused words come back
    error = conflict.value
    assert error.saw is not None
    assert error.stands is not None
    assert (error.saw["machine"], error.saw["word"]) == ("covered", None)
    assert (error.stands["word"]["by"], error.stands["word"]["reason"]) == (ANA, "The date is there.")
    assert error.refused == {"status": "rejected", "reason": "The season is not."}
    assert desk.record(session_id).decisions["REQ-007"].by == ANA
    # and with what stands now before the eyes it can be said
    human_review.record_decision(
        desk.ws, session_id, "7", "rejected", "The season is not.", BEN, desk.record(session_id).revision
    )
    assert [e.actor for e in human_review.history(desk.ws, session_id, "7")] == [ANA, BEN]


def test_a_word_on_another_row_and_an_opened_row_are_no_conflict(desk: Desk) -> None:
    session_id = desk.begin()
    seen = desk.record(session_id).revision
    human_review.record_decision(desk.ws, session_id, "8", "approved", "Fine.", BEN)
    assert human_review.note_row_opened(desk.ws, session_id, "7", BEN)
    human_review.annotate(desk.ws, session_id, "7", "Look at the season.", BEN)
    desk.run(session_id)
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Fine.", ANA, seen)
    with pytest.raises(RevisionConflict):  # who determines must have seen every word
        human_review.determine(desk.ws, session_id, "approve", "All fine.", ANA, expected_revision=seen)


def test_a_row_that_answers_something_else_since_is_a_conflict_too(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.begin(without=("yields",))
    seen = desk.record(session_id).revision
    shutil.copy(desk.sent.files["yields"], tmp_path)
    desk.send(session_id, tmp_path)
    with pytest.raises(RevisionConflict) as conflict:
        human_review.record_decision(desk.ws, session_id, "12", "rejected", "No yields.", ANA, seen)
    assert conflict.value.saw == {"revision": seen, "machine": "partial", "word": None}
    human_review.record_decision(desk.ws, session_id, "7", "approved", "The same as before.", ANA, seen)


def test_several_rows_are_decided_all_or_none(desk: Desk) -> None:
    session_id = desk.begin()
    with pytest.raises(UsageError, match="no requirement"):
        human_review.record_decisions(desk.ws, session_id, ["7", "8", "99"], "approved", "Fine.", ANA)
    assert not desk.record(session_id).decisions
    covered = human_review.undecided(desk.ws, desk.record(session_id), "covered")
    human_review.record_decisions(desk.ws, session_id, covered, "approved", "Read and agreed.", ANA)
    assert set(desk.record(session_id).decisions) == set(covered)
    assert not human_review.undecided(desk.ws, desk.record(session_id), "covered")


def test_a_changed_plan_keeps_decisions_on_equal_answers_and_opens_the_others_again(
    desk: Desk, tmp_path: Path
) -> None:
    # given every row decided
    session_id = desk.begin()
    desk.approve_all(session_id)
    human_review.determine(desk.ws, session_id, "approve", "Complete.", ANA)
    old = desk.row(session_id, "REQ-013")
    # when a newer plan comes that says nothing of permanence
    newer = write_submission(tmp_path / "newer", 1, plan_version="9", omit_sections=("1.10",))
    (tmp_path / "sent").mkdir()
    shutil.copy(newer.files["plan"], tmp_path / "sent" / "Plan as corrected.pdf")
    desk.send(session_id, tmp_path / "sent")
    # then only the rows that answer something else are open again, with both answers
    state = state_of(desk, session_id)
    assert "REQ-013" in state.reopened
    assert {"REQ-005", "REQ-014", "REQ-018"} <= set(state.decided)
    assert len(state.reopened) < 6
    assert state.determination_state == "reopened"
    report, paths = report_paths(desk.ws, desk.record(session_id))
    decision = next(r.decision for r in report.requirements if r.requirement_id == "REQ-013")
    assert decision is not None
    assert decision["state"] == "reopened"
    assert decision["seen"]["status"] == old.status
    assert decision["changed"][0].startswith("It was covered and is ")
    text = paths["md"].read_text(encoding="utf-8")
    assert "☐ Approved   ☐ Not Approved" in text
    assert "**When it was decided:** Covered." in text
    assert old.evidence[0].quote.split(",")[0] in text
    # and deciding again closes it
    human_review.record_decision(desk.ws, session_id, "13", "rejected", "No permanence.", BEN)
    assert "REQ-013" in state_of(desk, session_id).rejected


def test_running_again_and_other_file_names_leave_every_decision(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.begin()
    desk.approve_all(session_id)
    for number, file in enumerate(sorted(desk.sent.folder.iterdir())):
        if file != desk.sent.files["temporary"]:
            shutil.copyfile(file, tmp_path / f"{number:03d}{file.suffix}")
    desk.send(session_id, tmp_path)
    for key in order.ORDER:
        run.run_stage(desk.ws, session_id, key)
    assert not state_of(desk, session_id).reopened


def test_clearing_is_logged_and_the_history_keeps_what_was_said(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.record_decision(desk.ws, session_id, "7", "rejected", "Not seen.", ANA)
    human_review.clear_decision(desk.ws, session_id, "7", "Seen after all.", BEN)
    assert "REQ-007" in state_of(desk, session_id).undecided
    said = [(e.action, e.actor, e.details["reason"]) for e in human_review.history(desk.ws, session_id, "7")]
    assert said == [("override_set", ANA, "Not seen."), ("override_cleared", BEN, "Seen after all.")]
    desk.ws.sessions.verify_audit(session_id)


@given(
    st.sampled_from(["covered", "partial", "missing", "needs_review", "not_applicable"]),
    st.lists(st.text("abc ", min_size=1), max_size=3),
    st.text(min_size=1),
    st.integers(1, 9),
)
def test_what_documents_are_called_and_where_a_quote_stands_never_open_a_row(
    status: str, quotes: list[str], name: str, page: int
) -> None:
    def row(document: str, on: int) -> RequirementResult:
        found = tuple(
            Evidence(evidence_id=f"e{n}", document=document, document_id="d", sha256="0", page=on, quote=quote)
            for n, quote in enumerate(quotes)
        )
        test = TestResult(test="answered", outcome="pass", message=f"Found in {document}.")
        return RequirementResult.model_validate(
            {"requirement_id": "REQ-001", "category": "", "title": "", "status": status,
             "reason": f"See {document}.", "tests": (test,), "evidence": found}
        )  # fmt: skip

    decided = Decision.model_validate(
        {"requirement_id": "REQ-001", "status": "approved", "reason": "Seen.", "by": ANA,
         "at": "2026-01-01T00:00:00Z", "seen": seen_answer(row("a.pdf", 1))}
    )  # fmt: skip
    assert standing(decided, row(name, page)) == "holds"
    changed = row(name, page).model_copy(update={"status": "partial" if status != "partial" else "missing"})
    assert standing(decided, changed) == "reopened"


# --- quotes and documents ---------------------------------------------------------------------------------------------


def test_a_discarded_quote_is_out_the_row_is_judged_without_it_and_it_counts_again(desk: Desk) -> None:
    session_id = desk.begin()
    before = desk.row(session_id, "REQ-007")
    gone = human_review.discard_quote(desk.ws, session_id, "7", "1", "It is the date of another farm.", ANA)
    desk.run(session_id)
    row = desk.row(session_id, "REQ-007")
    assert row.status != "covered"
    assert gone.evidence_id not in {item.evidence_id for item in row.evidence}
    report, paths = report_paths(desk.ws, desk.record(session_id))
    assert [(d.by, d.quote) for d in report.discarded] == [(ANA, before.evidence[0].quote)]
    assert "It is the date of another farm." in paths["html"].read_text(encoding="utf-8")
    # other rows keep their own quotes
    assert desk.row(session_id, "REQ-010").status == "covered"
    human_review.restore_quote(desk.ws, session_id, "7", gone.evidence_id, "It is ours.", BEN)
    desk.run(session_id)
    assert desk.row(session_id, "REQ-007") == before


def test_where_there_is_another_passage_the_machine_takes_that(desk: Desk) -> None:
    session_id = desk.begin()
    before = desk.row(session_id, "REQ-011")
    assert len(before.evidence) > 1
    human_review.discard_quote(desk.ws, session_id, "11", before.evidence[0].evidence_id, "Says nothing.", ANA)
    desk.run(session_id)
    after = desk.row(session_id, "REQ-011")
    assert after.evidence
    assert before.evidence[0].quote not in {item.quote for item in after.evidence}


def test_an_ignored_document_is_no_evidence_and_only_its_rows_change(desk: Desk) -> None:
    session_id = desk.begin()
    before = {r: desk.row(session_id, f"REQ-{r:03d}") for r in range(1, 24)}
    name = desk.sent.files["ghg_report"].name
    human_review.ignore_document(desk.ws, session_id, name, "It is of another year.", ANA)
    desk.run(session_id)
    changed = {r for r, row in before.items() if desk.row(session_id, f"REQ-{r:03d}") != row}
    assert changed == {22}
    human_review.unmark_document(desk.ws, session_id, name, "It is of this year.", ANA)
    desk.run(session_id)
    assert desk.row(session_id, "REQ-022") == before[22]


def test_a_document_is_what_the_reviewer_says_it_is(desk: Desk) -> None:
    session_id = desk.begin()
    name = desk.sent.files["ghg_report"].name
    human_review.reclassify_document(desk.ws, session_id, name, "other", "It is a brochure.", ANA)
    record = desk.run(session_id)
    inventory = results.load_inventory(desk.ws, record)
    assert inventory is not None
    assert next(d.document_type for d in inventory.documents if d.filename == name) == "other"
    assert desk.row(session_id, "REQ-022").status == "partial"


def test_a_document_given_to_a_row_by_hand_counts_there_and_survives_every_run(desk: Desk) -> None:
    # given a workbook that nobody recognises as what it is
    session_id = desk.begin()
    name = desk.sent.files["yields"].name
    human_review.reclassify_document(desk.ws, session_id, name, "other", "For this test.", ANA)
    desk.run(session_id)
    assert desk.row(session_id, "REQ-012").status == "partial"
    # when a person gives it to one row
    human_review.remap(desk.ws, session_id, "12", "It holds the yields.", ANA, add=[name])
    record = desk.run(session_id)
    # then that row has it and the other does not, also after another run
    for _ in range(2):
        mapping = results.load_mapping(desk.ws, record)
        assert mapping is not None
        assert next(m.status for m in mapping.mappings if m.requirement_id == "REQ-012") == "manual"
        assert desk.row(session_id, "REQ-012").status == "covered"
        assert desk.row(session_id, "REQ-009").status == "partial"
        human_review.ignore_document(desk.ws, session_id, desk.sent.files["land_cover_map"].name, "Another.", ANA)
        record = desk.run(session_id)
    human_review.clear_mapping(desk.ws, session_id, "12", "Not needed.", ANA)
    desk.run(session_id)
    assert desk.row(session_id, "REQ-012").status == "partial"


def test_a_document_taken_from_a_row_is_not_looked_at_for_it(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.remap(desk.ws, session_id, "12", "Of another farm.", ANA, remove=[desk.sent.files["yields"].name])
    record = desk.run(session_id)
    mapping = results.load_mapping(desk.ws, record)
    assert mapping is not None
    assert next(m for m in mapping.mappings if m.requirement_id == "REQ-012").status == "manual"
    assert desk.row(session_id, "REQ-012").status == "partial"
    assert desk.row(session_id, "REQ-009").status == "covered"


def test_words_of_a_document_that_is_taken_out_go_from_the_decisions_too(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Seen.", ANA)
    words = desk.row(session_id, "REQ-007").evidence[0].quote
    stored = desk.ws.sessions.folder(session_id) / "session.json"
    assert words[:40] in stored.read_text(encoding="utf-8")
    remove_document(desk.ws, session_id, desk.sent.files["plan"].name, ANA, "Withdrawn.")
    assert words[:40] not in stored.read_text(encoding="utf-8")
    assert desk.record(session_id).decisions["REQ-007"].reason == "Seen."


# --- what the report and the status say ------------------------------------------------------------------------------


def test_a_session_nobody_decided_on_says_so_and_its_report_ticks_nothing(desk: Desk) -> None:
    session_id = desk.begin()
    report, paths = report_paths(desk.ws, desk.record(session_id))
    assert (report.annotations, report.revisions, report.determination, report.discarded) == ((), (), None, ())
    assert all(row.decision is None for row in report.requirements)
    assert paths["html"].read_text(encoding="utf-8").count('<span class="box"></span>') == 2
    session = progress.session_view(desk.ws, desk.record(session_id))
    assert session.status == "report_generated"


def test_words_make_the_report_stale_and_only_asking_makes_a_new_one(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Seen.", ANA)
    record = desk.record(session_id)
    session = progress.session_view(desk.ws, record)
    assert session.status == "in_human_review"
    assert session.workflow_progress["report_generation"].status == "stale"
    assert freshness.due(desk.ws, record) is None  # or every word would make a version of its own
    desk.run(session_id)
    report = json.loads(latest_paths(desk.ws, session_id)["json"].read_bytes())
    assert [r["decision"]["status"] for r in report["requirements"] if r["decision"]] == ["approved"]
    assert latest_paths(desk.ws, session_id)["json"].name.endswith("-v2.json")


def test_the_same_words_give_the_same_bytes(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Seen.", ANA)
    human_review.annotate(desk.ws, session_id, "7", "In spring.", BEN, kind="clarification")
    desk.run(session_id)
    first = {kind: path.read_bytes() for kind, path in latest_paths(desk.ws, session_id).items()}
    desk.clock.advance(hours=5)
    for key in order.ORDER:
        run.run_stage(desk.ws, session_id, key)
    assert {kind: path.read_bytes() for kind, path in latest_paths(desk.ws, session_id).items()} == first


@pytest.mark.parametrize(
    ("kind", "status", "ticked"),
    [("approve", "in_human_review", "☒ Approved   ☐ Not"), ("conditional", "in_human_review", "☒ Approved   ☐ Not"),
     ("reject", "rejected", "☐ Approved   ☒ Not"), ("hold", "on_hold", "☐ Approved   ☐ Not")],
)  # fmt: skip
def test_only_a_determination_ticks_a_box(desk: Desk, kind: str, status: str, ticked: str) -> None:
    session_id = desk.begin()
    conditions = ["The title plan is sent."] if kind == "conditional" else []
    human_review.determine(desk.ws, session_id, kind, "So be it.", ANA, conditions)  # type: ignore[arg-type]
    desk.run(session_id)
    assert progress.session_view(desk.ws, desk.record(session_id)).status == status
    text = latest_paths(desk.ws, session_id)["md"].read_text(encoding="utf-8")
    assert ticked in text
    assert all(one in text for one in conditions)
    human_review.clear_determination(desk.ws, session_id, "Too early.", BEN)
    desk.run(session_id)
    assert "☐ Approved   ☐ Not Approved" in latest_paths(desk.ws, session_id)["md"].read_text(encoding="utf-8")


def test_not_applicable_is_printed_as_na_once_a_person_approves(desk: Desk) -> None:
    session_id = desk.begin()
    assert desk.row(session_id, "REQ-016").status == "not_applicable"
    assert "**N/A**" not in latest_paths(desk.ws, session_id)["md"].read_text(encoding="utf-8")
    human_review.record_decision(desk.ws, session_id, "16", "approved", "None were made.", ANA)
    desk.run(session_id)
    assert "**N/A**" in latest_paths(desk.ws, session_id)["md"].read_text(encoding="utf-8")


def test_the_human_review_waits_with_the_exact_reason(desk: Desk) -> None:
    session_id = desk.begin()
    covered = human_review.undecided(desk.ws, desk.record(session_id), "covered")
    human_review.record_decisions(desk.ws, session_id, covered, "approved", "Seen.", ANA)
    human_review.request_revision(desk.ws, session_id, "2", ANA)
    left = 23 - len(covered)
    view = progress.progress(desk.ws, desk.record(session_id))["human_review"]
    assert view.status == "waiting"
    assert view.reason == (
        f"{left} rows have no decision; 1 revision pending with the developer; there is no determination"
    )
    assert progress.next_action(desk.ws, desk.record(session_id)).startswith("Decide REQ-002")


def test_slips_in_the_reviewers_own_words_are_told(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.record_decision(desk.ws, session_id, "13", "approved", "From 01/23/2032 to 31/23/2041.", ANA)
    human_review.annotate(desk.ws, session_id, "7", "The Brackenholt Farm project has started.", ANA)
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Starts as the plan says.", ANA)
    told = slips(desk.ws, desk.record(session_id))
    assert any("31/23/2041 is no date" in one and one.startswith("The reason given for REQ-013") for one in told)
    assert any("Brackenholt" in one for one in told)
    assert not any("REQ-007:" in one and "reason" in one for one in told)
    human_review.record_decision(desk.ws, session_id, "13", "approved", "As the plan says.", ANA)
    assert not any("no date" in one for one in slips(desk.ws, desk.record(session_id)))
