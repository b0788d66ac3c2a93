"""Which addresses a server may connect to when a stranger says so: public ones, and networks of the operator's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

from pltpack.errors import FetchError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last four bytes are an address of IPv4."""


class Addresses:
    """A guard for connections: lets public addresses pass, and those of ``networks``."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(network) for network in networks]

    def __call__(self, host: str, address: str) -> None:
        """Look at an address of a host. Raises :class:`~pltpack.errors.FetchError` for one that may not be used."""
        if not self.allows(address):
            raise FetchError("its address is not a public one", file=host, hint="sources are fetched from the internet")

    def allows(self, address: str) -> bool:
        """Whether an address may be connected to.

        >>> guard = Addresses(["10.1.0.0/16"])
        >>> [guard.allows(text) for text in ("8.8.8.8", "127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "10.2.0.1")]
        [True, False, False, True, False]
        """
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(parsed in network for network in self._networks) or all(map(_is_public, _meant(parsed)))


def _meant(address: Address) -> list[Address]:
    """The addresses that packets to an address may come to: itself, and one of IPv4 that is written in it."""
    found = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found += address.teredo
        if address in _TRANSLATED:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
