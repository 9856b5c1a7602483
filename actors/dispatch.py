"""Sends the next due stage of a session, as the store says; every actor ends by asking this."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.in_flight import Underway
from actors.progress_news import NewsDesk
from pipeline.models import StageKey
from pipeline.workflow import freshness

if TYPE_CHECKING:
    from dramatiq import Broker

    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.queue")

#: The actor of each machine stage; named like the stage's function (contract: Words).
STAGE_ACTORS: dict[StageKey, str] = {
    "document_discovery": "discover_documents",
    "requirement_mapping": "map_requirements",
    "evidence_extraction": "extract_evidence",
    "cross_validation": "cross_validate",
    "report_generation": "generate_report",
}


@dataclass(frozen=True)
class Dispatch:
    """What the actors of one broker share."""

    ws: Workspace
    broker: Broker
    news: NewsDesk = field(default_factory=NewsDesk)
    underway: Underway = field(default_factory=Underway)

    def send_due(self, session_id: str, delay_seconds: float = 0.0) -> StageKey | None:
        """Send the stage that is due next for the session; None when nothing is.

        A session's errors (gone, damaged, a checklist that cannot be used) are the caller's to handle.
        """
        key = freshness.due(self.ws, self.ws.sessions.read(session_id))
        if key is not None:
            self.send_stage(session_id, key, delay_seconds)
        return key

    def send_stage(self, session_id: str, key: StageKey, delay_seconds: float = 0.0) -> bool:
        """Send one stage, unless the same message is waiting for its turn already; True when it was sent."""
        if self.underway.unstarted(STAGE_ACTORS[key], session_id):
            return False
        actor = self.broker.get_actor(STAGE_ACTORS[key])
        actor.send_with_options(args=(session_id,), delay=int(delay_seconds * 1000) or None)
        return True
