"""A request that is sent again gets the answer it got before: answers are kept for a day under the sender's own key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.errors import KeyReused, SessionNotFound, TryAgain, UsageError
from pipeline.models import SCHEMA_VERSION, Value
from pipeline.stages.initialize import CreatedSession, create_session
from pipeline.store.files import kernel_lock, make_private_folder, sweep_leftovers, write_atomic

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: The longest key, in characters, and the largest answer that is kept, in bytes of JSON: a batch of the most files one
#: session may hold has about a third of that.
LONGEST_KEY, LARGEST_ANSWER = 255, 8_000_000
#: Seconds that a second request with the same key waits for the first one's answer.
WAIT_SECONDS = 30.0
#: Locks are shared by keys whose hashes begin alike, so that their number is bounded and none is ever removed: a lock
#: that is removed while somebody waits for it guards nothing.
_LOCK_DIGITS = 3


class Once(Value):
    """What a request got."""

    #: JSON: what `make` gave, now or the first time.
    value: Any
    #: True when it was made by an earlier request.
    replayed: bool


class _Kept(Value):
    schema_version: int = SCHEMA_VERSION
    request: str
    at: datetime
    value: Any


def once(ws: Workspace, key: str, request_digest: str, make: Callable[[], Any], caller: str = "") -> Once:
    """The JSON value of `make()`, which is called only if this key has no answer yet.

    `request_digest` stands for everything that was asked; the same key with another one raises KeyReused. Keys of one
    `caller` mean nothing to another. Of several at once one runs and the others wait, with TryAgain after a while. When
    `make` raises, nothing is kept. Answers outlast a restart. What a killed process did without having answered, the
    next request does again: harmless for adding, where the same bytes are known; to make a session see
    `create_session_once`.
    """
    return _once(ws, key, request_digest, lambda _place: make(), caller)


def create_session_once(ws: Workspace, key: str, request_digest: str, caller: str = "", **said: Any) -> Once:
    """As `once` with create_session(**said), and with one session also when a process was killed on the way."""

    def make(place: Path) -> Any:
        note = place.with_suffix(".making")
        begun = _read(note)
        if begun is not None and ws.now() - begun.at < KEPT:
            # Noted before the session came to be, and an id is given once: if it is there, it is that request's.
            with suppress(SessionNotFound):
                record = ws.sessions.read(begun.value)
                if begun.request != request_digest:
                    raise _reused()
                return CreatedSession(
                    session_id=record.session_id,
                    project_name=record.project_metadata.project_name,
                    methodology=record.project_metadata.methodology,
                    created_at=record.created_at,
                ).model_dump(mode="json")

        def before(session_id: str) -> None:
            _write(note, _Kept(request=request_digest, at=ws.now(), value=session_id))

        return create_session(ws, **said, before=before).model_dump(mode="json")

    return _once(ws, key, request_digest, make, caller)


def _once(ws: Workspace, key: str, request_digest: str, make: Callable[[Path], Any], caller: str) -> Once:
    if not 1 <= len(key) <= LONGEST_KEY or not all("!" <= c <= "~" for c in key):
        raise UsageError(
            f"An Idempotency-Key is 1 to {LONGEST_KEY} visible ASCII characters.", "Send a random one, such as a UUID."
        )
    name = hashlib.sha256(json.dumps([caller, key]).encode()).hexdigest()
    root = make_private_folder(ws.data / "idempotency")
    place = root / f"{name}.json"
    busy = "A request with the same Idempotency-Key is being carried out."
    with kernel_lock(_lock_of(root, name), WAIT_SECONDS, busy):
        kept = _read(place)
        if kept is not None and ws.now() - kept.at < KEPT:
            if kept.request != request_digest:
                raise _reused()
            return Once(value=kept.value, replayed=True)
        value = make(place)
        _write(place, _Kept(request=request_digest, at=ws.now(), value=value))
        place.with_suffix(".making").unlink(missing_ok=True)
    return Once(value=value, replayed=False)


def sweep_answers(ws: Workspace) -> int:
    """Remove answers that are no longer kept; returns how many. Called from time to time by whoever serves."""
    root, now, gone = ws.data / "idempotency", ws.now(), 0
    sweep_leftovers(root, now.timestamp())
    with suppress(FileNotFoundError), os.scandir(root) as entries:
        for entry in entries:
            # In use, or gone already: the next time.
            with suppress(FileNotFoundError, TryAgain):
                if entry.name.endswith((".json", ".making")) and _is_over(Path(entry.path), now):
                    with kernel_lock(_lock_of(root, entry.name), 0, "in use"):
                        if _is_over(Path(entry.path), now):  # nobody has given a new answer meanwhile
                            Path(entry.path).unlink()
                            gone += 1
    return gone


def _lock_of(root: Path, name: str) -> Path:
    return root / f"{name[:_LOCK_DIGITS]}.lock"


def _reused() -> KeyReused:
    return KeyReused("This Idempotency-Key came with another request before.", "Send a new key with a new request.")


def _write(place: Path, kept: _Kept) -> None:
    """Keep an answer; one that is too large is not kept, since adding the same files again is harmless."""
    data = kept.model_dump_json().encode()
    if len(data) <= LARGEST_ANSWER:
        write_atomic(place, data)
        # The file's time tells its age, so that sweeping need not open thousands.
        os.utime(place, (kept.at.timestamp(), kept.at.timestamp()))


def _is_over(place: Path, now: datetime) -> bool:
    return now.timestamp() - place.stat().st_mtime >= KEPT.total_seconds()


def _read(place: Path) -> _Kept | None:
    try:
        return _Kept.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return None
