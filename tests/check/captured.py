"""Captures for tests: packets built by dpkt, files written by libpcap."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import attrs
import cypcap
import dpkt

CLIENT, SERVER = ("10.0.0.1", 40_000), ("10.0.0.2", 9876)
CLIENT6, SERVER6 = ("2001:db8::1", 40_000), ("2001:db8::2", 9876)
EPOCH_S: Final = 1_700_000_000
FLAGS: Final = {"S": 0x02, "A": 0x10, "P": 0x08, "F": 0x01, "R": 0x04}
LINKS: Final = {  # libpcap's DLT values; in a file raw IP is 101
    "ethernet": 1,
    "vlan": 1,
    "loopback": 0,
    "cooked": 113,
    "cooked2": 276,
    "raw": 12,
}

Peer = tuple[str, int]


@attrs.frozen
class Packet:
    """One TCP packet. `ms`: when. `cut`: so many bytes of its end are not in the capture."""

    ms: int
    source: Peer
    target: Peer
    flags: str
    seq: int
    data: bytes = b""
    ack: int = 0
    cut: int = 0


def ip_packet(packet: Packet) -> Any:
    """Its IP layer, IPv4 or IPv6."""
    flags = sum(FLAGS[letter] for letter in packet.flags)
    tcp = dpkt.tcp.TCP(
        sport=packet.source[1],
        dport=packet.target[1],
        seq=packet.seq % (1 << 32),
        ack=packet.ack % (1 << 32),
        flags=flags,
        data=packet.data,
    )
    source, target = (ipaddress.ip_address(peer[0]).packed for peer in (packet.source, packet.target))
    if len(source) == 16:
        return dpkt.ip6.IP6(src=source, dst=target, nxt=6, hlim=64, plen=len(tcp), data=tcp)
    ip = dpkt.ip.IP(src=source, dst=target, p=6, data=tcp)
    ip.len = len(ip)
    return ip


def linked(link: str, ip: Any) -> bytes:
    """With its link layer."""
    kind = 0x86DD if isinstance(ip, dpkt.ip6.IP6) else 0x0800
    match link:
        case "ethernet":
            # A short packet is padded to what Ethernet needs.
            return bytes(dpkt.ethernet.Ethernet(type=kind, data=ip)).ljust(60, b"\0")
        case "vlan":
            return b"\0" * 12 + b"\x81\x00\x00\x07" + kind.to_bytes(2, "big") + bytes(ip)
        case "loopback":
            return (2 if kind == 0x0800 else 30).to_bytes(4, "little") + bytes(ip)
        case "cooked":
            return bytes(dpkt.sll.SLL(ethtype=kind, data=ip))
        case "cooked2":
            return bytes(dpkt.sll2.SLL2(ethtype=kind, data=ip))
        case _:
            return bytes(ip)


def write_capture(path: Path, packets: Iterable[Packet], link: str = "ethernet") -> Path:
    """The file."""
    with cypcap.open_dead(LINKS[link], 1 << 16) as pcap, pcap.dump_open(path) as dumper:
        for packet in packets:
            data = linked(link, ip_packet(packet))
            header = cypcap.Pkthdr(EPOCH_S + packet.ms / 1000, len(data) - packet.cut, len(data))
            dumper.dump(header, data[: len(data) - packet.cut])
    return path


def write_pcapng(path: Path, packets: Iterable[Packet]) -> Path:
    """The same in the newer format, as dpkt writes it; Ethernet."""
    with path.open("wb") as file:
        writer = dpkt.pcapng.Writer(file, snaplen=1 << 16)
        for packet in packets:
            writer.writepkt(linked("ethernet", ip_packet(packet)), ts=EPOCH_S + packet.ms / 1000)
    return path
