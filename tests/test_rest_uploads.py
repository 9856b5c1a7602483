"""The two-step upload on a real server: links, the page in a real browser, a killed server, keys, broken forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import sync_playwright

from tests.queue_fixtures import until
from tests.serving import Server, serving

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("uploads") / "home") as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def new_session(client: httpx2.Client, name: str = "Hill Farm") -> str:
    return str(client.post("/sessions", json={"project_name": name}).json()["session_id"])


def link(client: httpx2.Client, **body: Any) -> dict[str, Any]:
    made = client.post("/generate-upload-url", json=body)
    assert made.status_code == 200, made.text
    return dict(made.json())


def path_of(url: str) -> str:
    return re.sub(r"^http://[^/]+", "", url)


def send(client: httpx2.Client, url: str, *files: tuple[str, bytes]) -> Any:
    return client.post(path_of(url), files=[("files", (name, content)) for name, content in files])


def test_files_sent_to_a_link_are_taken_into_that_session_once(client: httpx2.Client) -> None:
    session_id = new_session(client)
    made = link(client, session_id=session_id)
    assert made["mode"] == "add_to_existing"
    assert made["session_id"] == session_id
    sent = send(client, made["upload_url"], ("plan/notes.txt", b"Notes.\n"), ("empty.txt", b""))
    assert sent.status_code == 200, sent.text
    assert {f["filename"]: f["outcome"] for f in sent.json()["files"]} == {
        "plan/notes.txt": "received", "empty.txt": "refused",
    }  # fmt: skip
    status = client.get(f"/upload-status/{made['upload_id']}").json()
    assert status["status"] == "uploaded"
    first = client.post("/process-upload", json={"upload_id": made["upload_id"]})
    assert first.status_code == 200, first.text
    answer = first.json()
    assert answer["mode"] == "add_to_existing"
    assert answer["session_id"] == session_id
    assert answer["files_added"] == 1
    assert answer["discovery"]["documents_found"] == 1
    again = client.post("/process-upload", json={"upload_id": made["upload_id"]}).json()
    assert {k: v for k, v in again.items() if k != "discovery"} == {k: v for k, v in answer.items() if k != "discovery"}
    closed = send(client, made["upload_url"], ("late.txt", b"Late.\n"))
    assert closed.status_code == 409
    assert "new" in closed.json()["hint"] + closed.json()["detail"]


def test_without_a_session_one_is_made_when_the_files_are_taken_in(client: httpx2.Client) -> None:
    before = client.get("/sessions").json()["total"]
    made = link(client, project_name="Vale Farm")
    assert made["mode"] == "create_new"
    assert client.get("/sessions").json()["total"] == before
    assert client.post("/process-upload", json={"upload_id": made["upload_id"]}).status_code == 409
    send(client, made["upload_url"], ("vale.txt", b"Of the vale.\n"))
    answer = client.post("/process-upload", json={"upload_id": made["upload_id"]}).json()
    assert client.get(f"/sessions/{answer['session_id']}").json()["project_metadata"]["project_name"] == "Vale Farm"
    assert (
        client.post("/process-upload", json={"upload_id": made["upload_id"]}).json()["session_id"]
        == (answer["session_id"])
    )
    assert client.get("/sessions").json()["total"] == before + 1


def test_a_wrong_link_shows_and_takes_nothing(client: httpx2.Client) -> None:
    made = link(client, project_name="Secret Farm")
    for url in (
        path_of(made["upload_url"])[:-4] + "AAAA",
        f"/upload/{made['upload_id']}",
        f"/upload/up-{'0' * 32}?token=x",
    ):
        for answer in (client.get(url), client.post(url, files={"files": ("a.txt", b"a")})):
            assert answer.status_code in (403, 404), answer.text
            assert "Secret" not in answer.text
    assert client.get(f"/upload-status/{made['upload_id']}").json()["files"] == []
    page = client.get(path_of(made["upload_url"]))
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_form_that_is_cut_off_keeps_nothing_of_the_cut_file(client: httpx2.Client) -> None:
    made = link(client, session_id=new_session(client))
    begun = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf of it'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    cut = client.post(path_of(made["upload_url"]), content=begun, headers=headers)
    assert cut.status_code == 400
    assert (
        client.post(
            path_of(made["upload_url"]), content=b"{}", headers={"Content-Type": "application/json"}
        ).status_code
        == 415
    )
    assert client.get(f"/upload-status/{made['upload_id']}").json()["files"] == []


def test_an_expired_link_takes_and_shows_nothing(server: Server, client: httpx2.Client) -> None:
    from pipeline.home.workspace import Workspace
    from pipeline.settings import load_settings
    from pipeline.uploads import request_upload, token_for

    made = datetime.now(UTC) - timedelta(days=2)
    settings = load_settings(home=server.home, environ={}).settings
    with Workspace.open(settings, now=lambda: made) as then:
        slot = request_upload(then, project_name="Late Farm")
        url = f"/upload/{slot.upload_id}?token={token_for(then, slot)}"

    for answer in (
        client.get(url),
        send(client, url, ("a.txt", b"A.\n")),
        client.post("/process-upload", json={"upload_id": slot.upload_id}),
    ):
        assert answer.status_code == 410, answer.text
        assert answer.json()["type"] == "urn:registry-review:upload-expired"
        assert "Late Farm" not in answer.text
    told = client.get(f"/upload-status/{slot.upload_id}").json()
    assert (told["status"], told["files"]) == ("expired", [])


def test_a_browser_without_scripts_gets_the_page_back_which_names_no_other_project(client: httpx2.Client) -> None:
    files = [(f"{number}.txt", f"Of the glen {number}.\n".encode()) for number in range(4)]
    first = link(client, project_name="Hidden Glen Farm")
    send(client, first["upload_url"], *files)
    first_id = client.post("/process-upload", json={"upload_id": first["upload_id"]}).json()["session_id"]
    second = link(client, project_name="Open Glen Farm")

    url = path_of(second["upload_url"])
    form = [("files", one) for one in (*files, ("empty.txt", b""))]
    posted = client.post(url, files=form, headers={"Accept": "text/html"})
    taken = client.post("/process-upload", json={"upload_id": second["upload_id"]}).json()

    assert posted.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in posted.headers["content-security-policy"]
    assert all(name in posted.text for name in ("0.txt", "3.txt", "empty.txt"))
    assert taken["duplicate_warning"]["session_id"] == first_id  # whoever calls with a key is told
    for page in (posted, client.get(url)):
        assert "Hidden Glen" not in page.text
        assert first_id not in page.text


@pytest.mark.parametrize("existing", [True, False])
def test_a_person_uploads_at_the_page_the_server_is_killed_and_the_review_goes_on(
    browser_program: str, tmp_path: Path, existing: bool
) -> None:
    (tmp_path / "plan.txt").write_text("What the farm plans.\n")
    (tmp_path / "map.txt").write_text("Where the farm is.\n")
    with serving(tmp_path / "home") as server, server.client() as client:
        session_id = new_session(client) if existing else None
        made = link(client, **({"session_id": session_id} if existing else {"project_name": "Hill Farm"}))
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=browser_program, args=FLAGS)
            page = browser.new_page()
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            page.goto(made["upload_url"])
            page.set_input_files("#files", [str(tmp_path / "plan.txt")])
            page.click("button")
            page.get_by_text("1 of 1 sent.").wait_for()
            handle = page.evaluate_handle(
                "() => { const d = new DataTransfer(); d.items.add(new File(['Where the farm is.\\n'], 'map.txt'));"
                " return d; }"
            )
            page.dispatch_event("#drop", "drop", {"dataTransfer": handle})
            page.locator("#received li", has_text="map.txt").wait_for()
            assert faults == []
            browser.close()
        server.kill()
        server.start()
        answer = client.post("/process-upload", json={"upload_id": made["upload_id"]}).json()
        assert answer["files_added"] == 2
        assert answer["session_id"] == (session_id or answer["session_id"])
        for verb in ("map", "extract", "validate", "report"):
            done = client.post(f"/sessions/{answer['session_id']}/{verb}", params={"wait": 40})
            assert done.status_code == 200, done.text[:300]
        assert client.get("/sessions").json()["total"] == 1


def test_with_keys_nothing_is_read_or_changed_without_one(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from cli import cli

    home = str(tmp_path / "home")

    def key(name: str, scope: str) -> dict[str, str]:
        made = CliRunner().invoke(cli, ["--home", home, "--quiet", "keys", "create", name, "--scope", scope])
        assert made.exit_code == 0, made.output
        return {"Authorization": f"Bearer {made.stdout.strip()}"}

    reader, writer = key("reader", "read"), key("writer", "write")
    with serving(tmp_path / "home") as server, server.client() as client:
        body = {"project_name": "Hill Farm"}
        assert client.get("/healthz").status_code == 200
        assert client.get("/sessions").status_code == 401
        assert client.post("/sessions", json=body).status_code == 401
        assert client.post("/sessions", json=body, headers=reader).status_code == 403
        assert client.get("/sessions", headers={"Authorization": "Bearer rr_wrong"}).status_code == 401
        assert client.get("/sessions", headers=reader).json()["total"] == 0
        made = client.post("/sessions", json=body, headers=writer)
        assert made.status_code == 201
        upload = client.post(
            "/generate-upload-url", json={"session_id": made.json()["session_id"]}, headers=writer
        ).json()
        # The link carries its own token.
        assert send(client, upload["upload_url"], ("a.txt", b"A.\n")).status_code == 200
        assert client.get(f"/upload-status/{upload['upload_id']}").status_code == 401
        listed = CliRunner().invoke(cli, ["--home", home, "keys", "list"]).stdout
        assert "reader" in listed
        assert "rr_" not in listed
        assert CliRunner().invoke(cli, ["--home", home, "keys", "revoke", "reader"]).exit_code == 0
        assert client.get("/sessions", headers=reader).status_code == 401


def test_another_address_is_not_served_before_there_is_a_key(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from cli import cli

    done = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "serve", "--host", "0.0.0.0", "--port", "0"])  # noqa: S104 - it must be refused
    assert done.exit_code == 2
    assert "keys create" in done.stderr


def test_hostile_uploads_leave_a_clean_store(server: Server, client: httpx2.Client) -> None:
    session_id = new_session(client, "Harried Farm")
    made = link(client, session_id=session_id)
    url = path_of(made["upload_url"])
    names = [
        "../../etc/passwd",
        "/etc/passwd",
        "con.pdf",
        "a" * 400,
        "..",
        "",
        ".hidden",
        "~$a.docx",
        "a\x00b.txt",
        "x.part",
    ]
    for number in range(250):
        name = names[number % len(names)]
        answers = [
            send(client, url, (name, b"x" * (number % 7))),
            client.post(url[:-3] + "zzz", files={"files": ("a.txt", b"a")}),
            client.post(
                url, content=b"--x\r\n" * (number % 5), headers={"Content-Type": "multipart/form-data; boundary=x"}
            ),
            client.post("/process-upload", json={"upload_id": f"up-{number:032d}"}),
        ]
        assert all(answer.status_code < 500 for answer in answers), [a.text for a in answers if a.status_code >= 500]
    staged = [p for p in (server.home / "data" / "staging").rglob("*") if p.is_file() and not p.name.endswith(".lock")]
    assert staged == []
    assert not any(p.suffix == ".tmp" for p in (server.home / "data" / "uploads").rglob("*"))
    assert client.get(f"/sessions/{session_id}").json()["statistics"]["documents_found"] == 0
    good = send(client, url, ("good.txt", b"Good.\n")).json()
    assert [f["outcome"] for f in good["files"]] == ["received"]


# --- who sends badly --------------------------------------------------------------------------------------------------


def test_a_file_over_the_limit_is_refused_while_it_comes_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    with serving(tmp_path / "home", inbox_max_file_mb=1, uploads_max_total_mb=2) as server, server.client() as client:
        made = link(client, session_id=new_session(client))
        url = made["upload_url"]

        large = send(client, url, ("large.bin", b"x" * 1_500_000))
        named = send(client, url, ("../../x.txt", b"x"))

        assert large.status_code == 413
        assert large.json()["type"].endswith("too-large")
        assert [file["outcome"] for file in large.json()["files"]] == ["refused"]
        assert named.status_code == 422
        both = send(client, url, ("large.bin", b"x" * 1_500_000), ("good.txt", b"Good.\n"))
        assert [file["outcome"] for file in both.json()["files"]] == ["refused", "received"]
        for number in range(2):
            send(client, url, (f"{number}.bin", str(number).encode() * 900_000))
        assert send(client, url, ("too much.bin", b"y" * 900_000)).status_code == 413
        kept = {file["filename"] for file in client.get(f"/upload-status/{made['upload_id']}").json()["files"]}
        assert kept == {"good.txt", "0.bin", "1.bin"}


def test_whoever_breaks_off_leaves_nothing_behind_and_no_line_in_the_log(server: Server, client: httpx2.Client) -> None:
    import socket

    made = link(client, session_id=new_session(client))
    head = (
        f"POST {path_of(made['upload_url'])} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="half.txt"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + b"y" * 100_000)
        folder = server.home / "data" / "uploads" / made["upload_id"]
        until(lambda: any(path.stat().st_size for path in folder.glob("*") if path.name != "slot.json"), "it comes in")

    until(lambda: [path.name for path in folder.iterdir() if path.suffix not in (".json", ".lock")] == [], "it is gone")
    assert not (server.home / "data" / "errors.log").exists()
    assert client.get(f"/upload-status/{made['upload_id']}").json()["files"] == []


def test_a_link_that_opens_nothing_is_told_to_a_person_on_a_page_and_to_a_program_as_a_problem(
    client: httpx2.Client,
) -> None:
    url = path_of(link(client, project_name="Secret Farm")["upload_url"])[:-4] + "AAAA"

    shown = client.get(url, headers={"Accept": "text/html"})
    told = client.get(url)

    assert (shown.status_code, told.status_code) == (403, 403)
    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert told.headers["content-type"] == "application/problem+json"
    assert "Secret" not in shown.text + told.text


# --- who calls from elsewhere -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example@localhost"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_page_of_another_site_changes_nothing_and_a_name_of_its_own_does_not_reach_the_server(
    client: httpx2.Client, headers: dict[str, str], status: int
) -> None:
    before = client.get("/sessions").json()["total"]

    answer = client.post("/sessions", json={"project_name": "Evil Farm"}, headers=headers)

    assert answer.status_code == status, answer.text
    assert client.get("/sessions").json()["total"] == before
    if "Host" in headers:
        assert client.get("/sessions", headers=headers).status_code == 421


def test_no_answer_lets_another_site_read_it(client: httpx2.Client) -> None:
    for path in ("/sessions", "/healthz", "/openapi.json", "/docs", "/nothing"):
        answer = client.get(path, headers={"Origin": "https://evil.example"})
        assert [name for name in answer.headers if name.startswith("access-control")] == []
    asked = client.options(
        "/sessions", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    )
    assert [name for name in asked.headers if name.startswith("access-control")] == []


def test_a_server_that_others_can_reach_stays_shut_when_its_last_key_is_revoked(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from cli import cli

    def typed(*words: str) -> str:
        done = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "--quiet", "keys", *words])
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    key = {"Authorization": f"Bearer {typed('create', 'only', '--scope', 'write')}"}
    with serving(tmp_path / "home", "--host", "0.0.0.0") as server, server.client() as client:  # noqa: S104 - so as to need keys; asked on the loopback
        assert client.get("/sessions", headers=key).status_code == 200
        typed("revoke", "only")
        assert client.get("/sessions", headers=key).status_code == 401
        assert client.get("/sessions").status_code == 401


@pytest.mark.timeout(120)
def test_the_server_ends_within_ten_seconds_whatever_it_is_at(tmp_path: Path) -> None:
    import base64
    import socket
    import time

    with serving(tmp_path / "home") as server, server.client() as client:
        session_id = new_session(client)
        files = [
            {"filename": f"{n}.txt", "content_base64": base64.b64encode(b"Letter %d. " % n * 20_000).decode()}
            for n in range(30)
        ]
        body = {"source": {"type": "upload", "files": files}}
        assert client.post(f"/sessions/{session_id}/documents", json=body).status_code == 200
        assert client.post(f"/sessions/{session_id}/report").status_code == 202
        made = link(client, session_id=session_id)
        with socket.create_connection(("127.0.0.1", server.port)) as sender:
            head = f"POST {path_of(made['upload_url'])} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
            sender.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode())
            begun = time.monotonic()
            code = server.stop()
            assert time.monotonic() - begun < 10
        assert code == 0
        server.start()
        until(
            lambda: client.get(f"/sessions/{session_id}").json()["status"] == "report_generated",
            "what was cut off goes on by itself",
            60,
        )
