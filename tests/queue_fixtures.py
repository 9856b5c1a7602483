"""Sessions with files, and stages whose work a test decides; the queue, workflow and store around them are real."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.looks import look_at
from pipeline.intake.sources import InboxFile
from pipeline.models import ExtractionResult, Inventory, MappingResult, Report, StageKey, ValidationResult
from pipeline.stages import events
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session

#: Long enough for a loaded machine; nothing here waits that long unless it is broken.
PATIENCE = 30.0


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Poll until `condition` holds; fails with `what` when it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain: {what}"
        time.sleep(0.01)


def new_session(ws: Workspace, name: str = "Hill Farm") -> str:
    return create_session(ws, name).session_id


def session_with_a_file(ws: Workspace, folder: Path, name: str = "Hill Farm", text: str = "A plan.") -> str:
    session_id = new_session(ws, name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notes.txt").write_text(f"{name}: {text}")
    add_documents(ws, session_id, {"type": "path", "path": str(folder)}, check_duplicates=False)
    return session_id


def drop(ws: Workspace, place: str, files: dict[str, bytes]) -> list[InboxFile]:
    """Put files into the inbox and describe them as settled."""
    dropped = []
    for relative, content in files.items():
        path = ws.inbox / place / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        look = look_at(str(path))
        assert look is not None
        dropped.append(InboxFile(path=path, relative=relative, identity=look.identity))
    return dropped


class StageWork:
    """Stands for what the stages compute: counts it, and fails or waits as a test says."""

    def __init__(self) -> None:
        self.computed: Counter[tuple[str, StageKey]] = Counter()
        self.order: list[StageKey] = []
        self.fail: dict[tuple[str, StageKey], Exception] = {}
        self.during: Callable[[str, StageKey], None] = lambda _session_id, _key: None
        self._lock = threading.Lock()

    def __call__(self, ws: Workspace, session_id: str, key: StageKey, tell: events.OnEvent) -> BaseModel:
        with self._lock:
            self.computed[session_id, key] += 1
            self.order.append(key)
        tell(events.Event(key, "halfway", 1, 2))
        self.during(session_id, key)
        if (session_id, key) in self.fail:
            raise self.fail[session_id, key]
        return _result(key)


def _result(key: StageKey) -> BaseModel:
    """The emptiest result of each stage."""
    empty: dict[StageKey, BaseModel] = {
        "document_discovery": Inventory(documents=()),
        "requirement_mapping": MappingResult(mappings=()),
        "evidence_extraction": ExtractionResult(requirements=()),
        "cross_validation": ValidationResult(requirements=(), checks=(), exceptions=()),
    }
    return empty.get(key) or Report(
        generated_at=datetime(2026, 1, 31, tzinfo=UTC),
        session={},
        checklist={},
        documents=(),
        requirements=(),
        checks=(),
        exceptions=(),
        summary={},
        provenance={},
    )
