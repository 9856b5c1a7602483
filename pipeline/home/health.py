"""What keeps a home from being filled and changed right now: its disk, rights, room, inbox, clock; looked at afresh."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.home import quarantine
from pipeline.store.content import free_bytes
from pipeline.store.files import is_listable, is_writable

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.home.workspace import Workspace

#: A session that was changed so much later than now was changed under another clock.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: So many refused files are worth a word, however small they are.
CROWDED_FILES = 10_000
#: Bytes without which no result of a stage can be counted on to be kept.
_LEAST_ROOM = 1_000_000
#: Folders of so many sessions are looked for in the inbox; one that is there is enough.
_LOOKED_FOR = 20


def obstacle(ws: Workspace) -> str | None:
    """Why nothing can be taken now, in words; None when nothing is in the way.

    Goes by what the system says at this moment, so whoever waits for it to end needs only ask again.
    """
    if why := closed(ws):
        return why
    free, least = free_bytes(ws.data) // 1_000_000, ws.settings.inbox.min_free_mb
    if free < least:
        return (
            f"the disk of {ws.data} is full: {free} MB are free, and nothing is taken below {least} MB; make room"
            f"{_to_be_emptied(ws)}"
        )
    return None


def _to_be_emptied(ws: Workspace) -> str:
    """What of the full disk only a person can decide on."""
    found = quarantine.kept(ws)
    return f" ({found} lie in {ws.quarantine})" if found.files else ""


def closed(ws: Workspace) -> str | None:
    """Why nothing at all can be changed now, stages included, in words; None when it can."""
    if not ws.data.is_dir():
        return f"{ws.data} is away: mount its disk again"
    if not is_writable(ws.data):
        if _read_only(ws.data):
            return f"{ws.data} lies on a disk that is read-only: it can be looked at and not changed"
        return f"{ws.data} may not be changed by this user: give back the right to write it"
    if free_bytes(ws.data) < _LEAST_ROOM:
        return f"the disk of {ws.data} is full; make room"
    return None


def troubles(ws: Workspace) -> tuple[str, ...]:
    """Everything a person should know of the home itself: the obstacle, and what is odd about its inbox and clock."""
    found = (obstacle(ws), _inbox(ws), crowded_quarantine(ws), _clock(ws))
    return tuple(one for one in found if one)


def _inbox(ws: Workspace) -> str | None:
    if not ws.inbox.is_dir():
        return f"{ws.inbox} is away: mount its disk again, and what lies there is taken"
    if not is_listable(ws.inbox):
        return f"{ws.inbox} cannot be opened: give this user the right to read it"
    if _read_only(ws.inbox) and not _read_only(ws.data):
        return f"{ws.inbox} lies on a disk that is read-only: files are taken and stay there"
    some = list(islice(reversed(ws.sessions.ids()), _LOOKED_FOR))
    if some and not any((ws.inbox / session_id).is_dir() for session_id in some):
        return f"{ws.inbox} holds no folder of any session: it may not be mounted"
    return None


def crowded_quarantine(ws: Workspace) -> str | None:
    """That refused files take as much room as is to stay free, or are very many; None while they do not."""
    found = quarantine.kept(ws)
    if found.size < max(ws.settings.inbox.min_free_mb, 1) * 1_000_000 and found.files < CROWDED_FILES:
        return None
    return f"the quarantine grows: {found} in {ws.quarantine}; read the reasons, then remove what nobody needs"


def _clock(ws: Workspace) -> str | None:
    last, now = ws.catalog.last_change(), ws.now()
    if last is None or last <= now + CLOCK_TOLERANCE:
        return None
    return (
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, and a session was changed at {last:%Y-%m-%d %H:%M}: set the clock; "
        "nothing is lost, and the order of what is done is kept"
    )


def _read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False
