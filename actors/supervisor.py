"""Keeps N worker processes at work: one that dies is replaced, and the others go on undisturbed.

Dramatiq's own command line ends all its workers when one of them is killed.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.engine import DRAIN_SECONDS
from actors.worker_process import command
from pipeline.errors import TryAgain, UsageError
from pipeline.home.probes import broker_answers, without_password

if TYPE_CHECKING:
    from types import FrameType

    from pipeline.settings import Settings

log = logging.getLogger("registry_review.worker")

#: Seconds between two looks at the processes.
TURN_SECONDS = 0.1
#: A process that lived for less than this is replaced with a pause, which doubles from one second up to the last.
SHORT_LIFE, LONGEST_PAUSE = 10.0, 30.0
#: Seconds after which a process that was told to end is killed: what it is at may be finished, then its queue's threads
#: end, and the whole takes less than the 10 s after which service managers kill.
END_SECONDS = 2 * DRAIN_SECONDS + 0.5


def supervise(settings: Settings, processes: int, level: int, say: Callable[[str], None]) -> bool:
    """Run workers until SIGTERM or SIGINT; True when it was SIGINT. For the main thread of a program.

    UsageError with the embedded broker, which has no workers; TryAgain when the server is away at the start, which
    leaves the trying again to whatever keeps services running. An outage later on is outlasted.
    """
    url = settings.queue.broker
    if url == "embedded":
        cure = "Set it to redis://host:6379/0, or use `watch`, which does the work itself."
        raise UsageError('`[queue] broker` is "embedded", which has no workers.', cure)
    require_server(url)
    stop, at_once, got = threading.Event(), threading.Event(), []

    def end(number: int, _frame: FrameType | None) -> None:
        (at_once if stop.is_set() else stop).set()
        got.append(number)
        if len(got) == 1:
            say("Ending: each process finishes what it is at.")

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        shown = without_password(url)
        say(f"{processes} worker {'process' if processes == 1 else 'processes'} for {shown}. Ctrl-C ends it.")
        Supervisor(settings, processes, level, say=say).run(stop, at_once)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return got[:1] == [signal.SIGINT]


def require_server(url: str) -> None:
    """TryAgain unless the server answers."""
    shown = without_password(url)
    try:
        if broker_answers(url):
            return
    except OSError as error:
        what = f"The broker {shown} is away: {error}."
        raise TryAgain(what, "Start the server and run the command again.") from error
    raise TryAgain(f"What is at {shown} does not speak the Redis protocol.", "Check [queue] broker.")


@dataclass
class _Place:
    """One worker's place; `process` is None while it waits for its next one."""

    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0


@dataclass
class Supervisor:
    """Worker processes for one home; `run` is called once."""

    settings: Settings
    processes: int
    level: int = logging.WARNING
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], object] = log.warning
    _places: list[_Place] = field(default_factory=list)

    def run(self, stop: threading.Event, at_once: threading.Event) -> bool:
        """Work until `stop` is set, then let each process finish what it is at; True when all ended so.

        When `at_once` is set as well, they are killed; what they were at comes back to the next worker.
        """
        self._places = [_Place() for _ in range(self.processes)]
        try:
            while not stop.is_set():
                for place in self._places:
                    self._look_after(place)
                stop.wait(TURN_SECONDS)
            return self._drain(at_once)
        finally:
            for place in self._places:
                if place.process is not None:
                    self._end(place.process)

    def _look_after(self, place: _Place) -> None:
        now = self.clock()
        if place.process is not None:
            code = place.process.poll()
            if code is None:
                return
            self._end(place.process)
            died = f"Worker process {place.process.pid} {_in_words(code)}"
            place.process = None
            lived = now - place.born
            place.pause = 0.0 if lived >= SHORT_LIFE else min(max(1.0, place.pause * 2), LONGEST_PAUSE)
            # A first death is no pattern: who was killed is replaced at once, who dies at every start waits longer.
            wait = 0.0 if place.pause <= 1.0 else place.pause
            place.not_before = now + wait
            self.say(f"{died}; {f'the next one starts in {wait:g} s' if wait else 'another takes its place'}.")
        if now >= place.not_before:
            place.process, place.born = self._start(), now

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C at the terminal reaches the supervisor only, which then ends them in order.
        process = subprocess.Popen(command(), stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own
        settings = self.settings.model_dump(mode="json")
        told = json.dumps({"settings": settings, "level": self.level}).encode() + b"\n"
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            process.stdin.write(told)
            process.stdin.flush()
        except BrokenPipeError:
            log.debug("worker process %d ended before it began", process.pid)
        return process

    def _drain(self, at_once: threading.Event) -> bool:
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = self.clock() + END_SECONDS
        while any(process.poll() is None for process in running):
            if at_once.is_set() or self.clock() >= deadline:
                for process in running:
                    process.kill()
                return False
            at_once.wait(TURN_SECONDS)
        return all(process.returncode == 0 for process in running)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        """Close the pipe by which a process knows that it is looked after, and leave no zombie."""
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdin is not None:
            try:
                process.stdin.close()
            except BrokenPipeError:
                log.debug("worker process %d had not read its settings", process.pid)


def _in_words(code: int) -> str:
    if code >= 0:
        return f"ended by itself (exit code {code})"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"
