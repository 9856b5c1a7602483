"""A whole review over REST, on a real server: decide, remark, ask, determine, sign, open again; claims; who may."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from docx import Document

from examples import write_submission
from servers import description
from tests.serving import Server, letters, sent, serving

ANA, BEN = {"by": "Ana Agent"}, {"by": "Ben Agent"}
WHY = {"reason": "Seen and agreed."}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("review") / "home") as server:
        yield server


@pytest.fixture(scope="module")
def whole(server: Server) -> Any:
    """The server's description of itself."""
    with server.client() as client:
        return client.get("/openapi.json").json()


@pytest.fixture
def client(server: Server, whole: Any) -> Iterator[httpx2.Client]:
    """A client that takes no answer which is not described."""

    def described(answer: httpx2.Response) -> None:
        answer.read()
        method, address = answer.request.method.lower(), answer.request.url.path
        fitting = [one for path, how, one in description.operations(whole)
                   if how == method and re.fullmatch(re.sub(r"\{.*?\}", "[^/]+", path), address)]  # fmt: skip
        told = fitting[0]["responses"][str(answer.status_code)]["content"]
        shape = told[answer.headers["content-type"].partition(";")[0]].get("schema", {})
        if "json" in answer.headers["content-type"]:
            jsonschema.Draft202012Validator({**shape, "components": whole["components"]}).validate(answer.json())

    with server.client(event_hooks={"response": [described]}) as client:
        yield client


def reported(server: Server, folder: Path, seed: int) -> str:
    """A made-up submission that was reported, at its address."""
    submission = write_submission(folder / "submission", seed=seed)
    with server.client() as client:
        made = client.post("/sessions", json={"project_name": f"{submission.project_name} {seed}"}).json()
        address = f"/sessions/{made['session_id']}"
        client.post(f"{address}/documents", json={"source": sent(submission.folder), "check_duplicates": False})
        assert client.post(f"{address}/report", params={"wait": 40}).status_code == 200
    return address


@pytest.fixture(scope="module")
def session(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One that stays open; each test decides on it further."""
    return reported(server, tmp_path_factory.mktemp("open"), 7)


def said(answer: httpx2.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def revision(client: httpx2.Client, session: str) -> int:
    return int(client.get(session).headers["etag"].strip('"'))


def test_a_review_goes_from_the_first_decision_to_the_package_and_is_opened_again(
    server: Server, client: httpx2.Client, tmp_path: Path
) -> None:
    session = reported(server, tmp_path, 3)
    covered = said(client.get(f"{session}/status"))["statistics"]["covered"]
    # Nothing can be signed yet, and what waits is named.
    early = said(client.post(f"{session}/complete", json=ANA), 409)
    assert early["type"] == "urn:registry-review:not-ready"
    assert any("no decision" in one for one in early["waits"])
    assert client.get(f"{session}/complete").status_code == 409
    # The clean rows at once, each named in the answer.
    decide = f"{session}/decisions"
    made = client.post(decide, json={"all_covered": True, "status": "approved", **WHY, **ANA})
    assert len(said(made)["decisions"]) == covered
    assert made.headers["etag"] == f'"{made.json()["revision"]}"'
    state = said(client.get(decide))
    assert {one["state"] for one in state["decisions"]} == {"holds"}
    assert len(state["review"]["undecided"]) == 23 - covered
    # One row is asked for, put into the letter, and settled.
    open_row = state["review"]["undecided"][0]
    wanted = {"requirement_id": open_row, "what": "The map of the lower meadow", **ANA}
    asked = said(client.post(f"{session}/revisions", json=wanted))["request"]
    assert asked["clears_when"]  # from the row's failed tests
    letter = client.get(f"{session}/revision-letter")
    assert letter.headers["content-type"].startswith("text/markdown")
    assert "The map of the lower meadow" in letter.text
    word = client.get(f"{session}/revision-letter", params={"format": "docx"})
    assert word.headers["content-type"].endswith("wordprocessingml.document")
    assert "The map of the lower meadow" in "".join(p.text for p in Document(io.BytesIO(word.content)).paragraphs)
    assert client.get(f"{session}/revision-letter", params={"format": "exe"}).status_code == 422
    assert [one["status"] for one in said(client.get(f"{session}/revisions"))["revisions"]] == ["pending"]
    resolve = f"{session}/revisions/{asked['revision_id']}/resolve"
    assert said(client.post(resolve, json={"note": "Sent by post.", **ANA}))["request"]["status"] == "resolved"
    said(client.post(resolve, json={"note": "Again.", **ANA}), 400)
    # The rest, one with a remark.
    rest = state["review"]["undecided"]
    said(client.post(decide, json={"requirement_ids": rest, "status": "approved", **WHY, **ANA}))
    remark = {"requirement_id": "3", "text": "The map is old enough.", "kind": "clarification", **ANA}
    assert said(client.post(f"{session}/annotations", json=remark))["annotation"]["requirement_id"] == "REQ-003"
    assert [one["text"] for one in said(client.get(f"{session}/annotations"))["annotations"]] == [remark["text"]]
    # The whole.
    said(client.post(f"{session}/complete", json=ANA), 409)  # it is not determined
    bare = {"determination": "conditional", "notes": "Nearly.", **ANA}
    said(client.post(f"{session}/determination", json=bare), 400)
    told = said(client.post(f"{session}/determination", json={**bare, "conditions": ["A map by May."]}))
    assert told["determination"]["conditions"] == ["A map by May."]
    assert isinstance(told["warnings"], list)
    assert said(client.get(f"{session}/determination"))["determination_state"] == "holds"
    stale = said(client.post(f"{session}/complete", json=ANA, headers={"If-Match": '"1"'}), 412)
    assert stale["type"] == "urn:registry-review:revision-conflict"
    signed = said(client.post(f"{session}/complete", json=ANA))
    assert signed["package"]["by"] == "Ana Agent"
    package = client.get(f"{session}/complete")
    assert package.headers["content-type"] == "application/zip"
    assert signed["package"]["filename"] in package.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert archive.testzip() is None
        assert any("Ana Agent" in archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    # Locked: every change is refused, whatever it is.
    for refused in (
        client.post(decide, json={"requirement_ids": ["7"], "status": "rejected", **WHY, **BEN}),
        client.post(f"{session}/annotations", json=remark),
        client.delete(f"{session}/determination", params={**BEN, **WHY}),
        client.post(f"{session}/documents", json={"source": letters("late.txt")}),
    ):
        assert said(refused, 409)["type"] == "urn:registry-review:session-completed"
    # Open again: the first package stays as it was, and completing makes the next.
    said(client.delete(f"{session}/complete", params={**BEN, "reason": "A letter came."}))
    said(client.post(f"{session}/annotations", json=remark))
    said(client.post(f"{session}/determination", json={"determination": "approve", "notes": "Done.", **ANA}))
    assert said(client.post(f"{session}/complete", json=ANA))["package"]["version"] == 2
    assert client.get(f"{session}/complete", params={"version": 1}).content == package.content
    assert client.get(f"{session}/complete").content != package.content
    said(client.get(f"{session}/complete", params={"version": 3}), 404)


def test_a_write_over_what_was_not_seen_is_refused_and_shows_both_versions(client: httpx2.Client, session: str) -> None:
    looked = revision(client, session)
    decide = f"{session}/decisions"
    said(client.post(decide, json={"requirement_ids": ["7"], "status": "approved", "reason": "It is there.", **ANA}))
    late = {"requirement_ids": ["REQ-007"], "status": "rejected", "reason": "It is not.", **BEN}

    by_header = said(client.post(decide, json=late, headers={"If-Match": f'"{looked}"'}), 412)
    in_body = said(client.post(decide, json={**late, "expected_revision": looked}), 409)

    for told in (by_header, in_body):
        assert told["saw"]["word"] is None
        assert told["stands"]["word"]["by"] == "Ana Agent"
        assert told["refused"]["reason"] == "It is not."
        assert told["stands"]["revision"] == revision(client, session)
    assert [d["by"] for d in said(client.get(decide))["decisions"] if d["requirement_id"] == "REQ-007"] == ["Ana Agent"]
    # Another row was not touched, so what was seen of it still stands.
    said(client.post(decide, json={**late, "requirement_ids": ["8"], "expected_revision": looked}))
    now = revision(client, session)
    said(client.post(decide, json=late, headers={"If-Match": f'"{now}"'}))
    gone = client.delete(f"{decide}/7", params={**BEN, **WHY}, headers={"If-Match": f'"{now}"'})
    said(gone, 412)
    assert said(client.delete(f"{decide}/7", params={**BEN, **WHY}))["cleared"]["status"] == "rejected"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("decisions", {"requirement_ids": ["9"], "status": "approved", "reason": "A."}),
        ("decisions", {"requirement_ids": ["9"], "status": "approved", "reason": " ", **ANA}),
        ("decisions", {"requirement_ids": ["9"], "status": "approved", "reason": "A.", "by": "  "}),
        ("decisions", {"requirement_ids": ["9"], "status": "fine", "reason": "A.", **ANA}),
        ("decisions", {"status": "approved", "reason": "A.", **ANA}),
        ("decisions", {"requirement_ids": ["9", "999"], "status": "approved", "reason": "A.", **ANA}),
        ("decisions", {"requirement_ids": ["9"], "all_covered": True, "status": "approved", "reason": "A.", **ANA}),
        ("annotations", {"requirement_id": "9", "text": "", **ANA}),
        ("revisions", {"requirement_id": "9"}),
        ("revisions/rev-99/resolve", {"note": "Done.", **ANA}),
        ("determination", {"determination": "approve", "notes": "Good."}),
        ("determination", {"determination": "approve", "notes": "Good.", "conditions": ["One."], **ANA}),
        ("complete", {}),
    ],
)
def test_a_word_without_name_reason_or_thing_is_refused_and_changes_nothing(
    client: httpx2.Client, session: str, address: str, body: Any
) -> None:
    before = revision(client, session)

    answer = client.post(f"{session}/{address}", json=body)

    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert revision(client, session) == before


def test_a_claim_is_kept_only_when_its_quote_stands_and_changes_no_status(client: httpx2.Client, session: str) -> None:
    rows = said(client.get(f"{session}/requirements"))["requirements"]
    row = next(row for row in rows if row["evidence"])
    quote = row["evidence"][0]
    claim = {
        "requirement_id": row["requirement_id"],
        "quote": quote["quote"],
        "document": quote["document_id"],
        "page": quote["page"],
    }

    kept = said(client.post(f"{session}/claims", json={**claim, "by": "a reader", "note": "Look here."}))

    assert (kept["by"], kept["evidence"]["sha256"]) == ("a reader", quote["sha256"])
    assert said(client.post(f"{session}/claims", json=claim)) == kept
    wrong = said(client.post(f"{session}/claims", json={**claim, "quote": "Nobody wrote these words anywhere."}), 422)
    assert wrong["type"] == "urn:registry-review:claim-refused"
    assert said(client.get(f"{session}/claims"))["claims"] == [kept]
    after = said(client.get(f"{session}/requirements/{row['requirement_id']}"))
    assert (after["status"], after["evidence"]) == (row["status"], row["evidence"])


def test_no_operation_reads_without_a_key_or_changes_with_a_key_that_may_only_read(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from cli import cli

    with serving(tmp_path / "home") as server, server.client() as client:
        session_id = said(client.post("/sessions", json={"project_name": "Locked Farm"}), 201)["session_id"]
        whole = client.get("/openapi.json").json()
        words = ["--home", str(tmp_path / "home"), "--quiet", "keys", "create", "reader"]
        reader = {"Authorization": f"Bearer {CliRunner().invoke(cli, words).stdout.strip()}"}
        before = client.get(f"/sessions/{session_id}", headers=reader)
        seen = 0
        for path, method, _ in description.operations(whole):
            if path == "/healthz":
                continue
            address = re.sub(r"\{.*?\}", "x", path.replace("{session_id}", session_id))
            nobody = client.request(method, address)
            assert nobody.status_code == 401, (method, address, nobody.text)
            assert "Locked Farm" not in nobody.text
            if method != "get":
                assert client.request(method, address, headers=reader).status_code == 403, (method, address)
            seen += 1
        assert seen > 30
        after = client.get(f"/sessions/{session_id}", headers=reader)
        assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])
