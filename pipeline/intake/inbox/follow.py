"""Follows every file of the inbox from the first sight to the handing over: settling, gathering, naming the session."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import ReviewError, SessionCompleted, UsageError
from pipeline.filenames import printable
from pipeline.intake.inbox import leaving
from pipeline.intake.inbox.drops import Drop, Drops
from pipeline.intake.inbox.folders import Bindings, MakeSession, Place
from pipeline.intake.inbox.looks import Look, look_at
from pipeline.intake.inbox.scan import scan, shown, wanted
from pipeline.intake.inbox.settling import Settling
from pipeline.intake.inbox.state import COMPLETED, WaitingFile
from pipeline.intake.inbox.tidy import Tidy
from pipeline.intake.sources import InboxFile
from pipeline.models import StageKey

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.inbox")

#: Seconds between two looks at what was taken and has not left yet.
LEAVE_SECONDS = 1.0
#: Said of a file that was taken and is written to again.
STILL_OPEN = "it was taken, and another program has it open for writing since; what that adds is taken as a new version"


class Taker(Protocol):
    """Where settled files go."""

    def take(self, session_id: str, files: Sequence[InboxFile], advance_to: StageKey) -> None:
        """Have the files taken into the session and the session brought up to a stage; returns at once."""

    def taking(self, session_id: str) -> bool:
        """True while files that were handed over for the session are not taken yet."""


class Inbox:
    """The inbox as one thread drives it: hints and scans go in, batches come out to the taker."""

    def __init__(
        self, ws: Workspace, taker: Taker, create: MakeSession, advance_to: StageKey, clock: Callable[[], float]
    ) -> None:
        self._ws = ws
        self._taker = taker
        self._advance_to = advance_to
        self._clock = clock
        self._next_leave = float("-inf")
        #: Names of files that were taken and that somebody has open for writing since.
        self._still_open: list[str] = []
        wait = ws.settings.inbox
        self._settling = Settling(wait.settle_seconds, wait.settle_closed_seconds, wait.patience_seconds, clock)
        self._batches = Drops(clock)
        self._bindings = Bindings(ws, create)
        self._tidy = Tidy(clock)
        self._sessions: frozenset[str] = frozenset()
        self._places: dict[str, Place] = {}
        #: Why the last handing over to a place failed, said once per reason.
        self._troubles: dict[Place, str] = {}
        #: Files in the folder of a completed session; they are taken once it is opened again.
        self._closed: set[str] = set()
        #: What stands in the way of everything, in words.
        self._obstacle: str | None = None
        #: Folders of which the last scan could not see everything, with the reason, and those named in the log.
        self._unlisted: dict[str, str] = {}
        self._complained: set[tuple[str, str]] = set()
        #: Sessions that files were handed over to.
        self.sessions_served: set[str] = set()

    @property
    def unsettled(self) -> int:
        """How many files are observed or gathered and not handed over yet."""
        return len(self._settling) + len(self._batches)

    def held_open(self) -> list[WaitingFile]:
        """Files that another program has had open for writing, unchanged, for longer than there is patience."""
        found = [self._waits(path, self._settling.reason(path)) for path in self._settling.held_open()]
        return sorted(found, key=lambda file: file.name)

    def hint(self, path: str, closed: bool) -> bool:
        """An event named a file; False when its folder is unknown and a scan should see whether a session is new."""
        parts = tuple(os.path.relpath(path, self._ws.inbox).split("/"))
        place = wanted(parts, self._sessions)
        if place is None:
            return wanted(parts, (parts[0],)) is None
        self._places[path] = place
        self._batches.withdraw(path)
        self._settling.hint(path, closed)
        return True

    def rescan(self, entering: Callable[[str], None] | None = None) -> None:
        """Look at the whole inbox: what no event told of is found here, and what is gone is forgotten.

        `entering` is told of each folder that is worth watching before it is looked into.
        """
        self._sessions = frozenset(self._ws.sessions.ids())
        present: set[str] = set()
        self._unlisted.clear()
        self._closed.clear()
        completed: dict[Place, bool] = {}
        for seen in scan(self._ws.inbox, self._sessions, self._complain_about_folder, entering=entering):
            if seen.place not in completed:
                completed[seen.place] = self._is_completed(seen.place)
            if completed[seen.place]:
                # Forgotten otherwise, so that they are something new when the session is opened again.
                self._closed.add(seen.path)
                continue
            present.add(seen.path)
            if self._batches.holds(seen.path, seen.look):
                continue
            self._batches.withdraw(seen.path)
            self._places[seen.path] = seen.place
            self._settling.sight(seen.path, seen.look)
        self._batches.keep_only(present)
        self._forget_places(present)

    def hold(self, obstacle: str | None) -> None:
        """Hand nothing over while `obstacle`, in words, stands in the way; when it is gone, all of it at once."""
        if self._obstacle is not None and obstacle is None:
            log.warning("nothing is in the way any more: what waits in the inbox is taken")
            self._batches.offer_again()
        elif obstacle is not None and self._obstacle is None:
            log.error("nothing is taken: %s", obstacle)
        self._obstacle = obstacle

    def not_taken(self, session_id: str, why: str) -> None:
        """What was handed over for a session could not be taken for now; it is offered for as long as that takes."""
        for place in set(self._places.values()):
            if session_id in (place.name, self._bindings.last(place.name)):
                self._troubles[place] = why
                self._batches.not_taken(place)

    def turn(self) -> None:
        """Let settle what has settled, and hand over every batch whose time has come."""
        for path, look in self._settling.turn():
            self._batches.add(path, self._places[path], look)
        self._tidy.turn()
        self._let_rest()
        if self._obstacle is not None:
            return
        settling = {self._places[path] for path in self._settling}
        for batch in self._batches.ready(settling, self._busy):
            self._hand_over(batch)

    def end(self) -> None:
        """Nobody turns this any more: what was taken leaves at once, unless somebody writes to it."""
        leaving.sweep(self._ws, rest_seconds=0)

    def _let_rest(self) -> None:
        if (now := self._clock()) >= self._next_leave:
            self._next_leave = now + LEAVE_SECONDS
            self._still_open = leaving.sweep(self._ws)

    def waiting(self) -> list[WaitingFile]:
        """Every file that is not taken yet, with the reason, by name."""
        found = [self._waits(path, self._settling.reason(path)) for path in self._settling]
        found += [self._waits(path, "it waits for the other files of its folder") for path in self._batches.gathered]
        for path in self._batches.offered:
            if os.path.lexists(path):
                found.append(self._waits(path, "it was handed over and is still there"))
            else:
                self._batches.gone(path)
        found += [self._waits(path, COMPLETED) for path in self._closed]
        found += [WaitingFile(name=name, reason=STILL_OPEN) for name in self._still_open]
        found += self._unseen()
        return sorted(found, key=lambda file: file.name)

    def left(self) -> list[WaitingFile]:
        """What lies in somebody's folder and is not going to be taken as things are, with the reason, by name."""
        stuck = [path for path in self._batches.offered if self._places.get(path) in self._troubles]
        found = [self._waits(path, "it was handed over and is still there") for path in stuck if os.path.lexists(path)]
        found += [self._waits(path, COMPLETED) for path in self._closed]
        return sorted([*found, *self._unseen()], key=lambda file: file.name)

    def _unseen(self) -> list[WaitingFile]:
        return [WaitingFile(name=shown(folder), reason=why) for folder, why in self._unlisted.items()]

    def _waits(self, path: str, reason: str) -> WaitingFile:
        place = self._places.get(path)
        reason = self._obstacle or (self._troubles.get(place, reason) if place else reason)
        return WaitingFile(name=printable(os.path.relpath(path, self._ws.inbox)), reason=reason)

    def _is_completed(self, place: Place) -> bool:
        """True for the folder of a session that is complete; one that cannot be read says so when it is handed over."""
        if place.kind != "session":
            return False
        try:
            return self._ws.sessions.read(place.name).is_completed
        except ReviewError:
            return False

    def _busy(self, place: Place) -> bool:
        session_id = place.name if place.kind == "session" else self._bindings.last(place.name)
        return session_id is not None and self._taker.taking(session_id)

    def _hand_over(self, batch: Drop) -> None:
        """One place's trouble is logged and stops no other place."""
        unchanged = self._unchanged(batch)
        if not unchanged:
            return
        inside = self._ws.inbox / batch.place.folder
        files = [
            InboxFile(path=Path(path), relative=os.path.relpath(path, inside), identity=look.identity)
            for path, look in unchanged
        ]
        passes = False
        try:
            session_id = self._bindings.session_for(batch.place)
            if self._is_completed(batch.place):
                raise SessionCompleted(session_id)
            self._taker.take(session_id, files, self._advance_to)
        except (ReviewError, OSError) as error:
            if self._troubles.get(batch.place) != str(error):
                log.error("%s: its files stay in the inbox: %s", printable(batch.place.folder), error)
            self._troubles[batch.place] = str(error)
            passes = not isinstance(error, UsageError)
        except Exception as error:
            log.exception("%s: its files stay in the inbox", printable(batch.place.folder))
            self._troubles[batch.place] = f"a defect in this program ({error})"
        else:
            log.info("%s: %d settled files handed over", session_id, len(files))
            self._troubles.pop(batch.place, None)
            self.sessions_served.add(session_id)
            self._tidy.emptied((path for path, _ in unchanged), inside)
        self._batches.handed_over(batch.place, unchanged)
        if passes:
            self._batches.not_taken(batch.place)

    def _unchanged(self, batch: Drop) -> list[tuple[str, Look]]:
        """The batch's files that are still as they settled; what changed since must settle anew."""
        unchanged = []
        for path, settled in batch.files:
            now = look_at(path)
            if now is None:
                self._batches.gone(path)
            elif now.settles_by != settled.settles_by:
                self._batches.withdraw(path)
                self._settling.sight(path, now)
            else:
                unchanged.append((path, now))
        return unchanged

    def _forget_places(self, present: set[str]) -> None:
        """A path that is neither there nor observed (an event may be ahead of the scan) needs no place any more."""
        for path in [p for p in self._places if p not in present and p not in self._settling]:
            del self._places[path]

    def _complain_about_folder(self, relative: str, why: str) -> None:
        """Say it once for each folder, not at every scan."""
        self._unlisted[relative] = why
        if (relative, why) not in self._complained:
            self._complained.add((relative, why))
            log.warning("%s: %s", shown(relative), why)
