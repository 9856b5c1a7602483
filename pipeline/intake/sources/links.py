"""Files that stand behind a link, and references to files that somebody else keeps for a moment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import filenames
from pipeline.errors import FileRefused, ReviewError, UsageError
from pipeline.intake.fetching import Fetched, Limits, checked_url, fetch, shown
from pipeline.intake.fetching.naming import name_in
from pipeline.intake.sources.batch import Batch, Candidate, Refusal, check_size
from pipeline.models import DocumentSource, SessionRecord

if TYPE_CHECKING:
    from pipeline.settings import Settings

#: Files of one call (the documented limit of openaiFileIdRefs).
MAX_REFERENCES = 10
#: So many of them are fetched at the same time: their links live for minutes only.
_AT_ONCE = 4
_MEGABYTE = 1_000_000


def limits_of(settings: Settings) -> Limits:
    """What one download may cost under these settings."""
    return Limits(
        max_bytes=settings.inbox.max_file_mb * _MEGABYTE,
        connect_seconds=settings.links.connect_seconds,
        total_seconds=settings.links.timeout_seconds,
        max_redirects=settings.links.max_redirects,
        min_free_bytes=settings.inbox.min_free_mb * _MEGABYTE,
    )


def source_id_of(url: str) -> str:
    """A link is one source, however often it is added and whether its file is kept or only referred to."""
    return f"link-{hashlib.sha256(str(checked_url(url)).encode()).hexdigest()[:12]}"


def from_link(
    url: str, access_mode: str, folder: Path, settings: Settings, record: SessionRecord, at: datetime
) -> Batch:
    """What stands behind `url` now; its file lies in `folder` as long as the caller keeps that.

    "mirror" gives the file to be taken; "reference" only says what was seen, and its file may be thrown away. A file
    that cannot be had is a refusal. UsageError for what is no link, TryAgain when it may be had later.
    """
    source_id = source_id_of(url)
    path = name_in(checked_url(url))
    try:
        got = fetch(url, folder, limits_of(settings), allow_private=settings.links.allow_private)
        check_size(got.size, got.filename, settings.inbox.max_file_mb * _MEGABYTE)
    except FileRefused as refusal:
        return Batch("link", source_id, {}, (), (Refusal(path, str(refusal)),))
    known = record.sources.get(source_id)
    if access_mode == "reference":
        return _referred(source_id, got, record, known, at)
    # The path tells the link's file apart from others and is the same each time, so that other bytes are a new version.
    candidate = Candidate(filenames.SafeName(path=path, filename=got.filename), lambda: got.path, got.size)
    return Batch("link", source_id, _seen(got, "mirror", known, at), (candidate,))


def _seen(got: Fetched, access_mode: str, known: DocumentSource | None, at: datetime) -> dict[str, Any]:
    """What the session keeps of the link; nothing changes while it gives the same bytes."""
    if known is not None and known.metadata.get("sha256") == got.sha256:
        return {**_kept(known.metadata), "access_mode": access_mode}
    seen = {
        "url": got.url,
        "access_mode": access_mode,
        "final_url": got.final_url,
        "filename": got.filename,
        "content_type": got.content_type,
        "size": got.size,
        "sha256": got.sha256,
        "fetched_at": at.isoformat(),
    }
    return {key: value for key, value in seen.items() if value and not (key == "final_url" and value == got.url)}


def _kept(metadata: dict[str, Any]) -> dict[str, Any]:
    """Without other bytes that the link gave for a while: it gives the kept ones again."""
    return {key: value for key, value in metadata.items() if key not in ("seen_sha256", "seen_at")}


def _referred(source_id: str, got: Fetched, record: SessionRecord, known: DocumentSource | None, at: datetime) -> Batch:
    """The link as something to refer to: no bytes are kept, so nothing can be quoted from it."""
    there = {a.sha256: a.filename for a in record.archives.values() if a.kept}
    there |= {d.sha256: d.filename for d in record.documents.values()}
    held = there.get(got.sha256)
    before = known.metadata if known is not None else {}
    changed = before.get("sha256") not in (None, got.sha256)
    note = f"{got.filename} ({got.size} bytes, SHA-256 {got.sha256}) was looked at and is referred to only: "
    note += f"the session holds these bytes as {held}." if held else "its bytes are not kept, so nothing is read in it."
    if changed:
        note += f" When it was fetched on {str(before['fetched_at'])[:10]}, the link gave other bytes."
    if before.get("access_mode") == "mirror":
        # What was kept stays kept, and where it came from stays told.
        seen = {"seen_sha256": got.sha256, "seen_at": at.isoformat()}
        metadata = _kept(before)
        if changed:
            metadata = dict(before) if before.get("seen_sha256") == got.sha256 else {**before, **seen}
            note += " Add it again as a mirror to take them as a new version."
    else:
        metadata = _seen(got, "reference", known, at)
    return Batch("link", source_id, metadata, (), stands=True, note=note)


def from_file_references(references: Sequence[dict[str, Any]], folder: Path, settings: Settings) -> Batch:
    """The files that references name, fetched into `folder` at once, as one upload; each has its own outcome.

    A reference is {"name", "id", "mime_type", "download_link"}, up to 10 of them, as GPT Actions send them in
    openaiFileIdRefs; other keys are ignored. Only hosts of `links.file_reference_hosts` are asked, unless it is empty.
    What may be had later is refused too, and not kept as refused: its link will have expired by then.
    """
    if not references:
        raise UsageError("There are no file references.", "Send name and download_link of each file.")
    if len(references) > MAX_REFERENCES:
        raise UsageError(f"There are more than {MAX_REFERENCES} file references.", "Send them in several calls.")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
        found = list(pool.map(lambda reference: _from_reference(reference, folder, settings), references))
    candidates = tuple(one for one in found if isinstance(one, Candidate))
    return Batch("upload", None, {}, candidates, tuple(one for one in found if isinstance(one, Refusal)))


def _from_reference(reference: Any, folder: Path, settings: Settings) -> Candidate | Refusal:
    given = reference if isinstance(reference, dict) else {}
    link = given.get("download_link")
    name = given.get("name")
    called = name.strip() if isinstance(name, str) else ""
    label = filenames.printable(called) or "(no name)"
    lasting = False
    try:
        if not isinstance(link, str) or not link.strip():
            raise FileRefused(f"{label}: the reference has no download_link.", "Attach the file again.")
        safe = filenames.check(called) if called else None
        if called and filenames.is_ignored_path(called):
            raise FileRefused(f"{label}: hidden and temporary files are not taken.", "Rename it if it is meant.")
        lasting = True
        got = fetch(
            link,
            folder,
            limits_of(settings),
            allow_private=settings.links.allow_private,
            hosts=settings.links.file_reference_hosts,
        )
        safe = safe or filenames.check(got.filename)
        check_size(got.size, safe.path, settings.inbox.max_file_mb * _MEGABYTE)
    except ReviewError as error:
        reason = str(error) if str(error).startswith(f"{label}: ") else f"{label}: {error}"
        return Refusal(label, reason, lasting and isinstance(error, FileRefused))
    return Candidate(safe, lambda: got.path, got.size)


def described(source: DocumentSource) -> str | None:
    """What a person must know of a link that is only referred to; None for every other source."""
    seen = source.metadata
    if source.source_type != "link" or seen.get("access_mode") != "reference":
        return None
    name, url, day = seen.get("filename"), shown(str(seen.get("url"))), str(seen.get("fetched_at"))[:10]
    return f"{name} is referred to and not kept, so no row stands on it: {url} (seen on {day})."
