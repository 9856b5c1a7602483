"""LibreOffice, which opens what we wrote as a person's office program would."""

from __future__ import annotations

import subprocess
from pathlib import Path


def converted(program: str, document: Path, kind: str, folder: Path) -> Path:
    """What LibreOffice makes of a document, as a file of another kind below `folder`, where its profile lies too.

    The fixture `office_program` names the program.
    """
    out = folder / "converted"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    done = subprocess.run(  # noqa: S603 - the machine's own office program on our own file
        [program, profile, "--headless", "--convert-to", kind, "--outdir", out, document],
        capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    made = out / f"{document.stem}.{kind.partition(':')[0]}"
    assert made.is_file(), f"LibreOffice could not open {document.name}: {done.stdout} {done.stderr}"
    return made
