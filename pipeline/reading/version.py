"""The version under which readings are kept: ours and that of every library that decides what the text is."""

from __future__ import annotations

import re
from importlib.metadata import version

#: Raise it when this program reads the same bytes differently than before.
RULES = 8


def _made_of() -> str:
    libraries = "-".join(f"{name}{version(package)}" for name, package in _DECIDE)
    return re.sub(r"[^A-Za-z0-9.-]", "_", f"{RULES}-{libraries}")


_DECIDE = (
    ("pdfium", "pypdfium2"),
    ("plumber", "pdfplumber"),
    ("openpyxl", "openpyxl"),
    ("calamine", "python-calamine"),
    ("docx", "python-docx"),
    ("pyshp", "pyshp"),
)

READER_VERSION = _made_of()
