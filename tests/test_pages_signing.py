"""The end of a review on its page: what waits, deciding many rows at once, determining, signing, opening it again."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pipeline.stages import human_review
from pipeline.stages.complete import STATEMENT
from tests.browsing import browsing, grave_faults
from tests.reviewing import ANA, BEN, make_home, opened, press, record_of, signed_in
from tests.serving import Server, serving


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return make_home(tmp_path_factory.mktemp("signing"))


@pytest.fixture(scope="module")
def browser(browser_program: str) -> Iterator[Browser]:
    with browsing(browser_program) as browser:
        yield browser


@pytest.fixture
def home(made: tuple[Path, str], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def session_id(made: tuple[Path, str]) -> str:
    return made[1]


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    with serving(home) as server:
        yield server


def decide_all(home: Path, session_id: str) -> None:
    with opened(home) as ws:
        rows = human_review.undecided(ws, ws.sessions.read(session_id))
        human_review.record_decisions(ws, session_id, rows, "approved", "Seen and agreed.", ANA)


def test_clean_rows_are_decided_together_and_the_rest_is_named(
    server: Server, home: Path, session_id: str, browser: Browser
) -> None:
    with opened(home) as ws:
        clean = human_review.undecided(ws, ws.sessions.read(session_id), "covered")
    with signed_in(browser, server.url) as page:
        page.goto(f"/review/{session_id}/signing")
        expect(page.locator("#waits + ul")).to_contain_text("23 rows have no decision")
        assert page.get_by_role("button", name="Sign and lock").is_disabled()
        # When one of them is left out, and the others are approved by keyboard
        page.locator(f".clean input[value='{clean[0]}']").uncheck()
        press(page, "y")
        page.keyboard.type("Quotes read, nothing open.")
        press(page, "Enter")
        expect(page.locator(".clean li")).to_have_count(1)
        expect(page.locator("#waits + ul")).to_contain_text(f"{24 - len(clean)} rows have no decision")
    decisions = record_of(home, session_id).decisions
    assert set(decisions) == set(clean[1:])
    assert {(one.status, one.reason, one.by) for one in decisions.values()} == {
        ("approved", "Quotes read, nothing open.", ANA)
    }


def test_a_review_is_determined_signed_packed_and_opened_again(
    server: Server, home: Path, session_id: str, browser: Browser, tmp_path: Path
) -> None:
    decide_all(home, session_id)
    with signed_in(browser, server.url) as page:
        page.goto(f"/review/{session_id}/signing")
        # When it is determined without the conditions that it says it has, it says so and keeps the notes
        press(page, "c")
        page.keyboard.type("Fit for registration.")
        press(page, "Control+Enter")
        expect(page.locator("#alert")).to_contain_text("conditional approval names its conditions")
        expect(page.locator("#notes")).to_have_value("Fit for registration.")
        page.fill("#conditions", "The title plan is sent.\n\nThe map is dated.\n")
        page.locator("#conditions").press("Control+Enter")
        expect(page.locator("#waits")).to_have_text("Ready to be signed")
        expect(page.locator("#determination").locator("..")).to_contain_text("The map is dated.")
        assert grave_faults(page) == []
        # And signed
        press(page, "t")
        expect(page.locator("#statement")).to_have_value(STATEMENT)
        press(page, "Control+Enter")
        expect(page.locator("#waits")).to_have_text("Signed and locked")
        with page.expect_download() as saved:
            press(page, "o")
        saved.value.save_as(tmp_path / "package.zip")
        assert grave_faults(page) == []
        # Then no row can be changed any more
        page.goto(f"/review/{session_id}/requirements/REQ-007")
        expect(page.locator(".deciding")).to_contain_text("locked")
        assert page.locator("main form").count() == 0
        # And opening it again keeps the package
        page.goto(f"/review/{session_id}/signing")
        press(page, "e")
        page.keyboard.type("A letter came.")
        press(page, "Enter")
        expect(page.locator("#packages + ul")).to_contain_text("A letter came.")
        page.locator("#statement").wait_for()
    (made,) = record_of(home, session_id).packages.values()
    assert (made.by, made.reopened_by) == (ANA, ANA)
    with zipfile.ZipFile(tmp_path / "package.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    verify = next((tmp_path / "unpacked").rglob("verify.py"))
    done = subprocess.run(  # noqa: S603 - the package's own program
        [sys.executable, str(verify)], cwd=verify.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_who_determines_or_signs_must_have_seen_the_last_word(
    server: Server, home: Path, session_id: str, browser: Browser
) -> None:
    decide_all(home, session_id)
    with signed_in(browser, server.url) as page:
        page.goto(f"/review/{session_id}/signing")
        press(page, "a")
        page.keyboard.type("Complete.")
        # Given somebody changes a row meanwhile
        with opened(home) as ws:
            human_review.record_decision(ws, session_id, "REQ-003", "rejected", "I differ.", BEN)
        press(page, "Control+Enter")
        # Then it is told, the notes are kept, and one key determines on what stands now
        page.locator(".conflict").wait_for()
        expect(page.locator("#notes")).to_have_value("Complete.")
        assert record_of(home, session_id).determination is None
        press(page, "y")
        expect(page.locator("#waits")).to_have_text("Ready to be signed")
        # And so it is with the signature
        with opened(home) as ws:
            human_review.record_decision(ws, session_id, "REQ-003", "conditional", "On reflection.", BEN)
        press(page, "t")
        press(page, "Control+Enter")
        page.locator(".conflict").wait_for()
        assert not record_of(home, session_id).is_completed
        press(page, "y")
        expect(page.locator("#waits")).to_have_text("Signed and locked")
    assert record_of(home, session_id).is_completed


def test_what_waits_keeps_it_from_being_signed(server: Server, session_id: str, browser: Browser) -> None:
    with signed_in(browser, server.url) as page:
        cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    with server.client(cookies=cookies) as client:
        answer = client.post(f"/review/{session_id}/signing/complete", data={"statement": "Mine."})
        assert answer.status_code == 409
        assert "23 rows have no decision" in answer.text
        assert "Mine." in answer.text
        assert client.get(f"/review/{session_id}/signing/package-1.zip").status_code == 404


def test_the_titles_and_the_papers_that_nobody_sent_are_told(server: Server, session_id: str, browser: Browser) -> None:
    with signed_in(browser, server.url) as page:
        page.goto(f"/review/{session_id}/tenure")
        expect(page.locator("tbody tr")).to_have_count(3)
        expect(page.locator("tr.open")).to_have_count(1)
        page.locator("tr.open summary").click()
        link = page.locator("tr.open details a").first.get_attribute("href")
        press(page, "j")
        page.goto(f"/review/{session_id}/missing")
        expect(page.locator("tbody tr").first).to_contain_text("not received")
    assert link is not None
    with server.client() as client:
        picture = client.get(link)
    assert picture.headers["content-type"] == "image/png"
    assert io.BytesIO(picture.content).read(4) == b"\x89PNG"


def test_a_session_without_rows_says_so_on_every_page(home: Path, server: Server) -> None:
    with server.client() as client:
        made = client.post("/sessions", json={"project_name": "Empty Farm"}).json()["session_id"]
        for tab in ("tenure", "missing", "signing"):
            assert client.get(f"/review/{made}/{tab}").status_code == 200
        answer = client.get(f"/review/{made}/requirements/REQ-001")
        assert answer.status_code == 409
        assert "judged" in answer.text
