"""Taking settled inbox files into their session, and reading contents ahead of the stage that needs them."""

from __future__ import annotations

import logging

import dramatiq
from dramatiq.middleware import CurrentMessage, TimeLimitExceeded

from actors import file_parcel
from actors.broker import QUEUE
from actors.dispatch import Dispatch
from actors.progress_news import News
from pipeline.errors import (
    PointsNowhere,
    ReviewError,
    SessionCompleted,
    SessionCorrupt,
    SessionNotFound,
    TryAgain,
    UsageError,
)
from pipeline.filenames import printable
from pipeline.home.pointing import receiver
from pipeline.models import AddResult, StageKey
from pipeline.stages import run

log = logging.getLogger("registry_review.queue")

TAKE, READ = "take_files", "read_document"
#: Tries after the first when the session is locked or the disk refuses; then the watcher offers the files again later.
MAX_RETRIES = 3
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 10_000
#: An hour: 5,000 files of 512 MB over a slow disk are a long copy, not a hang.
TAKE_LIMIT_MS = 60 * 60 * 1000
#: A reader's child process has limits of its own, far below this.
READ_LIMIT_MS = 10 * 60 * 1000
PERMANENT = (PointsNowhere, SessionCompleted, SessionCorrupt, SessionNotFound, UsageError, TimeLimitExceeded)


def declare_take(dispatch: Dispatch) -> None:
    """Put `take_files(session_id, claim, advance_to)` and `read_document(sha256, session_id)` on the broker."""

    def take_files(session_id: str, claim: str, advance_to: StageKey) -> None:
        """Take the claim's files into the session, then have them read and the next due stage run."""
        try:
            take(dispatch, session_id, claim, advance_to)
        except (ReviewError, OSError) as error:
            message = CurrentMessage.get_current_message()
            tried = message.options.get("retries", 0) if message else 0
            if isinstance(error, PERMANENT) or tried >= MAX_RETRIES:
                log.error("%s: the files stay in the inbox: %s", session_id, error)
                # Where a session points, and whether that one is open again, is looked for anew each time.
                passes = not isinstance(error, PERMANENT) or isinstance(error, PointsNowhere)
                dispatch.news.tell(News("not_taken", session_id, str(error), error=error, passes=passes))
                return
            log.warning("%s: taking files is tried again: %s", session_id, error)
            raise dramatiq.errors.Retry(str(error)) from error
        except Exception as error:
            log.exception("%s: the files stay in the inbox", session_id)
            dispatch.news.tell(News("not_taken", session_id, f"a defect in this program ({error})", error=error))

    dramatiq.actor(
        queue_name=QUEUE,
        broker=dispatch.broker,
        max_retries=MAX_RETRIES,
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
        time_limit=TAKE_LIMIT_MS,
        throws=PERMANENT,
    )(take_files)

    def read_document(sha256: str, session_id: str, filename: str) -> None:
        """Read one content so that the cache is warm; what comes of it is the discovery's to say."""
        read_ahead(dispatch, sha256, session_id, filename)

    dramatiq.actor(
        queue_name=QUEUE,
        broker=dispatch.broker,
        # The discovery reads what is missing by itself and says why it failed, so a second try here would be waste.
        max_retries=0,
        time_limit=READ_LIMIT_MS,
        throws=(Exception, TimeLimitExceeded),
    )(read_document)


def take(dispatch: Dispatch, session_id: str, claim: str, advance_to: StageKey) -> AddResult:
    """Take the claim's files that are still there unchanged; safe to repeat, since contents are known by their hash.

    Another session that is reviewed in this one's place takes them. The session's goal is raised first: should this
    process die after the files are in, the sweeper works towards it.
    """
    from pipeline.stages.add_documents import take_inbox_files  # start-up

    ws = dispatch.ws
    session_id = receiver(ws, session_id).session_id
    with ws.sessions.filling(session_id):
        run.request(ws, session_id, advance_to, actor="inbox")
        result = take_inbox_files(ws, session_id, file_parcel.unpack(claim, ws.inbox))
    for file in result.files:
        level = logging.WARNING if file.outcome == "refused" else logging.INFO
        log.log(level, "%s: %s %s%s", session_id, file.outcome, printable(file.filename), _because(file.reason))
    dispatch.news.tell(News("taken", session_id, result.message, result=result))
    reader = dispatch.broker.get_actor(READ)
    new = {f.sha256: f.filename for f in result.files if f.sha256 and f.outcome in ("added", "new_version")}
    for sha256, filename in sorted(new.items()):
        if not dispatch.underway.of(sha256, READ):
            # With its name: to ask the session for it, once for each of ten thousand files, takes longer than reading.
            reader.send(sha256, session_id, filename)
    try:
        dispatch.send_due(session_id)
    except TryAgain:
        raise
    except ReviewError as error:
        # The files are in. What keeps the stages from going on (a checklist with a typo) is said as what it is.
        dispatch.news.tell(News("stage_failed", session_id, str(error), error=error))
    return result


def read_ahead(dispatch: Dispatch, sha256: str, session_id: str, filename: str) -> None:
    """Read a content that came with the session's files, telling of it under the name it came with."""
    begun = False

    def tell(what: str, pages: int | None) -> None:
        said = f"{what} {filename}"
        dispatch.news.tell(News("progress", session_id, said, "document_discovery", document=filename, pages=pages))

    def begin() -> None:
        nonlocal begun
        begun = True
        tell("reading", None)

    pages = 0
    try:
        pages = dispatch.ws.reader.read(sha256, on_begin=begin).page_count
    finally:
        if begun:
            tell("read", pages)


def _because(reason: str | None) -> str:
    return f" ({printable(reason)})" if reason else ""
