"""The doctor's checks of the inbox: who hears of files there, whether it can be told who writes, what lies untaken."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from pipeline.filenames import printable
from pipeline.home import quarantine
from pipeline.home.health import crowded_quarantine
from pipeline.home.presence import watcher_is_running
from pipeline.intake.inbox.folders import left_alone
from pipeline.intake.inbox.scan import scan, shown
from pipeline.intake.mounts import POLL_SECONDS, filesystem_of, is_silent
from pipeline.upkeep.check_up import Patient, Result


def file_system(patient: Patient) -> Result:
    """Whether the file system reports changes."""
    kinds = {folder: filesystem_of(folder, patient.mountinfo) for folder in (patient.data, patient.inbox)}
    for folder, kind in kinds.items():
        if kind is None:
            return "not_run", "this system does not name its mounts", "None needed: a periodic scan finds every file."
        if is_silent(kind):
            if folder == patient.data:
                cure = "Put [home] data on a local disk; the inbox alone may stay on the share."
                return "warning", f"the data folder is on {kind}, where locks between machines are doubtful", cure
            pause = min(POLL_SECONDS, patient.settings.inbox.rescan_seconds)
            cure = f"None needed: the watcher looks through it every {pause:g} s instead of waiting for events."
            return "warning", f"the inbox is on {kind}, which reports no changes made elsewhere", cure
    return "ok", f"{' and '.join(sorted({str(kind) for kind in kinds.values()}))}: local", ""


def inotify(patient: Patient) -> Result:
    """Whether the kernel really reports a file that is put into the inbox."""
    slower = f"Files are still found every {patient.settings.inbox.rescan_seconds:g} s by scanning."
    if not patient.inbox.is_dir():
        return "not_run", f"there is no folder {patient.inbox} to watch", "Mend the failures above first."
    try:
        delivered = patient.inotify_delivers(patient.inbox)
    except OSError as error:
        cure = f"sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288. {slower}"
        return "warning", f"inotify cannot be used: {error.strerror or error}", cure
    if not delivered:
        return "warning", f"a file made in {patient.inbox} was not reported", f"{slower} Or use a local disk."
    return "ok", "a file made in the inbox was reported at once", ""


def open_files(patient: Patient) -> Result:
    """Whether it can be told that another program still writes a file."""
    patience = f"{patient.settings.inbox.patience_seconds:g} s"
    cure = (
        "Whoever drops files should write them under a hidden or temporary name and rename them. Text and tables are "
        f"taken only when they have stood still for {patience} ([inbox] patience_seconds)."
    )
    unknown = "whether a file is still being written cannot be told"
    kind = filesystem_of(patient.inbox, patient.mountinfo)
    if kind is not None and is_silent(kind):
        return "warning", f"{unknown}: the inbox is on {kind}, which other machines may write to", cure
    if not patient.leases_tell(patient.inbox):
        said = f"{unknown} for sure: the file system of the inbox ({kind or 'of unknown type'}) grants no leases"
        return "warning", f"{said}, and /proc shows this machine's (or container's) programs only", cure
    if not patient.may_ask_of_others() and (others := _belongs_to_others(patient.inbox)):
        return "warning", f"{unknown} where it belongs to another user, as {others} does", cure
    return "ok", "a file that is open for writing is known as such, and not taken", ""


def _belongs_to_others(inbox: Path) -> str | None:
    """The first file or folder of the inbox that another user owns, or a folder that another user may write to."""
    for folder, names, files in os.walk(inbox):
        for path in (Path(folder), *(Path(folder, name) for name in (*names, *files))):
            with suppress(OSError):
                seen = path.lstat()
                open_to_others = stat.S_ISDIR(seen.st_mode) and seen.st_mode & 0o022
                if seen.st_uid != os.geteuid() or open_to_others:
                    return printable(str(path))
    return None


def inotify_limits(patient: Patient) -> Result:
    """The kernel's limits on watched folders."""
    try:
        watches = int((patient.sysctl / "max_user_watches").read_text(encoding="ascii"))
        instances = int((patient.sysctl / "max_user_instances").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return "not_run", "this system names no inotify limits", "None needed."
    watched: list[str] = []
    with patient.open() as ws:
        for _ in scan(patient.inbox, ws.catalog.ids(), entering=watched.append):
            pass
    folders = len(watched)
    if folders * 2 > watches:
        cure = f"sudo sysctl fs.inotify.max_user_watches={max(524288, folders * 4)}"
        return "warning", f"the inbox has {folders} folders and a user may watch {watches}", cure
    if instances < 16:
        cure = "sudo sysctl fs.inotify.max_user_instances=512"
        return "warning", f"a user may open only {instances} inotify instances", cure
    return "ok", f"{folders} of {watches} watches needed", ""


def inbox_folders(patient: Patient) -> Result:
    """Folders of the inbox that belong to no session."""
    with patient.open() as ws:
        alone = [(entry.name, entry.reason) for entry in left_alone(ws)]
        unseen: dict[str, str] = {}
        for _ in scan(patient.inbox, ws.catalog.ids(), unseen.__setitem__):
            pass
    closed = [(shown(folder), why) for folder, why in unseen.items()]
    told = (("cannot be looked through", closed), ("left alone", alone))
    said = [f"{what}: {', '.join(name for name, _ in places)}" for what, places in told if places]
    if said:
        return "warning", "; ".join(said), "; ".join(f"{name}: {why}" for name, why in (*closed, *alone))
    return "ok", "every folder belongs to a session and can be looked into", ""


def refused_files(patient: Patient) -> Result:
    """How much was refused and lies there."""
    with patient.open() as ws:
        found, crowded = quarantine.kept(ws), crowded_quarantine(ws)
    if crowded:
        return "warning", crowded, "Nothing there is needed for a review; the program never removes it by itself."
    return "ok", f"{found} set aside" if found.files else "no refused file is set aside", ""


def watcher(patient: Patient) -> Result:
    """Whether a watcher is at work."""
    if watcher_is_running(patient.data):
        return "ok", "a watcher is at work", ""
    return "ok", "no watcher is running: files in the inbox wait until `registry-review watch` is started", ""
