"""An explanation as text for a terminal: the short answer, then what it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from commands.text.terminal import WIDTH, block, folded, parts, place
from pipeline.models import Chosen, Explanation, Looked, Omitted, Passage, Tried, wording
from pipeline.models.characters import plain

#: Words of a passage that are shown; the whole stands in the JSON, and in the document.
_GLANCE = 240
_MARKS = {"pass": "[pass]    ", "fail": "[fail]    ", "not_run": "[not run] "}
_OUTCOMES = {"found": "found, another was taken", "passed_over": "passed over"}


def explanation(found: Explanation, width: int = WIDTH) -> str:
    """The answer in a paragraph; then quotes, tests, documents, passages and what was left out."""
    inner = max(width - 2, 30) if width else 0
    head = f"{found.requirement_id}  {plain(found.title)}: {wording.label(found.status, wording.ROW_STATUS)}"
    stale = (
        ""
        if found.as_stored
        else folded("The stored row differs from this: it was made from other files or by another version.", width)
    )
    return parts(
        f"{head}\n\n{folded(found.answer, width)}",
        stale,
        block("Quotes, best first", _lines(_chosen(c, inner) for c in found.chosen) or "none"),
        block("Tests", _lines(_test(t, inner) for t in found.tests)),
        block("Documents", _lines(_document(d, inner) for d in found.documents) or "none"),
        block("Passages of the plan, as they were looked at", _lines(_passages(found.passages, inner))),
        block("Left out", _lines(_omitted(o, inner) for o in found.left_out)),
    )


def _lines(entries: Iterable[str]) -> str:
    return "\n".join(entries)


def _chosen(chosen: Chosen, width: int) -> str:
    item = chosen.evidence
    lines = [
        folded(f"{place(item)} ({item.role})", width, f"{chosen.rank}. "),
        folded(f"“{_glance(item.quote)}”", width, "   "),
        *(folded(reason, width, "   - ") for reason in chosen.reasons),
    ]
    return "\n".join(lines)


def _test(test: Tried, width: int) -> str:
    # "found = yes" and what the message says in the same words tell nothing more
    told = {name: value for name, value in test.values.items() if value != "yes" and value not in test.message}
    values = "; ".join(f"{name} = {value}" for name, value in told.items())
    stands = f"quote {', '.join(map(str, test.quotes))}" if test.quotes else ""
    seen = "; ".join(x for x in (values, stands) if x)
    return folded(f"{test.test}: {test.message}{f' ({seen})' if seen else ''}", width, _MARKS[test.outcome])


def _document(looked: Looked, width: int) -> str:
    return folded(f"{looked.document}: {looked.why}", width, "used      " if looked.used else "set aside ")


def _passages(passages: Sequence[Passage], width: int) -> Iterator[str]:
    """Each that was weighed; then, a line for each section, those that were read without one word to weigh."""
    read: dict[tuple[str | None, tuple[str, ...]], list[Passage]] = {}
    for passage in passages:
        if passage.reasons or passage.quotes:
            yield _passage(passage, width)
        else:
            read.setdefault((passage.section, passage.read_by), []).append(passage)
    for (section, by), more in read.items():
        pages = wording.page_list(tuple(p.page for p in more))
        count = wording.count(len(more), "passage")
        where = f"section {section}" if section and section[0].isdigit() else section or "no section"
        line = f"{where}, PDF p. {pages}: {count} read for {', '.join(by)}, with nothing that was looked for"
        yield folded(line, width, "- ")


def _passage(passage: Passage, width: int) -> str:
    quoted = f"quoted as {', '.join(map(str, passage.quotes))}"
    outcome = quoted if passage.outcome == "quoted" else _OUTCOMES[passage.outcome]
    name = f"section {passage.section}" if passage.section and passage.section[0].isdigit() else passage.section or ""
    title = f" ({passage.section_title})" if passage.section_title and passage.section_title != passage.section else ""
    lines = [
        folded(f"{name}{title}, {_page(passage)}: {outcome}", width, "* " if passage.quotes else "- "),
        folded(f"“{_glance(passage.words)}”", width, "  "),
        *(folded(reason, width, "    ") for reason in passage.reasons),
    ]
    return "\n".join(lines)


def _omitted(left: Omitted, width: int) -> str:
    name = f"section {left.section}, " if left.section and left.section[0].isdigit() else ""
    return folded(f"{name}{_page(left)}, {left.why}: “{_glance(left.words)}”", width, "- ")


def _page(at: Passage | Omitted) -> str:
    return f"p. {at.page_label} (PDF p. {at.page})" if at.page_label else f"PDF p. {at.page}"


def _glance(words: str) -> str:
    return textwrap.shorten(plain(words), _GLANCE, placeholder=" ...")
