"""Addresses of NameServers, as brokers and clients are given them: `10.0.0.1:9876;[::1]:9876;ns.example.org:9876`.

Source: `BrokerOuterAPI.updateNameServerAddressList`, `ClientConfig.namesrvAddr`, 5.5.0. Java takes an IPv6 host without
brackets too, up to the last colon; here brackets are asked for, since a missing port would go unnoticed.
"""

from typing import Final

import attrs

MAX_PORT: Final = 65535
FORM: Final = "HOST:PORT, an IPv6 host in brackets, a port of 1 to 65535"


class AddressError(ValueError):
    """A text that is not a NameServer's address, or no list of them."""

    def __init__(self, what: str, expected: str, got: str) -> None:
        super().__init__(f"{what}: expected {expected}, got {got}")
        self.what = what
        self.expected = expected
        self.got = got


@attrs.frozen(order=True)
class Address:
    """One NameServer. `host`: a name, or an IP address without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, what: str = "NameServer address") -> Address:
    """One address. Raises `AddressError`."""
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise AddressError(what, FORM, repr(text))
    is_number = port.isascii() and port.isdecimal() and len(port) <= len(str(MAX_PORT))
    if not colon or not host or not is_number or not 0 < int(port) <= MAX_PORT:
        raise AddressError(what, FORM, repr(text))
    return Address(host, int(port))


def parse_addresses(text: str, what: str = "NameServer list") -> tuple[Address, ...]:
    """The addresses of a list, in its order; empty parts do not count. Raises `AddressError`, also where one is there twice."""
    addresses = tuple(parse_address(part, what) for part in text.split(";") if part.strip())
    if not addresses:
        raise AddressError(what, f"at least one {FORM}", repr(text))
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            raise AddressError(what, "each address once", f"{address} twice")
    return addresses
