"""Printed numbers: read as they stand, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.amounts import amount


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5),
        (" 82.08 ", 82.08),
        ("-121.90", -121.9),
        ("\u2212121.90", -121.9),
        ("+3", 3.0),
        (".5", 0.5),
        ("0", 0.0),
    ],
)
def test_a_printed_number_is_read(text: str, number: float) -> None:
    assert amount(text) == number


NO_NUMBERS = ("", "-", "n/a", "12,5", "1,23,456", "1.2.3", "1 234", "ten", "5 ha", "nan", "inf", "1e9")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_gives_nothing_and_never_zero(text: str) -> None:
    assert amount(text) is None


@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_a_number_printed_with_or_without_commas_is_the_same_number(whole: int, part: int) -> None:
    assert amount(f"{whole:,}.{part:02d}") == amount(f"{whole}.{part:02d}") == float(f"{whole}.{part:02d}")

