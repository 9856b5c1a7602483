"""The page for GPTs: short enough, and every call it shows is made, in its order, against the real server."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from examples import write_submission
from tests import link_server
from tests.serving import ROOT, sent, serving

PAGE = (ROOT / "docs" / "gpt-instructions.md").read_text(encoding="utf-8")
#: What a GPT's instructions may hold, in characters.
MOST = 8_000
#: The report of a made-up submission is there after so many times of asking.
PATIENCE = 300


@dataclass(frozen=True)
class Call:
    """A call as the page shows it, with {names} for what earlier answers gave."""

    method: str
    address: str
    body: str

    def filled(self, known: dict[str, str]) -> tuple[str, str, Any]:
        def fill(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda found: known[found[1]], text)

        # What a GPT writes for files of the chat; they come as what their platform makes of it.
        body = fill(self.body).replace(f'"{known.get("attachment")}"', known.get("sent_as", ""))
        return self.method, fill(self.address), json.loads(body) if body else None


def calls() -> list[Call]:
    shown = [block.strip().partition("\n\n") for block in re.findall(r"```http\n(.+?)```", PAGE, re.S)]
    return [Call(*head.split(" ", 1), body) for head, _, body in shown]


def test_the_page_fits_into_a_gpts_instructions() -> None:
    assert len(PAGE) < MOST
    assert len(calls()) > 12


def test_every_call_is_an_action_that_a_gpt_has_with_all_that_it_must_send(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server, server.client() as client:
        described = client.get("/openapi.gpt.json").json()
    for call in calls():
        where = urlsplit(call.address)
        path = next(p for p in described["paths"] if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", p), where.path))
        operation = described["paths"][path][call.method.lower()]
        parameters = [one for one in operation["parameters"] if one["in"] == "query"]
        given = parse_qs(where.query)
        assert given.keys() <= {one["name"] for one in parameters}, call
        assert {one["name"] for one in parameters if one.get("required")} <= given.keys(), call
        for one in parameters:
            allowed = one["schema"].get("enum")
            if allowed and one["name"] in given:
                assert given[one["name"]] == [str(value) for value in allowed], call


def test_the_flow_leads_from_a_name_to_a_report_in_one_session(tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "submission").folder
    routes = {
        "/letter.txt": link_server.answer(b"A letter of the agent.\n", content_type="text/plain"),
        "/slow.txt": slow(b"A note from the chat.\n"),
    }
    with (
        link_server.serving(routes) as site,
        serving(
            tmp_path / "home", links_allow_private="true", links_file_reference_hosts="", server_answer_seconds=1
        ) as server,
        server.client() as client,
    ):
        earlier = client.post("/sessions", json={"project_name": "Meadow Farm 2026"}).json()["session_id"]
        client.post(f"/sessions/{earlier}/documents", json={"source": sent(folder)}).raise_for_status()

        reference = {"name": "note.txt", "id": "file-1", "mime_type": "text/plain"}
        reference["download_link"] = f"{site.url}/slow.txt"
        known, told = {"link": f"{site.url}/letter.txt", "attachment": "file-1", "sent_as": json.dumps(reference)}, []
        for call in calls():
            # The outcome of what goes on is looked up by the call that stands next on the page.
            answer = made(client, *call.filled(known), patient="openaiFileIdRefs" not in call.body)
            told.append((call, answer))
            for name in ("session_id", "upload_id", "addition_id"):
                if answer.get(name):
                    known.setdefault(name, answer[name])
            if call.address.startswith("/generate-upload-url"):
                drop(client, answer["upload_url"], folder)

        by_path = {urlsplit(call.address).path: answer for call, answer in told}
        assert by_path["/upload-status/{upload_id}"]["status"] == "uploaded"
        processed = by_path["/process-upload"]
        assert (processed["mode"], processed["session_id"]) == ("add_to_existing", known["session_id"])
        assert processed["duplicate_warning"]["session_id"] == earlier
        assert by_path["/sessions/{session_id}/report"]["exceptions"]
        progress = by_path["/sessions/{session_id}/status"]["workflow_progress"]
        assert progress["report_generation"]["status"] == "completed"
        row = by_path["/sessions/{session_id}/requirements/7"]
        assert (row["requirement_id"], bool(row["evidence"])) == ("REQ-007", True)
        names = {d["filename"] for _, a in told for d in a.get("documents", ()) if isinstance(d, dict)}
        assert {"letter.txt", "note.txt"} <= names
        added = by_path["/sessions/{session_id}/additions/{addition_id}"]
        assert [file["outcome"] for file in added["files"]] == ["added"]
        questions = client.get(f"/sessions/{known['session_id']}/duplicates").json()["questions"]
        assert [question["answer"] for question in questions] == ["continue"]
        sessions = client.get("/sessions").json()["sessions"]
        assert {one["session_id"] for one in sessions} == {earlier, known["session_id"]}


def slow(content: bytes) -> link_server.Route:
    """A file of which the first piece comes at once, and the rest only after the server's patience is over."""

    def route(send: link_server.Send, stop: threading.Event) -> None:
        send(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n".encode())
        send(content[:5])
        stop.wait(4)
        send(content[5:])

    return route


def made(client: httpx2.Client, method: str, address: str, body: Any, patient: bool = True) -> dict[str, Any]:
    """The answer to a call; one that says that the work goes on is made again, as the page says."""
    for _ in range(PATIENCE):
        answer = client.request(method, address, **({"json": body} if body is not None else {}))
        assert answer.status_code in (200, 201, 202), f"{method} {address}: {answer.text[:500]}"
        if answer.status_code != 202 or not patient:
            return dict(answer.json())
    pytest.fail(f"{address} does not come to an end")


def drop(client: httpx2.Client, url: str, folder: Path) -> None:
    """What the person does with the link."""
    files = [("files", (path.name, path.read_bytes())) for path in sorted(folder.rglob("*")) if path.is_file()]
    where = urlsplit(url)
    client.post(f"{where.path}?{where.query}", files=files).raise_for_status()
