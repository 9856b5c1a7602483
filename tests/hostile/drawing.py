"""`python -m tests.hostile.drawing HOME CONFIG`: pictures and places of quotes asked for of every document of a home."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.home.workspace import Workspace
from pipeline.models import Drawing
from pipeline.settings import load_settings


def main(home: Path, config: Path) -> None:
    """Ask; whatever cannot be drawn or found gives nothing."""
    box = (72.0, 90.0, 300.0, 110.0)
    wanted = [
        Drawing(page=1),
        Drawing(page=1, boxes=(box,)),
        Drawing(page=2, boxes=(box, (0, 0, 1e9, 1e9)), strip=True),
    ]
    with Workspace.open(load_settings(config=config, home=home).settings) as ws:
        for session_id in ws.sessions.ids():
            for document in ws.sessions.read(session_id).documents.values():
                reading = ws.reader.read(document.sha256)
                if reading.kind == "pdf" and reading.code not in ("timeout", "memory", "crashed"):
                    ws.reader.pictures(document.sha256, wanted)
                    ws.reader.all_boxes(document.sha256, [(1, "sown with clover"), (2, "grazed"), (99, "x")])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
