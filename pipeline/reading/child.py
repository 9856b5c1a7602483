"""A reading process: requests as JSON lines on stdin, answers as JSON lines on stdout, and limits on itself.

Started by the reading service as `python -m pipeline.reading.child '{"memory_mb": ..., ...}'`. It ends when its stdin
or its lifeline does, even in the middle of a document, so it never outlives the program that asked.
"""

from __future__ import annotations

import base64
import errno
import importlib
import json
import logging
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.models import Reading
from pipeline.reading import attention
from pipeline.reading.defects import place_of
from pipeline.reading.extent import Extent
from pipeline.reading.given import Readings, Unread
from pipeline.reading.limits import grant_seconds, hold
from pipeline.store.faultpoints import reach
from pipeline.store.lifeline import tie

#: What the system says when a file or its disk is at fault. Everything else, such as a place before the file's first
#: byte, is the doing of what stands in it.
_FILE_TROUBLE = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENODEV,
    errno.ENXIO, errno.ELOOP, errno.EISDIR,
}  # fmt: skip
#: Made beforehand: there may be no memory left to make it.
_NO_MEMORY = b'{"failed": "memory"}\n'
#: A reading that is longer in writing, in characters, is not handed on; a real document comes to a few million.
MOST_WRITTEN = 100_000_000


def main() -> None:
    """Answer requests until stdin ends."""
    settings = json.loads(sys.argv[1])
    if "lifeline" in settings:
        tie(settings["lifeline"])
    answers = _private_stdout()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    import pypdfium2  # noqa: F401 - loaded before the memory limit counts and before the first document waits for it

    from pipeline.reading import reader  # start-up

    hold(settings["memory_mb"])
    at = _At(answers, settings["timeout_seconds"])
    attention.watch(at)
    told = _Told()
    logging.getLogger("registry_review").addHandler(told)
    _send(answers, {"ready": True})
    while True:
        request = json.loads(requests.get())
        grant_seconds(settings["timeout_seconds"])
        at.sha256 = ""
        reach("reading.begin")
        try:
            answer = _answer(reader, request, settings)
        except MemoryError:
            os.write(answers.fileno(), _NO_MEMORY)
            os._exit(1)  # what is left of the heap is not fit for another document
        except OSError as error:
            answer = _of_the_system(error)
        except Exception as error:  # noqa: BLE001 - whatever a document provokes in a reader is told, not died of
            answer = {**_of_the_document(error), "at": at.sha256}
        reach("reading.done")
        _send(answers, {**answer, "log": told.taken()})


class _Told(logging.Handler):
    """What is logged here, for the log of whoever asked: this process writes to no file."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.name, record.levelno, record.getMessage()))

    def taken(self) -> list[tuple[str, int, str]]:
        """What has been logged since it was last asked for."""
        lines, self._lines = self._lines, []
        return lines


class _At:
    """Says which document is looked at, and how much processor time was used until then."""

    def __init__(self, answers: BinaryIO, seconds: float) -> None:
        self._answers = answers
        self._seconds = seconds
        self.sha256 = ""

    def __call__(self, sha256: str) -> None:
        if sha256 != self.sha256:
            self.sha256 = sha256
            grant_seconds(self._seconds)
            _send(self._answers, {"at": sha256, "used": time.process_time()})


def _of_the_document(error: Exception) -> dict[str, Any]:
    """The error's type and place only: a message may quote the document."""
    if isinstance(error, Unread):
        return {"failed": "unread", "sha256": error.sha256}
    return {"failed": "error", "what": place_of(error)}


def _of_the_system(error: OSError) -> dict[str, Any]:
    """Whether the file cannot be had, or what it holds led its reader to ask the system for nonsense."""
    if error.errno == errno.ENOMEM:
        return {"failed": "memory"}
    if error.errno in _FILE_TROUBLE:
        return {"failed": "file", "what": error.strerror or type(error).__name__}
    return {"failed": "error", "what": type(error).__name__}


def _answer(reader: Any, request: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "pass":
        # Here and not above: a process that only reads needs none of it.
        carry_out = importlib.import_module(request["carried_out_by"]).carry_out
        readings = Readings(request["readings"], request["kept"])
        return {"result": carry_out(request["over"], request["given"], readings)}
    path = Path(request["path"])
    if request["do"] == "boxes":
        return {"found": reader.find_boxes(path, [(page, quote) for page, quote in request["wanted"]])}
    if request["do"] == "pictures":
        drawn = reader.draw_pages(path, request["wanted"], settings["max_megapixels"] * 1_000_000)
        return {"found": [base64.b64encode(one).decode("ascii") if one else None for one in drawn]}
    extent = Extent(settings["max_page_characters"], settings["max_page_objects"], settings["max_unpacked_mb"])
    reading = reader.read_file(path, request["sha256"], settings["max_pages"], settings["max_cells"], extent)
    written = reading.model_dump_json()
    if len(written) > MOST_WRITTEN:
        written = _too_much(reading).model_dump_json()
    return {"reading": written}


def _too_much(reading: Reading) -> Reading:
    """The same document, kept apart: whoever asked would need many times as much memory to take in what it says."""
    note = (
        f"What was read of it fills more than {MOST_WRITTEN // 1_000_000} MB, far more than a document for people. "
        "Split it, or send only what matters."
    )
    own = reading.model_dump(include={"sha256", "reader", "reader_version", "kind", "page_count"})
    return Reading(**own, status="quarantined", code="too_much_text", note=note)


def _listen(requests: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    # Nobody is there to answer to; the main thread may be deep inside a document and is not asked.
    os._exit(0)


def _private_stdout() -> BinaryIO:
    # Libraries that print would break the protocol, or put document text into somebody's log.
    private = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return private


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
