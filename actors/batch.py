"""A night's run over all sessions: renew what changed, let nobody's failure stop the others, write the portfolio."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actors.embedded import Embedded
from pipeline import exits
from pipeline.errors import ReviewError, SessionNotFound, TryAgain
from pipeline.models import SCHEMA_VERSION, SessionRecord
from pipeline.portfolio.build import build_portfolio
from pipeline.portfolio.keep import last_portfolio, prepare, write_portfolio, write_stamp
from pipeline.reporting import wording
from pipeline.reporting.answers import Answer
from pipeline.store.files import kernel_lock

if TYPE_CHECKING:
    from pipeline.portfolio.model import Portfolio
    from pipeline.workspace import Workspace

log = logging.getLogger("registry_review.batch")

#: Lies in the data folder: two runs on one home would do the same work twice, wherever they write to.
LOCK = "batch.lock"


@dataclass(frozen=True)
class Renewal:
    """What became of each session: reports made anew, and failures with their error."""

    looked_at: tuple[str, ...]
    renewed: tuple[str, ...]
    failed: tuple[tuple[str, ReviewError], ...]


def batch_report(ws: Workspace, folder: Path, since: datetime | None, actor: str, tell: bool = False) -> Answer:
    """Renew every report whose inputs changed and write the portfolio into `folder`; silent unless told otherwise.

    While another run is at work on the home this does nothing and says so only when asked. Failures are problems of
    the answer, one each, and then the stamp of the last success stays as it was.
    """
    with ExitStack() as place:
        try:
            place.enter_context(kernel_lock(ws.data / LOCK, 0, "Another batch-report is at work on this home."))
        except TryAgain as busy:
            value = {"schema_version": SCHEMA_VERSION, "skipped": True, "reason": busy.message}
            return Answer(value, f"{busy.message} Nothing was done." if tell else "")
        prepare(folder)
        done = renew(ws, since, actor)
        portfolio = build_portfolio(ws, folder, last_portfolio(folder))
        paths = write_portfolio(folder, portfolio)
        codes = [exits.code_of(error) for _, error in done.failed]
        stamp = None if codes else write_stamp(folder, ws.now())
    value = {
        "schema_version": SCHEMA_VERSION,
        "skipped": False,
        "paths": {kind: str(path) for kind, path in paths.items()},
        "last_success": str(stamp) if stamp else None,
        "sessions": len(portfolio.farms),
        "looked_at": list(done.looked_at),
        "renewed": list(done.renewed),
        "failed": [{"session_id": one, "message": e.message, "cure": e.cure} for one, e in done.failed],
        "changes": portfolio.changes,
    }
    problems = tuple((f"{one}: {error.message}", error.cure) for one, error in done.failed)
    text = _told(portfolio, done, paths["html"]) if tell else ""
    # A damaged session or a checklist that is gone is a failure of that farm, not a wrong use of this command.
    return Answer(value, text, exits.TRY_AGAIN if set(codes) == {exits.TRY_AGAIN} else exits.FAILED * bool(codes),
                  problems=problems)  # fmt: skip


def renew(ws: Workspace, since: datetime | None, actor: str) -> Renewal:
    """Bring every session up to its report, as many at a time as the queue has threads.

    With `since` only sessions that changed from then on, and those with a folder to look at again, since nobody knows
    of a change there before it is looked for.
    """
    wanted, failed = _wanted(ws, since)
    renewed: list[str] = []
    with Embedded(ws) as engine, ThreadPoolExecutor(ws.settings.queue.threads) as pool:

        def one(record: SessionRecord) -> tuple[str, bool, ReviewError | None]:
            sid = record.session_id
            try:
                after = engine.advance(sid, "report_generation", actor=actor)
            except SessionNotFound:
                log.info("%s was deleted meanwhile", sid)
                return sid, False, None
            except ReviewError as error:
                return sid, False, error
            except OSError as error:
                return sid, False, ReviewError(f"{type(error).__name__}: {error}", "Look at the disk; see `doctor`.")
            return sid, _made(record) != _made(after), None

        try:
            for sid, new, error in pool.map(one, wanted):
                renewed += [sid] * new
                failed += [(sid, error)] if error else []
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Renewal(tuple(r.session_id for r in wanted), tuple(renewed), tuple(sorted(failed, key=lambda f: f[0])))


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
        folders = any(source.source_type == "path" for source in record.sources.values())
        if (record.documents or folders) and (since is None or record.updated_at >= since or folders):
            wanted.append(record)
    return wanted, failed


def _made(record: SessionRecord) -> tuple[str | None, datetime | None]:
    stage = record.stages.get("report_generation")
    return (stage.result, stage.finished_at) if stage else (None, None)


def _told(portfolio: Portfolio, done: Renewal, page: Path) -> str:
    """The run in a few lines, for who asked."""
    lines = [
        f"{wording.count(len(portfolio.farms), 'farm')}; {wording.count(len(done.renewed), 'report')} renewed, "
        f"{len(done.failed)} failed.",
        *(f"renewed: {sid}" for sid in done.renewed),
        f"The portfolio: {page}",
    ]
    return "\n".join(lines)
