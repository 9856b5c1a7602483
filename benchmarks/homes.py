"""Homes to measure in: empty ones, and ones that hold very many sessions."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.settings import HomeSettings, Settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session


def settings_of(home: Path) -> Settings:
    """The defaults, with everything under `home`."""
    return Settings(home=HomeSettings(inbox=home / "inbox", data=home / "data"))


def upload(name: str, text: str) -> dict[str, object]:
    """A small text file as a source."""
    content = base64.b64encode(text.encode()).decode()
    return {"type": "upload", "files": [{"filename": name, "content_base64": content}]}


def fill(home: Path, sessions: int) -> None:
    """Make so many sessions with a document each, by the functions that a door calls.

    Two things are left out, since they would take the better part of an hour: the waits for the disk, and telling the
    catalog of each commit. The catalog takes all of them over at the next opening, as it does with a backup put back.
    """
    with _hasty(), Workspace.open(settings_of(home)) as ws:
        ws.sessions.attach(_Deaf())
        for number in range(sessions):
            made = create_session(ws, f"Farm {number} of many")
            add_documents(ws, made.session_id, upload("letter.txt", f"The letter of farm {number}.\n"))
    with Workspace.open(settings_of(home)) as ws:
        ws.catalog.rebuild()


@contextmanager
def _hasty() -> Iterator[None]:
    with patch.object(os, "fsync", lambda _handle: None):
        yield


class _Deaf:
    """An index that is told of commits and keeps nothing."""

    def announce(self, session_id: str, revision: int) -> None:
        """Not noted."""

    def update(self, record: SessionRecord) -> None:
        """Not noted."""

    def forget(self, session_id: str) -> None:
        """Not noted."""

    def content_of(self, session_id: str) -> set[str]:
        """Nothing is known."""
        return set()

    def unreferenced(self, hashes: set[str]) -> set[str]:
        """Nothing may be thrown away on the word of one who knows nothing."""
        return set()
