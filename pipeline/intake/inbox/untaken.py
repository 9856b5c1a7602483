"""Files in the inbox that are nobody's, one by one: a run that ends must say what it leaves lying there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.filenames import is_ignored, is_ignored_folder, printable
from pipeline.intake.inbox.folders import nobodys
from pipeline.intake.inbox.scan import shown, why_unlisted
from pipeline.intake.inbox.state import WaitingFile
from pipeline.store.walk import below, is_folder

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: So many files are named; of the others it is only said that they are there.
MOST_FILES = 1_000


def untaken(ws: Workspace) -> list[WaitingFile]:
    """Every file that lies where nobody takes it (an unknown first folder, a deleted session's, none), with the reason.

    An empty folder holds nothing that could be missed, and hidden and temporary names are meant for nobody.
    """
    found: list[WaitingFile] = []
    for one in nobodys(ws):
        if not one.folder:
            found.append(WaitingFile(name=printable(one.relative), reason=one.reason))
        else:
            _collect(ws.inbox, one.relative, one.reason, found)
        if len(found) > MOST_FILES:
            return [*found[:MOST_FILES], WaitingFile(name="and more", reason="only the first are named")]
    return found


def _collect(inbox: Path, folder: str, reason: str, found: list[WaitingFile]) -> None:
    def closed(path: str, error: OSError) -> None:
        found.append(WaitingFile(name=shown(path.removeprefix(f"{inbox}/")), reason=why_unlisted(error)))

    for entry in below(inbox / folder, lambda inner: not is_ignored_folder(inner.name), closed):
        if not is_folder(entry) and not is_ignored(entry.name):
            found.append(WaitingFile(name=printable(entry.path.removeprefix(f"{inbox}/")), reason=reason))
            if len(found) > MOST_FILES:
                return
