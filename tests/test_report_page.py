"""The page in a real browser: it opens from disk, fits the screen, obeys its own policy, and prints whole."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pypdfium2
import pytest
import report_fixture as made
from pdf_maker import make_pdf, prose
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE as IMAGE

from pipeline.reading.boxes import all_boxes
from pipeline.reading.pictures import draw
from pipeline.reporting.html import render_html
from pipeline.reporting.pictures import strips_of

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
#: What an answer needs: width of the content, the first screen, and what keys and buttons do.
PROBE = """
<script>
addEventListener("load", () => {
  const press = (key) => dispatchEvent.call(document.body, new KeyboardEvent("keydown", {key, bubbles: true}));
  const at = (selector) => document.querySelector(selector).getBoundingClientRect();
  const seen = {
    width: innerWidth, content: document.documentElement.scrollWidth,
    first: at(".exceptions > li").bottom, outcome: at(".outcome").bottom,
  };
  const exceptions = [...document.querySelectorAll(".exceptions > li")];
  seen.exceptions = exceptions.filter((e) => e.getBoundingClientRect().bottom < 768).length;
  const overflowing = [...document.querySelectorAll("td, dd, blockquote, .message")];
  seen.cut = overflowing.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).map((e) => e.className);
  const stops = [];
  for (const key of ["j", "j", "k"]) { press(key); stops.push(document.activeElement.id); }
  seen.stops = stops;
  document.querySelector('[data-show="missing"]').click();
  const shown = [...document.querySelectorAll("table.form tbody tr")].filter((r) => !r.hidden);
  seen.shown = shown.map((r) => r.id);
  seen.categories = shown.map((r) => r.querySelector(".category").classList.contains("again"));
  location.hash = "#REQ-001";
  setTimeout(() => {
    seen.arrived = !document.getElementById("REQ-001").hidden;
    document.title = "SEEN" + JSON.stringify(seen) + "SEEN";
  }, 50);
});
</script>
"""


@pytest.fixture(scope="session")
def browser(browser_program: str) -> str:
    return browser_program


@pytest.fixture(scope="session")
def html() -> str:
    return render_html(made.report(), made.checklist())


def run(browser: str, folder: Path, page: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open `page` from disk in a browser that has never been used; stderr holds its console."""
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", *flags]
    return subprocess.run(  # noqa: S603 - the browser found on PATH, on a page of our own
        [*command, file.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )


def probe(browser: str, folder: Path, html: str, width: int) -> dict[str, object]:
    """Let our own script look around; the page's policy is taken off first, or it would rightly refuse it."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html).replace("</body>", PROBE + "</body>")
    flags = (f"--window-size={width},768", "--virtual-time-budget=3000", "--dump-dom")
    dom = run(browser, folder, page, *flags).stdout
    found = re.search(r"<title>SEEN(.*?)SEEN</title>", dom)
    assert found, "the probe did not finish"
    answer: dict[str, object] = json.loads(found[1].replace("&amp;", "&"))
    return answer


def test_the_page_opens_from_disk_without_one_complaint_and_runs_its_script(
    browser: str, tmp_path: Path, html: str
) -> None:
    # When the page is opened under its own policy
    opened = run(browser, tmp_path, html, "--dump-dom")
    # Then the console is silent (a blocked style or script would complain there) and the script has run
    assert "CONSOLE" not in opened.stderr
    assert re.search(r'<p class="keys">', opened.stdout), "the script shows the keys it adds"
    assert '<p class="keys" hidden' in html, "without the script they are not promised"


def test_a_changed_script_is_refused(browser: str, tmp_path: Path, html: str) -> None:
    tampered = html.replace('"use strict";', '"use strict";document.title="taken over";')
    opened = run(browser, tmp_path, tampered, "--dump-dom")
    assert "<title>taken over" not in opened.stdout
    assert "Content Security Policy" in opened.stderr


@pytest.mark.parametrize("width", [1366, 1100, 560])
def test_nothing_is_wider_than_the_screen(browser: str, tmp_path: Path, html: str, width: int) -> None:
    seen = probe(browser, tmp_path, html, width)
    assert seen["width"] == width
    assert seen["content"] == width
    assert seen["cut"] == []


def test_the_first_screen_shows_the_outcome_and_the_worst_exceptions(browser: str, tmp_path: Path, html: str) -> None:
    seen = probe(browser, tmp_path, html, 1366)
    assert isinstance(seen["outcome"], (int, float))
    assert seen["outcome"] < 768
    assert isinstance(seen["exceptions"], int)
    assert seen["exceptions"] >= 3


def test_keys_move_through_exceptions_and_rows_and_buttons_choose_rows(browser: str, tmp_path: Path, html: str) -> None:
    seen = probe(browser, tmp_path, html, 1366)
    assert seen["stops"] == ["exception-1", "exception-2", "exception-1"]
    assert seen["shown"] == ["REQ-009", "REQ-020"]
    assert seen["categories"] == [False, False], "each shown row names its category when the rows before are hidden"
    assert seen["arrived"] is True, "a link to a hidden row shows it"


def test_the_printed_page_is_landscape_and_holds_folded_quotes_whole(browser: str, tmp_path: Path, html: str) -> None:
    target = tmp_path / "report.pdf"
    run(browser, tmp_path, html, "--no-pdf-header-footer", f"--print-to-pdf={target}")
    document = pypdfium2.PdfDocument(target)
    try:
        width, height = document[0].get_size()
        text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()
    assert width > height
    assert text.count("walks each stratum") == made.LONG_QUOTE.count("walks each stratum")
    assert "Not Approved" in text
    assert "ZZ104477, ZZ104478 and ZZ104479 are attached as official copies." in text


@pytest.fixture(scope="session")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page with a drawn strip beside every quote."""
    path = make_pdf(tmp_path_factory.mktemp("drawn") / "plan.pdf", prose)
    boxes = all_boxes(path, [(1, "sown with clover")])[0]
    (strip,) = draw(path, [{"page": 1, "boxes": boxes, "strip": True}])
    report = made.boxed(made.report())
    return render_html(report, made.checklist(), strips_of(report, lambda _sha, drawings: [strip] * len(drawings)))


def unfolded(page: str) -> str:
    """As if a person had opened every picture, and all at once."""
    return page.replace('<details class="sheet">', '<details class="sheet" open>').replace(' loading="lazy"', "")


def test_pictures_of_pages_are_shown_under_the_pages_own_policy(browser: str, tmp_path: Path, pictured: str) -> None:
    # When every picture is open, the console is silent
    assert "CONSOLE" not in run(browser, tmp_path, unfolded(pictured), "--dump-dom").stderr
    # and it would not be if the policy forbade them
    forbidden = unfolded(pictured).replace("img-src data:; ", "")
    assert "Content Security Policy" in run(browser, tmp_path, forbidden, "--dump-dom").stderr


@pytest.mark.parametrize("width", [1366, 560])
def test_open_pictures_are_no_wider_than_the_screen(browser: str, tmp_path: Path, pictured: str, width: int) -> None:
    seen = probe(browser, tmp_path, unfolded(pictured), width)
    assert seen["content"] == width
    assert seen["cut"] == []


def test_pictures_that_nobody_opened_take_no_room_on_the_first_screen(
    browser: str, tmp_path: Path, pictured: str
) -> None:
    seen = probe(browser, tmp_path, pictured, 1366)
    assert isinstance(seen["exceptions"], int)
    assert seen["exceptions"] >= 3


def test_on_paper_stand_the_pictures_that_were_opened_and_no_others(
    browser: str, tmp_path: Path, pictured: str
) -> None:
    def on_paper(page: str) -> tuple[int, str]:
        target = tmp_path / "report.pdf"
        run(browser, tmp_path, page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
        document = pypdfium2.PdfDocument(target)
        try:
            text = " ".join(one.get_textpage().get_text_range() for one in document)
            return sum(1 for one in document for _ in one.get_objects([IMAGE])), text
        finally:
            document.close()

    closed, text = on_paper(pictured)
    opened, _ = on_paper(unfolded(pictured))
    assert closed == 0
    assert opened > 20
    assert "see it on the page" not in text


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_is_readable_on_every_ground(html: str, scheme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", blocks[0]))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", blocks[1]))
    for name in ("ink", "quiet", "machine", "red", "amber", "green", "violet"):
        for ground in ("page", "paper"):
            light, dark = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
            contrast = (light + 0.05) / (dark + 0.05)
            assert contrast >= 4.5, f"{name} on {ground} in {scheme}: {contrast:.2f}"
