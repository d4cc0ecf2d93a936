"""Lists of NameServers, as brokers and clients are given them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.remoting.address import Address, AddressError, parse_address, parse_addresses


def test_a_list_holds_addresses_ipv6_in_brackets_and_host_names() -> None:
    assert parse_addresses("10.0.0.1:9876;[::1]:9877;ns.example.org:9876;") == (
        Address("10.0.0.1", 9876),
        Address("::1", 9877),
        Address("ns.example.org", 9876),
    )


@pytest.mark.parametrize(
    "text",
    ["", ";", "host", "host:", ":9876", "::1:9876", "host:0", "host:65536", "host:-1", "host:٣", "[]:1", "[::1]"],
)
def test_a_text_that_is_no_address_is_refused_with_what_was_expected_and_got(text: str) -> None:
    with pytest.raises(AddressError, match=r"NameServer list: expected .*HOST:PORT.*, got '"):
        parse_addresses(text)


def test_an_address_may_not_be_there_twice() -> None:
    with pytest.raises(AddressError, match="expected each address once, got a:1 twice"):
        parse_addresses("a:1;b:1;a:1")


@settings(deadline=None)
@given(st.sampled_from(["10.0.0.1", "::1", "fe80::1%eth0", "ns.example.org"]), st.integers(1, 65535))
def test_an_address_is_read_back_from_its_text(host: str, port: int) -> None:
    assert parse_address(str(Address(host, port))) == Address(host, port)
