"""Is this machine fit for the work? Each check is declared once, looks for itself, and says the cure."""

from __future__ import annotations

import importlib.metadata
import logging
import os
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline import checklists
from pipeline.errors import ReviewError, SessionCorrupt
from pipeline.filenames import printable
from pipeline.home import probes
from pipeline.home.presence import workers_running
from pipeline.home.probes import without_password
from pipeline.store.files import is_disk_full
from pipeline.store.walk import below, is_folder
from pipeline.upkeep import watching
from pipeline.upkeep.check_up import Check, CheckUp, Patient, Result

log = logging.getLogger("registry_review.doctor")

#: This program did not exist before; a clock that says so is wrong.
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
#: Seconds by which the file system's clock may differ from ours before settling and ages become doubtful.
CLOCK_TOLERANCE = 5.0
#: Staged pieces younger than this may belong to a copy that is going on right now.
STAGING_AGE = timedelta(hours=1)


def examine(patient: Patient, without: Collection[str] = ()) -> tuple[CheckUp, ...]:
    """Every check's finding, in the order of CHECKS; one that cannot be carried out is `not_run` with the reason.

    The checks whose ids are in `without` are left out.
    """
    return tuple(_carry_out(check, patient) for check in CHECKS if check.check_id not in without)


def _carry_out(check: Check, patient: Patient) -> CheckUp:
    try:
        outcome, message, cure = check.ask(patient)
    except ReviewError as error:
        outcome, message, cure = "not_run", error.message, error.cure
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        outcome, message, cure = "not_run", f"could not look: {what}", "Mend the failures above first."
    except Exception as error:  # one question that cannot be answered must not cost the answers to all others
        log.exception("the check %s failed", check.check_id)
        what = f"could not look, because of a defect in this program ({type(error).__name__}: {error})"
        outcome, message, cure = "not_run", what, "Nothing was changed. Tell the makers; the log says more."
    return CheckUp(check_id=check.check_id, title=check.title, outcome=outcome, message=message, cure=cure)


# --- the checks -------------------------------------------------------------------------------------------------------


def _folders(patient: Patient) -> Result:
    open_to_others = []
    for folder in (patient.inbox, patient.data):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            probes.clock_difference(folder)  # a real file, written and removed: rights alone can mislead
        except OSError as error:
            cure = "Make room on that disk." if is_disk_full(error) else _cure_for_rights(folder)
            return "fail", f"{folder} cannot be written: {error.strerror or error}", cure
        if folder.stat().st_mode & 0o077:
            open_to_others.append(str(folder))
    if open_to_others:
        which = " and ".join(open_to_others)
        return "warning", f"other users of this machine can look into {which}", f"chmod 700 {' '.join(open_to_others)}"
    return "ok", f"inbox {patient.inbox}, data {patient.data}", ""


def _cure_for_rights(folder: Path) -> str:
    return f"Give this user the right to write there (sudo chown -R $USER {folder}), or choose another with --home DIR."


def _broker(patient: Patient) -> Result:
    broker = patient.settings.queue.broker
    if broker == "embedded":
        return "ok", "embedded: no server needed", ""
    cure = 'Start the server, or set [queue] broker = "embedded".'
    shown = without_password(broker)
    try:
        if patient.broker_answers(broker):
            return "ok", f"{shown} answers", ""
    except OSError as error:
        return "fail", f"{shown} does not answer: {error}", cure
    return "fail", f"{shown} is there but does not speak the Redis protocol", cure


def _disk(patient: Patient) -> Result:
    least = patient.settings.inbox.min_free_mb
    for folder in (patient.data, patient.inbox):
        stat = os.statvfs(folder)
        free = stat.f_bavail * stat.f_frsize // (1024 * 1024)
        if free < least:
            cure = "Free some space, or lower [inbox] min_free_mb."
            return "fail", f"{free} MB free at {folder}; nothing is taken below {least} MB", cure
        if stat.f_files and stat.f_favail < 1000:
            return "fail", f"only {stat.f_favail} more files can be made at {folder}", "Free inodes on that disk."
    stat = os.statvfs(patient.data)
    return "ok", f"{stat.f_bavail * stat.f_frsize // (1024 * 1024)} MB free", ""


def _clock(patient: Patient) -> Result:
    now = patient.now()
    if now < EARLIEST:
        return "fail", f"the clock says {now:%Y-%m-%d %H:%M} UTC", "Set the clock: sudo timedatectl set-ntp true"
    off = patient.clock_difference(patient.data)
    if abs(off) > CLOCK_TOLERANCE:
        side = "ahead of" if off > 0 else "behind"
        cure = "Synchronise both machines' clocks (timedatectl set-ntp true)."
        return "warning", f"the file system's clock is {abs(off):.0f} s {side} this machine's", cure
    with patient.open() as ws:
        for session_id in ws.sessions.ids():
            try:
                changed = ws.sessions.read(session_id).updated_at
            except ReviewError:
                continue  # the check for damaged sessions names it
            if changed > now + timedelta(minutes=5):
                cure = "Set the clock: sudo timedatectl set-ntp true"
                return "warning", f"{session_id} was changed in the future ({changed:%Y-%m-%d %H:%M} UTC)", cure
    return "ok", f"{now:%Y-%m-%d %H:%M} UTC", ""


def _memory(patient: Patient) -> Result:
    free = probes.memory_available_mb(patient.meminfo, patient.cgroup)
    if free is None:
        return "not_run", "this system does not say how much memory is free", "None needed."
    reading = patient.settings.reading
    # A usual submission needs far less than the limit; the limit is there for the one hostile document.
    if free < 512:
        return "fail", f"{free} MB of memory available", "Close other programs; 512 MB is the least."
    if free < reading.memory_mb:
        cure = f"Set [reading] processes = 1 and memory_mb = {max(256, free // 2)}."
        return "warning", f"{free} MB available, and one document may take up to {reading.memory_mb} MB", cure
    return "ok", f"{free} MB available", ""


def _readers(_patient: Patient) -> Result:
    found, absent = [], []
    for name in ("pypdfium2", "pdfplumber", "openpyxl"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    if absent:
        return "fail", f"not installed: {', '.join(absent)}", f"pip install {' '.join(absent)}"
    return "ok", ", ".join(found), ""


def _checklists(patient: Patient) -> Result:
    folder = patient.settings.checklist.folder
    try:
        names = checklists.available(folder)
        for name in names:
            checklists.load(name, folder)
    except ReviewError as error:
        return "fail", error.message, error.cure or "Mend the file, or take it out of [checklist] folder."
    return "ok", ", ".join(names), ""


def _staging(patient: Patient) -> Result:
    with patient.open() as ws:
        before = patient.now() - STAGING_AGE
        old = [
            seen
            for entry in below(ws.staging)
            if (seen := _file(entry)) and datetime.fromtimestamp(seen.st_mtime, UTC) < before
        ]
        if old:
            size = sum(seen.st_size for seen in old) // (1024 * 1024)
            cure = f"Originals are never only here. Look at {ws.staging}, then delete what is older than an hour."
            return "warning", f"{len(old)} pieces of broken-off copies, {size} MB", cure
    return "ok", "nothing left behind", ""


def _file(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What the system says of a file; None for a folder, and for what has gone meanwhile."""
    with suppress(OSError):
        return None if is_folder(entry) else entry.stat(follow_symlinks=False)
    return None


def _sessions(patient: Patient) -> Result:
    with patient.open() as ws:
        ids = ws.sessions.ids()
        damaged, cures = [], []
        for session_id in ids:
            try:
                ws.sessions.read(session_id)
                ws.sessions.verify_audit(session_id)
            except SessionCorrupt as error:
                damaged.append(error.message)
                cures.append(error.cure)
            except ReviewError as error:
                damaged.append(f"{session_id}: {error.message}")
        if damaged:
            return "fail", " ".join(damaged), " ".join(dict.fromkeys(cures))
    return "ok", f"{len(ids)} readable, with unbroken logs", ""


def _documents(patient: Patient) -> Result:
    with patient.open() as ws:
        held: dict[str, str] = {}
        for session_id in ws.sessions.ids():
            with suppress(ReviewError):  # the check before names a damaged session
                for document in ws.sessions.read(session_id).documents.values():
                    held.setdefault(document.sha256, f"{printable(document.filename)} of {session_id}")
        lost = [name for sha256, name in held.items() if not ws.intact(sha256)]
        if lost:
            cure = "Add the same files again, or put back your backup of the data folder."
            return "fail", f"gone or changed in the data folder: {', '.join(lost)}", cure
    return "ok", f"{len(held)} stored, each as it was filed", ""


def _workers(patient: Patient) -> Result:
    if patient.settings.queue.broker == "embedded":
        return "ok", "embedded: whoever is asked does the work", ""
    running = workers_running(patient.data)
    if not running:
        return "warning", "no worker is running: what is asked for waits", "Start `registry-review worker`."
    return "ok", f"{running} worker {'process' if running == 1 else 'processes'} at work", ""


#: In this order, so that the first failure is the one to mend first.
CHECKS: tuple[Check, ...] = (
    Check("folders", "Folders", _folders),
    Check("file_system", "File system", watching.file_system),
    Check("inotify", "Change reports", watching.inotify),
    Check("open_files", "Open files", watching.open_files),
    Check("inotify_limits", "Watch limits", watching.inotify_limits),
    Check("broker", "Broker", _broker),
    Check("disk", "Free disk", _disk),
    Check("clock", "Clock", _clock),
    Check("memory", "Memory", _memory),
    Check("readers", "Readers", _readers),
    Check("checklists", "Checklists", _checklists),
    Check("staging", "Staging", _staging),
    Check("sessions", "Sessions", _sessions),
    Check("documents", "Documents", _documents),
    Check("inbox_folders", "Inbox folders", watching.inbox_folders),
    Check("quarantine", "Quarantine", watching.refused_files),
    Check("workers", "Workers", _workers),
    Check("watcher", "Watcher", watching.watcher),
)
