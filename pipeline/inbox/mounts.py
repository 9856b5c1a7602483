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


def filesystem_of(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str | None:
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


def why_silent(path: Path) -> str | None:
    """Why no events can be expected for `path`, in words; None when they can."""
    kind = filesystem_of(path)
    if kind is None or not (kind in SILENT or kind.startswith("fuse.")):
        return None
    return f"{path} lies on a {kind} file system, which does not report changes made elsewhere"
