"""Which addresses are of the public Internet: whoever calls where a stranger says calls no others."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

#: IPv4 addresses that are not of the public Internet: IANA's special-purpose registry, multicast, what is reserved.
_NOT_PUBLIC: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
#: IPv6 is public in here alone. Mapped, translated, local, link-local and multicast addresses are all outside.
_PUBLIC_6: Final = IPv6Network("2000::/3")
#: What in it is not: protocol assignments with Teredo, documentation, 6to4, documentation again.
_NOT_PUBLIC_6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public Internet.

    Examples
    --------
    >>> [is_public(address) for address in ("9.9.9.9", "10.0.0.1", "169.254.169.254", "::ffff:9.9.9.9", "2620:fe::9")]
    [True, False, False, False, True]
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC)
    assert isinstance(found, IPv6Address)  # noqa: S101 - there is no third kind; for the type checker
    return found in _PUBLIC_6 and not any(found in network for network in _NOT_PUBLIC_6)
