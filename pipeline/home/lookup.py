"""What a person meant: a session by the start of its id, a requirement by its number, a document by id or name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from pipeline.errors import NotFound, SessionNotFound, UsageError
from pipeline.models import DocumentRecord, SessionRecord

if TYPE_CHECKING:
    from pipeline.store import SessionStore


class Row(Protocol):
    """A row as it was judged, or as the checklist asks for it."""

    @property
    def requirement_id(self) -> str: ...  # noqa: D102 - described by its class


RowT = TypeVar("RowT", bound=Row)


def session(text: str, ids: Sequence[str]) -> str:
    """The one id that `text` is or begins ("session-" may be left out); errors name the near ones."""
    if text in ids:
        return text
    wanted = text.strip().casefold()
    found = [i for i in ids if wanted and i.startswith((wanted, f"session-{wanted}"))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{text!r} begins {len(found)} sessions: {_some(found)}.", "Type more of the one you mean.")
    near = difflib.get_close_matches(wanted, ids, 3, 0.6) or list(ids[-3:])
    none = 'There are none yet: registry-review create "PROJECT NAME"'
    cure = f"Did you mean {_some(near, ' or ')}? See `list`." if near else none
    raise SessionNotFound(f"There is no session {text!r}.", cure)


def record(sessions: SessionStore, text: str) -> SessionRecord:
    """The session that `text` names; one named by its whole id costs no look at all the others."""
    with suppress(SessionNotFound):
        return sessions.read(text)
    return sessions.read(session(text, sessions.ids()))


def requirement(text: str, rows: Sequence[RowT]) -> RowT:
    """The row that `text` names: "REQ-007", "req-7", "007" and "7" are the same."""
    wanted = text.strip().casefold()
    for row in rows:
        if row.requirement_id.casefold() == wanted:
            return row
    number = re.fullmatch(r"\D*?0*(\d+)", wanted)
    for row in rows:
        own = re.search(r"(\d+)$", row.requirement_id)
        if number and own and int(own[1]) == int(number[1]):
            return row
    known = f"{rows[0].requirement_id} to {rows[-1].requirement_id}" if rows else "none"
    raise NotFound(f"There is no requirement {text!r} in this checklist.", f"It has {known}.")


def document(text: str, record: SessionRecord) -> DocumentRecord:
    """The document that `text` names by id, by the start of its id or hash, or by one of its names."""
    documents = list(record.documents.values())
    found = [d for d in documents if text in (d.document_id, d.sha256)]
    found = found or [d for d in documents if text == d.path or text in d.names]
    if not found and len(text) > 3:
        found = [d for d in documents if d.document_id.startswith(text) or d.sha256.startswith(text)]
    if len(found) == 1:
        return found[0]
    listed = [f"{d.document_id} ({d.filename})" for d in found or documents]
    if found:
        raise UsageError(f"{text!r} names {len(found)} documents: {_some(listed)}.", "Give the id of the one you mean.")
    near = difflib.get_close_matches(text, [n for d in documents for n in (*d.names, d.document_id)], 3, 0.5)
    listing = f"registry-review show {record.session_id} lists its documents."
    cure = f"Did you mean {_some(near, ' or ')}?" if near else listing
    raise NotFound(f"{record.session_id} has no document {text!r}.", cure)


def said(field: str, value: str) -> str:
    """What a person gave for `field`, without blanks around it; UsageError when that is nothing."""
    if not value.strip():
        raise UsageError(f"`{field}` may not be empty: it goes into the audit.", f"Say {field}.")
    return value.strip()


def one_of(what: str, value: str, kinds: Sequence[str]) -> None:
    """UsageError, naming them, unless `value` is one of `kinds`."""
    if value not in kinds:
        raise UsageError(f"{value!r} is no {what}.", f"Use one of {', '.join(kinds)}.")


def _some(words: Sequence[str], joint: str = ", ") -> str:
    return joint.join(words[:5]) + (" ..." if len(words) > 5 else "")
