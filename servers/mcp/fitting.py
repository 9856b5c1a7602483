"""How an answer is held to what an agent can take: compact JSON, cut from the end, saying what was left out.

An agent pays for every character of an answer, and its program cuts off, or refuses, what is longer than about 25,000
tokens. So no answer is longer than MOST unless the call asked for so many items by `limit`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.models.as_json import json_of

Item = TypeVar("Item")

#: Characters of a whole answer as it goes over the wire: the JSON-RPC message with its text escaped in it.
MOST = 20_000
#: What the message takes beside the text.
ENVELOPE = 400
ROOM = MOST - ENVELOPE
#: No answer has room for more items, however short they are.
MOST_ITEMS = 400
#: What a list needs to say that it was cut, and how to have the rest.
_NOTE = 260
#: Begins the mark at the end of a text that was cut; the number of characters left out follows.
CUT = "… (+"
_SAID = f'"{CUT}N)" ends a text that lacks N characters, X_left_out counts what X lacks; with limit items come whole'
#: What a value is cut to, one after the other until it fits: characters of a text, entries of a list or an object.
_STEPS = ((1200, 40), (500, 20), (250, 12), (120, 8), (60, 4), (30, 2))


def plain(value: object) -> Any:
    """A value as JSON, with the same words and numbers that every other door gives."""
    return json.loads(json_of(value, indent=None))


def compact(value: object) -> str:
    """JSON without a blank that is not in a text; stray bytes of file names stay escaped."""
    said = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return said.encode("utf-8", "backslashreplace").decode()


def cost(value: object) -> int:
    """Characters that a value takes on the wire: its JSON, escaped once more as the text of a message."""
    return len(json.dumps(compact(value), ensure_ascii=False)) - 2


def short(text: str, most: int) -> str:
    """The text, or its beginning and how many characters were left out."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()}{CUT}{len(text) - most})"


def bounded(value: Any, room: int) -> Any:
    """The value, or as much of it as takes no more than `room`: texts end in the mark, lists name what they lack."""
    if cost(value) <= room:
        return value
    for characters, entries in _STEPS:
        less = _cut(value, characters, entries)
        if cost(less) <= room:
            return less
    return short(compact(value), max(room // 8, 1))


def _cut(value: Any, characters: int, entries: int) -> Any:
    if isinstance(value, str):
        return short(value, characters)
    if isinstance(value, list):
        return [_cut(one, characters, entries) for one in value[:entries]]
    if not isinstance(value, dict):
        return value
    # Few keys belong to a shape and are all kept; many are data.
    most = max(4 * entries, 24) if characters > 30 else 12
    less: dict[str, Any] = {}
    for key, one in list(value.items())[:most]:
        less[short(key, characters)] = _cut(one, characters, entries)
        if isinstance(one, list) and len(one) > entries:
            less[f"{short(key, characters)}_left_out"] = len(one) - entries
    if len(value) > most:
        less["left_out"] = len(value) - most
    return less


@dataclass(frozen=True)
class Part:
    """A list in an answer that may be cut."""

    name: str
    items: Sequence[Any]
    #: The call or address that gives the rest, up to its offset: "list_sessions(offset="; empty: there is none.
    more: str = ""
    #: Where the first item stands in the whole list, and how long that is.
    offset: int = 0
    total: int | None = None
    #: The call named how many it wants: they are given, and whole.
    asked: bool = False

    @property
    def of(self) -> int:
        """How long the whole list is."""
        return self.offset + len(self.items) if self.total is None else self.total


def fitted(head: Mapping[str, Any], parts: Sequence[Part], room: int = ROOM) -> dict[str, Any]:
    """An object of the head and as much of every part as there is room for, fairly shared between them.

    `left_out` says of each part that was cut how many items are shown, of how many, and which call gives the rest.
    """
    asked = any(part.asked for part in parts)
    first = dict(head) if asked else bounded(dict(head), room // 2 if parts else room - _NOTE)
    if not isinstance(first, dict):
        first = {"left_out_of_head": first}
    names = sum(cost({part.name: []}) for part in parts)
    left = room - cost(first) - names - _NOTE * (1 + len(parts))
    taken = {part.name: _taken(part, share) for part, share in zip(parts, _shares(parts, left), strict=True)}
    answer = {**first, **taken}
    left_out: dict[str, Any] = {}
    for part in parts:
        end = part.offset + len(taken[part.name])
        if end < part.of:
            left_out[part.name] = {"shown": len(taken[part.name]), "of": part.of}
            if part.more:
                left_out[part.name]["more"] = f"{part.more}{end}{')' if '(' in part.more else ''}"
    if CUT in (said := compact(answer)) or '_left_out":' in said:
        left_out["texts"] = _SAID
    return {**answer, "left_out": left_out} if left_out else answer


def paged(
    head: Mapping[str, Any],
    name: str,
    items: Sequence[Item],
    entry: Callable[[Item], Any],
    more: str,
    limit: int | None,
    offset: int,
) -> dict[str, Any]:
    """A stretch of one list: `limit` items from `offset` on, whole; without limit as many as there is room for.

    `more`: as in Part. `next_offset` is None at the end of the list.
    """
    chosen = items[offset : offset + (limit or MOST_ITEMS)]
    part = Part(name, [entry(one) for one in chosen], more, offset, len(items), limit is not None)
    answer = fitted({**head, "total": len(items), "offset": offset}, [part])
    end = offset + len(answer[name])
    return {**answer, "next_offset": end if end < len(items) else None}


def whole(value: Mapping[str, Any], more: Mapping[str, str] | None = None, room: int = ROOM) -> dict[str, Any]:
    """The value as every door gives it when it fits; else its lists are cut, each with the call of `more` for more."""
    if cost(value) <= room:
        return dict(value)
    head = {key: one for key, one in value.items() if not isinstance(one, list)}
    parts = [Part(key, one, (more or {}).get(key, "")) for key, one in value.items() if isinstance(one, list)]
    return fitted(head, parts, room)


def _taken(part: Part, share: int) -> list[Any]:
    """The items from the first on that the share has room for; a first one that is too long alone is cut itself."""
    if part.asked:
        return list(part.items)
    taken: list[Any] = []
    left = share
    for item in part.items:
        price = cost(item) + 1
        if price > left:
            break
        taken.append(item)
        left -= price
    if not taken and part.items and share > _NOTE:
        return [bounded(part.items[0], share)]
    return taken


def _shares(parts: Sequence[Part], room: int) -> list[int]:
    """What each part may take: what it needs if that is little, and an equal share of the rest for the others."""
    needs = [0 if part.asked else _need(part, room) for part in parts]
    shares = [0] * len(parts)
    left, waiting = max(room, 0), sorted(range(len(parts)), key=needs.__getitem__)
    while waiting:
        index = waiting.pop(0)
        shares[index] = min(needs[index], left // (1 + len(waiting)))
        left -= shares[index]
    return shares


def _need(part: Part, most: int) -> int:
    """What all items take; anything above `most` stands for more than there is."""
    total = 0
    for item in part.items:
        total += cost(item) + 1
        if total > most:
            break
    return total
