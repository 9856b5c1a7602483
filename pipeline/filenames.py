"""What a file may be called: names that are never taken, names that are refused, and the form a name is shown in."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pathvalidate import ErrorReason, FileNameValidator, ValidationError, sanitize_filename

from pipeline.errors import FileRefused
from pipeline.models import Value

#: Globs of names that no submission means: hidden, lock, backup, half-copied and marker files. Letter case is ignored.
#: The leading dot covers .DS_Store, ._*, .~lock.*#, .syncthing.*.tmp, .goutputstream-* and rsync's .name.XXXXXX.
IGNORED_NAMES = (
    ".*",
    "thumbs.db",
    "desktop.ini",
    "~$*",
    "*~",
    "#*#",
    "*.tmp",
    "*.temp",
    "*.part",
    "*.partial",
    "*.filepart",
    "*.crdownload",
    "*.download",
    "*.opdownload",
    "*.!ut",
    "~syncthing~*",
    "*.done",
)
#: Folders of operating systems and sync programs; *.download is a half-finished download that one browser keeps as a
#: folder. Letter case is ignored.
IGNORED_FOLDERS = (".*", "@eadir", "__macosx", "#recycle", "lost+found", "*.download")
#: Parts of a path that name no file or folder: they begin with a dot and hide nothing.
_STEPS = frozenset({".", ".."})
#: Bytes of one name that every common file system can hold.
MAX_NAME_BYTES = 255
#: Bytes of a whole path inside a source; Linux stops at 4,096 with the folders above it included.
MAX_PATH_BYTES = 3072
#: Characters that turn the reading direction: a name with them shows another ending than it has.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: "universal" knows the device names of every system (CON, AUX, LPT1 ...); lengths are counted here, not there.
_VALIDATOR = FileNameValidator(platform="universal", max_len=MAX_NAME_BYTES)


class SafeName(Value):
    """A name that can be taken: `path` identifies the file inside its source, `filename` is shown to people."""

    path: str
    filename: str


def is_ignored(name: str) -> bool:
    """True for a file that is never taken because it is hidden, temporary, half-copied or a system's own."""
    folded = name.casefold()
    return not _leads_out(name) and any(fnmatchcase(folded, pattern) for pattern in IGNORED_NAMES)


def is_ignored_folder(name: str) -> bool:
    """True for a folder whose content is never taken."""
    folded = name.casefold()
    return not _leads_out(name) and any(fnmatchcase(folded, pattern) for pattern in IGNORED_FOLDERS)


def _leads_out(name: str) -> bool:
    # "..\\x" hides nothing: it is a path of another system, and whoever takes files says what is wrong with it.
    return name in _STEPS or name.startswith("..\\")


def is_ignored_path(relative: str) -> bool:
    """True when the file, or any folder above it in the POSIX path `relative`, is on the ignore list."""
    *folders, name = relative.split("/")
    return is_ignored(name) or any(is_ignored_folder(folder) for folder in folders)


def printable(name: str) -> str:
    """The name as one line that can be shown anywhere: control characters and stray bytes become escapes."""
    return "".join(_escaped(c) if _is_control(c) else c for c in without_stray_bytes(name))


def check(relative: str) -> SafeName:
    """The safe form of a POSIX path inside a source; raises FileRefused with what is wrong and what to do.

    Refused: parts that lead out of the source, control and direction characters, names over 255 bytes and names that
    another system keeps for its devices. Taken in a tidier form: spaces and dots at the end, stray bytes, decomposed
    accents. `path` keeps what tells two files apart; only `filename` is tidied.
    """
    shown = printable(relative)
    if not relative.strip("/ "):
        raise FileRefused("The file has no name.", "Give it a name and add it again.")
    if relative.startswith(("/", "\\")) or _has_drive(relative):
        raise FileRefused(f"{shown}: the name is an absolute path.", "Give the name alone and add it again.")
    parts = relative.split("/")
    if any(step.strip() in (".", "..") for part in parts for step in part.split("\\")):
        raise FileRefused(f"{shown}: the name leads out of its folder.", "Take '..' out of it and add it again.")
    if any(_is_control(c) for c in relative):
        raise FileRefused(f"{shown}: the name holds control characters.", "Rename the file and add it again.")
    if not parts[-1].strip():
        raise FileRefused(f"{shown}: this names a folder, not a file.", "Give each file by its own name.")
    path = without_stray_bytes(relative)
    if len(path.encode()) > MAX_PATH_BYTES:
        raise FileRefused(f"{_cut(shown)}: the path is too long.", "Put the file into fewer folders and add it again.")
    for part in path.split("/"):
        _check_part(part)
    filename = unicodedata.normalize("NFC", path.rsplit("/", 1)[-1]).strip().rstrip(". ")
    if not filename:
        raise FileRefused(f"{shown}: the name is only dots and spaces.", "Rename the file and add it again.")
    return SafeName(path=path, filename=filename)


def fitting(name: str, room: int = MAX_NAME_BYTES) -> str:
    """`name` made harmless for this file system and cut to `room` bytes, its ending kept."""
    safe = sanitize_filename(printable(name), replacement_text="_", platform="auto", max_len=4 * MAX_NAME_BYTES)
    stem, suffix = PurePosixPath(safe).stem, _fit(PurePosixPath(safe).suffix, 32)
    return _fit(stem or "file", room - len(suffix.encode())) + suffix


def _nobodys(_path: Path) -> bool:
    return False


def free_name(folder: Path, name: str, ending: str = "", ours: Callable[[Path], bool] = _nobodys) -> Path:
    """A path directly in `folder` for `name` that neither it nor it plus `ending` has yet; a number avoids a clash.

    One that has the ending counts as free when `ours` says so.
    """
    whole = PurePosixPath(fitting(name, MAX_NAME_BYTES - len(ending.encode()) - len(" (100000)")))
    number = 1
    while True:
        candidate = folder / (str(whole) if number == 1 else f"{whole.stem} ({number}){whole.suffix}")
        beside = os.path.lexists(candidate.with_name(candidate.name + ending))
        taken = beside or os.path.lexists(candidate)
        if not taken or (beside and ours(candidate)):
            return candidate
        number += 1


def _check_part(part: str) -> None:
    shown = _cut(printable(part))
    if len(part.encode()) > MAX_NAME_BYTES:
        raise FileRefused(
            f"{shown}: the name is longer than {MAX_NAME_BYTES} bytes.", "Shorten the name and add the file again."
        )
    # What stands before the first dot counts: CON.pdf is the device CON on the systems that have it.
    for name in filter(None, (part.split(".", 1)[0].strip(), part.strip())):
        try:
            _VALIDATOR.validate(name)
        except ValidationError as error:
            # Other findings (a colon, a question mark) only matter elsewhere; the name is kept and tidied on export.
            if error.reason is ErrorReason.RESERVED_NAME and name != ":":
                raise FileRefused(
                    f"{shown}: other systems keep the name {name} for a device.", "Rename the file and add it again."
                ) from error


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in TURNING


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _has_drive(relative: str) -> bool:
    return len(relative) > 2 and relative[0].isascii() and relative[0].isalpha() and relative[1:3] in (":\\", ":/")


def _has_stray_bytes(name: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in name)


def without_stray_bytes(name: str) -> str:
    """Bytes that are not UTF-8 arrive as lone surrogates, which no JSON file can hold; write them as escapes."""
    if not _has_stray_bytes(name):
        return name
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that no file system made, as JSON can carry
        return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _fit(text: str, size: int) -> str:
    """The longest start of `text` within `size` bytes of UTF-8, never cutting a character."""
    return text.encode()[: max(size, 1)].decode("utf-8", "ignore")


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}...{text[-15:]}"
