"""Receivers of messages: chats and webhooks over HTTP, and a mail server, as the products' documents show them."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, str]


@dataclass(frozen=True)
class Message:
    """One message as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Chat:
    """An address that takes messages."""

    url: str
    taken: list[Message] = field(default_factory=list)
    refused: list[Message] = field(default_factory=list)
    #: What is answered to a path instead of 200: a list is used up, and the last of it stays if it is alone.
    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def at(self, path: str) -> list[Message]:
        """Messages that were taken at a path, without its query."""
        return [message for message in self.taken if message.path.partition("?")[0] == path]


@contextmanager
def chat_server() -> Iterator[Chat]:
    """Takes whatever is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            left = chat.answers.get(self.path.partition("?")[0], [])
            status, text = left.pop(0) if left else (200, "ok")
            (chat.taken if status < 300 and "errcode" not in text else chat.refused).append(message)
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat = Chat(f"http://127.0.0.1:{server.server_port}")
    with _served(server):
        yield chat


@dataclass
class Post:
    """A mail server."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    #: Addresses that it has no box for.
    unknown: set[str] = field(default_factory=set)
    #: Every verb that it heard, and whether by TLS.
    heard: list[tuple[str, bool]] = field(default_factory=list)
    #: Users and passwords.
    logins: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[Post]:
    """Speaks as much SMTP as it takes to hand a letter in, with any login: by TLS from the first byte, or from STARTTLS on."""

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if tls:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def say(self, *lines: str) -> None:
            for line in lines[:-1]:
                self.wfile.write(f"250-{line}\r\n".encode())
            self.wfile.write(f"{lines[-1]}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline():
                said = line.strip().decode()
                verb, is_secure = said.upper(), isinstance(self.request, ssl.SSLSocket)
                post.heard.append((verb.partition(" ")[0], is_secure))
                if verb.startswith("EHLO"):
                    offered = ["STARTTLS"] if starttls and not is_secure else []
                    self.say("here", *offered, "250 AUTH PLAIN")
                elif verb == "STARTTLS" and starttls:
                    self.say("220 go on")
                    self.request = starttls.wrap_socket(self.request, server_side=True)
                    super().setup()
                elif verb.startswith("AUTH PLAIN"):
                    _, user, password = base64.b64decode(said.split()[2]).decode().split("\0")
                    post.logins.append((user, password))
                    self.say("235 welcome")
                elif verb.startswith("RCPT") and any(f"<{name.upper()}>" in verb for name in post.unknown):
                    self.say("550 5.1.1 no such user here")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    letter = message_from_bytes(b"".join(lines), policy=policy.default)
                    assert isinstance(letter, EmailMessage)
                    post.letters.append(letter)
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A caller who does not trust us hangs up in the middle of the handshake."""

    server = Server(("127.0.0.1", 0), Handler)
    post = Post(server.server_address[1])
    with _served(server):
        yield post


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    serve: Callable[[], None] = server.serve_forever
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
