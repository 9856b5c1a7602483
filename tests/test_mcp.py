"""MCP with a real client, over a pipe and over HTTP: the lifecycle, claims, decisions, errors, resources, prompts."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from examples import write_submission

ROOT = Path(__file__).parent.parent
TOOLS = {
    "create_session", "add_documents", "discover_documents", "map_requirements", "extract_evidence", "cross_validate",
    "generate_report", "get_status", "list_sessions", "load_session", "get_requirement", "detect_duplicates",
    "submit_claim", "record_decision", "request_upload", "process_upload", "create_session_from_uploads",
    "start_review_from_uploads", "upload_additional_files", "list_requirements", "list_exceptions", "get_document",
    "answer_duplicates",
}  # fmt: skip
STAGES = (
    "initialize", "document_discovery", "requirement_mapping", "evidence_extraction", "cross_validation",
    "report_generation", "human_review", "completion",
)  # fmt: skip


def on_the_wire(result: Any) -> int:
    """Characters of the whole message that a result came in."""
    told = {"jsonrpc": "2.0", "id": 1, "result": result.model_dump(mode="json", by_alias=True, exclude_none=True)}
    return len(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


class Agent:
    """Calls tools, and gives the value of the answer or the text of the error; every answer is held to its length."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, tool: str, **given: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, given)
        assert not result.is_error, result.content
        assert result.structured_content is None, "what stands in the text is not told twice"
        assert len(result.content) == 1
        text = result.content[0].text
        value = json.loads(text)
        assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":")), "it is compact"
        assert "limit" in given or on_the_wire(result) <= 20_000
        return dict(value)

    async def refused(self, tool: str, **given: Any) -> str:
        result = await self.client.call_tool(tool, given)
        assert result.is_error
        assert on_the_wire(result) <= 20_000
        return str(result.content[0].text)


@asynccontextmanager
async def over_a_pipe(home: Path) -> AsyncIterator[Agent]:
    words = [str(ROOT / "cli.py"), "--home", str(home), "mcp"]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ), cwd=str(home.parent))
    async with Client(stdio_client(server)) as client:
        yield Agent(client)


@asynccontextmanager
async def served(home: Path, *options: str, max_body_mb: int = 64) -> AsyncIterator[str]:
    """The address of a server over HTTP while the block runs."""
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(home), "mcp", "--http", "--port", "0", *options]
    told = {**os.environ, "REGISTRY_REVIEW_SERVER_MAX_BODY_MB": str(max_body_mb)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home.parent, env=told) as server:  # noqa: S603 - ours
        assert server.stderr is not None
        try:
            line = await anyio.to_thread.run_sync(server.stderr.readline)
            found = re.search(r"at (http://\S+/mcp)\.", line)
            assert found, line
            yield found[1]
        finally:
            server.send_signal(signal.SIGTERM)
            server.stderr.read()


@asynccontextmanager
async def over_http(home: Path) -> AsyncIterator[Agent]:
    async with served(home) as url, Client(url) as client:
        yield Agent(client)


Way = Callable[[Path], Any]


def played(way: Way, home: Path, scene: Callable[[Agent], Awaitable[None]]) -> None:
    async def play() -> None:
        async with way(home) as agent:
            await scene(agent)

    anyio.run(play)


@pytest.mark.parametrize("way", [over_a_pipe, over_http])
def test_the_whole_lifecycle_with_a_claim_and_a_decision(way: Way, tmp_path: Path) -> None:
    write_submission(tmp_path / "farm")
    files = [
        {
            "filename": path.relative_to(tmp_path / "farm").as_posix(),
            "content_base64": base64.b64encode(path.read_bytes()).decode(),
        }
        for path in sorted((tmp_path / "farm").rglob("*"))
        if path.is_file()
    ]

    async def scene(agent: Agent) -> None:
        made = await agent("create_session", project_name="Harrow Vale Farm")
        sid = made["session_id"]
        assert made["status"] == "initialized"
        added = await agent("add_documents", session_id=sid, source={"type": "upload", "files": files})
        assert added["files_added"] == len([f for f in added["files"] if f["outcome"] == "added"]) > 3
        again = await agent("add_documents", session_id=sid, source={"type": "upload", "files": files[:1]})
        assert [f["outcome"] for f in again["files"]] == ["duplicate"]
        found = await agent("discover_documents", session_id=sid, wait_seconds=40)
        assert found["documents_found"] >= added["files_added"] - 4  # the parts of a map layer are one document
        reported = await agent("generate_report", session_id=sid, wait_seconds=40)
        while "summary" not in reported:
            reported = await agent("generate_report", session_id=sid, wait_seconds=40)
        assert reported["summary"]["requirements_total"] == 23
        row = await agent("get_requirement", session_id=sid, requirement_id="7")
        quote = row["evidence"][0]
        listed = await agent("list_requirements", session_id=sid, status=row["status"])
        assert "REQ-007" in [one["requirement_id"] for one in listed["requirements"]]
        document = await agent("get_document", session_id=sid, document=quote["document"])
        assert "REQ-007" in document["mapped_to"]
        assert quote["evidence_id"] in [one["evidence_id"] for one in document["evidence"]]
        found = await agent("list_exceptions", session_id=sid)
        assert found["total"] == sum(found["by_severity"].values())
        told = {"session_id": sid, "requirement_id": "7", "document": quote["document"], "quote": quote["quote"]}
        claim = await agent("submit_claim", **told, page=quote["page"], by="a reader")
        assert claim["evidence"]["sha256"] == quote["sha256"]
        why = await agent.refused("submit_claim", **told, page=quote["page"] + 1)
        assert f"page {quote['page']}" in why
        decided = await agent(
            "record_decision", session_id=sid, requirement_id="7", status="approved", reason="Read.", by="Kim Reviewer"
        )
        assert decided["by"] == "Kim Reviewer"
        status = await agent("get_status", session_id=sid)
        assert status["session_id"] == sid
        assert status["next_action"]
        report = await agent.client.read_resource(f"report://{sid}/json")
        assert len(json.loads(report.contents[0].text)["requirements"]) == 23
        part = await agent.client.read_resource(f"report://{sid}/json?part=documents&offset=1")
        assert on_the_wire(part) <= 20_000
        documents = json.loads(report.contents[0].text)["documents"]
        assert json.loads(part.contents[0].text)["documents"][0] == documents[1]
        assert on_the_wire(await agent.client.read_resource(f"report://{sid}/md")) <= 20_000
        form = await agent.client.read_resource(f"report://{sid}/pdf")
        assert form.contents[0].mime_type == "application/pdf"
        assert base64.b64decode(form.contents[0].blob).startswith(b"%PDF-")
        prompt = await agent.client.get_prompt("human_review", {"session_id": sid})
        assert "The one next thing to do" in prompt.messages[0].content.text

    played(way, tmp_path / "home", scene)


def test_the_tools_are_the_contracts_and_say_what_they_do(tmp_path: Path) -> None:
    async def scene(agent: Agent) -> None:
        tools = {tool.name: tool for tool in (await agent.client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert {name for name, tool in tools.items() if tool.annotations.read_only_hint} == {
            "get_status", "list_sessions", "load_session", "get_requirement", "detect_duplicates", "list_requirements",
            "list_exceptions", "get_document",
        }  # fmt: skip
        assert all(tool.input_schema["additionalProperties"] is False for tool in tools.values())
        assert all(tool.description for tool in tools.values())
        prompts = {prompt.name for prompt in (await agent.client.list_prompts()).prompts}
        assert prompts == set(STAGES)
        checklist = await agent.client.read_resource("checklist://soil-carbon-v1.2.2")
        assert on_the_wire(checklist) <= 20_000
        assert len(json.loads(checklist.contents[0].text)["requirements"]) == 23
        part = await agent.client.read_resource("checklist://soil-carbon-v1.2.2?limit=2&offset=5")
        two = json.loads(part.contents[0].text)["requirements"]
        assert [row["requirement_id"] for row in two] == ["REQ-006", "REQ-007"]
        one = await agent.client.read_resource("checklist://soil-carbon-v1.2.2/REQ-007")
        assert json.loads(one.contents[0].text) == two[1]

    played(over_a_pipe, tmp_path / "home", scene)


def test_errors_say_what_happened_and_what_to_do(tmp_path: Path) -> None:
    async def scene(agent: Agent) -> None:
        said = await agent.refused("get_status", session_id="session-20200101-000000")
        assert "no session" in said
        said = await agent.refused("add_documents", session_id="session-20200101-000000", source={"type": "nothing"})
        assert "no session" in said
        sid = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        said = await agent.refused("add_documents", session_id=sid, source={"type": "nothing"})
        assert "Use upload, path or link" in said
        assert "not been judged" in await agent.refused("get_requirement", session_id=sid, requirement_id="7")
        link = await agent("request_upload", session_id=sid)
        assert link["mode"] == "add_to_existing"
        assert f"/upload/{link['upload_id']}?token=" in link["upload_url"]
        assert "upload" in await agent.refused("process_upload", upload_id=link["upload_id"])
        assert "no such upload" in await agent.refused("process_upload", upload_id="up-nothing")

    played(over_a_pipe, tmp_path / "home", scene)


def test_a_second_session_of_the_same_files_is_told_and_nothing_is_added_until_somebody_chooses(tmp_path: Path) -> None:
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "notes.txt").write_text("Notes of the hill farm.\n")
    source = {"type": "path", "path": str(tmp_path / "farm")}

    async def scene(agent: Agent) -> None:
        first = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        await agent("add_documents", session_id=first, source=source)
        second = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        said = await agent.refused("add_documents", session_id=second, source=source)
        warning = json.loads(said.splitlines()[-1])["duplicate_warning"]
        assert warning["session_id"] == first
        assert warning["choices"] == ["continue", "use_existing", "cancel"]
        assert (await agent("load_session", session_id=second))["documents"] == []
        added = await agent("add_documents", session_id=second, source=source, check_duplicates=False)
        assert added["duplicate_warning"]["session_id"] == first

    played(over_a_pipe, tmp_path / "home", scene)


def test_over_http_a_path_must_lie_below_the_folders_that_the_settings_name(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Not for the network.\n")

    async def scene(agent: Agent) -> None:
        sid = (await agent("create_session", project_name="Hill Farm"))["session_id"]
        source = {"type": "path", "path": str(tmp_path / "secret.txt")}
        said = await agent.refused("add_documents", session_id=sid, source=source)
        assert "may not be added over the network" in said
        said = await agent.refused("create_session", project_name="Elm Farm", documents_path=source["path"])
        assert "may not be added over the network" in said
        assert (await agent("list_sessions"))["total"] == 1

    played(over_http, tmp_path / "home", scene)


def key(home: Path, name: str, scope: str) -> str:
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(home), "keys", "create", name, "--scope", scope]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=home.parent).stdout.strip()  # noqa: S603 - ours


def test_at_another_address_nobody_gets_in_without_a_key_that_may_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    reader, writer = key(home, "reader", "read"), key(home, "writer", "write")
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}

    async def play() -> None:
        async with served(home, "--host", "0.0.0.0") as told:  # noqa: S104 - the rule for such addresses is what is tried
            url = told.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - as above
            async with httpx2.AsyncClient() as anybody:
                assert (await anybody.post(url, json=asked)).status_code == 401
                for secret, status in (("rr_wrong", 401), (reader, 403)):
                    answer = await anybody.post(url, json=asked, headers={"Authorization": f"Bearer {secret}"})
                    assert answer.status_code == status
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {writer}"}) as known,
                Client(streamable_http_client(url, http_client=known)) as client,
            ):
                assert (await Agent(client)("create_session", project_name="Hill Farm"))["session_id"]

    anyio.run(play)


def test_over_http_only_this_machines_own_names_are_answered_and_no_other_sites_page(tmp_path: Path) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}

    async def play() -> None:
        async with served(tmp_path / "home", max_body_mb=1) as url, httpx2.AsyncClient() as anybody:
            assert (await anybody.post(url, json=asked, headers={"Host": "rebound.example"})).status_code == 421
            assert (await anybody.post(url, json=asked, headers={"Origin": "https://evil.example"})).status_code == 403
            answer = await anybody.post(url, content=b" " * 2_000_000, headers={"Content-Type": "application/json"})
            assert answer.status_code == 413

    anyio.run(play)


def test_the_older_calls_work_and_name_their_successor(tmp_path: Path) -> None:
    files = [{"filename": "notes.txt", "content_base64": base64.b64encode(b"Notes of the hill farm.\n").decode()}]

    async def scene(agent: Agent) -> None:
        made = await agent("create_session_from_uploads", project_name="Hill Farm", files=files)
        assert made["files_added"] == 1
        assert "add_documents" in made["deprecation"]["successor"]
        more = [{"filename": "more.txt", "content_base64": base64.b64encode(b"More.\n").decode()}]
        added = await agent("upload_additional_files", session_id=made["session_id"], files=more)
        assert added["session_id"] == made["session_id"]
        begun = await agent("start_review_from_uploads", project_name="Hill Farm", files=files)
        assert begun["session_id"] != made["session_id"], "the new files are never led elsewhere"
        (tmp_path / "farm").mkdir()
        (tmp_path / "farm" / "notes.txt").write_text("Notes of the elm farm.\n")
        elder = await agent("create_session", project_name="Elm Farm", documents_path=str(tmp_path / "farm"))
        assert (elder["files_added"], elder["project_name"]) == (1, "Elm Farm")
        assert "add_documents" in elder["deprecation"]["successor"]
        said = await agent.refused("create_session", project_name="Oak Farm", documents_path=str(tmp_path / "no"))
        assert "There is no file or folder" in said
        assert (await agent("list_sessions"))["total"] == 3, "no session is left behind by a call that failed"

    played(over_a_pipe, tmp_path / "home", scene)


def test_the_page_for_agents_shows_a_configuration_that_starts_the_server_and_names_every_tool(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    shown = json.loads(re.search(r"```json\n(.+?)```", page, re.S)[1])["mcpServers"]["registry-review"]
    assert set(re.findall(r"`(\w+)`", page)) >= TOOLS
    program = Path(sys.executable).with_name(shown["command"])
    words = [str(tmp_path / "home") if word.startswith("/home/") else word for word in shown["args"]]

    async def play() -> None:
        server = StdioServerParameters(command=str(program), args=words, env=dict(os.environ), cwd=str(tmp_path))
        async with Client(stdio_client(server)) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS

    anyio.run(play)
