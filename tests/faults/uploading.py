"""One step of an upload in a process of its own: `python -m tests.faults.uploading HOME STEP ...`.

request [SESSION]: a slot, for that session or for a new one; prints its id. receive SLOT FOLDER: every file of the
folder comes in. process SLOT: prints the session's id. A step that was killed may be taken again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from pipeline.uploads import process_upload, receive, request_upload
from tests.faults.rounds import NAME


def main(home: str, step: str, *words: str) -> None:
    """Take the step."""
    with Workspace.open(load_settings(home=Path(home)).settings) as ws:
        match step, *words:
            case "request", session_id:
                print(request_upload(ws, session_id=session_id).upload_id)
            case ("request",):
                print(request_upload(ws, project_name=NAME).upload_id)
            case "receive", slot, folder:
                for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
                    with path.open("rb") as stream:
                        receive(ws, slot, path.relative_to(folder).as_posix(), stream)
            case "process", slot:
                print(process_upload(ws, slot).session_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
