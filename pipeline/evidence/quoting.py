"""Evidence is made here and nowhere else: words are found on the page again, or they are not a quote."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal

from pipeline.forms.normal import BULLETS, squash
from pipeline.models import Document, Evidence, Page
from pipeline.reading.attention import look_at

#: A quote is read at a glance; a longer passage is cut at a sentence's end.
MAX_QUOTE = 900


def quote(
    document: Document,
    page: Page,
    words: str,
    *,
    section: str | None = None,
    section_title: str | None = None,
    role: Literal["primary", "supplementary"] = "primary",
) -> Evidence | None:
    """The words as evidence with document, page and section; None when they do not stand on that page.

    `grounding` is exact when they are there space for space, normalised when only spaces, line-end hyphens or
    compatibility forms differ. Boxes are added by the extraction stage.
    """
    look_at(document.sha256)
    words = _fold(words.strip().lstrip(BULLETS).strip())
    if not squash(words):
        return None
    if _fold(words) in _folded(page.text):
        grounding: Literal["exact", "normalised"] = "exact"
    elif squash(words) in _squashed(page.text):
        grounding = "normalised"
    else:
        return None
    key = f"{document.sha256}|{page.number}|{section or ''}|{squash(words)}"
    return Evidence(
        evidence_id="ev-" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:16],
        document=document.filename,
        document_id=document.document_id,
        sha256=document.sha256,
        page=page.number,
        page_label=page.label,
        section=section,
        section_title=section_title,
        quote=words,
        role=role,
        grounding=grounding,
    )


@lru_cache(maxsize=512)
def _folded(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@lru_cache(maxsize=512)
def _squashed(text: str) -> str:
    return squash(text)
