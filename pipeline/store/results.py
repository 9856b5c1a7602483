"""Stage results are files named by the hash of their bytes, so the same result is the same file."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import SessionCorrupt
from pipeline.store.files import make_private_folder, write_atomic

ModelT = TypeVar("ModelT", bound=BaseModel)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CURE = "Run the stage again to make it anew."


def is_sha256(text: str) -> bool:
    """True for 64 lower-case hex digits."""
    return _SHA256.fullmatch(text) is not None


def check_sha256(sha256: str) -> str:
    """`sha256` when it is 64 lower-case hex digits; ValueError before anything else can become part of a path."""
    if not is_sha256(sha256):
        raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
    return sha256


def canonical(model: BaseModel) -> bytes:
    """The one way a model is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        model.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def save(folder: Path, model: BaseModel) -> str:
    """Keep `model` in `folder`; returns the SHA-256 it is kept under. Keeping it again only mends a damaged file."""
    data = canonical(model)
    sha256 = hashlib.sha256(data).hexdigest()
    target = folder / f"{sha256}.json"
    if not _holds(target, data):
        make_private_folder(folder)
        write_atomic(target, data)
    return sha256


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def load(folder: Path, sha256: str, model: type[ModelT]) -> ModelT:
    """The model kept under `sha256`; SessionCorrupt naming the file when it is gone or its bytes changed."""
    path = folder / f"{check_sha256(sha256)}.json"
    try:
        seen = path.stat()
        found: ModelT = _parsed(path, sha256, (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns), model)
    except OSError as error:
        raise SessionCorrupt(f"The result {path} cannot be read: {error.strerror}.", _CURE) from error
    return found


# Whether a stage is due depends on the results before it, so one command asks for the same few again and again.
@lru_cache(maxsize=32)
def _parsed(path: Path, sha256: str, _seen: tuple[int, ...], model: type[ModelT]) -> ModelT:
    """The file's model; `_seen` makes a file that was touched be read again. Models are frozen, so they are shared."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SessionCorrupt(f"The result {path} was changed after it was written.", _CURE)
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise SessionCorrupt(f"The result {path} does not fit this version of the program.", _CURE) from error


def prune(folder: Path, keep: Collection[str]) -> list[Path]:
    """Remove the results in `folder` that are not in `keep`: they quote documents that may be gone. Returns what went.

    Files that are no results are not touched.
    """
    gone = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            sha256, ending = os.path.splitext(entry.name)  # noqa: PTH122 - scandir gives strings
            if ending == ".json" and is_sha256(sha256) and sha256 not in keep:
                with suppress(FileNotFoundError):
                    Path(entry.path).unlink()
                    gone.append(Path(entry.path))
    return gone
