"""What a home signs with: a key made once by chance, kept for its owner alone, shown to nobody."""

from __future__ import annotations

import secrets
from pathlib import Path

from pipeline.store.files import kernel_lock, make_private_folder, write_atomic

_SECRET_BYTES = 32
_LOCK_SECONDS = 30.0


def secret_of(place: Path) -> bytes:
    """The key that is kept at `place` (0600), made when it is first asked for. Without it, all it signed is void."""
    if not place.exists():
        make_private_folder(place.parent)
        # Two processes that start at once must not each make one.
        with kernel_lock(place.with_name(f"{place.name}.lock"), _LOCK_SECONDS, f"{place.name} is being made."):
            if not place.exists():
                write_atomic(place, secrets.token_bytes(_SECRET_BYTES))
    return place.read_bytes()
