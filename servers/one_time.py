"""A link that signs in one browser, once: for a server that asks for keys on a machine where no key was made."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from pipeline.home.keys import KeyRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Whoever came by the link, as the key that they have is called.
NAME = "one-time link"


class OneTime:
    """One link of one run of a server; what it opened is shut when that run ends."""

    def __init__(self, ws: Workspace) -> None:
        self.token = secrets.token_urlsafe(24)
        #: What whoever came by the link may do: everything, for as long as this server runs.
        self.key = KeyRecord(
            key_id=f"once-{secrets.token_hex(8)}", name=NAME, scopes=("read", "write"), created_at=ws.now()
        )
        self._lock, self._used = threading.Lock(), False

    def fits(self, token: str) -> bool:
        """True for the link's token as long as nobody signed in by it."""
        return not self._used and hmac.compare_digest(token.encode(), self.token.encode())

    def use(self, token: str) -> bool:
        """True once: for whoever comes first."""
        with self._lock:
            fits = self.fits(token)
            self._used |= fits
            return fits
