"""No link reaches this machine, a private network or a cloud's metadata, however its address is written or resolved."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from link_server import Site, answer, certificate, redirect, serving

from pipeline.errors import FileRefused, ReviewError, TryAgain, UsageError
from pipeline.intake.fetching import Limits, Network, fetch, may_reach
from pipeline.intake.fetching.addresses import is_own

LIMITS = Limits(max_bytes=1_000_000, connect_seconds=5, total_seconds=20)
PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"
#: One or more of every kind of address that must stay closed.
CLOSED = (
    "0.0.0.0",  # noqa: S104 - nothing listens here
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "4000::1",
)


class Wire:
    """A network that resolves as a test says; every public address is one server on the loopback."""

    def __init__(self, site: Site, answers: dict[str, Sequence[Sequence[str]]]) -> None:
        self.site = site
        self.answers = {name: list(of) for name, of in answers.items()}
        self.looked_up: list[str] = []
        self.connected: list[str] = []

    def look_up(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        answers = self.answers[host]
        return list(answers.pop(0) if len(answers) > 1 else answers[0])

    def connect(self, address: str, port: int, seconds: float) -> Any:
        self.connected.append(address)
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.site.port, timeout=seconds)

    @property
    def network(self) -> Network:
        return Network(look_up=self.look_up, connect=self.connect)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving({"/x.pdf": answer(b"%PDF-1.7 a file")}) as served:
        yield served


@pytest.fixture
def wired(site: Site, tmp_path: Path) -> Callable[..., Wire]:
    def wire(**answers: Sequence[Sequence[str]]) -> Wire:
        return Wire(site, {name.replace("_", "."): of for name, of in answers.items()})

    return wire


def test_a_public_name_is_resolved_once_and_the_address_that_was_checked_is_connected_to(
    wired: Callable[..., Wire], site: Site, tmp_path: Path
) -> None:
    # Given a name whose second answer would be this machine
    wire = wired(farm_example=[[PUBLIC, PUBLIC_6], ["127.0.0.1"]])
    # When
    got = fetch("http://farm.example/x.pdf", tmp_path, LIMITS, network=wire.network)
    # Then
    assert got.path.read_bytes() == b"%PDF-1.7 a file"
    assert (wire.looked_up, wire.connected) == (["farm.example"], [PUBLIC])
    assert "Host: farm.example\r\n" in site.requests[-1]


def test_a_name_that_turns_private_between_two_steps_is_refused_at_the_second(
    wired: Callable[..., Wire], site: Site, tmp_path: Path
) -> None:
    site.routes["/again"] = redirect("/x.pdf")
    wire = wired(farm_example=[[PUBLIC], ["127.0.0.1"]])
    with pytest.raises(FileRefused, match="not on the public network"):
        fetch("http://farm.example/again", tmp_path, LIMITS, network=wire.network)
    assert (wire.looked_up, wire.connected) == (["farm.example"] * 2, [PUBLIC])


@pytest.mark.parametrize("address", CLOSED)
def test_a_name_with_one_closed_address_is_refused_whatever_its_others_are(
    wired: Callable[..., Wire], tmp_path: Path, address: str
) -> None:
    for addresses in ([address], [PUBLIC, address], [address, PUBLIC]):
        wire = wired(farm_example=[addresses])
        with pytest.raises(FileRefused, match="not on the public network") as caught:
            fetch("http://farm.example/x.pdf", tmp_path, LIMITS, network=wire.network)
        assert wire.connected == []
        # Whoever only asks learns no address of the inside.
        assert address not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/x.pdf",
        "//127.0.0.1:{port}/x.pdf",
        "http://2130706433:{port}/x.pdf",
        "http://[::ffff:127.0.0.1]:{port}/x.pdf",
        "http://localhost:{port}/x.pdf",
        "https://inside.example/x.pdf",
    ],
)
def test_a_redirect_from_a_public_name_to_the_inside_is_refused(site: Site, tmp_path: Path, location: str) -> None:
    # Given
    site.routes["/away"] = redirect(location.format(port=site.port))
    wire = Wire(site, {"farm.example": [[PUBLIC]], "inside.example": [["192.168.1.7"]]})
    real = Network()
    network = Network(
        look_up=lambda host, port: (wire.look_up if host.endswith(".example") else real.look_up)(host, port),
        connect=wire.connect,
    )
    before = len(site.requests)
    # When
    with pytest.raises(FileRefused, match="not on the public network"):
        fetch("http://farm.example/away", tmp_path, LIMITS, network=network)
    # Then only the public server was asked
    assert (wire.connected, len(site.requests) - before) == ([PUBLIC], 1)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0x0.1",
        "017700000001",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::]",
        "0",
        "0.0.0.0",  # noqa: S104 - nothing listens here
        "127。0。0。1",
        "127.0.0.1:{port}@example.org",
        "example.org@127.0.0.1",
        "example.org\\@127.0.0.1",
        "example.org#@127.0.0.1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "%31%32%37.0.0.1",
        "0177.0.0.1",
        "127.0.0.1%00.example.org",
        "[::1%25lo]",
    ],
)
def test_no_spelling_of_this_machine_reaches_its_server(site: Site, tmp_path: Path, host: str) -> None:
    before = len(site.requests)
    port = "" if "@" in host or "#" in host else f":{site.port}"
    url = f"http://{host.format(port=site.port)}{port}/x.pdf"
    connected: list[str] = []

    def connect(address: str, port: int, seconds: float) -> Any:
        connected.append(address)
        raise httpcore2.ConnectError("not in a test")

    def look_up(name: str, port: int) -> list[str]:
        # Only what the system reads as a number is resolved for real; no test asks a server for a name.
        if name.lower().rstrip(".") == "localhost" or not any(c.isalpha() for c in name.lower().replace("x", "")):
            return Network().look_up(name, port)
        try:
            return [str(ip_address(name))]
        except ValueError:
            return [PUBLIC]

    with pytest.raises((UsageError, FileRefused, TryAgain)):
        fetch(url, tmp_path, LIMITS, network=Network(look_up=look_up, connect=connect))
    assert all(may_reach(address) for address in connected)
    assert len(site.requests) == before
    assert list(tmp_path.iterdir()) == []


def test_with_the_setting_private_servers_are_reached_and_metadata_is_not(site: Site, tmp_path: Path) -> None:
    assert fetch(f"{site.url}/x.pdf", tmp_path, LIMITS, allow_private=True).size == 15
    assert fetch(f"http://2130706433:{site.port}/x.pdf", tmp_path, LIMITS, allow_private=True).size == 15
    for address in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "224.0.0.1", "::"):
        wire = Wire(site, {"farm.example": [[address]]})
        with pytest.raises(FileRefused, match="never fetched from"):
            fetch("http://farm.example/x.pdf", tmp_path, LIMITS, network=wire.network, allow_private=True)
        assert wire.connected == []


def test_tls_asks_for_the_name_and_checks_it_though_an_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = certificate(tmp_path, "farm.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(good))
    with serving({"/x.pdf": answer(b"%PDF-1.7")}, good) as secure:
        wire = Wire(secure, {"farm.example": [[PUBLIC]], "other.example": [[PUBLIC]]})
        assert fetch("https://farm.example/x.pdf", tmp_path, LIMITS, network=wire.network).size == 8
        with pytest.raises(FileRefused, match=r"cannot prove that it is other\.example"):
            fetch("https://other.example/x.pdf", tmp_path, LIMITS, network=wire.network)
        assert (wire.connected, len(secure.requests)) == ([PUBLIC, PUBLIC], 1)


def test_the_next_address_of_a_name_is_tried_when_one_does_not_answer(site: Site, tmp_path: Path) -> None:
    wire = Wire(site, {"farm.example": [[PUBLIC_6, PUBLIC]]})

    def connect(address: str, port: int, seconds: float) -> Any:
        if address == PUBLIC_6:
            raise httpcore2.ConnectError("no way there")
        return wire.connect(address, port, seconds)

    assert fetch("http://farm.example/x.pdf", tmp_path, LIMITS, network=Network(wire.look_up, connect)).size == 15


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), FileRefused),
        (socket.gaierror(socket.EAI_AGAIN, "no resolver"), TryAgain),
        (UnicodeError("label too long"), FileRefused),
    ],
)
def test_a_name_that_cannot_be_resolved_is_told_apart_from_a_machine_that_is_offline(
    tmp_path: Path, trouble: Exception, kind: type[ReviewError]
) -> None:
    def look_up(_host: str, _port: int) -> list[str]:
        raise trouble

    with pytest.raises(kind):
        fetch("http://farm.example/x.pdf", tmp_path, LIMITS, network=Network(look_up=look_up))


def test_a_resolver_that_hangs_is_left(tmp_path: Path) -> None:
    import threading

    done = threading.Event()

    def look_up(_host: str, _port: int) -> list[str]:
        done.wait(30)
        return [PUBLIC]

    limits = LIMITS.model_copy(update={"connect_seconds": 0.2})
    try:
        with pytest.raises(TryAgain, match="takes too long"):
            fetch("http://farm.example/x.pdf", tmp_path, limits, network=Network(look_up=look_up))
    finally:
        done.set()


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not may_reach(address)


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "1.1.1.1"])
def test_what_is_public_is_open_also_where_ipv4_is_reached_through_ipv6(address: str) -> None:
    assert may_reach(address)


@pytest.mark.parametrize("text", ["", "farm.example", "127.1", "0x7f.1", "1.2.3", "1.2.3.4/8", "1.2.3.4 ", "٣.٣.٣.٣"])
def test_what_is_no_numeric_address_is_closed(text: str) -> None:
    assert not may_reach(text)
    assert not may_reach(text, allow_private=True)


def test_an_address_of_this_machine_is_known_without_sending_anything() -> None:
    assert is_own("127.0.0.1")
    assert not is_own(PUBLIC)


def test_a_public_address_of_this_machine_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.intake.fetching.addresses.is_own", lambda address: address == PUBLIC)
    assert not may_reach(PUBLIC)
    assert may_reach(PUBLIC_6)


PRIVATE = [
    ip_network(one) for one in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
]
inside = st.sampled_from(PRIVATE).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(lambda number: IPv4Address(number))
)


def octets(address: IPv4Address) -> list[int]:
    return list(address.packed)


#: Ways to write an IPv4 address that the system's resolver, or a network on the way, would understand.
SPELLINGS: tuple[Callable[[IPv4Address], str], ...] = (
    str,
    lambda a: f"{a}.",
    lambda a: str(int(a)),
    lambda a: hex(int(a)),
    lambda a: f"0{int(a):o}",
    lambda a: ".".join(map(hex, octets(a))),
    lambda a: f"{octets(a)[0]}.{int(a) & 0xFFFFFF}",
    lambda a: f"{octets(a)[0]}.{octets(a)[1]}.{int(a) & 0xFFFF}",
    lambda a: f"{hex(octets(a)[0])}.{octets(a)[1]}.0{int(a) & 0xFFFF:o}",
    lambda a: f"[::ffff:{a}]",
    lambda a: f"[::{a}]",
    lambda a: f"[64:ff9b::{a}]",
    lambda a: f"[{IPv6Address((0x2002 << 112) | (int(a) << 80) | 1)}]",
    lambda a: str(a).replace(".", "。"),
    lambda a: "".join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in str(a)),
    lambda a: "".join(f"%{ord(c):02x}" for c in str(a)),
    lambda a: f"farm.example@{a}",
    lambda a: f"farm.example\\@{a}",
)


@given(inside, st.sampled_from(SPELLINGS), st.booleans())
@example(IPv4Address("127.0.0.1"), SPELLINGS[2], True)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_private_address_is_ever_connected_to_whatever_the_spelling(
    site: Site, tmp_path: Path, address: IPv4Address, spell: Callable[[IPv4Address], str], redirected: bool
) -> None:
    connected: list[str] = []
    farm = Wire(site, {"farm.example": [[PUBLIC]]})

    def connect(to: str, port: int, seconds: float) -> Any:
        connected.append(to)
        return farm.connect(to, port, seconds)

    def look_up(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == "farm.example" else Network().look_up(host, port)

    url = f"http://{spell(address)}/x.pdf"
    if redirected:
        site.routes["/onward"] = redirect(url)
        url = "http://farm.example/onward"
    with pytest.raises((UsageError, FileRefused)):
        fetch(url, tmp_path, LIMITS, network=Network(look_up=look_up, connect=connect))
    assert set(connected) <= {PUBLIC}


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), inside))
@settings(max_examples=1000)
def test_what_is_open_is_public_by_the_standard_librarys_word_too(address: IPv4Address | IPv6Address) -> None:
    if may_reach(str(address)):
        meant = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        closed = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_unspecified")
        assert [name for name in closed if getattr(meant, name)] == []
        assert not meant.is_reserved or address in ip_network("64:ff9b::/96")
