"""What the first folder under the inbox means: a session, a project to be, or nothing of ours."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from pipeline.errors import SessionNotFound
from pipeline.filenames import is_ignored, is_ignored_folder, printable
from pipeline.models import Value
from pipeline.store.walk import below, is_folder

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord

#: Under this folder every folder is a project's name.
NEW = "new"
#: So many things that are nobody's are named; the rest is counted.
MOST_NAMED = 200
#: The longest project name that is taken from a folder, in characters; a folder's name may have 255 bytes.
LONGEST_NAME = 200

#: Makes a session of a name for a folder under `new/`, which stays bound to it; gives its id.
MakeSession = Callable[["Workspace", str, str], str]
PlaceKind = Literal["session", "new", "unknown", "loose"]


@dataclass(frozen=True, order=True)
class Place:
    """For whom a path in the inbox is meant."""

    kind: PlaceKind
    #: The session's id, the project's name, or the first folder's (or loose file's) name.
    name: str

    @property
    def folder(self) -> str:
        """The place's folder relative to the inbox, POSIX style."""
        return f"{NEW}/{self.name}" if self.kind == "new" else self.name


def place_of(parts: tuple[str, ...], sessions: Collection[str]) -> Place:
    """The place of a file from its path relative to the inbox; a file must lie in a folder to be anybody's."""
    first = parts[0]
    if len(parts) == 1:
        return Place("loose", first)
    if first.startswith("."):
        return Place("unknown", first)  # The quarantine, and whatever else hides.
    if first == NEW:
        if len(parts) == 2:
            return Place("loose", f"{NEW}/{parts[1]}")
        if name_trouble(parts[1]):
            return Place("unknown", f"{NEW}/{parts[1]}")
        return Place("new", parts[1])
    return Place("session" if first in sessions else "unknown", first)


def name_trouble(name: str) -> str | None:
    """Why a folder's name cannot be a project's name, in words; None when it can."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid UTF-8"
    if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in name):
        return "its name holds control or invisible characters"
    if len(name) > LONGEST_NAME:
        return f"its name is longer than {LONGEST_NAME} characters"
    if not any(c.isalnum() for c in name):
        return "its name holds neither a letter nor a digit"
    return None


def one_name(folder: str) -> str:
    """A folder's name as people read it: systems write the same accent in two ways, and both mean one project."""
    return unicodedata.normalize("NFC", folder)


def folders_of(ws: Workspace, record: SessionRecord) -> list[tuple[str, ...]]:
    """The session's own folders in the inbox, as parts of their path: by its id, and its project's in any spelling."""
    own: list[tuple[str, ...]] = [(record.session_id,)]
    if record.bound_folder is None:
        return own
    bound, spellings = one_name(record.bound_folder), {record.bound_folder}
    with suppress(OSError), os.scandir(ws.inbox / NEW) as entries:
        spellings |= {entry.name for entry in entries if one_name(entry.name) == bound}
    return [*own, *((NEW, name) for name in sorted(spellings))]


class LeftAlone(Value):
    """Something directly in the inbox that is nobody's and stays where it is."""

    #: Relative to the inbox, fit to be shown.
    name: str
    #: Why, and what to do, in words.
    reason: str


def left_alone(ws: Workspace) -> tuple[LeftAlone, ...]:
    """What the inbox holds for nobody, by name: unknown first folders, loose files, folders whose name cannot be used.

    Looks at the inbox's own level and at `new/` only, whatever lies below. Ignored names are not worth a line, and
    after MOST_NAMED one line counts the rest.
    """
    found = [LeftAlone(name=printable(one.relative), reason=one.reason) for one in nobodys(ws)]
    if len(found) > MOST_NAMED:
        rest = LeftAlone(name=f"and {len(found) - MOST_NAMED:,} more", reason="nobody takes them; move or remove them")
        return (*found[:MOST_NAMED], rest)
    return tuple(found)


class Nobodys(NamedTuple):
    """Something directly in the inbox, or in `new/`, that is nobody's."""

    #: Relative to the inbox, POSIX style, with the bytes it has on disk.
    relative: str
    folder: bool
    reason: str


def nobodys(ws: Workspace) -> list[Nobodys]:
    """All that `left_alone` speaks of, by name."""
    sessions = ws.catalog.ids()
    found: list[Nobodys] = []
    for prefix in ("", NEW):
        for entry in sorted(below(ws.inbox / prefix, lambda _folder: False), key=lambda entry: entry.name):
            name, folder = entry.name, is_folder(entry)
            if folder and not prefix and name in sessions:
                continue  # nearly all of them, so it comes before what is slow to ask
            if is_ignored_folder(name) if folder else is_ignored(name):
                continue
            reason = _why_left(prefix, name, folder, entry.is_symlink())
            if reason:
                found.append(Nobodys(f"{prefix}/{name}" if prefix else name, folder, reason))
    return found


def _why_left(prefix: str, name: str, folder: bool, link: bool) -> str | None:
    if link:
        return "a symbolic link is never followed; put the files themselves here"
    if prefix:
        if not folder:
            return f"a file here belongs to nobody; move it into {NEW}/<project name>/"
        trouble = name_trouble(name)
        return f"{trouble}; rename the folder to the project's name" if trouble else None
    if not folder:
        return f"a file here belongs to nobody; move it into <session id>/ or {NEW}/<project name>/"
    if name == NEW:
        return None
    return f"no session has this id; use the id that `create` printed, or {NEW}/<project name>/"


class Bindings:
    """Which session a folder under `new/` belongs to; a folder keeps its session until that is completed."""

    def __init__(self, ws: Workspace, create: MakeSession) -> None:
        self._ws = ws
        self._create_session = create
        self._last: dict[str, str] = {}

    def session_for(self, place: Place) -> str:
        """The session that files of `place` go to; makes it when a new project's folder has none yet."""
        if place.kind == "session":
            return place.name
        session_id = self._bound(place.name) or self._create(place.name)
        self._last[one_name(place.name)] = session_id
        return session_id

    def last(self, folder: str) -> str | None:
        """What `session_for` last said of `new/<folder>/` in this process; costs nothing."""
        return self._last.get(one_name(folder))

    def _bound(self, folder: str) -> str | None:
        """The newest session at work that is bound to the folder. A damaged one keeps its folder: whoever mends or
        deletes it decides where the files go.
        """
        for session_id in reversed(self._ws.catalog.bound_to(folder)):
            try:
                if not self._ws.sessions.read(session_id).is_completed:
                    return session_id
            except SessionNotFound:
                continue
        return None

    def _create(self, folder: str) -> str:
        name = one_name(folder).strip()
        return self._create_session(self._ws, name, folder)
