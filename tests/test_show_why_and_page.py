"""`show --why` tells what really made the row, and `show --page` where its words stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import cli
from commands.text import answers, quoted_pages
from examples.submission import Submission, write_submission
from pipeline.desk.explain import explain
from pipeline.errors import ReviewError, UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import Explanation, RequirementResult
from pipeline.models.as_json import json_of
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.generate_report import latest_paths, report_paths
from pipeline.stages.initialize import create_session
from pipeline.workflow import results


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Submission:
    return write_submission(tmp_path_factory.mktemp("sent"), 3)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ws(home: Path, submission: Submission) -> Iterator[Workspace]:
    with Workspace.open(load_settings(home=home).settings) as opened:
        session_id = create_session(opened, submission.project_name).session_id
        add_documents(opened, session_id, {"type": "path", "path": str(submission.folder)}, check_duplicates=False)
        run.advance(opened, session_id, "report_generation")
        yield opened


@pytest.fixture(scope="module")
def rows(ws: Workspace) -> tuple[RequirementResult, ...]:
    validation = results.load_validation(ws, ws.sessions.read(ws.sessions.ids()[0]))
    assert validation is not None
    return validation.requirements


@pytest.fixture(scope="module")
def explained(ws: Workspace, rows: tuple[RequirementResult, ...]) -> dict[str, Explanation]:
    record = ws.sessions.read(ws.sessions.ids()[0])
    return {row.requirement_id: explain(ws, record, row) for row in rows}


def typed(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *arguments])


def test_the_trace_ends_in_the_very_evidence_of_the_report(
    rows: tuple[RequirementResult, ...], explained: dict[str, Explanation]
) -> None:
    for row in rows:
        found = explained[row.requirement_id]
        assert [c.evidence.evidence_id for c in found.chosen] == [e.evidence_id for e in row.evidence]
        assert [(t.test, t.outcome, t.message) for t in found.tests] == [
            (t.test, t.outcome, t.message) for t in row.tests
        ]
        assert (found.status, found.as_stored) == (row.status, True)


def test_every_quote_has_a_reason_and_those_of_the_plan_a_passage(explained: dict[str, Explanation]) -> None:
    for found in explained.values():
        quoted = {rank for passage in found.passages for rank in passage.quotes}
        for chosen in found.chosen:
            assert chosen.reasons, (found.requirement_id, chosen.evidence.quote)
            in_plan = chosen.evidence.document == found.passages[0].document if found.passages else False
            assert chosen.rank in quoted or not in_plan or chosen.evidence.section is None


def test_a_passage_that_lost_says_why(explained: dict[str, Explanation]) -> None:
    lost = [p for found in explained.values() for p in found.passages if p.outcome == "passed_over" and p.reasons]
    assert any("holds none of the words asked for" in reason for p in lost for reason in p.reasons)
    assert not any(p.quotes for p in lost)


def test_whoever_took_a_passage_is_named_beside_it(explained: dict[str, Explanation]) -> None:
    for found in explained.values():
        for passage in found.passages:
            assert bool(passage.quotes) == (passage.outcome == "quoted")
            assert passage.reasons or not passage.quotes


def test_a_row_that_does_not_apply_rests_first_on_the_sentence_that_says_so(
    explained: dict[str, Explanation],
) -> None:
    found = [e for e in explained.values() if e.status == "not_applicable"]
    assert found
    assert all("does not apply" in e.chosen[0].reasons[0] for e in found)


def test_the_forms_instructions_are_named_as_left_out_and_never_quoted(explained: dict[str, Explanation]) -> None:
    start = explained["REQ-007"]
    italics = [left for left in start.left_out if "italics" in left.why]
    assert italics
    assert {left.section for left in italics} == {"1.8"}
    for left in italics:
        assert not any(left.words in chosen.evidence.quote for chosen in start.chosen)


def test_the_start_dates_test_shows_what_it_compared(explained: dict[str, Explanation]) -> None:
    tests = {test.test: test for test in explained["REQ-007"].tests}
    assert tests["start-date-stated"].quotes == (1,)
    assert len(tests["start-date-stated"].values["start_date"]) == len("2022-01-01")


def test_a_document_that_is_set_aside_says_why(explained: dict[str, Explanation], ws: Workspace) -> None:
    inventory = results.load_inventory(ws, ws.sessions.read(ws.sessions.ids()[0]))
    assert inventory is not None
    excluded = {d.document_id for d in inventory.documents if d.status == "excluded"}
    for found in explained.values():
        told = {d.document_id: d for d in found.documents}
        assert excluded <= set(told)
        assert not any(told[i].used for i in excluded)
        assert all(d.why for d in found.documents)


def test_an_explanation_of_another_result_says_that_it_differs(
    ws: Workspace, rows: tuple[RequirementResult, ...]
) -> None:
    changed = rows[0].model_copy(update={"reason": "Something else."})
    found = explain(ws, ws.sessions.read(ws.sessions.ids()[0]), changed)
    assert found.as_stored is False


def test_people_get_the_answer_first_and_lines_that_fit(ws: Workspace) -> None:
    record = ws.sessions.read(ws.sessions.ids()[0])
    text = answers.why(ws, record, "7", 80).text
    head, answer = text.split("\n\n")[:2]
    assert head.startswith("REQ-007")
    assert answer.startswith("REQ-007 is ")
    assert max(map(len, text.splitlines())) <= 80
    for title in ("Quotes, best first", "Tests", "Documents", "Passages of the plan", "Left out"):
        assert title in text


def test_programs_get_the_same_as_json(home: Path, ws: Workspace, explained: dict[str, Explanation]) -> None:
    result = typed(home, "--json", "show", ws.sessions.ids()[0], "12", "--why")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == json.loads(json_of(explained["REQ-012"]))


@pytest.mark.parametrize(
    "arguments", [("--why",), ("--page",), ("7", "--why", "--page"), ("7", "-o", "x.png"), ("7", "--why", "-o", "x")]
)
def test_options_that_do_not_go_together_are_wrong_usage(home: Path, ws: Workspace, arguments: tuple[str, ...]) -> None:
    assert typed(home, "show", ws.sessions.ids()[0], *arguments).exit_code == 2


# --- pages ------------------------------------------------------------------------------------------------------------


def test_each_quoted_page_is_one_picture_under_a_name_that_says_what_it_is(
    ws: Workspace, rows: tuple[RequirementResult, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record = ws.sessions.read(ws.sessions.ids()[0])
    row = next(r for r in rows if len(r.evidence) > len({(e.sha256, e.page) for e in r.evidence if e.boxes}) > 0)
    answer = quoted_pages.pages(ws, record, row.requirement_id, None)
    drawable = list(dict.fromkeys((e.sha256, e.page) for e in row.evidence if e.boxes))
    paths = [Path(line) for line in answer.text.splitlines()]
    assert len(paths) == len(drawable)
    for path, (_, page) in zip(paths, drawable, strict=True):
        assert path.parent == tmp_path
        assert path.name.startswith(f"{row.requirement_id} page {page} of ")
        assert path.read_bytes().startswith(b"\x89PNG")
    # and doing it once more leaves them as they are
    assert quoted_pages.pages(ws, record, row.requirement_id, None).text == answer.text
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_named_file_is_never_overwritten(ws: Workspace, tmp_path: Path) -> None:
    record = ws.sessions.read(ws.sessions.ids()[0])
    (tmp_path / "start.png").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        quoted_pages.pages(ws, record, "7", str(tmp_path / "start.png"))
    assert (tmp_path / "start.png").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["start.png"]


def test_a_folder_that_is_not_there_is_named(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        quoted_pages.pages(ws, ws.sessions.read(ws.sessions.ids()[0]), "7", str(tmp_path / "no" / "x.png"))


def test_a_quote_of_a_workbook_has_no_page_and_says_so(
    ws: Workspace, rows: tuple[RequirementResult, ...], tmp_path: Path
) -> None:
    record = ws.sessions.read(ws.sessions.ids()[0])
    row = next(r for r in rows if any(e.document.endswith(".xlsx") for e in r.evidence))
    answer = quoted_pages.pages(ws, record, row.requirement_id, str(tmp_path))
    assert any("this is a workbook" in note for note in answer.notes)


def test_a_row_without_quotes_has_no_page_to_show(
    ws: Workspace, rows: tuple[RequirementResult, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = rows[0].model_copy(update={"evidence": ()})
    monkeypatch.setattr(quoted_pages, "judged", lambda *_: empty)
    with pytest.raises(ReviewError, match="no page to show"):
        quoted_pages.pages(ws, ws.sessions.read(ws.sessions.ids()[0]), "1", str(tmp_path))


def test_the_report_holds_the_pages_of_its_quotes_and_stays_small(ws: Workspace) -> None:
    html = latest_paths(ws, ws.sessions.ids()[0])["html"].read_text(encoding="utf-8")
    assert html.count('<details class="sheet">') > 40
    assert len(html) < 4_000_000
    assert "left out</b>" not in html


def test_the_reports_page_made_again_has_the_same_bytes(ws: Workspace) -> None:
    record = ws.sessions.read(ws.sessions.ids()[0])
    path = latest_paths(ws, record.session_id)["html"]
    before = path.read_bytes()
    path.unlink()
    _, paths = report_paths(ws, record)
    assert paths["html"] == path
    assert path.read_bytes() == before
