"""Findings that others bring: kept when the quote stands where it is said to, apart from the machine's evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import write_submission
from pipeline import workflow
from pipeline.claims import submit_claim
from pipeline.errors import ClaimRefused, UsageError
from pipeline.models import Document, Report
from pipeline.reporting.as_json import render_json
from pipeline.reporting.markdown import render_markdown
from pipeline.stages.add_documents import add_documents
from pipeline.stages.generate_report import report_paths
from pipeline.stages.initialize import create_session
from pipeline.stages.removal import remove_document
from pipeline.workspace import Workspace


@pytest.fixture
def reviewed(workspace: Workspace, tmp_path: Path) -> str:
    write_submission(tmp_path / "farm")
    session_id = create_session(workspace, "Harrow Vale Farm").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(tmp_path / "farm")})
    workflow.advance(workspace, session_id, "report_generation")
    return session_id


def report_of(ws: Workspace, session_id: str) -> Report:
    workflow.advance(ws, session_id, "report_generation")
    return report_paths(ws, ws.sessions.read(session_id))[0]


def plan_of(ws: Workspace, session_id: str) -> Document:
    inventory = workflow.load_inventory(ws, ws.sessions.read(session_id))
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
    text = render_markdown(after, workflow.load_checklist(workspace, workspace.sessions.read(reviewed)))
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
        ({"note": "x" * 1001}, "note is longer"),
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
    inventory = workflow.load_inventory(workspace, workspace.sessions.read(reviewed))
    assert inventory is not None
    register = next(d for d in inventory.documents if d.document_type == "land_tenure" and d.status == "in_scope")
    page = workspace.reader.read(register.sha256).pages[0]
    words = next(line.text for line in page.lines if len(line.text) > 20)
    submit_claim(workspace, reviewed, "2", words, register.filename, 1)
    remove_document(workspace, reviewed, register.document_id, "Kim", "sent by mistake")
    (claim,) = report_of(workspace, reviewed).claims
    assert not claim.stands
    assert words not in claim.evidence.quote
