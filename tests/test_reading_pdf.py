from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_maker import Draw, Sheet, make_pdf, prose

from pipeline.models import Line, Page, Reading
from pipeline.reading.boxes import all_boxes
from pipeline.reading.labels import printed_labels
from pipeline.reading.lines import clean
from pipeline.reading.pdf import read_pdf

SHA = "a" * 64


def read(path: Path, max_pages: int = 100) -> Reading:
    return read_pdf(path, SHA, "1", max_pages)


def page_of(tmp_path: Path, draw: Draw) -> Page:
    return read(make_pdf(tmp_path / "one.pdf", draw)).pages[0]


def line_with(page: Page, text: str) -> Line:
    return next(line for line in page.lines if text in line.text)


# --- lines and typefaces ---------------------------------------------------------------------------------------------


def test_the_lines_of_a_page_are_its_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, prose)
    assert page.text == "\n".join(line.text for line in page.lines)
    assert page.text.startswith("The field is sown with clover after the harvest.\nIt is grazed")


def test_italic_lines_are_told_from_upright_ones(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        lambda s: s.text(72, 100, "Describe the field.", "I").text(72, 130, "The field lies by the brook."),
    )
    assert [line.italic for line in page.lines] == [True, False]


def test_an_upright_bullet_or_dash_does_not_make_an_italic_line_mixed(tmp_path: Path) -> None:
    def draw(s: Sheet) -> None:
        s.text(72, 100, "\xb7", family="symbol").text(84, 100, "Describe the field.", "I")
        s.text(72, 130, "o", family="courier").text(84, 130, "Name its owner.", "I")
        s.text(72, 160, "State the area", "I").text(144, 160, "-").text(151, 160, "in hectares.", "I")

    assert [line.italic for line in page_of(tmp_path, draw).lines] == [True, True, True]


def test_an_upright_bullet_does_not_make_an_upright_line_italic(tmp_path: Path) -> None:
    page = page_of(tmp_path, lambda s: s.text(72, 100, "\xb7", family="symbol").text(84, 100, "The field is dry."))
    assert not page.lines[0].italic


def test_a_line_half_in_italics_is_split_where_the_typeface_changes(tmp_path: Path) -> None:
    page = page_of(tmp_path, lambda s: s.text(72, 100, "Methodology:", "B").text(150, 100, "Grassland Soils", "I"))
    line = page.lines[0]
    assert [(s.text, s.bold, s.italic) for s in line.spans] == [
        ("Methodology:", True, False),
        ("Grassland Soils", False, True),
    ]
    assert not line.italic


def test_upright_letters_drawn_through_a_slanted_matrix_count_as_italic(tmp_path: Path) -> None:
    # Given text that a printer driver slanted because the font had no italics
    path = make_pdf(tmp_path / "skew.pdf", prose)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        content = pdf.pages[0].Contents.read_bytes()
        pdf.pages[0].Contents.write(b"q 1 0 0.25 1 0 0 cm\n" + content + b"\nQ")
        pdf.save(path)

    assert all(line.italic for line in read(path).pages[0].lines)


def test_a_label_and_its_value_on_one_line_are_two_spans_and_a_loosely_set_sentence_is_one(tmp_path: Path) -> None:
    def draw(s: Sheet) -> None:
        s.text(72, 100, "Project Name").text(240, 100, "Willow Farm")
        x = 72.0
        for word in ["justified", "lines", "have", "spaces", "as", "wide", "as", "the", "letters"]:
            s.text(x, 130, word)
            x += s.pdf.get_string_width(word) + 11

    page = page_of(tmp_path, draw)
    assert [s.text for s in line_with(page, "Project").spans] == ["Project Name", "Willow Farm"]
    assert len(line_with(page, "justified").spans) == 1


def test_a_hyphen_at_a_line_end_is_kept_with_its_line_break(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, lambda s: s.lines(72, 100, ["credits are issued for a climate-", "positive surplus only."])
    )
    assert page.text == "credits are issued for a climate-\npositive surplus only."


@given(st.text())
def test_cleaning_twice_changes_nothing_and_leaves_no_control_characters(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once
    assert not any(c < " " and c != "\n" for c in once)
    assert "\n\n" not in once


def test_text_beyond_the_basic_plane_does_not_shift_the_boxes_behind_it(tmp_path: Path) -> None:
    # Given a line that begins with mathematical letters, each of them two units in the reader's own count
    def draw(s: Sheet) -> None:
        s.text(72, 100, "WXYZ", family="times").text(140, 100, "share of carbon")

    path = make_pdf(tmp_path / "math.pdf", draw)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        cmap = b"beginbfchar\n" + b"".join(
            b"<%02X> <%s>\n" % (ord(c), f"D835DC{0x4E + i:02X}".encode()) for i, c in enumerate("WXYZ")
        )
        stream = pdf.make_stream(
            b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange 4 "
            + cmap
            + b"endbfchar endcmap end"
        )
        fonts = pdf.pages[0].Resources.Font
        next(fonts[name] for name in fonts if "Times" in str(fonts[name].BaseFont)).ToUnicode = stream
        pdf.save(path)
    page = read(path).pages[0]

    # When the words behind them are looked for
    boxes = all_boxes(path, [(1, "share of carbon")])[0]

    # Then they are found where they were drawn
    assert page.text.startswith("\U0001d44e")
    assert boxes
    assert boxes[0][0] == pytest.approx(140, abs=1)
    assert page.lines[0].spans[-1].x1 == pytest.approx(boxes[0][2], abs=0.5)


# --- coordinates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_those_of_the_page_as_shown_however_it_is_turned_and_cropped(tmp_path: Path, rotation: int) -> None:
    # Given a page with one black word, cropped on all sides and turned
    path = make_pdf(tmp_path / "turned.pdf", lambda s: s.text(200, 300, "MMMMMM", "B", 30))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].CropBox = pikepdf.Array([50, 60, 500, 800])
        pdf.pages[0].Rotate = rotation
        pdf.save(path)

    # When it is read, and painted as a person sees it
    page = read(path).pages[0]
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        image = document[0].render(scale=1, grayscale=True).to_pil()
    ink = image.point(lambda v: 255 if v < 100 else 0).getbbox()

    # Then the box lies around the ink
    (box,) = all_boxes(path, [(1, "MMMMMM")])[0]
    assert ink is not None
    assert (round(page.width), round(page.height)) == image.size
    assert box[0] <= ink[0] + 2 and box[1] <= ink[1] + 2  # noqa: PT018 - the two edges belong together
    assert box[2] >= ink[2] - 2 and box[3] >= ink[3] - 2  # noqa: PT018 - the two edges belong together
    assert (box[2] - box[0]) * (box[3] - box[1]) < 3 * (ink[2] - ink[0]) * (ink[3] - ink[1])


def test_a_quote_over_two_lines_has_a_box_on_each_and_line_breaks_do_not_matter(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "q.pdf", prose)
    boxes = all_boxes(path, [(1, "after the  harvest. It is\ngrazed")])[0]
    assert len(boxes) == 2
    assert boxes[0][1] < boxes[1][1]
    assert boxes[0][0] > boxes[1][0]


def test_a_quote_that_also_stands_in_italics_is_boxed_where_it_is_upright(tmp_path: Path) -> None:
    path = make_pdf(
        tmp_path / "twice.pdf",
        lambda s: s.text(72, 100, "Name the owner.", "I").text(72, 200, "Name the owner."),
    )
    (box,) = all_boxes(path, [(1, "Name the owner.")])[0]
    assert box[1] > 150


def test_a_quote_that_is_not_on_the_page_has_no_boxes(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "q.pdf", prose)
    assert all_boxes(path, [(1, "sown with barley")])[0] == ()
    assert all_boxes(path, [(7, "sown with clover")])[0] == ()
    assert all_boxes(path, [(1, " - ")])[0] == ()


# --- printed numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "label"),
    [
        ("7", "7"),
        ("iv", "iv"),
        ("A-1", "A-1"),
        ("Page 3 of 35", "3"),
        ("Page | B-2", "B-2"),
        ("- 12 -", "12"),
        ("5 / 9", "5"),
    ],
)
def test_a_number_alone_in_the_margin_is_the_pages_label(tmp_path: Path, printed: str, label: str) -> None:
    assert page_of(tmp_path, lambda s: (prose(s), s.printed_number(printed))[0]).label == label


@pytest.mark.parametrize("text", ["2023", "civil", "Version 3", "12 ha", "3.1"])
def test_other_text_in_the_margin_is_no_label(tmp_path: Path, text: str) -> None:
    assert page_of(tmp_path, lambda s: (prose(s), s.printed_number(text))[0]).label is None


def test_a_lone_number_in_the_body_is_never_a_label(tmp_path: Path) -> None:
    assert page_of(tmp_path, lambda s: (prose(s), s.printed_number("7", y=420))[0]).label is None


def test_a_number_beside_a_running_title_counts_and_one_inside_a_sentence_does_not(tmp_path: Path) -> None:
    def beside(s: Sheet) -> None:
        prose(s)
        s.text(72, 800, "Willow Farm plan").text(500, 800, "9")

    def inside(s: Sheet) -> None:
        prose(s)
        s.text(72, 800, "Figure 9 of the annex")

    assert page_of(tmp_path, beside).label == "9"
    assert page_of(tmp_path, inside).label is None


def test_a_table_cell_that_reaches_into_the_margin_is_not_taken_for_the_page_number(tmp_path: Path) -> None:
    def numbered(n: int) -> Draw:
        return lambda s: (prose(s), s.printed_number(str(n)))[0]

    def table_at_foot(s: Sheet) -> None:
        prose(s)
        s.text(72, 770, "246")

    reading = read(make_pdf(tmp_path / "n.pdf", numbered(1), numbered(2), table_at_foot, numbered(4)))
    assert [p.label for p in reading.pages] == ["1", "2", None, "4"]


def test_a_number_at_another_height_counts_when_it_counts_on_from_the_others(tmp_path: Path) -> None:
    heights = [812, 800, 800, 800]
    drawings = [
        (lambda s, n=n, y=y: (prose(s), s.printed_number(str(n), y=y))[0]) for n, y in enumerate(heights, start=1)
    ]
    reading = read(make_pdf(tmp_path / "n.pdf", prose, *drawings))
    assert [p.label for p in reading.pages] == [None, "1", "2", "3", "4"]


def test_the_files_own_labels_are_used_only_when_they_agree_with_what_is_printed(tmp_path: Path) -> None:
    def labelled(path: Path) -> Reading:
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            pdf.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, pikepdf.Dictionary(S=pikepdf.Name.D)]))
            pdf.save(path)
        return read(path)

    # Given a file whose stored labels are 1, 2, 3, with nothing printed, and one where page 2 says 1
    silent = labelled(make_pdf(tmp_path / "a.pdf", prose, prose))
    contradicting = labelled(make_pdf(tmp_path / "b.pdf", prose, lambda s: (prose(s), s.printed_number("1"))[0]))

    assert [p.label for p in silent.pages] == ["1", "2"]
    assert [p.label for p in contradicting.pages] == [None, "1"]


@given(st.integers(min_value=1, max_value=999), st.floats(min_value=130, max_value=700))
def test_no_height_in_the_body_makes_a_label(number: int, top: float) -> None:
    from pipeline.models import Span

    line = Line(
        text=str(number), x0=300, top=top, x1=310, bottom=top + 11, spans=(Span(text=str(number), x0=300, x1=310),)
    )
    assert printed_labels([((line,), 842.0)]) == [None]


# --- tables ----------------------------------------------------------------------------------------------------------

ROWS = (("Project Name", "Willow Farm"), ("Version of\nDocument", "2"), ("Date", "31/03/2025"))


@pytest.mark.parametrize("shaded", [False, True])
def test_a_two_column_table_is_rows_of_label_and_value(tmp_path: Path, shaded: bool) -> None:
    page = page_of(tmp_path, lambda s: (prose(s), s.table(72, 200, [130, 260], ROWS, shaded=shaded))[0])
    (table,) = page.tables
    assert table.rows == ROWS
    assert table.top == pytest.approx(200, abs=2)


def test_a_table_that_crosses_a_page_is_given_on_both_pages(tmp_path: Path) -> None:
    head = (("Source", "Gas", "Why"), ("Soil", "CO2", "The largest\nstore"))
    rest = (("Fuel", "CO2, N2O", "Burnt on the\nfarm"),)
    widths = [120, 90, 180]
    reading = read(
        make_pdf(
            tmp_path / "t.pdf",
            lambda s: (prose(s), s.table(72, 600, widths, head))[0],
            lambda s: (prose(s), s.table(72, 200, widths, rest))[0],
        )
    )
    assert [page.tables[0].rows for page in reading.pages] == [head, rest]


def test_five_columns_stay_five_even_when_a_cell_is_empty(tmp_path: Path) -> None:
    rows = (("Year", "Before", "After", "Leak", "Net"), ("2022", "246", "616", "", "370"))
    page = page_of(tmp_path, lambda s: (prose(s), s.table(72, 300, [70, 80, 80, 80, 90], rows))[0])
    assert page.tables[0].rows == rows


def test_cells_are_read_on_a_turned_and_cropped_page(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "t.pdf", lambda s: (prose(s), s.table(100, 200, [130, 260], ROWS))[0])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].CropBox = pikepdf.Array([40, 30, 560, 800])
        pdf.pages[0].Rotate = 90
        pdf.save(path)
    (table,) = read(path).pages[0].tables
    # Then the cells are the same; lines that stand upright on the turned page have no order of their own.
    assert {frozenset(cell.split("\n")) for row in table.rows for cell in row} == {
        frozenset(cell.split("\n")) for row in ROWS for cell in row
    }


def test_a_sheet_turned_for_reading_gives_its_lines_and_cells_in_order(tmp_path: Path) -> None:
    # Given a page stored sideways and marked to be turned, as landscape pages of word processors are
    path = make_pdf(
        tmp_path / "t.pdf", lambda s: (prose(s), s.table(100, 200, [130, 260], ROWS), s.printed_number("3"))[0]
    )
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.Contents.write(f"q 0 1 -1 0 {Sheet.HEIGHT} 0 cm\n".encode() + page.Contents.read_bytes() + b"\nQ")
        page.MediaBox = pikepdf.Array([0, 0, Sheet.HEIGHT, Sheet.WIDTH])
        page.Rotate = 90
        pdf.save(path)

    read_page = read(path).pages[0]
    assert read_page.text.startswith("The field is sown with clover after the harvest.\nIt is grazed")
    assert read_page.tables[0].rows == ROWS
    assert read_page.label == "3"


def test_a_grid_drawn_in_one_stroke_is_a_table_too(tmp_path: Path) -> None:
    # Given text in two columns and all rules between in a single path
    path = make_pdf(
        tmp_path / "one.pdf",
        lambda s: s.text(80, 115, "Owner").text(220, 115, "A. Person").text(80, 145, "Area").text(220, 145, "12 ha"),
    )
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        across = "".join(f"72 {841.89 - y} m 400 {841.89 - y} l " for y in (100, 130, 160))
        down = "".join(f"{x} {841.89 - 100} m {x} {841.89 - 160} l " for x in (72, 210, 400))
        contents = pdf.pages[0].Contents
        contents.write(contents.read_bytes() + f"\nq 1 0 0 1 0 0 cm {across}{down}S Q".encode())
        pdf.save(path)

    assert read(path).pages[0].tables[0].rows == (("Owner", "A. Person"), ("Area", "12 ha"))


def test_a_table_on_a_sheet_placed_smaller_on_another_is_read_where_it_is_shown(tmp_path: Path) -> None:
    # Given a page that shows another one at half its size, as programs that print two pages on a sheet do
    path = make_pdf(tmp_path / "form.pdf", lambda s: (prose(s), s.table(100, 200, [130, 260], ROWS))[0])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        form = pdf.make_stream(page.Contents.read_bytes(), Subtype=pikepdf.Name.Form, Resources=page.Resources)
        form.BBox = pikepdf.Array([0, 0, Sheet.WIDTH, Sheet.HEIGHT])
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Sheet=form))
        page.Contents = pdf.make_stream(b"q 0.5 0 0 0.5 100 300 cm /Sheet Do Q")
        pdf.save(path)

    (table,) = read(path).pages[0].tables
    assert table.rows == ROWS
    assert table.top == pytest.approx(841.89 - 300 - (841.89 - 200) / 2, abs=2)


def test_a_frame_around_text_and_lines_under_headings_are_no_tables(tmp_path: Path) -> None:
    def draw(s: Sheet) -> None:
        prose(s)
        s.pdf.rect(60, 80, 480, 60)
        s.pdf.line(72, 300, 400, 300)
        s.pdf.line(72, 330, 400, 330)

    assert page_of(tmp_path, draw).tables == ()


def test_what_stands_in_a_cell_stands_in_the_text_of_the_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, lambda s: (prose(s), s.table(72, 200, [130, 260], ROWS, shaded=True))[0])
    for row in page.tables[0].rows:
        for cell in row:
            for line in cell.split("\n"):
                assert line in page.text


# --- pages without text, damaged files -------------------------------------------------------------------------------


def test_pages_that_show_only_a_picture_are_named(tmp_path: Path) -> None:
    reading = read(
        make_pdf(
            tmp_path / "p.pdf",
            lambda s: (prose(s), s.printed_number("1"))[0],
            lambda s: (s.picture(), s.printed_number("2"))[0],
            lambda s: s.picture().text(72, 90, "Location"),
            lambda s: s.text(72, 400, "Appendix", size=30),
        )
    )
    assert reading.status == "ok"
    assert reading.unreadable_pages == (2, 3)
    assert [p.images for p in reading.pages] == [0, 1, 1, 0]


def test_a_half_copied_pdf_is_kept_apart_and_says_so(tmp_path: Path) -> None:
    whole = make_pdf(tmp_path / "whole.pdf", prose, prose).read_bytes()
    half = tmp_path / "half.pdf"
    half.write_bytes(whole[: len(whole) // 2])
    reading = read(half)
    assert reading.status == "quarantined" or "end mark" in (reading.note or "")
    assert "copy" in (reading.note or "").lower()


def test_a_pdf_that_opens_but_lacks_its_end_mark_is_read_with_a_warning(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "w.pdf", prose)
    path.write_bytes(path.read_bytes().rstrip().removesuffix(b"%%EOF"))
    reading = read(path)
    assert reading.status == "ok"
    assert "end mark" in (reading.note or "")
    assert "clover" in reading.pages[0].text


def test_junk_in_front_of_the_header_is_left_out_and_noted_tables_included(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "j.pdf", lambda s: (prose(s), s.table(72, 200, [130, 260], ROWS))[0])
    path.write_bytes(b"Received: by a gateway\r\n" * 90 + path.read_bytes())
    reading = read(path)
    assert "clover" in reading.pages[0].text
    assert reading.pages[0].tables[0].rows == ROWS
    assert "2160 bytes in front" in (reading.note or "")
    assert all_boxes(path, [(1, "sown with clover")])[0]


def test_garbage_behind_a_header_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "g.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"\x07garbage" * 500 + b"\n%%EOF\n")
    assert (read(path).status, read(path).code) == ("quarantined", "malformed")


def test_a_password_is_asked_for_and_an_empty_one_is_tried(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "p.pdf", prose)
    with pikepdf.open(path) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="secret", owner="other"))
        pdf.save(tmp_path / "empty.pdf", encryption=pikepdf.Encryption(user="", owner="other"))

    locked = read(tmp_path / "locked.pdf")
    assert (locked.status, locked.code, locked.pages) == ("unreadable", "encrypted", ())
    assert "without" in (locked.note or "")
    assert "clover" in read(tmp_path / "empty.pdf").pages[0].text


def test_more_pages_than_allowed_are_not_read_and_the_limit_is_named(tmp_path: Path) -> None:
    reading = read(make_pdf(tmp_path / "many.pdf", *[prose] * 5), max_pages=4)
    assert (reading.status, reading.code, reading.page_count) == ("quarantined", "too_many_pages", 5)
    assert "reading.max_pages" in (reading.note or "")


def test_form_fields_are_pointed_out_because_what_was_typed_into_them_may_be_missing(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "f.pdf", prose)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="owner", V="Somebody",
                Rect=pikepdf.Array([100, 100, 200, 120]),
            )
        )  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        pdf.save(path)
    assert "form fields" in (read(path).note or "")
