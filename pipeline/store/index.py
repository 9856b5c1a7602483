"""Who is told of commits: the seam between the sessions and the catalog."""

from __future__ import annotations

from typing import Protocol

from pipeline.models import SessionRecord


class SessionIndex(Protocol):
    """Who is told of commits, so that questions across sessions need not open them all (the catalog)."""

    def announce(self, session_id: str, revision: int) -> None:
        """That revision is about to be written."""

    def update(self, record: SessionRecord) -> None:
        """It was written."""

    def forget(self, session_id: str) -> None:
        """The session is gone."""

    def content_of(self, session_id: str) -> set[str]:
        """Hashes the session holds."""

    def unreferenced(self, hashes: set[str]) -> set[str]:
        """Those of `hashes` that no session holds."""
