"""One whole review by keyboard alone, from the first page to a signed package that proves itself; on both brokers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from examples.submission import write_submission
from tests.browsing import browsing, looking
from tests.reviewing import ANA, record_of
from tests.reviewing import press as press_key
from tests.serving import ROOT, serving

#: Milliseconds for what the machine does between two keys, on a busy one.
WORK = 100_000


@pytest.fixture(scope="module")
def browser(browser_program: str) -> Iterator[Browser]:
    with browsing(browser_program) as browser:
        yield browser


@contextmanager
def a_worker(home: Path, broker: str) -> Iterator[None]:
    """A worker of the program beside the server; the server works by itself where the broker is embedded."""
    if broker == "embedded":
        yield
        return
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "cli.py"), "--home", str(home), "worker", "--processes", "1"],
        env={**os.environ, "REGISTRY_REVIEW_QUEUE_BROKER": broker},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("queue", ["embedded", "redis"])
def test_a_whole_review_by_keyboard_ends_in_a_package_that_proves_itself(
    queue: str, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    broker = "embedded" if queue == "embedded" else str(request.getfixturevalue("redis_server").url)
    submission = write_submission(tmp_path / "submission", seed=1)
    files = [path for path in sorted(submission.folder.rglob("*")) if path.is_file()]
    home = tmp_path / "home"
    with serving(home, queue_broker=broker) as server, a_worker(home, broker):
        with looking(browser, expected=("status of 409",), viewport={"width": 1280, "height": 800}) as page:
            session_id = begin(page, server.url, files)
            decide(page)
            ask_and_resolve(page, session_id)
            sign(page, session_id, tmp_path / "package.zip")
        record = record_of(home, session_id)
    # Then every row has her word, what was asked was resolved, and the package proves itself with Python alone
    assert len(record.decisions) == 23
    assert {one.by for one in record.decisions.values()} == {ANA}
    assert [one.status for one in record.revisions.values()] == ["resolved"]
    assert record.is_completed
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        package.extractall(tmp_path / "unpacked")
    verify = next((tmp_path / "unpacked").rglob("verify.py"))
    documents = ("--documents", str(submission.folder))
    done = subprocess.run(  # noqa: S603 - the package's own program
        [sys.executable, "-I", "-S", str(verify), *documents], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def begin(page: Page, url: str, files: list[Path]) -> str:
    """Sign in, make a session, give it the files, and have it read up to the report."""
    press = partial(press_key, page)
    # Who listens from the start is told of the dialog for certain; begun with the key, listening may come too late.
    page.on("filechooser", lambda _chooser: None)
    page.goto(url)
    press("g")
    with page.expect_navigation():
        press("i")
    page.keyboard.type(ANA)
    with page.expect_navigation():
        press("Enter")
    page.locator("h1", has_text="Sessions").wait_for()
    press("c")
    page.keyboard.type("Keyboard Farm")
    with page.expect_navigation():
        press("Enter")
    page.locator("h1", has_text="Keyboard Farm").wait_for()
    session_id = re.findall(r"/review/(session-[0-9-]+)", page.url)[0]
    with page.expect_file_chooser() as chooser:
        press("f")
    chooser.value.set_files(files)
    press("Tab")
    press("Enter")
    page.wait_for_url(re.compile(r"/documents\?upload="), timeout=WORK)
    press("u")
    page.wait_for_url(re.compile(r"/review/session-[0-9-]+$"))
    press("r")
    page.locator(".matters li").first.wait_for(timeout=WORK)
    return str(session_id)


def decide(page: Page) -> None:
    """The covered rows in one word, then each that needs her, on the page that opens by itself."""
    press = partial(press_key, page)
    press("a")
    page.keyboard.type("Quotes read, nothing open.")
    with page.expect_navigation():
        press("Enter")
    press("j")
    with page.expect_navigation():
        press("Enter")
    for number in range(24):
        page.wait_for_load_state()
        if "/signing" in page.url:
            return
        expect(page.locator("h1")).to_contain_text("REQ-")
        press("n")  # the next quote, where there is one
        press("c" if number == 0 else "a")
        expect(page.locator("#reason")).to_be_focused()
        page.keyboard.type(f"Read beside its page, {number}.")
        with page.expect_navigation():
            press("Control+Enter")
        expect(page.locator(".done")).to_contain_text(f"Read beside its page, {number}.")
    raise AssertionError("rows keep waiting")


def ask_and_resolve(page: Page, session_id: str) -> None:
    """Ask the developer for what REQ-002 lacks, see that it keeps the session open, and settle it."""
    press = partial(press_key, page)
    expect(page.locator("h1")).to_have_text("Signing")
    page.locator("[data-item]", has_text="REQ-002").first.focus()
    with page.expect_navigation():
        press("Enter")
    press("q")
    expect(page.locator("#what")).to_be_focused()
    expect(page.locator("#what")).not_to_have_value("")
    with page.expect_navigation():
        press("Control+Enter")
    press("g")
    with page.expect_navigation():
        press("f")
    expect(page.locator("#waits + ul")).to_contain_text("1 revision pending with the developer")
    page.go_back()
    press("e")
    page.keyboard.type("It came by post and was read.")
    with page.expect_navigation():
        press("Enter")
    press("g")
    with page.expect_navigation():
        press("f")
    assert session_id in page.url


def sign(page: Page, session_id: str, package: Path) -> None:
    """Determine with a condition, sign, and save the package."""
    press = partial(press_key, page)
    expect(page.locator("#waits + ul li")).to_have_text(["There is no determination."])
    press("c")
    page.keyboard.type("Fit for registration.")
    press("Tab")
    page.keyboard.type("The title plan is sent within a month.")
    with page.expect_navigation():
        press("Control+Enter")
    expect(page.locator("#waits")).to_have_text("Ready to be signed")
    press("t")
    with page.expect_navigation(timeout=WORK):
        press("Control+Enter")
    expect(page.locator("#waits")).to_have_text("Signed and locked")
    with page.expect_download() as saved:
        press("o")
    saved.value.save_as(package)
    assert saved.value.suggested_filename == f"package-{session_id}-v1.zip"
