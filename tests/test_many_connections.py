"""The server against callers that keep it waiting: real sockets, a real process, everybody else answered meanwhile."""

from __future__ import annotations

import json
import re
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from pipeline.home.keys import create_key
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from servers.connections import Connections, Patience
from tests.serving import Server, serving

UNFINISHED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-More: "
BODILESS = (
    b"POST /sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with room for sixteen, which waits half a second for headers and bodies."""
    home = tmp_path_factory.mktemp("many") / "home"
    told = {"server_max_connections": 16, "server_header_seconds": 0.5, "server_body_seconds": 0.5}
    with serving(home, uploads_max_files=3, **told) as server:
        yield server


def connect(server: Server, first: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", server.port), 30)
    if first:
        made.sendall(first)
    return made


def rest_of(caller: socket.socket) -> bytes:
    """Everything that the server sends until it ends the connection; fails when it does not."""
    found = b""
    try:
        while piece := caller.recv(65_536):
            found += piece
    except ConnectionError:
        pass
    return found


@contextmanager
def besieged(server: Server, first: bytes, count: int = 48) -> Iterator[list[socket.socket]]:
    """So many callers that send no more than `first`, as long as the block runs."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(server, first)) for _ in range(count)]


@contextmanager
def reviewing(server: Server, key: str = "") -> Iterator[httpx2.Client]:
    """A reviewer who signed in; like a browser she opens a connection anew where the old one was ended."""
    with server.client(headers={"Accept": "text/html", "Connection": "close"}) as client:
        assert client.post("/sign-in", data={"name": "R. Viewer", "key": key}).status_code == 303
        yield client


@pytest.mark.parametrize("first", [UNFINISHED, BODILESS, b"", HEALTH], ids=["headers", "bodies", "silent", "idle"])
def test_a_reviewer_is_answered_while_three_times_as_many_callers_as_there_may_be_keep_the_server_waiting(
    server: Server, first: bytes
) -> None:
    with besieged(server, first) as callers:
        for _ in range(3):
            with reviewing(server) as reviewer:
                assert reviewer.get("/review").status_code == 200
            with server.client() as program:
                assert program.get("/healthz").json() == {"status": "ok"}
        if first != HEALTH:
            for caller in callers:
                rest_of(caller)  # none of them is kept


def test_callers_that_keep_the_server_waiting_cost_a_line_a_minute_and_not_one_each(server: Server) -> None:
    for _ in range(2):
        with besieged(server, UNFINISHED) as callers:
            assert [rest_of(caller) for caller in callers] == [b""] * len(callers)
    said = [re.sub(r"\d+", "#", line) for line in server.said.splitlines()]
    assert len(said) == len(set(said))
    assert len(said) < 8, server.said


def test_a_body_that_does_not_come_is_told_so_and_what_waited_for_it_is_over(server: Server) -> None:
    with connect(server, BODILESS) as caller:
        head, _, body = rest_of(caller).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in head
    assert {"type", "title", "status", "detail", "hint"} <= json.loads(body).keys()


def test_calls_in_one_packet_are_answered_one_after_the_other_and_half_a_connection_is_none(server: Server) -> None:
    with connect(server, HEALTH * 40) as caller:
        caller.shutdown(socket.SHUT_WR)
        rest_of(caller)  # is over, whatever of it was answered
    last = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connect(server, HEALTH * 39 + last) as caller:
        assert rest_of(caller).count(b"200 OK") == 40


@pytest.mark.parametrize(
    "nonsense",
    [
        HEALTH[:-2] + b"X: " + b"a" * 70_000,
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
        BODILESS + b"a" * 999 + b"garbage\r\n",
    ],
    ids=["huge headers", "no HTTP", "more than was told"],
)
def test_nonsense_ends_its_own_connection_only(server: Server, nonsense: bytes) -> None:
    with connect(server) as caller:
        try:
            caller.sendall(nonsense)
        except ConnectionError:
            return  # ended before all of it was sent
        answer = rest_of(caller)
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    with server.client() as client:
        assert client.get("/healthz").status_code == 200


def test_without_descriptors_the_server_neither_spins_nor_stops(tmp_path: Path) -> None:
    with serving(tmp_path / "home", server_max_connections=500) as server:
        have = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (have + 24, have + 24))
        with besieged(server, UNFINISHED, 60), server.client() as client:
            for _ in range(3):
                assert client.get("/healthz", headers={"Connection": "close"}).status_code == 200
        assert len(server.said.splitlines()) < 8, server.said


def test_a_form_is_read_no_further_than_the_upload_takes_files(server: Server) -> None:
    with server.client() as client:
        made = client.post("/generate-upload-url", json={"project_name": "Hill Farm"}).json()
        files = [("files", (f"letter-{n}.txt", f"Letter {n}.\n".encode())) for n in range(1500)]
        sent = client.post(made["upload_url"].removeprefix(server.url), files=files)
        assert sent.status_code == 200, sent.text
        answer = sent.json()
        assert [one["outcome"] for one in answer["files"]] == ["received"] * 3 + ["refused"]
        assert "3 files" in answer["files"][-1]["reason"]
        assert "not read" in answer["message"]
        assert len(client.get(f"/upload-status/{made['upload_id']}").json()["files"]) == 3


# --- who gives way ----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Caller:
    """A connection as `Connections` sees it."""

    phase: str
    since: float
    body_bytes: int = 0
    body_seconds: float = 0.0
    silent_since: float = 0.0
    transport: object = True
    over: bool = False

    def drop(self) -> None:
        self.over = True

    def turn_away(self, *_told: object) -> None:
        self.over = True


def held(*callers: Caller, now: float) -> Connections:
    found = Connections(len(callers), Patience(), lambda: now)
    found._open.update(callers)  # type: ignore[arg-type]  # stand-ins with what is looked at
    return found


def test_whoever_waits_longest_gives_way_and_a_brisk_upload_an_answer_and_a_newcomer_never_do() -> None:
    upload = Caller("body", since=0.0, body_bytes=50_000_000)
    answered, newcomer = Caller("answering", since=0.0), Caller("headers", since=99.8)
    trickle, idle, unfinished = Caller("body", 0.0, body_bytes=90), Caller("idle", 40.0), Caller("headers", 90.0)
    connections = held(upload, answered, newcomer, trickle, idle, unfinished, now=100.0)

    for expected in (unfinished, idle, trickle):
        assert connections.give_way()
        assert expected.over
    assert not connections.give_way()
    assert not any(one.over for one in (upload, answered, newcomer))


def test_a_body_may_take_a_second_longer_for_each_five_hundred_bytes_of_it() -> None:
    slow = Caller("body", 0.0, body_bytes=5_000, body_seconds=29.0, silent_since=100.0)
    late = Caller("body", 0.0, body_bytes=5_000, body_seconds=31.0, silent_since=100.0)
    silent = Caller("body", 0.0, body_bytes=10**9, silent_since=10.0)
    held(slow, late, silent, now=100.0).look()

    assert [slow.over, late.over, silent.over] == [False, True, True]


def test_where_keys_exist_a_reviewer_with_a_key_is_answered_throughout(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, secret = create_key(Workspace.open(load_settings(home=home, environ={}).settings), "desk", ("write",))
    with serving(home, server_max_connections=8) as server, besieged(server, UNFINISHED, 40):
        with reviewing(server, secret) as client:
            assert client.get("/review").status_code == 200
        with server.client() as program:
            assert program.get("/sessions", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
