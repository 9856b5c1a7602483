"""The self-test on a made-up submission: written, added to a session of a throwaway home, mutated there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from examples.submission import write_submission
from pipeline.home.workspace import Workspace
from pipeline.selftest.run import Outcome, selftest
from pipeline.settings import HomeSettings, Settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session

#: A private plan with an answer that runs on to the next page, two registers, and every document but the boundary.
SEED = 2


def prove(tell: Callable[[str], None], seed: int = SEED) -> Outcome:
    """The outcome on the submission of a seed; nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="registry-review-example-") as place:
        home = Path(place)
        tell("Making up a submission")
        submission = write_submission(home / "submission", seed)
        settings = Settings(home=HomeSettings(inbox=home / "inbox", data=home / "data"))
        with Workspace.open(settings) as ws:
            session_id = create_session(ws, submission.project_name).session_id
            add_documents(ws, session_id, {"type": "path", "path": str(submission.folder)}, actor="selftest")
            return selftest(ws, ws.sessions.read(session_id), tell)
