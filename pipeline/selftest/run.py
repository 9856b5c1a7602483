"""The whole self-test of a session: copies in a throwaway folder, every mutation, the figures at the end."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ReviewError
from pipeline.models import Reading, Value
from pipeline.reading.service import ReadingService
from pipeline.selftest.graph import Graph
from pipeline.selftest.mutations import Mutation, mutations
from pipeline.selftest.review import Review, Sent, review
from pipeline.selftest.rounds import copied_rounds
from pipeline.selftest.verdicts import Verdict, verdict
from pipeline.workflow.results import load_checklist

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord

#: How many mutants are read ahead of the one that is being reviewed.
_AHEAD = 4


class Outcome(Value):
    """What the self-test says: a verdict for every mutation, and the catch rate."""

    session_id: str
    project_name: str
    mutations: int
    #: Mutations that met no surprise.
    held: int
    #: Mutations that declare something must move, and those of them in which all of it did.
    catchable: int
    caught: int
    verdicts: tuple[Verdict, ...]

    @property
    def rate(self) -> str:
        """The catch rate in words."""
        return f"{self.held} of {self.mutations} mutations met no surprise; caught {self.caught} of {self.catchable}"


def selftest(
    ws: Workspace,
    record: SessionRecord,
    tell: Callable[[str], None] = lambda _: None,
    kinds: Collection[str] | None = None,
) -> Outcome:
    """Review copies of a session's documents, each mutated in one way, and hold them to what each must move.

    The session, its results and its readings stay as they are; `tell` hears of the progress, `kinds` keeps to some
    kinds of mutation. Raises ReviewError when the session holds no document.
    """
    if not record.documents:
        raise ReviewError(f"{record.session_id} holds no documents.", "Add its files first.")
    checklist = load_checklist(ws, record)
    with tempfile.TemporaryDirectory(prefix="registry-review-selftest-") as place:
        folder = Path(place)
        mutants = folder / "mutants"
        mutants.mkdir(mode=0o700)

        def locate(sha256: str) -> Path:
            own = mutants / sha256
            return own if own.exists() else ws.content.path(sha256)

        with ReadingService(ws.settings.reading, folder / "readings", locate) as service:

            def read(sha256: str) -> Reading:
                kept = ws.reader.cached(sha256)
                return kept or service.read(sha256)

            def read_bytes(data: bytes) -> Reading:
                sha256 = hashlib.sha256(data).hexdigest()
                (mutants / sha256).write_bytes(data)
                return service.read(sha256)

            tell(f"Reading {len(record.documents)} files")
            records = tuple(record.documents.values())
            readings = {r.sha256: read(r.sha256) for r in records}
            before = review(checklist, Sent(records, readings))
            todo = list(mutations(Graph(before), lambda sha: ws.content.path(sha).read_bytes(), read_bytes))
            verdicts = _held(before, [m for m in todo if not kinds or m.kind in kinds], tell)
            tell("Copying rounds")
            files = [(f"{r.source_id}/{r.path}", ws.content.path(r.sha256)) for r in records]
            if not kinds or "round" in kinds:
                verdicts += copied_rounds(checklist, files, folder / "rounds", lambda sha: readings[sha])
    return _outcome(record, verdicts)


def _held(before: Review, todo: list[Mutation], tell: Callable[[str], None]) -> list[Verdict]:
    """A verdict for every mutation, in order; files are read ahead in processes of their own."""
    found: list[Verdict] = []
    with ThreadPoolExecutor(max_workers=1) as making:  # pdfium takes one thread at a time
        waiting: list[Future[Sent | None]] = []
        for index, mutation in enumerate(todo):
            for later in todo[index + len(waiting) : index + _AHEAD]:
                waiting.append(making.submit(later.make))
            tell(f"{index + 1} of {len(todo) + 2}: {mutation.what}")
            found.append(_verdict(mutation, before, waiting.pop(0)))
    return found


def _verdict(mutation: Mutation, before: Review, making: Future[Sent | None]) -> Verdict:
    """The verdict on one mutation; what cannot be made or reviewed is a surprise and stops no other."""
    try:
        mutant = making.result()
        if mutant is None:
            return _failed(mutation, "the words it would change were not found where the review says they stand")
        return verdict(mutation, before, review(before.checklist, mutant))
    except Exception as error:  # noqa: BLE001 - a mutant that ends the review is what a self-test looks for
        return _failed(mutation, f"{type(error).__name__} ended it")


def _failed(mutation: Mutation, why: str) -> Verdict:
    return Verdict(
        kind=mutation.kind, mutation=mutation.what, level=mutation.level, must=mutation.declared.must, moved=(),
        surprises=(f"It could not be tried: {why}",), failed=why,
    )  # fmt: skip


def _outcome(record: SessionRecord, verdicts: Iterable[Verdict]) -> Outcome:
    found = tuple(verdicts)
    catchable = [v for v in found if v.must]
    caught = [v for v in catchable if not any("should have " in s for s in v.surprises) and not v.failed]
    return Outcome(
        session_id=record.session_id,
        project_name=record.project_metadata.project_name,
        mutations=len(found),
        held=sum(not v.surprises for v in found),
        catchable=len(catchable),
        caught=len(caught),
        verdicts=found,
    )
