"""The forms people read: the registry's columns, every quote, every hash, and nothing a document can smuggle in."""

from __future__ import annotations

import base64
import hashlib
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import report_fixture as made
from hypothesis import given
from hypothesis import strategies as st

from pipeline import checklists
from pipeline.errors import UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import ProjectMetadata, Report, RequirementResult, StageRecord, TestResult, ValidationResult
from pipeline.models.characters import split_long, visible
from pipeline.reporting.as_json import render_json
from pipeline.reporting.html import render_html
from pipeline.reporting.layout import COLUMNS
from pipeline.reporting.markdown import inline, quoted, render_markdown
from pipeline.reporting.model import build_report
from pipeline.settings import load_settings
from pipeline.stages.generate_report import generate_report, latest_paths, report_paths

VOID = {"meta", "link", "br", "img", "input", "wbr", "hr", "rect", "path", "circle"}


class Page(HTMLParser):
    """Everything a test asks of a page: elements with attributes, and the text of blocks."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._collecting: list[tuple[str, int]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        self.texts.setdefault(tag, []).append("")
        self._collecting.append((tag, len(self.texts[tag]) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        self._collecting.pop()

    def handle_data(self, data: str) -> None:
        # A summary is our own word inside a folded quote, not part of the quote.
        inner = [t for t, _ in self._collecting]
        for tag, index in self._collecting:
            if not (tag == "blockquote" and "summary" in inner):
                self.texts[tag][index] += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in wanted.items())]


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(made.report(), made.checklist())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def markdown() -> str:
    return render_markdown(made.report(), made.checklist())


def changed(report: Report, **update: Any) -> Report:
    return report.model_copy(update=update)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_has_the_registrys_columns_and_one_row_for_each_requirement(page: Page) -> None:
    assert tuple(page.texts["th"][:6]) == COLUMNS
    assert COLUMNS == (
        "Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments",
    )  # fmt: skip
    rows = [a["id"] for a in page.all("tr") if a.get("data-status")]
    assert rows == [r.requirement_id for r in made.report().requirements]


def test_nothing_is_approved_before_a_person_says_so(page: Page, html: str) -> None:
    assert not page.all("input")
    assert "checked" not in html
    assert html.count('<span class="box"></span>') == 2
    assert html.count('data-label="Approved"></td>') == 23


def test_the_persons_word_stands_in_black_and_apart_from_the_machines() -> None:
    report = made.report()
    decision = {"status": "approved", "reason": "Seen & accepted.", "actor": "R. Agent"}
    rows = (changed(report.requirements[0], decision=decision), *report.requirements[1:])
    html = render_html(changed(report, requirements=rows), made.checklist())
    assert 'data-label="Approved">Approved</td>' in html
    assert '<p class="human">Seen &amp; accepted. <span class="quiet">R. Agent</span></p>' in html
    assert html.count('data-label="Approved"></td>') == 22


def test_every_quote_stands_whole_on_the_page_also_when_part_of_it_is_folded(page: Page) -> None:
    shown = page.texts["blockquote"]
    report = made.report()
    items = [e for r in report.requirements for e in r.evidence]
    items += [e for x in report.exceptions for e in x.evidence] + [e for c in report.checks for e in c.evidence]
    assert len(shown) == len(items)
    assert sorted(shown) == sorted(visible(e.quote) for e in items)
    folds = [s for s in page.texts["summary"] if "more characters" in s]
    assert len(folds) == 1, "only the 2,000-character quote is folded"


def test_every_citation_names_document_section_and_both_pages(html: str, markdown: str) -> None:
    for text in (html.replace("\u00a0", " ").replace("<bdi>", "").replace("</bdi>", ""), markdown):
        assert f"{made.PLAN}, section 1.7 (Project Ownership), p. 7 (PDF p. 10)" in text
        assert f"{made.PLAN}, Appendix (Land Ownership), p. 31 (PDF p. 34)" in text
        assert f"{made.YIELDS}, Sheet1, sheet 1" in text


def test_exceptions_say_what_clears_them_and_lead_to_their_rows(page: Page, html: str) -> None:
    ids = {a["id"] for _, a in page.elements if a.get("id")}
    links = {a["href"] for a in page.all("a")}
    assert all(link and link.startswith("#") for link in links)
    assert {link[1:] for link in links if link} <= ids
    first = html[html.index('id="exception-1"') : html.index('id="exception-2"')]
    assert "Two title papers" in first
    assert "the official copies of both titles" in first
    assert 'href="#REQ-002"' in first
    assert html.index('id="exceptions"') < html.index('id="requirements"') < html.index('id="checks"')


def test_ids_on_the_page_are_unique_whatever_a_checklist_calls_its_rows() -> None:
    asked = made.checklist()
    strange = tuple(replace(r, requirement_id=f'<{i}> "x"') for i, r in enumerate(asked.requirements))
    found = made.validation()
    rows = tuple(
        r.model_copy(update={"requirement_id": s.requirement_id})
        for r, s in zip(found.requirements, strange, strict=True)
    )
    checklist = replace(asked, requirements=strange)
    validation = found.model_copy(update={"requirements": rows})
    page = Page(render_html(build_report(made.record(), made.inventory(), validation, checklist), checklist))
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    assert "row-23" in ids


def test_the_page_asks_the_network_for_nothing_and_runs_only_what_its_policy_names(html: str, page: Page) -> None:
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = page.texts[tag]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?:|//[a-z]|url\(|@import", html)
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "form", "base", "input"}
        assert not {"src", "srcset", "style", "action", "background"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_what_a_document_says_can_never_become_markup(html: str, page: Page) -> None:
    assert made.SCRIPT not in html
    assert len(page.all("script")) == 1
    assert any("<script>alert(1)</script>" in text for text in page.texts["blockquote"])


def test_characters_that_reorder_or_hide_text_become_visible(html: str, markdown: str) -> None:
    for text in (html, markdown):
        assert made.OVERRIDE not in text
        assert "invoice⟦U+202E⟧fdp.exe" in text


def test_excluded_documents_have_their_own_line_in_every_form(html: str, markdown: str) -> None:
    for text in (html.replace("<bdi>", "").replace("</bdi>", "").replace("</b>", ""), markdown):
        assert "Answer keys (finished reviews), never evidence: Registry Agent Review Harrow Vale.pdf" in text
        assert "Methodology documents, never evidence: Farm calculator methodology.pdf" in text


def test_the_inventory_names_every_document_with_why_hash_and_pages_without_text(page: Page, markdown: str) -> None:
    hashes = [text for text in page.texts["code"] if re.fullmatch("[0-9a-f]{64}", text)]
    for document in made.inventory().documents:
        assert document.sha256 in hashes
        assert document.sha256 in markdown
    assert "14–16, 31" in page.texts["td"]
    assert any("also received as copy of plan.pdf" in text for text in page.texts["td"])


def test_a_check_that_did_not_run_says_why(page: Page, markdown: str) -> None:
    row = next(text for text in page.texts["tr"] if "Not run" in text and "in force" in text)
    assert "The checklist gives no dates of force." in row
    assert "| Not run | The methodology was in force at submission | The checklist gives no dates of force." in markdown


def test_no_check_at_all_is_never_shown_as_a_success() -> None:
    found = made.validation().model_copy(update={"checks": ()})
    report = build_report(made.record(), made.inventory(), found, made.checklist())
    for text in (render_html(report, made.checklist()), render_markdown(report, made.checklist())):
        assert "No check was run: that is not a success." in text


def test_a_reason_that_only_repeats_the_failed_tests_is_said_once() -> None:
    report = made.report()
    row = report.requirements[8]
    rows = [*report.requirements]
    rows[8] = row.model_copy(update={"reason": row.tests[0].message})
    shown = render_html(report.model_copy(update={"requirements": tuple(rows)}), made.checklist())
    cell = shown[shown.index('id="REQ-009"') : shown.index('id="REQ-010"')]
    assert cell.count(row.tests[0].message) == 1
    assert row.reason in render_html(report, made.checklist())


def test_a_submission_of_nothing_still_gives_a_whole_report() -> None:
    bare = made.validation().model_copy(update={"checks": (), "exceptions": (), "header": ()})
    empty = made.inventory().model_copy(update={"documents": ()})
    report = build_report(made.record(), empty, bare, made.checklist())
    page = Page(render_html(report, made.checklist()))
    assert page.texts["h1"] == ["Harrow Vale"]
    assert "Nothing was submitted." in page.texts["td"]
    for text in (" ".join(page.texts["p"]), render_markdown(report, made.checklist())):
        assert "No documents in use, no others set aside." in text
        assert "No exception: nothing was found" in text


def test_header_facts_carry_their_place_and_what_was_not_found_says_so() -> None:
    found = made.validation()
    header = tuple(f for f in found.header if f.name != "project_name")
    report = build_report(
        made.record(), made.inventory(), found.model_copy(update={"header": header}), made.checklist()
    )
    html, markdown = render_html(report, made.checklist()), render_markdown(report, made.checklist())
    assert "section 1.6.1 (Project Proponent), p.\u00a05 (PDF\u00a0p.\u00a08)" in html
    assert "as given for the session; not found in the documents" in html
    assert "| Project name | Harrow Vale | as given when the session was created" in markdown
    assert "Systems, version 1.5.1; Soil Organic Carbon Estimation, version 1.2.2 | " in markdown, (
        "one place, cited once"
    )
    assert "| Crediting period | 01/01/2022 to 01/01/2032 | " in markdown
    assert "| Farm name | Harrow Vale | " in markdown, "a fact without a line of its own is not dropped"
    assert "| Program guide | not found in the documents |" in markdown


def test_the_provenance_holds_the_hash_that_its_command_prints_again(html: str, markdown: str) -> None:
    json_sha = hashlib.sha256(render_json(made.report()).encode()).hexdigest()
    command = "registry-review report session-20260302-120000 --format json -o - | sha256sum"
    for text in (html, markdown):
        assert json_sha in text
        assert command in text
        assert made.report().provenance["inputs_fingerprint"] in text


def test_the_coverage_chart_has_one_square_for_each_row_told_apart_without_colour(html: str) -> None:
    chart = html[html.index('<svg class="coverage"') : html.index('<ul class="legend">')]
    assert chart.count("<a href=") == 23
    shapes = {
        status: re.search(rf'<g class="status {status}">(.*?)</g>', chart)[1]  # type: ignore[index]  # None fails the test
        for status in ("covered", "partial", "missing", "needs_review", "not_applicable")
    }
    assert len(set(shapes.values())) == 5


# --- Markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_tables_keep_their_columns_and_the_text_holds_no_html(markdown: str) -> None:
    assert "<" not in markdown
    assert "| " + " | ".join(COLUMNS) + " |" in markdown
    width = None
    for line in markdown.splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert width in (None, cells), line
        width = cells


def test_markdown_quotes_are_block_quotes_that_keep_their_lines(markdown: str) -> None:
    assert "> PROPRIETOR: HARROW VALE ESTATES LTD (Co. Regn. No. 00000000)\n> of Vale House\n" in markdown
    assert "> \\# not a heading⟦U+202E⟧" in markdown


@given(st.text())
def test_text_in_markdown_stays_on_one_line_and_closes_no_cell(text: str) -> None:
    shown = inline(text)
    assert "\n" not in shown
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
    assert not re.match(r"[-+=#>]|\d+[.)]", shown)


@given(st.text())
def test_no_line_of_a_quote_leaves_its_block(text: str) -> None:
    lines = quoted(text).split("\n")
    assert all(line.startswith(">") for line in lines if line)
    assert "<" not in quoted(text)


@given(st.text(max_size=3000))
def test_folding_a_quote_loses_nothing(text: str) -> None:
    head, tail = split_long(text)
    assert head + tail == text
    assert len(head) <= 600


# --- the stage --------------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Any:
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        yield ws


def judged(reason: str) -> ValidationResult:
    """Rows for the shipped checklist, all alike."""
    tests = (TestResult(test="answered", outcome="fail", message="No answer.", clears_when="the plan answers."),)
    rows = tuple(
        RequirementResult(
            requirement_id=r.requirement_id, category="", title="", status="missing", reason=reason, tests=tests,
            evidence=(),
        )
        for r in checklists.load("soil-carbon-v1.2.2").requirements
    )  # fmt: skip
    return ValidationResult(requirements=rows, checks=(), exceptions=())


def session_with_results(ws: Workspace, reason: str = "Nothing was sent.") -> str:
    session_id = ws.sessions.create(ProjectMetadata(project_name="Harrow Vale")).session_id
    keep_results(ws, session_id, reason)
    return session_id


def keep_results(ws: Workspace, session_id: str, reason: str) -> None:
    results = {"document_discovery": made.inventory(), "cross_validation": judged(reason)}
    shas = {key: ws.sessions.save_result(session_id, result) for key, result in results.items()}
    with ws.sessions.transaction(session_id, "test") as tx:
        for key, sha in shas.items():
            tx.put_stage(key, StageRecord(status="completed", result=sha))  # type: ignore[arg-type]  # keys are literals


def names(ws: Workspace, session_id: str) -> list[str]:
    return sorted(p.name for p in (ws.sessions.folder(session_id) / "reports").iterdir())


def test_a_report_is_written_in_three_private_files(workspace: Workspace) -> None:
    session_id = session_with_results(workspace)
    report = generate_report(workspace, session_id)
    paths = latest_paths(workspace, session_id)
    assert {k: p.name for k, p in paths.items()} == {
        kind: f"report-{session_id}-v1.{kind}" for kind in ("json", "md", "html")
    }
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in paths.values())
    assert paths["json"].read_text(encoding="utf-8") == render_json(report)
    assert "Nothing was sent." in paths["html"].read_text(encoding="utf-8")


def test_the_same_results_make_no_new_version_and_others_do(workspace: Workspace) -> None:
    session_id = session_with_results(workspace)
    generate_report(workspace, session_id)
    generate_report(workspace, session_id)
    assert len(names(workspace, session_id)) == 3
    keep_results(workspace, session_id, "Something else.")
    generate_report(workspace, session_id)
    assert len(names(workspace, session_id)) == 6
    assert latest_paths(workspace, session_id)["md"].name.endswith("-v2.md")
    first = workspace.sessions.folder(session_id) / "reports" / f"report-{session_id}-v1.md"
    assert "Nothing was sent." in first.read_text(encoding="utf-8"), "an old version stays as it was"


def test_a_version_that_a_crash_left_half_written_is_completed(workspace: Workspace) -> None:
    session_id = session_with_results(workspace)
    generate_report(workspace, session_id)
    whole = {k: p.read_bytes() for k, p in latest_paths(workspace, session_id).items()}
    latest_paths(workspace, session_id)["html"].unlink()
    generate_report(workspace, session_id)
    assert {k: p.read_bytes() for k, p in latest_paths(workspace, session_id).items()} == whole


def test_versions_go_on_counting_after_nine(workspace: Workspace) -> None:
    session_id = session_with_results(workspace)
    for n in range(11):
        keep_results(workspace, session_id, f"Reason {n}.")
        generate_report(workspace, session_id)
    assert latest_paths(workspace, session_id)["json"].name.endswith("-v11.json")


def test_the_last_reports_files_are_made_again_when_somebody_removed_them(workspace: Workspace) -> None:
    session_id = session_with_results(workspace)
    report = generate_report(workspace, session_id)
    sha = workspace.sessions.save_result(session_id, report)
    with workspace.sessions.transaction(session_id, "test") as tx:
        tx.put_stage("report_generation", StageRecord(status="completed", result=sha))
    for path in latest_paths(workspace, session_id).values():
        path.unlink()
    found, paths = report_paths(workspace, workspace.sessions.read(session_id))
    assert found == report
    assert paths["json"].read_text(encoding="utf-8") == render_json(report)


def test_a_session_without_results_has_nothing_to_report_and_says_what_to_do(workspace: Workspace) -> None:
    record = workspace.sessions.create(ProjectMetadata(project_name="Harrow Vale"))
    with pytest.raises(UsageError, match=f"registry-review run {record.session_id}"):
        generate_report(workspace, record.session_id)
    with pytest.raises(UsageError, match="no report yet"):
        report_paths(workspace, record)
    assert latest_paths(workspace, record.session_id) == {}
