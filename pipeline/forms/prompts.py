"""Instructions that stand upright: what the form says is taken out of the answers by its wording."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from pipeline.forms.grammar import is_instruction, is_instruction_item, states_something
from pipeline.forms.normal import BULLETS, join_lines, plain, squash
from pipeline.forms.paragraphs import LeftOut, Paragraph

#: Fewer letters than this may stand in an instruction and in an answer by chance.
_REPEATED = 16
#: The end of a sentence, or the mark of a list's next item.
_SENTENCE = re.compile(rf"(?<=[.!?:])\s+|\s*(?=[{BULLETS}])")
#: Why words were left out that stand upright and sound like the form; in a plan with italics they may be an answer.
WORDED = "worded as an instruction of the form"
_BULLET = re.compile(rf"^\W*[{BULLETS}]")


def without_repetitions(paragraphs: list[Paragraph], asked: Sequence[str], left: list[LeftOut]) -> list[Paragraph]:
    """Take away sentences that only say the section's instruction again in upright type: they answer nothing.

    Here and below, what is taken away is noted in `left`.
    """
    said = squash(" ".join(asked))
    out: list[Paragraph] = []
    for paragraph in paragraphs:
        again = [
            (start, end)
            for start, end in paragraph.sentences()
            if len(words := squash(paragraph.text[start:end])) >= _REPEATED and words in said
        ]
        left += _cut_away(paragraph, again, "says the form's instruction again")
        out.extend(paragraph.without(again) if again else [paragraph])
    return out


def statements_in_italics(asked_under: Mapping[str | None, Sequence[tuple[int, str]]]) -> list[str]:
    """Sentences in italics that state something and ask for nothing: an answer may have been set like the form.

    Italics are never evidence; a person must look. Sentences that go on from a question are part of it.
    """
    found = []
    for lines in asked_under.values():
        text = plain(join_lines([line for _, line in lines]))
        sentences = [s for s in _SENTENCE.split(text) if re.match(r"[A-Z\d]", s) and not s.endswith(":")]
        found += [s for s in sentences if states_something(s) and not is_instruction(s)]
    return found


def without_upright_prompts(
    paragraphs: list[Paragraph], asked_under: Mapping[str | None, Sequence[tuple[int, str]]], left: list[LeftOut]
) -> list[Paragraph]:
    """Take upright instructions out of a section of a plan that has italics: some prompts lost theirs, or were retyped.

    Under a heading or a sub-head the form asks first. So only what stands there before the italics and before the
    first words of an answer is looked at, and items of a list whose other items ask in italics; an answer may be
    in the imperative too ("Keep cover crops over winter"). `asked_under` is as in `Section`.
    """
    asking = {under: lines for under, lines in asked_under.items() if _asks([line for _, line in lines])}
    listed = {under for under, lines in asking.items() if _lists([line for _, line in lines])}
    after = {
        number
        for number, paragraph in enumerate(paragraphs)
        if paragraph.subhead in asking and number >= asking[paragraph.subhead][0][0]
    }
    closed = {n for n in after if not (paragraphs[n].item and paragraphs[n].subhead in listed)}
    return without_instructions(paragraphs, left, closed, only_lead=True, items=after - closed)


def without_instructions(
    paragraphs: list[Paragraph],
    left: list[LeftOut],
    closed: Collection[int] = (),
    *,
    only_lead: bool = False,
    items: Collection[int] = (),
) -> list[Paragraph]:
    """Take away sentences that tell the proponent what to write, and the bare list items under them.

    Paragraphs whose place is in `closed` stay as they are. With `only_lead` only what stands before the first words
    of an answer under each sub-head is looked at, and the first sentence of `items` and of a list of prompts.
    """
    out: list[Paragraph] = []
    listing = False
    answered: set[str | None] = set()
    prompted: set[str | None] = set()
    for place, paragraph in enumerate(paragraphs):
        drop: list[tuple[int, int]] = []
        for number, (start, end) in enumerate(paragraph.sentences()):
            among = number == 0 and (place in items or (paragraph.item and paragraph.subhead in prompted))
            if place in closed or (only_lead and paragraph.subhead in answered and not among):
                break
            sentence = paragraph.text[start:end]
            if is_instruction(sentence):
                drop.append((start, end))
                listing = plain(sentence).endswith(":")
                prompted |= {paragraph.subhead} if listing or paragraph.item else set()
            elif listing and paragraph.item and number == 0 and is_instruction_item(sentence):
                drop.append((start, end))
            else:
                answered.add(paragraph.subhead)
        left += _cut_away(paragraph, drop, WORDED)
        if drop:
            out.extend(paragraph.without(drop))
        else:
            listing = listing and paragraph.item
            out.append(paragraph)
    return out


def _cut_away(paragraph: Paragraph, sentences: list[tuple[int, int]], why: str) -> list[LeftOut]:
    return [LeftOut(page, label, words, why) for a, b in sentences for page, label, words in paragraph.cut(a, b)]


def _asks(lines: Sequence[str]) -> bool:
    """True when italics hold an instruction; answers set in italics by accident hold none."""
    return any(is_instruction(line) for line in (*lines, join_lines(list(lines))))


def _lists(lines: Sequence[str]) -> bool:
    """True when the instruction is a list, or introduces one."""
    return any(_BULLET.match(line) for line in lines) or join_lines(list(lines)).endswith(":")
