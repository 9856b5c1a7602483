"""A zip archive in a submission: each file in it is a candidate of its own, within limits that are checked first.

The form is hostile ground: sizes may lie, names may lead out, a few bytes may stand for gigabytes. So nothing is opened
before its directory is known to be small, only methods that unpack piece by piece are used, and what is unpacked is
never more than what was declared and allowed.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline import filenames
from pipeline.errors import FileRefused
from pipeline.intake.sources.batch import Candidate, Refusal, check_size
from pipeline.reading.sniff import sniff

if TYPE_CHECKING:
    from pipeline.settings import ArchiveSettings

#: Settings are in megabytes of this many bytes.
MEGABYTE = 1_000_000
#: From this size on the ratio counts: small files do no harm, and blanks pack well.
_LARGE = 10_000_000
#: Bytes of directory that an entry may take on average (APPNOTE 4.3.12: 46, and a name, and times). The directory is
#: held in memory, and the number of entries that is written beside it may lie.
_ENTRY_BYTES = 512
#: The record at an archive's end (APPNOTE 4.3.16), behind which a comment may stand; for archives with 64-bit sizes a
#: locator (4.3.15) and a record of its own (4.3.14) stand before it.
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END_64, _END_64_SIZE = b"PK\x06\x06", 56
#: Stored and deflated: the others are unpacked in memory by the standard library, however much comes of a few bytes.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _UTF8 = 0x1, 0x800
#: An ending such as .pdf or .kmz: a file that says what it is, and is not opened for being a zip inside.
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,5}$")
_UNPACK = "Unpack it and add the files."
#: What the standard library raises on a damaged archive or member.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)


@dataclass
class Budget:
    """What may still come out of one archive and of those within it."""

    files: int
    unpacked: int
    ratio: int

    @classmethod
    def of(cls, settings: ArchiveSettings) -> Budget:
        """The whole budget that the settings allow."""
        return cls(settings.max_files, settings.max_unpacked_mb * MEGABYTE, settings.max_ratio)


def may_be_archive(name: str) -> bool:
    """True for a name that ends in .zip or says nothing of what the file is."""
    ending = PurePosixPath(name.casefold()).suffix
    return ending == ".zip" or not _ENDING.fullmatch(ending)


def is_archive(path: str, staged: Path, budget: Budget) -> bool:
    """True for a whole zip that is no workbook, letter or zipped map; FileRefused when even its directory is too large.

    A broken one is no archive: it is kept and listed as the file that it is.
    """
    with staged.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            return False
    directory = _directory(staged)
    if directory is None:
        return False
    entries, size = directory
    if entries > budget.files or size > budget.files * _ENTRY_BYTES:
        raise _too_many(path, budget)
    try:
        # What the reader of documents makes of it: the same bytes are the same kind everywhere.
        if sniff(staged) != "zip":
            return False
        with zipfile.ZipFile(staged):
            return True
    except DAMAGE:
        return False


@contextmanager
def members_of(path: str, staged: Path, limit_bytes: int, budget: Budget) -> Iterator[list[Candidate | Refusal]]:
    """The files of an archive, by their path in it; hidden and temporary ones are left out.

    FileRefused for an archive beyond the budget, an empty one, or one locked as a whole; nothing is unpacked then. What
    the files would take is taken from the budget. Call after `is_archive`; contents can be had inside the context only.
    """
    shown = filenames.printable(path)
    with zipfile.ZipFile(staged) as archive:
        infos = [info for info in archive.infolist() if _meant(_name_of(info))]
        if not infos:
            raise FileRefused(f"{shown}: the archive holds no files.", "Check the copy and send it again.")
        if len(infos) > budget.files:
            raise _too_many(path, budget)
        if all(info.flag_bits & _ENCRYPTED for info in infos):
            raise FileRefused(f"{shown}: the archive asks for a password.", "Send it without one.")
        seen: Counter[str] = Counter()
        members = [_member(path, archive, info, limit_bytes, budget.ratio, seen) for info in infos]
        unpacked = sum(member.size for member in members if isinstance(member, Candidate))
        if unpacked > budget.unpacked or unpacked > max(_LARGE, budget.ratio * staged.stat().st_size):
            raise FileRefused(
                f"{shown}: the archive would unpack to {unpacked // MEGABYTE} MB.",
                f"{_UNPACK} Or raise max_unpacked_mb or max_ratio under [archives] in config.toml.",
            )
        budget.files -= len(infos)
        budget.unpacked -= unpacked
        yield members


def too_deep(path: str, depth: int) -> FileRefused:
    """The refusal for an archive within archives that is one too many."""
    reason = f"{filenames.printable(path)}: archives within archives are opened {depth} deep."
    return FileRefused(reason, "Unpack it and add the files, or raise max_depth under [archives] in config.toml.")


def damaged(path: str) -> FileRefused:
    """The refusal for a member whose bytes are not those that were packed."""
    reason = f"{filenames.printable(path)}: the archive is damaged here."
    return FileRefused(reason, "Make the archive again, or add the file alone.")


def _too_many(path: str, budget: Budget) -> FileRefused:
    reason = f"{filenames.printable(path)}: the archive holds more than {budget.files} files."
    return FileRefused(reason, f"{_UNPACK} Or raise max_files under [archives] in config.toml.")


def _name_of(info: zipfile.ZipInfo) -> str:
    """The member's name as it was meant.

    Names without the mark for UTF-8 are in the first PCs' code page by the book (APPNOTE D.1); some systems write UTF-8
    all the same, and other text is hardly ever valid as that.
    """
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    while name.startswith("./"):
        name = name[2:]
    return name


def _meant(name: str) -> bool:
    path = name.replace("\\", "/")
    # A path that leads upwards is no hidden folder: it is refused aloud.
    return not path.endswith("/") and (".." in path.split("/") or not filenames.is_ignored_path(path))


def _member(
    path: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit_bytes: int, ratio: int, seen: Counter[str]
) -> Candidate | Refusal:
    meant = _name_of(info)
    shown = filenames.printable(f"{path}/{meant}")
    try:
        # As it came and as it is meant: archives made on Windows part folders with backslashes.
        filenames.check(meant)
        inside = filenames.check(meant.replace("\\", "/"))
        seen[inside.path] += 1
        # Two members may have one name: both are taken, each in a place of its own.
        apart = f"({seen[inside.path]})/" if seen[inside.path] > 1 else ""
        name = filenames.SafeName(path=f"{path}/{apart}{inside.path}", filename=inside.filename)
        form = stat.S_IFMT(info.external_attr >> 16)
        if form == stat.S_IFLNK:
            raise FileRefused(f"{shown}: a symbolic link is never followed.", "Give the file it points to.")
        if form not in (0, stat.S_IFREG):
            raise FileRefused(f"{shown}: this is not a regular file.", "Save its content to a file and give that.")
        if info.flag_bits & _ENCRYPTED:
            raise FileRefused(f"{shown}: the archive asks for a password.", "Send it without one.")
        if info.compress_type not in _METHODS:
            raise FileRefused(f"{shown}: it is packed by a method that is not opened ({info.compress_type}).", _UNPACK)
        if info.file_size > max(_LARGE, ratio * info.compress_size):
            times = info.file_size // max(1, info.compress_size)
            raise FileRefused(f"{shown}: it would unpack to {times} times its size.", _UNPACK)
        check_size(info.file_size, shown, limit_bytes)
        return Candidate(name, _opened(archive, info, shown), info.file_size)
    except FileRefused as error:
        # What is wrong with a name is said of the name alone.
        archive_first = "" if str(error).startswith(filenames.printable(path)) else f"{filenames.printable(path)}: "
        return Refusal(shown, f"{archive_first}{error}")


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> Callable[[], BinaryIO]:
    def stream() -> BinaryIO:
        try:
            return cast(BinaryIO, archive.open(info))
        except (*DAMAGE, OSError) as error:
            raise damaged(shown) from error

    return stream


def _directory(staged: Path) -> tuple[int, int] | None:
    """How many files an archive says it holds and the bytes of its directory, read without opening it; None if broken.

    Where there are records with 64-bit numbers, the largest of all counts, since programs differ in which they believe.
    """
    with staged.open("rb") as file:
        size = file.seek(0, 2)
        start = file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + _END_SIZE:
            return None
        found = [struct.unpack_from("<HL", tail, at + 10)]
        locator_at = start + at - _LOCATOR_SIZE
        if locator_at >= 0:
            file.seek(locator_at)
            locator = file.read(_LOCATOR_SIZE)
            if locator.startswith(_LOCATOR):
                found = []
                for place in (locator_at - _END_64_SIZE, struct.unpack_from("<Q", locator, 8)[0]):
                    if not 0 <= place <= size - _END_64_SIZE:
                        continue
                    file.seek(place)
                    record = file.read(_END_64_SIZE)
                    if record.startswith(_END_64):
                        found.append(struct.unpack_from("<QQ", record, 32))
    return (max(entries for entries, _ in found), max(length for _, length in found)) if found else None
