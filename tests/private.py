"""What others on the machine may look into of a home, which is nothing."""

from __future__ import annotations

import stat
from pathlib import Path

from pipeline.store.walk import below


def open_to_others(home: Path) -> list[str]:
    """Everything the program made in a home that is not for its owner alone: folders 0700, files 0600 or 0400.

    What a person dropped into the inbox and the folders she made for it are hers; all else is the program's.
    """
    inbox, found = home / "inbox", []
    made = [Path(entry.path) for entry in (*below(home / "data"), *below(inbox / ".quarantine"))]
    drops = [path for path in inbox.glob("session-*") if path.is_dir()]
    for path in (home / "data", inbox, inbox / ".quarantine", *drops, *made):
        if path.is_symlink() or not path.exists() or path.is_fifo():
            continue
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) not in ({0o700} if stat.S_ISDIR(mode) else {0o600, 0o400}):
            found.append(f"{path.relative_to(home)} {stat.S_IMODE(mode):04o}")
    return sorted(found)
