"""Calls that are sent again, calls made for a revision, and files that a GPT hands on, on a real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.link_server import answer
from tests.link_server import serving as site_serving
from tests.serving import Server, letters, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    hosts = {"links_allow_private": "true", "links_file_reference_hosts": "127.0.0.1"}
    with serving(tmp_path_factory.mktemp("repeating") / "home", **hosts) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def fresh() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def new_session(client: httpx2.Client, name: str = "Brook Farm") -> str:
    return str(client.post("/sessions", json={"project_name": name}).json()["session_id"])


def add(client: httpx2.Client, session_id: str, headers: dict[str, str], **body: Any) -> httpx2.Response:
    return client.post(f"/sessions/{session_id}/documents", json=body, headers=headers)


def total(client: httpx2.Client) -> int:
    return int(client.get("/sessions", params={"limit": 1}).json()["total"])


def test_a_session_asked_for_again_with_its_key_is_made_once_also_by_many_at_once(client: httpx2.Client) -> None:
    before, key = total(client), fresh()

    def ask(_number: int) -> httpx2.Response:
        return client.post("/sessions", json={"project_name": "Once Farm"}, headers=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    assert [one.headers.get("idempotency-replayed") for one in answers].count(None) == 1
    assert total(client) == before + 1
    # A default that is said is the same request.
    said = {"project_name": "Once Farm", "methodology": "soil-carbon-v1.2.2"}
    assert client.post("/sessions", json=said, headers=key).json() == answers[0].json()


def test_the_same_key_with_another_request_is_refused_and_does_nothing(client: httpx2.Client) -> None:
    key = fresh()
    session_id = client.post("/sessions", json={"project_name": "First Farm"}, headers=key).json()["session_id"]
    before = total(client)

    for again in (
        client.post("/sessions", json={"project_name": "Other Farm"}, headers=key),
        add(client, session_id, key, source=letters("a.txt")),
    ):
        assert again.status_code == 422
        assert again.json()["type"] == "urn:registry-review:key-reused"
    assert total(client) == before
    assert client.get(f"/sessions/{session_id}/documents").json()["documents"] == []
    unusable = client.post("/sessions", json={"project_name": "A"}, headers={"Idempotency-Key": "a b"})
    assert unusable.status_code == 400
    assert total(client) == before


def test_a_session_that_was_deleted_since_is_not_made_again(client: httpx2.Client) -> None:
    key = fresh()
    made = client.post("/sessions", json={"project_name": "Gone Farm"}, headers=key).json()
    client.delete(f"/sessions/{made['session_id']}")
    before = total(client)

    again = client.post("/sessions", json={"project_name": "Gone Farm"}, headers=key)

    assert (again.status_code, again.json()) == (201, made)
    assert total(client) == before


def test_an_answer_outlasts_a_killed_server(tmp_path: Path) -> None:
    key, body = fresh(), {"project_name": "Lasting Farm"}
    with serving(tmp_path / "home") as server, server.client() as client:
        made = client.post("/sessions", json=body, headers=key).json()
        adding = fresh()
        added = add(client, made["session_id"], adding, source=letters("a.txt", "b.txt")).json()
        server.kill()
        server.start()

        assert client.post("/sessions", json=body, headers=key).json() == made
        again = add(client, made["session_id"], adding, source=letters("a.txt", "b.txt"))

        assert again.json() == added  # "added", where the same call without its key would say "duplicate"
        assert again.headers["idempotency-replayed"] == "true"
        assert total(client) == 1


def test_a_repeated_call_names_the_revision_before_its_own_change_and_still_gets_its_answer(
    client: httpx2.Client,
) -> None:
    session_id, key = new_session(client, "Retry Farm"), fresh()
    then = client.get(f"/sessions/{session_id}").headers["etag"]

    first = add(client, session_id, {**key, "If-Match": then}, source=letters("retry.txt"))
    again = add(client, session_id, {**key, "If-Match": then}, source=letters("retry.txt"))
    late = add(client, session_id, {"If-Match": then}, source=letters("late.txt"))

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert late.status_code == 412
    assert [one["filename"] for one in client.get(f"/sessions/{session_id}/documents").json()["documents"]] == [
        "retry.txt"
    ]


def test_what_was_held_back_by_a_question_may_be_answered_with_the_same_key(client: httpx2.Client) -> None:
    names = ("x one.txt", "x two.txt", "x three.txt")
    first, second, key = new_session(client, "Pair Farm"), new_session(client, "Pair Farm"), fresh()
    add(client, first, {}, source=letters(*names))

    held = add(client, second, key, source=letters(*names))
    added = add(client, second, key, source=letters(*names), on_duplicate="continue")

    assert held.status_code == 409
    assert added.json()["files_added"] == 3


def test_of_many_who_add_for_the_same_revision_one_does(client: httpx2.Client) -> None:
    session_id = new_session(client, "Race Farm")
    then = client.get(f"/sessions/{session_id}").headers["etag"]

    def one(number: int) -> int:
        return add(client, session_id, {"If-Match": then}, source=letters(f"race {number}.txt")).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(one, range(6)))

    assert statuses == [200, 412, 412, 412, 412, 412]
    assert len(client.get(f"/sessions/{session_id}/documents").json()["documents"]) == 1


def test_keys_of_one_api_key_mean_nothing_to_another(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from cli import cli

    def secret(name: str) -> dict[str, str]:
        words = ["--home", str(tmp_path / "home"), "--quiet", "keys", "create", name, "--scope", "write"]
        return {"Authorization": f"Bearer {CliRunner().invoke(cli, words).stdout.strip()}"}

    key, one, other = fresh(), secret("one"), secret("other")
    with serving(tmp_path / "home") as server, server.client() as client:
        made = [
            client.post("/sessions", json={"project_name": f"Farm {n}"}, headers={**key, **who})
            for n, who in enumerate((one, other))
        ]
        assert [answer.status_code for answer in made] == [201, 201]
        assert client.get("/sessions", headers=one).json()["total"] == 2


def test_files_that_a_gpt_hands_on_are_fetched_at_once_and_each_has_its_own_outcome(client: httpx2.Client) -> None:
    session_id, key = new_session(client, "Chat Farm"), fresh()
    with site_serving({"/plan.txt": answer(b"What the farm plans.\n")}, None) as site:
        body = {
            "openaiFileIdRefs": [
                {"name": "plan.txt", "id": "f-1", "mime_type": "text/plain", "download_link": f"{site.url}/plan.txt"},
                {"name": "gone.txt", "id": "f-2", "download_link": f"{site.url}/gone.txt"},
                "f-3",
            ]
        }
        added = add(client, session_id, key, **body)
        again = add(client, session_id, key, **body)
        asked = site.paths()

    assert added.status_code == 200, added.text
    outcomes = [one["outcome"] for one in added.json()["files"]]
    assert sorted(outcomes) == ["added", "refused", "refused"]
    assert again.json() == added.json()
    assert asked.count("/plan.txt") == 1
    both = add(client, session_id, {}, source=letters("a.txt"), **body)
    assert both.status_code == 400
    for nothing in ({}, {"openaiFileIdRefs": []}):
        assert add(client, session_id, {}, **nothing).status_code == 400
