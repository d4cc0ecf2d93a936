"""TCP segments out of tcpdump's and tshark's files: pcap and pcapng, read by libpcap (`cypcap`), their headers by `dpkt`.

Both are in the extra `capture`. Link layers: Ethernet (also with VLAN tags), loopback, Linux "cooked" 1 and 2 (tcpdump -i any),
raw IP.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import attrs

from namesrv.check.recording import RecordingError
from namesrv.remoting.address import Address

ETHERNET, NULL, LOOP, RAW, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 1, 0, 108, 101, 113, 228, 229, 276
RAW_OF_BSD: Final = (12, 14)
LINK_TYPES: Final = {ETHERNET, NULL, LOOP, RAW, LINUX_SLL, IPV4, IPV6, LINUX_SLL2, *RAW_OF_BSD}
"""As in the files: tcpdump.org/linktypes.html."""
WHAT: Final = "a capture of tcpdump or tshark, pcap or pcapng"
HOW_TO_GET: Final = "captures are read with libpcap and dpkt: pip install 'namesrv[capture]'"
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


class CaptureError(RecordingError):
    """A file that is no capture, or holds nothing that can be read."""


@attrs.frozen(kw_only=True)
class Segment:
    """One TCP segment. `at`: nanoseconds since the epoch, as exact as a microsecond. `cut`: bytes that the capture left out."""

    at: int
    source: Address
    target: Address
    seq: int
    ack: int | None
    data: bytes
    cut: int
    syn: bool
    fin: bool
    rst: bool


@attrs.define
class Passed:
    """What went by. `others`: packets of the file that are none of ours, or can't be read. `error`: why reading ended early."""

    packets: int = 0
    fragments: int = 0
    unreadable: int = 0
    cut: int = 0
    backwards: int = 0
    error: str | None = None


def is_available() -> bool:
    """Whether the extra is installed."""
    return find_spec("cypcap") is not None and find_spec("dpkt") is not None


class Capture:
    """One file. `port`: the NameServer's; other packets are passed over. Raises `CaptureError`; `OSError` if there is none."""

    def __init__(self, path: Path, port: int) -> None:
        import cypcap

        self.path = path
        self.port = port
        self.passed = Passed()
        with path.open("rb"):
            pass  # for the system's own words about a file that can't be read
        try:
            self._pcap = cypcap.open_offline(path)
        except cypcap.Error as error:
            raise CaptureError("file", path.name, WHAT, _said(error)) from error
        self._link = int(self._pcap.datalink())
        if self._link not in LINK_TYPES:
            name = getattr(self._pcap.datalink(), "name", str(self._link))
            raise CaptureError("link layer", path.name, "Ethernet, loopback, Linux cooked or raw IP", name)

    def __iter__(self) -> Iterator[Segment]:
        """The segments of the port, to the end of what can be read."""
        import cypcap

        latest = 0
        packets = iter(self._pcap)
        while True:
            try:
                header, data = next(packets)
            except StopIteration:
                return
            except cypcap.Error as error:
                self.passed.error = _said(error)
                return
            self.passed.packets += 1
            at = round(header.ts * 1_000_000) * 1_000
            if at < latest:
                self.passed.backwards += 1
            latest = max(latest, at)
            segment = self._segment(latest, data, header.len - header.caplen)
            if segment is not None:
                self.passed.cut += segment.cut > 0
                yield segment

    def _segment(self, at: int, data: bytes, cut: int) -> Segment | None:
        import dpkt

        try:
            packet = self._network_layer(data)
            while packet is not None and not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6):
                packet = packet.data if isinstance(packet, dpkt.Packet) else None
        except (dpkt.Error, ValueError, IndexError, KeyError):
            self.passed.unreadable += 1
            return None
        if packet is None:
            return None
        if _is_fragment(packet):
            self.passed.fragments += 1
            return None
        tcp = packet.data
        if not isinstance(tcp, dpkt.tcp.TCP) or self.port not in (tcp.sport, tcp.dport):
            return None
        return Segment(
            at=at,
            source=Address(str(ipaddress.ip_address(packet.src)), tcp.sport),
            target=Address(str(ipaddress.ip_address(packet.dst)), tcp.dport),
            seq=tcp.seq,
            ack=tcp.ack if tcp.flags & ACK else None,
            data=bytes(tcp.data),
            cut=cut,
            syn=bool(tcp.flags & SYN),
            fin=bool(tcp.flags & FIN),
            rst=bool(tcp.flags & RST),
        )

    def _network_layer(self, data: bytes) -> Any:
        import dpkt

        match self._link:
            case 1:
                return dpkt.ethernet.Ethernet(data)
            case 0 | 108:
                return dpkt.loopback.Loopback(data)
            case 113:
                return dpkt.sll.SLL(data)
            case 276:
                return dpkt.sll2.SLL2(data)
            case _:
                return dpkt.ip6.IP6(data) if data[:1] and data[0] >> 4 == 6 else dpkt.ip.IP(data)


def servers_in(path: Path, port: int) -> tuple[Counter[Address], Passed]:
    """Who was spoken to at the port, and in how many segments. Raises as `Capture` does."""
    capture, found = Capture(path, port), Counter[Address]()
    for segment in capture:
        found[segment.target if segment.target.port == port else segment.source] += 1
    return found, capture.passed


def _is_fragment(packet: Any) -> bool:
    if hasattr(packet, "all_extension_headers"):
        return any(
            hasattr(header, "frag_off") and (header.frag_off or header.m_flag)
            for header in packet.all_extension_headers
        )
    return bool(packet.mf or packet.offset)


def _said(error: Exception) -> str:
    """libpcap's own words."""
    return str(error.args[-1] if error.args else error)
