"""How `home-1.tar.gz` was made: `python -m tests.released.make FILE`. It is never made again.

The file is a backup of a home with one session in which everything stands that a session of schema 1 can hold. It must
open for ever; whoever changes the schema adds a file of the next number beside it. All of it is made up.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.home.workspace import Workspace
from pipeline.intake.sources.inbox import InboxFile, identity_of
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents, take_inbox_files
from pipeline.stages.human_review import annotate, determine, record_decision, request_revision
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import remove_document, undo_new_version
from pipeline.upkeep.backup import back_up


class Ticks:
    """A clock that goes on by a minute whenever it is asked."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 31, 9, 45, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time


def upload(**files: bytes) -> dict[str, object]:
    rows = [{"filename": f"{n}", "content_base64": base64.b64encode(data).decode()} for n, data in files.items()]
    return {"type": "upload", "files": rows}


def drop(ws: Workspace, session_id: str, name: str, text: str) -> None:
    path = ws.inbox / session_id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    take_inbox_files(ws, session_id, [InboxFile(path, name, identity_of(path) or ())])


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        settings = load_settings(home=Path(scratch) / "home", environ={}).settings
        with Workspace.open(settings, now=Ticks()) as ws:
            fill(ws)
            back_up(ws, Path(sys.argv[1]))


def fill(ws: Workspace) -> None:
    one = create_session(
        ws,
        "Thornybrook Farm 2026",
        project_id="C99-001",
        proponent="Thornybrook Carbon Ltd",
        crediting_period="2026-01-01 to 2035-12-31",
        actor="anna",
    ).session_id
    add_documents(ws, one, upload(**{"letter.txt": b"A letter.\n", "mistake.txt": b"Not ours.\n"}), actor="anna")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("papers/fields.csv", "field,hectares\nNorth,12.5\n")
    add_documents(ws, one, upload(**{"papers.zip": packed.getvalue()}), actor="anna")
    drop(ws, one, "plans/plan.txt", "The first plan.\n")
    drop(ws, one, "plans/plan.txt", "The second plan, which is longer.\n")
    drop(ws, one, "plans/map.txt", "A map.\n")
    drop(ws, one, "plans/map.txt", "Another map.\n")
    drop(ws, one, "empty.txt", "")
    run.advance(ws, one, "report_generation")
    record = ws.sessions.read(one)
    by_path = {(d.path, d.superseded_by is None): d for d in record.documents.values()}
    undo_new_version(ws, one, by_path["plans/map.txt", False].document_id, "anna")
    remove_document(ws, one, by_path["mistake.txt", True].document_id, "anna", "It is of another farm.")
    record_decision(ws, one, "REQ-001", "approved", "Seen on paper.", "anna")
    record_decision(ws, one, "REQ-002", "needs_revision", "The register is missing.", "anna")
    annotate(ws, one, "REQ-002", "Asked by telephone: it is on its way.", "bert")
    request_revision(ws, one, "REQ-002", "anna", what="Send the land register.")
    run.advance(ws, one, "report_generation")
    determine(ws, one, "hold", "The register is missing.", "anna")
    two = create_session(ws, "Thornybrook Farm 2026", actor="anna").session_id
    drop(ws, two, "letter.txt", "A letter.\n")


if __name__ == "__main__":
    main()
