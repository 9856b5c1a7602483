"""A server on a home with a session under review, and a real browser in front of it, for the tests of the pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from examples.submission import write_submission
from pipeline import workflow
from pipeline.models import SessionRecord
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.workspace import Workspace

ANA, BEN = "Ana Agent", "Ben Reader"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Milliseconds that a page may take on a busy machine.
PATIENCE = 30_000
_WATCH = "addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective));"


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium, the one that is installed."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must test the pages in a browser: no chromium on PATH")
        pytest.skip("no chromium on PATH")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, url: str, name: str = ANA, **how: Any) -> Iterator[Page]:
    """A page of somebody who has signed in; afterwards nothing may have gone wrong in it."""
    context: BrowserContext = browser.new_context(base_url=url, **how)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    if how.get("java_script_enabled", True):
        context.add_init_script(_WATCH)
    page.on("pageerror", lambda error: faults.append(str(error)))
    # A page of an error is an answer too: the browser notes its status, which is no fault of the page.
    page.on("console", lambda said: faults.append(said.text)
            if said.type == "error" and "status of 4" not in said.text else None)  # fmt: skip
    page.goto("/sign-in")
    page.fill("#name", name)
    page.click("main button")
    yield page
    assert faults == []
    context.close()


def make_home(folder: Path, project_name: str | None = None, without: Sequence[str] = ()) -> tuple[Path, str]:
    """A home with one reported session of a made-up submission, and its id; `without` are keys of its files."""
    sent = write_submission(folder / "submission", 1)
    for key in without:
        sent.files[key].unlink()
    home = folder / "home"
    with opened(home) as ws:
        session_id = create_session(ws, project_name or sent.project_name).session_id
        add_documents(ws, session_id, {"type": "path", "path": str(sent.folder)}, check_duplicates=False)
        workflow.advance(ws, session_id, "report_generation")
    # What was sent is sent: the folder is not looked at again.
    shutil.rmtree(sent.folder)
    return home, session_id


def opened(home: Path) -> Workspace:
    """The home, beside whoever serves it."""
    return Workspace.open(load_settings(home=home).settings)


def record_of(home: Path, session_id: str) -> SessionRecord:
    with opened(home) as ws:
        return ws.sessions.read(session_id)


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out, each with where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:150]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
