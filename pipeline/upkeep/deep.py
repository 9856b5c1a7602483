"""Everything in a home looked at: every hash, every chain, every reference, and what of it can be mended safely."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError, SessionCorrupt, SessionNotFound
from pipeline.filenames import printable
from pipeline.home.quarantine import REASON_ENDING
from pipeline.intake import kept_archives
from pipeline.models import Reading, Report, SessionRecord, Value
from pipeline.reporting.as_json import render_json
from pipeline.stages.generate_report import FORMATS, latest_paths, report_paths
from pipeline.store.files import LEFTOVER_SECONDS
from pipeline.store.results import is_sha256
from pipeline.store.walk import below
from pipeline.upkeep import leftovers
from pipeline.upkeep.check_up import CheckUp, Patient
from pipeline.upkeep.collecting import referred_to
from pipeline.upkeep.doctor import examine
from pipeline.upkeep.kept import files_under, home_wide

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: So many troubles of one kind are told in words; JSON has them all.
TOLD = 5
ADD_AGAIN = "Add the same file again, or put back a backup: registry-review restore."
RESTORE = "Put back a backup: registry-review restore."


#: Told the title of each check as it begins.
Tell = Callable[[str], None]
#: What is looked at here more closely than by the usual checks, which are then left out.
INSTEAD = frozenset({"sessions", "documents", "staging"})


def _untold(_title: str) -> None:
    pass


class Trouble(Value):
    """One thing that is not as it should be."""

    what: str
    cure: str
    #: Something was lost or changed that cannot be made again by itself.
    grave: bool = False
    #: What `--mend` does about it; empty when only a person can do something.
    mend: str = ""
    mended: bool = False


class DeepFinding(CheckUp):
    """What one deep check found."""

    troubles: tuple[Trouble, ...] = ()


@dataclass
class _Found:
    """A trouble with what mends it."""

    what: str
    cure: str
    grave: bool = False
    mend: str = ""
    act: Callable[[], object] = field(default=lambda: None)


@dataclass(frozen=True)
class DeepCheck:
    """One question to the home."""

    check_id: str
    title: str
    #: Said when nothing is wrong.
    well: str
    ask: Callable[[Workspace], Iterator[_Found]]


def look_deep(patient: Patient, *, mend: bool = False, tell: Tell = _untold) -> tuple[CheckUp, ...]:
    """The usual checks of the machine, then every deep one of its home."""
    usual = examine(patient, without=INSTEAD)
    try:
        with patient.open() as ws:
            return (*usual, *examine_deep(ws, mend=mend, tell=tell))
    except ReviewError as error:
        what, cure = error.message, error.cure
        return (*usual, DeepFinding(check_id="deep", title="Home", outcome="not_run", message=what, cure=cure))


def examine_deep(ws: Workspace, *, mend: bool = False, tell: Tell = _untold) -> tuple[DeepFinding, ...]:
    """Every deep check's finding, in the order of DEEP; with `mend`, what can be done safely is done.

    Safe is: what is derived goes and is made again, what is damaged is set aside, leftovers go, rights of others are
    taken. No session, no audit and no document's only copy is ever written or removed. Each check takes the locks it
    needs, so it may run beside a watcher. `tell` is called with the title of each check as it begins.
    """
    found = []
    for check in DEEP:
        tell(f"looking at {check.title.lower()}")
        found.append(_carry_out(ws, check, mend))
    return tuple(found)


def _carry_out(ws: Workspace, check: DeepCheck, mend: bool) -> DeepFinding:
    troubles: list[Trouble] = []
    try:
        for one in check.ask(ws):
            mended = mend and bool(one.mend) and _mended(one)
            told = {"what": one.what, "cure": one.cure, "grave": one.grave, "mend": one.mend}
            troubles.append(Trouble(**told, mended=mended))
    except (ReviewError, OSError) as error:
        cure = getattr(error, "cure", "") or "Mend the failures above first."
        what = f"could not look further: {error}"
        seen = tuple(troubles)
        named = {"check_id": check.check_id, "title": check.title}
        return DeepFinding(**named, outcome="not_run", message=what, cure=cure, troubles=seen)
    open_ = [one for one in troubles if one.grave or not one.mended]
    message = _told(troubles) if troubles else check.well
    return DeepFinding(
        check_id=check.check_id,
        title=check.title,
        outcome="fail" if any(one.grave for one in open_) else "warning" if open_ else "ok",
        message=message,
        cure=" ".join(dict.fromkeys(_cure(one) for one in open_)),
        troubles=tuple(troubles),
    )


def _mended(one: _Found) -> bool:
    try:
        one.act()
    except (ReviewError, OSError):
        return False  # something is at work there just now; the finding says what would be done
    return True


def _told(troubles: list[Trouble]) -> str:
    more = len(troubles) - TOLD
    told = " ".join(f"{one.what}{f' Mended: {one.mend}.' if one.mended else ''}" for one in troubles[:TOLD])
    return f"{told} And {more} more." if more > 0 else told


def _cure(one: Trouble) -> str:
    if one.mend and not one.mended:
        return f"{one.cure} --mend: {one.mend}.".strip()
    return one.cure


# --- the checks -------------------------------------------------------------------------------------------------------


def _records(ws: Workspace) -> Iterator[SessionRecord]:
    """Every session that can be read; the check of sessions names the others."""
    for session_id in ws.sessions.ids():
        with suppress(SessionNotFound, SessionCorrupt):
            yield ws.sessions.read(session_id)


def _sessions(ws: Workspace) -> Iterator[_Found]:
    for session_id in ws.sessions.ids():
        try:
            record = ws.sessions.read(session_id)
            ws.sessions.verify_audit(session_id)
        except SessionNotFound:
            continue
        except SessionCorrupt as error:
            yield _Found(error.message, error.cure, grave=True)
            continue
        for document in record.documents.values():
            newer = document.superseded_by
            if document.source_id not in record.sources or (newer and newer not in record.documents):
                what = f"{printable(document.filename)} of {session_id} names a source or a version that is not there."
                yield _Found(what, RESTORE, grave=True)


def _contents(ws: Workspace) -> Iterator[_Found]:
    held: dict[str, str] = {}
    for record in _records(ws):
        for document in record.documents.values():
            held.setdefault(document.sha256, f"{printable(document.filename)} of {record.session_id}")
    for sha256, name in held.items():
        if not ws.content.has(sha256):
            yield _Found(f"{name} is gone from the data folder.", ADD_AGAIN, grave=True)
    for path in ws.content.places():
        sha256 = path.name
        if is_sha256(sha256) and path.parent.name == sha256[:2]:
            if not ws.content.intact(sha256) and path.exists():
                what = f"{held.get(sha256, f'A content of no session ({sha256[:12]})')} was changed in the data folder."
                act = partial(ws.intact, sha256)
                yield _Found(what, ADD_AGAIN, sha256 in held, "set aside, so that the file can be added again", act)
        elif path.suffix != ".damaged":
            yield _Found(f"{path} is not named by a hash.", "Look at it, then move it out of the data folder.")


def _orphans(ws: Workspace) -> Iterator[_Found]:
    before = ws.now().timestamp() - LEFTOVER_SECONDS
    with ws.content.lock():
        filed = ws.content.filed_before(before)
        held, damaged = referred_to(ws)
    if filed - held and not damaged:
        yield _Found(f"{len(filed - held)} contents belong to no session.", "registry-review gc")


def _archives(ws: Workspace) -> Iterator[_Found]:
    for record in _records(ws):
        for archive in record.archives.values():
            if archive.kept and not kept_archives.is_intact(ws, record.session_id, archive):
                what = f"The archive {printable(archive.filename)} of {record.session_id} is gone or was changed."
                cure = "Its documents are kept apart from it; add the archive again to have it whole."
                place = kept_archives.place_of(ws, record.session_id, archive.sha256)
                mend = "set aside, so that it can be added again" if place.exists() else ""
                yield _Found(what, cure, True, mend, partial(_set_archive_aside, place))


def _set_archive_aside(place: Path) -> None:
    # Beside the folder, since what lies in it and is no archive of the session is tidied away.
    with suppress(FileNotFoundError):
        place.replace(place.parent.with_name(f"archive-{place.name}.damaged"))


def _results(ws: Workspace) -> Iterator[_Found]:
    for record in _records(ws):
        for key, stage in record.stages.items():
            path = ws.sessions.folder(record.session_id) / "results" / f"{stage.result}.json"
            if stage.result and _hash_of(path) != stage.result:
                what = f"The result of {key} of {record.session_id} is {'changed' if path.exists() else 'gone'}."
                cure = f"registry-review run {record.session_id} makes it again."
                mend = "thrown away" if path.exists() else ""
                yield _Found(what, cure, False, mend, partial(path.unlink, missing_ok=True))


def _reports(ws: Workspace) -> Iterator[_Found]:
    for record in _records(ws):
        stage = record.stages.get("report_generation")
        if stage is None or stage.result is None:
            continue
        try:
            report = ws.sessions.load_result(record.session_id, stage.result, Report)
        except ReviewError:
            continue  # the check of results names it
        paths = latest_paths(ws, record.session_id)
        whole = set(FORMATS) <= paths.keys()
        if not whole or not _says(paths["json"], report):
            what = f"The newest report of {record.session_id} is {'not the one last made' if whole else 'incomplete'}."
            act = partial(report_paths, ws, record)
            yield _Found(what, "", False, "written again, as a version of its own if it differs", act)


def _says(path: Path, report: Report) -> bool:
    """True when the file holds that report byte for byte, or, where reports gained fields since, value for value."""
    data = path.read_bytes()
    if data == render_json(report).encode("utf-8"):
        return True
    try:
        kept = Report.model_validate_json(data)
    except ValueError:
        return False
    return kept == report and kept.model_fields_set != set(Report.model_fields)


def _readings(ws: Workspace) -> Iterator[_Found]:
    for path in sorted((ws.data / "readings").glob("*.json")):
        try:
            whole = Reading.model_validate_json(path.read_bytes()).sha256 == path.name.partition(".")[0]
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            whole = False
        if not whole:
            act = partial(path.unlink, missing_ok=True)
            what = f"The reading {path.name[:12]} cannot be used."
            yield _Found(what, "It is made again when it is needed.", False, "thrown away", act)


def _catalog(ws: Workspace) -> Iterator[_Found]:
    wrong = ws.catalog.differences()
    if wrong:
        what = f"The catalog says something else than {', '.join(wrong[:TOLD])}{' and others' if wrong[TOLD:] else ''}."
        yield _Found(what, "", False, "made anew from the sessions", ws.catalog.renew)


def _leftovers(ws: Workspace) -> Iterator[_Found]:
    found = leftovers.leftovers(ws)
    if found:
        size = sum(one.size for one in found) // 1_000_000
        what = f"{len(found)} copies or files that were never finished, {size} MB."
        yield _Found(what, "", False, "removed", partial(leftovers.sweep, found))


def _quarantine(ws: Workspace) -> Iterator[_Found]:
    for path in files_under(ws.quarantine):
        if path.name.endswith(REASON_ENDING):
            try:
                told = json.loads(path.read_bytes())
            except (OSError, ValueError):
                told = None
            if not isinstance(told, dict) or not told.get("reason"):
                yield _Found(f"{path} says no reason.", "Look at the file beside it.")
            elif not os.path.lexists(path.with_name(path.name.removesuffix(REASON_ENDING))):
                yield _Found(f"{path} is about a file that is not there.", "Remove it, if you took the file away.")
        elif not path.with_name(path.name + REASON_ENDING).exists():
            yield _Found(f"{path} has no reason beside it.", "Look at it; drop it into the inbox again if it is good.")


def _other_files(ws: Workspace) -> Iterator[_Found]:
    """What is no session's: it must at least be what its ending says."""
    for path in home_wide(ws.data):
        try:
            if path.suffix == ".json":
                json.loads(path.read_bytes())
            elif path.suffix == ".jsonl":
                for line in path.read_bytes().splitlines():
                    json.loads(line)
        except ValueError:
            yield _Found(f"{path} is damaged.", RESTORE, grave=True)
        except FileNotFoundError:
            continue


def _rights(ws: Workspace) -> Iterator[_Found]:
    open_: list[Path] = []
    for root in (ws.data, ws.quarantine):
        for path in (root, *(Path(entry.path) for entry in below(root))) if root.is_dir() else ():
            with suppress(OSError):
                seen = path.lstat()
                if not stat.S_ISLNK(seen.st_mode) and seen.st_mode & 0o077:
                    open_.append(path)
    if open_:
        what = f"Others on this machine have rights to {len(open_)} files or folders, {open_[0]} among them."
        yield _Found(what, "", False, "their rights are taken", partial(_make_private, open_))


def _make_private(paths: list[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.chmod(path.stat().st_mode & 0o700)


def _hash_of(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


#: In this order, so that the first failure is the one to mend first.
DEEP: tuple[DeepCheck, ...] = (
    DeepCheck("deep_sessions", "Sessions", "every session is readable, every log unbroken", _sessions),
    DeepCheck("deep_contents", "Contents", "every stored document is as it was filed", _contents),
    DeepCheck("deep_orphans", "Orphans", "every content belongs to a session", _orphans),
    DeepCheck("deep_archives", "Archives", "every kept archive is as it came", _archives),
    DeepCheck("deep_results", "Results", "every result is as it was made", _results),
    DeepCheck("deep_reports", "Reports", "every last report lies there in all forms", _reports),
    DeepCheck("deep_readings", "Readings", "every reading can be used", _readings),
    DeepCheck("deep_catalog", "Catalog", "it says what the sessions say", _catalog),
    DeepCheck("deep_leftovers", "Leftovers", "nothing was left behind", _leftovers),
    DeepCheck("deep_quarantine", "Quarantine", "every file set aside has its reason", _quarantine),
    DeepCheck("deep_files", "Other files", "all are what they should be", _other_files),
    DeepCheck("deep_rights", "Rights", "nobody else can look in", _rights),
)
