"""Text, tables as text and old workbooks that are no longer what they say."""

from __future__ import annotations

import struct
from random import Random

from tests.hostile import honest
from tests.hostile.made import Maker

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"+/v8", b"")


def encodings_are_mixed(luck: Random) -> bytes:
    text = "Müller; 10 m²; CO₂; “x” \U0001f331 \u202e\u2028 é\n" * luck.choice((3, 4000))
    really = luck.choice(("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252", "utf-7", "shift_jis"))
    return luck.choice(_MARKS) + text.encode(really, "replace") + luck.choice((b"", b"\xff", b"\xed\xa0\x80", b"\0"))


def lines_never_end(luck: Random) -> bytes:
    piece = luck.choice((b"a", b"a,", b";", b'"', b"clover "))
    return b"Field,Year\n1,2\n3,4\n" + piece * luck.choice((5_000, 900_000))


def quotes_never_close(luck: Random) -> bytes:
    row = luck.choice((b'"a,b\n', b'a,"b""\n', b'"",""\n', b'"a" x,1\n'))
    return b"Field,Year\n" + row * luck.choice((50, 60_000))


def columns_are_many(luck: Random) -> bytes:
    wide, high = luck.choice(((30_000, 30), (3, 400_000), (900_000, 3)))
    return b"\n".join([luck.choice((b"1", b"")) + b"," * wide] * high)[:6_000_000]


def control_characters(luck: Random) -> bytes:
    data = bytearray(honest.table())
    for _ in range(luck.choice((3, 40))):
        data[luck.randrange(len(data))] = luck.randrange(32)
    return bytes(data)


def formulas(luck: Random) -> bytes:
    cells = ("=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2", '=HYPERLINK("http://127.0.0.1:9/")', "<script>alert(1)</script>")
    return "\n".join(f"{luck.choice(cells)};{luck.choice(cells)};3" for _ in range(60)).encode()


def markup(luck: Random) -> bytes:
    heads = ("<html><body>", "<!doctype html>", "<?xml version='1.0'?><x>", "<svg onload=alert(1)>", '{"a":' * 9000, "[" * 90_000, "{")
    return (luck.choice(heads) + honest.TEXT * luck.choice((1, 900))).encode()


def sectors_go_in_circles(luck: Random) -> bytes:
    """The allocation table of an OLE file (MS-CFB 2.3) points back, out and at itself."""
    data = bytearray(honest.xls())
    for place in (*range(44, 76, 4), *range(76, 120, 4)):
        if luck.random() < 0.15:
            struct.pack_into("<I", data, place, luck.choice((0, 1, 0xFFFFFFFE, 0x7FFFFFFF, 3)))
    for place in range(512, len(data) - 4, 4):
        if luck.random() < 0.01:
            struct.pack_into("<I", data, place, luck.choice((0, 1, place // 512, 0xFFFFFFFF, 0x7FFFFFFF)))
    return bytes(data)


def records_lie(luck: Random) -> bytes:
    """Records of the workbook stream (MS-XLS 2.1.4) have other kinds and lengths."""
    data = bytearray(honest.xls())
    at = data.find(b"\x09\x08\x10\x00")
    while 0 <= at < len(data) - 8:
        length = int.from_bytes(data[at + 2 : at + 4], "little")
        if luck.random() < 0.1:
            struct.pack_into("<H", data, at + luck.choice((0, 2)), luck.choice((0, 1, 0x20, 0xFC, 0x3C, 0xFFFF, 0x208)))
        if luck.random() < 0.1 and length >= 4:
            struct.pack_into("<I", data, at + 4, luck.choice((0, 0xFFFFFFFF, 0x10000, 0x7FFF)))
        at += 4 + length
    return bytes(data)


def fields_are_long(luck: Random) -> bytes:
    """csv refuses a field of more than 131,072 characters unless it is told otherwise."""
    mark, long = luck.choice((b",", b"\t", b";")), luck.choice((131_071, 131_073, 1_100_000))
    return mark.join((b"Field", b"Year")) + b"\n" + mark.join((b"x" * long, b"2023")) + b"\n"


def lines_invite_backtracking(luck: Random) -> bytes:
    """A finished review whose lines are rows of what a heading's number is made of."""
    rows = (". " * 60, "." * 60, "1 " * 40, "1.1." * 30, "- " * 400, " " * 3_000, "\u2003" * 900, "end date " * 60, "a, " * 900)
    head = "Registry Agent Review\nProject Name: Marl Farm\nCrediting Period: 01/01/2020\nDocuments Submitted\n"
    tail = "Outcome Summary\n[x] Approved\nRegistry Agent Review Checklist\n"
    lines = [luck.choice(rows) + luck.choice(("", "x", "outcome", ",")) for _ in range(40)]
    return (head + "\n".join(lines) + "\n" + tail + "\n".join(lines)).encode()


def numbers_and_dates_are_mad(luck: Random) -> bytes:
    """More digits than int() takes, what float() calls infinite, and days that no calendar has."""
    mad = ("9" * 5_000, "1e999", "-1e999", "nan", "inf", "0x" + "f" * 300, "00/00/0000", "31/02/10000", "99/99/9999", "\u0663" * 40)
    rows = ["Field,Year,Yield t/ha,Date Reported"]
    rows += [",".join(luck.choice((*mad, "2023")) for _ in range(4)) for _ in range(80)]
    said = (f"Date Reported: {luck.choice(mad)}\nCrediting Period: {luck.choice(mad)} to {luck.choice(mad)}" for _ in range(40))
    return ("\n".join(rows) + "\n" + "\n".join(said)).encode()


def characters_are_half(luck: Random) -> bytes:
    """Halves of surrogate pairs, zeros, and marks that turn a line round."""
    halves = (b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\0", "\u202e\u2066\ufeff".encode(), b"\xf4\x90\x80\x80", b"\xc0\x80")
    return b"Monitoring Report\n" + b"".join(b"Field " + luck.choice(halves) + b", 2023\n" for _ in range(300))


MAKERS: dict[str, tuple[Maker, str]] = {
    "encodings are mixed": (encodings_are_mixed, ".txt"),
    "lines never end": (lines_never_end, ".csv"),
    "quotes never close": (quotes_never_close, ".csv"),
    "columns are many": (columns_are_many, ".csv"),
    "control characters": (control_characters, ".csv"),
    "fields are long": (fields_are_long, ".csv"),
    "fields are long, tabs": (fields_are_long, ".tsv"),
    "lines invite backtracking": (lines_invite_backtracking, ".txt"),
    "numbers and dates are mad": (numbers_and_dates_are_mad, ".csv"),
    "characters are half": (characters_are_half, ".txt"),
    "formulas": (formulas, ".csv"),
    "markup": (markup, ".txt"),
    "sectors go in circles": (sectors_go_in_circles, ".xls"),
    "records lie": (records_lie, ".xls"),
}
