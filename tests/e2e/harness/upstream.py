"""A provider that answers with exactly the bytes a test wants, and keeps exactly the bytes it received.

It knows HTTP/1.1 framing and nothing about models: the simulator is for what providers say, this for how bytes travel.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .process import until
from .wire import reset

MODELS_PATH = "/v1/models"
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return [(name.lower(), value.strip()) for name, _, value in pairs]

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for header, value in self.headers if header == name]

    def one(self, name: str) -> str:
        """The value of a header that stands there exactly once."""
        (value,) = self.all(name)
        return value

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One request in progress: a script reads it and writes the answer."""

    def __init__(self, received: Received, connection: socket.socket) -> None:
        self.received = received
        self._connection = connection
        self.is_over = False

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def send_within(self, data: bytes, seconds: float) -> bool:
        """Whether all of it could be written in time. If not, the exchange is over: who knows how much was."""
        self._connection.settimeout(seconds)
        try:
            self._connection.sendall(data)
        except TimeoutError:
            self.is_over = True
        return not self.is_over

    def close(self) -> None:
        self.is_over = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def reset(self) -> None:
        self.is_over = True
        reset(self._connection)

    def saw_hang_up(self) -> bool:
        """Whether the caller goes away before patience ends."""
        return self.saw_hang_up_within(PATIENCE_S)

    def saw_hang_up_within(self, seconds: float) -> bool:
        """The same with another patience: a pause that a caller's going ends."""
        self._connection.settimeout(seconds)
        try:
            return self._connection.recv(1) == b""
        except ConnectionError:
            return True
        except OSError:
            return False


Script = Callable[[Exchange], None]


def whole(body: bytes, *headers: str, status: str = "200 OK", content_type: str = "application/json") -> Script:
    """Answers with one body of known length."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", f"content-length: {len(body)}", *headers, "", ""]
    data = "\r\n".join(lines).encode() + body
    return lambda exchange: exchange.send(data)


def streamed(pieces: Sequence[bytes], *headers: str) -> Script:
    """Answers with server-sent events, each piece a chunk and a write of its own."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head(*headers))
        for piece in pieces:
            exchange.send(chunk(piece))
        exchange.send(LAST_CHUNK)

    return script


class Held:
    """A script that leaves every answer to the test, which writes when it likes and then releases the connections."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._released = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self._released.wait()

    def wait_for(self, count: int) -> list[Exchange]:
        """The exchanges, once there are so many."""
        until(lambda: len(self.exchanges) >= count, f"the upstream received {count} calls")
        return self.exchanges

    def release(self) -> None:
        self._released.set()


def stream_head(*headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked", *headers, "", ""]
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Upstream:
    """A listening provider. `script` answers every call; questions about the model list are answered apart."""

    script: Script
    calls: list[Received] = field(default_factory=list)
    #: Answers what is asked about the model list, as a gateway does at its start.
    answer_models: Script = whole(b'{"object":"list","data":[]}')
    tls: ssl.SSLContext | None = None
    #: Where each connection came from.
    peers: list[str] = field(default_factory=list)
    #: Where it listens.
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=512))

    def __post_init__(self) -> None:
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def host(self) -> str:
        host: str = self.listener.getsockname()[0]
        return host

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        return self.base_url_at(self.host)

    def base_url_at(self, host: str) -> str:
        """The same under another name of this machine."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/v1"

    @property
    def sockets(self) -> list[socket.socket]:
        """The one that listens, and the connections that are open."""
        return [self.listener, *self._connections]

    @property
    def call(self) -> Received:
        """The one call that was made."""
        (call,) = self.calls
        return call

    def close(self) -> None:
        # A thread blocked in accept keeps the port open: shutdown wakes it, close alone would not.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.listener.accept()
                self.peers.append(peer[0])
                self._connections.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            self._connections.discard(connection)
            try:
                connection = self.tls.wrap_socket(connection, server_side=True)
            except OSError:
                return
            self._connections.add(connection)
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as source:
            while received := read_request(source):
                exchange = Exchange(received, connection)
                if received.path == MODELS_PATH and not received.body:
                    self.answer_models(exchange)
                    continue
                self.calls.append(received)
                self.script(exchange)
                if exchange.is_over:
                    break
        self._connections.discard(connection)


def read_request(source: Any) -> Received | None:
    """Reads one request; `None` when the connection ends before a whole one."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        line = source.readline()
        if not line:
            return None
        head += line
    empty = Received(bytes(head[:-2]), b"")
    if "chunked" in empty.all("transfer-encoding"):
        body = read_chunks(source)
    else:
        body = source.read(int((empty.all("content-length") or ["0"])[0]))
    return Received(empty.head, body)


def read_chunks(source: Any) -> bytes:
    body = bytearray()
    while size := int(source.readline(), 16):
        body += source.read(size)
        source.readline()
    source.readline()
    return bytes(body)


class RefusingPort:
    """An address that refuses every connection, and that nobody else can take meanwhile: bound, never listening."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def close(self) -> None:
        self._socket.close()
