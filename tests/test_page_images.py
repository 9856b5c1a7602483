"""Pictures of pages over HTTP: quoted words are marked where they stand, for the session alone, kept within bounds."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from pipeline.models import Drawing, Evidence
from pipeline.reading.kept_pictures import KeptPictures, key_of
from pipeline.reading.pictures import MOST_PIXELS
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.workflow import results
from servers.pages.sheets import MOST_BOXES, picture_address
from tests.browsing import browsing
from tests.pdf_maker import make_pdf, prose
from tests.reviewing import make_home, opened, signed_in
from tests.serving import Server, serving

SHA = "e" * 64


@dataclass(frozen=True)
class Stand:
    server: Server
    home: Path
    session_id: str

    def quotes(self) -> list[Evidence]:
        """Quotes of the session that stand on pages of PDFs."""
        with opened(self.home) as ws:
            found = results.load_validation(ws, ws.sessions.read(self.session_id))
        assert found is not None
        return [item for row in found.requirements for item in row.evidence if item.boxes]

    def address(self, item: Evidence) -> str:
        return picture_address(self.session_id, item.document_id, item.page, item.boxes)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    home, session_id = make_home(tmp_path_factory.mktemp("images"))
    with serving(home) as server:
        yield Stand(server, home, session_id)


@pytest.fixture
def client(stand: Stand) -> Iterator[httpx2.Client]:
    with stand.server.client() as client:
        yield client


def marked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of everything that is yellow: much more red than blue."""
    red, _, blue = image.convert("RGB").split()
    pairs = zip(red.tobytes(), blue.tobytes(), strict=True)
    yellow = bytes(255 if r > 180 and r - b > 90 else 0 for r, b in pairs)
    return Image.frombytes("L", image.size, yellow).getbbox()


def test_every_kind_of_quote_is_marked_where_it_stands_and_nowhere_else(stand: Stand, client: httpx2.Client) -> None:
    items = stand.quotes()
    chosen = {(item.sha256, len(item.boxes) > 1): item for item in items}.values()
    assert len({item.sha256 for item in chosen}) >= 4
    for item in chosen:
        # When the picture of a quote is asked for
        answer = client.get(stand.address(item))
        # Then its mark covers the boxes of the quote, to a pixel or two, with the words dark on it
        image = Image.open(io.BytesIO(answer.content))
        with opened(stand.home) as ws:
            size = ws.pictures.size(item.sha256, item.page)
        assert size is not None
        assert image.size == (size.width, size.height)
        bare = client.get(picture_address(stand.session_id, item.document_id, item.page))
        plain = Image.open(io.BytesIO(bare.content))
        found, boxes = ImageChops.difference(image, plain).getbbox(), item.boxes
        meant = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        assert found is not None
        for seen, point in zip(found, meant, strict=True):
            assert seen == pytest.approx(point * size.scale, abs=2 * size.scale + 2)
        assert marked(image.crop(found)) is not None
        assert min(image.crop(found).convert("L").tobytes()) < 100


def test_the_page_brings_the_marked_words_into_sight_by_itself(stand: Stand, browser_program: str) -> None:
    item = next(one for one in stand.quotes() if one.boxes[0][1] > 500)
    with opened(stand.home) as ws:
        found = results.load_validation(ws, ws.sessions.read(stand.session_id))
    assert found is not None
    row = next(r for r in found.requirements if item in r.evidence)
    number = row.evidence.index(item) + 1
    window = {"width": 1280, "height": 800}
    with browsing(browser_program) as browser, signed_in(browser, stand.server.url, viewport=window) as page:
        page.goto(f"/review/{stand.session_id}/requirements/{row.requirement_id}?quote={number}")
        frame = page.locator(f"#sheet-{number} .sheet-frame")
        page.wait_for_function("(n) => document.querySelector(`#sheet-${n} img`).complete", arg=number)
        seen = Image.open(io.BytesIO(frame.screenshot()))
    assert marked(seen) is not None


def test_a_browser_keeps_a_picture_for_itself_and_is_told_when_it_is_still_good(
    stand: Stand, client: httpx2.Client
) -> None:
    address = stand.address(stand.quotes()[0])
    first = client.get(address)
    assert first.status_code == 200
    assert first.headers["content-type"] == "image/png"
    assert first.headers["cache-control"].startswith("private")
    assert "default-src 'none'" in first.headers["content-security-policy"]
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address).content == first.content


def test_a_picture_is_kept_private_and_drawn_once(stand: Stand, client: httpx2.Client) -> None:
    item = stand.quotes()[-1]
    drawn = client.get(stand.address(item)).content
    kept = list((stand.home / "data" / "readings").glob(f"{item.sha256}.*.png"))
    assert drawn in [path.read_bytes() for path in kept]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    # When what is kept is another picture, then that one is given: nothing was drawn
    (path,) = [path for path in kept if path.read_bytes() == drawn]
    path.write_bytes(b"kept")
    assert client.get(stand.address(item)).content == b"kept"
    path.write_bytes(drawn)


def test_only_documents_of_the_session_and_pages_that_are_there_are_shown(
    stand: Stand, client: httpx2.Client, tmp_path: Path
) -> None:
    own = stand.quotes()[0]
    with opened(stand.home) as ws:
        other = create_session(ws, "Other Farm").session_id
        (tmp_path / "map.pdf").write_bytes(make_pdf(tmp_path / "made.pdf", prose).read_bytes())
        add_documents(ws, other, {"type": "path", "path": str(tmp_path / "map.pdf")}, check_duplicates=False)
        (foreign,) = ws.sessions.read(other).documents
    for path in (
        picture_address(stand.session_id, foreign, 1),
        picture_address(other, own.document_id, own.page),
        picture_address("session-19990101-000000", own.document_id, 1),
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert own.document not in answer.text
    assert client.get(picture_address(stand.session_id, own.document_id, 9_000)).status_code == 404
    assert client.get(picture_address(other, foreign, 1)).status_code == 200


def test_a_workbook_has_no_page_to_picture(stand: Stand, client: httpx2.Client) -> None:
    with opened(stand.home) as ws:
        documents = ws.sessions.read(stand.session_id).documents.values()
    book = next(d for d in documents if d.filename.endswith(".xlsx"))
    assert client.get(picture_address(stand.session_id, book.document_id, 1)).status_code == 404


@pytest.mark.parametrize(
    "boxes",
    ["1,2,3", "1,2,3,4;", "a,b,c,d", "1,2,3,4,5", "nan,1,1,1", "inf,1,1,1", "1e9,1,1,1", "999999,1,1,1",
     ";".join(["1,2,3,4"] * (MOST_BOXES + 1)), "../../x", "1,2,3,<script>"],
)  # fmt: skip
def test_what_is_no_place_on_a_page_is_refused(stand: Stand, client: httpx2.Client, boxes: str) -> None:
    item = stand.quotes()[0]
    path = picture_address(stand.session_id, item.document_id, item.page)
    assert client.get(path, params={"boxes": boxes}).status_code == 422


@given(st.lists(st.tuples(*[st.floats(-9999, 99_999)] * 4), max_size=MOST_BOXES))
def test_every_address_that_is_made_can_be_read_again(boxes: list[tuple[float, float, float, float]]) -> None:
    from servers.pages.sheets import _boxes

    told = picture_address("session-1", "doc-1", 1, boxes).partition("?boxes=")[2]
    read = _boxes(told)
    assert len(read) == len(boxes)
    assert all(
        abs(a - b) <= 0.051 for one, other in zip(read, boxes, strict=True) for a, b in zip(one, other, strict=True)
    )


def test_a_hostile_page_hurts_nobody_but_itself(stand: Stand, client: httpx2.Client, tmp_path: Path) -> None:
    # Given a page that says it is kilometres wide, and a document whose bytes are no PDF any more
    with pikepdf.open(make_pdf(tmp_path / "made.pdf", prose)) as pdf:
        pdf.pages[0].MediaBox = [0, 0, 2_000_000, 2_000_000]
        pdf.save(tmp_path / "huge.pdf")
    make_pdf(tmp_path / "broken.pdf", prose)
    with opened(stand.home) as ws:
        session_id = create_session(ws, "Hostile Farm").session_id
        for name in ("huge.pdf", "broken.pdf"):
            add_documents(ws, session_id, {"type": "path", "path": str(tmp_path / name)}, check_duplicates=False)
        held = {d.filename: d for d in ws.sessions.read(session_id).documents.values()}
        broken = ws.content.path(held["broken.pdf"].sha256)
    broken.chmod(0o600)
    broken.write_bytes(b"%PDF-1.7\n" + os.urandom(2000))
    # When they are asked for
    huge = client.get(picture_address(session_id, held["huge.pdf"].document_id, 1, [(1, 1, 1e5, 1e5)]))
    gone = client.get(picture_address(session_id, held["broken.pdf"].document_id, 1))
    # Then one is small, the other is not there, and the server goes on
    if huge.status_code == 200:
        assert max(Image.open(io.BytesIO(huge.content)).size) <= MOST_PIXELS[False]
    else:
        assert huge.status_code == 404
    assert gone.status_code == 404
    assert client.get(stand.address(stand.quotes()[0])).status_code == 200


class Drawing9:
    """A reader that draws a kilobyte of whatever page, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def pictures(self, _sha256: str, wanted: list[Drawing]) -> list[bytes | None]:
        self.calls += 1
        return [b"%09d" % one.page * 100 for one in wanted]

    def cached(self, _sha256: str) -> None:
        return None


def test_what_nobody_looked_at_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    # Given room for ten pictures
    reader = Drawing9()
    pictures = KeptPictures(tmp_path, reader, 9_000)  # type: ignore[arg-type]  # all that is asked of a reader
    for page in range(1, 11):
        pictures.of(SHA, Drawing(page=page))
        os.utime(tmp_path / f"{SHA}.{key_of(Drawing(page=page))}.png", (page, page))
    # When the oldest is looked at, and one more is drawn
    pictures.of(SHA, Drawing(page=1))
    pictures.of(SHA, Drawing(page=11))
    pictures.tidy()
    # Then there is never more than there is room for, and the ones that stay are those of the last looks
    kept = list(tmp_path.glob("*.png"))
    assert sum(path.stat().st_size for path in kept) <= 9_000
    drawn = reader.calls
    assert pictures.of(SHA, Drawing(page=1)) == pictures.of(SHA, Drawing(page=1))
    pictures.of(SHA, Drawing(page=11))
    assert reader.calls == drawn
    pictures.of(SHA, Drawing(page=2))
    assert reader.calls == drawn + 1


def test_pictures_go_with_the_content_they_show(tmp_path: Path) -> None:
    home, session_id = make_home(tmp_path)
    with opened(home) as ws:
        found = results.load_validation(ws, ws.sessions.read(session_id))
        assert found is not None
        item = next(one for row in found.requirements for one in row.evidence if one.boxes)
        assert ws.pictures.of(item.sha256, Drawing(page=item.page, boxes=item.boxes))
        assert list((home / "data" / "readings").glob(f"{item.sha256}.*.png"))
        ws.content.discard(item.sha256)
        assert not list((home / "data" / "readings").glob(f"{item.sha256}.*"))
        # and nothing is shown any more, kept or not
        assert ws.pictures.of(item.sha256, Drawing(page=item.page)) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing_keeps_nobody_from_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_told: object, **_how: object) -> tuple[int, str]:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pipeline.reading.kept_pictures.tempfile.mkstemp", full)
    pictures = KeptPictures(tmp_path, Drawing9())  # type: ignore[arg-type]  # as above
    assert pictures.of(SHA, Drawing(page=3)) == b"000000003" * 100
    assert list(tmp_path.iterdir()) == []


def test_the_same_page_gives_the_same_bytes_in_another_home(
    stand: Stand, client: httpx2.Client, tmp_path: Path
) -> None:
    item = stand.quotes()[0]
    drawn = client.get(stand.address(item)).content
    shutil.copytree(stand.home, tmp_path / "copy", ignore=shutil.ignore_patterns("*.png"))
    with serving(tmp_path / "copy") as server, server.client() as other:
        assert other.get(stand.address(item)).content == drawn
