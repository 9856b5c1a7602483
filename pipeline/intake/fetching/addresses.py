"""Which numeric addresses may be reached: public ones, however they are written, and never this machine's own.

The lists are those of the IANA registries of special-purpose addresses (RFC 6890 and its updates), written out here
because the standard library's reading of them changes between versions; it is asked as well.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_Network = IPv4Network | IPv6Network

#: What `allow_private` opens: this machine, private networks (RFC 1918, RFC 4193), shared carrier space (RFC 6598).
_PRIVATE: tuple[_Network, ...] = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
#: Where clouds give a machine's credentials to whoever asks from it; some lie in public or private space.
_METADATA = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
#: Never a server: this network, link-local, protocol assignments, documentation, relays, benchmarks, multicast, others.
_CLOSED_4 = (
    "0.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
)
#: Public IPv6 servers lie in global unicast space (RFC 4291), and there not in these: protocol assignments with Teredo,
#: documentation, 6to4. The last two wrap an IPv4 address that nobody here could judge once it is unwrapped elsewhere.
_GLOBAL_6 = IPv6Network("2000::/3")
_CLOSED_6 = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
_CLOSED: tuple[_Network, ...] = tuple(map(ip_network, (*_CLOSED_4, *_CLOSED_6)))
#: An IPv4 server as a network without IPv4 sees it (RFC 6052): the last 32 bits are its address.
_NAT64 = IPv6Network("64:ff9b::/96")


def may_reach(address: str, allow_private: bool = False) -> bool:
    """True when a connection to that numeric address may be opened; what is no such address may not.

    `allow_private` opens this machine and private networks. Link-local, multicast, reserved and metadata addresses stay
    closed all the same.
    """
    try:
        given = ip_address(address)
    except ValueError:
        return False
    if isinstance(given, IPv6Address) and given.scope_id is not None:
        return False
    meant = _unwrapped(given)
    if given in _METADATA or meant in _METADATA or _in(meant, _CLOSED):
        return False
    if _in(meant, _PRIVATE):
        return allow_private
    if isinstance(meant, IPv6Address) and meant not in _GLOBAL_6:
        return False
    return meant.is_global and not meant.is_multicast and (allow_private or not is_own(str(given)))


def is_own(address: str) -> bool:
    """True when the system would reach that address without leaving this machine. Sends nothing.

    A machine with a public address of its own reaches its services through it past any firewall outside.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return ip_address(probe.getsockname()[0]) == ip_address(address)
    except OSError:
        return False  # no way there, which connecting will say


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside of one that stands for it, or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _in(address: IPv4Address | IPv6Address, networks: tuple[_Network, ...]) -> bool:
    return any(address in network for network in networks)
