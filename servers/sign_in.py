"""Who sits at a browser: a person's name and, where keys exist, the key they showed, signed by this home."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.filenames import printable
from pipeline.home.keys import KeyRecord, check_key, keys_exist, list_keys
from pipeline.models import Value
from pipeline.store.secret import secret_of

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

    from pipeline.home.workspace import Workspace

#: What signs; 0600, made once. Without it everybody has to sign in again.
SECRET = "sign-in.secret"  # noqa: S105 - the name of a file
#: The longest name of a person, in characters.
LONGEST_NAME = 100
#: How long somebody stays signed in: a working week, and the weekend after it.
LASTS = timedelta(days=7)


class SignedIn(Value):
    """A person at a browser."""

    #: How decisions and the audit log name them.
    name: str
    #: The key they showed; None where none is needed.
    key: KeyRecord | None = None

    @property
    def may_write(self) -> bool:
        """True when what they say may be recorded."""
        return self.key is None or "write" in self.key.scopes


class _Token(Value):
    name: str
    key_id: str | None
    until: datetime


def sign_in(
    ws: Workspace, name: str, secret: str = "", needs_key: bool = False, shown: KeyRecord | None = None
) -> str:
    """What a browser keeps so as to be known as `name`, for as long as LASTS says.

    `secret` is an API key, needed where any exists and with `needs_key`. UsageError for a name that cannot be, or a key
    that is not known.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or printable(name) != name:
        raise UsageError(f"A name of 1 to {LONGEST_NAME} characters is needed.", "Give the name you sign with.")
    key = shown or (check_key(ws, secret.strip()) if secret.strip() else None)
    if key is None and (secret.strip() or needs_key or keys_exist(ws)):
        raise UsageError("This key is not known, or was revoked.", "`registry-review keys create NAME` makes one.")
    token = _Token(name=name, key_id=key.key_id if key else None, until=ws.now() + LASTS)
    return str(_signer(ws).dumps(token.model_dump(mode="json")))


def signed_in(ws: Workspace, token: str, passing: Iterable[KeyRecord] = ()) -> SignedIn | None:
    """Who keeps that token: None once it is too old, or its key is revoked, or a key is needed since and it has none.

    Looks at the keys anew each time. `passing` are keys that count beside those of the home.
    """
    from itsdangerous import BadData  # start-up

    try:
        kept = _Token.model_validate(_signer(ws).loads(token))
    except (BadData, ValidationError):
        return None
    if ws.now() >= kept.until.astimezone(UTC):
        return None
    keys = [*list_keys(ws), *passing]
    key = next((one for one in keys if one.key_id == kept.key_id), None)
    if key is None and (keys or kept.key_id is not None):
        return None
    return SignedIn(name=kept.name, key=key)


def _signer(ws: Workspace) -> URLSafeSerializer:
    from itsdangerous import URLSafeSerializer  # start-up

    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret_of(ws.data / SECRET), salt="sign-in", signer_kwargs=how)
