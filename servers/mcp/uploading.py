"""Upload links for agents: the link is served by `registry-review serve`, which need not be this process."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pipeline.uploads import note_on, request_upload, token_for
from servers.mcp.desk import ACTOR
from servers.mcp.fitting import plain

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Seconds to see whether a server answers at the address.
LOOK_SECONDS = 0.5


def request(ws: Workspace, session_id: str | None, project_name: str | None, methodology: str) -> dict[str, Any]:
    """A new upload slot with its link; says so when no server answers at the link's address on this machine."""
    slot = request_upload(ws, session_id, project_name, methodology, actor=ACTOR)
    server = ws.settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    base = (server.public_url or f"http://{host}:{server.port}").rstrip("/")
    made: dict[str, Any] = {
        "upload_id": slot.upload_id,
        "upload_url": f"{base}/upload/{quote(slot.upload_id)}?token={quote(token_for(ws, slot))}",
        "expires_at": plain(slot.expires_at),
        "mode": slot.mode,
        "session_id": slot.session_id,
    }
    notes = [note_on(ws, slot)]
    if not server.public_url and not _answers(base):
        notes.append(f"Nothing answers at {base} now. The link works once `registry-review serve` runs there.")
    if said := " ".join(filter(None, notes)):
        made["note"] = said
    return made


def _answers(base: str) -> bool:
    place = urlsplit(base)
    try:
        with socket.create_connection((place.hostname or "", place.port or 80), LOOK_SECONDS):
            return True
    except OSError:
        return False
