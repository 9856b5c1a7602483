"""Tests that need what a machine lacks are left out, counted, and it is told how to have them."""

from __future__ import annotations

import pytest

from tests import machine

pytest_plugins = ["pytester"]
CONFTEST = """
from tests.conftest import browser_program, office_program, pytest_collection_modifyitems, pytest_terminal_summary
"""
TESTS = """
import pytest

@pytest.fixture
def page(browser_program):
    raise AssertionError("something was begun for a test that is left out")

def test_page(page): pass
def test_letter(office_program): pass
def test_all_else(): pass
"""


@pytest.fixture
def bare(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests on a machine with neither a browser nor an office program, which need not have every test."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(machine, "EVERY_TEST", False)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    return pytester


def test_what_needs_a_browser_is_left_out_and_the_line_before_the_last_says_how_to_have_it(
    bare: pytest.Pytester,
) -> None:
    ran = bare.runpytest_inprocess("-q")
    ran.assert_outcomes(passed=1, skipped=2)
    assert ran.outlines[-2] == (
        "2 tests were left out: 1 (no browser on the PATH); 1 (no office program on the PATH). To have them: "
        "apt-get install chromium fonts-liberation libreoffice-writer-nogui libreoffice-calc-nogui"
    )
    assert ran.outlines[-1].startswith("1 passed, 2 skipped in ")


def test_where_every_test_is_wanted_what_is_missing_is_a_failure(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "EVERY_TEST", True)
    ran = bare.runpytest_inprocess("-q")
    ran.assert_outcomes(passed=1, errors=2)
    assert "no browser on the PATH, and no test may be left out here" in ran.stdout.str()


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    assert machine.closing_line([]) == ""
