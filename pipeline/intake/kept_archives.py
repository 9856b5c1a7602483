"""Archives stay whole beside their session, as they came, until a person takes out a document that they hold."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.models import ArchiveRecord, SessionRecord
from pipeline.store.faultpoints import reach
from pipeline.store.files import fsync_folder, make_private_folder, temporary_beside

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.content import Staged
    from pipeline.store.transaction import Transaction

#: Their folder in the session's own.
FOLDER = "archives"


def place_of(ws: Workspace, session_id: str, sha256: str) -> Path:
    """Where that archive lies or would lie."""
    return ws.sessions.folder(session_id) / FOLDER / sha256


def keep(ws: Workspace, session_id: str, copy: Staged) -> None:
    """Put a private copy in its place, read-only; hold the content's lock and the session's until the commit."""
    place = place_of(ws, session_id, copy.sha256)
    if place.is_file():
        return
    make_private_folder(place.parent)
    copy.path.chmod(0o400)
    reach("archive.keep")
    try:
        copy.path.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:  # the staging folder may lie on another disk
            raise
        near = temporary_beside(place)
        shutil.copyfile(copy.path, near)
        near.chmod(0o400)
        near.replace(place)
    fsync_folder(place.parent)
    reach("archive.kept")


def is_intact(ws: Workspace, session_id: str, archive: ArchiveRecord) -> bool:
    """True when the archive is as it was kept."""
    try:
        with place_of(ws, session_id, archive.sha256).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == archive.sha256
    except OSError:
        return False


def let_go(tx: Transaction, hashes: Collection[str]) -> None:
    """Keep no archive that holds one of these documents: taken out means that the bytes go, too."""
    left = dict(tx.record.archives)
    for sha256, archive in tx.record.archives.items():
        if archive.kept and not set(hashes).isdisjoint(archive.files.values()):
            left[sha256] = archive.model_copy(update={"kept": False})
            tx.log("archive_let_go", sha256=sha256, path=archive.path)
    if left != tx.record.archives:
        tx.update(archives=left)


def tidy(ws: Workspace, record: SessionRecord) -> None:
    """Remove what the committed session does not keep, or what a killed process left; hold the content's lock."""
    kept = {archive.sha256 for archive in record.archives.values() if archive.kept}
    for place in (ws.sessions.folder(record.session_id) / FOLDER).glob("*"):
        if place.name not in kept:
            place.unlink(missing_ok=True)
