"""Reports of the first two rounds in a registration's folder: each planted slip is noticed, and nothing else is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from examples.rounds import SLIPS, draw_rounds
from examples.submission import write_submission
from pipeline.evidence.facts.project_reports import BLANK
from pipeline.models.fact_details import CoreCount
from pipeline.verdicts.checks import RULES, accounting, rounds, samples, sampling
from tests.test_mutations import Review, review, sent

#: Both layouts of a report, ruled tables and bare lines, starts in January, March and September.
SEEDS = (1, 2, 4, 6)
#: Checks that hold one quote against a figure of the methodology, or against what was reckoned.
RECKONED = {"core-depth", "position-accuracy", "cores-per-stratum", "model-error", "yield-drop"}
ACROSS = {rule.check_id for rule in (*rounds.RULES, *sampling.RULES, *samples.RULES, *accounting.RULES)}


@cache
def reviewed(seed: int, *slips: str) -> Review:
    return review(sent(seed, rounds=2, slips=slips, public=False, area_in_picture=False)[1])


def fired(found: Review) -> set[str]:
    return {c.check_id for c in found.validation.checks if c.outcome in ("fail", "warning")}


@pytest.mark.parametrize("seed", range(1, 9))
def test_reports_that_are_right_add_no_exception_to_a_submission(seed: int) -> None:
    # Given a farm's folder, and the same with the reports, tables and images of two rounds
    alone = review(sent(seed, public=False, area_in_picture=False)[1])
    with_reports = reviewed(seed)
    # Then no check across them has anything to say
    assert fired(with_reports) & ACROSS == set()
    assert {e.cause for e in with_reports.validation.exceptions} <= {e.cause for e in alone.validation.exceptions}


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_noticed_by_its_own_check_and_by_no_other(slip: str) -> None:
    # Given a farm whose reports are right but for one thing
    found = reviewed(1, slip)
    # Then the check that the slip names speaks, alone, with its quotes and with what clears it
    assert fired(found) - fired(reviewed(1)) == {SLIPS[slip]}
    check = found.check(SLIPS[slip])
    assert len(check.evidence) >= 2 or (check.evidence and check.check_id in RECKONED)
    assert check.clears_when
    # And it is one exception
    assert [e.cause for e in found.validation.exceptions].count(SLIPS[slip]) == 1


@pytest.mark.parametrize("seed", SEEDS[1:])
@pytest.mark.parametrize("slip", ["few-cores", "credits-off", "late-baseline"])
def test_slips_are_noticed_in_either_layout_and_way_of_setting(seed: int, slip: str) -> None:
    assert fired(reviewed(seed, slip)) - fired(reviewed(seed)) == {SLIPS[slip]}


def test_every_rule_across_the_documents_has_a_slip_that_makes_it_speak() -> None:
    assert ACROSS - set(SLIPS.values()) == set()
    assert set(SLIPS.values()) - {rule.check_id for rule in RULES} == set()


def test_a_later_rounds_gap_says_that_issuance_judges_it_and_weighs_less_than_a_baselines() -> None:
    later, first = reviewed(1, "few-cores-later"), reviewed(1, "few-cores")
    assert "judged at issuance" in later.check("cores-per-stratum").message
    assert later.check("cores-per-stratum").severity == "medium"
    assert "issuance" not in first.check("cores-per-stratum").message
    assert first.check("cores-per-stratum").severity == "high"


def test_the_values_of_a_report_are_those_that_were_printed_and_a_baseline_leaves_money_blank() -> None:
    for seed in SEEDS:
        submission, _ = sent(seed, rounds=2, slips=(), public=False, area_in_picture=False)
        first, later = draw_rounds(submission.farm)
        facts = reviewed(seed).extraction.facts
        for own in (first, later):
            document = submission.files[f"{own.kind}_report"].name
            mine = {f.name: f.value for f in facts if f.evidence.document == document}
            cores = next(f.detail for f in facts if f.name == "round_cores" and f.evidence.document == document)
            money = {name: mine[f"round_{name}"] for name in ("gain", "emissions", "balance", "buffer", "credits")}
            assert mine["round_area"] == f"{own.hectares:.2f}"
            assert mine["round_year"] == str(own.year)
            assert mine["round_sampling_start"] == own.sampled_from.isoformat()
            assert mine["round_mape"] == mine["round_table_mape"] == f"{own.mape:.2f}"
            assert mine["round_depth"] == "0-30"
            assert cores == CoreCount(
                count=own.cores, unit="stratum", hectares=float(own.strata_hectares), year=None
            )
            assert (set(money.values()) == {BLANK}) == (own.kind == "baseline")


def test_the_same_seed_and_slips_give_the_same_bytes_and_no_slip_reaches_a_farm_without_reports(tmp_path: Path) -> None:
    one = write_submission(tmp_path / "one", 3, rounds=2, slips=("few-cores",))
    two = write_submission(tmp_path / "two", 3, rounds=2, slips=("few-cores",))
    bare = write_submission(tmp_path / "bare", 3)
    assert [p.read_bytes() for p in one.files.values()] == [p.read_bytes() for p in two.files.values()]
    assert not any("report" in key and key != "ghg_report" for key in bare.files)


def test_an_unknown_slip_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="few-cores"):
        write_submission(tmp_path, 1, slips=("no-such-slip",))


def test_documents_of_the_rounds_are_told_by_their_content() -> None:
    submission, files = sent(2, rounds=2, slips=(), public=False, area_in_picture=False)
    found = {d.filename: d.document_type for d in reviewed(2).inventory.documents}
    wanted = {name: kind for name, kind in submission.document_types.items() if name in files and name in found}
    assert {name: found[name] for name in wanted} == wanted
    assert {"baseline_report", "monitoring_report", "lab_results", "imagery_metadata"} <= set(wanted.values())


def test_a_monitoring_report_alone_is_checked_for_what_it_holds_itself() -> None:
    # Given a folder without the baseline report
    submission, files = sent(1, rounds=2, slips=("balance-off",), public=False, area_in_picture=False)
    kept = {name: data for name, data in files.items() if name != submission.files["baseline_report"].name}
    found = review(kept)
    # Then its own sums are checked, and what needs the other report says so
    assert found.check("carbon-balance").outcome == "warning"
    assert found.check("stock-change").outcome == "not_run"
    assert found.check("baseline-after-start").outcome == "not_run"


def test_scrambled_names_change_no_outcome_but_that_of_images_whose_day_stands_in_the_name() -> None:
    _, files = sent(1, rounds=2, slips=("few-cores", "balance-off"), public=False, area_in_picture=False)
    scrambled = {f"{n:03d}.{name.rpartition('.')[2]}": data for n, (name, data) in enumerate(sorted(files.items()))}
    before, after = review(files), review(scrambled)
    same = [c.check_id for c in before.validation.checks if c.check_id != "imagery-date"]
    assert {c: before.check(c).outcome for c in same} == {c: after.check(c).outcome for c in same}


def test_the_seeds_of_these_tests_have_both_layouts() -> None:
    labels = {
        f.evidence.quote.partition(" Intentionally")[0]
        for seed in SEEDS
        for f in reviewed(seed).extraction.facts
        if f.name == "round_buffer" and f.value == BLANK
    }
    assert labels == {"Buffer Pool", "Permanence Buffer Credit Contribution"}
