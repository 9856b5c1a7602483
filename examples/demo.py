"""The main job on a made-up project, told step by step: drop the files, let the watcher take them, read the report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from actors.embedded import Embedded
from examples.submission import write_submission
from pipeline import acts, exits, logs, progress
from pipeline.errors import ReviewError
from pipeline.models import SCHEMA_VERSION
from pipeline.reporting import answers, terminal
from pipeline.reporting.answers import Answer
from pipeline.settings import HomeSettings, Settings
from pipeline.workspace import Workspace
from watcher import Watcher


def play(home: Path | None, tell: Callable[[str], None], width: int) -> Answer:
    """Do it in `home`, or in a new temporary folder, which is kept; the steps are told while they happen.

    The settings are the defaults: somebody's own config.toml has no say in what a demonstration shows.
    """
    home = home.absolute() if home else Path(tempfile.mkdtemp(prefix="registry-review-demo-"))
    settings = Settings(home=HomeSettings(inbox=home / "inbox", data=home / "data"))
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
        return _result(ws, session_id, home, width)


def _watch(ws: Workspace, tell: Callable[[str], None]) -> None:
    def hear(news: answers.News) -> None:
        for line in answers.news(news):
            tell(line)

    with Embedded(ws) as engine, engine.listening(hear):
        summary = Watcher(ws, engine, advance_to="report_generation").once()
    if summary.failures:
        raise ReviewError(summary.failures[0][1], "See `registry-review doctor`.")


def _result(ws: Workspace, session_id: str, home: Path, width: int) -> Answer:
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
    value = {
        "schema_version": SCHEMA_VERSION,
        "session_id": session_id,
        "home": str(home),
        "paths": {form: str(path) for form, path in paths.items()},
        "summary": made.summary,
        "waits": progress.waits(ws, record),
    }
    return Answer(value, text, exits.DONE)
