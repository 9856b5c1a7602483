"""One reading process as seen from outside: asked one thing at a time, and killed when it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pipeline
from pipeline.errors import TryAgain
from pipeline.reading.patience import PATIENCE_SECONDS, Patience

#: Seconds a new process may take until it says it is ready; far more than a loaded machine needs.
START_SECONDS = 60.0
#: An answer longer than this is no reading (`child.MOST_WRITTEN`, written once more as a string in the answer).
MOST_BYTES = 256 * 1024 * 1024
#: How much a process that takes long yields to others (see nice(2)).
_NICE = 10


class Gone(Exception):
    """The process ended, or was ended, without an answer; `reason` is a stable code, `what` says it in words."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason
        self.what = what
        #: The SHA-256 of the document that was looked at, where the process said so.
        self.at: str | None = None


class ReadingProcess:
    """A child process with limits of its own; use from one thread at a time."""

    def __init__(self, settings: dict[str, Any]) -> None:
        end, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-B", "-m", "pipeline.reading.child", json.dumps({**settings, "lifeline": end})],
                pass_fds=(end,),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a reader's warnings may quote the document
                # Where the package lies: it is found whether installed or not, and no file of a user shadows a module.
                cwd=Path(pipeline.__file__).parent.parent,
                # Its own group: Ctrl-C in a terminal reaches us, who then end it in order.
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._lifeline)
            raise TryAgain(f"No reading process could be started: {error.strerror}.", "Try again later.") from error
        finally:
            os.close(end)
        self._in, self._out = _pipes(self._process)
        self._buffer = bytearray()
        self.documents = 0
        #: True once it took long over something: it yields to others since, and should not be asked again.
        self.yields = False
        try:
            self._answer(Patience(self._process.pid, START_SECONDS))
        except Gone as gone:
            self.close()
            raise TryAgain(f"A reading process did not start: {gone.what}.", "Run doctor to see why.") from None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(
        self,
        request: dict[str, Any],
        timeout_seconds: float,
        on_slow: Callable[[], None] | None = None,
        moment: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """The answer to a request. Raises Gone when the process ends or takes longer; it is of no use after that.

        Where the process says which document it looks at, each has so many seconds in all. Waiting for a processor
        on a busy machine does not count, within reason. When it takes more than a `moment` it yields to all others, so
        that it costs them next to nothing, and `on_slow` is called.
        """
        self.documents += 1

        def slow() -> None:
            self.yields = True
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
            # Where Linux weighs a session's processes as one group, each of ours is a group of its own (sched(7)).
            with contextlib.suppress(OSError):
                Path(f"/proc/{self._process.pid}/autogroup").write_text(str(_NICE), "ascii")
            if on_slow:
                on_slow()

        patience = Patience(self._process.pid, timeout_seconds, slow, moment)
        try:
            self._in.write(json.dumps(request).encode() + b"\n")
            self._in.flush()
            # Only what is said on the way tells how much time was used; a failure, too, says which document it was.
            while "used" in (answer := self._answer(patience)):
                patience.now_at(answer["at"], answer["used"])
                if patience.is_over():
                    raise Gone("timeout", "it took too long")
            return answer
        except (OSError, ValueError):  # ValueError: another thread closed the pipes, because the program ends
            gone = self._ended()
        except Gone as error:
            gone = error
        gone.at = patience.at or None
        raise gone

    def close(self) -> None:
        """End it, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)

    def _yield_to_others(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)

    def _answer(self, patience: Patience) -> dict[str, Any]:
        poll = select.poll()
        poll.register(self._out, select.POLLIN | select.POLLHUP)
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            while not poll.poll(patience.wait() * 1000):
                if patience.is_over():
                    raise Gone("timeout", "it took too long")
            piece = os.read(self._out.fileno(), 1 << 20)
            if not piece:
                raise self._ended()
            self._buffer += piece
            if len(self._buffer) > MOST_BYTES:
                raise Gone("crashed", "it gave back far more than a document holds")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> Gone:
        code = self._process.wait()
        if code >= 0:
            return Gone("crashed", f"it ended with code {code}")
        if -code == signal.SIGXCPU:
            return Gone("timeout", "it took too long")
        with contextlib.suppress(ValueError):
            return Gone("crashed", f"it was ended by {signal.Signals(-code).name}")
        return Gone("crashed", f"it was ended by signal {-code}")


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the process was started with pipes")
    return process.stdin, process.stdout
