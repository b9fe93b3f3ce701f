"""A caller that writes raw bytes, for what no decent HTTP client would send or show."""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
from dataclasses import dataclass
from email.message import Message
from typing import Any, Self

from .gateway import CALLER_KEY

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Reply:
    """One answer, its body as it came."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error


class Wire:
    """One connection to a gateway."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None = None, source: str | None = None) -> None:
        self._socket = socket.create_connection(address, PATIENCE_S, source_address=(source, 0) if source else None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._source = _SharedSource(socket.SocketIO(self._socket, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def response(self, method: str = "POST") -> http.client.HTTPResponse:
        """The head of the next answer; its body is for the test to read."""
        response = http.client.HTTPResponse(self._source, method=method)  # type: ignore[arg-type]
        response.begin()
        return response

    def reply(self, method: str = "POST") -> Reply:
        """The next answer, whole."""
        response = self.response(method)
        return Reply(response.status, response.headers, response.read())

    def ask(self, data: bytes) -> Reply:
        self.send(data)
        return self.reply(data.split(b" ", 1)[0].decode())

    def line(self) -> bytes:
        """The next line, as it came."""
        return self._source.readline()

    def is_closed(self) -> bool:
        """Whether the other side closes the connection before patience ends, saying no more."""
        try:
            return self._source.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def end(self) -> None:
        """Says that nothing more will be sent, and goes on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Hangs up without a goodbye."""
        reset(self._socket)


class _SharedSource(io.BufferedReader):
    """What answers are read from: one buffer for all answers on a connection, though each answer closes "its" file."""

    def makefile(self, _mode: str) -> _SharedSource:
        return self

    def close(self) -> None:
        pass


def reset(connection: socket.socket) -> None:
    """Closes with RST: nothing queued is delivered."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def request(
    path: str,
    body: bytes = b"",
    *headers: str,
    method: str = "POST",
    key: str | None = CALLER_KEY,
    length: int | None = None,
) -> bytes:
    """A request as bytes. `length` may lie about the body; `key=None` sends no credential."""
    lines = [f"{method} {path} HTTP/1.1", "host: gateway.test"]
    lines += [f"authorization: Bearer {key}"] if key else []
    lines += [f"content-length: {len(body) if length is None else length}"] if method != "GET" else []
    lines += ["content-type: application/json"] if body else []
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body
