"""What a document, a name or a person's word holds can become neither markup, nor script, nor a formula."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_backup import upload
from test_cli import Typist
from test_report_page import browser, run

from cli import cli
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.human_review import annotate, record_decision
from pipeline.stages.initialize import create_session

__all__ = ["browser"]

#: Each sets the title in its own way; put together by the script, so that the text itself does not hold the mark.
SCRIPTS = (
    "<script>document.title='PW'+'NED'</script>",
    "</script><script>document.title='PW'+'NED'</script>",
    "</style><svg onload=\"document.title='PW'+'NED'\">",
    "\"><img src=x onerror=\"document.title='PW'+'NED'\">",
    "' autofocus onfocus='document.title=\"PW\"+\"NED\"' x='",
    "<a href=\"javascript:document.title='PW'+'NED'\">the register</a>",
    "[the register](javascript:document.title='PW'+'NED')",
    "<iframe srcdoc=\"<script>parent.document.title='PW'+'NED'</script>\"></iframe>",
    "<meta http-equiv=refresh content=\"0;url=javascript:document.title='PW'+'NED'\">",
    "{{ 7 * 191 }}{% raw %}<!--",
    "]]><![CDATA[",
)
FORMULAS = ('=HYPERLINK("x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1", " =1+1", "|calc")
#: Turns the writing round, so that fdp.exe reads as exe.pdf; and letters that nobody sees.
REVERSED, UNSEEN = "invoice\u202efdp.txt", "plan\u200b\u2066.txt"


class Seen(HTMLParser):
    """Every element with the names of its attributes, and every address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, ...]] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds |= {(tag,), *((tag, name) for name, _ in attrs)}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]


def reviewed(home: Path, bad: bool) -> Typist:
    """A home with one session per text, each standing wherever a text can: name, owner, file, content, remark, word."""
    typed = Typist(home)
    texts = (*SCRIPTS, *FORMULAS) if bad else ("An innocent text.", "Another one.")
    with Workspace.open(load_settings(home=home, environ={}).settings) as ws:
        for text in texts:
            session_id = create_session(ws, text, project_id=text, proponent=text).session_id
            safe = text.replace("/", "_").replace("\t", "")[:80].strip()
            files = {f"{safe}.txt": f"{text}\n", f"{safe}.csv": f"owner,land\n{text},{text}\n"}
            add_documents(ws, session_id, upload(**files), check_duplicates=False)
            record_decision(ws, session_id, "REQ-001", "approved", text, text)
            annotate(ws, session_id, "REQ-002", text, text)
    typed("batch-report")
    return typed


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The HTML of every report and of the portfolio, of innocent texts and of hostile ones."""
    found: dict[str, dict[str, str]] = {}
    for kind in ("innocent", "hostile"):
        home = tmp_path_factory.mktemp(kind) / "home"
        reviewed(home, bad=kind == "hostile")
        paths = [*(home / "data/sessions").glob("*/reports/*.[hm][td]*"), home / "data/batch/portfolio.html"]
        found[kind] = {path.name: path.read_text(encoding="utf-8") for path in paths}
        found[kind]["portfolio.csv"] = (home / "data/batch/portfolio.csv").read_text(encoding="utf-8")
    return found


def html_of(pages: dict[str, str]) -> dict[str, str]:
    return {name: page for name, page in pages.items() if name.endswith(".html")}


def test_hostile_texts_bring_no_element_and_no_attribute_that_innocent_ones_do_not(
    pages: dict[str, dict[str, str]],
) -> None:
    assert len(html_of(pages["hostile"])) == len(SCRIPTS) + len(FORMULAS) + 1
    usual = set().union(*(Seen(page).kinds for page in html_of(pages["innocent"]).values()))
    for name, page in html_of(pages["hostile"]).items():
        assert Seen(page).kinds - usual == set(), name


def test_no_address_on_a_page_is_of_a_text(pages: dict[str, dict[str, str]]) -> None:
    for page in html_of(pages["hostile"]).values():
        addresses = Seen(page).addresses
        assert addresses
        assert [one for one in addresses if not one.startswith(("#", "data:image/png;base64,", "../sessions/"))] == []


def test_nothing_that_a_text_holds_runs_in_a_browser(
    pages: dict[str, dict[str, str]], browser: str, tmp_path: Path
) -> None:
    # All pages in one, framed as they are: a browser for each would take minutes
    for number, page in enumerate(html_of(pages["hostile"]).values()):
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    count = len(html_of(pages["hostile"]))
    for number in (*range(0, count, 5), count - 1):
        page = (tmp_path / f"{number}.html").read_text(encoding="utf-8")
        done = run(browser, tmp_path, page, "--dump-dom", "--virtual-time-budget=1000")
        assert "PWNED" not in done.stdout
        assert "<html" in done.stdout


def test_a_page_that_lets_a_script_through_would_be_noticed(browser: str, tmp_path: Path) -> None:
    done = run(browser, tmp_path, f"<html><body>{SCRIPTS[0]}</body></html>", "--dump-dom", "--virtual-time-budget=1000")
    assert "PWNED" in done.stdout


def test_no_cell_of_the_portfolio_starts_a_formula(pages: dict[str, dict[str, str]]) -> None:
    rows = list(csv.reader(io.StringIO(pages["hostile"]["portfolio.csv"])))
    assert len(rows) == 1 + len(SCRIPTS) + len(FORMULAS)
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@", "＝", "|", "\t", "\r"))] == []
    assert any(cell.startswith("'=") for cell in cells)


@pytest.mark.parametrize("name", [REVERSED, UNSEEN])
def test_a_name_that_hides_its_ending_is_refused_or_shown_with_what_hides(tmp_path: Path, name: str) -> None:
    typed = Typist(tmp_path / "home")
    session_id = typed.create()
    file = tmp_path / name
    file.write_text("A letter.\n")
    added = CliRunner().invoke(cli, ["--home", str(typed.home), "add", session_id, str(file)])
    assert added.exit_code in (0, 4)
    (tmp_path / "letter.txt").write_text("Another letter.\n")
    typed("add", session_id, tmp_path / "letter.txt")
    typed("run", session_id, code=3)  # it asks whether the checklist is the right one
    shown = [added.stdout, added.stderr, typed("status", session_id).stdout, typed("show", session_id).stdout]
    shown += [path.read_text(encoding="utf-8") for path in (typed.home / "data/sessions").glob("*/reports/*.[hm]*")]
    for text in shown:
        assert not set("\u202e\u200b\u2066") & set(text)


def test_no_line_of_markdown_becomes_html_or_a_script_link(pages: dict[str, dict[str, str]]) -> None:
    texts = [text for name, text in pages["hostile"].items() if name.endswith(".md")]
    assert len(texts) == len(SCRIPTS) + len(FORMULAS)
    for text in texts:
        assert not re.search(r"<(?:script|img|svg|iframe|meta|a)\b", text)
        assert not re.search(r"(?<!\\)\]\(javascript:", text)
