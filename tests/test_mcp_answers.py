"""MCP where there is very much: no answer is longer than an agent can take, and all of it can be had."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError

from benchmarks.homes import settings_of
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.uploads import receive, request_upload
from servers.mcp import results
from servers.mcp.fitting import compact
from tests.made_big_session import big_session, long_name
from tests.test_mcp import TOOLS, Agent, on_the_wire, over_a_pipe, over_http, played

#: Many calls of a program that shares its machine with other tests.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one very big session, and its id."""
    home = tmp_path_factory.mktemp("crowded") / "home"
    with Workspace.open(settings_of(home)) as ws:
        return home, big_session(ws)


async def all_of(agent: Agent, tool: str, name: str, **given: Any) -> list[Any]:
    """A list, followed page by page to its end."""
    found: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        page = await agent(tool, offset=offset, **given)
        assert page[name], "every page leads on"
        found += page[name]
        offset = page["next_offset"]
    assert len(found) == page["total"]
    return found


def test_no_answer_about_a_very_big_session_is_longer_than_an_agent_can_take(crowded: tuple[Path, str]) -> None:
    home, sid = crowded

    async def scene(agent: Agent) -> None:
        # Agent holds every one of these to 20,000 characters of the whole message.
        for tool in ("discover_documents", "map_requirements", "extract_evidence", "cross_validate"):
            made = await agent(tool, session_id=sid)
            assert made["left_out"], tool
        assert made["summary"] == {"partial": 23, "checks": {"fail": 120}}
        status = await agent("get_status", session_id=sid)
        assert status["left_out"]["refused"]["of"] == 500
        loaded = await agent("load_session", session_id=sid)
        assert loaded["counts"]["exceptions"] == 1500
        assert loaded["left_out"]["exceptions"]["more"].startswith("list_exceptions(")
        row = await agent("get_requirement", session_id=sid, requirement_id="7")
        assert (row["requirement_id"], row["total"]) == ("REQ-007", 40)
        document = await agent("get_document", session_id=sid, document=row["evidence"][0]["document_id"])
        assert document["total"] == 23, "it is quoted once for every row"
        for view in ("waits", "questions", "refused", "unreadable", "to_look_at", "document_sources"):
            assert (await agent("get_status", session_id=sid, view=view))["view"] == view
        for view in ("documents", "mappings", "findings", "requirements", "checks", "exceptions", "claims"):
            page = await agent("load_session", session_id=sid, view=view)
            assert page["total"] == loaded["counts"][view]
        # Every prompt, too.
        prompt = await agent.client.get_prompt("human_review", {"session_id": sid})
        assert on_the_wire(prompt) <= 20_000

    played(over_a_pipe, home, scene)


def test_page_by_page_all_of_a_list_comes_once_and_a_limit_gives_items_whole(crowded: tuple[Path, str]) -> None:
    home, sid = crowded

    async def scene(agent: Agent) -> None:
        quotes = await all_of(agent, "get_requirement", "evidence", session_id=sid, requirement_id="REQ-001")
        assert len({one["evidence_id"] for one in quotes}) == 40
        waits = await all_of(agent, "get_status", "waits", session_id=sid, view="waits")
        assert len(waits) == 40
        rows = await all_of(agent, "list_requirements", "requirements", session_id=sid)
        assert [one["requirement_id"] for one in rows] == [f"REQ-{n:03}" for n in range(1, 24)]
        high = await agent("list_exceptions", session_id=sid, severity="high", limit=200)
        assert (len(high["exceptions"]), high["by_severity"]) == (9, {"high": 9, "low": 1491})
        last = await agent("list_exceptions", session_id=sid, offset=1499, limit=5, view="full")
        assert [one["message"].split()[0] for one in last["exceptions"]] == ["1499"]
        assert len(last["exceptions"][0]["evidence"]) == 1
        assert last["next_offset"] is None
        # What is too long for an answer even alone can be had by asking for one.
        whole = (await agent("list_requirements", session_id=sid, view="full", limit=1))["requirements"][0]
        assert len(whole["evidence"]) == 40
        assert "…" not in whole["reason"]

    played(over_http, home, scene)


def test_a_report_with_thousands_of_exceptions_is_told_in_short(crowded: tuple[Path, str]) -> None:
    home, sid = crowded
    with Workspace.open(settings_of(home)) as ws:
        record = ws.sessions.read(sid)
        for verb in ("discover", "map", "extract", "validate"):
            assert len(json.dumps(compact(results.stage(ws, record, verb)), ensure_ascii=False)) <= 20_000


def test_sessions_by_the_thousand_come_in_pages_the_newest_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Workspace.open(settings_of(home)) as ws:
        first = create_session(ws, "x" * 200).session_id
        place = ws.sessions.folder(first)
    for number in range(1200):
        copy = place.with_name(f"session-2025{number // 100 % 12 + 1:02}01-{number:06}")
        shutil.copytree(place, copy)
        stored = (copy / "session.json").read_text().replace(first, copy.name)
        (copy / "session.json").write_text(stored)
    broken = place.with_name("session-20240101-000000")
    broken.mkdir()
    (broken / "session.json").write_text("{")

    async def scene(agent: Agent) -> None:
        page = await agent("list_sessions")
        assert page["total"] == 1202
        assert page["sessions"][0]["session_id"] == first
        assert page["left_out"]["sessions"] == {
            "shown": len(page["sessions"]), "of": 1202, "more": f"list_sessions(offset={page['next_offset']})",
        }  # fmt: skip
        following = await agent("list_sessions", offset=page["next_offset"])
        assert following["sessions"][0]["session_id"] < page["sessions"][-1]["session_id"]
        assert len((await agent("list_sessions", limit=70))["sessions"]) == 70
        last = await agent("list_sessions", offset=1201)
        assert [one["status"] for one in last["sessions"]] == ["damaged"]
        assert last["next_offset"] is None
        # An id that does not exist names a few others, and no more.
        assert "no session" in await agent.refused("get_status", session_id="session-19990101-000000")

    played(over_a_pipe, home, scene)


def test_an_argument_that_a_tool_does_not_have_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    async def scene(agent: Agent) -> None:
        sid = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        said = await agent.refused("add_documents", session_id=sid, source={}, check_duplicate=False)
        assert "`check_duplicates`" in said
        assert "`documents_path`" in await agent.refused("create_session", project_name="Elm Farm", document_path="/x")
        for tool in sorted(TOOLS):
            assert "`zzz`" in await agent.refused(tool, zzz=1)
        assert "`session_id`" in await agent.refused("get_status", sessionid=sid)
        many = {f"wrong{n}" + "x" * 500: n for n in range(500)}
        assert "And 495 more" in await agent.refused("get_status", **many)
        assert (await agent("list_sessions"))["total"] == 1, "nothing was done by a call that was refused"
        # A value that cannot be is told in a sentence, however often it is wrong.
        said = await agent.refused("detect_duplicates", project_name="Hill Farm", file_hashes=[1] * 500)
        assert "file_hashes.0" in said
        assert "limit" in await agent.refused("list_sessions", limit=0)
        with pytest.raises(MCPError, match="session_id"):
            await agent.client.get_prompt("human_review", {"sesion_id": sid})
        # Errors are cut, too, and what became of very many files.
        said = await agent.refused("add_documents", session_id=sid, source={"type": "x" * 100_000})
        assert "… (+" in said
        source = {"type": "upload", "files": [{"filename": f"../{long_name(n)}"} for n in range(500)]}
        refused = await agent("add_documents", session_id=sid, source=source)
        assert refused["outcomes"] == {"refused": 500}
        assert refused["left_out"]["files"]["of"] == 500

    played(over_a_pipe, tmp_path / "home", scene)


def test_resources_and_prompts_tell_errors_as_tools_do(tmp_path: Path) -> None:
    async def scene(agent: Agent) -> None:
        sid = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        said = await agent.refused("get_requirement", session_id=sid, requirement_id="7")
        assert f"`cross_validate` with session_id {sid}" in said, "a call, not a command of a terminal"
        told = {
            f"report://{sid}/json": "`add_documents` with session_id",
            f"report://{sid}/md": "`add_documents` with session_id",
            f"report://{sid}/pdf": "`add_documents` with session_id",
            "report://session-19990101-000000/json": "no session",
            "checklist://nothing": "no checklist",
            "checklist://soil-carbon-v1.2.2/REQ-999": "no requirement",
            "checklist://soil-carbon-v1.2.2?limit=0": "limit",
        }
        for address, words in told.items():
            with pytest.raises(MCPError, match=words):
                await agent.client.read_resource(address)
        with pytest.raises(MCPError, match="no session"):
            await agent.client.get_prompt("human_review", {"session_id": "session-19990101-000000"})

    played(over_http, tmp_path / "home", scene)


def test_a_long_report_is_read_stretch_by_stretch(tmp_path: Path) -> None:
    from servers.mcp.resources import _stretch

    text = "".join(f'Line {n} with "quotes"\n' for n in range(4000))
    seen, offset = "", 0
    while offset < len(text):
        part = _stretch(text, "report://SESSION/md", offset, None)
        assert len(json.dumps(part, ensure_ascii=False)) <= 20_000
        body, _, note = part.partition("\n[")
        seen, offset = seen + body, offset + len(body)
        assert not note or f"report://SESSION/md?offset={offset}" in note
    assert seen == text
    assert _stretch(text, "", 5, len(text)) == text[5:]


def test_a_duplicate_question_is_answered_and_an_upload_tells_what_it_was_read_as(tmp_path: Path) -> None:
    home = tmp_path / "home"
    letter = b"Notes of the hill farm.\n"
    content = base64.b64encode(letter).decode()
    upload = {"type": "upload", "files": [{"filename": "notes.txt", "content_base64": content}]}
    with Workspace.open(load_settings(home=home).settings) as ws:
        first = create_session(ws, "Hill Farm").session_id
        add_documents(ws, first, upload)
        second = create_session(ws, "Hill Farm").session_id
        slot = request_upload(ws, second, None)
        receive(ws, slot.upload_id, "notes.txt", [letter])

    async def scene(agent: Agent) -> None:
        taken = await agent("process_upload", upload_id=slot.upload_id)
        assert (taken["session_id"], taken["files_added"]) == (second, 1)
        while not taken["discovery"]["done"]:
            taken = await agent("process_upload", upload_id=slot.upload_id)
        assert taken["discovery"]["documents_found"] == 1
        assert [one["filename"] for one in taken["discovery"]["documents"]] == ["notes.txt"]
        (question,) = (await agent("get_status", session_id=second))["questions"]
        assert question["answer"] is None
        assert "answer" in await agent.refused("answer_duplicates", session_id=second, answer="perhaps")
        answered = await agent("answer_duplicates", session_id=second, answer="use_existing", by="Kim Reviewer")
        assert answered["points_to"] == first
        (question,) = (await agent("get_status", session_id=second))["questions"]
        assert question["answer"] == "use_existing"
        assert "no open" in await agent.refused("answer_duplicates", session_id=second, answer="cancel")

    played(over_a_pipe, home, scene)
