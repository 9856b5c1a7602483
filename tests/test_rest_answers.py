"""REST says what it left out, what goes on, what is here already, and what to call next; on a real server."""

from __future__ import annotations

import hashlib
import pwd
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from pipeline.home.keys import create_key
from pipeline.home.probes import other_accounts
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from servers.hints import as_calls
from tests import link_server
from tests.queue_fixtures import until
from tests.serving import Server, letters, serving

SESSION = "session-20260131-120000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("answers") / "home", links_allow_private="true", server_answer_seconds=1
    ) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def create(client: httpx2.Client, name: str) -> str:
    made = client.post("/sessions", json={"project_name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["session_id"])


def added(client: httpx2.Client, session_id: str, body: dict[str, object]) -> httpx2.Response:
    """What adding gave, also where this server, which answers after a second, was too busy to do it in time."""
    told = client.post(f"/sessions/{session_id}/documents", json=body)
    if told.status_code == 202:
        where = urlsplit(told.json()["status_url"]).path
        until(lambda: client.get(where).status_code != 202, "it is added", 60)
        told = client.get(where)
    assert told.status_code == 200, told.text
    return told


@pytest.mark.parametrize("said", [{}, {"methodology": None}, {"methodology": "soil-carbon-v1.2.2"}])
def test_whoever_names_no_methodology_means_the_default(client: httpx2.Client, said: dict[str, str | None]) -> None:
    made = client.post("/sessions", json={"project_name": "Any Farm", **said})
    assert (made.status_code, made.json().get("methodology")) == (201, "soil-carbon-v1.2.2")
    assert client.post("/generate-upload-url", json={"project_name": "Any Farm", **said}).status_code == 200


def test_an_empty_session_is_discovered_in_the_shape_of_every_other_one(client: httpx2.Client) -> None:
    session_id = create(client, "Empty Farm")
    found = client.post(f"/sessions/{session_id}/discover", params={"wait": 20})
    assert found.status_code == 200
    told = {"documents_found": 0, "sources_scanned": [], "classification_summary": {}, "documents": []}
    assert found.json() == {"schema_version": found.json()["schema_version"], "session_id": session_id, **told}


def test_the_list_of_sessions_counts_what_it_leaves_out_and_says_where_the_rest_is(client: httpx2.Client) -> None:
    for number in range(3):
        create(client, f"Farm {number}")
    seen: list[str] = []
    address = "/sessions?limit=2"
    while address:
        answer = client.get(address)
        page = answer.json()
        assert page["left_out"] == page["total"] - len(page["sessions"])
        seen += [one["session_id"] for one in page["sessions"]]
        address = answer.links.get("next", {}).get("url", "")
        assert bool(address) == (page["next_offset"] is not None)
    assert len(seen) == len(set(seen)) == page["total"]


def test_a_project_is_looked_for_by_its_name_and_hashes_and_nothing_is_made(client: httpx2.Client) -> None:
    session_id = create(client, "Ridge Farm 2026")
    source = letters("one.txt", "two.txt", "three.txt")
    added(client, session_id, {"source": source})
    names = ("one.txt", "two.txt", "three.txt")
    hashes = [hashlib.sha256(f"The letter {name}.\n".encode()).hexdigest() for name in names]
    before = client.get("/sessions").json()["total"]

    found = client.post("/duplicates/detect", json={"project_name": "Ridge Farm 2026", "file_hashes": hashes})
    assert found.status_code == 200, found.text
    assert found.json()["session_id"] == session_id
    assert found.json()["choices"] == ["continue", "use_existing", "cancel"]
    other = client.post("/duplicates/detect", json={"project_name": "Ridge Farm 2026", "file_hashes": ["0" * 64]})
    assert (other.status_code, other.json()) == (200, None)
    wrong = client.post("/duplicates/detect", json={"project_name": "Ridge Farm 2026", "file_hashes": ["no hash"]})
    assert wrong.status_code == 422
    assert client.get("/sessions").json()["total"] == before


def test_an_answer_of_cancel_names_the_kind_of_source_that_was_not_added(client: httpx2.Client) -> None:
    first, second = create(client, "Brook Farm"), create(client, "Brook Farm")
    content = b"A letter for two.\n"
    with link_server.serving({"/letter.txt": link_server.answer(content, content_type="text/plain")}) as site:
        source = {"type": "link", "url": f"{site.url}/letter.txt"}
        added(client, first, {"source": source})
        told = added(client, second, {"source": source, "on_duplicate": "cancel"})
    assert (told.json()["source_type"], told.json()["files_added"]) == ("link", 0)


def test_a_slow_link_is_answered_with_where_to_look_is_fetched_once_and_its_answer_is_kept(
    client: httpx2.Client,
) -> None:
    session_id = create(client, "Slow Farm")
    body = b"A letter from afar.\n"
    go_on = threading.Event()

    def slow(send: link_server.Send, _stop: threading.Event) -> None:
        send(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        go_on.wait(60)
        send(body)

    with link_server.serving({"/letter.txt": slow}) as site:
        source = {"source": {"type": "link", "url": f"{site.url}/letter.txt"}}
        first = client.post(f"/sessions/{session_id}/documents", json=source)
        again = client.post(f"/sessions/{session_id}/documents", json=source)
        assert [first.status_code, again.status_code] == [202, 202]
        assert first.json()["addition_id"] == again.json()["addition_id"]
        where = urlsplit(first.json()["status_url"]).path
        assert first.headers["location"].endswith(where)
        assert client.get(where).status_code == 202
        go_on.set()
        until(lambda: client.get(where, params={"wait": 1}).status_code == 200, "the letter is there", 60)
        assert [file["outcome"] for file in client.get(where).json()["files"]] == ["added"]
        assert len(site.requests) == 1
    gone = client.get(f"/sessions/{session_id}/additions/work-0")
    assert gone.status_code == 404
    assert f"GET /sessions/{session_id}/documents" in gone.json()["hint"]


def test_what_fails_after_its_caller_was_answered_is_told_where_it_was_to_look(client: httpx2.Client) -> None:
    session_id = create(client, "Lost Farm")
    with link_server.serving({"/letter.txt": lambda _send, stop: stop.wait(60) and None}) as site:
        source = {"source": {"type": "link", "url": f"{site.url}/letter.txt"}}
        told = client.post(f"/sessions/{session_id}/documents", json=source)
        assert told.status_code == 202
    where = urlsplit(told.json()["status_url"]).path
    until(lambda: client.get(where).status_code != 202, "the fetching is over", 60)
    over = client.get(where)
    refused = over.status_code == 200 and over.json()["files"][0]["outcome"] == "refused"
    assert refused or over.headers["content-type"] == "application/problem+json", over.text


# --- hints ------------------------------------------------------------------------------------------------------------


def test_a_hint_names_a_call_and_no_command_of_a_terminal(client: httpx2.Client) -> None:
    session_id = create(client, "Hint Farm")
    for answer in (
        client.get("/sessions/session-20000101-000000"),
        client.get(f"/sessions/{session_id}/report"),
        client.get(f"/sessions/{session_id}/requirements/7"),
        client.post(f"/sessions/{session_id}/duplicates", json={"answer": "continue"}),
        client.post("/sessions", json={"project_name": " "}),
    ):
        hint = answer.json()["hint"]
        assert answer.status_code >= 400
        assert "registry-review" not in hint
        assert "`" not in hint
        assert re.search(r"(GET|POST) /sessions", hint), hint


@pytest.mark.parametrize(
    ("command", "call"),
    [
        (f"registry-review run {SESSION}", f"POST /sessions/{SESSION}/report"),
        ("See `failed list`.", f"See GET /sessions/{SESSION}/status."),
        (f"See `show {SESSION} REQ-007`.", f"See GET /sessions/{SESSION}/requirements/REQ-007."),
        (f"Answer: registry-review duplicates {SESSION} --answer continue|use-existing|cancel",
         f'Answer: POST /sessions/{SESSION}/duplicates {{"answer": ...}}'),
        (f"Open it: registry-review reopen {SESSION} --by NAME --reason TEXT",
         f"Open it: DELETE /sessions/{SESSION}/complete"),
        ("Look at the disk; see `doctor`.",
         "Look at the disk; see `registry-review doctor`. (On the server's machine, by whoever runs it.)"),
        ("Give the name you sign with.", "Give the name you sign with."),
    ],
)  # fmt: skip
def test_a_command_becomes_the_call_that_does_the_same(command: str, call: str) -> None:
    assert as_calls(command, SESSION) == call


# --- what a GPT is set up with ----------------------------------------------------------------------------------------


def test_a_gpts_description_is_had_without_a_key_and_names_the_server_as_it_is_called(tmp_path: Path) -> None:
    home = tmp_path / "home"
    create_key(Workspace.open(load_settings(home=home, environ={}).settings), "desk", ("write",))
    with serving(home) as server, server.client() as client:
        assert client.get("/sessions").status_code == 401
        described = client.get("/openapi.gpt.json")
        assert described.status_code == 200
        assert described.json()["servers"] == [{"url": server.url}]
        assert client.get("/openapi.gpt.json/").status_code == 401
    with serving(home, server_public_url="https://review.example.org") as server, server.client() as client:
        whole = client.get("/openapi.gpt.json").json()
    assert whole["servers"] == [{"url": "https://review.example.org"}]
    operations = [one for methods in whole["paths"].values() for one in methods.values()]
    assert len(operations) <= 30
    for operation in operations:
        assert 0 < len(operation["description"]) <= 300
        for parameter in operation["parameters"]:
            assert 0 < len(parameter.get("description", "")) <= 300, parameter
    files = whole["components"]["schemas"]["NewDocuments"]["properties"]["openaiFileIdRefs"]
    assert (files["type"], files["items"]) == ("array", {"type": "string"})


# --- other accounts of the machine ------------------------------------------------------------------------------------


def account(name: str, uid: int, shell: str = "/bin/bash") -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid, "", f"/home/{name}", shell))


def test_other_accounts_are_those_that_people_log_in_with() -> None:
    known = [
        account("root", 0), account("daemon", 1), account("me", 1000), account("ann", 1001),
        account("web", 1002, "/usr/sbin/nologin"), account("nobody", 65_534),
    ]  # fmt: skip
    assert other_accounts(known, mine=1000) == ["ann"]


def test_a_server_with_a_one_time_link_lets_in_whoever_opens_it_first_and_nobody_else(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    server.start("--token")
    try:
        until(lambda: "token=" in server.said, "the link is told", 30)
        link = urlsplit(re.findall(r"http://\S+/sign-in\?token=\S+", server.said)[-1])
        token = link.query.removeprefix("token=")
        page = {"Accept": "text/html"}
        with server.client(headers=page) as stranger, server.client(headers=page) as reviewer:
            assert stranger.get("/sessions").status_code == 401
            assert stranger.get("/review").headers["location"].startswith("/sign-in")
            assert stranger.post("/sign-in", data={"name": "S. Tranger", "token": "guess"}).status_code == 400
            assert 'name="key"' not in reviewer.get(f"{link.path}?{link.query}").text
            assert reviewer.post("/sign-in", data={"name": "", "token": token}).status_code == 400
            assert reviewer.post("/sign-in", data={"name": "R. Viewer", "token": token}).status_code == 303
            assert reviewer.get("/review").status_code == 200
            assert reviewer.post("/review", data={"project_name": "Hill Farm"}).status_code == 303
            late = stranger.post("/sign-in", data={"name": "S. Tranger", "token": token})
            assert late.status_code == 400
            assert "set-cookie" not in late.headers
            assert stranger.get("/review").status_code == 303
        server.stop()
        server.start("--token")
        with server.client(headers=page, cookies=dict(reviewer.cookies)) as again:
            assert again.get("/review").headers["location"].startswith("/sign-in")
    finally:
        server.end()
