"""The self-test notices a program that does not notice: it is run on the example, and on programs that were broken."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import cli
from commands.text.selftest import answer
from examples.proof import SEED
from examples.submission import write_submission
from pipeline.checklists import Checklist
from pipeline.classification import inventory
from pipeline.evidence import row_tests
from pipeline.evidence.dates import dates_in
from pipeline.evidence.row_tests.verdict import Verdict
from pipeline.forms import plan
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.selftest import run, words
from pipeline.selftest.review import Review, Sent
from pipeline.selftest.run import Outcome, selftest
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.verdicts import checks
from pipeline.verdicts.checks.rule import Ruling

pytestmark = pytest.mark.timeout(600)
README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(scope="module")
def told() -> tuple[int, dict[str, Any], str]:
    """Exit code, answer and progress of the command without a session."""
    ran = CliRunner().invoke(cli, ["selftest", "--json"])
    return ran.exit_code, json.loads(ran.stdout), ran.stderr


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, SessionRecord]]:
    """A session with the example, read once."""
    folder = tmp_path_factory.mktemp("selftest")
    submission = write_submission(folder / "submission", SEED)
    with Workspace.open(load_settings(home=folder / "home").settings) as ws:
        session_id = create_session(ws, submission.project_name).session_id
        add_documents(ws, session_id, {"type": "path", "path": str(submission.folder)})
        record = ws.sessions.read(session_id)
        for document in record.documents.values():
            ws.reader.read(document.sha256)
        yield ws, record


def test_the_example_meets_no_surprise_and_every_kind_of_mutation_is_tried(
    told: tuple[int, dict[str, Any], str],
) -> None:
    code, found, _ = told
    assert [s for v in found["verdicts"] for s in v["surprises"]] == []
    assert code == 0
    kinds = {v["kind"] for v in found["verdicts"]}
    assert kinds == {
        *("document", "section", "page", "proprietor", "date", "share", "workbook"),
        *("answer key", "names", "italics", "round"),
    }
    assert {v["level"] for v in found["verdicts"]} == {"bytes", "reading", "names", "session"}


def test_every_row_with_evidence_must_fall_by_some_mutation_and_does(told: tuple[int, dict[str, Any], str]) -> None:
    _, found, _ = told
    smaller = [v for v in found["verdicts"] if "Project Plan" not in v["mutation"] or v["kind"] != "document"]
    must = {item for v in smaller for item, how in v["must"].items() if how == "falls"}
    assert {f"REQ-{n:03}" for n in range(1, 24)} - must == {"REQ-008"}  # two sections each say enough for it


def test_the_catch_rate_in_the_readme_is_the_one_that_is_measured(told: tuple[int, dict[str, Any], str]) -> None:
    assert told[1]["rate"] in " ".join(README.read_text(encoding="utf-8").split())


def test_progress_goes_to_the_standard_error(told: tuple[int, dict[str, Any], str]) -> None:
    assert "of" in told[2]
    assert told[1]["schema_version"] == 1


# --- programs that do not notice


def _always_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(row_tests.dates.Agreement):
        @staticmethod
        def judge(test: Any, finding: Any, facts: Any) -> Verdict:
            return Verdict("pass", "Fits.")

    monkeypatch.setitem(row_tests._KINDS, "agrees", Deaf)


def _constant_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = checks.RULES[[r.check_id for r in checks.RULES].index("buffer")]
    rules = tuple(
        type(r)(r.check_id, r.title, r.source, r.severity, r.requirement_ids, r.clears_when,
                (lambda case: Ruling("pass", "20 %.")) if r is deaf else r.run, r.exact)
        for r in checks.RULES
    )  # fmt: skip
    monkeypatch.setattr(checks, "RULES", rules)
    monkeypatch.setattr("pipeline.selftest.graph.RULES", rules)


def _restless(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = cycle([Verdict("pass", "There."), Verdict("fail", "Gone.")])

    class Restless(row_tests.boundary.Boundary):
        @staticmethod
        def judge(test: Any, finding: Any, facts: Any) -> Verdict:
            return next(turns)

    monkeypatch.setitem(row_tests._KINDS, "boundary", Restless)


def _believes_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "_NEVER_EVIDENCE", {})


def _quotes_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "without_instructions", lambda paragraphs, *_: paragraphs)


@pytest.mark.parametrize(
    ("broken", "kind", "says"),
    [
        (_always_passes, "date", "REQ-007:start-is-first-crediting-day should have stopped passing"),
        (_constant_rule, "share", "buffer should have raised an alarm"),
        (_restless, "date", "REQ-004:boundary-file-received should not have moved"),
        (_believes_reviews, "answer key", "the finished review is not excluded"),
        (_quotes_instructions, "italics", "never stood there"),
    ],
)
def test_a_program_that_does_not_notice_is_a_surprise_and_exit_code_1(
    held: tuple[Workspace, SessionRecord],
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    kind: str,
    says: str,
) -> None:
    # given a program in which one thing is deaf
    broken(monkeypatch)
    # when it tests itself
    outcome = selftest(*held, kinds=[kind])
    # then it says so
    assert any(says in s for v in outcome.verdicts for s in v.surprises), outcome.verdicts
    given = answer(outcome, 0)
    assert given.code == 1
    assert says in given.text
    assert outcome.held < outcome.mutations


def test_a_mutant_that_ends_the_review_is_a_surprise_and_stops_no_other(
    held: tuple[Workspace, SessionRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    carried_out = run.review

    def ending(checklist: Checklist, sent: Sent) -> Review:
        if any(reading.pages is None for reading in sent.readings.values()):
            raise ValueError("no such word")
        return carried_out(checklist, sent)

    monkeypatch.setattr(words, "upright", lambda reading: reading.model_copy(update={"pages": None}))
    monkeypatch.setattr(run, "review", ending)
    outcome = selftest(*held, kinds=["italics", "share"])
    surprises = {v.kind: v.surprises for v in outcome.verdicts}
    assert surprises["share"] == ()
    assert surprises["italics"][0].startswith("It could not be tried")


# --- what stays as it is


def _tree(folder: Path) -> dict[str, tuple[int, str]]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p): (p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files}


def test_the_session_and_its_home_stay_as_they_are_and_no_copy_is_left(
    held: tuple[Workspace, SessionRecord], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ws, record = held
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = _tree(ws.data) | _tree(ws.inbox)
    outcome: Outcome = selftest(ws, record, kinds=["document", "proprietor", "workbook", "round"])
    assert outcome.held == outcome.mutations > 3
    assert _tree(ws.data) | _tree(ws.inbox) == before
    after = ws.sessions.read(record.session_id)
    assert (after.revision, after.updated_at) == (record.revision, record.updated_at)
    assert list(tmp_path.iterdir()) == []


# --- mutators


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ("01/01/2022", "02/01/2022"),
        ("28.02.2023", "27.02.2023"),
        ("1st January 2022", "2nd January 2022"),
        ("2022-12-31", "2022-12-30"),
        ("March 3, 2024", "March 4, 2024"),
    ],
)
def test_a_date_is_moved_by_a_day_in_the_words_it_is_printed_in(printed: str, other: str) -> None:
    mention = dates_in(printed)[0]
    assert words.another_day(mention) == other
    moved = dates_in(other)[0].value
    assert mention.value is not None
    assert moved is not None
    assert abs((moved - mention.value).days) == 1


def test_another_name_is_as_long_in_the_same_case_and_keeps_the_kind_of_company() -> None:
    swap = words.another_name("Agnes Marrow Limited")
    assert swap("PROPRIETOR: AGNES MARROW LIMITED of 1 Lane") == "PROPRIETOR: DJQHV PDUURZ LIMITED of 1 Lane"


@pytest.mark.parametrize("said", ["20% of it", "20 % of it", "20 per cent of it", "twenty (20) per cent of it"])
def test_a_share_is_changed_however_it_is_written_and_others_are_left(said: str) -> None:
    change = words.changed_share(20, 15)
    assert "20" not in change(said)
    assert "twenty" not in change(said)
    assert change("120% and 20 cores") == "120% and 20 cores"
