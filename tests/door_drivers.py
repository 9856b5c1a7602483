"""One driver per door, each from outside: the program's own commands, a watched folder, HTTP, MCP over a pipe and HTTP.

A driver says and does the same as every other, in the way of its door. Programs run in processes of their own.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from pipeline.home.presence import workers_running
from tests import link_server
from tests.queue_fixtures import until

ROOT = Path(__file__).resolve().parent.parent
Answer = Literal["continue", "use_existing", "cancel"]
#: Seconds that a driver asks again for a report that is not done yet.
PATIENCE = 180.0


@dataclass(frozen=True)
class Sent:
    """Files that go into a session together, by their names."""

    files: dict[str, bytes]

    def laid_out(self, folder: Path) -> Path:
        """Written into a folder of its own."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder

    def inside_a_call(self) -> dict[str, Any]:
        """As a source of the type upload."""
        items = [
            {"filename": name, "content_base64": base64.b64encode(content).decode()}
            for name, content in self.files.items()
        ]
        return {"type": "upload", "files": items}


@dataclass
class Told:
    """What a door said of a likeness: the warning, and whether the files wait outside until somebody answers."""

    warning: dict[str, Any] = field(default_factory=dict)
    waits_outside: bool = True


class Door(ABC):
    """A home behind one door; everything is done through it, and it is entered for as long as that takes."""

    name: str
    #: Types of the two sources that files come from, in order.
    source_types: tuple[str, str]

    def __init__(self, home: Path, broker: str, scratch: Path) -> None:
        self.home, self.scratch = home, scratch
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("REGISTRY_REVIEW_", "XDG_"))},
            "HOME": str(scratch),
            "REGISTRY_REVIEW_QUEUE_BROKER": broker,
            "REGISTRY_REVIEW_INBOX_SETTLE_SECONDS": "0.3",
            "REGISTRY_REVIEW_INBOX_PATIENCE_SECONDS": "1",
            "REGISTRY_REVIEW_LINKS_ALLOW_PRIVATE": "true",
            "REGISTRY_REVIEW_SERVER_PATH_ROOTS": str(scratch),
        }
        self._has_workers = broker != "embedded"
        self._batches = 0
        #: What the last typed command said beside its result.
        self.complained = ""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._started())
            if self._has_workers:
                stack.enter_context(self._workers())
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @contextmanager
    def _started(self) -> Iterator[None]:
        """Whatever serves this door is up."""
        yield

    @contextmanager
    def _workers(self) -> Iterator[None]:
        with self._running("worker", "--processes", "1"):
            until(lambda: bool(workers_running(self.home / "data")), "a worker is up", 60)
            yield

    @contextmanager
    def _running(self, *words: object, ready: str = "") -> Iterator[str]:
        """The program as long as the block runs; gives what it said that fits the pattern `ready`."""
        log = self.scratch / f"{self.name}-{words[0]}.log"
        command = [sys.executable, str(ROOT / "cli.py"), "--home", str(self.home), *map(str, words)]
        with log.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=self.environment, cwd=self.scratch, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        try:

            def found() -> re.Match[str] | None:
                return re.search(ready, log.read_text(encoding="utf-8"))

            until(lambda: process.poll() is not None or found() is not None, f"`{words[0]}` is up", 60)
            assert process.poll() is None, log.read_text(encoding="utf-8")
            match = found()
            assert match is not None
            yield match[1] if match.groups() else ""
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    def typed(self, *words: object, code: int = 0) -> str:
        """A command of the program in a process of its own, which must end with that code; what it printed."""
        command = [sys.executable, str(ROOT / "cli.py"), "--home", str(self.home), *map(str, words)]
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            env=self.environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout[-2000:], done.stderr[-4000:])
        self.complained = done.stderr
        # Commands that are to be typed lead to the same home; no other door knows options of a terminal.
        return done.stdout.replace(f" --home {self.home}", "")

    def folder_of(self, sent: Sent) -> Path:
        """The files in a fresh folder."""
        self._batches += 1
        return sent.laid_out(self.scratch / f"{self.name}-batch-{self._batches}")

    @contextmanager
    def site_of(self, sent: Sent) -> Iterator[list[str]]:
        """The files on a server of their own; the links to them."""

        def answer(content: bytes) -> link_server.Route:
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            return lambda send, _stop: send(head.encode() + content)

        routes = {f"/{quote(name)}": answer(content) for name, content in sent.files.items()}
        with link_server.serving(routes) as site:
            yield [f"{site.url}{path}" for path in routes]

    # --- the scenario's words -----------------------------------------------------------------------------------------

    @abstractmethod
    def create(self, name: str) -> str:
        """A new session's id."""

    @abstractmethod
    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        """Add files from the first type of source; `into` is the session they go to, when it is another one."""

    @abstractmethod
    def add_more(self, session: str, sent: Sent) -> None:
        """Add files from the second type of source."""

    @abstractmethod
    def add_hostile(self, session: str) -> None:
        """Send a file named evil.txt in the way that this door must refuse."""

    @abstractmethod
    def report(self, session: str) -> dict[str, Any]:
        """Everything up to the report, and the report."""

    @abstractmethod
    def status(self, session: str) -> dict[str, Any]:
        """The session with all that waits."""

    @abstractmethod
    def add_alike(self, session: str, sent: Sent) -> Told:
        """Add files that stand in another session, without saying beforehand what is to become of them."""

    @abstractmethod
    def answer(self, session: str, sent: Sent, choice: Answer) -> None:
        """Answer what was asked when those files were added."""

    @abstractmethod
    def why_no_stage(self, session: str) -> str:
        """What is said when a stage is asked for of a session that points to another one."""


class CommandLine(Door):
    """Typed commands: a folder, then links."""

    name, source_types = "cli", ("path", "link")

    def create(self, name: str) -> str:
        return self.typed("create", name).strip()

    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        self.typed("add", session, self.folder_of(sent), code=4 if b"" in sent.files.values() else 0)

    def add_more(self, session: str, sent: Sent) -> None:
        with self.site_of(sent) as links:
            self.typed("add", session, *links)

    def add_hostile(self, session: str) -> None:
        (self.scratch / "secret").write_text("Not yours.\n")
        evil = self.folder_of(Sent({}))
        (evil / "evil.txt").symlink_to(self.scratch / "secret")
        self.typed("add", session, evil, code=4)

    def report(self, session: str) -> dict[str, Any]:
        return json.loads(self.typed("report", session, "--format", "json", "-o", "-"))  # type: ignore[no-any-return]

    def status(self, session: str) -> dict[str, Any]:
        return json.loads(self.typed("--json", "status", session))  # type: ignore[no-any-return]

    def add_alike(self, session: str, sent: Sent) -> Told:
        folder = self.folder_of(sent)
        said = json.loads(self.typed("--json", "add", session, folder, code=3))
        return Told(said["duplicate_warning"])

    def answer(self, session: str, sent: Sent, choice: Answer) -> None:
        self.typed("add", session, self.folder_of(sent), "--on-duplicate", choice.replace("_", "-"))

    def why_no_stage(self, session: str) -> str:
        self.typed("map", session, code=1)
        return self.complained


class Inbox(CommandLine):
    """Files dropped into the session's folder, then a folder added beside it."""

    name, source_types = "inbox", ("inbox", "path")

    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        self._drop(session, sent, 4 if b"" in sent.files.values() else 0)

    def _drop(self, session: str, sent: Sent, code: int) -> None:
        for name, content in sent.files.items():
            (self.home / "inbox" / session / name).write_bytes(content)
        self.typed("watch", "--once", "--quiet", code=code)

    def add_more(self, session: str, sent: Sent) -> None:
        self.typed("add", session, self.folder_of(sent))

    def add_hostile(self, session: str) -> None:
        (self.scratch / "secret").write_text("Not yours.\n")
        (self.home / "inbox" / session / "evil.txt").symlink_to(self.scratch / "secret")
        self.typed("watch", "--once", "--quiet", code=4)

    def add_alike(self, session: str, sent: Sent) -> Told:
        self._drop(session, sent, 3)
        (question,) = [q for q in self.status(session)["questions"] if q["answer"] is None]
        return Told(question["warning"], waits_outside=False)

    def answer(self, session: str, sent: Sent, choice: Answer) -> None:
        self.typed("duplicates", session, "--answer", choice.replace("_", "-"))


class Rest(Door):
    """A real server and an HTTP client: files through an upload link, then a folder of the server."""

    name, source_types = "rest", ("upload", "path")

    @contextmanager
    def _started(self) -> Iterator[None]:
        import httpx2

        with (
            self._running("serve", "--port", "0", ready=r"at (http://\S+?);") as url,
            httpx2.Client(base_url=url, timeout=60) as self.client,
        ):
            yield

    def asked(self, method: str, path: str, status: int, **how: Any) -> Any:
        answer = self.client.request(method, path, **how)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text[:2000])
        return answer.json()

    def create(self, name: str) -> str:
        return str(self.asked("POST", "/sessions", 201, json={"project_name": name})["session_id"])

    def _add(self, session: str, source: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
        told = self.asked("POST", f"/sessions/{session}/documents", status, json={"source": source, **more})
        assert isinstance(told, dict)
        return told

    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        link = self.asked("POST", "/generate-upload-url", 200, json={"session_id": session})
        assert (link["mode"], link["session_id"]) == ("add_to_existing", session)
        files = [("files", (name, content)) for name, content in sent.files.items()]
        self.asked("POST", link["upload_url"], 200, files=files)
        first, again = (
            self.asked("POST", "/process-upload", 200, json={"upload_id": link["upload_id"]}) for _ in range(2)
        )
        assert first["session_id"] == (into or session)
        # What was read of them may have been done in between.
        assert first.pop("discovery")
        assert again.pop("discovery")
        assert first == again

    def add_more(self, session: str, sent: Sent) -> None:
        self._add(session, {"type": "path", "path": str(self.folder_of(sent))})

    def add_hostile(self, session: str) -> None:
        told = self._add(session, Sent({"../evil.txt": b"Not mine.\n"}).inside_a_call())
        assert [file["outcome"] for file in told["files"]] == ["refused"]

    def report(self, session: str) -> dict[str, Any]:
        def is_there() -> bool:
            return bool(self.client.post(f"/sessions/{session}/report", params={"wait": 30}).status_code == 200)

        until(is_there, "the report is there", PATIENCE)
        return self.asked("GET", f"/sessions/{session}/report", 200)  # type: ignore[no-any-return]

    def status(self, session: str) -> dict[str, Any]:
        return self.asked("GET", f"/sessions/{session}/status", 200)  # type: ignore[no-any-return]

    def add_alike(self, session: str, sent: Sent) -> Told:
        return Told(self._add(session, sent.inside_a_call(), 409)["duplicate_warning"])

    def answer(self, session: str, sent: Sent, choice: Answer) -> None:
        self._add(session, sent.inside_a_call(), on_duplicate=choice)

    def why_no_stage(self, session: str) -> str:
        return str(self.asked("POST", f"/sessions/{session}/map", 409)["detail"])


class McpOverAPipe(Door):
    """An agent's own program, with the official client: a folder, then files inside the call."""

    name, source_types = "mcp-stdio", ("path", "upload")

    @asynccontextmanager
    async def _client(self) -> Any:
        from mcp.client import Client
        from mcp.client.stdio import StdioServerParameters, stdio_client

        words = [str(ROOT / "cli.py"), "--home", str(self.home), "mcp"]
        server = StdioServerParameters(command=sys.executable, args=words, env=self.environment, cwd=str(self.scratch))
        async with Client(stdio_client(server)) as client:
            yield client

    @contextmanager
    def _started(self) -> Iterator[None]:
        from anyio.from_thread import start_blocking_portal

        with (
            start_blocking_portal() as self._portal,
            self._portal.wrap_async_context_manager(self._client()) as self.agent,
        ):
            yield

    def called(self, tool: str, refused: bool = False, **given: Any) -> Any:
        result = self._portal.call(self.agent.call_tool, tool, given)
        text = result.content[0].text
        assert result.is_error == refused, (tool, text[:2000])
        return text if refused else json.loads(text)

    def create(self, name: str) -> str:
        return str(self.called("create_session", project_name=name)["session_id"])

    def _by_path(self, session: str, sent: Sent) -> None:
        source = {"type": "path", "path": str(self.folder_of(sent))}
        self.called("add_documents", session_id=session, source=source)

    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        self._by_path(session, sent)

    def add_more(self, session: str, sent: Sent) -> None:
        self.called("add_documents", session_id=session, source=sent.inside_a_call())

    def add_hostile(self, session: str) -> None:
        source = Sent({"../evil.txt": b"Not mine.\n"}).inside_a_call()
        told = self.called("add_documents", session_id=session, source=source)
        assert [file["outcome"] for file in told["files"]] == ["refused"]

    def report(self, session: str) -> dict[str, Any]:
        def is_there() -> bool:
            return "summary" in self.called("generate_report", session_id=session, wait_seconds=30)

        until(is_there, "the report is there", PATIENCE)
        read = self._portal.call(self.agent.read_resource, f"report://{session}/json")
        return json.loads(read.contents[0].text)  # type: ignore[no-any-return]

    def status(self, session: str) -> dict[str, Any]:
        return self.called("get_status", session_id=session)  # type: ignore[no-any-return]

    def add_alike(self, session: str, sent: Sent) -> Told:
        said = self.called("add_documents", refused=True, session_id=session, source=sent.inside_a_call())
        return Told(json.loads(said.splitlines()[-1])["duplicate_warning"])

    def answer(self, session: str, sent: Sent, choice: Answer) -> None:
        self.called("add_documents", session_id=session, source=sent.inside_a_call(), on_duplicate=choice)

    def why_no_stage(self, session: str) -> str:
        return str(self.called("map_requirements", refused=True, session_id=session))


class McpOverHttp(McpOverAPipe):
    """A server that agents reach over HTTP: files inside the call, then links."""

    name, source_types = "mcp-http", ("upload", "link")

    @asynccontextmanager
    async def _client(self) -> Any:
        from mcp.client import Client

        async with Client(self._url) as client:
            yield client

    @contextmanager
    def _started(self) -> Iterator[None]:
        serving = self._running("mcp", "--http", "--port", "0", ready=r"at (http://\S+/mcp)\.")
        with serving as self._url, super()._started():
            yield

    def add(self, session: str, sent: Sent, into: str | None = None) -> None:
        self.called("add_documents", session_id=session, source=sent.inside_a_call())

    def add_more(self, session: str, sent: Sent) -> None:
        with self.site_of(sent) as links:
            for link in links:
                self.called("add_documents", session_id=session, source={"type": "link", "url": link})


DOORS: Sequence[type[Door]] = (CommandLine, Inbox, Rest, McpOverAPipe, McpOverHttp)
