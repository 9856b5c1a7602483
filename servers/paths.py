"""Which folders of this machine may be added over the network: only what the settings name, however it is spelt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.filenames import printable
from servers.problems import Refused

HINT = "Upload the files instead, or name the folder in [server] path_roots."


def allowed_path(given: str, roots: Sequence[Path]) -> str:
    """The path with every link on the way followed; Refused (403) unless that lies below one of `roots`.

    The same is said of what does not exist, so that nobody learns what the machine holds.
    """
    refused = Refused(403, "path", f"{printable(given[:200])} may not be added over the network.", HINT)
    try:
        place = Path(given)
        resolved = place.resolve(strict=True)
        if not place.is_absolute() or not any(resolved.is_relative_to(root.resolve()) for root in roots):
            raise refused
    except (OSError, ValueError, RuntimeError) as error:
        raise refused from error
    return str(resolved)
