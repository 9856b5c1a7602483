"""The token in an upload link: signed by this home, for one slot and one time, checked without looking anything up."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.errors import UploadExpired, UploadLinkRefused
from pipeline.store.secret import secret_of
from pipeline.uploads import keeping

if TYPE_CHECKING:
    from itsdangerous import Signer

    from pipeline.home.workspace import Workspace
    from pipeline.uploads.slot import UploadSlot

#: The key of all links of a home, in the folder of its slots: 0600, made once. Without it, links given out are void.
SECRET = "links.secret"  # noqa: S105 - the name of a file


def token_for(ws: Workspace, slot: UploadSlot) -> str:
    """The token that lets its holder upload to that slot, and to no other, until it expires."""
    until = int(slot.expires_at.timestamp())
    return _signer(ws).sign(f"{slot.upload_id}.{until}").decode().removeprefix(f"{slot.upload_id}.")


def slot_for(ws: Workspace, upload_id: str, token: str) -> UploadSlot:
    """The slot that a link leads to.

    UploadLinkRefused unless the token was made here for this slot, whether or not there is such a slot; UploadExpired
    and UploadNotFound only to whoever holds a genuine token. Compares in constant time.
    """
    from itsdangerous import BadSignature  # start-up

    try:
        signed = _signer(ws).unsign(f"{upload_id}.{token}").decode()
    except BadSignature as error:
        raise UploadLinkRefused("This upload link is not valid.", "Ask for a new one.") from error
    until = datetime.fromtimestamp(int(signed.rpartition(".")[2]), UTC)
    slot = keeping.read(ws, upload_id).shown(ws.now())
    if slot.status != "processed" and ws.now() >= until:
        raise expired()
    return slot


def expired() -> UploadExpired:
    """The error for a slot whose time is over."""
    return UploadExpired("This upload link has expired.", "Ask for a new one; files already sent must be sent again.")


def _signer(ws: Workspace) -> Signer:
    from itsdangerous import Signer  # start-up

    secret = secret_of(keeping.root_of(ws) / SECRET)
    return Signer(secret, salt="upload-link", key_derivation="hmac", digest_method=hashlib.sha256)
