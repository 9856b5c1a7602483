"""People's words over REST: decided, contested, taken back, asked for, signed; and findings that agents bring."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from examples import write_submission
from tests.serving import Server, sent, serving

BY = {"by": "A. Person"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("words") / "home") as server:
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
        done = client.post(f"/sessions/{session_id}/report", params={"wait": 40})
        assert done.status_code == 200, done.text[:500]
    return session_id


def say(client: httpx2.Client, session_id: str, path: str, code: int = 200, /, **body: Any) -> Any:
    headers = body.pop("headers", {})
    answer = client.post(f"/sessions/{session_id}/{path}", json=body, headers=headers)
    assert answer.status_code == code, answer.text[:800]
    return answer.json()


def test_of_two_reviewers_on_one_row_the_second_sees_both_versions_and_loses_nothing(
    client: httpx2.Client, reviewed: str
) -> None:
    both_looked = client.get(f"/sessions/{reviewed}").headers["etag"]
    first = {"requirement_ids": ["7"], "status": "approved", "reason": "Read and agreed.", "by": "A. Person"}
    second = {**first, "status": "rejected", "reason": "The dates disagree.", "by": "B. Person"}

    made = say(client, reviewed, "decisions", **first, headers={"If-Match": both_looked})
    refused = say(client, reviewed, "decisions", 412, **second, headers={"If-Match": both_looked})

    assert [one["requirement_id"] for one in made["decisions"]] == ["REQ-007"]
    assert refused["stands"]["word"]["reason"] == "Read and agreed."
    assert refused["refused"]["reason"] == "The dates disagree."
    row = client.get(f"/sessions/{reviewed}/requirements/7").json()
    told = [row["decision"][name] for name in ("status", "by", "state")]
    assert told == ["approved", "A. Person", "holds"]
    # On another row the same revision is no conflict, and by the body it is a 409.
    other = {**second, "requirement_ids": ["8"], "status": "approved"}
    say(client, reviewed, "decisions", **other, expected_revision=int(both_looked.strip('"')))
    say(client, reviewed, "decisions", 409, **second, expected_revision=int(both_looked.strip('"')))
    say(client, reviewed, "decisions/8/clear", reason="Not mine to say.", **BY)
    assert client.get(f"/sessions/{reviewed}/requirements/8").json()["decision"] is None


def test_a_word_without_a_name_a_reason_or_a_row_is_refused(client: httpx2.Client, reviewed: str) -> None:
    word = {"requirement_ids": ["7"], "status": "approved", "reason": "Read.", **BY}
    for without in ("by", "reason", "status"):
        say(client, reviewed, "decisions", 422, **{name: one for name, one in word.items() if name != without})
    say(client, reviewed, "decisions", 400, **{**word, "reason": " "})
    say(client, reviewed, "decisions", 400, **{**word, "requirement_ids": []})
    assert say(client, reviewed, "decisions", 404, **{**word, "requirement_ids": ["REQ-999"]})["hint"]
    say(client, reviewed, "documents/nothing/mark", 404, mark="pin", reason="Needed.", **BY)
    say(client, reviewed, "revisions/none/resolve", 404, note="Done.", **BY)


def test_a_claim_is_kept_when_its_quote_stands_and_a_refused_one_names_the_nearest_text(
    client: httpx2.Client, reviewed: str
) -> None:
    rows = client.get(f"/sessions/{reviewed}/requirements").json()["requirements"]
    plan = next(e for row in rows for e in row["evidence"] if e["section"] and e["role"] == "primary")
    claim = {"requirement_id": "5", "quote": plan["quote"], "document": plan["document"], "page": plan["page"]}

    kept = say(client, reviewed, "claims", **claim, note="Answers it, too.", by="an agent")["claim"]

    assert kept["evidence"]["quote"] == plan["quote"]
    assert say(client, reviewed, "claims", **claim)["claim"]["claim_id"] == kept["claim_id"]
    words = plan["quote"].split()
    near = say(client, reviewed, "claims", 422, **{**claim, "quote": " ".join([*words[:-1], "elsewhere"])})
    assert "nearest text" in near["detail"]
    assert [one["claim_id"] for one in client.get(f"/sessions/{reviewed}/decisions").json()["claims"]] == [
        kept["claim_id"]
    ]


def test_a_whole_review_goes_over_rest_from_the_first_word_to_a_package_that_verifies_itself(
    client: httpx2.Client, reviewed: str, tmp_path: Path
) -> None:
    # What waits is named, each thing by itself
    waits = say(client, reviewed, "complete", 409, **BY)
    assert waits["waits"]
    rows = client.get(f"/sessions/{reviewed}/requirements").json()["requirements"]
    quoted = next(row for row in rows if row["evidence"])
    address = f"requirements/{quoted['requirement_id']}/quotes/{quoted['evidence'][0]['evidence_id']}"
    assert say(client, reviewed, address, counts=False, reason="Of another year.", **BY)["discarded"]
    assert say(client, reviewed, address, counts=True, reason="No, of this one.", **BY)["restored"]
    document = client.get(f"/sessions/{reviewed}/documents").json()["documents"][0]["document_id"]
    assert say(client, reviewed, f"documents/{document}/mark", mark="pin", reason="Needed.", **BY)["document"]
    say(client, reviewed, f"documents/{document}/mark", 400, mark="reclassify", reason="It is.", **BY)
    assert say(client, reviewed, "requirements/9/mapping", reason="As it should be.", **BY)["mapping"]
    assert say(client, reviewed, "annotations", requirement_id="9", text="See the map.", kind="question", **BY)
    asked = say(client, reviewed, "revisions", requirement_id="9", what="A map", clears_when="A map is sent", **BY)
    letter = client.get(f"/sessions/{reviewed}/revisions/letter")
    assert "A map" in letter.text
    assert letter.headers["content-type"].startswith("text/markdown")
    say(client, reviewed, f"revisions/{asked['request']['revision_id']}/resolve", note="It came by post.", **BY)
    assert client.post(f"/sessions/{reviewed}/report", params={"wait": 40}).status_code == 200

    undecided = client.get(f"/sessions/{reviewed}/decisions").json()["review"]["undecided"]
    say(client, reviewed, "decisions", requirement_ids=undecided, status="approved", reason="Read all.", **BY)
    say(client, reviewed, "determination", 400, determination="conditional", notes="Nearly.", **BY)
    say(client, reviewed, "determination", determination="hold", notes="Not yet.", **BY)
    say(client, reviewed, "determination/clear", reason="Too early.", **BY)
    say(client, reviewed, "determination", determination="approve", notes="All rows were read.", **BY)
    signed = say(client, reviewed, "complete", **BY)

    assert signed["package"]["version"] == 1
    say(client, reviewed, "annotations", 409, requirement_id="9", text="Too late.", **BY)
    package = client.get(f"/sessions/{reviewed}/package")
    assert package.headers["content-type"] == "application/zip"
    assert client.get(f"/sessions/{reviewed}/package").content == package.content
    assert client.get(f"/sessions/{reviewed}/package", params={"version": 9}).status_code == 404
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        archive.extractall(tmp_path)
    (verify,) = tmp_path.rglob("verify.py")
    subprocess.run([sys.executable, str(verify)], cwd=verify.parent, check=True, capture_output=True)  # noqa: S603 - ours
    say(client, reviewed, "reopen", reason="A new file came.", **BY)
    assert client.get(f"/sessions/{reviewed}/decisions").json()["review"]["completed"] is False
