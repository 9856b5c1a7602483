"""REST on a real server, asked by a real client: one lifecycle, told as the contract says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from examples import write_submission
from pipeline import __version__
from tests.queue_fixtures import until
from tests.serving import Server, letters, sent, serving

STAGES = ("discover", "map", "extract", "validate", "report")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("rest") / "home") as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def reviewed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A made-up submission that went the whole way through REST, for every test that only looks."""
    submission = write_submission(tmp_path_factory.mktemp("reviewed") / "submission")
    with server.client() as client:
        session_id = create(client, submission.project_name)
        added = client.post(f"/sessions/{session_id}/documents", json={"source": sent(submission.folder)})
        assert added.status_code == 200, added.text
        for verb in STAGES:
            done = client.post(f"/sessions/{session_id}/{verb}", params={"wait": 40})
            assert done.status_code == 200, f"{verb}: {done.text[:500]}"
    return session_id


def create(client: httpx2.Client, name: str = "Meadow Farm 2026", **more: str) -> str:
    made = client.post("/sessions", json={"project_name": name, **more})
    assert made.status_code == 201, made.text
    return str(made.json()["session_id"])


def add(client: httpx2.Client, session_id: str, *names: str, **more: Any) -> httpx2.Response:
    return client.post(f"/sessions/{session_id}/documents", json={"source": letters(*names), **more})


def settled(client: httpx2.Client, session_id: str) -> httpx2.Response:
    """The session once nothing goes on in it."""
    done = client.post(f"/sessions/{session_id}/discover", params={"wait": 40})
    assert done.status_code == 200
    return client.get(f"/sessions/{session_id}")


def told(answer: httpx2.Response, status: int, word: str = "") -> dict[str, Any]:
    """The problem that a call ended with, in its full shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "hint"} <= problem.keys()
    assert problem["status"] == status
    assert word in f"{problem['type']} {problem['detail']} {problem['hint']}"
    return problem


# --- the lifecycle ----------------------------------------------------------------------------------------------------


def test_a_session_is_made_as_the_contract_says_and_is_there_at_its_address(client: httpx2.Client) -> None:
    made = client.post("/sessions", json={"project_name": "Quarrington", "project_id": "C06-123"})

    assert made.status_code == 201
    body = made.json()
    assert body["project_name"] == "Quarrington"
    assert body["status"] == "initialized"
    assert body.keys() == {"schema_version", "session_id", "project_name", "methodology", "status", "created_at"}
    there = client.get(made.headers["location"])
    assert there.json()["project_metadata"]["project_id"] == "C06-123"
    assert there.headers["etag"] == made.headers["etag"]


def test_the_whole_way_through_rest_ends_in_a_report_of_23_rows(client: httpx2.Client, reviewed: str) -> None:
    report = client.get(f"/sessions/{reviewed}/report")

    assert report.headers["content-type"] == "application/json"
    assert len(report.json()["requirements"]) == 23
    assert client.get(f"/sessions/{reviewed}").json()["status"] == "report_generated"


def test_every_answer_has_the_value_that_the_command_line_gives_as_json(
    client: httpx2.Client, server: Server, reviewed: str
) -> None:
    import subprocess
    import sys

    def typed(*words: str) -> Any:
        command = [sys.executable, "cli.py", "--home", str(server.home), "--json", *words]
        root = Path(__file__).resolve().parent.parent
        told = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout  # noqa: S603 - ours
        # Commands that are to be typed lead to the same home; REST knows no options of a terminal.
        return json.loads(told.replace(f" --home {server.home}", ""))

    assert client.get(f"/sessions/{reviewed}/status").json() == typed("status", reviewed)
    assert client.get(f"/sessions/{reviewed}/requirements/7").json() == typed("show", reviewed, "7")
    assert client.get(f"/sessions/{reviewed}/report").json() == typed("report", reviewed, "-o", "-")
    assert client.get(f"/sessions/{reviewed}/own").json() == typed("own", reviewed)
    asked = client.post(f"/sessions/{reviewed}/map").json()
    assert asked == typed("map", reviewed)


def test_a_report_comes_in_every_form_and_in_parts_for_readers_that_cannot_take_it_whole(
    client: httpx2.Client, reviewed: str
) -> None:
    address = f"/sessions/{reviewed}/report"
    whole = client.get(address).json()

    assert client.get(address, params={"format": "md"}).text.startswith("#")
    page = client.get(address, params={"format": "html"})
    assert page.text.startswith("<!doctype html>")
    assert page.headers["content-disposition"].startswith("attachment")  # its script is not to run as ours
    for form, start in (("docx", b"PK"), ("pdf", b"%PDF-"), ("xlsx", b"PK")):
        made = client.get(address, params={"format": form})
        assert made.content.startswith(start)
        assert made.headers["content-type"].startswith("application/")
        assert made.headers["content-disposition"].endswith(f'-v1.{form}"')
        assert client.get(address, params={"format": form}).content == made.content
    told(client.get(address, params={"format": "exe"}), 422, "json")
    parts = client.get(address, params={"part": ["summary", "requirements"], "limit": 2, "offset": 21}).json()
    assert parts["summary"] == whole["summary"]
    assert parts["requirements"] == whole["requirements"][21:]
    assert parts.keys() == {"schema_version", "generated_at", "summary", "requirements"}


def test_lists_come_a_page_at_a_time_and_the_pages_together_are_the_whole(client: httpx2.Client, reviewed: str) -> None:
    for name in ("documents", "requirements"):
        address = f"/sessions/{reviewed}/{name}"
        whole = client.get(address).json()[name]
        found: list[Any] = []
        offset: int | None = 0
        while offset is not None:
            page = client.get(address, params={"limit": 3, "offset": offset}).json()
            assert page["total"] == len(whole)
            found += page[name]
            offset = page["next_offset"]
        assert found == whole
    only = client.get(f"/sessions/{reviewed}/requirements", params={"status": "missing"}).json()["requirements"]
    assert {row["status"] for row in only} <= {"missing"}


def test_no_answer_is_longer_than_a_caller_said_it_can_take(client: httpx2.Client, reviewed: str) -> None:
    address = f"/sessions/{reviewed}/requirements"
    found: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        page = client.get(address, params={"offset": offset, "max_characters": 20_000})
        assert len(page.text) < 25_000
        assert page.json()["requirements"]
        found += page.json()["requirements"]
        offset = page.json()["next_offset"]
    assert found == client.get(address).json()["requirements"]
    short = client.get(f"/sessions/{reviewed}/status", params={"max_characters": 1000}).json()
    assert "Shortened to fit" in short["notes"][-1]
    done = client.post(f"/sessions/{reviewed}/extract", params={"view": "status", "max_characters": 80_000})
    assert done.json()["statistics"]["requirements_total"] == 23


def test_a_stage_that_is_not_done_yet_is_told_with_where_to_look_and_goes_on_by_itself(
    client: httpx2.Client, tmp_path: Path
) -> None:
    submission = write_submission(tmp_path / "submission", seed=5)
    session_id = create(client, "Slow Farm")
    client.post(f"/sessions/{session_id}/documents", json={"source": sent(submission.folder)})

    asked = client.post(f"/sessions/{session_id}/report")

    assert asked.status_code == 202
    assert asked.json()["advance_to"] == "report_generation"
    assert asked.headers["retry-after"]
    url = asked.json()["status_url"]
    assert url == f"{client.base_url}/sessions/{session_id}/status".replace("//sessions", "/sessions")
    until(lambda: client.get(url).json()["status"] == "report_generated", "the report is there", 60)
    assert client.post(f"/sessions/{session_id}/report").status_code == 200  # it is fresh


def test_a_session_without_documents_says_what_it_waits_for(client: httpx2.Client) -> None:
    session_id = create(client, "Empty Farm")

    asked = client.post(f"/sessions/{session_id}/discover", params={"wait": 5, "view": "status"})

    assert asked.status_code == 200
    assert asked.json()["workflow_progress"]["document_discovery"]["status"] == "waiting"
    told(client.get(f"/sessions/{session_id}/report"), 409, f"/sessions/{session_id}/documents")
    told(client.get(f"/sessions/{session_id}/requirements"), 409, "validate")


def test_the_same_project_twice_is_asked_about_before_anything_is_added(client: httpx2.Client) -> None:
    names = ("one.txt", "two.txt", "three.txt")
    first, second = create(client, "Twice Farm"), create(client, "Twice Farm")
    assert add(client, first, *names).json()["files_added"] == 3

    held = told(add(client, second, *names), 409, "continue")

    assert held["duplicate_warning"]["session_id"] == first
    assert held["choices"] == ["continue", "use_existing", "cancel"]
    assert client.get(f"/sessions/{second}/documents").json()["documents"] == []
    cancelled = add(client, second, *names, on_duplicate="cancel").json()
    assert (cancelled["files_added"], cancelled["duplicate_warning"]["session_id"]) == (0, first)
    existing = add(client, second, *names, on_duplicate="use_existing").json()
    assert existing["session_id"] == first
    assert {file["outcome"] for file in existing["files"]} == {"duplicate"}
    assert client.get(f"/sessions/{second}/status").json()["points_to"] == first
    shown = client.get(f"/sessions/{second}/duplicates").json()["duplicates"]
    assert [(one["session_id"], one["answer"]) for one in shown] == [(first, "use_existing")]
    assert shown[0]["by"]
    assert shown[0]["at"]
    # Then it points there for good, until somebody says otherwise
    there = add(client, second, "four.txt", check_duplicates=False).json()
    assert (there["session_id"], there["files_added"]) == (first, 1)
    assert first in told(client.post(f"/sessions/{second}/map"), 409, f"GET /sessions/{first}/status")["detail"]
    undone = client.post(f"/sessions/{second}/duplicates", json={"answer": "continue"})
    assert [(one["session_id"], one["answer"]) for one in undone.json()["duplicates"]] == [(first, "continue")]
    added = add(client, second, *names).json()
    assert (added["session_id"], added["files_added"]) == (second, 3)
    assert added["duplicate_warning"]["session_id"] == first


def test_a_link_for_a_project_that_has_a_session_names_it(client: httpx2.Client) -> None:
    first = create(client, "Lone Farm")
    asked = client.post("/generate-upload-url", json={"project_name": "lone  farm"}).json()
    assert first in asked["note"]
    client.post(asked["upload_url"], files=[("files", ("plan.txt", b"a plan"))]).raise_for_status()
    taken = client.post("/process-upload", json={"upload_id": asked["upload_id"]}).json()
    assert taken["session_id"] != first
    assert first in taken["note"]
    # And whoever waits at the first one is told where the files are
    mapped = client.post(f"/sessions/{first}/map", params={"wait": 5})
    assert mapped.status_code == 200
    assert any(taken["session_id"] in wait for wait in mapped.json()["waits"])
    # But not whoever holds the link alone
    page = client.get(asked["upload_url"], headers={"Accept": "text/html"}).text
    assert first not in page
    again = client.post("/sessions", json={"project_name": "Lone Farm"}).json()
    assert first in again["note"]


def test_a_hostile_file_is_refused_alone_and_nothing_of_it_leaves_the_home(
    client: httpx2.Client, server: Server
) -> None:
    session_id = create(client, "Hostile Farm")

    added = add(client, session_id, "../../escape.txt", "/etc/escape.txt", "good.txt").json()

    assert [file["outcome"] for file in added["files"]].count("refused") == 2
    assert added["files_added"] == 1
    assert list(server.home.parent.rglob("escape.txt")) == []


# --- revisions and idempotence ----------------------------------------------------------------------------------------


def test_a_change_that_names_an_older_revision_is_refused_and_changes_nothing(client: httpx2.Client) -> None:
    session_id = create(client, "Busy Farm")
    old = client.get(f"/sessions/{session_id}").headers["etag"]
    add(client, session_id, "one.txt")
    now = settled(client, session_id)

    late = client.post(
        f"/sessions/{session_id}/documents", json={"source": letters("two.txt")}, headers={"If-Match": old}
    )

    told(late, 412, "repeat the change")
    told(client.post(f"/sessions/{session_id}/map", headers={"If-Match": old}), 412)
    told(client.delete(f"/sessions/{session_id}", headers={"If-Match": old}), 412)
    told(client.delete(f"/sessions/{session_id}", headers={"If-Match": 'W/"1"'}), 412)
    assert client.get(f"/sessions/{session_id}").headers["etag"] == now.headers["etag"]
    fresh = client.post(
        f"/sessions/{session_id}/documents",
        json={"source": letters("two.txt")},
        headers={"If-Match": f'"0", {now.headers["etag"]}'},
    )
    assert fresh.json()["files_added"] == 1


def test_a_deleted_session_is_gone_and_is_not_found_by_any_route(client: httpx2.Client) -> None:
    session_id = create(client, "Short Farm")

    assert client.delete(f"/sessions/{session_id}", params={"by": "A. Person"}).json()["deleted"] == session_id

    for address in ("", "/status", "/documents", "/requirements", "/requirements/7", "/report", "/duplicates"):
        told(client.get(f"/sessions/{session_id}{address}"), 404, session_id)
    told(client.post(f"/sessions/{session_id}/map"), 404)
    told(add(client, session_id, "one.txt"), 404)


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "project_name"),
        ({"project_name": ""}, "name"),
        ({"project_name": "A", "metodology": "x"}, "metodology"),
        ({"project_name": "A", "methodology": "nothing-v0"}, "nothing-v0"),
        ({"project_name": "A\u0000B"}, "characters"),
        ([], "body"),
    ],
)
def test_a_body_that_cannot_be_used_is_told_with_what_is_wrong_in_it(
    client: httpx2.Client, body: Any, word: str
) -> None:
    answer = client.post("/sessions", json=body)
    assert answer.status_code in (400, 422)
    told(answer, answer.status_code, word)


def test_addresses_methods_and_ids_that_are_none_are_told_as_problems(client: httpx2.Client) -> None:
    told(client.get("/nothing"), 404, "openapi.json")
    told(client.put("/sessions", json={}), 405)
    told(client.get("/sessions/..%2f..%2fetc/status"), 404)
    told(client.get("/sessions/session-20260101-000000"), 404, "There is no session")
    told(client.post("/sessions", content=b"{", headers={"Content-Type": "application/json"}), 422)


def test_a_requirement_that_is_none_is_not_found(client: httpx2.Client, reviewed: str) -> None:
    told(client.get(f"/sessions/{reviewed}/requirements/REQ-999"), 404, "REQ-001")


def test_a_body_larger_than_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving(tmp_path / "home", server_max_body_mb=1) as server, server.client() as client:
        session_id = create(client)
        huge = {"source": {"type": "upload", "files": [{"filename": "a.txt", "content_base64": "A" * 1_500_000}]}}

        told(client.post(f"/sessions/{session_id}/documents", json=huge), 413, "generate-upload-url")

        def dripping() -> Iterator[bytes]:
            yield b'{"source": "'
            for _ in range(200):
                yield b"A" * 10_000

        answer = client.post("/sessions", content=dripping(), headers={"Content-Type": "application/json"})
        told(answer, 413)
        assert client.get(f"/sessions/{session_id}/documents").json()["documents"] == []


def test_paths_are_added_only_below_the_folders_that_the_settings_name(tmp_path: Path) -> None:
    root, other = tmp_path / "submissions", tmp_path / "elsewhere"
    for folder in (root / "farm", other):
        folder.mkdir(parents=True)
        (folder / "letter.txt").write_text("A letter.")
    (root / "way out").symlink_to(other)
    with serving(tmp_path / "home", server_path_roots=root) as server, server.client() as client:
        session_id = create(client)

        def add_path(path: object) -> httpx2.Response:
            source = {"type": "path", "path": str(path)}
            return client.post(f"/sessions/{session_id}/documents", json={"source": source})

        assert add_path(root / "farm").json()["files_added"] == 1
        for path in (other, root / "way out", root / ".." / "elsewhere", "farm", "/", root / "nothing", "a\0b", "~"):
            told(add_path(path), 403, "path_roots")
        assert len(client.get(f"/sessions/{session_id}/documents").json()["documents"]) == 1


# --- health and description -------------------------------------------------------------------------------------------


def test_health_readiness_and_numbers_are_told(client: httpx2.Client, reviewed: str) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    numbers = client.get("/metrics").text
    for name in ("queue_depth", "oldest_queued_seconds", "broker_up 1.0"):
        assert f"registry_review_{name}" in numbers
    assert 'registry_review_stage_seconds_count{stage="report_generation"}' in numbers


def test_a_server_whose_store_cannot_be_written_is_alive_and_not_ready(tmp_path: Path) -> None:
    import os

    with serving(tmp_path / "home") as server, server.client() as client:
        data = server.home / "data"
        data.chmod(0o500)
        try:
            if os.access(data, os.W_OK):
                pytest.skip("this user may write everywhere")
            assert client.get("/healthz").status_code == 200
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert "cannot be written" in answer.json()["checks"]["store"]
        finally:
            data.chmod(0o700)


def test_the_pages_need_no_network_and_say_every_operation(client: httpx2.Client) -> None:
    whole, page = client.get("/openapi.json").json(), client.get("/docs")

    assert whole["openapi"].startswith("3.1")
    assert whole["info"]["version"] == __version__
    assert "http" not in page.headers["content-security-policy"]
    assert "src=" not in page.text
    for methods in whole["paths"].values():
        for one in methods.values():
            assert one["operationId"] in page.text


def test_sessions_are_made_and_filled_by_many_at_once_and_none_is_lost(client: httpx2.Client) -> None:
    before = client.get("/sessions", params={"limit": 1}).json()["total"]

    def one(number: int) -> str:
        session_id = create(client, f"Crowd Farm {number}")
        assert add(client, session_id, f"letter {number}.txt").json()["files_added"] == 1
        return session_id

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(one, range(24)))

    assert len(set(made)) == 24
    assert client.get("/sessions", params={"limit": 1}).json()["total"] == before + 24
