"""Where slots lie: one folder each under the data folder, its record written whole, under a lock of the kernel."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.errors import SessionNotFound, UploadError, UploadNotFound
from pipeline.store.files import fsync_folder, kernel_lock, make_private_folder, sweep_leftovers, write_atomic
from pipeline.uploads.slot import SlotRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: 128 bits of chance: an id cannot be guessed, and fits a file system that ignores letter case.
_UPLOAD_ID = re.compile(r"up-[0-9a-f]{32}")
_RECORD = "slot.json"
#: Begins the name of a file that is still coming in; whole ones are named by their hash.
_INCOMING = "incoming-"
#: Seconds to wait while another process notes something; that takes milliseconds.
LOCK_SECONDS = 30.0


def new_id() -> str:
    """An id that nobody had before."""
    return f"up-{secrets.token_hex(16)}"


def root_of(ws: Workspace) -> Path:
    """The folder of all slots."""
    return make_private_folder(ws.data / "uploads")


def folder_of(ws: Workspace, upload_id: str) -> Path:
    """The folder of a slot; UploadNotFound for what is no upload id, before it touches a path."""
    if not _UPLOAD_ID.fullmatch(upload_id):
        raise not_found()
    return ws.data / "uploads" / upload_id


def not_found() -> UploadNotFound:
    """The error for a slot that is not there."""
    return UploadNotFound("There is no such upload.", "Check its id, or ask for a new upload link.")


def ids(ws: Workspace) -> list[str]:
    """Every folder that is named like a slot, sorted."""
    with suppress(FileNotFoundError), os.scandir(ws.data / "uploads") as entries:
        return sorted(entry.name for entry in entries if _UPLOAD_ID.fullmatch(entry.name))
    return []


def make(ws: Workspace, slot: SlotRecord) -> None:
    """Keep a new slot."""
    root = root_of(ws)
    make_private_folder(folder_of(ws, slot.upload_id))
    write(ws, slot)
    fsync_folder(root)


def read(ws: Workspace, upload_id: str) -> SlotRecord:
    """The slot as last written; UploadNotFound without one."""
    path = folder_of(ws, upload_id) / _RECORD
    try:
        return SlotRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise not_found() from error
    except (ValidationError, OSError) as error:
        what = str(error).splitlines()[0]
        raise UploadError(f"The record of {upload_id} cannot be read ({what}).", "Ask for a new link.") from error


def write(ws: Workspace, slot: SlotRecord) -> None:
    """Replace the slot's record; hold `locked` unless nobody can know the slot yet."""
    write_atomic(folder_of(ws, slot.upload_id) / _RECORD, slot.model_dump_json().encode() + b"\n")


def change(ws: Workspace, upload_id: str, **fields: Any) -> SlotRecord:
    """Set fields of the slot and return it."""
    with locked(ws, upload_id):
        slot = read(ws, upload_id).model_copy(update=fields)
        write(ws, slot)
    return slot


@contextmanager
def locked(ws: Workspace, upload_id: str) -> Iterator[None]:
    """Keep all others from changing the slot's record; TryAgain when that lasts, UploadNotFound without the slot."""
    with _lock(ws, upload_id, "slot.lock", LOCK_SECONDS, "The upload is being changed by another process."):
        yield


@contextmanager
def processing(ws: Workspace, upload_id: str, wait_seconds: float) -> Iterator[None]:
    """Be the only one who processes or sweeps the slot; TryAgain when somebody else does for longer than that."""
    with _lock(ws, upload_id, "process.lock", wait_seconds, "The upload is being processed already."):
        yield


@contextmanager
def _lock(ws: Workspace, upload_id: str, name: str, wait_seconds: float, busy: str) -> Iterator[None]:
    folder = folder_of(ws, upload_id)
    if not (folder / _RECORD).exists():
        raise not_found()
    try:
        lock = kernel_lock(folder / name, wait_seconds, busy)
        lock.__enter__()
    except SessionNotFound as error:  # as the lock calls any folder that went away under it
        raise not_found() from error
    try:
        if not (folder / _RECORD).exists():  # swept while it was waited for
            raise not_found()
        yield
    finally:
        lock.__exit__(None, None, None)


# --- the files --------------------------------------------------------------------------------------------------------


def place_of(ws: Workspace, upload_id: str, sha256: str) -> Path:
    """Where the slot keeps, or would keep, the file of that hash: no name that was sent ever becomes a path."""
    return folder_of(ws, upload_id) / sha256


def open_incoming(ws: Workspace, upload_id: str) -> tuple[int, Path]:
    """A new file for what is coming in, held by a lock that ends with this process; call it inside `locked`."""
    path = folder_of(ws, upload_id) / f"{_INCOMING}{secrets.token_hex(12)}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle, path


def incoming(ws: Workspace, upload_id: str) -> list[Path]:
    """The files that are coming in."""
    return [path for path in folder_of(ws, upload_id).glob(f"{_INCOMING}*") if path.exists()]


def drop_dead(ws: Workspace, upload_id: str) -> None:
    """Remove what a killed process had received in part; call it inside `locked`."""
    for path in incoming(ws, upload_id):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(handle)


def drop_files(ws: Workspace, upload_id: str) -> None:
    """Remove every whole file of the slot; its record stays."""
    for path in folder_of(ws, upload_id).iterdir():
        if re.fullmatch(r"[0-9a-f]{64}", path.name):
            path.unlink(missing_ok=True)


def tidy(ws: Workspace, upload_id: str) -> None:
    """Remove what killed processes left in the slot's folder."""
    with locked(ws, upload_id):
        drop_dead(ws, upload_id)
        sweep_leftovers(folder_of(ws, upload_id), ws.now().timestamp())


def remove(ws: Workspace, upload_id: str) -> None:
    """Remove the slot for good."""
    # The record goes first: without it the slot is gone for everybody, whatever happens to the rest.
    folder = folder_of(ws, upload_id)
    (folder / _RECORD).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
