"""A night's run over all sessions: renew what changed, let nobody's failure stop the others, write the portfolio."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actors.engine import Engine
from actors.progress_news import Listener, News
from actors.redis_queue import queue_for
from pipeline.errors import HomeClosed, ReviewError, SessionNotFound, TryAgain
from pipeline.models import SessionRecord, StageKey
from pipeline.portfolio.build import build_portfolio
from pipeline.portfolio.keep import last_portfolio, prepare, write_portfolio, write_stamp
from pipeline.store.files import kernel_lock

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.portfolio.model import Portfolio

log = logging.getLogger("registry_review.batch")

#: Lies in the data folder: two runs on one home would do the same work twice, wherever they write to.
LOCK = "batch.lock"
GOAL: StageKey = "report_generation"
#: Seconds between two looks at what is over.
TICK_SECONDS = 0.05


@dataclass(frozen=True)
class Renewal:
    """What became of each session: reports made anew, and failures with their error."""

    looked_at: tuple[str, ...]
    renewed: tuple[str, ...]
    failed: tuple[tuple[str, ReviewError], ...]
    #: What was not finished because in the middle of it nobody was left to do the work, and why that was.
    left: tuple[str, ...] = ()
    stopped: TryAgain | None = None


@dataclass(frozen=True)
class Skipped:
    """Nothing was done, as another run is at work on the home."""

    reason: str


@dataclass(frozen=True)
class Night:
    """What a run came to, and where the portfolio lies, by its forms."""

    renewal: Renewal
    portfolio: Portfolio
    paths: Mapping[str, Path]
    #: The time of this success, as a file; None after a failure.
    stamp: Path | None


def _to_nobody(_news: News) -> None:
    """Nobody listens."""


def batch_report(
    ws: Workspace,
    folder: Path,
    since: datetime | None,
    actor: str,
    on_news: Listener = _to_nobody,
) -> Night | Skipped:
    """Renew every report whose inputs changed and write the portfolio into `folder`.

    While another run is at work on the home this does nothing. After a failure the stamp of the last success stays as
    it was. TryAgain when the work is done by
    workers and none is there. `on_news` is called, from several threads, with all that happens meanwhile.
    """
    with ExitStack() as place:
        try:
            place.enter_context(kernel_lock(ws.data / LOCK, 0, "Another batch-report is at work on this home."))
        except HomeClosed:
            raise
        except TryAgain as busy:
            return Skipped(busy.message)
        prepare(folder)
        done = renew(ws, since, actor, on_news)
        portfolio = build_portfolio(ws, folder, last_portfolio(folder))
        paths = write_portfolio(folder, portfolio)
        stamp = None if done.failed or done.stopped else write_stamp(folder, ws.now())
    return Night(done, portfolio, paths, stamp)


def renew(ws: Workspace, since: datetime | None, actor: str, tell: Listener = _to_nobody) -> Renewal:
    """Bring every session up to its report; as many at a time as keep all busy who do the work, here or elsewhere.

    With `since` only sessions that changed from then on, and those with a folder to look at again, since nobody knows
    of a change there before it is looked for. TryAgain, with nothing begun, when there is nobody to do the work; when
    they go in the middle of it, what was not reached is in `left`.
    """
    wanted, failed = _wanted(ws, since)
    for sid, error in failed:
        tell(News("over", sid, error.message, error=error))
    for record in wanted:
        tell(News("wanted", record.session_id, record.project_metadata.project_name))
    stopped: TryAgain | None = None
    with queue_for(ws) as engine, engine.listening(tell):
        if wanted:
            engine.ready()
        round_ = _Round(engine, actor, tell, wanted)
        try:
            while not round_.is_done:
                if not round_.turn():
                    time.sleep(TICK_SECONDS)
        except TryAgain as error:
            stopped = error
    failed += round_.failed
    return Renewal(
        tuple(r.session_id for r in wanted),
        tuple(sorted(round_.renewed)),
        tuple(sorted(failed, key=lambda f: f[0])),
        round_.left,
        stopped,
    )


class _Round:
    """One run over the wanted sessions: some wait to be handed over, some are being worked on, the rest is over."""

    def __init__(self, engine: Engine, actor: str, tell: Listener, wanted: Sequence[SessionRecord]) -> None:
        self._engine, self._actor, self._tell = engine, actor, tell
        self._waiting = deque(wanted)
        self._at_work: dict[str, SessionRecord] = {}
        self.renewed: list[str] = []
        self.failed: list[tuple[str, ReviewError]] = []

    @property
    def is_done(self) -> bool:
        return not self._waiting and not self._at_work

    @property
    def left(self) -> tuple[str, ...]:
        """The sessions that are not over, in the order of their ids."""
        return tuple(sorted([*self._at_work, *(r.session_id for r in self._waiting)]))

    def turn(self) -> bool:
        """Take back what is over and hand over what there is room for; False when nothing moved.

        TryAgain when for a while nobody could do the work.
        """
        before = len(self._waiting), len(self._at_work)
        for record in list(self._at_work.values()):
            with self._told(record):
                if self._engine.is_over(record.session_id, GOAL):
                    after = self._engine.outcome(record.session_id, GOAL)
                    self._over(record, renewed=_made(record) != _made(after))
        while self._waiting and self._engine.room(len(self._at_work)) and self._hand_over(self._waiting[0]):
            self._waiting.popleft()
        return before != (len(self._waiting), len(self._at_work))

    def _hand_over(self, record: SessionRecord) -> bool:
        """False when there is nobody to hand it to at the moment; then it keeps its place."""
        try:
            with self._told(record):
                self._engine.advance(record.session_id, GOAL, wait=False, actor=self._actor)
                self._at_work[record.session_id] = record
        except TryAgain:
            return False  # how long that is borne is for `room` to say
        return True

    @contextmanager
    def _told(self, record: SessionRecord) -> Iterator[None]:
        """What goes wrong with one session is its outcome, unless there is nobody to do any work: TryAgain then."""
        try:
            yield
        except SessionNotFound:
            log.info("%s was deleted meanwhile", record.session_id)
            self._over(record)
        except TryAgain as error:
            self._engine.ready()
            self._over(record, error)
        except ReviewError as error:
            self._over(record, error)
        except OSError as error:
            self._over(record, ReviewError(f"{type(error).__name__}: {error}", "Look at the disk; see `doctor`."))

    def _over(self, record: SessionRecord, error: ReviewError | None = None, renewed: bool = False) -> None:
        sid = record.session_id
        self._at_work.pop(sid, None)
        if error is not None:
            self.failed.append((sid, error))
        elif renewed:
            self.renewed.append(sid)
        self._tell(News("over", sid, error.message if error else "renewed" if renewed else "unchanged", error=error))


def _wanted(ws: Workspace, since: datetime | None) -> tuple[list[SessionRecord], list[tuple[str, ReviewError]]]:
    """The sessions that are to be looked at, and those that cannot be read."""
    wanted: list[SessionRecord] = []
    failed: list[tuple[str, ReviewError]] = []
    for sid in ws.sessions.ids():
        try:
            record = ws.sessions.read(sid)
        except SessionNotFound:
            continue
        except ReviewError as error:
            failed.append((sid, error))
            continue
        if record.is_completed or record.points_to is not None:
            continue
        folders = any(source.source_type == "path" for source in record.sources.values())
        if (record.documents or folders) and (since is None or record.updated_at >= since or folders):
            wanted.append(record)
    return wanted, failed


def _made(record: SessionRecord) -> tuple[str | None, datetime | None]:
    stage = record.stages.get("report_generation")
    return (stage.result, stage.finished_at) if stage else (None, None)
