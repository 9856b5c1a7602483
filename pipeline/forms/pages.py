"""Which pages of a form carry its body, in which order, and which of their lines are only furniture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.forms.normal import squash
from pipeline.models import Line, Page

_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|\u2026{2,}")
#: A line of the contents, or of dots to write on.
_LEADER_LINE = re.compile(rf"(?:{_LEADERS.pattern})[.\s]*\S{{0,6}}$")
_ENTRY = re.compile(r"^(?:\d+(?:\.\d+)*\.?\s+)?\S.*\s\d{1,3}$")
_FOLIO = re.compile(r"^(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7}|[a-z]-\d{1,3})(?:\s*(?:of|/)\s*\d{1,4})?$", re.I)
#: How much larger than an entry of the contents a heading is set.
_HEADING = 1.2
#: Two pages with fewer letters than this may be alike by chance, as title pages are.
_SAME_PAGE = 80
#: Share of the page's height that counts as its upper and lower margin.
_HEAD, _FOOT = 0.09, 0.88


@dataclass(frozen=True)
class BodyPage:
    """A page of the form's body, furniture removed; `follows` is False when the page before is absent or a scan."""

    page: Page
    lines: tuple[Line, ...]
    follows: bool


def is_contents(page: Page) -> bool:
    """True for a page of the table of contents: many lines with leaders, or entries under that title."""
    texts = [line.text.strip() for line in page.lines if line.text.strip()]
    leaders = sum(bool(_LEADERS.search(t)) for t in texts)
    if leaders >= 4 or (leaders and leaders >= 0.4 * len(texts)):
        return True
    titled = any(squash(t) in ("tableofcontents", "contents") for t in texts[:4])
    return titled and sum(bool(_ENTRY.match(t)) for t in texts) >= 6


def _body_start(page: Page) -> int:
    """Index of the first line of the body: the body may start below the end of the contents, with a heading."""
    if not is_contents(page):
        return 0
    entries = [i for i, line in enumerate(page.lines) if _LEADERS.search(line.text)]
    last = entries[-1] if entries else len(page.lines)
    size = page.lines[last].size if entries else 0.0
    larger = (i for i in range(last + 1, len(page.lines)) if size and page.lines[i].size >= _HEADING * size)
    return next(larger, len(page.lines))


def has_leaders(text: str) -> bool:
    """True for a line of the table of contents."""
    return bool(_LEADERS.search(text))


def _in_margin(line: Line, page: Page) -> bool:
    return bool(page.height) and (line.top > _FOOT * page.height or line.bottom < _HEAD * page.height)


def _running(pages: Sequence[Page]) -> set[str]:
    """Texts that stand in the margin of many pages: running heads and feet."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_shape(line.text) for line in page.lines if _in_margin(line, page)})
    enough = max(3, len(pages) // 3)
    return {text for text, count in seen.items() if count >= enough and text}


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", squash(text))


def _folio(line: Line, page: Page) -> bool:
    text = line.text.strip()
    outermost = line is page.lines[0] or line is page.lines[-1]
    return (_in_margin(line, page) and bool(_FOLIO.match(text))) or (outermost and text == page.label)


def _each_once(pages: Sequence[Page]) -> list[Page]:
    """The pages without those that say word for word what an earlier one says."""
    seen: set[str] = set()
    out = []
    for page in pages:
        text = squash(page.text)
        if len(text) < _SAME_PAGE or text not in seen:
            out.append(page)
        seen.add(text)
    return out


def _printed(page: Page) -> int | None:
    return int(page.label) if page.label and page.label.isdigit() else None


def body_pages(pages: Sequence[Page]) -> list[BodyPage]:
    """The form's pages without contents pages, in printed order where the printed numbers say so.

    Pages that arrive shuffled are put back by their printed numbers; a number that is skipped marks a page
    that is absent, so that nothing after it is taken for the end of a section before it. A page that comes twice
    counts once.
    """
    pages = _each_once(pages)
    starts = {id(p): _body_start(p) for p in pages}
    body = [p for p in pages if starts[id(p)] < len(p.lines) or not p.lines]
    running = _running(body)
    numbered = [n for p in body if (n := _printed(p)) is not None]
    if len(set(numbered)) == len(numbered) and numbered != sorted(numbered):
        lead = [p for p in body if _printed(p) is None]
        body = lead + sorted((p for p in body if _printed(p) is not None), key=lambda p: _printed(p) or 0)
    out: list[BodyPage] = []
    last: int | None = None
    unread = False
    for page in body:
        number = _printed(page)
        follows = not unread and (number is None or last is None or number == last + 1)
        kept = tuple(
            line
            for line in page.lines[starts[id(page)] :]
            if line.text.strip()
            and not _LEADER_LINE.search(line.text)
            and not _folio(line, page)
            and not (_in_margin(line, page) and _shape(line.text) in running)
        )
        out.append(BodyPage(page, kept, follows))
        unread = not page.lines and bool(page.images)  # a scan: its headings are as good as absent
        last = number if number is not None else (last + 1 if last is not None else None)
    return out
