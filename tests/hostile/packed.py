"""Workbooks, letters, zipped maps and archives whose zip or XML lies, swells, nests or leads elsewhere."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from random import Random
from typing import NamedTuple

from tests.hostile import honest
from tests.hostile.honest import unzipped, zipped
from tests.hostile.made import Maker
from tests.hostile.stray import stray

_SHEET, _STRINGS, _BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
_LETTER = "word/document.xml"
_NUMBERS = ("-1", "0", "1", "65536", "2147483648", "99999999999999999999", "1e999", "NaN", "x")
_HOSTS = (honest.xlsx, honest.word, honest.kmz, honest.archive)


def _with(data: bytes, **parts: bytes) -> bytes:
    """The package with parts put in place; `__` in a name stands for a slash, and nothing for a dot."""
    return zipped(unzipped(data) | parts)


def _put(data: bytes, part: str, content: bytes) -> bytes:
    return zipped(unzipped(data) | {part: content})


def _main(luck: Random) -> tuple[bytes, str]:
    """A package and the part that says what it holds."""
    return luck.choice(
        ((honest.xlsx(), _SHEET), (honest.xlsx(), _STRINGS), (honest.xlsx(), _BOOK), (honest.word(), _LETTER),
         (honest.kmz(), "doc.kml"))
    )  # fmt: skip


# --- the zip ----------------------------------------------------------------------------------------------------------


def a_part_is_a_bomb(luck: Random) -> bytes:
    data, part = _main(luck)
    return _put(data, luck.choice((part, "extra.bin")), luck.choice((b"0", b"<a>", b" ")) * luck.choice((10**6, 2 * 10**7)))


def sums_and_sizes_lie(luck: Random) -> bytes:
    data = bytearray(luck.choice(_HOSTS)())
    for head, size in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
        at = data.find(head)
        while at >= 0:
            if luck.random() < 0.6:
                place = at + luck.randrange(4, size)
                data[place] = luck.choice((0, 1, 9, 255, luck.randrange(256)))
            at = data.find(head, at + 4)
    return bytes(data)


def the_end_lies(luck: Random) -> bytes:
    data = luck.choice(_HOSTS)()
    at = data.rindex(b"PK\x05\x06")
    numbers = [luck.choice((0, 1, 0xFFFF)) for _ in range(4)]
    wide = [luck.choice((0, 5, len(data), 0xFFFFFFFF)) for _ in range(2)]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", *numbers, *wide, luck.choice((0, 9, 0xFFFF)))
    large = b"PK\x06\x06" + struct.pack("<Q", 44) + bytes(12) + struct.pack("<4Q", 10**6, 10**6, 2**62, 2**40)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, luck.choice((at, 2**63, 0)), 1)
    return data[:at] + (large + locator if luck.random() < 0.5 else b"") + end


def names_come_twice_or_lead_out(luck: Random) -> bytes:
    out = io.BytesIO()
    parts = unzipped(luck.choice(_HOSTS)())
    evil = ("../../../etc/evil.txt", "/abs.txt", "..\\up.txt", "C:\\x.txt", "con.txt", "a\x01b.txt", "", "x/" * 300 + "y.txt",
            "a" * 3000, "\u202egpj.exe", "e\u0301.txt", "\u00e9.txt", "dir/", "./a.txt")  # fmt: skip
    with zipfile.ZipFile(out, "w") as made:
        for name, content in parts.items():
            for _ in range(luck.choice((1, 2, 3))):
                # The entry directly, since writing the same name twice is warned of.
                made.NameToInfo.clear()
                made.writestr(zipfile.ZipInfo(name), stray(content, luck) if luck.random() < 0.3 else content)
        for name in luck.sample(evil, 5):
            info = zipfile.ZipInfo(name or "n")
            info.external_attr = luck.choice((0o100644, 0o120777, 0o010644)) << 16
            made.writestr(info, b"/etc/passwd")
    return out.getvalue()


def members_lie_over_each_other(luck: Random) -> bytes:
    """Many entries that share one packed kernel."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = kernel.compress(bytes(luck.choice((10_000, 3_000_000)))) + kernel.flush()
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(body), 3_000_000, 1, 0) + b"a" + body
    number = luck.choice((20, 900))
    rows = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(body), 3_000_000, 8, 0, 0, 0, 0, 0, 0)
        + b"%08d" % n
        for n in range(number)
    )
    return local + rows + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(rows), len(local), 0)


def archives_are_nested(luck: Random) -> bytes:
    data = honest.archive()
    for depth in range(luck.choice((1, 3, 30))):
        data = zipped({f"level{depth}.zip": data, "note.txt": b"x"})
    return data


def many_parts(luck: Random) -> bytes:
    number = luck.choice((200, 6_000))
    return zipped({f"{n}.txt": b"note %d" % (n % 3) for n in range(number)})


def a_part_is_damaged(luck: Random) -> bytes:
    parts = unzipped(luck.choice(_HOSTS)())
    for name in luck.sample(sorted(parts), min(len(parts), luck.choice((1, 2, 5)))):
        parts[name] = stray(parts[name], luck)
    return zipped(parts)


def parts_are_lost_or_swapped(luck: Random) -> bytes:
    parts = unzipped(luck.choice((honest.xlsx, honest.word))())
    names = sorted(parts)
    for _ in range(luck.choice((1, 3))):
        a, b = luck.choice(names), luck.choice(names)
        if luck.random() < 0.5:
            parts.pop(a, None)
        elif a in parts and b in parts:
            parts[a], parts[b] = parts[b], parts[a]
    return zipped(parts)


# --- XML --------------------------------------------------------------------------------------------------------------


def entities_swell(luck: Random) -> bytes:
    data, part = _main(luck)
    kinds = (
        "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)).replace("&e0;", "lol"),
        f'<!ENTITY e9 "{"x" * 100_000}">',
        '<!ENTITY e9 SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;',
        '<!ENTITY e9 "&e9;">',
    )
    doctype = f"<!DOCTYPE x [{luck.choice(kinds)}]>".encode()
    xml = unzipped(data)[part]
    head = xml.index(b"?>") + 2 if b"?>" in xml[:200] else 0
    used = b"&e9;" * luck.choice((1, 2000))
    body = re.sub(rb"(<(?:v|t|w:t|coordinates)>)", lambda m: m[1] + used, xml[head:])
    return _put(data, part, xml[:head] + doctype + body)


def tags_are_nested_deep(luck: Random) -> bytes:
    data, part = _main(luck)
    depth = luck.choice((300, 50_000, 1_000_000))
    tag = luck.choice((b"a", b"w:p", b"row", b"Folder"))
    xml = unzipped(data)[part]
    at = xml.rindex(b"</")
    closed = b"</%s>" % tag * depth if luck.random() < 0.8 else b""
    return _put(data, part, xml[:at] + b"<%s>" % tag * depth + closed + xml[at:])


def the_encoding_lies(luck: Random) -> bytes:
    data, part = _main(luck)
    xml = unzipped(data)[part]
    text = re.sub(rb"^<\?xml[^>]*\?>", b"", xml).decode("utf-8", "replace")
    said, really = luck.choice(
        (("utf-16", "utf-8"), ("utf-7", "utf-8"), ("ascii", "utf-16"), ("x-none", "utf-8"), ("ucs-4", "utf-32"),
         ("utf-8", "latin-1"))
    )  # fmt: skip
    return _put(data, part, f'<?xml version="1.0" encoding="{said}"?>{text}é'.encode(really, "replace"))


def attributes_are_many(luck: Random) -> bytes:
    data, part = _main(luck)
    number = luck.choice((3_000, 100_000))
    more = b" ".join(b'a%d="%s"' % (n, b"x" * luck.choice((1, 30))) for n in range(number))
    xml = unzipped(data)[part]
    return _put(data, part, re.sub(rb"<(row|w:p|Placemark)\b", lambda m: m[0] + b" " + more, xml, count=1))


# --- workbooks --------------------------------------------------------------------------------------------------------


def cells_are_far_away(luck: Random) -> bytes:
    places = ("A1048577", "XFE1", "ZZZZZZ9", "A99999999999", "1A", "", "A0", "$B$2", "é1")
    rows = "".join(
        f'<row r="{luck.choice(_NUMBERS)}" spans="1:{luck.choice(_NUMBERS)}"><c r="{luck.choice(places)}" t="{kind}"><v>{luck.choice(_NUMBERS)}</v></c></row>'
        for kind in luck.choices(("n", "s", "b", "e", "d", "str", "inlineStr", "zz"), k=40)
    )
    return _put(honest.xlsx(), _SHEET, _sheet(rows, f'<dimension ref="A1:{luck.choice(places)}"/>'))


def rows_go_on_and_on(luck: Random) -> bytes:
    row = luck.choice(("<row/>", '<row><c t="s"><v>0</v></c></row>', "<row>" + "<c/>" * 200 + "</row>"))
    return _put(honest.xlsx(), _SHEET, _sheet(row * luck.choice((2_000, 90_000))))


def strings_are_huge(luck: Random) -> bytes:
    size = luck.choice((40_000, 2_000_000))
    long = f"<si><t>{'clover ' * size}</t></si>"
    used = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>' * luck.choice((1, 300))
    sst = f'<sst xmlns="{_MAIN}" count="{luck.choice(_NUMBERS)}" uniqueCount="9">{long * luck.choice((1, 3))}</sst>'
    return zipped(unzipped(honest.xlsx()) | {_STRINGS: sst.encode(), _SHEET: _sheet(used)})


def dates_and_styles_are_mad(luck: Random) -> bytes:
    parts = unzipped(honest.xlsx())
    styles = parts["xl/styles.xml"]
    form = f'<numFmts count="1"><numFmt numFmtId="165" formatCode="{luck.choice(("yyyy" * 9000, "[h]:mm", "[Red" * 500))}"/></numFmts>'
    styles = re.sub(rb"<numFmts.*?</numFmts>|<numFmts[^>]*/>", b"", styles, flags=re.S).replace(
        b"<fonts", form.encode() + b"<fonts", 1
    )
    styles = re.sub(rb'numFmtId="0"', lambda _: b'numFmtId="%s"' % luck.choice((b"14", b"165", b"22", b"-1", b"99999")), styles)
    values = ("1e308", "-1e308", "2958466", "-693594", "0", "60", "NaN", "inf", "9" * 400)
    rows = "".join(f'<row><c s="{luck.randrange(4)}"><v>{luck.choice(values)}</v></c></row>' for _ in range(60))
    return zipped(parts | {"xl/styles.xml": styles, _SHEET: _sheet(rows)})


def sheets_are_said_madly(luck: Random) -> bytes:
    parts = unzipped(honest.xlsx())
    sheet = f'<sheet name="{luck.choice(("x" * 5000, "", "a/b", "&#8238;x"))}" sheetId="{luck.choice(_NUMBERS)}" r:id="rId{luck.choice((1, 9))}" state="{luck.choice(("veryHidden", "zz"))}"/>'
    book = re.sub(rb"<sheets>.*?</sheets>", lambda _: b"<sheets>" + sheet.encode() * luck.choice((1, 400)) + b"</sheets>", parts[_BOOK], flags=re.S)
    names = "".join(f'<definedName name="n{n}" localSheetId="{luck.choice(_NUMBERS)}">{"(" * luck.choice((1, 5000))}</definedName>' for n in range(5))
    return zipped(parts | {_BOOK: book.replace(b"</workbook>", f"<definedNames>{names}</definedNames></workbook>".encode())})


def relations_lead_elsewhere(luck: Random) -> bytes:
    data = luck.choice((honest.xlsx, honest.word))()
    parts = unzipped(data)
    targets = ("file:///etc/passwd", "http://127.0.0.1:9/", "../../../../etc/passwd", "/xl/workbook.xml", "workbook.xml",
               "document.xml", "", "x" * 9000)  # fmt: skip
    for name in [n for n in parts if n.endswith(".rels")]:
        parts[name] = re.sub(
            rb'Target="[^"]*"',
            lambda m: f'Target="{luck.choice(targets)}"'.encode() if luck.random() < 0.5 else m[0],
            parts[name],
        )
    return zipped(parts)


def _sheet(rows: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'.encode()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


# --- letters ----------------------------------------------------------------------------------------------------------


def tables_span_madly(luck: Random) -> bytes:
    span = luck.choice(("3", "70000", "2147483647", "-5", "x"))
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/><w:vMerge w:val="{luck.choice(("continue", "restart"))}"/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>'
    row = f'<w:tr><w:trPr><w:gridBefore w:val="{span}"/></w:trPr>{cell * luck.choice((1, 3))}</w:tr>'
    return _letter(f"<w:tbl><w:tblGrid>{'<w:gridCol/>' * luck.choice((0, 3))}</w:tblGrid>{row * luck.choice((1, 40))}</w:tbl>")


def tables_are_nested(luck: Random) -> bytes:
    depth = luck.choice((5, 80, 2000))
    opened = "<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>"
    return _letter(opened * depth + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>" + "<w:p/></w:tc></w:tr></w:tbl>" * depth)


def paragraphs_go_on_and_on(luck: Random) -> bytes:
    run = "<w:r><w:rPr><w:sz w:val='%s'/><w:i w:val='%s'/></w:rPr><w:t>clover </w:t></w:r>" % (
        luck.choice(_NUMBERS), luck.choice(("1", "zz")),
    )  # fmt: skip
    return _letter(f"<w:p>{run * luck.choice((1, 50))}</w:p>" * luck.choice((50, 6_000)))


def one_endless_word(luck: Random) -> bytes:
    return _letter(f"<w:p><w:r><w:t>{'clover' * luck.choice((10_000, 1_500_000))}</w:t></w:r></w:p>")


def styles_inherit_in_circles(luck: Random) -> bytes:
    parts = unzipped(honest.word())
    style = b'<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="heading 99999999999999999999"/><w:basedOn w:val="Loop"/></w:style>'
    parts["word/styles.xml"] = parts["word/styles.xml"].replace(b"</w:styles>", style + b"</w:styles>")
    parts[_LETTER] = parts[_LETTER].replace(b"<w:p>", b'<w:p><w:pPr><w:pStyle w:val="Loop"/></w:pPr>')
    return stray(zipped(parts), luck) if luck.random() < 0.3 else zipped(parts)


def _letter(body: str) -> bytes:
    xml = unzipped(honest.word())[_LETTER]
    return _put(honest.word(), _LETTER, re.sub(rb"(<w:body>).*?(<w:sectPr)", lambda m: m[1] + body.encode() + m[2], xml, flags=re.S))


class Kind(NamedTuple):
    """A maker and the endings that its files are given."""

    make: Maker
    endings: tuple[str, ...]


_ALL = (".xlsx", ".docx", ".kmz", ".zip")
_MAKERS: dict[Maker, tuple[str, ...]] = {
    **dict.fromkeys(
        (a_part_is_a_bomb, sums_and_sizes_lie, the_end_lies, names_come_twice_or_lead_out, members_lie_over_each_other,
         archives_are_nested, many_parts, a_part_is_damaged, entities_swell, tags_are_nested_deep, the_encoding_lies,
         attributes_are_many, parts_are_lost_or_swapped, relations_lead_elsewhere),
        _ALL,
    ),
    **dict.fromkeys(
        (cells_are_far_away, rows_go_on_and_on, strings_are_huge, dates_and_styles_are_mad, sheets_are_said_madly),
        (".xlsx",),
    ),
    **dict.fromkeys(
        (tables_span_madly, tables_are_nested, paragraphs_go_on_and_on, one_endless_word, styles_inherit_in_circles),
        (".docx",),
    ),
}  # fmt: skip
MAKERS: dict[str, Kind] = {
    make.__name__.replace("_", " "): Kind(make, endings) for make, endings in _MAKERS.items()
}
