"""Pages as pictures: the words that are quoted are the ones marked, whatever the page, and nothing else is drawn on."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import report_fixture as made
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_maker import Sheet, make_pdf, prose
from PIL import Image

from pipeline.errors import ReviewError
from pipeline.models import Drawing
from pipeline.reading.boxes import all_boxes
from pipeline.reading.pictures import MOST_PIXELS, PAGE_DPI, draw
from pipeline.reading.service import ReadingService
from pipeline.reporting.html import render_html
from pipeline.reporting.pictures import Strip, strips_of
from pipeline.settings import ReadingSettings

WORDS = "sown with clover"
SHA = "e" * 64


def drawn(path: Path, page: int = 1, strip: bool = False, words: str = WORDS) -> Image.Image:
    boxes = all_boxes(path, [(page, words)])[0]
    (png,) = draw(path, [{"page": page, "boxes": boxes, "strip": strip}])
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def marked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of everything that is yellow: much more red than blue."""
    red, _, blue = image.split()
    pairs = zip(red.tobytes(), blue.tobytes(), strict=True)
    yellow = bytes(255 if r > 180 and r - b > 90 else 0 for r, b in pairs)
    return Image.frombytes("L", image.size, yellow).getbbox()


def test_the_quoted_words_are_marked_where_they_stand(tmp_path: Path) -> None:
    # Given a page with a sentence on it
    path = make_pdf(tmp_path / "plan.pdf", prose)
    ((x0, top, x1, bottom),) = all_boxes(path, [(1, WORDS)])[0]
    # When it is drawn with those words marked
    image = drawn(path)
    # Then the mark covers their boxes, to a pixel or two, and they are still black on it
    scale = PAGE_DPI / 72
    found = marked(image)
    assert found is not None
    for seen, meant in zip(found, (x0, top, x1, bottom), strict=True):
        assert seen == pytest.approx(meant * scale, abs=2 * scale + 1)
    assert min(image.crop(found).convert("L").tobytes()) < 60


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_on_a_turned_page_the_mark_turns_with_the_words(tmp_path: Path, turn: int) -> None:
    upright = make_pdf(tmp_path / "plan.pdf", prose)
    with pikepdf.open(upright) as pdf:
        pdf.pages[0].Rotate = turn
        pdf.save(tmp_path / "turned.pdf")
    image = drawn(tmp_path / "turned.pdf")
    found = marked(image)
    assert found is not None
    # the words are under the mark, wherever the turn brought it
    assert min(image.crop(found).convert("L").tobytes()) < 60
    ((x0, _, _, bottom),) = all_boxes(tmp_path / "turned.pdf", [(1, WORDS)])[0]
    assert found[0] == pytest.approx(x0 * PAGE_DPI / 72, abs=5)
    assert found[3] == pytest.approx(bottom * PAGE_DPI / 72, abs=5)


def test_a_strip_is_small_shows_the_lines_around_and_lacks_the_empty_margins(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "plan.pdf", prose)
    strip = drawn(path, strip=True)
    assert marked(strip) is not None
    assert strip.height < 0.3 * 841.89 * 100 / 72
    assert strip.width < 0.9 * 595.28 * 100 / 72
    (png,) = draw(path, [{"page": 1, "boxes": all_boxes(path, [(1, WORDS)])[0], "strip": True}])
    assert png is not None
    assert len(png) < 12_000
    assert len(Image.open(io.BytesIO(png)).getcolors() or ()) <= 15


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "plan.pdf", prose, prose)
    boxes = all_boxes(path, [(1, WORDS)])[0]
    wanted = [{"page": n, "boxes": boxes, "strip": s} for n in (2, 1) for s in (True, False)]
    whole = draw(path, wanted)
    assert all(whole)
    assert [draw(path, [one])[0] for one in wanted] == whole


def test_there_is_no_picture_of_an_absent_page_and_no_strip_around_nothing(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "plan.pdf", prose)
    assert draw(path, [{"page": 7}, {"page": 0}, {"page": 1, "strip": True}]) == [None, None, None]
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(path.read_bytes()[:200])
    assert draw(broken, [{"page": 1}]) == [None]


def test_a_page_that_claims_to_be_huge_makes_no_huge_picture(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(14_400, 14_400))
        pdf.save(tmp_path / "huge.pdf")
    strip, page = draw(
        tmp_path / "huge.pdf", [{"page": 1, "boxes": [[10, 10, 90, 60]], "strip": True}, {"page": 1, "boxes": []}]
    )
    for png, most in ((strip, MOST_PIXELS[True]), (page, MOST_PIXELS[False])):
        assert png is not None
        assert max(Image.open(io.BytesIO(png)).size) <= most + 1


@settings(deadline=None, max_examples=40)  # a page is drawn each time
@given(
    box=st.tuples(*[st.floats(-900, 1800, allow_nan=False)] * 4),
    strip=st.booleans(),
)
def test_whatever_a_box_claims_a_picture_comes_of_it(
    box: tuple[float, float, float, float], strip: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-box.pdf"
    if not path.exists():
        make_pdf(path, prose)
    assert draw(path, [{"page": 1, "boxes": [box], "strip": strip}])[0]


def test_quotes_asked_for_together_have_the_boxes_they_have_alone(tmp_path: Path) -> None:
    def second(sheet: Sheet) -> None:
        sheet.text(72, 100, "The rotation is grazed in spring.")

    path = make_pdf(tmp_path / "plan.pdf", prose, second)
    wanted = [(2, "grazed in spring"), (1, WORDS), (1, "sown with barley"), (9, WORDS), (1, WORDS)]
    assert all_boxes(path, wanted) == [all_boxes(path, [(page, quote)])[0] for page, quote in wanted]
    assert [bool(boxes) for boxes in all_boxes(path, wanted)] == [True, True, False, False, True]


# --- in a reading process ---------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ReadingService]:
    settings = ReadingSettings.model_validate({"processes": 1, "timeout_seconds": 20})
    with ReadingService(settings, tmp_path / "readings", lambda sha: tmp_path / sha) as made_service:
        yield made_service


def test_pictures_come_from_a_process_of_their_own_with_the_same_bytes(tmp_path: Path, service: ReadingService) -> None:
    path = make_pdf(tmp_path / SHA, prose)
    drawing = Drawing(page=1, boxes=all_boxes(path, [(1, WORDS)])[0])
    assert service.pictures(SHA, [drawing]) == draw(path, [drawing.model_dump()])
    assert len(service.children()) == 1


def test_what_is_no_pdf_has_no_boxes_and_what_is_gone_no_picture(tmp_path: Path, service: ReadingService) -> None:
    (tmp_path / SHA).write_text(WORDS)
    assert service.pictures(SHA, [Drawing(page=1)]) == [None]
    assert service.all_boxes(SHA, [(1, WORDS)]) == [()]
    assert service.pictures("f" * 64, [Drawing(page=1)]) == [None]
    with pytest.raises(ReviewError, match="cannot be opened"):
        service.all_boxes("f" * 64, [(1, WORDS)])


def test_a_process_that_dies_over_one_page_still_draws_the_others(
    tmp_path: Path, service: ReadingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a document over whose second page the reading process dies
    from pipeline.reading.process import Gone, ReadingProcess

    path = make_pdf(tmp_path / SHA, prose, prose, prose)
    ask = ReadingProcess.ask

    def dying(process: ReadingProcess, request: dict[str, object], *how: Any) -> dict[str, object]:
        wanted = request["wanted"]
        assert isinstance(wanted, list)
        if any(one["page"] == 2 for one in wanted):
            process.close()
            raise Gone("crashed", "it was ended by SIGSEGV")
        return ask(process, request, *how)

    monkeypatch.setattr(ReadingProcess, "ask", dying)
    # When pictures of all its pages are wanted
    found = service.pictures(SHA, [Drawing(page=n) for n in (1, 2, 3)])
    # Then only that page has none
    assert [bool(one) for one in found] == [True, False, True]
    assert found[0] == draw(path, [{"page": 1}])[0]


# --- in the report ----------------------------------------------------------------------------------------------------


def png(width: int = 8, height: int = 4) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, "PNG")
    return out.getvalue()


def draw_all(_sha256: str, drawings: Sequence[Drawing]) -> list[bytes | None]:
    return [png() for _ in drawings]


def test_every_quote_with_boxes_has_its_strip_in_a_closed_fold() -> None:
    report = made.boxed(made.report())
    strips = strips_of(report, draw_all)
    html = render_html(report, made.checklist(), strips)
    shown = [q for part in (report.exceptions, report.requirements, report.checks) for e in part for q in e.evidence]
    assert strips.left_out == 0
    assert html.count("<img ") == html.count('<details class="sheet">') == len(shown)
    assert html.count('loading="lazy"') == len(shown)
    assert "img-src data:; " in html
    assert 'width="8" height="4"' in html
    assert "with these words marked: The project starts on 01/01/2022." in html


def test_without_pictures_the_page_is_allowed_none() -> None:
    html = render_html(made.report(), made.checklist(), strips_of(made.report(), draw_all))
    assert "<img " not in html
    assert "img-src" not in html
    assert "Pictures of pages" not in html


def test_what_does_not_fit_is_left_out_by_urgency_and_said() -> None:
    report = made.boxed(made.report())
    urgent = [item.evidence_id for e in report.exceptions for item in e.evidence]
    room = sum(len(Strip.of(png()).data) * 3 for _ in set(urgent))
    strips = strips_of(report, draw_all, room)
    assert strips.left_out > 0
    assert set(strips.by_id) & set(urgent)
    assert urgent[0] in strips.by_id
    html = render_html(report, made.checklist(), strips)
    assert f"<b>{strips.left_out} left out</b>" in html
    assert "REQUIREMENT --page" in html


@settings(deadline=None, max_examples=20)  # a page is rendered each time
@given(st.integers(0, 20_000))
def test_the_pictures_never_take_more_than_their_room(budget: int) -> None:
    report = made.boxed(made.report())
    html = render_html(report, made.checklist(), strips_of(report, draw_all, budget))
    taken = sum(len(part.split('"', 1)[0]) for part in html.split("data:image/png;base64,")[1:])
    assert taken <= budget


def test_a_page_that_cannot_be_drawn_leaves_its_quote_without_a_picture() -> None:
    report = made.boxed(made.report())
    strips = strips_of(report, lambda _sha, drawings: [None] * len(drawings))
    assert strips.by_id == {}
    assert strips.left_out == 0


def test_a_picture_that_is_written_is_for_its_owner_only(tmp_path: Path) -> None:
    from commands.text.quoted_pages import write_new

    path = write_new(tmp_path / "page.png", png(), may_rename=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # the same again is left as it is; another picture gets a name of its own
    assert write_new(path, png(), may_rename=True) == path
    assert write_new(path, png(9), may_rename=True).name == "page (2).png"
    assert path.read_bytes() == png()
