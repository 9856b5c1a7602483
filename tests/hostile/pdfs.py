"""PDFs whose structure lies: tables of objects, lengths, trees, filters, fonts, boxes, pictures, streams."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping
from random import Random

import pikepdf

from tests.hostile import honest
from tests.hostile.made import Maker

#: Object numbers of `_body`.
CATALOG, PAGES, PAGE, CONTENT, FONT = 1, 2, 3, 4, 5
_NUMBERS = (b"-1", b"0", b"1", b"65535", b"2147483647", b"4294967296", b"99999999999999999999", b"1e400", b"0.0000001")


def _written(objects: Mapping[int, bytes], trailer: bytes = b"", start: int | None = None, junk: bytes = b"") -> bytes:
    """A PDF of these objects with a right table of them; `trailer` adds to it, `start` lies about where it is."""
    out, places = bytearray(b"%PDF-1.7\n" + junk), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places.get(number, 0)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, trailer, at if start is None else start,
    )  # fmt: skip
    return bytes(out)


def _stream(data: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    told = len(data) if length is None else length
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (told, entries, data)


_SAID = b"BT /F1 12 Tf 72 700 Td (The field is sown with clover after the harvest.) Tj ET\n"


def _body(**changed: bytes) -> dict[int, bytes]:
    """A sound document of one page; by keyword some of: catalog, pages, page, content, font."""
    parts = {
        "catalog": b"<< /Type /Catalog /Pages 2 0 R >>",
        "pages": b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "page": b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        "content": _stream(_SAID),
        "font": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        **changed,
    }
    return dict(enumerate(parts.values(), start=1))


def _page(entries: bytes, resources: bytes = b"<< /Font << /F1 5 0 R >> >>", box: bytes = b"[0 0 595 842]") -> bytes:
    head = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R /Resources %s %s >>"
    return head % (box, resources, entries)


# --- tables of objects ------------------------------------------------------------------------------------------------


def lengths_lie(luck: Random) -> bytes:
    return re.sub(rb"/Length \d+", lambda _: b"/Length " + luck.choice(_NUMBERS), honest.pdf())


def numbers_lie(luck: Random) -> bytes:
    share = luck.choice((0.02, 0.2))
    return re.sub(rb"\b\d+\b", lambda m: luck.choice(_NUMBERS) if luck.random() < share else m[0], honest.pdf())


def references_are_crossed(luck: Random) -> bytes:
    share = luck.choice((0.1, 0.5, 1.0))
    data = honest.pdf()
    most = max(int(n) for n in re.findall(rb"(\d+) 0 obj", data))
    return re.sub(
        rb"\d+ 0 R", lambda m: b"%d 0 R" % luck.randint(0, most + 2) if luck.random() < share else m[0], data
    )


def names_are_crossed(luck: Random) -> bytes:
    data = honest.pdf()
    found = sorted(set(re.findall(rb"/[A-Za-z]+", data)))
    share = luck.choice((0.02, 0.1))
    return re.sub(rb"/[A-Za-z]+", lambda m: luck.choice(found) if luck.random() < share else m[0], data)


def offsets_are_wrong(luck: Random) -> bytes:
    return re.sub(rb"\d{10} 00000 n", lambda _: b"%010d 00000 n" % luck.randrange(10_000), honest.pdf())


def the_table_is_said_elsewhere(luck: Random) -> bytes:
    return _written(_body(), start=luck.choice((0, 5, 10**9, 2**63, luck.randrange(600))))


def earlier_tables_go_in_circles(luck: Random) -> bytes:
    plain = _written(_body())
    at = plain.rindex(b"xref\n0")
    return _written(_body(), b"/Prev %d /XRefStm %d" % (at, luck.choice((0, at, 9))))


def streams_of_objects_hold_themselves(luck: Random) -> bytes:
    entries = b"/Type /ObjStm /N %s /First %s /Extends 6 0 R" % (luck.choice(_NUMBERS), luck.choice(_NUMBERS))
    objects = _body() | {6: _stream(b"6 0 7 10 8 20 << >> 6 0 R [8 0 R]", entries)}
    rows = b"".join(b"\x02\0\0\0\x06\0" for _ in range(9))
    objects[7] = _stream(rows, b"/Type /XRef /W [1 4 1] /Size 9 /Root 1 0 R /Index [0 %s]" % luck.choice(_NUMBERS))
    data = _written(objects)
    return data + b"startxref\n%d\n%%%%EOF\n" % data.index(b"7 0 obj")


# --- trees ------------------------------------------------------------------------------------------------------------


def pages_are_their_own_children(luck: Random) -> bytes:
    kids = luck.choice((b"[2 0 R]", b"[3 0 R 2 0 R 3 0 R]", b"[1 0 R]", b"2 0 R", b"[5 0 R 4 0 R]"))
    return _written(_body(pages=b"<< /Type /Pages /Kids %s /Count %s >>" % (kids, luck.choice(_NUMBERS))))


def pages_are_nested_deep(luck: Random) -> bytes:
    depth = luck.choice((30, 2000, 20_000))
    objects = _body(pages=b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>")
    for n in range(10, 10 + depth):
        child = b"%d 0 R" % (n + 1) if n < 9 + depth else b"3 0 R"
        objects[n] = b"<< /Type /Pages /Parent 2 0 R /Kids [%s] /Count 1 >>" % child
    return _written(objects)


def one_page_is_many(luck: Random) -> bytes:
    number = luck.choice((50, 1500, 30_000))
    return _written(_body(pages=b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * number, number)))


def outlines_go_in_circles(luck: Random) -> bytes:
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R /PageLabels 8 0 R /Names 8 0 R /Dests 8 0 R >>"
    item = b"<< /Title (a) /Parent 6 0 R /Next 7 0 R /Prev 7 0 R /First 6 0 R /Last 7 0 R /Dest [3 0 R /Fit] >>"
    labels = luck.choice((b"<< /Kids [8 0 R 8 0 R] >>", b"<< /Nums [0 8 0 R] /Limits [9 0] >>", b"<< /Nums [0 << /P 8 0 R /St -9 /S /D >>] >>"))  # fmt: skip
    root = b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 99999999 >>"
    return _written(_body(catalog=catalog) | {6: root, 7: item, 8: labels})


def forms_are_filled_by_themselves(luck: Random) -> bytes:
    catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /XFA 6 0 R /DA (/F1 0 Tf) >> >>"
    field = b"<< /FT /Tx /Kids [6 0 R 6 0 R] /Parent 6 0 R /T (a) /V 6 0 R /Subtype /Widget /Rect [0 0 1 1] /AP << /N 4 0 R >> >>"  # fmt: skip
    annotated = _page(b"/Annots %s" % luck.choice((b"[6 0 R 6 0 R]", b"6 0 R", b"[3 0 R]")))
    return _written(_body(catalog=catalog, page=annotated) | {6: field})


def pieces_draw_themselves(luck: Random) -> bytes:
    resources = b"<< /XObject << /X 6 0 R /Y 7 0 R >> /Font << /F1 5 0 R /F2 8 0 R >> /Pattern << /P 9 0 R >> /ExtGState << /G << /SMask << /S /Alpha /G 6 0 R >> >> >> >>"  # fmt: skip
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources " + resources
    use = b"/X Do /Y Do /X Do /Y Do " * luck.choice((1, 40))
    glyphs = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /FirstChar 0 /LastChar 255 /CharProcs << /a 10 0 R >> /Encoding << /Differences [65 /a] >> /Widths [1] /Resources " + resources + b" >>"  # fmt: skip
    tile = b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.0001 /YStep 0 /Resources " + resources
    objects = _body(page=_page(b"", resources), content=_stream(b"/G gs /P scn 0 0 595 842 re f " + use + b" BT /F2 9 Tf (AAAA) Tj ET"))  # fmt: skip
    objects |= {6: _stream(use, form), 7: _stream(use + b"/G gs", form), 8: glyphs, 9: _stream(use, tile)}
    return _written(objects | {10: _stream(b"BT /F2 9 Tf (AAAA) Tj ET /X Do")})


def everything_is_one_object(luck: Random) -> bytes:
    objects = {n: b"%d 0 R" % luck.randint(1, 9) for n in range(1, 10)}
    if luck.random() < 0.7:
        objects |= {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [3 0 R] /Count 4 0 R >>"}
        objects[3] = b"<< /Type /Page /Parent 2 0 R /MediaBox 4 0 R /Contents [4 0 R 4 0 R] /Resources 3 0 R >>"
    return _written(objects)


def brackets_are_nested_deep(luck: Random) -> bytes:
    depth = luck.choice((400, 50_000, 400_000))
    opened = luck.choice((b"[", b"<< /A ", b"<< /Kids [", b"("))
    where = luck.choice(("catalog", "page", "content"))
    if where == "content":
        return _written(_body(content=_stream(opened * depth + _SAID)))
    return _written(_body(**{where: b"<< /Type /Catalog /Pages 2 0 R /Deep " + opened * depth + b" >>"}))


# --- pages ------------------------------------------------------------------------------------------------------------


def boxes_are_mad(luck: Random) -> bytes:
    sides = (b"0", b"-1", b"1e9", b"-1e38", b"595", b"nan", b"(x)", b"null", b"0.00001", b"99999999999999")
    box = b"[" + b" ".join(luck.choice(sides) for _ in range(luck.choice((4, 4, 4, 2, 9)))) + b"]"
    more = b"/CropBox %s /UserUnit %s /Rotate %s" % (
        luck.choice((box, b"[0 0 0 0]")), luck.choice(_NUMBERS), luck.choice((b"45", b"-90", b"90", b"2147483647")),
    )  # fmt: skip
    return _written(_body(page=_page(more, box=box)))


def drawing_goes_on_and_on(luck: Random) -> bytes:
    piece = luck.choice(
        (b"0 0 m 9 9 l S ", b"q ", b"Q ", b"BT ", b"(a) Tj ", b"1 0 0 1 5 5 cm ", b"0 0 5 5 re W n ", b"/F1 9 Tf BT (ab) Tj ET ")
    )  # fmt: skip
    data = piece * (luck.choice((2_000, 60_000, 900_000)))
    return _written(_body(content=_stream(zlib.compress(data, 9), b"/Filter /FlateDecode")))


def a_page_of_endless_text(luck: Random) -> bytes:
    words = b"BT /F1 9 Tf 72 700 Td %s ET" % (b"(clover and rye grass, then wheat) Tj 0 -0.01 Td " * luck.choice((3_000, 150_000)))  # fmt: skip
    return _written(_body(content=_stream(zlib.compress(words, 9), b"/Filter /FlateDecode")))


def text_is_placed_madly(luck: Random) -> bytes:
    lines = []
    for _ in range(60):
        numbers = b" ".join(luck.choice((b"1", b"0", b"-7", b"1e30", b"1e-30", b"99999999", b"72")) for _ in range(6))
        lines.append(b"BT /F1 %s Tf %s Tm (clover) Tj ET" % (luck.choice((b"12", b"0", b"-5", b"1e9", b"1e38")), numbers))  # fmt: skip
    return _written(_body(content=_stream(b"\n".join(lines))))


def operators_are_shuffled(luck: Random) -> bytes:
    words = (b"BT", b"ET", b"Tj", b"TJ", b"Td", b"Tm", b"Tf", b"q", b"Q", b"cm", b"re", b"f", b"Do", b"gs", b"BI", b"ID",
             b"EI", b"BDC", b"EMC", b"sh", b"'", b'"', b"d0", b"d1", b"/F1", b"(a", b"b)", b"<FE", b">", b"[", b"]", b"<<",
             b">>", b"1", b"-9", b"1e99", b"/X", b"scn", b"W", b"n")  # fmt: skip
    return _written(_body(content=_stream(b" ".join(luck.choice(words) for _ in range(luck.choice((50, 5000)))))))


# --- filters ----------------------------------------------------------------------------------------------------------


def filters_are_piled_up(luck: Random) -> bytes:
    data, names = _SAID * 3, []
    for _ in range(luck.choice((3, 40, 400))):
        data = zlib.compress(data)
        names.append(b"/FlateDecode")
    return _written(_body(content=_stream(data, b"/Filter [" + b" ".join(names) + b"]")))


def filters_are_strange(luck: Random) -> bytes:
    known = (b"/FlateDecode", b"/LZWDecode", b"/ASCII85Decode", b"/ASCIIHexDecode", b"/RunLengthDecode",
             b"/CCITTFaxDecode", b"/DCTDecode", b"/JBIG2Decode", b"/JPXDecode", b"/Crypt", b"/Nothing")  # fmt: skip
    chain = b" ".join(luck.choice(known) for _ in range(luck.choice((1, 1, 2, 5))))
    columns, bits = luck.choice(_NUMBERS), luck.choice((b"1", b"8", b"16", b"2147483647", b"-8"))
    parms = b"/DecodeParms << /Predictor %s /Columns %s /Colors %s /BitsPerComponent %s /EarlyChange 9 /K -1 /Rows %s >>" % (
        luck.choice((b"2", b"15", b"99", b"-1")), columns, luck.choice(_NUMBERS), bits, luck.choice(_NUMBERS),
    )  # fmt: skip
    data = luck.choice((zlib.compress(_SAID * 9), luck.randbytes(3000), b"z" * 5000 + b"~>", b"\x80" * 3000))
    return _written(_body(content=_stream(data, b"/Filter [%s] %s" % (chain, parms))))


def a_stream_is_a_bomb(luck: Random) -> bytes:
    packer = zlib.compressobj(9)
    block = luck.choice((b"0 0 m 9 9 l " * 80_000, b" " * 1_000_000, b"(" * 1_000_000))
    data = b"".join(packer.compress(block) for _ in range(luck.choice((30, 200)))) + packer.flush()
    data = zlib.compress(data, 9)
    return _written(_body(content=_stream(data, b"/Filter [/FlateDecode /FlateDecode]")))


# --- fonts and pictures -----------------------------------------------------------------------------------------------


def fonts_are_bad(luck: Random) -> bytes:
    mapping = luck.choice(
        (b"7 0 R", b"5 0 R", b"/Identity-H", b"(x)")
    )
    cmap = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfrange <0000> <FFFF> <D800> <FFFF> <0000> [<41>] endbfrange /x usecmap endcmap" % luck.choice((1, 100, 2**31))  # fmt: skip
    kinds = (
        b"<< /Type /Font /Subtype /TrueType /BaseFont /AAAAAA+Bad,Italic /FirstChar %s /LastChar %s /Widths [%s] /FontDescriptor 6 0 R /ToUnicode %s >>"
        % (luck.choice(_NUMBERS), luck.choice(_NUMBERS), b"1e9 " * 300, mapping),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Bad /Encoding %s /DescendantFonts [5 0 R 6 0 R] /ToUnicode %s >>"
        % (mapping, mapping),
        b"<< /Type /Font /Subtype /CIDFontType2 /W [0 [%s] 1 99999999 9] /DW nan /FontDescriptor 6 0 R /CIDToGIDMap 7 0 R >>"
        % (b"9 " * 999),
        b"<< /Type /Font /Subtype /Type1 /BaseFont 5 0 R /Encoding << /Differences [%s] >> /FontDescriptor 6 0 R >>"
        % (b"99999 /a -1 /b " * 50),
    )  # fmt: skip
    key = luck.choice((b"/FontFile", b"/FontFile2", b"/FontFile3"))
    descriptor = b"<< /Type /FontDescriptor /Flags %s /FontBBox [1e38 -1e38 nan 0] /ItalicAngle 1e300 %s 8 0 R >>" % (
        luck.choice(_NUMBERS), key,
    )  # fmt: skip
    junk = luck.choice((luck.randbytes(4000), b"\0\1\0\0\xff\xff" + bytes(4000), b"OTTO" + b"\xff" * 2000, b"%!PS-AdobeFont-1.0\n" + b"{" * 9999))  # fmt: skip
    said = _SAID + b"BT /F1 9 Tf <0041004200FF0001> Tj ET"
    objects = _body(font=luck.choice(kinds), content=_stream(said))
    return _written(objects | {6: descriptor, 7: _stream(cmap), 8: _stream(junk, b"/Length1 99999999 /Subtype /CIDFontType0C")})  # fmt: skip


def a_picture_claims_much(luck: Random) -> bytes:
    wide, high = (luck.choice((b"1", b"3000", b"30000", b"65535", b"2147483647", b"-4")) for _ in range(2))
    entries = b"/Type /XObject /Subtype /Image /Width %s /Height %s /BitsPerComponent %s /ColorSpace %s /Filter %s /SMask %s" % (
        wide, high, luck.choice((b"1", b"8", b"16", b"99")),
        luck.choice((b"/DeviceRGB", b"/DeviceGray", b"[/Indexed /DeviceRGB 255 6 0 R]", b"[/ICCBased 6 0 R]", b"6 0 R")),
        luck.choice((b"/FlateDecode", b"/DCTDecode", b"/JPXDecode", b"/JBIG2Decode", b"/CCITTFaxDecode")),
        luck.choice((b"null", b"6 0 R")),
    )  # fmt: skip
    resources = b"<< /Font << /F1 5 0 R >> /XObject << /I 6 0 R >> >>"
    drawn = _stream(_SAID + b"q 400 0 0 400 72 72 cm /I Do Q BI /W 99999 /H 99999 /BPC 8 /CS /G ID xx EI")
    pixels = luck.choice((zlib.compress(bytes(100_000)), luck.randbytes(5000), b"\xff\xd8\xff\xe0" + luck.randbytes(999)))
    return _written(_body(page=_page(b"", resources), content=drawn) | {6: _stream(pixels, entries)})


# --- locked and whole -------------------------------------------------------------------------------------------------


def it_is_locked(luck: Random) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(honest.pdf())) as opened:
        how = luck.choice((3, 4, 6))
        rights = pikepdf.Encryption(user=luck.choice(("secret", "")), owner="own", R=how, metadata=how > 3, aes=how > 3)
        opened.save(out, encryption=rights)
    data = out.getvalue()
    if luck.random() < 0.5:
        return data
    damage = {rb"/V \d": b"/V %d" % luck.randrange(9), rb"/R \d": b"/R %d" % luck.randrange(9)}
    for pattern, other in damage.items():
        data = re.sub(pattern, other, data)
    return data


def it_says_it_is_locked(luck: Random) -> bytes:
    key = b"<< /Filter %s /V %s /R %s /Length %s /O (x) /U (y) /P -1 /CF 9 0 R >>" % (
        luck.choice((b"/Standard", b"/Other", b"1 0 R")), *(luck.choice(_NUMBERS) for _ in range(3)),
    )  # fmt: skip
    return _written(_body(), b"/Encrypt %s /ID [(a) 7]" % key)


def it_is_rewritten_loosely(luck: Random) -> bytes:
    """By another program, with object streams and all, and then cut or turned."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(honest.pdf())) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=luck.random() < 0.5)
    data = bytearray(out.getvalue())
    for _ in range(luck.choice((1, 30))):
        data[luck.randrange(len(data))] = luck.randrange(256)
    return bytes(data[: luck.choice((len(data), luck.randrange(len(data))))])


def it_has_another_in_it(luck: Random) -> bytes:
    whole = honest.pdf()
    return luck.choice((whole + whole, whole[:2000] + whole, b"\0" * luck.choice((10, 5000, 9000)) + whole, honest.xlsx() + whole))  # fmt: skip


MAKERS: dict[str, Maker] = {
    make.__name__.replace("_", " "): make
    for make in (
        lengths_lie, numbers_lie, references_are_crossed, names_are_crossed, offsets_are_wrong,
        the_table_is_said_elsewhere, earlier_tables_go_in_circles, streams_of_objects_hold_themselves,
        pages_are_their_own_children, pages_are_nested_deep, one_page_is_many, outlines_go_in_circles,
        forms_are_filled_by_themselves, pieces_draw_themselves, everything_is_one_object, brackets_are_nested_deep,
        boxes_are_mad, drawing_goes_on_and_on, a_page_of_endless_text, text_is_placed_madly, operators_are_shuffled,
        filters_are_piled_up, filters_are_strange, a_stream_is_a_bomb, fonts_are_bad, a_picture_claims_much,
        it_is_locked, it_says_it_is_locked, it_is_rewritten_loosely, it_has_another_in_it,
    )
}  # fmt: skip
