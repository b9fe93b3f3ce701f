"""Requests whose end two servers would see in two places, and bodies framed as no server frames them."""

from __future__ import annotations

from collections.abc import Iterator

from .gateway import CALLER_KEY
from .hostile import MARKER, Case, Said
from .speech import CHAT_PATH, chat
from .upstream import LAST_CHUNK, chunk
from .wire import request

HOST = b"host: gateway.test"
KEY = b"authorization: Bearer " + CALLER_KEY.encode()
CHUNKED = b"transfer-encoding: chunked"
BODY = chat(MARKER)
LENGTH = b"content-length: %d" % len(BODY)
#: What a server that saw the end too early would take for the next request.
SMUGGLED = request(CHAT_PATH, chat(f"smuggled {MARKER}"))
MIB = 1024 * 1024


def head(*lines: bytes, line: bytes = b"POST /v1/chat/completions HTTP/1.1") -> bytes:
    return b"\r\n".join([line, HOST, KEY, *lines, b"", b""])


def doubtful(name: str, *lines: bytes, body: bytes = b"", line: bytes | None = None) -> Case:
    """Refused, by hyper or by us, and the connection closed."""
    start = head(*lines, line=line) if line else head(*lines)
    return Case(name, start + (body or chunk(BODY) + LAST_CHUNK) + SMUGGLED, (400, 411, 501), Said.EITHER)


def two_framings() -> Iterator[Case]:
    """Both framings in every dress. What stands in test_heads.py is not repeated here."""
    dresses = {
        "a tab behind the colon": (b"transfer-encoding:\tchunked", LENGTH),
        "no space": (b"transfer-encoding:chunked", LENGTH),
        "a space before the colon": (b"transfer-encoding : chunked", LENGTH),
        "a tab before the colon": (b"transfer-encoding\t: chunked", LENGTH),
        "folded": (b"transfer-encoding:\r\n chunked", LENGTH),
        "folded length": (CHUNKED, b"content-length:\r\n %d" % len(BODY)),
        "a space before the name": (b" transfer-encoding: chunked", LENGTH),
        "an underscore": (b"transfer_encoding: chunked", CHUNKED, LENGTH),
        "a comma behind": (b"transfer-encoding: chunked,", LENGTH),
        "a comma before": (b"transfer-encoding: ,chunked", LENGTH),
        "quoted": (b'transfer-encoding: "chunked"', LENGTH),
        "a parameter": (b"transfer-encoding: chunked;q=1", LENGTH),
        "identity": (b"transfer-encoding: identity", LENGTH),
        "an empty coding": (b"transfer-encoding:", LENGTH),
        "x-chunked": (b"transfer-encoding: xchunked", LENGTH),
        "a vertical tab": (b"transfer-encoding: \x0bchunked", LENGTH),
        "a NUL": (b"transfer-encoding: chunked\x00", LENGTH),
        "a bare line feed": (b"x: y\ntransfer-encoding: chunked", LENGTH),
        "a bare carriage return": (b"x: y\rtransfer-encoding: chunked", LENGTH, CHUNKED),
        "length zero": (b"content-length: 0", CHUNKED),
        "an empty length": (b"content-length:", CHUNKED),
        "twice chunked and a length": (CHUNKED, CHUNKED, LENGTH),
        "connection names the coding": (b"connection: transfer-encoding", CHUNKED, LENGTH),
        "connection names the length": (b"connection: content-length", CHUNKED, LENGTH),
        "chunked for HTTP/1.0": (),
    }
    for name, lines in dresses.items():
        if lines:
            yield doubtful(f"both framings: {name}", *lines)
    old = b"POST /v1/chat/completions HTTP/1.0"
    yield doubtful("HTTP/1.0 in chunks and a length", CHUNKED, LENGTH, line=old)
    yield doubtful("HTTP/1.0 in chunks", CHUNKED, line=old)


def lengths() -> Iterator[Case]:
    """Lengths that are no numbers, or not one."""
    values = {
        "plus": b"+5",
        "minus": b"-5",
        "hexadecimal": b"0x5",
        "a point": b"5.0",
        "an exponent": b"1e1",
        "a space within": b"1 5",
        "a list": b"5, 5",
        "a list of two": b"5, 6",
        "a comma behind": b"5,",
        "of twenty digits": b"18446744073709551616",
        "of a thousand digits": b"9" * 1000,
        "in other digits": "٥".encode(),
        "empty": b"",
        "quoted": b'"5"',
        "NUL": b"5\x00",
    }
    for name, value in values.items():
        yield Case(f"length: {name}", head(b"content-length: " + value) + b"{}   " + SMUGGLED, (400, 413), Said.EITHER)
    two = head(b"content-length: 5", b"content-length: 6") + b"{}   " + SMUGGLED
    yield Case("two lengths", two, 400, Said.EITHER)
    yield Case("the same length twice", head(LENGTH, LENGTH) + BODY, 200, Said.LEGAL, reaches=True)
    yield Case("no length, no chunks", head() + BODY, 400, Said.EITHER)
    yield Case("a body cut short", head(b"content-length: 500") + BODY, 400, Said.EITHER, is_cut=True)


def chunks() -> Iterator[Case]:
    """Chunks that are none."""

    def case(name: str, body: bytes, said: Said = Said.EITHER, *, is_cut: bool = False) -> Case:
        return Case(f"chunks: {name}", head(CHUNKED) + body, (400, 413, 431), said, is_cut=is_cut)

    size = b"%x" % len(BODY)
    yield case("a negative size", b"-5\r\n" + BODY)
    yield case("a plus", b"+" + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("with 0x", b"0x" + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("too large a size", b"FFFFFFFFFFFFFFFFF\r\n" + BODY)
    yield case("the largest size", b"FFFFFFFFFFFFFFFF\r\n" + BODY, is_cut=True)
    yield case("one over the sign", b"8000000000000000\r\n" + BODY, is_cut=True)
    yield case("an underscore", b"5_0\r\n" + BODY)
    yield case("no size", b"\r\n" + BODY)
    yield case("a word", b"chunk\r\n" + BODY)
    yield case("spaces before", b"  " + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("no line end behind the data", size + b"\r\n" + BODY + b"0\r\n\r\n")
    yield case("other bytes behind the data", size + b"\r\n" + BODY + b"XX0\r\n\r\n")
    yield case("a bare line feed behind the size", size + b"\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("a bare carriage return behind the size", size + b"\r" + BODY + b"\r\n0\r\n\r\n")
    yield case("an extension of a megabyte", size + b";x=" + b"y" * MIB + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("an extension with a line feed", size + b";x=\ny\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield case("100,000 chunks with extensions", b"1;aaaaaaaaaaaaaaaa\r\n \r\n" * 100_000)
    yield case("a trailer of a megabyte", chunk(BODY) + b"0\r\nx: " + b"y" * MIB + b"\r\n\r\n")
    yield case("100,000 trailers", chunk(BODY) + b"0\r\n" + b"x: y\r\n" * 100_000 + b"\r\n")
    yield case("a trailer that is no header", chunk(BODY) + b"0\r\nnonsense\r\n\r\n")
    yield case("cut in the size", b"1", is_cut=True)
    yield case("cut in the data", size + b"\r\n" + BODY[:5], is_cut=True)
    yield case("cut behind the data", chunk(BODY), is_cut=True)
    yield case("cut in the last line", chunk(BODY) + b"0\r\n", is_cut=True)
    trailing = chunk(BODY) + b"0\r\nauthorization: Bearer x\r\ncontent-length: 5\r\nhost: x\r\n\r\n"
    yield Case("chunks: trailers that would decide", head(CHUNKED) + trailing, 200, Said.LEGAL, reaches=True)


def not_this_protocol() -> Iterator[Case]:
    """Bytes of other protocols, and of none."""
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(189)
    rows = {
        "a TLS hello": hello,
        "an SSLv2 hello": bytes.fromhex("802e0100020015000000100100800200800300800400800500800600") + bytes(20),
        "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        "HTTP/0.9": b"GET /\r\n",
        "HTTP/2.0": b"GET /v1/models HTTP/2.0\r\nhost: x\r\n\r\n",
        "HTTP/1.2": b"GET /v1/models HTTP/1.2\r\nhost: x\r\n\r\n",
        "HTTP/3": b"GET /v1/models HTTP/3\r\nhost: x\r\n\r\n",
        "http/1.1 in small letters": b"GET /v1/models http/1.1\r\nhost: x\r\n\r\n",
        "ICY": b"ICY 200 OK\r\n\r\n",
        "an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "SMTP": b"EHLO gateway.test\r\n\r\n",
        "Redis": b"*1\r\n$4\r\nPING\r\n\r\n",
        "the proxy protocol": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /health HTTP/1.1\r\nhost: x\r\n\r\n",
        "the proxy protocol, binary": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + b"\r\n\r\n",
        "SOCKS5": b"\x05\x01\x00\r\n\r\n",
        "RDP": bytes.fromhex("030000130ee000000000000100080003000000") + b"\r\n\r\n",
        "zeros": bytes(4096),
        "all bytes": bytes(range(256)) * 8,
        "only letters": b"a" * 200_000,
        "only line ends": b"\r\n" * 100_000 + b"x\r\n\r\n",
        "no path": b"GET HTTP/1.1\r\nhost: x\r\n\r\n",
        "no method": b" / HTTP/1.1\r\nhost: x\r\n\r\n",
        "tabs between": b"GET\t/health\tHTTP/1.1\r\nhost: x\r\n\r\n",
        "two spaces": b"GET  /health HTTP/1.1\r\nhost: x\r\n\r\n",
        "a space in the path": b"GET /health x HTTP/1.1\r\nhost: x\r\n\r\n",
        "a method with a bracket": b"G(T /health HTTP/1.1\r\nhost: x\r\n\r\n",
        "half a head": b"GET /health HTTP/1.1\r\nhost: x\r\n",
    }
    for name, data in rows.items():
        # Whoever sends half a head waits for his own end; the others are refused at once.
        yield Case(f"protocol: {name}", data, (400, 404, 405, 414, 431, 505), Said.EITHER, is_cut=True)


TABLE = [*two_framings(), *lengths(), *chunks(), *not_this_protocol()]
