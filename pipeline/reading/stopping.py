"""What is said of a document that stopped a program: the one that reads it, or the one that looks for what it says."""

from __future__ import annotations

from pipeline.models import Reading
from pipeline.reading.version import READER_VERSION

#: By code, what became of a document that could not be read within the limits.
OF_READING = {
    "timeout": "Reading it took longer than {timeout_seconds} seconds, {tries} times. "
    "Save it again from the program that made it, split it, or raise reading.timeout_seconds.",
    "memory": "Reading it needed more than {memory_mb} MB of memory, {tries} times. "
    "Save it again from the program that made it, split it, or raise reading.memory_mb.",
    "crashed": "The program that reads it failed, {tries} times ({what}): the file is damaged or hostile, or it needs "
    "more than {memory_mb} MB of memory. Save it again from the program that made it and add that copy.",
}
#: The same for a document that was read, and at which what is to be found in it ended or stopped.
OF_PASSES = {
    "timeout": "Looking for what it says took longer than {timeout_seconds} seconds, {tries} times. "
    "Save it again from the program that made it, split it, or raise reading.timeout_seconds.",
    "memory": "Looking for what it says needed more than {memory_mb} MB of memory, {tries} times. "
    "Save it again from the program that made it, split it, or raise reading.memory_mb.",
    "crashed": "The program that looks for what it says ended, {tries} times ({what}): the file is damaged or hostile, "
    "or it needs more than {memory_mb} MB of memory. Save it again from the program that made it and add that copy.",
    "defect": "A defect in this program came to light when it looked for what the file says ({what}); everything else "
    "goes on. Please report it with the log, and save the file again from the program that made it.",
}


class Stopped(Exception):
    """A computation over documents did not come to an end, however often it was tried, or met a defect.

    `at` is the SHA-256 of the document that was looked at, None where none was; `note` says it to the reviewer.
    """

    def __init__(self, at: str | None, code: str, note: str) -> None:
        super().__init__(note)
        self.at = at
        self.code = code
        self.note = note


def quarantined(sha256: str, code: str, note: str) -> Reading:
    """The reading of a document that is kept apart, with its reason."""
    return Reading(
        sha256=sha256,
        reader="none",
        reader_version=READER_VERSION,
        kind="unknown",
        status="quarantined",
        code=code,
        note=note,
    )
