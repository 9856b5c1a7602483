"""The way over a server: an upload link, calls with files in them, and a client that outlasts the server's deaths."""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

from tests.faults.rounds import LOOK_SECONDS, NAME, PATIENCE, Keys, Outcome, Round, parted
from tests.faults.running import Program

#: What takes the steps of an upload.
UPLOADING = "tests.faults.uploading"


def served(round_: Round, expected: bytes | None, blind: int = 0) -> Outcome:
    """Files come through an upload link, and inside calls, while a server does the work and is killed."""
    with Client(round_) as client:
        keys = Keys(round_, blind // 2)
        client.blind = blind - blind // 2
        source, (early, late) = round_.folder / "sent", parted(round_)
        for path, data in early.items():
            if path not in round_.sent.ignored:
                round_.drop({path: data}, source)
        # A slot for a session that is there, or for one that processing it makes
        known = [client.session()] if round_.dice.random() < 0.5 else []
        slot = keys.type("request", *known, module=UPLOADING).strip()
        keys.type("receive", slot, source, module=UPLOADING)
        session_id = keys.type("process", slot, module=UPLOADING).strip()
        if keys.type("process", slot, module=UPLOADING).strip() != session_id or (known and known != [session_id]):
            round_.outcome.findings.doubled.append("processing an upload again gave another session")
        files = [
            {"filename": path, "content_base64": base64.b64encode(data).decode("ascii")} for path, data in late.items()
        ]
        client.call(
            "POST",
            f"/sessions/{session_id}/documents",
            {"source": {"type": "upload", "files": files}, "check_duplicates": False},
        )
        hashes = round_.sent.hashes()
        round_.dropped |= {path: hashes[path] for path in late}
        client.report(session_id)
    round_.run("run", session_id)
    # An empty file is refused, and whoever sent it is told.
    round_.dropped = {name: sha256 for name, sha256 in round_.dropped.items() if not name.endswith("empty.pdf")}
    if left := [path.name for path in round_.home.glob("data/uploads/*/*") if len(path.name) == 64]:
        round_.outcome.findings.unfinished.append(f"{len(left)} files of an upload that was processed are left")
    return round_.finish(expected)


class Client:
    """A program that calls the server, which is started again whenever it died."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._program: Program | None = None
        self._url = ""
        self.blind = 0

    def __enter__(self) -> Client:
        self._start()
        return self

    def __exit__(self, *_how: object) -> None:
        if self._program is not None:
            self._round.ended(self._program.end())

    def _start(self) -> None:
        """Start the server and learn its address."""
        self._round.log_of("serve").write_text("", encoding="utf-8")
        self._program = self._round.start("serve", "--port", 0)
        self._round.wait(
            lambda: self._program is None or self._program.code is not None or self._listens(), "it serves"
        )

    def _listens(self) -> bool:
        found = re.search(r"at (http://\S+?);", self._round.log_of("serve").read_text(encoding="utf-8"))
        self._url = found[1] if found else ""
        return found is not None

    def _care(self) -> None:
        if self._program is not None and self._program.code is not None:
            if self._program.code != -9:
                self._round.require(self._program.code, self._program)
            self._program.clear()
            self._round.outcome.restarts += 1
            self._start()

    def call(self, method: str, path: str, body: object | None = None) -> Any:
        """What the server answers; the call is made again for as long as it dies over it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._care()
            if self.blind and self._program is not None and self._round.dice.random() < 0.3:
                self.blind -= 1
                if self._program.kill(self._round.dice.choice(self._program.members())):
                    self._round.killed("at a random moment")
                continue
            data = None if body is None else json.dumps(body).encode()
            try:
                # No address is known, a ValueError, of a server that was killed before it said one.
                request = urllib.request.Request(  # noqa: S310 - of our own server
                    self._url + path, data, {"Content-Type": "application/json"}, method=method
                )
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
                time.sleep(LOOK_SECONDS)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(LOOK_SECONDS)  # it died, or is about to
        raise RuntimeError(f"served, seed {self._round.outcome.seed}: {method} {path} was never answered")

    def session(self) -> str:
        """A session of our own; one that was made although the answer got lost is found again."""
        while True:
            made = self.call("GET", "/sessions")["sessions"]
            if made:
                return str(made[0]["session_id"])
            with suppress(RuntimeError):
                self._once("POST", "/sessions", {"project_name": NAME})

    def _once(self, method: str, path: str, body: object) -> None:
        """A call that must not be made again blindly."""
        self._care()
        with suppress(OSError, http.client.HTTPException, ValueError):
            request = urllib.request.Request(  # noqa: S310 - of our own server
                self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
            )
            urllib.request.urlopen(request, timeout=60).close()  # noqa: S310 - as above

    def report(self, session_id: str) -> None:
        """Ask for the report until it is there."""
        deadline = time.monotonic() + PATIENCE
        while "status_url" in self.call("POST", f"/sessions/{session_id}/report?wait=5"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"served, seed {self._round.outcome.seed}: no report came")
