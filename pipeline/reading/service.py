"""Readings for everybody: each content read once, in processes of their own, and kept."""

from __future__ import annotations

import base64
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline import __version__
from pipeline.errors import ContentLost, ReviewError, TryAgain
from pipeline.models import Box, Drawing, Reading
from pipeline.reading.patience import PATIENCE_SECONDS
from pipeline.reading.process import Gone, ReadingProcess
from pipeline.reading.stopping import OF_PASSES, OF_READING, Stopped, quarantined
from pipeline.reading.version import READER_VERSION
from pipeline.store.faultpoints import reach

if TYPE_CHECKING:
    from pipeline.settings import ReadingSettings

log = logging.getLogger("registry_review.reading")

#: A document that ends the process that reads it gets this many tries in all; the first may have been bad luck.
TRIES = 2
#: A process is replaced after this many documents, whatever they were: readers leak a little with each.
DOCUMENTS_PER_PROCESS = 200
#: Finding a quote or drawing a page is quick; a page where it is not goes without.
PAGE_SECONDS = 20.0

#: What comes of a limit is kept for that limit only: with a higher one the document is read again.
_OF_LIMITS = (
    "timeout", "memory", "crashed", "too_many_pages", "too_many_cells", "too_much_text", "too_many_objects",
    "too_large",
)  # fmt: skip
#: The settings that a reading process needs.
_OF_CHILD = {
    "memory_mb", "timeout_seconds", "max_pages", "max_cells", "max_page_characters", "max_page_objects",
    "max_unpacked_mb", "max_megapixels",
}  # fmt: skip


def _unwatched() -> None:
    """Nobody watches."""


class ReadingService:
    """Reads contents by hash in child processes with limits, and keeps every reading; safe to use from many threads.

    A document that crashes its reader, hangs or eats memory hurts only itself: it is tried twice, then kept as a
    quarantined reading that says what happened. Processes start when first needed; `close` ends them, and they end
    by themselves when this program dies.
    """

    def __init__(
        self,
        settings: ReadingSettings,
        folder: Path,
        locate: Callable[[str], Path],
        intact: Callable[[str], bool] = lambda _sha256: True,
    ) -> None:
        """`locate` says where a content lies, `intact` whether its bytes are still those that were filed."""
        self._settings = settings
        self._intact = intact
        self._folder = folder
        self._locate = locate
        self._slots = threading.BoundedSemaphore(max(1, settings.processes))
        #: What takes long gives its slot back, so that the others need not wait; so many at a time at most.
        self._slow = threading.BoundedSemaphore(max(1, settings.processes))
        self._lock = threading.Lock()
        self._idle: list[ReadingProcess] = []
        self._busy: set[ReadingProcess] = set()
        self._under_way: dict[str, threading.Lock] = {}
        self._closed = False

    def __enter__(self) -> ReadingService:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(
        self,
        sha256: str,
        names: Sequence[str] = (),
        *,
        again: bool = False,
        on_begin: Callable[[], None] = _unwatched,
    ) -> Reading:
        """The reading of a content: from the cache, else made now and kept, once however many ask at the same time.

        ContentLost when the store no longer has the content as it was filed.

        `names` do not influence it, for every session with these bytes shares it. `again` makes it anew, for a
        quarantined document whose cause has gone. `on_begin` is called when it is not in the cache and reading begins.
        """
        with self._once(sha256):
            kept = None if again else self.cached(sha256)
            if kept is not None:
                return kept
            path = self._locate(sha256)
            if not path.exists():
                raise ContentLost(f"The stored content {sha256[:12]} is gone.", "Add the same file again.")
            if not self._intact(sha256):
                raise ContentLost(
                    f"The stored content {sha256[:12]} was changed in the data folder.", "Add the same file again."
                )
            on_begin()
            reading = self._read(sha256, path)
            # What cannot be kept (a full disk, one that is read-only) is read again when it is asked for again.
            with suppress(OSError):
                self._keep(reading)
            return reading

    def cached(self, sha256: str) -> Reading | None:
        """The kept reading of a content, None when this reader version has not read it under these limits."""
        for path in self._places(sha256):
            try:
                return Reading.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                continue
            except (OSError, ValidationError):
                continue  # half a disk or an older shape: it is made again from the content, nothing is lost
        return None

    def compute(
        self,
        carried_out_by: str,
        over: str,
        given: Mapping[str, Any],
        sha256s: Sequence[str],
        readings: Mapping[str, Reading] | None = None,
    ) -> str:
        """What a module's `carry_out` makes of `given` and the readings of these documents, where it can be ended.

        `carried_out_by` is the module's dotted name: this room knows none of those above it. `over` says which of its
        passes is meant. `readings` go before what is kept; what is not kept is read when the computation asks for it.
        Each document has `timeout_seconds` of it. Raises Stopped when it broke off TRIES times, or by a defect.
        """
        passed = {sha256: reading.model_dump_json() for sha256, reading in (readings or {}).items()}
        kept = {sha256: [os.fspath(path) for path in self._places(sha256)] for sha256 in sha256s}
        gone = Gone("crashed", "")
        tries = 0
        while tries < TRIES:
            what = {"do": "pass", "carried_out_by": carried_out_by, "over": over}
            request = {**what, "given": given, "readings": passed, "kept": kept}
            try:
                # What ended one process is not waited for a second time: it yields to the others from the start.
                moment = 0.0 if tries else PATIENCE_SECONDS
                answer = self._ask(request, self._settings.timeout_seconds, moment)
            except Gone as error:
                self._require_open()
                gone = error
                # A defect is met again, however often it is tried.
                tries = TRIES if error.reason == "defect" else tries + 1
                continue
            if "unread" not in answer:
                result: str = answer["result"]
                return result
            passed[answer["unread"]] = self.read(answer["unread"]).model_dump_json()
        note = OF_PASSES[gone.reason].format(**self._child_settings(), tries=TRIES, what=gone.what)
        raise Stopped(gone.at, gone.reason, note)

    def set_apart(self, stopped: Stopped) -> Reading | None:
        """Keep from now on as quarantined the document at which a computation stopped; None where that was none.

        It holds with this version of the program and these limits, for all sessions that have the document.
        """
        if stopped.at is None:
            return None
        reading = quarantined(stopped.at, stopped.code, stopped.note)
        self._keep(reading, self._apart(stopped.at))
        return reading

    def is_apart(self, sha256: str) -> bool:
        """True for a document that `set_apart` keeps quarantined."""
        return self._apart(sha256).exists()

    def all_boxes(self, sha256: str, wanted: Sequence[tuple[int, str]]) -> list[tuple[Box, ...]]:
        """The boxes of each (1-based PDF page, quote) of one content, opened once for all; () for what is not found."""
        found = self._at_once("boxes", sha256, [list(one) for one in wanted])
        return [tuple((x0, top, x1, bottom) for x0, top, x1, bottom in boxes or ()) for boxes in found]

    def pictures(self, sha256: str, wanted: Sequence[Drawing]) -> list[bytes | None]:
        """A PNG for each drawing of one content, made where a hostile page hurts only itself; None where none can be.

        The same content and drawing give the same bytes with the same version of pdfium, Pillow and zlib and, where a
        PDF does not carry its own typefaces, the same typefaces on the machine.
        """
        if not self._locate(sha256).exists():  # a report outlasts its documents
            return [None] * len(wanted)
        found = self._at_once("pictures", sha256, [drawing.model_dump(mode="json") for drawing in wanted])
        return [base64.b64decode(one) if one else None for one in found]

    def _at_once(self, do: str, sha256: str, wanted: list[Any]) -> list[Any]:
        """The answers to several questions about one content in one call; None for those that get none.

        When the call fails, which may be the process's bad luck, each is asked by itself, so that a page that crashes
        or hangs keeps only itself from an answer; after TRIES such pages the rest is left: it would go on like that.
        """
        if not wanted:
            return []
        request = {"do": do, "path": os.fspath(self._locate(sha256)), "wanted": wanted}
        try:
            found: list[Any] = self._ask(request, self._settings.timeout_seconds)["found"]
            return found
        except Gone:
            self._require_open()
        answers: list[Any] = []
        gone = 0
        for one in wanted:
            try:
                seconds = min(PAGE_SECONDS, self._settings.timeout_seconds)
                answers += self._ask({**request, "wanted": [one]}, seconds)["found"] if gone < TRIES else [None]
            except Gone:
                self._require_open()
                answers.append(None)
                gone += 1
        return answers

    def children(self) -> tuple[int, ...]:
        """The process ids of the reading processes that live now."""
        with self._lock:
            return tuple(process.pid for process in (*self._idle, *self._busy))

    def close(self) -> None:
        """End all reading processes; whoever waits for one gets a failure. The service is of no use afterwards."""
        with self._lock:
            self._closed = True
            processes = [*self._idle, *self._busy]
            self._idle.clear()
        for process in processes:
            process.close()

    def _read(self, sha256: str, path: Path) -> Reading:
        request = {"do": "read", "path": os.fspath(path), "sha256": sha256}
        gone = Gone("crashed", "")
        for _ in range(TRIES):
            try:
                return Reading.model_validate_json(self._ask(request, self._settings.timeout_seconds)["reading"])
            except Gone as error:
                self._require_open()
                gone = error
        note = OF_READING[gone.reason].format(**self._child_settings(), tries=TRIES, what=gone.what)
        return quarantined(sha256, gone.reason, note)

    def _ask(self, request: dict[str, Any], seconds: float, moment: float = PATIENCE_SECONDS) -> dict[str, Any]:
        with self._process() as (process, on_slow):
            reach("reading.ask")
            answer = process.ask(request, seconds, on_slow, moment)
            reach("reading.answered")
        for name, level, line in answer.get("log", ()):
            logging.getLogger(name).log(level, "%s", line)
        match answer.get("failed"):
            case None:
                return answer
            case "file":
                raise ReviewError(
                    f"A stored content cannot be opened: {answer['what']}.", "Run doctor to check the data folder."
                )
            case "memory":
                raise Gone("memory", "it needed too much memory")
            case "unread":
                return {"unread": answer["sha256"]}
            case "error" if request["do"] == "pass":
                log.error("A defect in this program: %s.", answer["what"])
                gone = Gone("defect", answer["what"])
                gone.at = answer["at"] or None
                raise gone
            case _:
                raise Gone("crashed", str(answer.get("what")))

    def _require_open(self) -> None:
        """TryAgain once the service is closed: what the end of the program cuts off says nothing of a document."""
        if self._closed:
            raise TryAgain("The reading service is closed.", "The next start goes on from here.")

    @contextmanager
    def _process(self) -> Iterator[tuple[ReadingProcess, Callable[[], None]]]:
        """A process of one's own for one request, and what to call when the request turns out to take long."""
        with self._slot() as on_slow:
            with self._lock:
                self._require_open()
                process = self._idle.pop() if self._idle else None
                if process is not None:
                    self._busy.add(process)
            if process is None:
                process = ReadingProcess(self._child_settings())
                with self._lock:
                    self._busy.add(process)
            fit = False
            try:
                yield process, on_slow
                fit = process.documents < DOCUMENTS_PER_PROCESS and not process.yields
            finally:
                with self._lock:
                    self._busy.discard(process)
                    fit = fit and not self._closed
                    if fit:
                        self._idle.append(process)
                if not fit:
                    process.close()

    @contextmanager
    def _slot(self) -> Iterator[Callable[[], None]]:
        """One of the places for processes at work; calling what it gives lets somebody else have it already."""
        held = [self._slots]
        self._slots.acquire()

        def leave() -> None:
            if self._slow.acquire(blocking=False):
                held[0] = self._slow
                self._slots.release()

        try:
            yield leave
        finally:
            held[0].release()

    def _child_settings(self) -> dict[str, Any]:
        return self._settings.model_dump(include=_OF_CHILD)

    @contextmanager
    def _once(self, sha256: str) -> Iterator[None]:
        with self._lock:
            lock = self._under_way.setdefault(sha256, threading.Lock())
        with lock:
            try:
                yield
            finally:
                with self._lock:
                    # Whoever waits holds the lock object; newcomers find the reading in the cache.
                    self._under_way.pop(sha256, None)

    def _kept(self, sha256: str, *, limits: bool = False) -> Path:
        under = f".{self._limits()}" if limits else ""
        return self._folder / f"{sha256}.{READER_VERSION}{under}.json"

    def _apart(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.{READER_VERSION}.{self._limits()}.apart-{__version__}.json"

    def _places(self, sha256: str) -> tuple[Path, ...]:
        return self._apart(sha256), self._kept(sha256), self._kept(sha256, limits=True)

    def _limits(self) -> str:
        s = self._settings
        parts = f"{s.max_page_characters}t-{s.max_page_objects}o-{s.max_unpacked_mb}u"
        return f"{s.timeout_seconds:g}s-{s.memory_mb}m-{s.max_pages}p-{s.max_cells}c-{parts}"

    def _keep(self, reading: Reading, target: Path | None = None) -> None:
        target = target or self._kept(reading.sha256, limits=reading.code in _OF_LIMITS)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes it 0600; a reader sees the old file, the new one or none, never half of one.
        handle, temporary = tempfile.mkstemp(prefix=f".{reading.sha256[:12]}.", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(reading.model_dump_json().encode())
            reach("reading.keep")
            Path(temporary).replace(target)
            reach("reading.kept")
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
