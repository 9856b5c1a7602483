"""What a farm sends in a round: a made-up submission with an archive, a duplicate, a refused and an ignored file."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from examples.submission import write_submission


@dataclass(frozen=True)
class Sent:
    """The files of one drop, by their path in the folder they are dropped into."""

    files: dict[str, bytes]
    #: Paths that no session takes and that stay where they are.
    ignored: frozenset[str]
    #: Paths that may come later than the others. Of a content under several names the report shows the one that came
    #: first, so these come together, and which is first is the same in every round.
    later: tuple[str, ...]

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file that must be kept somewhere, by path."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items() if path not in self.ignored}


@lru_cache(maxsize=8)
def submission(seed: int) -> Sent:
    """A whole submission, the land registers in an archive, one of them beside it as well, and an empty file."""
    with tempfile.TemporaryDirectory(prefix="registry-review-faults-") as folder:
        made = write_submission(Path(folder), seed, public=False, absent_paper=False)
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in made.files.values()}
        temporary = made.files["temporary"].relative_to(folder).as_posix()
        registers = [path for key, path in made.files.items() if key.startswith("register-")]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in registers:
                archive.writestr(zipfile.ZipInfo(f"Land/{path.name}"), path.read_bytes())
        files["Land.zip"] = packed.getvalue()
        for path in registers[1:]:
            del files[path.relative_to(folder).as_posix()]
    files["from the agent/empty.pdf"] = b""
    files["from the agent/letter.txt"] = f"Dear reviewer, this is all of farm {seed}.\n".encode()
    once = [made.files[key].relative_to(folder).as_posix() for key in ("plan", "yields", "ghg_report")]
    return Sent(files, frozenset({temporary}), (*once, "from the agent/letter.txt", "from the agent/empty.pdf"))


@lru_cache(maxsize=8)
def small_submission(seed: int) -> Sent:
    """A few short files for every way through: a table, an archive, a duplicate, an empty and a hidden one."""
    table = "Field,Hectares\n" + "".join(f"Field {n},{seed + n}.5\n" for n in range(5))
    letter = f"Farm {seed} sends its papers. The project start date is 1 January 2020.\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Land/notes.txt"), f"Notes of farm {seed}.\n")
        archive.writestr(zipfile.ZipInfo("Land/again.csv"), table)
    files = {
        "areas.csv": table.encode(),
        "letter.txt": letter,
        "copy of letter.txt": letter,
        "Land.zip": packed.getvalue(),
        "from the agent/empty.pdf": b"",
        "from the agent/.hidden": b"no submission",
        "from the agent/map.txt": f"Where the {seed} fields lie.\n".encode(),
    }
    later = ("from the agent/map.txt", "from the agent/empty.pdf")
    return Sent(files, frozenset({"from the agent/.hidden"}), later)
