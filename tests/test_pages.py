"""The reviewer's pages, from a real server in a real browser: by keyboard alone, read by axe, without script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from examples import write_submission
from tests.browsing import browsing, grave_faults, looking, overflow, sign_in, signed_in
from tests.queue_fixtures import until
from tests.serving import ROOT, Server, letters, sent, serving

PEOPLE = {"Accept": "text/html"}
#: Names as somebody might send them who means harm, or means nothing.
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)&quot;'.txt"
LONG = "A very long name of a farm in the hills " * 6 + ".txt"
TOO_LONG = "x" * 296 + ".txt"


@pytest.fixture(scope="module")
def browser(browser_program: str) -> Iterator[Browser]:
    with browsing(browser_program) as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("pages") / "home") as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def reviewed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A made-up submission with a report, for every test that only looks."""
    submission = write_submission(tmp_path_factory.mktemp("reviewed") / "submission")
    with server.client() as client:
        session_id = new_session(client, submission.project_name)
        added = client.post(f"/sessions/{session_id}/documents", json={"source": sent(submission.folder)})
        assert added.status_code == 200, added.text
        reported(client, session_id)
    return session_id


def new_session(client: httpx2.Client, name: str = "Hill Farm") -> str:
    made = client.post("/sessions", json={"project_name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["session_id"])


def with_letters(client: httpx2.Client, *names: str, project: str = "Hill Farm") -> str:
    session_id = new_session(client, project)
    added = client.post(f"/sessions/{session_id}/documents", json={"source": letters(*names)})
    assert added.status_code == 200, added.text
    return session_id


def reported(client: httpx2.Client, session_id: str) -> None:
    done = client.post(f"/sessions/{session_id}/report", params={"wait": 40})
    assert done.status_code == 200, done.text[:500]


def key(home: Path, name: str, scope: str) -> str:
    from cli import cli

    made = CliRunner().invoke(cli, ["--home", str(home), "--quiet", "keys", "create", name, "--scope", scope])
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def audit(server: Server, session_id: str) -> str:
    return (server.home / "data" / "sessions" / session_id / "audit.jsonl").read_text()


# --- by keyboard ------------------------------------------------------------------------------------------------------


@contextmanager
def working(home: Path, broker: str) -> Iterator[Server]:
    """A server whose stages are carried out by itself or, with a broker's server, by a worker beside it."""
    with serving(home, queue_broker=broker) as server, ExitStack() as stack:
        if broker != "embedded":
            command = [sys.executable, str(ROOT / "cli.py"), "--home", str(home), "worker", "--processes", "1"]
            told = {**os.environ, "REGISTRY_REVIEW_QUEUE_BROKER": broker}
            worker = subprocess.Popen(command, env=told, cwd=home.parent, start_new_session=True)  # noqa: S603 - our own program
            stack.callback(worker.wait, 60)
            stack.callback(worker.terminate)
        yield server


@pytest.mark.timeout(300)
@pytest.mark.parametrize("broker", ["embedded", "redis"])
def test_a_review_is_begun_filled_run_and_read_by_keyboard_alone(
    browser: Browser, tmp_path: Path, broker: str, request: pytest.FixtureRequest
) -> None:
    address = "embedded" if broker == "embedded" else request.getfixturevalue("redis_server").url
    with working(tmp_path / "home", address) as server:
        _by_keyboard(server, browser, tmp_path)


def _by_keyboard(server: Server, browser: Browser, tmp_path: Path) -> None:
    submission = write_submission(tmp_path / "submission", seed=5)
    files = [path for path in sorted(submission.folder.rglob("*")) if path.is_file()]
    with looking(browser) as page:
        press, heading = page.keyboard.press, page.locator("h1")
        # Asked for early: the browser is told to hand choosers over while the test goes on.
        page.on("filechooser", lambda _: None)
        # Begin it
        page.goto(server.url)
        press("g")
        with page.expect_navigation():
            press("i")
        page.keyboard.type("Ada Reviewer")
        with page.expect_navigation():
            press("Enter")
        heading.get_by_text("Sessions").wait_for()
        press("c")
        page.keyboard.type("Keyboard Farm")
        with page.expect_navigation():
            press("Enter")
        heading.get_by_text("Keyboard Farm").wait_for()
        # Fill it
        with page.expect_file_chooser() as chooser:
            press("f")
        chooser.value.set_files(files)
        press("Tab")
        press("Enter")
        page.get_by_text(re.compile("files? added|added")).first.wait_for()
        assert "/documents?upload=" in page.url
        # Run it, and see it come
        press("u")
        page.wait_for_url(re.compile(r"/review/session-[0-9-]+$"))
        press("r")
        page.locator("#progress[data-working]").wait_for()
        page.locator(".matters li").first.wait_for(timeout=90_000)
        # Read what needs her
        press("j")
        row = page.evaluate("document.activeElement.getAttribute('href')")
        assert re.fullmatch(r"/review/session-[0-9-]+/requirements/REQ-[0-9]+", row)
        press("j")
        press("k")
        assert page.evaluate("document.activeElement.getAttribute('href')") == row
        # See the keys
        press("?")
        page.get_by_role("dialog").wait_for()
        assert "run to the report" in page.get_by_role("dialog").inner_text()
        press("Escape")
        # Approve what is covered, in one word
        before = page.locator("#clean .quiet").inner_text()
        assert int(before) > 5
        press("a")
        page.keyboard.type("Quotes read")
        with page.expect_navigation():
            press("Enter")
        page.locator("td.said .approved").first.wait_for()
        assert page.locator("td.said .approved").count() == int(before)
        assert page.locator("#clean").count() == 0
    with server.client() as client:
        found = [
            one
            for one in client.get("/sessions").json()["sessions"]
            if "Keyboard" in one["project_metadata"]["project_name"]
        ]
    assert '"actor": "Ada Reviewer"' in audit(server, found[0]["session_id"]) or '"actor":"Ada Reviewer"' in audit(
        server, found[0]["session_id"]
    )


def test_keys_do_nothing_while_somebody_types_and_can_be_turned_off(
    server: Server, browser: Browser, reviewed: str
) -> None:
    with looking(browser) as page:
        sign_in(page, server.url, next_path=f"/review/{reviewed}")
        at = page.url
        page.keyboard.press("a")
        page.keyboard.type("jku gs a?")
        assert page.url == at
        assert page.locator("#reason").input_value() == "jku gs a?"
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")  # Turn single keys off
        page.keyboard.press("u")
        page.keyboard.press("j")
        assert page.url == at
        page.reload()
        page.keyboard.press("?")  # still told, and turned on there again
        page.get_by_text("Turn single keys on").click()
        with page.expect_navigation():
            page.keyboard.press("u")
        assert page.url == f"{server.url}/review"


# --- for everybody ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_grave_fault_of_access_nor_breaks_its_own_policy(
    server: Server, browser: Browser, reviewed: str, client: httpx2.Client, scheme: str
) -> None:
    document = client.get(f"/sessions/{reviewed}/documents").json()["documents"][0]["document_id"]
    paths = (
        "/review",
        f"/review/{reviewed}",
        f"/review/{reviewed}/documents?document={document}",
        f"/review/{reviewed}/progress",
        "/review/nowhere/at/all",
    )
    with looking(browser, expected=("404",), color_scheme=scheme) as page:
        page.goto(f"{server.url}/sign-in")
        assert grave_faults(page) == []
        sign_in(page, server.url)
        for path in paths:
            page.goto(server.url + path)
            assert grave_faults(page) == [], path
            page.keyboard.press("?")
            assert grave_faults(page) == [], f"the keys of {path}"


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_page_is_wider_than_its_window(server: Server, browser: Browser, reviewed: str, width: int) -> None:
    with looking(browser, viewport={"width": width, "height": 900}) as page:
        sign_in(page, server.url)
        for path in ("/review", f"/review/{reviewed}", f"/review/{reviewed}/documents", "/sign-in"):
            page.goto(server.url + path)
            assert overflow(page) == 0, path


def test_everything_works_without_script(server: Server, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("A letter without script.\n")
    with looking(browser, java_script_enabled=False) as page:
        page.goto(f"{server.url}/review")
        page.get_by_role("link", name="Sign in").first.click()
        page.fill("#name", "Ada Reviewer")
        page.get_by_role("button", name="Sign in").click()
        page.fill("#project_name", "Plain Farm")
        page.get_by_role("button", name="Begin").click()
        page.set_input_files("#files", tmp_path / "letter.txt")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("letter.txt: added").wait_for()
        page.get_by_role("link", name="letter.txt").click()
        page.select_option("#document_type", "land_tenure")
        page.fill("#reason", "It is a letter about the lease.")
        page.get_by_role("button", name="It is of this type").click()
        page.get_by_text("It is a letter about the lease.").wait_for()
        page.get_by_role("link", name="Plain Farm").click()
        page.get_by_role("button", name="Run to the report").click()
        for _ in range(600):
            link = page.get_by_role("link", name="Look again")
            if not link.count():
                break
            link.click()
        page.goto(page.url.removesuffix("/progress"))
        page.locator("table.matrix").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{server.url}/review")
        assert page.locator("#project_name").count() == 0


def test_an_address_that_leads_nowhere_is_a_page_and_programs_get_a_problem(
    server: Server, client: httpx2.Client, reviewed: str
) -> None:
    for path in (
        "/review/session-20200101-000000",
        "/review/x/y/z",
        f"/review/{reviewed}/report.exe",
        f"/review/{reviewed}/documents/none/file",
    ):
        answer = client.get(path, headers=PEOPLE)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "All sessions" in answer.text
    assert client.get("/sessions/none", headers=PEOPLE).headers["content-type"] == "application/problem+json"
    assert client.get("/", headers=PEOPLE, follow_redirects=False).headers["location"] == "/review"


# --- names that mean harm ---------------------------------------------------------------------------------------------


def test_hostile_names_are_shown_and_do_nothing(server: Server, browser: Browser, client: httpx2.Client) -> None:
    project = "<b onclick=alert(3)>Bold</b> & Sons " + "x" * 120
    session_id = with_letters(client, MARKUP, LONG, TOO_LONG, project=project)
    reported(client, session_id)
    documents = client.get(f"/sessions/{session_id}/documents").json()["documents"]
    assert len(documents) == 2
    hostile = next(one for one in documents if "onerror" in one["filename"])
    with looking(browser, viewport={"width": 390, "height": 800}) as page:
        sign_in(page, server.url)
        for path in (
            "/review",
            f"/review/{session_id}",
            f"/review/{session_id}/documents?document={hostile['document_id']}",
        ):
            page.goto(server.url + path)
            assert page.locator("img").count() == 0, path
            assert page.locator("main script").count() == 0
            assert overflow(page) == 0, path
        assert page.get_by_text("<img src=x onerror=alert(1)>").first.is_visible()
    saved = client.get(f"/review/{session_id}/documents/{hostile['document_id']}/file")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")


def test_characters_that_turn_the_line_are_shown_as_marks(server: Server, client: httpx2.Client) -> None:
    session_id = new_session(client)
    with signed_in(server) as asked:
        answer = add(asked, session_id, ("letter\u202etxt.exe", b"Turned.\n"))
    assert answer.status_code == 422
    assert "\u202e" not in answer.text
    assert "letter\\u202etxt.exe" in answer.text


# --- files onto the page ----------------------------------------------------------------------------------------------


def test_files_dropped_anywhere_on_a_sessions_page_go_into_that_session_and_what_is_there_already_is_told(
    server: Server, browser: Browser, client: httpx2.Client
) -> None:
    session_id = with_letters(client, "first.txt", project="Dropping Farm")
    with looking(browser) as page:
        sign_in(page, server.url, next_path=f"/review/{session_id}")
        handle = page.evaluate_handle(
            "() => { const d = new DataTransfer();"
            " d.items.add(new File(['The letter first.txt.\\n'], 'again.txt'));"
            " d.items.add(new File(['Another letter.\\n'], 'other.txt')); return d; }"
        )
        page.dispatch_event("h1", "dragover", {"dataTransfer": handle})
        assert page.locator("body.dropping").count() == 1
        with page.expect_navigation():
            page.dispatch_event("h1", "drop", {"dataTransfer": handle})
        page.get_by_text("other.txt: added").wait_for()
        page.get_by_text("again.txt: already here, the same content as first.txt").wait_for()
        page.get_by_role("link", name="other.txt").wait_for()
    until(lambda: client.get(f"/sessions/{session_id}").json()["statistics"]["documents_found"] == 2, "both are there")
    inventory = client.get(f"/sessions/{session_id}/documents").json()["documents"]
    assert {one["filename"] for one in inventory} == {"first.txt", "other.txt"}
    assert "Ada Reviewer" in audit(server, session_id)


def test_a_file_larger_than_any_other_body_streams_in_and_one_over_its_own_limit_is_told_apart(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "home", inbox_max_file_mb=3, server_max_body_mb=1) as server,
        server.client() as client,
        signed_in(server) as asked,
    ):
        session_id = new_session(client)
        answer = add(asked, session_id, ("large.txt", b"x" * 2_500_000), ("larger.txt", b"y" * 3_500_000))
        assert answer.status_code == 200, answer.text
        assert "large.txt</bdi>: added" in answer.text
        assert "larger.txt</bdi>: not taken" in answer.text
        assert len(client.get(f"/sessions/{session_id}/documents").json()["documents"]) == 1
        only = add(asked, session_id, ("larger.txt", b"y" * 3_500_000))
        assert only.status_code == 422
        assert only.headers["content-type"].startswith("text/html")
        assert "larger.txt" in only.text
        other = asked.post(f"/review/{session_id}/run", content=b"z" * 1_500_000, headers=PEOPLE)
        assert other.status_code == 413
        nobody = client.post(f"/review/{session_id}/documents/add", files={"files": ("a.txt", b"A")}, headers=PEOPLE)
        assert nobody.headers["location"].startswith("/sign-in?next=")


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_word_on_a_document_is_kept_and_one_said_on_what_changed_since_is_refused_with_what_was_typed(
    server: Server, client: httpx2.Client
) -> None:
    session_id = with_letters(client, "lease.txt")
    client.post(f"/sessions/{session_id}/discover", params={"wait": 40})
    document = client.get(f"/sessions/{session_id}/documents").json()["documents"][0]["document_id"]
    seen = client.get(f"/sessions/{session_id}").json()["revision"]
    path = f"/review/{session_id}/documents/{document}/mark"
    with signed_in(server, "Ana Agent") as ana, signed_in(server, "Ben Reader") as ben:
        first = ana.post(path, data={"mark": "ignore", "reason": "Not of this farm.", "revision": seen})
        second = ben.post(path, data={"mark": "pin", "reason": "It is the lease.", "revision": seen}, headers=PEOPLE)
        empty = ben.post(path, data={"mark": "pin", "reason": " "}, headers=PEOPLE)
    assert first.status_code == 303
    assert second.status_code == 409
    assert 'value="It is the lease."' in second.text
    assert empty.status_code == 400
    stands = client.get(f"/review/{session_id}/documents").text
    assert "Ana Agent" in stands
    assert "Not of this farm." in stands
    assert "Ben Reader" not in stands


def test_what_cannot_be_read_and_what_was_refused_stands_first_with_its_reason(client: httpx2.Client) -> None:
    session_id = new_session(client)
    import base64

    broken = base64.b64encode(b"%PDF-1.7\n1 0 obj\n<<").decode()
    files = [{"filename": "broken.pdf", "content_base64": broken}, {"filename": "empty.txt", "content_base64": ""}]
    client.post(f"/sessions/{session_id}/documents", json={"source": {"type": "upload", "files": files}})
    client.post(f"/sessions/{session_id}/documents", json={"source": letters("good.txt")})
    client.post(f"/sessions/{session_id}/discover", params={"wait": 40})
    page = client.get(f"/review/{session_id}/documents").text
    assert page.index("empty.txt") < page.index("Could not be read") < page.index("broken.pdf") < page.index("good.txt")
    assert "1 document could not be read" in client.get(f"/review/{session_id}").text


# --- the list ---------------------------------------------------------------------------------------------------------


def test_hundreds_of_sessions_come_by_pages_oldest_first_and_are_found_by_name(tmp_path: Path) -> None:
    from pipeline.home.workspace import Workspace
    from pipeline.settings import load_settings
    from pipeline.stages.initialize import create_session

    home = tmp_path / "home"
    with Workspace.open(load_settings(home=home, environ={}).settings) as ws:
        for number in range(230):
            create_session(ws, f"Farm {number:03d} of the {'North' if number % 2 else 'South'}")
    with serving(home) as server, server.client() as client:
        first = client.get("/review").text
        begun = time.monotonic()
        last = client.get("/review", params={"page": 10}).text
        assert time.monotonic() - begun < 10
        north = client.get("/review", params={"q": "north 11"}).text
        turns = client.get("/review", params={"who": "reviewer"}).text
    names = re.findall(r"<bdi>(Farm [0-9]+)", first)
    assert names == [f"Farm {number:03d}" for number in range(25)]
    assert re.findall(r"<bdi>(Farm [0-9]+)", last) == [f"Farm {number:03d}" for number in range(225, 230)]
    assert "Page 1 of 10" in first
    assert re.findall(r"<bdi>(Farm [0-9]+)", north) == [
        "Farm 011",
        *(f"Farm {n}" for n in range(111, 120, 2)),
        "Farm 211",
    ]
    assert "No session fits" in turns
    assert re.search(r"With the developer <b>230</b>", turns)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_where_keys_exist_nothing_is_seen_without_one_a_reader_changes_nothing_and_a_revoked_key_is_out_at_once(
    tmp_path: Path, browser: Browser
) -> None:
    from cli import cli

    home = tmp_path / "home"
    reader, writer = key(home, "reader", "read"), key(home, "writer", "write")
    with serving(home) as server, server.client() as client:
        made = client.post(
            "/sessions", json={"project_name": "Secret Farm"}, headers={"Authorization": f"Bearer {writer}"}
        )
        session_id = made.json()["session_id"]
        # Nobody
        for path in ("/", "/review", f"/review/{session_id}", f"/review/{session_id}/documents", "/review/x/y"):
            answer = client.get(path, headers=PEOPLE)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in"), path
            assert "Secret" not in answer.text
            assert client.get(path).status_code == 401
        assert "Secret" not in client.get("/sign-in", params={"next": f"/review/{session_id}"}).text
        wrong = client.post("/sign-in", data={"name": "Eve", "key": "rr_wrong"}, headers=PEOPLE)
        assert wrong.status_code == 400
        assert "set-cookie" not in wrong.headers
        assert "rr_wrong" not in wrong.text
        # A reader
        with looking(browser, expected=("401", "403")) as page:
            sign_in(page, server.url, "Rea Reader", f"/review/{session_id}", key=reader)
            page.locator("h1", has_text="Secret Farm").wait_for()
            assert page.locator("main form").count() == 0
            page.goto(f"{server.url}/review/{session_id}/documents")
            assert page.locator("main form").count() == 0
        with signed_in(server, "Rea Reader", reader) as asked:
            refused = asked.post(f"/review/{session_id}/run", data={"to": "report"}, headers=PEOPLE)
            assert refused.status_code == 403
            assert refused.headers["content-type"].startswith("text/html")
            assert add(asked, session_id, ("a.txt", b"A")).status_code == 403
            # The cookie opens the pages and nothing else
            assert asked.get("/sessions").status_code == 401
            assert asked.get("/metrics").status_code == 401
            assert asked.get(f"/review/{session_id}").status_code == 200
        # A writer
        with signed_in(server, "Wim Writer", writer) as asked:
            assert add(asked, session_id, ("a.txt", b"A")).status_code == 200
            assert "Wim Writer" in audit(server, session_id)
            done = CliRunner().invoke(cli, ["--home", str(home), "keys", "revoke", "writer"])
            assert done.exit_code == 0
            out = asked.get(f"/review/{session_id}", headers=PEOPLE)
            assert (out.status_code, out.headers["location"].split("?")[0]) == (303, "/sign-in")
            late = asked.post(f"/review/{session_id}/run", data={"to": "report"}, headers=PEOPLE)
            assert late.status_code == 303
            assert late.headers["location"].startswith("/sign-in")


def test_a_name_given_before_there_were_keys_lets_nobody_in_afterwards(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server, server.client() as client, signed_in(server) as asked:
        session_id = new_session(client)
        assert asked.get(f"/review/{session_id}").status_code == 200
        key(server.home, "first", "write")
        assert asked.get(f"/review/{session_id}").status_code == 401


def test_where_the_last_key_was_revoked_nobody_signs_in_with_a_name_alone(tmp_path: Path) -> None:
    from cli import cli

    key(tmp_path / "home", "only", "write")
    with serving(tmp_path / "home", "--host", "0.0.0.0") as server, server.client() as client:  # noqa: S104 - so as to need keys; asked on the loopback
        assert CliRunner().invoke(cli, ["--home", str(server.home), "keys", "revoke", "only"]).exit_code == 0
        assert 'name="key"' in client.get("/sign-in").text
        answer = client.post("/sign-in", data={"name": "Eve"}, headers=PEOPLE)
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers


def test_a_cookie_is_for_this_server_alone_and_cannot_be_made_up(server: Server, client: httpx2.Client) -> None:
    made = client.post("/sign-in", data={"name": "Ada Reviewer"})
    kept = made.headers["set-cookie"]
    assert {part.strip().lower() for part in kept.split(";")[1:]} >= {"httponly", "samesite=strict", "path=/"}
    value = kept.split(";")[0].partition("=")[2]
    assert "Ada Reviewer" in client.get("/review").text
    client.cookies.clear()
    for forged in (value[:-3] + "abc", "eyJuYW1lIjoiRXZlIn0.x", "", "x" * 5000, value.partition(".")[0]):
        answer = client.post(
            "/review", data={"project_name": "Forged"}, headers={"Cookie": f"registry_review={forged}"}
        )
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in"), forged[:20]
    assert "Forged" not in client.get("/review").text


def test_a_page_of_another_site_sends_no_form_and_signs_nobody_in(server: Server) -> None:
    with signed_in(server) as asked:
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            for path in ("/review", "/sign-in", "/sign-out"):
                answer = asked.post(
                    path, data={"project_name": "Evil Farm", "name": "Eve"}, headers={**headers, **PEOPLE}
                )
                assert answer.status_code == 403, path
                assert answer.headers["content-type"].startswith("text/html")
        assert asked.get("/review", headers={"Host": "evil.example", **PEOPLE}).status_code == 421
        assert "Evil Farm" not in asked.get("/review").text


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example/review", "/\\evil.example", "/reviewer", "/docs", ""]
)
def test_signing_in_leads_to_a_page_of_this_server_and_nowhere_else(server: Server, there: str) -> None:
    with server.client() as client:
        answer = client.post("/sign-in", data={"name": "Ada Reviewer", "next": there})
        assert answer.headers["location"] == "/review"
        assert f'href="{there}"' not in client.get("/sign-in", params={"next": there}).text or not there


# --- what goes on -----------------------------------------------------------------------------------------------------


def test_the_server_ends_in_time_while_pages_watch_and_go_on_asking(tmp_path: Path, browser: Browser) -> None:
    with serving(tmp_path / "home") as server, server.client() as client:
        session_id = with_letters(client, *(f"{number}.txt" for number in range(40)))
        with looking(browser, expected=("ERR_", "Failed to load")) as page:
            sign_in(page, server.url, next_path=f"/review/{session_id}")
            page.keyboard.press("r")
            page.locator("#progress").wait_for()
            begun = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - begun < 10


def test_what_goes_on_is_shown_and_nothing_that_is_being_typed_is_taken_away(
    server: Server, browser: Browser, client: httpx2.Client
) -> None:
    session_id = with_letters(client, *(f"{number}.txt" for number in range(30)), project="Watched Farm")
    with looking(browser) as page:
        sign_in(page, server.url, next_path=f"/review/{session_id}")
        with page.expect_navigation():
            page.keyboard.press("r")
        if page.locator("#progress[data-working]").count():
            page.evaluate("document.dispatchEvent(new Event('input'))")  # as typing does
            page.get_by_role("link", name="Show what is new").wait_for(timeout=90_000)
            page.get_by_role("link", name="Show what is new").click()
        page.locator("table.matrix").wait_for()


def test_a_stage_that_gave_up_needs_the_reviewer_says_why_and_is_tried_again_from_the_page(tmp_path: Path) -> None:
    from pipeline.home.workspace import Workspace
    from pipeline.models import StageError
    from pipeline.settings import load_settings
    from pipeline.stages import run
    from pipeline.stages.add_documents import add_documents
    from pipeline.stages.initialize import create_session

    (tmp_path / "letter.txt").write_text("A letter.\n")
    with Workspace.open(load_settings(home=tmp_path / "home", environ={}).settings) as ws:
        session_id = create_session(ws, "Failing Farm").session_id
        add_documents(ws, session_id, {"type": "path", "path": str(tmp_path / "letter.txt")})
        run.advance(ws, session_id, "evidence_extraction")
        why = StageError(code="defect", message="It fell over.", cure="Try it again.", retryable=False, attempts=1)
        run.record_failure(ws, session_id, "cross_validation", why)
    with serving(tmp_path / "home") as server, server.client() as client, signed_in(server) as asked:
        assert "A stage gave up: It fell over. Try it again." in client.get("/review", params={"who": "reviewer"}).text
        page = client.get(f"/review/{session_id}").text
        assert page.index("It fell over.") < page.index("Run it again below")
        assert asked.post(f"/review/{session_id}/run", data={"to": "report"}).status_code == 303
        until(lambda: client.get(f"/sessions/{session_id}").json()["status"] == "report_generated", "it is done", 60)
        assert "It fell over." not in client.get(f"/review/{session_id}").text


def test_the_report_opens_beside_the_pages_and_can_reach_none_of_them(
    server: Server, browser: Browser, reviewed: str, client: httpx2.Client
) -> None:
    with looking(browser) as page:
        sign_in(page, server.url, next_path=f"/review/{reviewed}")
        with page.expect_navigation():
            page.keyboard.press("o")
        assert page.evaluate("self.origin") == "null"
        assert page.locator("h1").first.is_visible()
    for form in ("json", "md"):
        assert "attachment" in client.get(f"/review/{reviewed}/report.{form}").headers["content-disposition"]


def add(asked: httpx2.Client, session_id: str, *files: tuple[str, bytes]) -> httpx2.Response:
    """Send files as the page's form does."""
    return asked.post(
        f"/review/{session_id}/documents/add",
        files=[("files", one) for one in files],
        headers=PEOPLE,
        follow_redirects=True,
    )
