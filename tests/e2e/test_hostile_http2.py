"""Proves that HTTP/2 is no way around what HTTP/1.1 refuses: floods end their connection, bad heads their stream."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import trustme
from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError

from conftest import trusting
from harness.gateway import CALLER_KEY, Gateway
from harness.hostile import INTERNALS, MARKER, MIB, REFUSAL_S_MAX
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream

Tell = Callable[[str], None]
Headers = list[tuple[bytes, bytes]]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 1, 4, 1
BODY = chat(MARKER)
#: What the last ping says.
LAST = b"the last"


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0, length: int | None = None) -> bytes:
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def usual(*more: tuple[bytes, bytes], without: bytes = b"", method: bytes = b"POST") -> Headers:
    """A right head but for what is named."""
    headers = [
        (b":method", method),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", CHAT_PATH.encode()),
    ]
    headers += [(b"authorization", b"Bearer " + CALLER_KEY.encode())]
    return [*[pair for pair in headers if pair[0] != without], *more]


def head(headers: Headers, stream: int = 1, flags: int = END_HEADERS) -> bytes:
    return frame(HEADERS, Encoder().encode(headers, huffman=False), flags, stream)


def asked(headers: Headers, body: bytes = BODY) -> bytes:
    """A request: a head and its body."""
    return head(headers) + frame(DATA, body, END_STREAM, 1)


def long_head(headers: Headers) -> bytes:
    """A whole request whose head needs several frames."""
    block = Encoder().encode(headers, huffman=False)
    pieces = [block[at : at + 16_384] for at in range(0, len(block), 16_384)]
    frames = [frame(HEADERS, pieces[0], 0, 1), *(frame(CONTINUATION, piece, 0, 1) for piece in pieces[1:])]
    return b"".join([*frames, frame(CONTINUATION, b"", END_HEADERS, 1), frame(DATA, BODY, END_STREAM, 1)])


def literal(name: bytes, value: bytes) -> bytes:
    """A header as bytes, which no encoder would write."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def with_literal(name: bytes, value: bytes) -> bytes:
    block = Encoder().encode(usual(), huffman=False) + literal(name, value)
    return frame(HEADERS, block, END_HEADERS, 1) + frame(DATA, BODY, END_STREAM, 1)


def resets(count: int) -> bytes:
    block = Encoder()
    block.header_table_size = 0
    head_block = block.encode(usual(), huffman=False)
    one = [frame(HEADERS, head_block, END_HEADERS, n) + frame(RST, bytes(4), 0, n) for n in range(1, 2 * count, 2)]
    return b"".join(one)


#: What is sent behind the preface and our settings. Each must end in a 4xx, a reset stream or a closed connection.
REFUSED: dict[str, bytes] = {
    "headers of 20 KB": long_head(usual((b"x", b"y" * 10_000), (b"z", b"y" * 10_000))),
    "10,000 headers": long_head(usual(*[(b"x-%d" % number, b"y") for number in range(10_000)])),
    "one header, repeated by its number": long_head(usual(*[(b"x", b"y" * 1_000)] * 1_000)),
    "a head that never ends": head(usual(), flags=0)
    + frame(CONTINUATION, literal(b"x", b"y" * 100) * 100, 0, 1) * 1_000,
    "a head of empty frames": head(usual(), flags=0) + frame(CONTINUATION, b"", 0, 1) * 100_000,
    "a head cut by another frame": head(usual(), flags=0) + frame(PING, bytes(8)),
    "10,000 resets": resets(10_000),
    "no method": asked(usual(without=b":method")),
    "no path": asked(usual(without=b":path")),
    "no scheme": asked(usual(without=b":scheme")),
    "an empty path": asked(usual((b":path", b""), without=b":path")),
    "two paths": asked([(b":path", b"/health"), *usual()]),
    "two methods": asked([(b":method", b"GET"), *usual()]),
    "a pseudo-header behind": asked(usual((b":path", b"/admin/v1/keys"), without=b":path")),
    "a pseudo-header unknown": asked([(b":admin", b"1"), *usual()]),
    "a status": asked([(b":status", b"200"), *usual()]),
    "a path without a slash": asked([(b":path", b"admin"), *usual(without=b":path")]),
    "connection": asked(usual((b"connection", b"close"))),
    "transfer-encoding": asked(usual((b"transfer-encoding", b"chunked"))),
    "upgrade": asked(usual((b"upgrade", b"h2c"))),
    "te other than trailers": asked(usual((b"te", b"gzip"))),
    "capitals in a name": with_literal(b"X-Y", b"z"),
    "a space in a name": with_literal(b"x y", b"z"),
    "a colon in a name": with_literal(b"x:y", b"z"),
    "an empty name": with_literal(b"", b"z"),
    "a line end in a value": with_literal(b"x", b"y\r\nz: w"),
    "a NUL in a value": with_literal(b"x", b"y\x00z"),
    "a length too long": asked(usual((b"content-length", b"500"))),
    "a length too short": asked(usual((b"content-length", b"5"))),
    "two lengths": asked(usual((b"content-length", b"5"), (b"content-length", b"6"))),
    "a length that is no number": asked(usual((b"content-length", b"+5"))),
    "a length of 100 MB": head(usual((b"content-length", b"104857600"))),
    "two keys": asked(usual((b"authorization", b"Bearer wrong-key-wrong-key"))),
    "no key": asked(usual(without=b"authorization")),
    "an admin path": asked([(b":path", b"/admin/v1/keys"), *usual(without=b":path")]),
    "GET": head(usual(method=b"GET"), flags=END_HEADERS | END_STREAM),
    "CONNECT": head([(b":method", b"CONNECT"), (b":authority", b"evil.test:443")]),
    "compressed headers that are none": frame(HEADERS, b"\xff" * 50, END_HEADERS, 1),
    "an index out of the table": frame(HEADERS, b"\xff\xff\x7f", END_HEADERS, 1),
    "a table size too large": frame(HEADERS, b"\x3f\xe1\xff\xff\x7f", END_HEADERS, 1),
    "a head on stream 0": head(usual(), stream=0),
    "an even stream": head(usual(), stream=2),
    "an earlier stream": head(usual(), stream=5, flags=5) + head(usual(), stream=3, flags=5),
    "data without a head": frame(DATA, BODY, END_STREAM, 1),
    "data on stream 0": frame(DATA, BODY, 0, 0),
    "padding longer than its frame": head(usual()) + frame(DATA, b"\xffxx", 8 | END_STREAM, 1),
    "a frame too large": frame(DATA, b"x" * 20_000, 0, 1, length=20_000),
    "a frame of 16 MB": frame(DATA, b"x" * 100, 0, 1, length=0xFFFFFF),
    "a window of nothing": head(usual()) + frame(WINDOW, bytes(4), 0, 1),
    "a window too large": frame(WINDOW, b"\x7f\xff\xff\xff") * 2,
    "settings of five bytes": frame(SETTINGS, bytes(5)),
    "settings on a stream": frame(SETTINGS, b"", 0, 1),
    "a window setting too large": frame(SETTINGS, struct.pack(">HI", 4, 0xFFFFFFFF)),
    "a frame size of nothing": frame(SETTINGS, struct.pack(">HI", 5, 0)),
    "a ping of seven bytes": frame(PING, bytes(7)),
    "a push": frame(PUSH, bytes(4) + Encoder().encode(usual()), END_HEADERS, 1),
    "HTTP/1.1": b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n",
    "random bytes": bytes(range(256)) * 100,
}

#: Busy, and nobody's harm: these are answered, or their connection is closed.
BUSY: dict[str, bytes] = {
    "10,000 pings": frame(PING, bytes(8)) * 10_000,
    "10,000 settings": frame(SETTINGS) * 10_000,
    "10,000 priorities": frame(PRIORITY, struct.pack(">IB", 3, 1), 0, 1) * 10_000,
    "10,000 empty pieces of a body": head(usual()) + frame(DATA, b"", 0, 1) * 10_000,
    "10,000 frames of an unknown kind": frame(0xFE, b"x") * 10_000,
    "10,000 windows": frame(WINDOW, struct.pack(">I", 1)) * 10_000,
}


@dataclass
class Outcome:
    """How a connection went."""

    status: int | None = None
    was_reset: bool = False
    was_closed: bool = False
    body: bytearray = field(default_factory=bytearray)


def strike(gateway: Gateway, authority: trustme.CA, sent: bytes, *, is_over_with_ping: bool = False) -> Outcome:
    """Sends, and reads until a stream is answered or reset, or the connection ends, or a ping behind it is answered."""
    tls = trusting(authority)
    tls.set_alpn_protocols(["h2"])
    outcome = Outcome()
    plain = socket.create_connection(gateway.address, REFUSAL_S_MAX)
    with tls.wrap_socket(plain, server_hostname="localhost") as connection:
        try:
            connection.sendall(PREFACE + frame(SETTINGS) + sent)
        except (ssl.SSLError, ConnectionError):
            outcome.was_closed = True
        if is_over_with_ping:
            with contextlib.suppress(OSError):
                connection.sendall(frame(PING, LAST))
        read_frames(connection, outcome, is_over_with_ping=is_over_with_ping)
    return outcome


def read_frames(connection: ssl.SSLSocket, outcome: Outcome, *, is_over_with_ping: bool) -> None:
    decoder, unread = Decoder(), b""
    while True:
        try:
            more = connection.recv(65536)
        except (ConnectionError, ssl.SSLError):
            more = b""
        if not more:
            outcome.was_closed = True
            return
        unread += more
        while len(unread) >= 9 and len(unread) >= (end := 9 + int.from_bytes(unread[:3])):
            kind, flags, payload, unread = unread[3], unread[4], unread[9:end], unread[end:]
            if kind == HEADERS:
                with contextlib.suppress(HPACKError):
                    outcome.status = int(dict(decoder.decode(payload))[":status"])
            elif kind == DATA:
                outcome.body += payload
            elif kind == RST:
                outcome.was_reset = True
            elif kind == GOAWAY:
                outcome.was_closed = True
            if outcome.was_closed or outcome.was_reset or (kind in (HEADERS, DATA) and flags & END_STREAM):
                return
            if kind == PING and flags & ACK and payload == LAST and is_over_with_ping:
                return


def complaint(gateway: Gateway, authority: trustme.CA, sent: bytes) -> str | None:
    """What is wrong with how it is refused."""
    began = time.monotonic()
    try:
        outcome = strike(gateway, authority, sent)
    except TimeoutError:
        return "no answer"
    if INTERNALS.search(outcome.body):
        return f"shows its inside: {outcome}"
    if time.monotonic() - began > REFUSAL_S_MAX:
        return "late"
    is_refused = outcome.was_reset or outcome.was_closed or (outcome.status and 400 <= outcome.status < 500)
    return None if is_refused else f"not refused: {outcome}"


def test_what_is_hostile_is_refused(secured: Gateway, upstream: Upstream, authority: trustme.CA, figure: Tell) -> None:
    before = secured.process.resident_bytes_peak
    found = {name: complaint(secured, authority, sent) for name, sent in REFUSED.items()}
    wrong = {name: what for name, what in found.items() if what}
    assert not wrong, wrong
    assert not upstream.calls
    assert_unharmed(secured, authority)
    grown = (secured.process.resident_bytes_peak - before) / MIB
    figure(f"R30: {len(REFUSED)} hostile connections of HTTP/2, 0 accepted, grown by {grown:.1f} MiB")
    assert grown < 32


def test_what_is_only_busy_harms_nobody(secured: Gateway, upstream: Upstream, authority: trustme.CA) -> None:
    before = secured.process.resident_bytes_peak
    for sent in BUSY.values():
        outcome = strike(secured, authority, sent, is_over_with_ping=True)
        assert outcome.status is None, outcome
    assert_unharmed(secured, authority)
    assert secured.process.resident_bytes_peak - before < 16 * MIB
    assert not upstream.calls


def assert_unharmed(gateway: Gateway, authority: trustme.CA) -> None:
    ask = head([(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"x"), (b":path", b"/health")], flags=5)
    assert strike(gateway, authority, ask).status == 200
    assert "panicked" not in gateway.process.output
    assert MARKER not in gateway.process.output
    assert gateway.process.is_running
