"""One of many pairs of hands: `python -m benchmarks.hand JOB` is ready, waits for a line, works, writes what it did.

JOB is JSON: `home`, `name`, `requirement` (the row it decides), `shared` (the session that all work on), `others` (the
sessions it goes through), `rounds`, `runs` (whether it also carries out stages) and `out`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The row that all of them decide on.
CONTESTED = "REQ-023"
#: A person who is told to try again does so this often.
TRIES = 5


class Hands:
    """What one process does, and how long each act took."""

    def __init__(self, ws: Workspace, job: dict[str, Any]) -> None:
        self._ws = ws
        self._job = job
        self.acts: list[tuple[str, float]] = []
        #: Hashes added and not taken out, by session.
        self.held: dict[str, list[str]] = {}
        self.notes: list[str] = []
        #: The last word on its own row, by session.
        self.decided: dict[str, str] = {}
        #: Decisions that went through on the row that all decide on.
        self.contested = 0
        self.conflicts = self.told_to_try_again = 0

    def work(self) -> None:
        """Every act on the session that all share, with those on other sessions in between."""
        others = self._job["others"]
        for number in range(self._job["rounds"]):
            self._one_round(self._job["shared"], number)
            self._contest(self._job["shared"], str(number))
            if self._job["runs"] and number % 4 == 0:
                self._try("run", self._run, self._job["shared"])
            for session_id in others[number :: self._job["rounds"]]:
                self._one_round(session_id, number)

    def _one_round(self, session_id: str, number: int) -> None:
        name = f"{self._job['name']}-{number}"
        self._try("add", self._add, session_id, name)
        self._try("annotate", self._annotate, session_id, name)
        self._try("decide", self._decide, session_id, name)
        if number % 3 == 2:
            self._try("remove", self._remove, session_id)

    def _try(self, kind: str, act: Callable[..., None], *about: object) -> None:
        from pipeline.errors import RevisionConflict, TryAgain

        for left in reversed(range(TRIES)):
            began = time.perf_counter()
            try:
                act(*about)
            except RevisionConflict:
                self.conflicts += 1
            except TryAgain:
                self.told_to_try_again += 1
            else:
                self.acts.append((kind, time.perf_counter() - began))
                return
            self.acts.append((f"{kind}, in vain", time.perf_counter() - began))
            if not left and kind != "run":  # whoever runs a stage that others keep making stale leaves it to them
                raise RuntimeError(f"{kind} was refused {TRIES} times")

    def _add(self, session_id: str, name: str) -> None:
        from benchmarks.homes import upload
        from pipeline.stages.add_documents import add_documents

        text = f"The paper {name} of {session_id}.\n"
        result = add_documents(self._ws, session_id, upload(f"{name}.txt", text), check_duplicates=False)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        if result.files[0].sha256 != sha256:
            raise RuntimeError("another file was added than the one given")
        held = self.held.setdefault(session_id, [])
        if sha256 not in held:
            held.append(sha256)

    def _remove(self, session_id: str) -> None:
        from pipeline.stages.remove import remove_document

        sha256 = self.held[session_id][0]
        remove_document(self._ws, session_id, sha256[:20], self._job["name"], "sent by mistake")
        self.held[session_id].remove(sha256)

    def _annotate(self, session_id: str, name: str) -> None:
        from pipeline.stages.human_review import annotate

        annotate(self._ws, session_id, self._job["requirement"], f"{name} in {session_id}", self._job["name"])
        self.notes.append(f"{name} in {session_id}")

    def _decide(self, session_id: str, name: str) -> None:
        """As a page does: look, then decide on what was seen; nobody else decides on this row."""
        self._record(session_id, self._job["requirement"], name)
        self.decided[session_id] = name

    def _contest(self, session_id: str, name: str) -> None:
        """The same on a row that all others decide on as well: a conflict is the right answer as often as not."""
        from pipeline.errors import RevisionConflict

        try:
            self._record(session_id, CONTESTED, name)
        except RevisionConflict:
            self.conflicts += 1
        else:
            self.contested += 1

    def _record(self, session_id: str, requirement_id: str, reason: str) -> None:
        from pipeline.stages.human_review import record_decision

        seen = self._ws.sessions.read(session_id).revision
        record_decision(self._ws, session_id, requirement_id, "approved", reason, self._job["name"], seen)

    def _run(self, session_id: str) -> None:
        from pipeline.stages import run

        run.advance(self._ws, session_id, "cross_validation", wait_seconds=5)


def main() -> None:
    """Work as the job says."""
    from benchmarks.homes import settings_of
    from pipeline.home.workspace import Workspace

    job = json.loads(sys.argv[1])
    with Workspace.open(settings_of(Path(job["home"]))) as ws:
        hands = Hands(ws, job)
        print("ready", flush=True)
        sys.stdin.readline()
        hands.work()
    told = {key: value for key, value in vars(hands).items() if not key.startswith("_")}
    Path(job["out"]).write_text(json.dumps({"name": job["name"], "requirement": job["requirement"], **told}))


if __name__ == "__main__":
    main()
