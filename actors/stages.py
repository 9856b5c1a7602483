"""One Dramatiq actor per machine stage: run it if the store still asks for it, then send what is due next."""

from __future__ import annotations

import logging

import dramatiq
from dramatiq.middleware import CurrentMessage, TimeLimitExceeded

from actors.broker import QUEUE
from actors.dispatch import STAGE_ACTORS, Dispatch
from actors.progress_news import News
from pipeline.errors import (
    Busy,
    ChecklistError,
    SessionCompleted,
    SessionCorrupt,
    SessionNotFound,
    StageFailed,
    TryAgain,
    UsageError,
)
from pipeline.models import StageError, StageKey
from pipeline.stages import events
from pipeline.stages import run as stage_run
from pipeline.workflow import freshness, order

log = logging.getLogger("registry_review.queue")

#: Errors that another try cannot cure; a stage that failed has written down why, so its message is done as well.
PERMANENT = (
    ChecklistError,
    SessionCompleted,
    SessionCorrupt,
    SessionNotFound,
    StageFailed,
    UsageError,
    TimeLimitExceeded,
)
#: Tries after the first for what is neither recorded nor permanent (the disk, the store's lock): few, backed off.
MAX_RETRIES = 3
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 30_000
#: Half an hour. Readers have stricter limits of their own; this ends a stage that loops, and cannot end C code.
TIME_LIMIT_MS = 30 * 60 * 1000
#: Another process holds the session's lease: look again after this long, in seconds.
BUSY_SECONDS = 1.0


def declare_stages(dispatch: Dispatch) -> None:
    """Put the five stage actors on the dispatch's broker; each takes a session's id and gives nothing back."""
    for key, name in STAGE_ACTORS.items():
        _declare(dispatch, key, name)


def _declare(dispatch: Dispatch, key: StageKey, name: str) -> None:
    def stage(session_id: str) -> None:
        """Carry out the stage for one session."""
        try:
            run(dispatch, session_id, key)
        except (TryAgain, OSError) as error:
            _again_or_put_off(dispatch, session_id, key, error)

    dramatiq.actor(
        actor_name=name,
        queue_name=QUEUE,
        broker=dispatch.broker,
        max_retries=MAX_RETRIES,
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
        time_limit=TIME_LIMIT_MS,
        throws=PERMANENT,
    )(stage)


def run(dispatch: Dispatch, session_id: str, key: StageKey) -> None:
    """What each stage actor does.

    A message that comes twice, late or too early finds in the store what is really due and sends that instead. While
    another process runs a stage of the session the message is sent again with a delay, for as long as it takes.
    """
    ws = dispatch.ws
    if freshness.due(ws, ws.sessions.read(session_id)) != key:
        dispatch.send_due(session_id)
        return

    def progress(event: events.Event) -> None:
        dispatch.news.tell(
            News(
                "progress",
                session_id,
                event.message,
                stage=event.stage,
                done=event.done,
                total=event.total,
                document=event.document,
                pages=event.pages,
            )
        )

    try:
        stage_run.run_stage(ws, session_id, key, progress)
    except Busy as error:
        log.info("%s of %s waits: %s", key, session_id, error.message)
        dispatch.news.tell(News("busy", session_id, error.message, stage=key, error=error))
        dispatch.send_stage(session_id, key, BUSY_SECONDS)
        return
    except StageFailed as error:
        log.warning("%s", error)
        _again_or_over(dispatch, session_id, key, error)
        return
    except TimeLimitExceeded:
        # It is no Exception, so the workflow could not record it: without a record the stage would be due for ever.
        _record_time_limit(dispatch, session_id, key)
        raise
    dispatch.news.tell(News("stage_done", session_id, stage=key))
    dispatch.send_due(session_id)


def _again_or_over(dispatch: Dispatch, session_id: str, key: StageKey, error: StageFailed) -> None:
    """The failure is recorded with its attempts; the store says whether the stage may be tried again by itself."""
    record = dispatch.ws.sessions.read(session_id)
    if freshness.due(dispatch.ws, record) == key:
        failure = record.stages[key].error
        attempts = failure.attempts if failure else 1
        dispatch.send_stage(session_id, key, MIN_BACKOFF_MS / 1000 * 2 ** (attempts - 1))
        return
    dispatch.news.tell(News("stage_failed", session_id, error.message, stage=key, error=error))


def _again_or_put_off(dispatch: Dispatch, session_id: str, key: StageKey, error: TryAgain | OSError) -> None:
    """What kept the stage from being carried out could not be recorded (a full disk), so the message itself counts.

    After a few tries whoever waits for the session is told. The stage is still due, so the sweeper tries again.
    """
    message = CurrentMessage.get_current_message()
    tried = message.options.get("retries", 0) if message else MAX_RETRIES
    if tried < MAX_RETRIES:
        log.info("%s of %s is tried again: %s", key, session_id, error)
        raise dramatiq.errors.Retry(str(error)) from error
    log.info("%s of %s is put off: %s", key, session_id, error)
    dispatch.news.tell(News("stage_failed", session_id, str(error), stage=key, error=error))


def _record_time_limit(dispatch: Dispatch, session_id: str, key: StageKey) -> None:
    message = f"`{order.VERB_OF[key]}` took longer than {TIME_LIMIT_MS // 60_000} minutes and was stopped."
    failure = StageError(
        code="time_limit",
        message=message,
        cure="Look which document is unusually large, take it out with `remove`, then `failed retry`.",
        retryable=False,
    )
    stage_run.record_failure(dispatch.ws, session_id, key, failure)
    log.error("%s of %s: %s", key, session_id, message)
    dispatch.news.tell(News("stage_failed", session_id, message, stage=key, error=StageFailed(message, failure.cure)))
