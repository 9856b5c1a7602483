"""Real servers for links, on the loopback: they answer byte by byte what a test says, over TCP or TLS."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

Send = Callable[[bytes], None]
#: Sends an answer, head and body; `stop` is set when the server closes, so that endless answers end.
Route = Callable[[Send, threading.Event], None]


class Site:
    """What the server gives by path (without the query), and what it was asked for."""

    def __init__(self, routes: dict[str, Route], scheme: str) -> None:
        self.routes = routes
        self.scheme = scheme
        self.port = 0
        #: The head of every request, as text.
        self.requests: list[str] = []
        self.stop = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.requests]


@contextmanager
def serving(routes: dict[str, Route], certificate: Path | None = None) -> Iterator[Site]:
    """A server as long as the context lasts; with a certificate (one file with its key) it speaks TLS."""
    site = Site(routes, "https" if certificate else "http")
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            # Clients break off, refuse a certificate or never ask: none of that is the server's trouble.
            with suppress(OSError):
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                with connection:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        piece = connection.recv(65536)
                        if not piece or piece.startswith(b"\x16"):  # a client that wants TLS where there is none
                            connection.sendall(b"HTTP/1.1 400 -\r\n\r\n")
                            return
                        head += piece
                    site.requests.append(head.decode("latin-1"))
                    path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
                    site.routes.get(path, answer(status=404))(connection.sendall, site.stop)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = False
        block_on_close = True

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.stop.set()
            server.shutdown()
            thread.join()


def head(status: int = 200, **headers: str) -> bytes:
    """A status line and headers; `content_type="text/html"` is Content-Type: text/html."""
    lines = [f"HTTP/1.1 {status} -", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Route:
    """A whole answer with its length."""

    def send(to: Send, _stop: threading.Event) -> None:
        to(head(status, **{"content_length": str(len(body)), **headers}) + body)

    return send


def redirect(location: str, status: int = 302) -> Route:
    """An answer that leads on."""
    return answer(status=status, location=location)


def raw(*pieces: bytes) -> Route:
    """Exactly these bytes, then the end of the connection."""

    def send(to: Send, _stop: threading.Event) -> None:
        for piece in pieces:
            to(piece)

    return send


def dribble(start: bytes, piece: bytes, pause: float = 0.01) -> Route:
    """`start`, then `piece` again and again with a pause, for as long as the client stays."""

    def send(to: Send, stop: threading.Event) -> None:
        to(start)
        while not stop.wait(pause):
            to(piece)

    return send


def flood(start: bytes, piece: bytes) -> Route:
    """`start`, then `piece` without end."""

    def send(to: Send, stop: threading.Event) -> None:
        to(start)
        while not stop.is_set():
            to(piece)

    return send


def silence(to: Send, stop: threading.Event) -> None:
    """A server that takes the question and says nothing."""
    stop.wait()


def certificate(folder: Path, *names: str) -> Path:
    """A certificate for those host names and addresses, signed by itself, in one file with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    known: list[x509.GeneralName] = []
    for name in names:
        try:
            known.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            known.append(x509.DNSName(name))
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0].replace('*', 'any')}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
