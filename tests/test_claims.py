"""Findings that others bring: kept when the quote stands where it is said to, apart from the machine's evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import cli
from commands.text import answers
from examples import write_submission
from examples.review import write_review
from pipeline.decisions.claims import submit_claim
from pipeline.errors import ClaimRefused, UsageError
from pipeline.forms.plan import body_tokens
from pipeline.home.workspace import Workspace
from pipeline.models import Document, Report
from pipeline.reporting.as_json import render_json
from pipeline.reporting.markdown import render_markdown
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.generate_report import report_paths
from pipeline.stages.human_review import ignore_document
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import remove_document
from pipeline.status import progress
from pipeline.workflow import results


@pytest.fixture
def reviewed(workspace: Workspace, tmp_path: Path) -> str:
    write_submission(tmp_path / "farm")
    session_id = create_session(workspace, "Harrow Vale Farm").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(tmp_path / "farm")})
    run.advance(workspace, session_id, "report_generation")
    return session_id


def report_of(ws: Workspace, session_id: str) -> Report:
    run.advance(ws, session_id, "report_generation")
    return report_paths(ws, ws.sessions.read(session_id))[0]


def plan_of(ws: Workspace, session_id: str) -> Document:
    inventory = results.load_inventory(ws, ws.sessions.read(session_id))
    assert inventory is not None
    return next(d for d in inventory.documents if d.document_type == "project_plan" and d.status == "in_scope")


def words_on_a_page(ws: Workspace, session_id: str, italic: bool) -> tuple[Document, int, str]:
    """A line of the plan as it stands there, upright or in italics."""
    plan = plan_of(ws, session_id)
    for page in ws.reader.read(plan.sha256).pages[4:]:
        for line in page.lines:
            if line.italic is italic and len(line.text) > 60:
                return plan, page.number, line.text
    raise AssertionError("no such line")


def test_a_claim_whose_quote_stands_there_is_kept_and_no_row_moves(workspace: Workspace, reviewed: str) -> None:
    before = report_of(workspace, reviewed)
    plan, page, words = words_on_a_page(workspace, reviewed, italic=False)
    claim = submit_claim(workspace, reviewed, "7", words, plan.filename, page, note="see the term", by="a reader")
    again = submit_claim(workspace, reviewed, "REQ-007", f"  {words} ", plan.document_id, page, by="somebody else")
    assert again == claim
    after = report_of(workspace, reviewed)
    assert [c.claim_id for c in after.claims] == [claim.claim_id]
    assert after.claims[0].stands
    assert after.claims[0].evidence.page == page
    assert after.requirements == before.requirements
    assert claim.evidence.quote in render_json(after)
    text = render_markdown(after, results.load_checklist(workspace, workspace.sessions.read(reviewed)))
    assert "## Claims (1)" in text
    page_text = report_paths(workspace, workspace.sessions.read(reviewed))[1]["html"].read_text(encoding="utf-8")
    assert 'id="claims"' in page_text
    assert "see the term" in page_text
    acts = [event.action for event in workspace.sessions.audit(reviewed)]
    assert acts.count("claim_submitted") == 1


def test_a_claim_that_stands_elsewhere_is_refused_and_says_where(workspace: Workspace, reviewed: str) -> None:
    plan, page, words = words_on_a_page(workspace, reviewed, italic=False)
    with pytest.raises(ClaimRefused) as refused:
        submit_claim(workspace, reviewed, "REQ-007", words, plan.filename, page + 1)
    assert f"page {page}" in refused.value.cure
    assert workspace.sessions.read(reviewed).claims == {}


def test_a_claim_with_one_digit_changed_is_refused_and_names_the_nearest_text(
    workspace: Workspace, reviewed: str
) -> None:
    plan = plan_of(workspace, reviewed)
    for page in workspace.reader.read(plan.sha256).pages[4:]:
        line = next((li.text for li in page.lines if not li.italic and "20" in li.text and len(li.text) > 40), None)
        if line:
            break
    assert line
    with pytest.raises(ClaimRefused) as refused:
        submit_claim(workspace, reviewed, "7", line.replace("20", "21", 1), plan.filename, page.number)
    assert line.split()[0] in refused.value.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quote": "  "}, "no quote"),
        ({"page": 999}, "no page 999"),
        ({"quote": "x" * 901}, "longer than"),
        ({"requirement_id": "REQ-099"}, "no requirement"),
        ({"document": "nowhere.pdf"}, "no document"),
        ({"by": " "}, "name of who"),
        ({"note": "x" * 1001}, "`note` is longer"),
        ({"quote": " . "}, "no quote"),
    ],
)
def test_what_cannot_be_a_claim_says_why(workspace: Workspace, reviewed: str, change: dict, says: str) -> None:  # type: ignore[type-arg]
    plan, page, words = words_on_a_page(workspace, reviewed, italic=False)
    call = {"requirement_id": "7", "quote": words, "document": plan.filename, "page": page, **change}
    with pytest.raises(UsageError, match=says):
        submit_claim(workspace, reviewed, **call)


def test_the_forms_own_instruction_is_no_claim(workspace: Workspace, reviewed: str) -> None:
    plan, page, words = words_on_a_page(workspace, reviewed, italic=True)
    with pytest.raises(ClaimRefused, match="instruction"):
        submit_claim(workspace, reviewed, "7", words, plan.filename, page)


def test_a_claim_on_a_document_that_was_taken_out_no_longer_stands_and_its_words_go(
    workspace: Workspace, reviewed: str
) -> None:
    inventory = results.load_inventory(workspace, workspace.sessions.read(reviewed))
    assert inventory is not None
    register = next(d for d in inventory.documents if d.document_type == "land_tenure" and d.status == "in_scope")
    page = workspace.reader.read(register.sha256).pages[0]
    words = next(line.text for line in page.lines if len(line.text) > 20)
    submit_claim(workspace, reviewed, "2", words, register.filename, 1)
    remove_document(workspace, reviewed, register.document_id, "Kim", "sent by mistake")
    (claim,) = report_of(workspace, reviewed).claims
    assert not claim.stands
    assert words not in claim.evidence.quote


def test_the_quote_is_kept_as_the_page_prints_it_with_its_section(workspace: Workspace, reviewed: str) -> None:
    quoted = next(e for r in report_of(workspace, reviewed).requirements for e in r.evidence if e.section == "1.8")
    claim = submit_claim(workspace, reviewed, "2", quoted.quote.upper(), quoted.document, quoted.page)
    assert claim.evidence.quote == quoted.quote
    assert (claim.evidence.section, claim.evidence.section_title) == ("1.8", quoted.section_title)


def test_all_that_the_program_quotes_for_a_row_could_be_claimed(workspace: Workspace, reviewed: str) -> None:
    quoted = [(r.requirement_id, e) for r in report_of(workspace, reviewed).requirements for e in r.evidence]
    made = {submit_claim(workspace, reviewed, i, e.quote, e.document_id, e.page).claim_id for i, e in quoted}
    assert len(made) > 40
    assert set(workspace.sessions.read(reviewed).claims) == made


@pytest.mark.parametrize("words", ["Field 510 ha", "200 ha", "5 t", "registered", "Total 1300 ha"])
def test_a_number_or_a_word_that_was_cut_or_joined_is_no_quote(
    workspace: Workspace, tmp_path: Path, words: str
) -> None:
    (tmp_path / "fields.txt").write_text("Field 5 10 ha\nTotal 1200 ha; net -5 t a year\nThe land is unregistered.\n")
    session_id = create_session(workspace, "Harrow Vale Farm").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(tmp_path / "fields.txt")})
    run.advance(workspace, session_id, "document_discovery")
    with pytest.raises(ClaimRefused, match="nearest text there is"):
        submit_claim(workspace, session_id, "7", words, "fields.txt", 1)
    kept = submit_claim(workspace, session_id, "7", "total 1200 ha", "fields.txt", 1)
    assert kept.evidence.quote == "Total 1200 ha"


@pytest.mark.parametrize("kind", ["heading", "label", "instruction", "contents"])
@pytest.mark.parametrize("italics", [True, False])
def test_what_the_form_says_itself_is_no_claim(workspace: Workspace, tmp_path: Path, kind: str, italics: bool) -> None:
    """Without italics, instructions are told by their wording, as they are for rows."""
    written = write_submission(tmp_path / "farm", italics=italics)
    session_id = create_session(workspace, "Harrow Vale Farm").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(written.folder)})
    run.advance(workspace, session_id, "document_discovery")
    plan = plan_of(workspace, session_id)
    pages = workspace.reader.read(plan.sha256).pages
    checklist = results.load_checklist(workspace, workspace.sessions.read(session_id))
    stream, _ = body_tokens(pages, checklist.grammar)
    if kind == "contents":
        page, words = 2, next(line.text for line in pages[1].lines if "....." in line.text)
    elif kind == "instruction":
        page, words = 4, "Describe in outline the nature of the project"
        assert any(words in line.text for line in pages[page - 1].lines)
    else:
        token = next(t for t in stream if t.kind == kind and t.text.strip() and t.page.number > 2)
        page, words = token.page.number, token.line.text
    with pytest.raises(ClaimRefused, match="the form's own"):
        submit_claim(workspace, session_id, "7", words, plan.filename, page)


def test_what_the_reviewer_ignores_or_a_newer_version_replaced_is_no_claim_at_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "note.txt").write_text("The first note of the hill farm.\n")
    (tmp_path / "farm" / "list.txt").write_text("The list of the hill farm.\n")
    source = {"type": "path", "path": str(tmp_path / "farm")}
    session_id = create_session(workspace, "Hill Farm").session_id
    add_documents(workspace, session_id, source)
    run.advance(workspace, session_id, "report_generation")
    first = next(d for d in workspace.sessions.read(session_id).documents.values() if d.filename == "note.txt")
    held = submit_claim(workspace, session_id, "7", "The first note", first.document_id, 1)
    ignore_document(workspace, session_id, "list.txt", "not ours", "Kim")
    with pytest.raises(ClaimRefused, match="the reviewer ignores it"):
        submit_claim(workspace, session_id, "7", "The list", "list.txt", 1)
    (tmp_path / "farm" / "note.txt").write_text("The second note of the hill farm.\n")
    add_documents(workspace, session_id, source)
    with pytest.raises(ClaimRefused, match="a newer version took its place"):
        submit_claim(workspace, session_id, "8", "The first note", first.document_id, 1)
    (shown,) = report_of(workspace, session_id).claims
    assert (shown.claim_id, shown.stands) == (held.claim_id, False)
    assert "NO LONGER STANDS" in answers.requirement(workspace, workspace.sessions.read(session_id), "7", 0).text


def test_a_finished_review_is_no_claim(workspace: Workspace, tmp_path: Path) -> None:
    session_id = create_session(workspace, "Harrow Vale Farm").session_id
    written = write_submission(tmp_path / "farm")
    (written.folder / "review.pdf").write_bytes(write_review(written.farm))
    add_documents(workspace, session_id, {"type": "path", "path": str(tmp_path / "farm")})
    run.advance(workspace, session_id, "document_discovery")
    inventory = results.load_inventory(workspace, workspace.sessions.read(session_id))
    assert inventory is not None
    answer_key = next(d for d in inventory.documents if d.document_type == "registry_review")
    line = next(li.text for li in workspace.reader.read(answer_key.sha256).pages[0].lines if len(li.text) > 10)
    with pytest.raises(ClaimRefused, match="never evidence"):
        submit_claim(workspace, session_id, "7", line, answer_key.filename, 1)


def test_a_claim_makes_the_report_stale_and_outlives_every_run(workspace: Workspace, reviewed: str) -> None:
    plan, page, words = words_on_a_page(workspace, reviewed, italic=False)
    assert progress.progress(workspace, workspace.sessions.read(reviewed))["report_generation"].status == "completed"
    claim = submit_claim(workspace, reviewed, "7", words, plan.filename, page)
    assert progress.progress(workspace, workspace.sessions.read(reviewed))["report_generation"].status == "stale"
    first = report_of(workspace, reviewed)
    (more := workspace.data.parent / "more.txt").write_text("One more paper.\n")
    add_documents(workspace, reviewed, {"type": "path", "path": str(more)})
    again = report_of(workspace, reviewed)
    assert [c.claim_id for c in again.claims] == [c.claim_id for c in first.claims] == [claim.claim_id]
    assert again.claims[0].stands


def test_a_claim_is_brought_and_shown_on_the_command_line(workspace: Workspace, reviewed: str) -> None:
    plan, page, words = words_on_a_page(workspace, reviewed, italic=False)
    home = workspace.data.parent

    def typed(*said: str) -> str:
        result = CliRunner().invoke(cli, ["--home", str(home), *said])
        assert result.exit_code == 0, result.output
        return result.stdout

    told = ["--document", plan.filename, "--page", str(page), "--note", "see the term", "--by", "Kim"]
    assert "stands" in typed("claim", reviewed, "7", words, *told)
    shown = typed("show", reviewed, "7")
    assert "Claims, brought by others; no row depends on them" in shown
    assert "see the term" in shown
    assert "see the term" in typed("show", reviewed)
    assert "see the term" not in typed("show", reviewed, "8")
    wrong = CliRunner().invoke(cli, ["--home", str(home), "claim", reviewed, "7", words + " never", *told])
    assert wrong.exit_code == 2
    assert "nearest text" in wrong.stderr
