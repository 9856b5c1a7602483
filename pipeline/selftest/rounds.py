"""A copied round: the same files again in one session, and as another's, add nothing and double nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from pipeline.checklists import Checklist
from pipeline.errors import DuplicateSessionWarning
from pipeline.home.workspace import Workspace
from pipeline.models import Reading, SessionRecord
from pipeline.selftest.declare import Declared
from pipeline.selftest.mutations import Mutation
from pipeline.selftest.review import Review, Sent, review
from pipeline.selftest.verdicts import Verdict, verdict
from pipeline.settings import HomeSettings, Settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session

#: A file's path in its submission and where its bytes lie.
Files = Collection[tuple[str, Path]]


def copied_rounds(checklist: Checklist, files: Files, folder: Path, read: Callable[[str], Reading]) -> list[Verdict]:
    """Add the files once, again under other folders, and to a second session of the same name, in a throwaway home."""
    once, again = folder / "once", folder / "again"
    for path, content in files:
        for place in (once / path, again / "round 2" / path, again / "round 3" / path):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, place)
    settings = Settings(home=HomeSettings(inbox=folder / "home" / "inbox", data=folder / "home" / "data"))
    with Workspace.open(settings) as ws:
        first, second = (create_session(ws, "Self-test 1", methodology=checklist.methodology).session_id for _ in "ab")
        add_documents(ws, first, {"type": "path", "path": str(once)}, check_duplicates=False)
        before = _reviewed(checklist, ws.sessions.read(first), read)
        add_documents(ws, first, {"type": "path", "path": str(again)}, check_duplicates=False)
        doubled = _reviewed(checklist, ws.sessions.read(first), read)
        asked = False
        try:
            add_documents(ws, second, {"type": "path", "path": str(once)})
        except DuplicateSessionWarning:
            asked = True
            add_documents(ws, second, {"type": "path", "path": str(once)}, check_duplicates=False)
        other = _reviewed(checklist, ws.sessions.read(second), read)

    def likeness(_: Review) -> list[str]:
        return [] if asked else ["nobody was asked whether the project is here already"]

    doubling = Mutation("round", "every file twice more in the same session", "session", Declared(), lambda: None)
    copying = Mutation(
        "round", "the same files as another session's", "session", Declared(), lambda: None, also=likeness
    )
    return [verdict(doubling, before, doubled), verdict(copying, before, other)]


def _reviewed(checklist: Checklist, record: SessionRecord, read: Callable[[str], Reading]) -> Review:
    records = tuple(record.documents.values())
    return review(checklist, Sent(records, {r.sha256: read(r.sha256) for r in records}))
