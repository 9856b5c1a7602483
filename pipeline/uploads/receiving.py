"""Files come into a slot: streamed to disk within limits while they are hashed, kept when they are whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from pipeline import filenames
from pipeline.errors import FileRefused, UploadClosed
from pipeline.intake import take
from pipeline.intake.sources.archives import MEGABYTE
from pipeline.intake.sources.batch import check_size
from pipeline.store.faultpoints import reach
from pipeline.store.files import disk_full, is_disk_full
from pipeline.uploads import keeping, tokens
from pipeline.uploads.slot import ReceivedFile, RefusedFile, SlotRecord, UploadedFile

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Bytes read at once from a file object.
CHUNK = MEGABYTE
#: Bytes that come in between two looks at the disk and at what else is coming into the slot.
BETWEEN_LOOKS = 8 * MEGABYTE


def receive(ws: Workspace, upload_id: str, filename: str, chunks: Iterable[bytes] | BinaryIO) -> ReceivedFile:
    """Take one file into the slot, or say why it is refused; no more than a piece of it is ever in memory.

    Several may come at once and one after the other; the same bytes under the same name are kept once. When `chunks`
    raises, nothing of the file stays. UploadNotFound, UploadExpired, UploadClosed when the slot takes no files;
    TryAgain when the disk is full.
    """
    require_open(ws, keeping.read(ws, upload_id))
    # Whoever sends may make it as long as they like, and it is kept.
    shown = filenames.printable(filename[: filenames.MAX_NAME_BYTES]) or "(no name)"
    try:
        path = _path_of(filename)
        with keeping.locked(ws, upload_id):
            require_open(ws, keeping.read(ws, upload_id))
            keeping.drop_dead(ws, upload_id)
            _check_number(ws, keeping.read(ws, upload_id), len(keeping.incoming(ws, upload_id)))
            handle, coming = keeping.open_incoming(ws, upload_id)
        try:
            with os.fdopen(handle, "wb") as stream:
                file = _copied(ws, upload_id, path, _pieces(chunks), stream)
                return _kept(ws, upload_id, file, coming)
        finally:
            with suppress(OSError):
                coming.unlink()
    except FileRefused as refusal:
        _note_refusal(ws, upload_id, filename, RefusedFile(filename=shown, reason=str(refusal)))
        return ReceivedFile(filename=shown, outcome="refused", reason=str(refusal))


def is_full(ws: Workspace, upload_id: str) -> bool:
    """True when the slot holds as many files as it may."""
    return len(keeping.read(ws, upload_id).files) >= ws.settings.uploads.max_files


def _note_refusal(ws: Workspace, upload_id: str, filename: str, refused: RefusedFile) -> None:
    """Keep with the slot what was refused and why, so that whoever processes it is told; the newest, once each."""
    if filenames.is_ignored_path(filename.replace("\\", "/")):  # nothing is wrong with the file itself
        return
    with keeping.locked(ws, upload_id):
        slot = keeping.read(ws, upload_id)
        if slot.begun_by is None and slot.processed_at is None and refused not in slot.refused:
            newest = (*slot.refused, refused)[-ws.settings.uploads.max_files :]
            keeping.write(ws, slot.model_copy(update={"refused": newest}))


def require_open(ws: Workspace, slot: SlotRecord) -> None:
    """Raise unless the slot takes files now."""
    if slot.processed_at is not None or slot.begun_by is not None:
        raise UploadClosed(
            "The files of this upload were handed over already, so it takes no more.",
            "Ask for a new upload link for further files.",
        )
    if slot.status(ws.now()) == "expired":
        raise tokens.expired()


def _path_of(filename: str) -> str:
    """The name a file is kept under, folders included; FileRefused as for files sent inside a call."""
    filenames.check(filename)  # as it came, since a Windows browser may send a drive and backslashes
    path = filenames.check(filename.replace("\\", "/")).path
    if filenames.is_ignored_path(path):
        raise FileRefused(f"{path}: hidden and temporary files are not taken.", "Rename it if it is meant.")
    return path


def _pieces(chunks: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    if hasattr(chunks, "read"):
        while piece := chunks.read(CHUNK):
            yield piece
    else:
        yield from chunks


def _copied(ws: Workspace, upload_id: str, path: str, pieces: Iterator[bytes], stream: BinaryIO) -> UploadedFile:
    """Write what comes, no further than the limits go."""
    limit, digest, size, looked = take.limit_bytes(ws), hashlib.sha256(), 0, 0
    _look_around(ws, upload_id, path, 0)
    try:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                check_size(size, path, limit)
            if size - looked >= BETWEEN_LOOKS:
                stream.flush()
                looked = size
                _look_around(ws, upload_id, path, len(piece))
            digest.update(piece)
            stream.write(piece)
        check_size(size, path, limit)
        stream.flush()
        os.fsync(stream.fileno())
    except OSError as error:
        # Only from the disk: whoever sends has errors of their own.
        if is_disk_full(error):
            raise disk_full(ws.data) from error
        raise
    return UploadedFile(filename=path, size=size, sha256=digest.hexdigest())


def _look_around(ws: Workspace, upload_id: str, path: str, more: int) -> None:
    """Is there room on the disk, and in the slot with everything that is coming in at this moment?"""
    ws.content.check_room(more)
    kept = sum(file.size for file in keeping.read(ws, upload_id).files)
    coming = 0
    for one in keeping.incoming(ws, upload_id):
        with suppress(FileNotFoundError):
            coming += one.stat().st_size
    _check_total(ws, path, kept + coming + more)


def _check_total(ws: Workspace, path: str, total: int) -> None:
    most = ws.settings.uploads.max_total_mb
    if total > most * MEGABYTE:
        raise FileRefused(
            f"{path}: one upload may hold {most} MB in all.",
            "Send the rest through another upload link, or raise uploads.max_total_mb.",
        )


def _check_number(ws: Workspace, slot: SlotRecord, coming: int) -> None:
    most = ws.settings.uploads.max_files
    if len(slot.files) + coming >= most:
        raise FileRefused(
            f"One upload may hold {most} files.",
            "Send the rest through another upload link, or as one zip archive.",
        )


def _kept(ws: Workspace, upload_id: str, file: UploadedFile, coming: Path) -> ReceivedFile:
    """Give the whole file its place and note it in the slot, unless the slot was closed or filled up meanwhile."""
    with keeping.locked(ws, upload_id):
        slot = keeping.read(ws, upload_id)
        require_open(ws, slot)
        outcome: Literal["received", "duplicate"]
        if file in slot.files:
            outcome = "duplicate"
        else:
            _check_number(ws, slot, 0)
            _check_total(ws, file.filename, sum(one.size for one in slot.files) + file.size)
            reach("upload.coming")
            coming.replace(keeping.place_of(ws, upload_id, file.sha256))
            reach("upload.kept")
            still = tuple(one for one in slot.refused if one.filename != filenames.printable(file.filename))
            keeping.write(ws, slot.model_copy(update={"files": (*slot.files, file), "refused": still}))
            outcome = "received"
    return ReceivedFile(filename=file.filename, outcome=outcome, size=file.size, sha256=file.sha256)
