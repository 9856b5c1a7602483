"""Readings as a pass over documents has them: by hash, each taken when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.models import Reading
from pipeline.reading.attention import look_at


class Unread(Exception):
    """The reading of a document is needed and is not kept; whoever asked makes it and asks again."""

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


class Readings(Mapping[str, Reading]):
    """Readings by hash, each taken when it is first asked for: as given, or from the first file that holds it."""

    def __init__(self, given: Mapping[str, str], kept: Mapping[str, Sequence[str]]) -> None:
        self._given = given
        self._kept = kept
        self._taken: dict[str, Reading] = {}

    def __getitem__(self, sha256: str) -> Reading:
        """The reading; Unread when it is not there."""
        if sha256 not in self._taken:
            self._taken[sha256] = self._take(sha256)
        return self._taken[sha256]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._given, **self._kept})

    def __len__(self) -> int:
        return len({**self._given, **self._kept})

    def _take(self, sha256: str) -> Reading:
        if sha256 in self._given:
            return Reading.model_validate_json(self._given[sha256])
        look_at(sha256)
        for path in self._kept.get(sha256, ()):
            try:
                return Reading.model_validate_json(Path(path).read_bytes())
            except (OSError, ValidationError):
                continue
        raise Unread(sha256)
