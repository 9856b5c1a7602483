"""What people say of documents and quotes over REST changes what the machine looks at, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from examples import write_submission
from tests.serving import Server, sent, serving

WORD = {"by": "A. Person", "reason": "Looked at it."}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("marks") / "home") as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def reviewed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    submission = write_submission(tmp_path_factory.mktemp("submission") / "sent")
    with server.client() as client:
        session_id = str(client.post("/sessions", json={"project_name": submission.project_name}).json()["session_id"])
        body = {"source": sent(submission.folder)}
        assert client.post(f"/sessions/{session_id}/documents", json=body).status_code == 200
        renew(client, session_id)
    return session_id


def renew(client: httpx2.Client, session_id: str) -> None:
    done = client.post(f"/sessions/{session_id}/report", params={"wait": 40})
    assert done.status_code == 200, done.text[:500]


def say(client: httpx2.Client, session_id: str, path: str, code: int = 200, /, **body: Any) -> Any:
    answer = client.post(f"/sessions/{session_id}/{path}", json={**WORD, **body})
    assert answer.status_code == code, answer.text[:800]
    return answer.json()


def test_a_quote_that_a_person_discards_leaves_its_row_until_they_let_it_count_again(
    client: httpx2.Client, reviewed: str
) -> None:
    rows = client.get(f"/sessions/{reviewed}/requirements").json()["requirements"]
    row = next(row for row in rows if len(row["evidence"]) > 1)
    evidence_id = row["evidence"][0]["evidence_id"]
    address = f"requirements/{row['requirement_id']}/quotes/{evidence_id}"

    def quotes() -> list[str]:
        renew(client, reviewed)
        there = client.get(f"/sessions/{reviewed}/requirements/{row['requirement_id']}").json()
        return [one["evidence_id"] for one in there["evidence"]]

    assert say(client, reviewed, address, counts=False)["discarded"]["evidence_id"] == evidence_id
    assert evidence_id not in quotes()
    assert say(client, reviewed, address, counts=True)["restored"]["evidence_id"] == evidence_id
    assert evidence_id in quotes()


def test_a_document_is_set_aside_pinned_retyped_and_left_to_the_program_again(
    client: httpx2.Client, reviewed: str
) -> None:
    listed = client.get(f"/sessions/{reviewed}/documents").json()["documents"]
    document = next(one for one in listed if one["status"] == "in_scope" and one["document_type"] != "project_plan")
    address = f"documents/{document['document_id']}/mark"

    def now() -> dict[str, Any]:
        renew(client, reviewed)
        listed = client.get(f"/sessions/{reviewed}/documents").json()["documents"]
        return next(one for one in listed if one["document_id"] == document["document_id"])

    say(client, reviewed, address, mark="ignore")
    assert now()["status"] == "ignored"
    say(client, reviewed, address, mark="reclassify", document_type="other")
    assert now()["document_type"] == "other"
    say(client, reviewed, address, mark="unmark")
    assert {name: now()[name] for name in ("status", "document_type")} == {
        name: document[name] for name in ("status", "document_type")
    }


def test_a_row_looks_at_the_documents_that_a_person_gives_it(client: httpx2.Client, reviewed: str) -> None:
    before = client.post(f"/sessions/{reviewed}/map", params={"wait": 40}).json()["mappings"]
    row = before[0]
    listed = client.get(f"/sessions/{reviewed}/documents").json()["documents"]
    other = next(one["document_id"] for one in listed if one["document_id"] not in row["document_ids"])

    made = say(client, reviewed, f"requirements/{row['requirement_id']}/mapping", add=[other])

    assert made["mapping"]["added"] == [other]
    after = client.post(f"/sessions/{reviewed}/map", params={"wait": 40}).json()["mappings"][0]
    assert set(after["document_ids"]) == {*row["document_ids"], other}
    assert after["status"] == "manual"


def test_what_is_said_of_nothing_or_halfway_is_refused(client: httpx2.Client, reviewed: str) -> None:
    document = client.get(f"/sessions/{reviewed}/documents").json()["documents"][0]["document_id"]
    say(client, reviewed, "documents/nothing/mark", 404, mark="pin")
    say(client, reviewed, f"documents/{document}/mark", 400, mark="reclassify")
    say(client, reviewed, f"documents/{document}/mark", 400, mark="pin", document_type="other")
    say(client, reviewed, f"documents/{document}/mark", 400, mark="pin", reason=" ")
    say(client, reviewed, "requirements/REQ-999/mapping", 404)
    assert client.post(f"/sessions/{reviewed}/documents/{document}/mark", json={"mark": "pin"}).status_code == 422
