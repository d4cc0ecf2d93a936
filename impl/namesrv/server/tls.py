"""TLS beside plain text on one port: the first byte tells, as in Apache's permissive mode.

Source: `NettyRemotingServer.HandshakeHandler`, `TlsHelper.buildSslContext`, 5.5.0.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from namesrv.server.log import log

if TYPE_CHECKING:
    from cryptography import x509

HANDSHAKE: Final = b"\x16"
"""The content type of a TLS handshake: `HandshakeHandler.HANDSHAKE_MAGIC_CODE`."""

ACCEPT_PAUSE_S: Final = 0.1
"""How long accepting waits when the system is out of file descriptors."""


def context_from_files(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context. Raises `OSError` or `ssl.SSLError` if the files are not a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def self_signed_context(host: str = "127.0.0.1") -> ssl.SSLContext:
    """A context with a certificate made just now. Raises `ImportError` without the extra `tls`."""
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder, "both.pem")
        pem.touch(mode=0o600)
        pem.write_bytes(self_signed_pem(host))
        return context_from_files(pem, pem)


def self_signed_pem(host: str) -> bytes:
    """A key and its certificate for a name or an address, valid for a year. Raises `ImportError` without the extra `tls`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class SniffingListener:
    """Accepts connections and looks at their first byte before it decides on their transport."""

    def __init__(
        self,
        sock: socket.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext,
        *,
        first_byte_timeout_s: float,
    ) -> None:
        self._socket = sock
        self._factory = factory
        self._context = context
        self._timeout_s = first_byte_timeout_s
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to accept."""
        self._spawn(self._accept())

    async def stop(self) -> None:
        """Stops accepting, and forgets who has not said anything yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, _ = await loop.sock_accept(self._socket)
            except OSError as error:
                log.warning("accept failed", error=str(error))
                await asyncio.sleep(ACCEPT_PAUSE_S)
                continue
            self._spawn(self._serve(peer))

    async def _serve(self, peer: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        peer.setblocking(False)
        try:
            async with asyncio.timeout(self._timeout_s):
                first = await _peek(loop, peer)
            context = self._context if first == HANDSHAKE else None
            await loop.connect_accepted_socket(self._factory, peer, ssl=context)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            log.warning("connection closed", why="no first byte, or no TLS handshake", error=str(error))
            peer.close()
        except asyncio.CancelledError:
            peer.close()
            raise


async def _peek(loop: asyncio.AbstractEventLoop, peer: socket.socket) -> bytes:
    """The first byte, left where it is; nothing at the end of the stream."""
    readable = loop.create_future()

    def ready() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(peer, ready)
    try:
        await readable
    finally:
        loop.remove_reader(peer)
    with contextlib.suppress(BlockingIOError):
        return peer.recv(1, socket.MSG_PEEK)
    return b""
