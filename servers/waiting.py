"""Waiting for a stage without holding a thread: the queue's news wake the caller, and a look at the store decides."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool

from pipeline.workflow import freshness

if TYPE_CHECKING:
    from actors.engine import Engine
    from actors.progress_news import News
    from pipeline.models import SessionRecord, StageKey

#: Nobody is kept waiting longer, in seconds: callers such as GPT Actions give up after 45.
MOST_SECONDS = 38.0
#: Seconds between two looks at the store; news come sooner, and may get lost on their way from another process.
LOOK_SECONDS = 0.5
#: What can bring a session to its goal, or end its way there.
ENDS = frozenset({"stage_done", "stage_failed", "over"})


async def advance(
    engine: Engine, session_id: str, to: StageKey, actor: str, seconds: float
) -> tuple[SessionRecord, bool]:
    """Ask for stage `to` and wait for it up to `seconds`; the session, and whether it is there.

    Raises as `Engine.advance` does when a stage gave up, or nobody could do the work.
    """
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def hear(news: News) -> None:
        if news.session_id == session_id and news.kind in ENDS:
            loop.call_soon_threadsafe(woken.set)

    deadline = time.monotonic() + min(max(seconds, 0.0), MOST_SECONDS)
    with engine.listening(hear):
        record = await run_in_threadpool(engine.advance, session_id, to, False, None, actor)
        while not await run_in_threadpool(_is_over, engine, session_id, to):
            left = deadline - time.monotonic()
            if left <= 0:
                return record, False
            try:
                await asyncio.wait_for(woken.wait(), min(left, LOOK_SECONDS))
            except TimeoutError:
                continue
            woken.clear()
    return await run_in_threadpool(engine.outcome, session_id, to), True


def _is_over(engine: Engine, session_id: str, to: StageKey) -> bool:
    """The session is there, or goes no further; its own goal may lie beyond what this caller waits for."""
    return engine.is_over(session_id, to) or freshness.due(engine.ws, engine.ws.sessions.read(session_id), to) is None
