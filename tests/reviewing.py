"""A server on a home with a session under review, and a real browser in front of it, for the tests of the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from examples.submission import write_submission
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session

ANA, BEN = "Ana Agent", "Ben Reader"
#: Milliseconds that a page may take on a busy machine.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
_WATCH = "addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective));"


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
        run.advance(ws, session_id, "report_generation")
    # What was sent is sent: the folder is not looked at again.
    shutil.rmtree(sent.folder)
    return home, session_id


def opened(home: Path) -> Workspace:
    """The home, beside whoever serves it."""
    return Workspace.open(load_settings(home=home).settings)


def record_of(home: Path, session_id: str) -> SessionRecord:
    with opened(home) as ws:
        return ws.sessions.read(session_id)


def press(page: Page, key: str) -> None:
    """Press a key once the page that is shown listens: an element may be seen before the scripts have run."""
    page.wait_for_load_state()
    page.keyboard.press(key)
