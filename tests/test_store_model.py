"""Whatever is done to a home in whatever order, crashes in between, it holds what a dictionary of ten lines holds."""

from __future__ import annotations

import copy
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.scan import scan
from pipeline.intake.sources.inbox import InboxFile, identity_of
from pipeline.models import ProjectMetadata
from pipeline.settings import load_settings
from pipeline.stages import run as stage_run
from pipeline.stages.add_documents import take_inbox_files
from pipeline.stages.human_review import annotate, record_decision
from pipeline.stages.remove import delete_session, remove_document, undo_new_version
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.collecting import collect
from pipeline.upkeep.deep import examine_deep
from pipeline.upkeep.restore import restore
from pipeline.workflow import freshness

# --- the model --------------------------------------------------------------------------------------------------------


@dataclass
class Paper:
    path: str
    names: set[str]
    newer: str | None = None
    kept: bool = False


@dataclass
class Farm:
    papers: dict[str, Paper] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    def drop(self, path: str, sha256: str) -> None:
        if sha256 in self.papers:
            self.papers[sha256].names.add(path)
            return
        for paper in self.papers.values():
            if paper.path == path and not paper.newer and not paper.kept:
                paper.newer = sha256
        self.papers[sha256] = Paper(path, {path})

    def take_out(self, sha256: str) -> None:
        gone = self.papers.pop(sha256)
        for paper in self.papers.values():
            if paper.newer == sha256:
                paper.newer = gone.newer


def farms_of(ws: Workspace) -> dict[str, Farm]:
    """The home as the model sees it."""
    found = {}
    for session_id in ws.sessions.ids():
        record = ws.sessions.read(session_id)
        hashes = {one.document_id: one.sha256 for one in record.documents.values()}
        papers = {
            one.sha256: Paper(one.path, set(one.names), hashes.get(one.superseded_by or ""), one.kept_by is not None)
            for one in record.documents.values()
        }
        notes = tuple(note.text for note in record.annotations.values())
        found[session_id] = Farm(papers, notes, {key: word.reason for key, word in record.decisions.items()})
    return found


# --- the crash --------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The process died: nothing that it would still do reaches the disk."""


class Steps:
    """Counts what changes the disk, and dies before one of these steps and before all after it."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.dead = False

    def take(self) -> None:
        if self.left is not None:
            self.left -= 1
            self.dead = self.dead or self.left < 0
        if self.dead:
            raise Crash

    @contextmanager
    def counted(self) -> Iterator[None]:
        def counting(real: Callable[..., object]) -> Callable[..., object]:
            def step(*about: object, **how: object) -> object:
                self.take()
                return real(*about, **how)

            return step

        with (
            patch.object(os, "fsync", counting(lambda _handle: None)),
            patch.object(os, "link", counting(os.link)),
            patch.object(Path, "replace", counting(Path.replace)),
            patch.object(Path, "rename", counting(Path.rename)),
            patch.object(Path, "unlink", counting(Path.unlink)),
            patch.object(Path, "rmdir", counting(Path.rmdir)),
            patch.object(shutil, "rmtree", counting(shutil.rmtree)),
        ):
            yield


# --- the machine ------------------------------------------------------------------------------------------------------

PATHS = st.sampled_from(["plan.txt", "letter.txt", "maps/north.txt"])
TEXTS = st.sampled_from(["A plan.\n", "Another plan.\n", "A letter.\n", "A map.\n", "The same map.\n"])
ROWS = st.sampled_from(["REQ-001", "REQ-002"])
WORDS = st.sampled_from(["as written", "on the second page", "asked by letter"])
#: Half of all acts run through; the others die before one of their steps, of which most have a dozen.
DIES = st.one_of(st.none(), st.integers(0, 14))
PICK = st.integers(0, 1000)


class Home(RuleBasedStateMachine):
    """One home and the dictionary that says what it must hold.

    A rule that has nothing to do returns, and has no precondition: where threads write, a death falls now before and
    now after the commit, and that must not decide what is drawn next.
    """

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="registry-review-model-"))
        self.settings = load_settings(home=self.place / "home", environ={}).settings
        self.farms: dict[str, Farm] = {}
        self.steps = Steps()
        self.revisions: dict[str, int] = {}

    @initialize()
    def begin(self) -> None:
        self.ws = Workspace.open(self.settings)
        self.create(None)
        self.drop(0, "plan.txt", "A plan.\n", None)

    def teardown(self) -> None:
        try:
            assert [one.message for one in examine_deep(self.ws) if one.outcome != "ok"] == []
        finally:
            self.ws.close()
            shutil.rmtree(self.place)

    def _do(self, dies: int | None, act: Callable[[], object], after: dict[str, Farm]) -> bool:
        """Do something that turns the home into `after`, or dies on the way: then it is as before, or as after.

        True when it ran through.
        """
        self.steps.left = dies
        try:
            with self.steps.counted():
                act()
        except Crash:
            self._open_again()
            now = farms_of(self.ws)
            assert now in (self.farms, after), "neither as before the act nor as after it"
            self.farms = now
            return False
        finally:
            self.steps.left, self.steps.dead = None, False
        self.farms = after
        return True

    def _open_again(self) -> None:
        self.steps.left, self.steps.dead = None, False
        self.ws.close()
        self.ws = Workspace.open(self.settings)

    def _some(self, pick: int) -> str:
        return sorted(self.farms)[pick % len(self.farms)]

    def _with(self, session_id: str, change: Callable[[Farm], object]) -> dict[str, Farm]:
        after = copy.deepcopy(self.farms)
        change(after[session_id])
        return after

    @rule(dies=DIES)
    def make_another(self, dies: int | None) -> None:
        self.create(dies)

    def create(self, dies: int | None) -> None:
        if len(self.farms) == 3:
            return
        before = set(self.farms)
        self.steps.left = dies
        try:
            with self.steps.counted():
                self.ws.sessions.create(ProjectMetadata(project_name=f"Farm {len(before)}"))
        except Crash:
            self._open_again()
        finally:
            self.steps.left, self.steps.dead = None, False
        now = farms_of(self.ws)
        assert {key: farm for key, farm in now.items() if key in before} == self.farms
        assert [farm for key, farm in now.items() if key not in before] in ([], [Farm()])
        self.farms = now

    @rule(pick=PICK, path=PATHS, text=TEXTS, dies=DIES)
    def drop_a_file(self, pick: int, path: str, text: str, dies: int | None) -> None:
        self.drop(pick, path, text, dies)

    def drop(self, pick: int, path: str, text: str, dies: int | None) -> None:
        if not self.farms:
            return
        session_id = self._some(pick)
        file = self.ws.inbox / session_id / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        after = self._with(session_id, lambda farm: farm.drop(path, sha256))
        _name_by_last_part(after[session_id])
        self._do(dies, lambda: self._take(session_id), after)
        if file.exists():  # it was not taken, or its taker died before it could remove it: it is delivered again
            self._do(None, lambda: self._take(session_id), after)
        assert not file.exists()
        assert self.farms == after

    def _take(self, session_id: str) -> None:
        root = self.ws.inbox / session_id
        seen = [Path(one.path) for one in scan(self.ws.inbox, [session_id])]
        files = [InboxFile(p, p.relative_to(root).as_posix(), identity_of(p) or ()) for p in seen]
        take_inbox_files(self.ws, session_id, files)

    @rule(pick=PICK, dies=DIES)
    def take_out(self, pick: int, dies: int | None) -> None:
        found = [
            (session_id, sha256) for session_id, farm in sorted(self.farms.items()) for sha256 in sorted(farm.papers)
        ]
        if found:
            session_id, sha256 = found[pick % len(found)]
            after = self._with(session_id, lambda farm: farm.take_out(sha256))
            self._do(dies, lambda: remove_document(self.ws, session_id, sha256, "anna", "not ours"), after)

    @rule(pick=PICK, dies=DIES)
    def keep_the_older(self, pick: int, dies: int | None) -> None:
        old = [(s, sha) for s, farm in sorted(self.farms.items()) for sha, p in sorted(farm.papers.items()) if p.newer]
        if not old:
            return
        session_id, sha256 = old[pick % len(old)]

        def kept(farm: Farm) -> None:
            farm.papers[sha256].newer, farm.papers[sha256].kept = None, True

        self._do(dies, lambda: undo_new_version(self.ws, session_id, sha256, "anna"), self._with(session_id, kept))

    @rule(pick=PICK, row=ROWS, word=WORDS, dies=DIES)
    def decide(self, pick: int, row: str, word: str, dies: int | None) -> None:
        if not self.farms:
            return
        session_id = self._some(pick)
        after = self._with(session_id, lambda farm: farm.words.update({row: word}))
        self._do(dies, lambda: record_decision(self.ws, session_id, row, "approved", word, "anna"), after)

    @rule(pick=PICK, row=ROWS, word=WORDS, dies=DIES)
    def remark(self, pick: int, row: str, word: str, dies: int | None) -> None:
        if not self.farms:
            return
        session_id = self._some(pick)
        after = self._with(session_id, lambda farm: setattr(farm, "notes", (*farm.notes, word)))
        self._do(dies, lambda: annotate(self.ws, session_id, row, word, "bert"), after)

    @rule(pick=PICK, dies=DIES)
    def run(self, pick: int, dies: int | None) -> None:
        """A stage that dies is due again, and once it ran through there is nothing to do."""
        full = [session_id for session_id, farm in sorted(self.farms.items()) if farm.papers]
        if not full:
            return
        session_id = full[pick % len(full)]
        through = self._do(dies, lambda: stage_run.advance(self.ws, session_id, "document_discovery"), self.farms)
        if not through:
            self._do(None, lambda: stage_run.advance(self.ws, session_id, "document_discovery"), self.farms)
        assert freshness.due(self.ws, self.ws.sessions.read(session_id), "document_discovery") is None

    @rule(pick=PICK, dies=DIES)
    def delete(self, pick: int, dies: int | None) -> None:
        if len(self.farms) < 2:
            return
        session_id = self._some(pick)
        after = {key: farm for key, farm in self.farms.items() if key != session_id}
        self._do(dies, lambda: delete_session(self.ws, session_id, "anna"), after)

    @rule(how=st.sampled_from(["collect", "open again", "restore"]))
    def look_after(self, how: str) -> None:
        """What changes nothing that matters: throwing away, ending and beginning, going back to a backup of now."""
        if how == "collect":
            collect(self.ws)
        elif how == "restore":
            file = back_up(self.ws, self.place / "home.tar").path
            self.ws.close()
            restore(self.settings, file, self.ws.now(), replace=True)
        self._open_again()

    @invariant()
    def the_home_holds_what_the_dictionary_holds(self) -> None:
        if hasattr(self, "ws"):
            assert farms_of(self.ws) == self.farms

    @invariant()
    def every_log_is_one_chain_and_no_revision_goes_back(self) -> None:
        now = {session_id: self.ws.sessions.read(session_id).revision for session_id in self.farms}
        assert all(revision >= self.revisions.get(session_id, 0) for session_id, revision in now.items())
        self.revisions = now
        for session_id in self.farms:
            self.ws.sessions.verify_audit(session_id)

    @invariant()
    def the_catalog_and_the_contents_agree_with_the_sessions(self) -> None:
        for session_id, farm in self.farms.items():
            assert self.ws.catalog.content_of(session_id) == farm.papers.keys()
            assert all(self.ws.content.intact(sha256) for sha256 in farm.papers)


def _name_by_last_part(farm: Farm) -> None:
    """A document's names are those of files, without their folders."""
    for paper in farm.papers.values():
        paper.names = {name.rpartition("/")[2] for name in paper.names}


TestHome = pytest.mark.timeout(3600 if "MODEL_EXAMPLES" in os.environ else 400)(Home.TestCase)
TestHome.settings = settings(
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "15")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
