"""What is this farm's own, on its page and beside each row: earlier decisions are shown and taken over by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from examples.submission import write_submission
from pipeline.stages import human_review, run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from tests.browsing import browsing, grave_faults, overflow
from tests.reviewing import ANA, BEN, make_home, opened, record_of, signed_in
from tests.serving import Server, serving

HOSTILE = "<img src=x onerror=alert(1)> Farm"


@pytest.fixture(scope="module")
def browser(browser_program: str) -> Iterator[Browser]:
    with browsing(browser_program) as browser:
        yield browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A home with a farm under review and another that was reviewed, on the same form."""
    folder = tmp_path_factory.mktemp("own")
    place, session_id = make_home(folder)
    sent = write_submission(folder / "other", 2)
    with opened(place) as ws:
        other = create_session(ws, HOSTILE).session_id
        add_documents(ws, other, {"type": "path", "path": str(sent.folder)}, check_duplicates=False)
        run.advance(ws, other, "report_generation")
        human_review.record_decision(ws, other, "REQ-016", "approved", "None was claimed.", BEN)
    return place, session_id, other


@pytest.fixture(scope="module")
def server(home: tuple[Path, str, str]) -> Iterator[Server]:
    with serving(home[0]) as server:
        yield server


@pytest.mark.timeout(300)
def test_the_page_gives_what_no_reviewed_submission_says_and_the_row_what_was_decided_before(
    server: Server, home: tuple[Path, str, str], browser: Browser
) -> None:
    place, session_id, other = home
    before = record_of(place, session_id)
    with signed_in(browser, server.url, ANA) as page:
        page.goto(f"/review/{session_id}")
        page.keyboard.press("g")
        page.keyboard.press("p")
        expect(page.locator("h1")).to_have_text("What is this farm's own")
        rows = page.locator(".own-rows")
        expect(rows).to_contain_text("REQ-007")
        expect(rows).not_to_contain_text("REQ-016")
        assert page.locator("blockquote").count() > 3
        page.keyboard.press("p")
        expect(rows).to_contain_text("REQ-016")
        expect(rows).to_contain_text("the same words as in 1 reviewed submission: Approved in 1")
        page.goto(f"/review/{session_id}/requirements/REQ-016")
        box = page.locator("section.own")
        expect(box).to_contain_text("It is shown, not taken over.")
        box.locator("summary").click()
        expect(box).to_contain_text(f"{HOSTILE}: Approved, {BEN}: None was claimed.")
        expect(page.locator("input[name=status]:checked")).to_have_count(0)
        assert grave_faults(page) == []
        page.goto(f"/review/{other}/own")
        expect(page.locator(".empty")).to_contain_text("nothing to compare")
    after = record_of(place, session_id)
    assert after.decisions == before.decisions == {}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_page_is_for_everybody_and_every_window(
    server: Server, home: tuple[Path, str, str], browser: Browser, scheme: str, width: int
) -> None:
    window = {"width": width, "height": 800}
    with signed_in(browser, server.url, ANA, color_scheme=scheme, viewport=window) as page:
        page.goto(f"/review/{home[1]}/own?all=true")
        assert grave_faults(page) == []
        assert overflow(page) <= 0
