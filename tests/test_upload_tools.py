"""The older calls: deprecated, still working, and never dropping a file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import __version__
from pipeline.errors import ReviewError, SessionNotFound, UsageError
from pipeline.home.workspace import Workspace
from pipeline.intake.duplicates import pending
from pipeline.stages.answer_duplicate import answer_duplicate
from servers.mcp.older_calls import (
    REMOVED_IN,
    create_session_from_uploads,
    create_session_with_documents,
    start_review_from_uploads,
    upload_additional_files,
)

pytestmark = pytest.mark.legacy

FILES = {"plan.txt": b"the plan", "map.txt": b"the map"}


def items(**files: bytes) -> list[dict[str, str]]:
    return [{"filename": n, "content_base64": base64.b64encode(c).decode()} for n, c in (files or FILES).items()]


def folder(tmp_path: Path) -> str:
    place = tmp_path / "documents"
    place.mkdir()
    for name, content in FILES.items():
        (place / name).write_bytes(content)
    return str(place)


def by_path(ws: Workspace, tmp_path: Path, **more: Any) -> Any:
    return create_session_with_documents(ws, "Elm Farm", documents_path=folder(tmp_path), **more)


def by_uploads(ws: Workspace, _tmp_path: Path, **more: Any) -> Any:
    return create_session_from_uploads(ws, "Elm Farm", items(), **more)


def by_start(ws: Workspace, _tmp_path: Path, **more: Any) -> Any:
    return start_review_from_uploads(ws, "Elm Farm", items(), **more)


MAKERS = pytest.mark.parametrize("make", [by_path, by_uploads, by_start])
Make = Callable[..., Any]


def test_the_removal_version_is_still_to_come() -> None:
    assert [int(n) for n in __version__.split(".")] < [int(n) for n in REMOVED_IN.split(".")]


@MAKERS
def test_each_makes_a_session_with_the_files_and_says_what_to_call_instead(
    workspace: Workspace, tmp_path: Path, make: Make
) -> None:
    with pytest.warns(DeprecationWarning, match=rf"use .*; *|goes in version {REMOVED_IN}") as warned:
        made = make(workspace, tmp_path, project_id="P-1", proponent="Elm Ltd", crediting_period="2026-2036")
    # The warning points to whoever called.
    assert [Path(w.filename).name for w in warned] == [Path(__file__).name]
    assert (made.success, made.files_added, made.duplicate_warning) == (True, 2, None)
    assert made.deprecation.removed_in == REMOVED_IN
    assert "create_session" in made.deprecation.successor
    assert made.deprecation.successor in made.deprecation.message
    record = workspace.sessions.read(made.session_id)
    assert {d.path for d in record.documents.values()} == set(FILES)
    assert record.project_metadata.model_dump() == {
        "project_name": "Elm Farm",
        "methodology": "soil-carbon-v1.2.2",
        "project_id": "P-1",
        "proponent": "Elm Ltd",
        "crediting_period": "2026-2036",
    }


@MAKERS
@pytest.mark.parametrize("options", [{}, {"deduplicate": False}, {"force_new_session": True}])
def test_a_similar_session_never_swallows_the_new_files(
    workspace: Workspace, tmp_path: Path, make: Make, options: dict[str, bool]
) -> None:
    with pytest.deprecated_call():
        older = create_session_from_uploads(workspace, "Elm Farm", items())
    before = workspace.sessions.read(older.session_id)
    with pytest.deprecated_call():
        made = make(workspace, tmp_path, **options)
    assert made.session_id != older.session_id
    assert made.files_added == 2
    assert made.duplicate_warning.session_id == older.session_id
    record = workspace.sessions.read(made.session_id)
    (question,) = pending(record)
    assert set(question.document_ids) == set(record.documents)
    assert workspace.sessions.read(older.session_id) == before
    # And people may still decide that it is the other one's.
    answer_duplicate(workspace, made.session_id, "use_existing", "anna")
    assert workspace.sessions.read(made.session_id).points_to == older.session_id


@MAKERS
def test_without_anything_to_add_no_session_is_made(workspace: Workspace, tmp_path: Path, make: Make) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: create_session_with_documents(workspace, "Elm Farm", str(tmp_path / "nowhere")),
        lambda: create_session_from_uploads(workspace, "Elm Farm", []),
        lambda: start_review_from_uploads(workspace, "Elm Farm", []),
        lambda: make(workspace, tmp_path, methodology="no-such-v1"),
    ]
    for call in calls:
        with pytest.deprecated_call(), pytest.raises(ReviewError) as error:
            call()
        assert isinstance(error.value, UsageError)
    assert workspace.sessions.ids() == []


def test_a_broken_item_is_refused_alone(workspace: Workspace) -> None:
    files = [*items(), {"filename": "../evil.txt", "content_base64": "eA=="}, {"filename": "bad.txt"}]
    with pytest.deprecated_call():
        made = create_session_from_uploads(workspace, "Elm Farm", files)
    assert sorted(f.outcome for f in made.files) == ["added", "added", "refused", "refused"]


@pytest.mark.parametrize(("extract", "to"), [(True, "evidence_extraction"), (False, "document_discovery")])
def test_starting_a_review_asks_for_its_stages(workspace: Workspace, extract: bool, to: str) -> None:
    with pytest.deprecated_call():
        made = start_review_from_uploads(workspace, "Elm Farm", items(), auto_extract=extract)
    assert made.advance_to == workspace.sessions.read(made.session_id).advance_to == to


def test_additional_files_go_into_that_session_and_the_same_bytes_once(workspace: Workspace) -> None:
    with pytest.deprecated_call():
        made = create_session_from_uploads(workspace, "Elm Farm", items())
    with pytest.warns(DeprecationWarning, match="upload_additional_files"):
        added = upload_additional_files(workspace, made.session_id, [*items(), *items(**{"soil.txt": b"the soil"})])
    assert (added.session_id, added.files_added) == (made.session_id, 1)
    assert sorted(f.outcome for f in added.files) == ["added", "duplicate", "duplicate"]
    assert "add_documents" in added.deprecation.successor


def test_additional_files_stay_and_stand_in_question_with_the_others(workspace: Workspace) -> None:
    same = items(**{f"{n}.txt": b"file %d" % n for n in range(4)})
    with pytest.deprecated_call():
        older = create_session_from_uploads(workspace, "Elm Farm", same)
        made = create_session_from_uploads(workspace, "Elm Farm", same)
        added = upload_additional_files(workspace, made.session_id, items(**{"news.txt": b"news"}))
    assert added.files_added == 1
    assert added.duplicate_warning is not None
    assert added.duplicate_warning.session_id == older.session_id
    record = workspace.sessions.read(made.session_id)
    (question,) = pending(record)
    assert set(question.document_ids) == set(record.documents)
    assert len(record.documents) == 5


def test_additional_files_for_a_session_that_is_not_there_are_an_error(workspace: Workspace) -> None:
    with pytest.deprecated_call(), pytest.raises(SessionNotFound):
        upload_additional_files(workspace, "session-20260101-000000", items())
