"""Throwing away what nothing refers to: content, readings, results, copies; never a session or a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError, SessionCorrupt, SessionNotFound, TryAgain
from pipeline.home import quarantine
from pipeline.models import SCHEMA_VERSION, Value
from pipeline.reading.version import READER_VERSION
from pipeline.store.files import LEFTOVER_SECONDS
from pipeline.store.results import is_sha256
from pipeline.upkeep import leftovers

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


class Pile(Value):
    """One kind of thing that nothing refers to."""

    kind: str
    title: str
    count: int
    size: int
    #: The first twenty, by hash or by path in the data folder.
    examples: tuple[str, ...] = ()


class Collected(Value):
    """What was thrown away or, in a dry run, would be."""

    schema_version: int = SCHEMA_VERSION
    dry_run: bool
    piles: tuple[Pile, ...]
    #: Why something was kept that may be of no use.
    kept: tuple[str, ...] = ()


def collect(ws: Workspace, *, dry_run: bool = False) -> Collected:
    """Remove what no session refers to and what can be made again, once it is an hour old.

    Whether a content is referred to is asked of the sessions themselves, not of the catalog, while nobody can file or
    commit one; with a damaged session, whose documents nobody knows, every content stays. TryAgain when files are being
    taken for too long.
    """
    kept: list[str] = []
    piles = [
        _contents(ws, kept, dry_run),
        _readings(ws, dry_run),
        _results(ws, kept, dry_run),
        _leftovers(ws, dry_run),
    ]
    if (aside := quarantine.kept(ws)).files:
        kept.append(f"Kept, since only a person can tell: {aside} in {ws.quarantine}, each with its reason beside it.")
    return Collected(dry_run=dry_run, piles=tuple(piles), kept=tuple(kept))


def referred_to(ws: Workspace) -> tuple[set[str], tuple[str, ...]]:
    """The contents that sessions hold, and the ids of sessions that cannot say; the catalog is not asked."""
    held: set[str] = set()
    damaged = []
    for session_id in ws.sessions.ids():
        try:
            held |= {document.sha256 for document in ws.sessions.read(session_id).documents.values()}
        except SessionNotFound:
            continue
        except SessionCorrupt:
            damaged.append(session_id)
    return held, tuple(damaged)


def _contents(ws: Workspace, kept: list[str], dry_run: bool) -> Pile:
    before = ws.now().timestamp() - LEFTOVER_SECONDS
    # Whoever files content holds this lock until the session that refers to it is committed.
    with ws.content.lock():
        held, damaged = referred_to(ws)
        if damaged:
            kept.append(f"Every content stays, since these sessions cannot say what they hold: {', '.join(damaged)}.")
            return _pile("contents", "documents of no session", ())
        orphans = sorted(ws.content.filed_before(before) - held)
        paths = [ws.content.path(sha256) for sha256 in orphans]
        aside = [path for path in ws.content.damaged() if path.stem not in held]
        pile = _pile("contents", "documents of no session", [*paths, *aside])
        if not dry_run:
            for sha256 in orphans:
                ws.content.discard(sha256)
            for path in aside:
                path.unlink(missing_ok=True)
    return pile


def _readings(ws: Workspace, dry_run: bool) -> Pile:
    """Readings of content that is gone, and those that an earlier version of the readers made."""
    before = ws.now().timestamp() - LEFTOVER_SECONDS
    old = []
    for path in sorted((ws.data / "readings").glob("*.json")):
        sha256, _, version = path.name.partition(".")
        with suppress(FileNotFoundError):
            of_use = is_sha256(sha256) and ws.content.has(sha256) and version.startswith(f"{READER_VERSION}.")
            if not of_use and path.stat().st_mtime < before:
                old.append(path)
    return _done(_pile("readings", "readings of no document, or of older readers", old), old, dry_run)


def _results(ws: Workspace, kept: list[str], dry_run: bool) -> Pile:
    found: list[Path] = []
    sizes = 0
    for session_id in ws.sessions.ids():
        try:
            # Whoever runs a stage keeps its result before the session names it, and tidies up itself.
            with ws.sessions.lease(session_id, 0):
                stray = list(_stray(ws, session_id))
                sizes += sum(path.stat().st_size for path in stray)
                found += stray
                if not dry_run:
                    ws.sessions.prune_results(session_id)
        except TryAgain:
            kept.append(f"A stage runs on {session_id}; its results stay.")
        except ReviewError:
            continue  # damaged: nobody knows what it refers to
    pile = _pile("results", "results that no stage names", ())
    return pile.model_copy(update={"count": len(found), "size": sizes, "examples": _examples(found)})


def _stray(ws: Workspace, session_id: str) -> Iterator[Path]:
    named = {stage.result for stage in ws.sessions.read(session_id).stages.values()}
    for path in sorted((ws.sessions.folder(session_id) / "results").glob("*.json")):
        if is_sha256(path.stem) and path.stem not in named:
            yield path


def _leftovers(ws: Workspace, dry_run: bool) -> Pile:
    found = leftovers.leftovers(ws)
    if not dry_run:
        leftovers.sweep(found)
    size = sum(one.size for one in found)
    examples = _examples([one.path for one in found])
    title = "copies and files that were never finished"
    return Pile(kind="leftovers", title=title, count=len(found), size=size, examples=examples)


def _pile(kind: str, title: str, paths: list[Path] | tuple[()]) -> Pile:
    size = 0
    for path in paths:
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return Pile(kind=kind, title=title, count=len(paths), size=size, examples=_examples(paths))


def _examples(paths: list[Path] | tuple[()]) -> tuple[str, ...]:
    return tuple(path.name for path in paths[:20])


def _done(pile: Pile, paths: list[Path], dry_run: bool) -> Pile:
    if not dry_run:
        for path in paths:
            path.unlink(missing_ok=True)
    return pile
