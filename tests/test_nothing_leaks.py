"""Neither a secret nor a document's text comes into any log, error or answer, whatever goes well or wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from pdf_maker import make_pdf

from pipeline.home.keys import create_key, revoke_key
from pipeline.home.presence import workers_running
from pipeline.home.workspace import Workspace
from pipeline.stages.initialize import create_session
from tests.queue_fixtures import until
from tests.redis_server import PASSWORD, Server, a_server
from tests.serving import serving

ROOT = Path(__file__).parent.parent
#: Stands in documents only: as text, as a cell, as what breaks a file. Words: a message's UUID may hold any digits.
TEXT = "Quillfeather Bramblewick owes Thistledown"
JSON = {"Content-Type": "application/json"}


class Runs:
    """The real program with a broker behind a password, everything it says kept."""

    def __init__(self, ws: Workspace, url: str) -> None:
        self.ws = ws
        # What is cut off on purpose need not be waited for.
        told = {"REGISTRY_REVIEW_QUEUE_BROKER": url, "REGISTRY_REVIEW_INBOX_PATIENCE_SECONDS": "1"}
        self._environment = {**os.environ, **told}
        self.said: list[str] = []

    def _command(self, *words: object) -> list[str]:
        return [sys.executable, str(ROOT / "cli.py"), "--verbose", "--home", str(self.ws.data.parent), *map(str, words)]

    def __call__(self, *words: object) -> str:
        done = subprocess.run(  # noqa: S603 - our own program
            self._command(*words), env=self._environment, capture_output=True, text=True, timeout=100, check=False
        )
        self.said.append(f"{words}\n{done.stdout}{done.stderr}")
        return done.stderr

    @contextmanager
    def beside(self, *words: object) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(  # noqa: S603 - our own program
            self._command(*words), env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            self.said.append(f"{words}\n{process.communicate(timeout=60)[0]}")

    def everything(self) -> str:
        """All that was said, and every file that is no document, no result and no report."""
        data = self.ws.data
        kept = ("content", "readings", "results", "reports", "archives", "batch", "catalog.sqlite3")
        files = [p for p in data.rglob("*") if p.is_file() and not set(p.relative_to(data).parts) & set(kept)]
        told = [f"{path}: {path.read_bytes().decode('utf-8', 'replace')}" for path in files]
        return "\n".join([*self.said, *told])


@pytest.fixture
def server() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Documents that are read well, and some that break their readers."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "letter.txt").write_text(f"{TEXT}.\n")
    (folder / "table.csv").write_text(f"owner,debt\n{TEXT},1\n")
    whole = make_pdf(folder / "plan.pdf", lambda sheet: sheet.text(50, 50, TEXT)).read_bytes()
    (folder / "torn.pdf").write_bytes(whole[: len(whole) // 2] + TEXT.encode())
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04" + TEXT.encode())
    (folder / "odd.geojson").write_text('{"type": "FeatureCollection", "' + TEXT)
    return folder


@pytest.mark.timeout(400)  # a dozen programs start, one after the other
def test_the_brokers_password_and_the_documents_text_are_in_no_log_and_no_answer(
    workspace: Workspace, server: Server, papers: Path
) -> None:
    run = Runs(workspace, server.url)
    session_id = create_session(workspace, "Meadow Farm").session_id
    with run.beside("worker", "--processes", "1") as worker:
        until(lambda: workers_running(workspace.data) == 1 or worker.poll() is not None, "the worker is there")
        run("add", session_id, papers)
        run("run", session_id)
        for path in papers.iterdir():
            (workspace.inbox / session_id / f"again-{path.name}").write_bytes(path.read_bytes() + TEXT.encode())
        run("watch", "--once", "--to", "report")
        looks = (["status"], ["status", session_id], ["list"], ["doctor"], ["doctor", "--deep"], ["failed", "list"])
        for words in looks:
            run(*words)
        run("config", "show")
        run("batch-report")
        # The server dies under a worker, and commands find it away
        server.kill()
        run("run", session_id)
        run("doctor")
    run("worker")
    everything = run.everything()
    assert session_id in everything
    assert PASSWORD not in everything
    assert [line for line in everything.splitlines() if "Quillfeather" in line or "Thistledown" in line] == []


@contextmanager
def overheard(server: Server) -> Iterator[list[str]]:
    """Every command that the server gets while the block runs."""
    heard: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        # Nothing is sent until the worker has started, for longer than the client's own patience on a busy machine.
        with redis.Redis.from_url(server.url, socket_timeout=None) as client, client.monitor() as monitor:
            ready.set()
            for command in monitor.listen():
                heard.append(str(command["command"]))
                if "THAT IS ALL" in heard[-1]:
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    ready.wait(30)
    yield heard
    with redis.Redis.from_url(server.url) as client:
        client.echo("THAT IS ALL")
    thread.join(30)


@pytest.mark.timeout(300)
def test_nothing_of_a_documents_text_goes_over_the_server(workspace: Workspace, server: Server, papers: Path) -> None:
    run = Runs(workspace, server.url)
    session_id = create_session(workspace, "Meadow Farm").session_id
    with overheard(server) as heard, run.beside("worker", "--processes", "1") as worker:
        until(lambda: workers_running(workspace.data) == 1 or worker.poll() is not None, "the worker is there")
        run("add", session_id, papers)
        run("run", session_id)
    everything = "\n".join(heard)
    assert session_id in everything
    assert "Quillfeather" not in everything
    assert "Thistledown" not in everything


def test_a_wrong_password_is_told_without_either(workspace: Workspace, server: Server) -> None:
    run = Runs(workspace, server.url.replace(PASSWORD, "not-the-one"))
    session_id = create_session(workspace, "Meadow Farm").session_id
    assert "error" in run("run", session_id)
    run("worker")
    run("doctor")
    everything = run.everything()
    assert PASSWORD not in everything
    assert "not-the-one" not in everything


@pytest.mark.timeout(300)
def test_neither_a_key_nor_a_link_nor_a_documents_text_comes_into_what_the_server_says(
    workspace: Workspace, papers: Path
) -> None:
    run = Runs(workspace, "embedded")
    home = workspace.data.parent
    secret = create_key(workspace, "office", ("read", "write"))[1]
    create_key(workspace, "another", ("read",))  # with the last key gone, this machine would need none
    session_id = create_session(workspace, "Meadow Farm").session_id
    with serving(home) as server, server.client(headers={"Authorization": f"Bearer {secret}"}) as client:
        made = client.post("/generate-upload-url", json={"session_id": session_id}).json()
        link = urlsplit(made["upload_url"])
        token = parse_qs(link.query)["token"][0]
        sent = [{"file": (path.name, path.read_bytes())} for path in sorted(papers.iterdir())]
        answers = [client.post(f"{link.path}?{link.query}", files=files) for files in sent]
        answers.append(client.post("/process-upload", json={"upload_id": made["upload_id"]}))
        # And what goes wrong with either: no slot, no right, no link, a body that breaks off.
        answers.append(client.post(f"/upload/none?token={token}", files={"file": ("a.txt", TEXT.encode())}))
        answers.append(client.post(f"{link.path}?token={token}x", files={"file": ("a.txt", TEXT.encode())}))
        answers.append(client.post("/sessions", content=f'{{"project_name": "{TEXT}', headers=JSON))
        answers.append(client.get("/sessions/session-20260131-000000"))
        revoke_key(workspace, "office")
        answers.append(client.get("/sessions"))
    assert {answer.status_code for answer in answers} >= {200, 401, 404, 422}
    told = "\n".join([server.said, run.everything()])
    assert "Serving " in told
    for hidden in (secret, token, "Quillfeather", "Thistledown"):
        assert [line for line in told.splitlines() if hidden in line] == []
    assert [a.text for a in answers if secret in a.text or token in a.text or "Quillfeather" in a.text] == []
