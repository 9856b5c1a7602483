"""The catalog: derived, quick, and right again after whatever happened to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Clock

from pipeline.home.workspace import Workspace
from pipeline.models import (
    DocumentRecord,
    DuplicateWarning,
    ProjectMetadata,
    Question,
    SessionRecord,
    StageRecord,
)
from pipeline.store import Catalog, SessionStore

AT = datetime(2026, 1, 31, tzinfo=UTC)


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def make(workspace: Workspace, clock: Clock) -> Callable[..., str]:
    """Makes a session of that name with documents of those contents, a second after the one before."""

    def made(project_name: str, *contents: str, bound_folder: str | None = None) -> str:
        clock.advance(seconds=1)
        metadata = ProjectMetadata(project_name=project_name)
        session_id = workspace.sessions.create(metadata, bound_folder=bound_folder).session_id
        hold(workspace.sessions, session_id, *contents)
        return session_id

    return made


def hold(sessions: SessionStore, session_id: str, *contents: str) -> None:
    with sessions.transaction(session_id, "anna") as tx:
        for name in contents:
            tx.put_document(
                DocumentRecord(
                    document_id=f"doc-{name}",
                    sha256=sha(name),
                    size=1,
                    filename=name,
                    path=name,
                    names=(name,),
                    source_id="inbox",
                    source_type="inbox",
                    added_at=AT,
                )
            )


def _answers(catalog: Catalog) -> tuple[object, ...]:
    every = [sha(name) for name in "abcdef"]
    rows = sorted(catalog.list(), key=lambda row: row.session_id)
    return rows, catalog.sessions_with(every), catalog.hash_counts(every), catalog.unreferenced(every)


def test_it_knows_which_sessions_hold_which_content(workspace: Workspace, make: Callable[..., str]) -> None:
    elm, oak = make("Elm", "a", "b"), make("Oak", "b", "c")
    catalog = workspace.catalog
    assert catalog.sessions_with([sha("b"), sha("c"), sha("d")]) == {elm: {sha("b")}, oak: {sha("b"), sha("c")}}
    assert catalog.hash_counts([sha("a"), sha("b"), sha("d")]) == {sha("a"): 1, sha("b"): 2}
    assert catalog.content_of(elm) == {sha("a"), sha("b")}
    assert catalog.unreferenced({sha("a"), sha("d")}) == {sha("d")}
    assert catalog.sessions_with([]) == {}
    assert catalog.names_of([elm, oak, "session-20200101-000000"]) == {elm: "Elm", oak: "Oak"}


def test_a_document_taken_out_is_no_longer_known(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a", "b")
    with workspace.sessions.transaction(elm, "anna") as tx:
        tx.drop_document("doc-a")
    assert workspace.catalog.content_of(elm) == {sha("b")}
    assert workspace.catalog.unreferenced({sha("a")}) == {sha("a")}


def test_thousands_of_hashes_can_be_asked_for_at_once(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a")
    many = [sha(str(n)) for n in range(2500)]
    assert workspace.catalog.sessions_with([*many, sha("a")]) == {elm: {sha("a")}}


def test_the_list_shows_what_changed_last_first_and_each_sessions_state(
    workspace: Workspace, make: Callable[..., str], clock: Clock
) -> None:
    elm, oak, ash, fir = make("Elm"), make("Oak", "a"), make("Ash"), make("Fir")
    warning = DuplicateWarning(session_id=elm, project_name="Elm", name_similarity=90, file_overlap=1, message="m")
    clock.advance(seconds=1)
    with workspace.sessions.transaction(oak, "anna") as tx:
        tx.put_question(Question(question_id="q", warning=warning, document_ids=(), asked_at=AT))
    clock.advance(seconds=1)
    with workspace.sessions.transaction(elm, "anna") as tx:
        tx.put_stage("document_discovery", StageRecord(status="failed"))
    (workspace.sessions.folder(fir) / "session.json").write_bytes(b"{")
    rows = {row.session_id: row for row in workspace.catalog.list()}
    assert list(rows)[:2] == [elm, oak]
    assert {one: rows[one].state for one in rows} == {elm: "failed", oak: "question", ash: "open", fir: "corrupt"}
    assert (rows[oak].project_name, rows[oak].documents, rows[oak].revision) == ("Oak", 1, 3)
    assert rows[oak].updated_at == clock().replace(second=clock().second - 1)
    assert [row.session_id for row in workspace.catalog.list("failed")] == [elm]


def test_a_damaged_session_is_listed_as_corrupt_with_its_path_and_its_content_stays(
    workspace: Workspace, make: Callable[..., str]
) -> None:
    elm = make("Elm", "a")
    path = workspace.sessions.folder(elm) / "session.json"
    whole = path.read_bytes()
    path.write_bytes(b"{")
    (row,) = workspace.catalog.list()
    assert (row.state, row.path, row.project_name) == ("corrupt", path, "Elm")
    assert workspace.catalog.unreferenced({sha("a")}) == set()
    path.write_bytes(whole)
    assert workspace.catalog.list()[0].state == "open"


def test_nothing_is_called_unreferenced_while_a_damaged_session_may_hold_it(
    workspace: Workspace, make: Callable[..., str]
) -> None:
    # Given a session that was damaged before the catalog, lost as well, ever saw it
    elm = make("Elm", "a")
    path = workspace.sessions.folder(elm) / "session.json"
    whole = path.read_bytes()
    path.write_bytes(b"{")
    workspace.catalog.close()
    (workspace.data / "catalog.sqlite3").unlink()
    assert workspace.catalog.unreferenced({sha("a"), sha("z")}) == set()
    assert [row.state for row in workspace.catalog.list()] == ["corrupt"]
    # When it is repaired
    path.write_bytes(whole)
    assert [row.state for row in workspace.catalog.list()] == ["open"]
    # Then what it holds is known again
    assert workspace.catalog.unreferenced({sha("a"), sha("z")}) == {sha("z")}


def _lose(workspace: Workspace) -> None:
    (workspace.data / "catalog.sqlite3").unlink()


def _garble(workspace: Workspace) -> None:
    workspace.catalog.close()
    (workspace.data / "catalog.sqlite3").write_bytes(b"no database " * 1000)


def _empty(workspace: Workspace) -> None:
    workspace.catalog.close()
    (workspace.data / "catalog.sqlite3").write_bytes(b"")


@pytest.mark.parametrize("harm", [_lose, _garble, _empty])
@pytest.mark.parametrize("restart", [True, False])
def test_it_is_made_anew_when_it_was_lost_or_damaged(
    workspace: Workspace, make: Callable[..., str], harm: Callable[[Workspace], None], restart: bool
) -> None:
    make("Elm", "a", "b")
    make("Oak", "b", bound_folder="Oak")
    before = _answers(workspace.catalog)
    harm(workspace)
    if restart:
        with Workspace.open(workspace.settings) as again:
            assert _answers(again.catalog) == before
    else:
        assert _answers(workspace.catalog) == before
    assert (workspace.data / "catalog.sqlite3").stat().st_mode & 0o777 == 0o600


def test_rebuilding_changes_no_answer(workspace: Workspace, make: Callable[..., str]) -> None:
    make("Elm", "a", "b")
    make("Oak", "c")
    before = _answers(workspace.catalog)
    workspace.catalog.rebuild()
    assert _answers(workspace.catalog) == before


def test_a_commit_whose_process_died_before_telling_is_heard_of(
    workspace: Workspace, make: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elm = make("Elm", "a")

    def killed(_: SessionRecord) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(workspace.catalog, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            hold(workspace.sessions, elm, "f")
    # The bytes of "f" are referred to from now on, so they must never look free.
    with Workspace.open(workspace.settings) as other:
        assert other.catalog.unreferenced({sha("f")}) == set()
    assert workspace.catalog.content_of(elm) == {sha("a"), sha("f")}


def test_an_announced_commit_that_never_came_changes_nothing(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a")
    before = _answers(workspace.catalog)
    workspace.catalog.announce(elm, 99)
    workspace.catalog.announce("session-20200101-000000", 1)
    assert _answers(workspace.catalog) == before


def test_an_older_state_never_overwrites_a_newer_one(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a")
    old = workspace.sessions.read(elm)
    hold(workspace.sessions, elm, "b")
    workspace.catalog.update(old)
    assert workspace.catalog.content_of(elm) == {sha("a"), sha("b")}


def test_sessions_that_come_and_go_behind_its_back_are_noticed(workspace: Workspace, make: Callable[..., str]) -> None:
    elm, oak = make("Elm", "a"), make("Oak", "b")
    away = workspace.data.parent / "backup"
    workspace.sessions.folder(elm).rename(away)
    assert [row.session_id for row in workspace.catalog.list()] == [oak]
    assert workspace.catalog.content_of(elm) == set()
    away.rename(workspace.data / "sessions" / elm)
    with Workspace.open(workspace.settings) as again:
        assert again.catalog.content_of(elm) == {sha("a")}


def test_an_older_backup_put_back_is_taken_as_it_is(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a")
    path = workspace.sessions.folder(elm) / "session.json"
    old = path.read_bytes()
    hold(workspace.sessions, elm, "b", "c")
    path.write_bytes(old)
    assert workspace.catalog.list()[0].documents == 1
    assert workspace.catalog.content_of(elm) == {sha("a")}


def test_bound_folders_lead_to_their_sessions_newest_last(workspace: Workspace, make: Callable[..., str]) -> None:
    first, second = make("Elm", bound_folder="Elm Farm"), make("Elm", bound_folder="Elm Farm")
    make("Oak", bound_folder="Oak")
    assert workspace.catalog.bound_to("Elm Farm") == [first, second]
    assert workspace.catalog.bound_to("Fir") == []


def test_asking_costs_no_more_because_there_are_more_sessions(
    workspace: Workspace, make: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [make(f"Farm {n}", "a", str(n)) for n in range(30)]
    opened: list[str] = []
    read = workspace.sessions.read
    monkeypatch.setattr(workspace.sessions, "read", lambda one: opened.append(one) or read(one))
    assert workspace.catalog.hash_counts([sha("a")]) == {sha("a"): 30}
    workspace.catalog.list()
    hold(workspace.sessions, ids[0], "b")
    assert opened == []


def test_a_fork_opens_the_file_for_itself(workspace: Workspace, make: Callable[..., str]) -> None:
    elm = make("Elm", "a")
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - measured in the parent only
        try:
            os.write(write_end, b"right" if workspace.catalog.content_of(elm) == {sha("a")} else b"wrong")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as answer:
        assert answer.read() == b"right"
    assert workspace.catalog.content_of(elm) == {sha("a")}


def test_its_file_is_never_in_the_way_of_the_sessions(workspace: Workspace, make: Callable[..., str]) -> None:
    make("Elm", "a")
    assert {one.name for one in Path(workspace.data).iterdir()} >= {"catalog.sqlite3", "sessions", "content", "staging"}
