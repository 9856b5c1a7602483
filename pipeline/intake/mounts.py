"""Which file systems tell of changes; on the others nobody is told anything and only looking again helps."""

from __future__ import annotations

import os
import re
from pathlib import Path

#: Kernel file systems whose changes from elsewhere reach no inotify watch.
SILENT = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "drvfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"ocfs2", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)
#: Seconds between two looks at an inbox from which no events come.
POLL_SECONDS = 2.0
#: The kernel's table of mounts.
MOUNTINFO = Path("/proc/self/mountinfo")


def is_silent(kind: str) -> bool:
    """True for a type of file system that reports no changes made elsewhere: network shares, shared folders, FUSE."""
    return kind in SILENT or kind == "fuse" or kind.startswith("fuse.")


def filesystem_of(path: Path, mountinfo: Path = MOUNTINFO) -> str | None:
    """The type of the file system that `path` lies on (the deepest mount point wins); None when it cannot be told."""
    try:
        lines = mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    target = os.path.realpath(path)
    best, found = -1, None
    for line in lines:
        fields, _, rest = line.partition(" - ")
        columns = fields.split(" ")
        if len(columns) < 5 or not rest:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), columns[4])
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        # The later of two mounts on one point hides the earlier.
        if inside and len(point) >= best:
            best, found = len(point), rest.split(" ")[0]
    return found


def why_silent(path: Path, mountinfo: Path = MOUNTINFO) -> str | None:
    """Why no events can be expected for `path`, in words; None when they can."""
    kind = filesystem_of(path, mountinfo)
    if kind is None or not is_silent(kind):
        return None
    return f"{path} lies on a {kind} file system, which does not report changes made elsewhere"
