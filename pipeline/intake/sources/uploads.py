"""Files sent inside the call, as base64 text."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any, BinaryIO

from pipeline import filenames
from pipeline.errors import FileRefused, UsageError
from pipeline.intake.sources.batch import Batch, Candidate, Refusal, check_size


def from_upload(files: tuple[dict[str, Any], ...], limit_bytes: int) -> Batch:
    """The files of one upload; each call is a source of its own.

    An item is `{"filename", "content_base64"}`; `filename` may hold folders. Other keys are ignored, because upload
    forms send their own.
    """
    if not files:
        raise UsageError("The upload holds no files.", 'Send {"files": [{"filename", "content_base64"}, ...]}.')
    candidates, refusals = [], []
    for item in files:
        given = item.get("filename")
        filename = given.replace("\\", "/") if isinstance(given, str) else ""
        try:
            # A Windows browser may send backslashes; the drive test must see the name as it came.
            filenames.check(given if isinstance(given, str) else "")
            candidates.append(_candidate(filename, item.get("content_base64"), limit_bytes))
        except FileRefused as error:
            refusals.append(Refusal(filenames.printable(filename) or "(no name)", str(error), not _temporary(filename)))
    return Batch("upload", None, {}, tuple(candidates), tuple(refusals))


def _temporary(filename: str) -> bool:
    return filenames.is_ignored_path(filename)


def _candidate(filename: str, content: Any, limit_bytes: int) -> Candidate:
    name = filenames.check(filename)
    if _temporary(filename):
        raise FileRefused(
            f"{filenames.printable(filename)}: hidden and temporary files are not taken.", "Rename it if it is meant."
        )
    if not isinstance(content, str):
        raise FileRefused(f"{name.path}: content_base64 is missing.", "Send the file's bytes as base64.")
    size = len(content) * 3 // 4
    check_size(size, name.path, limit_bytes + 3)  # base64 pads to three bytes; the exact count comes with reading

    def decoded() -> BinaryIO:
        # Mail programs wrap base64 in lines, web pages put "data:...;base64," before it; both are harmless.
        text = content.partition(";base64,")[2] if content.startswith("data:") else content
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise FileRefused(f"{name.path}: the content is not valid base64.", "Encode the file anew.") from error
        check_size(len(data), name.path, limit_bytes)
        return io.BytesIO(data)

    return Candidate(name, decoded, size)
