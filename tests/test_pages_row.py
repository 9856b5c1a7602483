"""One requirement on a page: read, decided by key, conflicts that lose nothing, and every other word on a row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.decisions.claims import submit_claim
from pipeline.desk.next_row import waiting_rows
from pipeline.home.keys import create_key
from pipeline.models import RequirementResult
from pipeline.stages import human_review, run
from pipeline.stages.add_documents import add_documents
from pipeline.workflow import results
from tests.browsing import browsing, grave_faults
from tests.queue_fixtures import until
from tests.reviewing import ANA, BEN, make_home, opened, press, record_of, signed_in
from tests.serving import Server, serving

HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u202e</textarea><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return make_home(tmp_path_factory.mktemp("rows"), f"Hill {HOSTILE}")


@pytest.fixture(scope="module")
def browser(browser_program: str) -> Iterator[Browser]:
    with browsing(browser_program) as browser:
        yield browser


class Desk:
    """A session of its own, at its server."""

    def __init__(self, home: Path, session_id: str, server: Server) -> None:
        self.home, self.session_id, self.server = home, session_id, server

    @property
    def url(self) -> str:
        return self.server.url

    def row(self, requirement_id: str, **query: object) -> str:
        told = "&".join(f"{name}={value}" for name, value in query.items())
        return f"/review/{self.session_id}/requirements/{requirement_id}{'?' if told else ''}{told}"

    def record(self) -> Any:
        return record_of(self.home, self.session_id)

    def result(self, requirement_id: str) -> RequirementResult:
        with opened(self.home) as ws:
            found = results.load_validation(ws, ws.sessions.read(self.session_id))
        assert found is not None
        return next(r for r in found.requirements if r.requirement_id == requirement_id)


@pytest.fixture
def desk(made: tuple[Path, str], tmp_path: Path) -> Iterator[Desk]:
    home, session_id = made
    shutil.copytree(home, tmp_path / "home")
    with serving(tmp_path / "home") as server:
        yield Desk(tmp_path / "home", session_id, server)


def at(page: Page, requirement_id: str) -> None:
    """Wait until the page of that row is open."""
    page.wait_for_url(re.compile(rf"/requirements/{requirement_id}(\?|#|$)"))


def test_every_row_is_decided_by_keyboard_the_urgent_ones_first(desk: Desk, browser: Browser) -> None:
    # Given nobody has decided anything
    with opened(desk.home) as ws:
        order = waiting_rows(ws, ws.sessions.read(desk.session_id))
    assert len(order) == 23
    assert desk.result(order[0]).status != "covered"
    assert desk.result(order[-1]).status == "covered"
    with signed_in(browser, desk.url) as page:
        # When each is decided by a letter, a reason and Ctrl+Enter, on the page that opens by itself
        page.goto(desk.row(order[0]))
        for number, row in enumerate(order):
            at(page, row)
            press(page, "v" if number == 1 else "c" if number == 2 else "r" if number == 3 else "a")
            expect(page.locator("#reason")).to_be_focused()
            page.keyboard.type(f"Read it, {number}.")
            press(page, "Control+Enter")
            told = page.locator(".done")
            expect(told).to_contain_text(row)
            expect(told).to_contain_text(f"Read it, {number}.")
        # Then the signing page follows the last
        page.wait_for_url(re.compile("/signing"))
    decisions = desk.record().decisions
    assert [decisions[row].status for row in order[:5]] == [
        "approved", "needs_revision", "conditional", "rejected", "approved"
    ]  # fmt: skip
    assert {one.by for one in decisions.values()} == {ANA}
    assert len(decisions) == 23


def test_what_was_recorded_can_be_taken_back_at_once(desk: Desk, browser: Browser) -> None:
    with signed_in(browser, desk.url) as page:
        page.goto(desk.row("REQ-007"))
        press(page, "a")
        page.keyboard.type("Seen.")
        press(page, "Control+Enter")
        page.locator(".done").wait_for()
        assert desk.record().decisions["REQ-007"].status == "approved"
        press(page, "z")
        at(page, "REQ-007")
        expect(page.locator("#deciding").locator("..")).not_to_contain_text("Seen.")
        assert "REQ-007" not in desk.record().decisions
        press(page, "h")
        expect(page.locator(".history")).to_contain_text("took the decision back: Recorded by mistake.")
        expect(page.locator(".history")).to_contain_text("decided: Approved: Seen.")


def test_two_reviewers_on_one_row_see_each_other_and_lose_nothing(desk: Desk, browser: Browser) -> None:
    # Given two people who look at the same row
    with signed_in(browser, desk.url) as ana, signed_in(browser, desk.url, BEN) as ben:
        ana.goto(desk.row("REQ-012"))
        ben.goto(desk.row("REQ-012"))
        press(ben, "r")
        ben.keyboard.type("Two years are missing, as I read it.")
        # When one has decided, and the other decides otherwise
        press(ana, "a")
        ana.keyboard.type("All five years are there.")
        press(ana, "Control+Enter")
        ana.locator(".done").wait_for()
        with ben.expect_response(lambda answer: answer.request.method == "POST") as told:
            press(ben, "Control+Enter")
        # Then the second is shown both versions and their own, and nothing was written over
        assert told.value.status == 409
        ben.locator(".conflict").wait_for()
        seen, stands, own = ben.locator(".conflict .versions > div").all()
        expect(seen).to_contain_text("none")
        expect(stands).to_contain_text("All five years are there.")
        expect(stands).to_contain_text(ANA)
        expect(own).to_contain_text("Two years are missing, as I read it.")
        expect(ben.locator("#reason")).to_have_value("Two years are missing, as I read it.")
        expect(ben.get_by_role("radio", name="Reject")).to_be_checked()
        assert desk.record().decisions["REQ-012"].by == ANA
        assert grave_faults(ben) == []
        # And one key records it on what stands now
        press(ben, "y")
        expect(ben.locator(".done")).to_contain_text("REQ-012")
    made = desk.record().decisions["REQ-012"]
    assert (made.status, made.reason, made.by) == ("rejected", "Two years are missing, as I read it.", BEN)


def test_words_on_other_rows_are_no_conflict(desk: Desk, browser: Browser) -> None:
    with signed_in(browser, desk.url) as ana, signed_in(browser, desk.url, BEN) as ben:
        ana.goto(desk.row("REQ-012"))
        ben.goto(desk.row("REQ-013"))
        for page, row in ((ben, "REQ-013"), (ana, "REQ-012")):
            press(page, "a")
            page.keyboard.type("Fine.")
            press(page, "Control+Enter")
            expect(page.locator(".done")).to_contain_text(row)
    assert {"REQ-012", "REQ-013"} <= set(desk.record().decisions)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(desk: Desk, browser: Browser, scheme: Any) -> None:
    with signed_in(browser, desk.url, color_scheme=scheme) as page:
        for path in ("REQ-002", "REQ-009?quote=3", "REQ-016"):
            page.goto(desk.row(path))
            for part in page.locator("details").all():
                part.evaluate("one => one.open = true")
            assert grave_faults(page) == [], path
        for tab in ("tenure", "missing", "signing"):
            page.goto(f"/review/{desk.session_id}/{tab}")
            assert grave_faults(page) == [], tab
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_page_is_wider_than_the_screen(desk: Desk, browser: Browser, width: int) -> None:
    with signed_in(browser, desk.url, viewport={"width": width, "height": 800}) as page:
        for path in (desk.row("REQ-002"), desk.row("REQ-009", quote=3), f"/review/{desk.session_id}/signing"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_everything_works_without_scripts(desk: Desk, browser: Browser) -> None:
    with signed_in(browser, desk.url, java_script_enabled=False) as page:
        page.goto(desk.row("REQ-017"))
        assert page.locator("#sheet-1").is_visible()
        page.locator(".quotes a").nth(1).click()
        assert page.locator("#sheet-2").is_visible()
        assert not page.locator("#sheet-1").is_visible()
        page.get_by_label("Conditional").check()
        page.fill("#reason", "As long as the plan is kept.")
        page.get_by_role("button", name="Record").click()
        expect(page.locator(".done")).to_contain_text("REQ-017")
        page.get_by_role("button", name="Undo").click()
        at(page, "REQ-017")
    assert "REQ-017" not in desk.record().decisions


def test_keys_go_through_rows_and_quotes_and_nothing_typed_is_lost_on_the_way(desk: Desk, browser: Browser) -> None:
    with signed_in(browser, desk.url) as page:
        page.goto(desk.row("REQ-017"))
        press(page, "a")
        page.keyboard.type("jnp")  # typed, not pressed
        press(page, "Escape")
        press(page, "n")
        expect(page.locator("#sheet-2")).to_be_visible()
        expect(page.locator("#sheet-1")).to_be_hidden()
        assert page.url.endswith("quote=2")
        press(page, "n")
        press(page, "p")
        expect(page.locator("#sheet-2")).to_be_visible()
        expect(page.locator("#reason")).to_have_value("jnp")
        # leaving asks first
        page.once("dialog", lambda dialog: dialog.dismiss())
        press(page, "j")
        expect(page.locator("#reason")).to_have_value("jnp")
        page.once("dialog", lambda dialog: dialog.accept())
        press(page, "j")
        at(page, "REQ-018")
        press(page, "k")
        at(page, "REQ-017")
        press(page, "w")
        at(page, "REQ-0(02|03|04)")
        press(page, "u")
        page.wait_for_url(re.compile(rf"/review/{desk.session_id}$"))


def test_a_look_counts_when_a_person_looks(desk: Desk, browser: Browser) -> None:
    # Given somebody whose browser fetches a page ahead, and somebody without a name
    with signed_in(browser, desk.url) as page:
        cookies = {one["name"]: one["value"] for one in page.context.cookies()}
        with desk.server.client(cookies=cookies) as client:
            for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
                assert client.get(desk.row("REQ-005"), headers=headers).status_code == 200
        with desk.server.client() as nobody:
            assert nobody.get(desk.row("REQ-005")).status_code == 200
        assert desk.record().opened == {}
        # When a person opens it
        page.goto(desk.row("REQ-005"))
    # Then it counts, for them
    assert set(desk.record().opened) == {f"REQ-005/{ANA}"}


def test_a_row_whose_answer_changed_shows_both_answers_side_by_side(desk: Desk, browser: Browser) -> None:
    before = desk.result("REQ-020")
    with opened(desk.home) as ws:
        human_review.record_decision(ws, desk.session_id, "REQ-020", "approved", "Said in 2.4.", BEN)
    with signed_in(browser, desk.url) as page:
        # When a quote is discarded, and the row is judged without it
        page.goto(desk.row("REQ-020"))
        page.get_by_text("It is no answer").click()
        page.fill("#no-1", "It speaks of another matter.")
        page.get_by_role("button", name="Discard the quote").click()
        until(lambda: desk.result("REQ-020").evidence != before.evidence, "the row is judged again", 60)
        page.goto(desk.row("REQ-020"))
        # Then both answers stand side by side, and the quote may count again
        page.locator(".reopened").wait_for()
        old, new = page.locator(".reopened .versions > div").all()
        expect(old).to_contain_text(before.evidence[0].quote[:60])
        expect(old).to_contain_text("Said in 2.4.")
        expect(new).not_to_contain_text(before.evidence[0].quote[:60])
        assert grave_faults(page) == []
        page.get_by_label("Why it counts after all").fill("I misread it.")
        page.get_by_role("button", name="Let it count again").click()
        until(lambda: desk.result("REQ-020").evidence == before.evidence, "the row is as it was", 60)
        page.goto(desk.row("REQ-020"))
        expect(page.locator(".reopened")).to_have_count(0)
        expect(page.locator("#found")).to_contain_text("Approved")


def test_the_developer_is_asked_for_exactly_what_is_missing(desk: Desk, browser: Browser) -> None:
    row = desk.result("REQ-002")
    failed = next(test for test in row.tests if test.outcome == "fail")
    with signed_in(browser, desk.url) as page:
        page.goto(desk.row("REQ-002"))
        press(page, "q")
        expect(page.locator("#what")).to_be_focused()
        expect(page.locator("#what")).to_have_value(failed.message)
        expect(page.locator("#clears_when")).to_have_value(str(failed.clears_when))
        page.select_option("#priority", "critical")
        page.locator("#what").focus()
        press(page, "Control+Enter")
        expect(page.locator("#asked + ul")).to_contain_text(failed.message)
        (asked,) = desk.record().revisions.values()
        assert (asked.what, asked.priority, asked.by) == (failed.message, "critical", ANA)
        # and resolved, with words
        press(page, "e")
        page.keyboard.type("It came by post.")
        press(page, "Enter")
        expect(page.locator("#asked + ul")).to_contain_text("It came by post.")
    (asked,) = desk.record().revisions.values()
    assert (asked.status, asked.note) == ("resolved", "It came by post.")


def test_a_row_looks_at_the_documents_that_a_person_says(desk: Desk, browser: Browser) -> None:
    with opened(desk.home) as ws:
        mapping = results.load_mapping(ws, ws.sessions.read(desk.session_id))
    assert mapping is not None
    looked = next(one for one in mapping.mappings if one.requirement_id == "REQ-009").document_ids
    with signed_in(browser, desk.url) as page:
        page.goto(desk.row("REQ-009"))
        press(page, "d")
        boxes = page.locator(".looks input[type=checkbox]")
        ticked = {one.get_attribute("value") for one in boxes.all() if one.is_checked()}
        assert ticked == set(looked)
        gone = page.locator(f".looks input[value='{looked[-1]}'][type=checkbox]")
        more = next(one for one in boxes.all() if not one.is_checked())
        added = more.get_attribute("value")
        gone.uncheck()
        more.check()
        page.fill("#map-reason", "The other one says it.")
        page.get_by_role("button", name="Look at these").click()
        at(page, "REQ-009")
    made = desk.record().remapped["REQ-009"]
    assert (made.added, made.removed) == ((added,), (looked[-1],))


def test_hostile_words_stay_words(desk: Desk, browser: Browser, tmp_path: Path) -> None:
    # Given a document whose name and text are markup, a finding that quotes it, and reviewers who write markup
    name = "\"><img src=x onerror=document.title='owned'>.txt"
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / name).write_text(f"Soil is sampled each year {HOSTILE} by hand.\n", encoding="utf-8")
    with opened(desk.home) as ws:
        add_documents(ws, desk.session_id, {"type": "path", "path": str(folder / name)}, check_duplicates=False)
        run.advance(ws, desk.session_id, "report_generation")
        held = next(d for d in ws.sessions.read(desk.session_id).documents.values() if d.filename.endswith(".txt"))
        quote = f"Soil is sampled each year {HOSTILE.replace(chr(0x202E), '')}"[:60]
        submit_claim(ws, desk.session_id, "REQ-017", quote, held.document_id, 1, HOSTILE, by="helper")
    with signed_in(browser, desk.url, name="Eve <b>Agent</b>") as page:
        page.goto(desk.row("REQ-017"))
        expect(page.locator(".claims")).to_contain_text("onerror")
        press(page, "m")
        page.keyboard.type(HOSTILE.replace("\u202e", ""))
        press(page, "Control+Enter")
        expect(page.locator("#said + ul")).to_contain_text("</textarea><script>")
        # refused, so that it comes back in its field
        press(page, "a")
        page.fill("#reason", HOSTILE)
        with opened(desk.home) as ws:
            human_review.record_decision(ws, desk.session_id, "REQ-017", "rejected", HOSTILE, BEN)
        press(page, "Control+Enter")
        expect(page.locator(".conflict")).to_contain_text("onerror")
        assert page.title() != "owned"
        assert page.locator("main img[src=x], main script").count() == 0
        press(page, "y")
        page.locator(".done").wait_for()
        for tab in ("", "/tenure", "/missing", "/signing"):
            page.goto(f"/review/{desk.session_id}{tab}")
            assert page.locator("img[src=x]").count() == 0
            assert page.title() != "owned"
            # what hides in a text is shown, not obeyed
            assert "\u202e" not in page.content()


def test_who_may_only_read_is_shown_no_form_and_writes_nothing(desk: Desk, browser: Browser) -> None:
    with opened(desk.home) as ws:
        _, secret = create_key(ws, "looker", ("read",))
    context = browser.new_context(base_url=desk.url)
    page = context.new_page()
    page.goto(desk.row("REQ-007"))
    page.fill("#name", BEN)
    page.fill("#key", secret)
    page.click("main button")
    page.goto(desk.row("REQ-007"))
    assert page.locator("main form").count() == 0
    cookies = {one["name"]: one["value"] for one in context.cookies()}
    context.close()
    with desk.server.client(cookies=cookies) as client:
        told = {"status": "approved", "reason": "Yes."}
        assert client.post(f"{desk.row('REQ-007')}/decide", data=told).status_code == 403
    record = desk.record()
    assert (record.decisions, record.opened) == ({}, {})


def test_without_a_name_one_may_look_and_is_asked_for_it_before_deciding(desk: Desk) -> None:
    with desk.server.client() as client:
        assert "Sign in" in client.get(desk.row("REQ-007")).text
        answer = client.post(f"{desk.row('REQ-007')}/decide", data={"status": "approved", "reason": "Yes."})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
        assert client.get(desk.row("REQ-999")).status_code == 404
    assert desk.record().decisions == {}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("decide", {"status": "perhaps", "reason": "Typed."}),
        ("decide", {"status": "approved", "reason": "  "}),
        ("undo", {"reason": "Typed."}),
        ("note", {"kind": "note", "text": " "}),
        ("note", {"kind": "shout", "text": "Typed."}),
        ("ask", {"what": " ", "clears_when": "Typed."}),
        ("resolve", {"revision_id": "rev-9", "note": "Typed."}),
        ("quote", {"evidence_id": "ev-0", "reason": "Typed."}),
        ("mapping", {"look": "doc-0", "reason": "Typed."}),
    ],
)
def test_what_cannot_be_done_is_told_on_the_page_and_changes_nothing(
    shared: tuple[Desk, dict[str, str]], form: str, told: dict[str, str]
) -> None:
    desk, cookies = shared
    before = desk.record().revision
    with desk.server.client(cookies=cookies) as client:
        answer = client.post(f"{desk.row('REQ-007')}/{form}", data=told)
    assert answer.status_code in (400, 404)
    assert 'role="alert"' in answer.text
    assert "REQ-007" in answer.text
    assert desk.record().revision == before


@pytest.fixture(scope="module")
def shared(
    made: tuple[Path, str], browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, dict[str, str]]]:
    """A desk that nobody changes, and the cookies of somebody who signed in."""
    home = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(made[0], home)
    with serving(home) as server:
        with signed_in(browser, server.url) as page:
            cookies = {one["name"]: one["value"] for one in page.context.cookies()}
        yield Desk(home, made[1], server), cookies
