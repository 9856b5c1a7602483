"""Stage results are files named by the hash of their bytes, so the same result is the same file."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import SessionCorrupt
from pipeline.store.files import make_private_folder, write_atomic

ModelT = TypeVar("ModelT", bound=BaseModel)

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_sha256(sha256: str) -> str:
    """`sha256` when it is 64 lower-case hex digits; ValueError before anything else can become part of a path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
    return sha256


def canonical(model: BaseModel) -> bytes:
    """The one way a model is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        model.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def save(folder: Path, model: BaseModel) -> str:
    """Keep `model` in `folder`; returns the SHA-256 it is kept under. Keeping it again changes nothing."""
    data = canonical(model)
    sha256 = hashlib.sha256(data).hexdigest()
    target = folder / f"{sha256}.json"
    if not target.exists():
        make_private_folder(folder)
        write_atomic(target, data)
    return sha256


def load(folder: Path, sha256: str, model: type[ModelT]) -> ModelT:
    """The model kept under `sha256`; SessionCorrupt naming the file when it is gone or its bytes changed."""
    path = folder / f"{check_sha256(sha256)}.json"
    cure = "Run the stage again to make it anew."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SessionCorrupt(f"The result {path} cannot be read: {error.strerror}.", cure) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SessionCorrupt(f"The result {path} was changed after it was written.", cure)
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise SessionCorrupt(f"The result {path} does not fit this version of the program.", cure) from error
