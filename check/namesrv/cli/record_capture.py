"""`namesrv record --pcap-in`: a capture in the place of the proxy."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from namesrv.check.captures import Passed
    from namesrv.check.recording_streams import Counts
    from namesrv.remoting.address import Address

PROGRESS_PACKETS: Final = 100_000


class CaptureUnusable(Exception):
    """It can't be made into a recording; the message says why, and what to do."""


def has_port(server: str) -> bool:
    """Whether it is more than a host."""
    return ":" in server and not server.endswith("]")


def chosen(path: Path, port: int, servers: "Sequence[str]") -> "tuple[Address, ...]":
    """The NameServer's addresses: those asked for, or the one that the capture has. Raises `CaptureUnusable`, `OSError`."""
    from namesrv.check.captures import HOW_TO_GET, CaptureError, is_available, servers_in
    from namesrv.remoting.address import AddressError, parse_address

    if not is_available():
        raise CaptureUnusable(HOW_TO_GET)
    try:
        asked = tuple(
            parse_address(server if has_port(server) else f"{server}:{port}", "--server") for server in servers
        )
        found, passed = servers_in(path, port)
    except (CaptureError, AddressError) as error:
        raise CaptureUnusable(str(error)) from error
    if not found:
        said = f" (reading it ended with: {passed.error})" if passed.error else ""
        raise CaptureUnusable(
            f"{path.name}: expected TCP packets of port {port}, got none among {passed.packets:,}{said}; --port says which it is"
        )
    for address in asked:
        if address not in found:
            there = ", ".join(map(str, found))
            raise CaptureUnusable(f"--server: expected one that the capture has ({there}), got {address}")
    if len(found) > 1 and not asked:
        there = ", ".join(f"{address} ({count:,} packets)" for address, count in found.most_common())
        raise CaptureUnusable(
            f"{path.name} has several servers: {there}; a recording is of one NameServer: name its address, or all that it has, "
            "with --server"
        )
    return asked or tuple(found)


def record_capture(
    path: Path, port: int, servers: "Sequence[Address]", output: Path, progress: "Callable[[Counts], None]"
) -> "tuple[Counts, Passed, int]":
    """Makes the recording. What it has, what was passed over, and its size in bytes. Raises `OSError`."""
    from namesrv.check.capture_recording import CaptureRecording, iso
    from namesrv.check.captures import Capture
    from namesrv.check.recording import Head
    from namesrv.check.recording_file import RecordingWriter

    capture = Capture(path, port)
    segments = (segment for segment in capture if {segment.source, segment.target} & set(servers))
    first = next(segments)
    server = str(servers[0])
    made_by = f"namesrv {version('namesrv')}"
    head = Head(started=iso(first.at), listen=server, upstream=server, made_by=made_by, source="capture")
    with RecordingWriter(output, head) as writer:
        recording = CaptureRecording(servers, writer.write)
        recording.add(first)
        for number, segment in enumerate(segments, start=2):
            recording.add(segment)
            if number % PROGRESS_PACKETS == 0:
                progress(recording.traffic.counts)
        recording.close()
        return recording.traffic.counts, capture.passed, writer.size


def remarks(passed: "Passed") -> list[str]:
    """What people should know of the capture."""
    lines = []
    if passed.error:
        lines.append(f"the capture could be read up to its packet {passed.packets:,} only: {passed.error}")
    if passed.cut:
        lines.append(f"{passed.cut:,} packets were cut off when they were captured: use tcpdump -s 0")
    if passed.fragments:
        lines.append(f"{passed.fragments:,} IP fragments were left out")
    if passed.unreadable:
        lines.append(f"{passed.unreadable:,} packets could not be read")
    if passed.backwards:
        lines.append(
            f"{passed.backwards:,} packets are older than one before them: they are taken to be as old as that"
        )
    return lines
