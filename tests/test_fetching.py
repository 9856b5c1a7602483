"""Fetching a link: the file comes whole or not at all, within limits, under a name that does no harm."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_server import Route, Site, answer, certificate, dribble, flood, head, raw, redirect, serving, silence

from pipeline.errors import FileRefused, ReviewError, TryAgain, UsageError
from pipeline.intake.fetching import Fetched, Limits, checked_url, fetch, shown
from pipeline.intake.fetching.naming import disposition_name, name_in

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PAGE = b"<!DOCTYPE html>\n<html><head><title>Shared with you</title></head><body>" + b"<p>x</p>" * 400
SMALL = Limits(max_bytes=1_000_000, connect_seconds=5, total_seconds=20)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({}) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "fetched"
    made.mkdir()
    return made


@pytest.fixture
def get(site: Site, folder: Path) -> Callable[..., Fetched]:
    def got(path: str, route: Route | None = None, limits: Limits = SMALL, **more: object) -> Fetched:
        if route is not None:
            site.routes[path.partition("?")[0]] = route
        return fetch(site.url + path, folder, limits, allow_private=True, **more)  # type: ignore[arg-type]

    return got


Get = Callable[..., Fetched]


def refused(get: Get, folder: Path, *args: object, kind: type[ReviewError] = FileRefused, **more: object) -> str:
    """The reason; nothing may stay on disk."""
    with pytest.raises(kind) as caught:
        get(*args, **more)
    assert list(folder.iterdir()) == []
    assert caught.value.cure
    return str(caught.value)


# --- what comes -------------------------------------------------------------------------------------------------------


def test_a_file_comes_whole_with_its_hash_its_name_and_where_it_came_from(get: Get, site: Site, folder: Path) -> None:
    got = get("/papers/plan%20A.pdf", answer(PDF, content_type="application/pdf; charset=x"))
    assert got.path.read_bytes() == PDF
    assert got.path.parent == folder
    assert (got.path.stat().st_mode & 0o777) == 0o600
    assert (got.sha256, got.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert (got.filename, got.content_type) == ("plan A.pdf", "application/pdf")
    assert got.url == got.final_url == f"{site.url}/papers/plan%20A.pdf"
    (asked,) = site.requests
    assert "accept-encoding: identity" in asked.lower()
    assert "cookie" not in asked.lower()
    assert "authorization" not in asked.lower()


def test_redirects_are_followed_to_the_file_and_where_they_ended_is_told(get: Get, site: Site) -> None:
    site.routes |= {"/a": redirect("/b", 301), "/b": redirect(f"{site.url}/c/./x.pdf", 307), "/c/x.pdf": answer(PDF)}
    got = get("/a")
    assert got.path.read_bytes() == PDF
    assert (got.url, got.final_url, got.filename) == (f"{site.url}/a", f"{site.url}/c/x.pdf", "x.pdf")
    assert site.paths() == ["/a", "/b", "/c/x.pdf"]


def test_a_body_in_chunks_and_one_without_a_length_come_too(get: Get) -> None:
    chunks = raw(head(transfer_encoding="chunked"), b"5\r\n%PDF-\r\n", b"3;x=y\r\n1.7\r\n", b"0\r\nx: y\r\n\r\n")
    assert get("/chunks.pdf", chunks).path.read_bytes() == b"%PDF-1.7"
    assert get("/open.pdf", raw(head(), PDF)).path.read_bytes() == PDF


def test_headers_go_to_the_first_host_and_nowhere_else(get: Get, site: Site) -> None:
    with serving({"/there": answer(PDF)}) as other:
        site.routes |= {"/a": redirect("/b"), "/b": redirect(f"{other.url}/there")}
        get("/a", headers={"X-Ticket": "secret"})
        assert ["X-Ticket: secret" in asked for asked in site.requests] == [True, True]
        assert "secret" not in other.requests[0]


def test_proxies_of_the_environment_are_not_used(get: Get, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        get("/x.pdf", answer(PDF))
        assert proxy.requests == []
        assert site.paths() == ["/x.pdf"]


# --- TLS --------------------------------------------------------------------------------------------------------------


def test_a_certificate_must_be_for_the_host_and_signed_by_somebody_known(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other = certificate(tmp_path, "127.0.0.1", "localhost"), certificate(tmp_path, "elsewhere.example")
    with serving({"/x.pdf": answer(PDF)}, good) as secure, serving({"/x.pdf": answer(PDF)}, other) as wrong:
        with pytest.raises(FileRefused, match="cannot prove that it is 127"):
            fetch(f"{secure.url}/x.pdf", folder, SMALL, allow_private=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(good))
        assert fetch(f"{secure.url}/x.pdf", folder, SMALL, allow_private=True).path.read_bytes() == PDF
        assert fetch(f"https://localhost:{secure.port}/x.pdf", folder, SMALL, allow_private=True).size == len(PDF)
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
        with pytest.raises(FileRefused, match="cannot prove that it is 127"):
            fetch(f"{wrong.url}/x.pdf", folder, SMALL, allow_private=True)
        assert (len(secure.requests), wrong.requests) == (2, [])


def test_a_server_without_tls_is_no_secure_server(site: Site, folder: Path) -> None:
    with pytest.raises(FileRefused, match="no secure connection"):
        fetch(f"https://127.0.0.1:{site.port}/x", folder, SMALL, allow_private=True)


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route",
    [
        answer(b"x" * 2000),
        raw(head(content_length="99999999999999999999"), b"x"),
        flood(head(), b"x" * 1000),
        flood(head(transfer_encoding="chunked"), b"64\r\n" + b"x" * 100 + b"\r\n"),
        answer(gzip.compress(b"\0" * 50_000_000), content_encoding="gzip"),
        flood(head(content_encoding="gzip"), gzip.compress(b"")),
    ],
    ids=["its length", "a lie", "no end", "no end in chunks", "a bomb", "no end of nothing"],
)
def test_what_is_larger_than_the_limit_is_refused_while_it_comes(get: Get, folder: Path, route: Route) -> None:
    limits = SMALL.model_copy(update={"max_bytes": 1500})
    assert "max_file_mb" in refused(get, folder, "/x.pdf", route, limits)


def test_a_file_of_just_the_limit_comes(get: Get) -> None:
    assert get("/x", answer(b"x" * 1500), SMALL.model_copy(update={"max_bytes": 1500})).size == 1500


@pytest.mark.parametrize(
    "route",
    [
        dribble(head(content_length="100000"), b"x"),
        dribble(b"", b"H"),
        dribble(head(transfer_encoding="chunked"), b"0"),
    ],
    ids=["body", "head", "chunk"],
)
def test_a_server_that_dribbles_is_left_when_the_whole_time_is_over(get: Get, folder: Path, route: Route) -> None:
    limits = SMALL.model_copy(update={"total_seconds": 0.5})
    begun = time.monotonic()
    assert "timeout_seconds" in refused(get, folder, "/x", route, limits, kind=TryAgain)
    assert time.monotonic() - begun < 10


def test_the_whole_time_counts_redirects_too(get: Get, site: Site, folder: Path) -> None:
    site.routes |= {f"/{n}": redirect(f"/{n + 1}") for n in range(20)}
    ticks = iter(range(1000))
    limits = SMALL.model_copy(update={"max_redirects": 20, "total_seconds": 30})
    reason = refused(get, folder, "/0", None, limits, kind=TryAgain, clock=lambda: float(next(ticks)))
    assert "longer than 30 seconds" in reason
    assert 1 < len(site.requests) < 20


def test_a_server_that_says_nothing_is_left(get: Get, folder: Path) -> None:
    limits = SMALL.model_copy(update={"connect_seconds": 0.2})
    assert "does not answer" in refused(get, folder, "/x", silence, limits, kind=TryAgain)


def test_a_redirect_too_many_and_a_loop_end(get: Get, site: Site, folder: Path) -> None:
    assert "more than 5 times" in refused(get, folder, "/loop", redirect("/loop"))
    assert site.paths() == ["/loop"] * 6
    once = SMALL.model_copy(update={"max_redirects": 0})
    assert "more than 0 times" in refused(get, folder, "/loop", None, once)


def test_a_disk_with_too_little_room_is_no_fault_of_the_file(get: Get, folder: Path) -> None:
    limits = SMALL.model_copy(update={"min_free_bytes": 1 << 60})
    assert "too little room" in refused(get, folder, "/x", answer(PDF), limits, kind=TryAgain)


# --- what is broken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route",
    [
        raw(head(content_length="5000"), b"%PDF-1.7"),
        raw(head(transfer_encoding="chunked"), b"5\r\n%PDF-\r\n"),
        raw(head(transfer_encoding="chunked"), b"zz\r\n%PDF-\r\n"),
        raw(b"220 mail.example ESMTP\r\n"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000),
        raw(b""),
        answer(status=503),
        answer(status=429),
    ],
)
def test_what_broke_off_or_is_not_there_just_now_may_be_tried_again(get: Get, folder: Path, route: Route) -> None:
    refused(get, folder, "/x.pdf", route, kind=TryAgain)


def test_a_server_that_is_not_there_may_be_tried_again(folder: Path) -> None:
    with serving({}) as gone:
        pass
    with pytest.raises(TryAgain, match=r"127\.0\.0\.1 cannot be reached"):
        fetch(f"{gone.url}/x", folder, SMALL, allow_private=True)


@pytest.mark.parametrize(
    ("status", "says"),
    [(404, "nothing at that"), (410, "nothing at"), (403, "login"), (401, "login"), (204, "no file")],
)
def test_an_answer_without_a_file_is_a_refusal_with_what_to_do(get: Get, folder: Path, status: int, says: str) -> None:
    assert says in refused(get, folder, "/x.pdf", answer(PDF, status=status))


@pytest.mark.parametrize(
    "location",
    ["ftp://x/y", "file:///etc/passwd", "https://u:p@x/", "javascript:x", "http://a b/", "gopher://x:1/_"],
)
def test_a_redirect_to_what_is_no_link_is_not_followed(get: Get, folder: Path, location: str) -> None:
    assert "is not followed" in refused(get, folder, "/x", redirect(location))


def test_more_bytes_than_were_announced_are_not_read(get: Get) -> None:
    assert get("/x", raw(head(content_length="4") + b"%PDF and more")).path.read_bytes() == b"%PDF"


# --- packed bodies ----------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=3), st.integers(1, 700))
def test_what_was_packed_comes_out_as_it_went_in(members: list[bytes], size: int) -> None:
    from pipeline.intake.fetching.unpacking import unpacker_for

    packed = b"".join(map(gzip.compress, members))
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(unpacker_for("gzip", "host")(pieces)) == b"".join(members)


def test_a_body_that_was_packed_all_the_same_is_unpacked(get: Get) -> None:
    got = get("/x.pdf", answer(gzip.compress(PDF), content_encoding="x-gzip"))
    assert got.path.read_bytes() == PDF


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(PDF)[:-9], "gzip"),
        (gzip.compress(PDF)[:-1], "gzip"),
        (gzip.compress(PDF) + b"more", "gzip"),
        (zlib.compress(PDF), "gzip"),
        (PDF, "gzip"),
        (PDF, "br"),
        (PDF, "gzip, gzip"),
    ],
)
def test_a_packed_body_that_cannot_be_unpacked_is_refused(get: Get, folder: Path, body: bytes, encoding: str) -> None:
    assert "packed" in refused(get, folder, "/x.pdf", answer(body, content_encoding=encoding))


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route",
    [
        answer(PAGE, content_type="text/html; charset=utf-8"),
        answer(PAGE, content_type="application/pdf"),
        answer(b"\xef\xbb\xbf\n <!-- x --> <HTML>", content_type="application/octet-stream"),
        answer(b"Please log in", content_type="text/html"),
        flood(head(content_type="text/html"), PAGE),
    ],
)
def test_a_page_in_a_files_place_is_refused_and_says_how_to_get_the_file(get: Get, folder: Path, route: Route) -> None:
    reason = refused(get, folder, "/s/abc/plan.pdf?dl=0", route)
    assert "a web page instead of a file" in reason
    assert "address of the download" in reason


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("www.dropbox.com", "dl=1"),
        ("drive.google.com", "export=download"),
        ("farm-my.sharepoint.com", "download=1"),
        ("notdropbox.com", "address of the download"),
    ],
)
def test_what_to_do_is_said_for_the_drives_that_people_use(host: str, says: str) -> None:
    from pipeline.intake.fetching.pages import a_page_came

    reason = str(a_page_came(host))
    assert says in reason
    assert ("dl=1" in reason) == (host == "www.dropbox.com")


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/plan.html", {}), ("/get?id=1", {"content_disposition": 'attachment; filename="plan.htm"'})],
)
def test_a_page_that_was_asked_for_comes(get: Get, path: str, headers: dict[str, str]) -> None:
    assert get(path, answer(PAGE, content_type="text/html", **headers)).path.read_bytes() == PAGE


@pytest.mark.parametrize("body", [PDF, b'{"type":"FeatureCollection","features":[]}', b"a;b;c\n1;2;3\n4;5;6\n"])
def test_a_file_whose_server_calls_everything_a_page_comes(get: Get, body: bytes) -> None:
    assert get("/x", answer(body, content_type="text/html")).path.read_bytes() == body


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="plan A.pdf"', "plan A.pdf"),
        ("attachment; filename=plan.pdf", "plan.pdf"),
        ("inline; filename=\"x.pdf\"; filename*=UTF-8''M%C3%BChle.pdf", "Mühle.pdf"),
        ("attachment; filename*=iso-8859-1'de'M%FChle.pdf", "Mühle.pdf"),
        ('attachment; filename="M\u00c3\u00bchle.pdf"', "Mühle.pdf"),
        (r'attachment; filename="a \"b\".pdf"', 'a "b".pdf'),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\\temp\\plan.pdf"', "plan.pdf"),
        ("attachment; filename*=UTF-8''..%2F..%2Fplan.pdf", "plan.pdf"),
        ("attachment; filename*=nonsense''x.pdf; filename=y.pdf", "y.pdf"),
        ('attachment; filename="a%20b.pdf"', "a b.pdf"),
        ('attachment; filename="a;b.pdf"; size=3', "a;b.pdf"),
        ("attachment", ""),
        ('attachment; filename="', ""),
    ],
)
def test_the_name_in_a_header_is_read_as_servers_write_it(header: str, name: str) -> None:
    assert disposition_name(header) in (name, name or '"')


@pytest.mark.parametrize(
    "hostile",
    ["..", ".", "CON.pdf", ".htaccess", "~$plan.docx", "x.part", "x" * 300, "a\x7fb.pdf", "a%0Ab.pdf", "\u202efdp.exe"],
)
def test_a_name_that_no_file_may_have_is_left_for_that_of_the_address(get: Get, hostile: str) -> None:
    got = get("/papers/plan.pdf", answer(PDF, content_disposition=f'attachment; filename="{hostile}"'))
    assert got.filename == "plan.pdf"


@given(st.text(max_size=200))
def test_whatever_a_header_says_the_name_is_one_that_can_be_kept(text: str) -> None:
    from pipeline import filenames
    from pipeline.intake.fetching.naming import filename_of

    header = f"attachment; filename=\"{text}\"; filename*=UTF-8''{text}".encode().decode("latin-1")
    name = filename_of(header, checked_url("https://example.org/plan.pdf"), "")
    assert filenames.check(name).filename == name
    assert "/" not in name
    assert not filenames.is_ignored(name)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/plan%20B.pdf?x=/y.pdf", "plan B.pdf"),
        ("https://example.org/a/folder/", "folder"),
        ("https://example.org", "example.org"),
        ("https://example.org/..%2f..%2fetc", "example.org"),
        ("https://example.org/%00", "example.org"),
        ("https://example.org/.hidden", "example.org"),
        ("https://example.org/" + "x" * 300, "example.org"),
        ("https://[::1]/", "download"),
    ],
)
def test_the_name_of_an_address_is_its_last_part_or_its_host(url: str, name: str) -> None:
    assert name_in(checked_url(url)) == name


def test_a_name_without_an_ending_gets_that_of_its_type(get: Get) -> None:
    assert get("/download?id=7", answer(PDF, content_type="application/pdf")).filename == "download.pdf"
    assert get("/x.bin", answer(PDF, content_type="application/pdf")).filename == "x.bin"


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "plan.pdf",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "//example.org/x",
        "https:example.org/x",
        "http:///x",
        "https://user@example.org/x",
        "https://user:pass@example.org/x",
        "https://:@example.org/x",
        "https://good.example\\@evil.example/",
        "https://exa mple.org/",
        "https://exam%70le.org/",
        "https://１２７.０.０.１/",
        "https://0177.0.0.1/",
        "https://a..b/",
        "https://" + "a" * 64 + ".org/",
        "https://example.org:22/",
        "https://example.org:0/",
        "https://example.org:70000/",
        "https://example.org:x/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://example.org/\n",
        "https://example.org/" + "x" * 9000,
    ],
)
def test_what_is_no_link_is_a_usage_error_that_repeats_no_password(url: str) -> None:
    if url.endswith("\n"):
        url += "x"
    with pytest.raises(UsageError) as error:
        checked_url(url)
    assert error.value.cure
    assert "pass" not in str(error.value).replace("password", "")


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("  https://Example.ORG./a b.pdf#page=3 ", "https://example.org/a%20b.pdf"),
        ("https://müller.example/ü", "https://xn--mller-kva.example/%C3%BC"),
        ("http://example.org:8080", "http://example.org:8080/"),
        ("https://example.org:443/x?a=1&b=%2F", "https://example.org/x?a=1&b=%2F"),
    ],
)
def test_a_link_is_read_as_a_browser_would(url: str, means: str) -> None:
    found = checked_url(url)
    assert f"{found.scheme}://{found.netloc.decode()}{found.raw_path.decode()}" == means


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://u:p@h.org/x?sig=abc&name=b", "https://h.org/x?sig=***&name=b"),
        (
            "https://h.org/x?X-Amz-Signature=1&X-Amz-Credential=2",
            "https://h.org/x?X-Amz-Signature=***&X-Amz-Credential=***",
        ),
        ("https://h.org/x?access_token=1#access_token=2", "https://h.org/x?access_token=***"),
        ("https://h.org/s/x?rlkey=abc&dl=1", "https://h.org/s/x?rlkey=abc&dl=1"),
        ("https://h.org/x?design=a&keyword=b", "https://h.org/x?design=a&keyword=b"),
        ("https://h.org/x@2.pdf", "https://h.org/x@2.pdf"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, told: str) -> None:
    assert shown(url) == told


def test_the_secrets_of_a_link_are_in_nothing_that_is_returned_or_raised(get: Get, site: Site, folder: Path) -> None:
    site.routes["/moved"] = redirect("/x.pdf?sig=hidden2&page=1")
    site.routes["/x.pdf"] = answer(PDF)
    got = get("/moved?token=hidden1")
    assert "hidden" not in got.model_dump_json()
    assert "sig=hidden2" in site.requests[-1]
    site.routes["/x.pdf"] = answer(status=404)
    got.path.unlink()
    assert "hidden" not in refused(get, folder, "/moved?token=hidden1")


def test_hosts_are_those_that_were_named_and_below_at_every_step(get: Get, site: Site, folder: Path) -> None:
    assert get("/x.pdf", answer(PDF), hosts=["127.0.0.1"]).size == len(PDF)
    site.routes["/away"] = redirect(f"http://localhost:{site.port}/x.pdf")
    next(folder.iterdir()).unlink()
    assert "not fetched from localhost" in refused(get, folder, "/away", hosts=["127.0.0.1"])
    assert "not fetched from 127" in refused(get, folder, "/x.pdf", hosts=["7.0.0.1", "example.org"])
    assert site.paths() == ["/x.pdf", "/away"]


def test_a_download_is_never_whole_in_memory(get: Get) -> None:
    import tracemalloc

    piece, count = os.urandom(1 << 16), 400

    def large(to: Callable[[bytes], None], _stop: threading.Event) -> None:
        to(head(content_length=str(len(piece) * count)))
        for _ in range(count):
            to(piece)

    tracemalloc.start()
    try:
        got = get("/large", large, SMALL.model_copy(update={"max_bytes": 1 << 30}))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert got.size == len(piece) * count > 25_000_000
    assert peak < 8_000_000
