"""Keys for programs that call from elsewhere: made once, shown once, stored as hashes, compared in constant time.

A secret is 256 bits of chance, so one round of SHA-256 keeps it: there is nothing to guess that a slow hash would slow
down, and every call is checked. Slow hashes are for what people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import ValidationError

from pipeline.errors import ReviewError, UsageError
from pipeline.filenames import printable
from pipeline.models import SCHEMA_VERSION, Value
from pipeline.store.files import kernel_lock, write_atomic

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: What a key may do, the least first; each includes those before it.
Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: Begins every secret, so that people and programs that look for leaked secrets know what it is.
PREFIX = "rr_"
#: The longest name of a key, in characters.
LONGEST_NAME = 100
_SECRET_BYTES = 32
_LOCK_SECONDS = 30.0


class KeyRecord(Value):
    """A key as it is listed; nothing in it lets anybody in."""

    key_id: str
    name: str
    #: Everything it may do.
    scopes: tuple[Scope, ...]
    created_at: datetime


class _StoredKey(KeyRecord):
    sha256: str


class _Keys(Value):
    schema_version: int = SCHEMA_VERSION
    keys: tuple[_StoredKey, ...] = ()


def create_key(ws: Workspace, name: str, scopes: Iterable[str] = ("read",)) -> tuple[KeyRecord, str]:
    """A new key and its secret, which is stored nowhere and cannot be shown again.

    `name` is how the audit log calls whoever uses it; no two keys have the same. UsageError for a name or a scope that
    cannot be.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or printable(name) != name:
        raise UsageError(f"A key needs a name of 1 to {LONGEST_NAME} characters.", "Name who or what will use it.")
    asked = set(scopes)
    if not asked or asked - set(SCOPES):
        raise UsageError(
            f"There is no scope {', '.join(sorted(asked - set(SCOPES))) or '(none)'}.", "Use read or write."
        )
    secret = f"{PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"
    highest = max(SCOPES.index(scope) for scope in SCOPES if scope in asked)
    stored = _StoredKey(
        key_id=f"key-{secrets.token_hex(4)}",
        name=name,
        scopes=SCOPES[: highest + 1],
        created_at=ws.now(),
        sha256=_digest(secret),
    )

    def add(keys: tuple[_StoredKey, ...]) -> tuple[_StoredKey, ...]:
        if any(key.name.casefold() == name.casefold() for key in keys):
            raise UsageError(f"There is a key named {name} already.", "Revoke it first, or choose another name.")
        return (*keys, stored)

    _change(ws, add)
    return _listed(stored), secret


def check_key(ws: Workspace, secret: str) -> KeyRecord | None:
    """The key with that secret, None when there is none or it was revoked.

    ReviewError, and nobody gets in, when the keys cannot be read.
    """
    digest, found = _digest(secret), None
    for key in _read(_place(ws)).keys:  # all of them, however early one fits
        if hmac.compare_digest(key.sha256, digest):
            found = key
    return _listed(found) if found else None


def list_keys(ws: Workspace) -> tuple[KeyRecord, ...]:
    """Every key, oldest first."""
    return tuple(_listed(key) for key in _read(_place(ws)).keys)


def keys_exist(ws: Workspace) -> bool:
    """True when there is any key; ReviewError when that cannot be known."""
    return bool(_read(_place(ws)).keys)


def revoke_key(ws: Workspace, key: str) -> KeyRecord:
    """Take a key away by its name or id: it lets nobody in from this moment on. UsageError without such a key."""
    gone: list[_StoredKey] = []

    def drop(keys: tuple[_StoredKey, ...]) -> tuple[_StoredKey, ...]:
        gone.extend(one for one in keys if key.strip() in (one.name, one.key_id))
        if not gone:
            raise UsageError(f"There is no key {printable(key)}.", "See `keys list`.")
        return tuple(one for one in keys if one not in gone)

    _change(ws, drop)
    return _listed(gone[0])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _listed(key: _StoredKey) -> KeyRecord:
    return KeyRecord(**key.model_dump(exclude={"sha256"}))


def _place(ws: Workspace) -> Path:
    return ws.data / "keys.json"


def _read(place: Path) -> _Keys:
    try:
        return _Keys.model_validate_json(place.read_bytes())
    except FileNotFoundError:
        return _Keys()
    except (OSError, ValidationError) as error:
        what = str(error).splitlines()[0]
        raise ReviewError(
            f"The keys in {place} cannot be read ({what}), so no key is accepted.",
            "Restore the file from a backup, or remove it and make new keys.",
        ) from error


def _change(ws: Workspace, how: Callable[[tuple[_StoredKey, ...]], tuple[_StoredKey, ...]]) -> None:
    place = _place(ws)
    with kernel_lock(place.with_name("keys.json.lock"), _LOCK_SECONDS, "The keys are being changed."):
        write_atomic(place, _Keys(keys=how(_read(place).keys)).model_dump_json(indent=1).encode() + b"\n")
