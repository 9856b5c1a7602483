"""Answers are held to their length: whatever the value, never longer, always true about what was left out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from pipeline.models import AddResult, FileOutcome
from servers.mcp import results
from servers.mcp.fitting import ENVELOPE, MOST, ROOM, Part, bounded, compact, cost, fitted, paged, short, whole
from tests.made_big_session import long_name

#: Texts that are dear on the wire and long by repetition, which costs the generator nothing.
TEXTS = st.builds(lambda text, times: text * times, st.text(max_size=8), st.integers(0, 2000))
LISTS = st.builds(lambda one, times: [one] * times, st.text(max_size=40), st.integers(0, 900))
LEAVES = st.one_of(st.none(), st.integers(), TEXTS, LISTS)
LEVEL = st.one_of(LEAVES, st.lists(LEAVES, max_size=4), st.dictionaries(TEXTS, LEAVES, max_size=4))
VALUES = st.one_of(LEVEL, st.lists(LEVEL, max_size=3), st.dictionaries(st.text(max_size=9), LEVEL, max_size=3))


def on_the_wire(value: object) -> str:
    content = [{"type": "text", "text": compact(value)}]
    told = {"jsonrpc": "2.0", "id": 999_999, "result": {"content": content, "isError": False}}
    return json.dumps(told, ensure_ascii=False)


@settings_of(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=20), VALUES, max_size=4), VALUES, VALUES)
def test_whatever_the_value_an_answer_is_json_and_no_longer_than_it_may_be(
    head: dict[str, Any], first: Any, second: Any
) -> None:
    answer = fitted(head, [Part("first_part", [first] * 50, "call(offset="), Part("second_part", [second] * 3)])
    assert len(on_the_wire(answer)) <= MOST
    assert json.loads(compact(answer)) == answer
    assert len(on_the_wire(whole({**head, "list": [first] * 20}))) <= MOST


@settings_of(max_examples=25, deadline=None)
@given(VALUES, st.integers(100, ROOM))
def test_a_value_is_bounded_by_any_room(value: Any, room: int) -> None:
    assert cost(bounded(value, room)) <= room


@settings_of(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=60))
def test_page_by_page_every_item_comes_once_and_in_order(lengths: list[int]) -> None:
    items = [f"{number}:{'x' * length}" for number, length in enumerate(lengths)]
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = paged({"id": 1}, "items", items, lambda one: one, "call(offset=", None, offset)
        assert page["items"], "every page leads on"
        assert page.get("left_out", {}).get("items", {}).get("of", len(items)) == len(items)
        seen += page["items"]
        offset = page["next_offset"]
    assert seen == items


def test_with_a_limit_so_many_are_given_whole_however_long() -> None:
    items = ["y" * 30_000] * 5
    page = paged({}, "items", items, lambda one: one, "call(offset=", 2, 1)
    assert page["items"] == items[1:3]
    assert page["next_offset"] == 3


def test_a_text_that_is_cut_says_how_much_it_lacks() -> None:
    assert short("abcdef", 6) == "abcdef"
    assert short("abcdefgh", 6) == "abcdef… (+2)"
    assert "whole" in whole({"text": "z" * 50_000})["left_out"]["texts"]


def test_of_two_thousand_files_the_refused_ones_are_named_first_and_all_are_counted() -> None:
    files = [FileOutcome(filename=long_name(n), outcome="added", sha256="0" * 64) for n in range(2000)]
    files.append(FileOutcome(filename="evil.txt", outcome="refused", reason="its name leads out"))
    result = AddResult(session_id="a", source_type="path", files_added=2000, files=tuple(files), message="")
    answer = results.added(result)
    assert len(on_the_wire(answer)) <= MOST
    assert answer["files"][0]["filename"] == "evil.txt"
    assert answer["outcomes"] == {"added": 2000, "refused": 1}
    assert answer["left_out"]["files"]["of"] == 2001
    assert "load_session" in answer["left_out"]["files"]["more"]


def test_the_envelope_has_room_for_what_the_protocol_puts_around_a_text() -> None:
    assert len(on_the_wire("")) + 150 <= ENVELOPE
