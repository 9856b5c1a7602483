"""The main job on made-up projects, told step by step: drop files, let the watcher take them, read what came of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from actors.batch_report import batch_report
from actors.embedded import Embedded
from commands.text import acts, answers, terminal
from commands.text.answers import Answer
from commands.text.batch_report import night
from examples.portfolio import write_portfolio
from examples.submission import write_submission
from pipeline.desk import current_work
from pipeline.errors import ReviewError
from pipeline.home import exit_codes, logs
from pipeline.home.workspace import Workspace
from pipeline.models import SCHEMA_VERSION
from pipeline.portfolio.keep import last_portfolio
from pipeline.settings import HomeSettings, InboxSettings, Settings
from pipeline.status import progress
from watcher import Watcher

#: One of each kind that a portfolio begins with.
FARMS = 4
#: What is worth knowing of how a kind sends its files.
SENDS = {"clean": ", its boundary as a shapefile", "versions": ", its land papers in a zip"}


def play(home: Path | None, tell: Callable[[str], None], width: int) -> Answer:
    """Do it in `home`, or in a new temporary folder, which is kept; the steps are told while they happen.

    The settings are the defaults: somebody's own config.toml has no say in what a demonstration shows.
    """
    home = home.absolute() if home else Path(tempfile.mkdtemp(prefix="registry-review-demo-"))
    settings = _settings(home)
    with Workspace.open(settings) as ws:
        logs.configure(ws.data)
        submission = write_submission(home / "submission")
        tell(f"A made-up submission of {len(submission.files)} files was written to {submission.folder}\n")
        created = acts.create(ws, submission.project_name, actor="demo")
        session_id = created.text
        tell(f'$ registry-review --home {home} create "{submission.project_name}"\n{session_id}\n')
        inbox = ws.inbox / session_id
        tell(f"$ cp {submission.folder}/* {inbox}/")
        for path in sorted(submission.files.values()):
            shutil.copy2(path, inbox)
        tell(f"\n$ registry-review --home {home} watch --once --to report")
        _watch(ws, tell)
        left = sorted(path.name for path in inbox.iterdir())
        if left:
            tell(f"Left in the inbox, as it is no document: {', '.join(left)}")
        answer, value = _result(ws, session_id, home, width)
    page = _portfolio(home / "portfolio", tell)
    return replace(answer, value={**value, "portfolio": str(page)})


def _portfolio(home: Path, tell: Callable[[str], None]) -> Path:
    """Several farms at once, in a home of their own, with the portfolio that a nightly job makes of them."""
    settings = _settings(home)
    with Workspace.open(settings) as ws:
        sent = write_portfolio(ws.inbox / "new", FARMS, seed=2)
        tell(f"\nMore farms at once, for the nightly job; each folder makes its own session:\n$ ls {ws.inbox / 'new'}")
        for one in sent:
            tell(f"{one.folder.name}  ({one.kind}{SENDS.get(one.kind, '')})")
        tell(f"\n$ registry-review --home {home} watch --once")
        with Embedded(ws) as engine:
            Watcher(ws, engine, advance_to="document_discovery").once()
        folder = ws.data / "batch"
        tell(f"$ registry-review --home {home} batch-report --verbose")
        done = night(batch_report(ws, folder, None, "demo"), tell=True)
        if done.code:
            raise ReviewError(*done.problems[0])
        tell(f"{done.text}\n")
        found = last_portfolio(folder)
        for cause in found.causes[:3] if found else ():
            tell(f"{len(cause.farms)} of {len(sent)} farms: {cause.title}")
        tell("")
        return folder / "portfolio.html"


def _settings(home: Path) -> Settings:
    """The defaults in a home of its own; one file of the example is cut off on purpose, and nobody will finish it."""
    inbox = InboxSettings(patience_seconds=2.0)
    return Settings(home=HomeSettings(inbox=home / "inbox", data=home / "data"), inbox=inbox)


def _watch(ws: Workspace, tell: Callable[[str], None]) -> None:
    def hear(news: current_work.News) -> None:
        for line in answers.news(news):
            tell(line)

    with Embedded(ws) as engine, engine.listening(hear):
        summary = Watcher(ws, engine, advance_to="report_generation").once()
    if summary.failures:
        raise ReviewError(summary.failures[0][1], "See `registry-review doctor`.")


def _result(ws: Workspace, session_id: str, home: Path, width: int) -> tuple[Answer, dict[str, object]]:
    from pipeline.stages.generate_report import report_paths

    record = ws.sessions.read(session_id)
    made, paths = report_paths(ws, record)
    at = f"registry-review --home {home}"
    text = terminal.parts(
        "",
        terminal.coverage(made.requirements),
        terminal.block("Look at first", terminal.exceptions(made.exceptions, width or terminal.WIDTH, most=3)),
        "\n".join((f"To go on:  {at} status", f"           {at} show {session_id} REQ-007")),
        f"The report: {paths['html']}",
    )
    value: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "session_id": session_id,
        "home": str(home),
        "paths": {form: str(path) for form, path in paths.items()},
        "summary": made.summary,
        "waits": progress.waits(ws, record),
    }
    return Answer(value, text, exit_codes.DONE), value
