"""A home with a made-up submission under review, for the tests of the reviewer's desk."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.submission import Submission, write_submission
from pipeline.home.workspace import Workspace
from pipeline.models import RequirementResult, SessionRecord
from pipeline.settings import load_settings
from pipeline.stages import human_review
from pipeline.stages import run as stage_run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.workflow import results
from tests.conftest import Clock

ANA, BEN = "Ana Agent", "Ben Reader"


@dataclass
class Desk:
    """One home, its clock, and what was sent."""

    ws: Workspace
    clock: Clock
    sent: Submission

    def begin(self, without: Collection[str] = ()) -> str:
        """A session that is reported; `without` are keys of the submission's files that were not sent."""
        left_out = {self.sent.files[key].name for key in without}
        folder = self.sent.folder.parent / f"sent-{len(self.ws.sessions.ids())}"
        shutil.copytree(self.sent.folder, folder, ignore=lambda _folder, _names: left_out)
        self.clock.advance(seconds=1)
        # Names apart, or each would ask whether it is the one before.
        session_id = create_session(self.ws, f"Farm {len(self.ws.sessions.ids())}").session_id
        self.send(session_id, folder)
        # What was sent is sent: the folder is not looked at again.
        shutil.rmtree(folder)
        return session_id

    def send(self, session_id: str, path: Path) -> None:
        """Add files and bring the session up to its report."""
        add_documents(self.ws, session_id, {"type": "path", "path": str(path)}, check_duplicates=False)
        self.run(session_id)

    def run(self, session_id: str) -> SessionRecord:
        return stage_run.advance(self.ws, session_id, "report_generation")

    def record(self, session_id: str) -> SessionRecord:
        return self.ws.sessions.read(session_id)

    def row(self, session_id: str, requirement_id: str) -> RequirementResult:
        validation = results.load_validation(self.ws, self.record(session_id))
        assert validation is not None
        return next(r for r in validation.requirements if r.requirement_id == requirement_id)

    def approve_all(self, session_id: str, by: str = ANA) -> None:
        rows = human_review.undecided(self.ws, self.record(session_id))
        human_review.record_decisions(self.ws, session_id, rows, "approved", "Seen and agreed.", by)

    def ready(self, **how: Collection[str]) -> str:
        """A session of which everything is decided and approved."""
        session_id = self.begin(**how)
        self.approve_all(session_id)
        human_review.determine(self.ws, session_id, "approve", "Complete.", ANA)
        return session_id


@contextmanager
def a_desk(folder: Path) -> Iterator[Desk]:
    clock = Clock()
    settings = load_settings(home=folder / "home").settings
    waits = {"settle_seconds": 0.3, "settle_closed_seconds": 0.1, "patience_seconds": 1.0}
    quick = settings.inbox.model_copy(update=waits)
    sent = write_submission(folder / "submission", 1)
    with Workspace.open(settings.model_copy(update={"inbox": quick}), now=clock) as ws:
        yield Desk(ws, clock, sent)
