"""The reviewer's pages in the machine's own Chromium; whatever a page complains of is kept and has to be nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import Server

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """That browser while the block runs; the fixture `browser_program` names it."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def looking(browser: Browser, *, expected: tuple[str, ...] = (), **how: Any) -> Iterator[Page]:
    """A fresh page; at its end neither a script error nor a refusal of the content policy was told, nor any dialog.

    `expected`: parts of lines that the console may tell, such as the 404 of a page that is not there.
    """
    with browser.new_context(**how) as context:
        page = context.new_page()
        page.set_default_timeout(30_000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        yield page
        assert [fault for fault in faults if not any(part in fault for part in expected)] == []


def sign_in(page: Page, url: str, name: str = "Ada Reviewer", next_path: str = "/review", key: str = "") -> None:
    """Sign in by keyboard, and go on to that page."""
    page.goto(f"{url}/sign-in?next={next_path}")
    page.keyboard.type(name)
    if key:
        page.keyboard.press("Tab")
        page.keyboard.type(key)
    with page.expect_navigation(url=f"{url}{next_path}"):
        page.keyboard.press("Enter")


@contextmanager
def signed_in(server: Server, name: str = "Ada Reviewer", secret: str = "") -> Iterator[httpx2.Client]:
    """A client with the cookie that a browser would keep."""
    with server.client() as asked:
        answer = asked.post("/sign-in", data={"name": name, "key": secret, "next": "/review"})
        assert answer.status_code == 303, answer.text
        yield asked


def grave_faults(page: Page) -> list[str]:
    """What axe finds that is serious or critical: the rule, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
