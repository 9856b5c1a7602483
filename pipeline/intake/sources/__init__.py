"""Where documents come from: uploads, paths, links and the inbox, each looked at and turned into one batch of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.intake.sources.batch import Batch, Candidate, Refusal
from pipeline.intake.sources.folders import from_path
from pipeline.intake.sources.inbox import InboxFile, from_inbox
from pipeline.intake.sources.links import from_file_references, from_link
from pipeline.intake.sources.uploads import from_upload
from pipeline.models import Value

__all__ = [
    "Batch",
    "Candidate",
    "InboxFile",
    "LinkSource",
    "PathSource",
    "Refusal",
    "Source",
    "UploadSource",
    "from_file_references",
    "from_inbox",
    "from_link",
    "from_path",
    "gather",
    "parse",
]


class UploadSource(Value):
    """Files sent inside the call: items of `filename` (may hold folders) and `content_base64`."""

    type: Literal["upload"] = "upload"
    #: Looked at one by one, so that a broken item is refused alone.
    files: tuple[dict[str, Any], ...]


class PathSource(Value):
    """A file or folder on this machine; a folder is taken with everything below it."""

    type: Literal["path"] = "path"
    path: str


class LinkSource(Value):
    """One file on the network; `mirror` takes it, `reference` only records what was seen there."""

    type: Literal["link"] = "link"
    url: str
    access_mode: Literal["mirror", "reference"] = "mirror"


Source = UploadSource | PathSource | LinkSource
_KINDS: dict[str, type[UploadSource] | type[PathSource] | type[LinkSource]] = {
    "upload": UploadSource,
    "path": PathSource,
    "link": LinkSource,
}


def parse(source: dict[str, Any] | Source) -> Source:
    """The source that a caller described; UsageError says what is wrong with the description."""
    if isinstance(source, UploadSource | PathSource | LinkSource):
        return source
    kind = _KINDS.get(str(source.get("type")))
    if kind is None:
        raise UsageError(f"There is no source type {source.get('type')!r}.", "Use upload, path or link.")
    try:
        return kind.model_validate(source)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(
            f"The {source['type']} source cannot be used: {wrong}.", "Correct it and send it again."
        ) from error


def gather(source: UploadSource | PathSource, limit_bytes: int, own: Sequence[Path] = ()) -> Batch:
    """Look at a source without taking anything from it; `own` are the program's folders, its data folder first.

    A link needs a place for its file until it is taken: see `from_link`.
    """
    if isinstance(source, UploadSource):
        return from_upload(source.files, limit_bytes)
    return from_path(source.path, limit_bytes, own)
