"""Paths, hosts, methods and headers that try a door which is not there, or try to bring it down."""

from __future__ import annotations

from collections.abc import Iterator

from .gateway import CALLER_KEY
from .hostile import MARKER, Case, Said
from .speech import CHAT_PATH, chat
from .wire import request

BODY = chat(MARKER)
LENGTH = b"content-length: %d" % len(BODY)
HOST = b"host: gateway.test"
KEY = b"authorization: Bearer " + CALLER_KEY.encode()
CHAT = CHAT_PATH.encode()
MIB = 1024 * 1024


def raw(line: bytes, *lines: bytes, host: bytes = HOST, key: bytes = KEY, body: bytes = BODY) -> bytes:
    lines = tuple(part for part in (line, host, key, *lines) if part)
    length = b"content-length: %d" % len(body)
    return b"\r\n".join([*lines, length, b"", body])


def post(target: bytes, *lines: bytes, host: bytes = HOST) -> bytes:
    return raw(b"POST " + target + b" HTTP/1.1", *lines, host=host)


def paths() -> Iterator[Case]:
    """Ways to write a path that a router might read as another one. None of them is one of ours."""
    targets = [
        b"/",
        b"//",
        b"//v1/chat/completions",
        b"/v1//chat/completions",
        b"/v1/chat//completions",
        b"/v1/chat/completions/",
        b"/v1/chat/completions/..",
        b"/v1/../v1/chat/completions",
        b"/./v1/chat/completions",
        b"/v1/./chat/completions",
        b"/v1/models/../chat/completions",
        b"/health/../v1/chat/completions",
        b"/%76%31/chat/completions",
        b"/v1%2fchat%2fcompletions",
        b"/v1/%2e%2e/v1/chat/completions",
        b"/v1/chat/completions%00",
        b"/v1/chat/completions%00.json",
        b"/v1/chat/completions%0d%0ax-injected:1",
        b"/v1/chat/completions%20",
        b"/v1/chat/completions%3f",
        b"/v1/chat/completions;x=1",
        b"/v1/chat/completions;/../../admin",
        b"/v1/chat/completions.json",
        b"/v1/chat\\completions",
        b"/V1/chat/completions",
        b"/v1/Chat/Completions",
        b"/v1/v1/chat/completions",
        b"/v2/chat/completions",
        b"/v1/chat/completions:stream",
        b"/openai/v1/chat/completions",
        b"/v1/chat/completions@evil.test",
        b"/../../../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/.env",
        b"/.git/config",
        b"/data/admin.key",
        b"/run.json",
        b"/debug/pprof",
        b"/actuator/env",
        b"/" + b"a/" * 10_000,
        b"/" + b"%41" * 10_000,
        b"/\xc3\xa9",
        b"/a|b",
        b"/a{b}",
        b'/a"b',
        b"/a`b",
        b"/a^b",
    ]
    for target in targets:
        yield Case(f"path: {target[:60]!r}", post(target), (404, 405, 400, 431), Said.EITHER)


def targets() -> Iterator[Case]:
    """Targets that are no paths."""
    forms = {
        "no slash": b"v1/chat/completions",
        "an asterisk": b"*",
        "only an authority": b"evil.test:80",
        "an authority with a user": b"user@evil.test:80",
        "only a query": b"?key=1",
        "only a fragment": b"#x",
        "a backslash": b"\\v1\\chat\\completions",
        "a control character": b"/v1/chat/completions\x01",
        "a NUL": b"/v1/chat/completions\x00",
        "a delete": b"/v1/chat/completions\x7f",
        "a bare carriage return": b"/v1/chat\r/completions",
        "of a hundred thousand bytes": b"/" + b"x" * 100_000,
        "of a megabyte": b"/" + b"x" * MIB,
        "another scheme": b"ftp://gateway.test/v1/chat/completions",
        "a file": b"file:///etc/passwd",
        "a javascript": b"javascript:alert(1)",
    }
    for name, target in forms.items():
        yield Case(f"target: {name}", post(target), (400, 404, 405, 414, 431), Said.EITHER)
    connect = raw(b"CONNECT evil.test:443 HTTP/1.1", body=b"")
    yield Case("target: CONNECT", connect, (400, 404, 405), Said.EITHER)
    yield Case("target: CONNECT to us", raw(b"CONNECT 127.0.0.1:4000 HTTP/1.1", body=b""), (400, 404, 405), Said.EITHER)
    yield Case("target: OPTIONS *", raw(b"OPTIONS * HTTP/1.1", body=b""), (400, 404, 405), Said.EITHER)
    yield Case("target: TRACE", raw(b"TRACE /v1/chat/completions HTTP/1.1", body=b""), 405)


def admin_by_detour() -> Iterator[Case]:
    """A caller's key never opens the control plane, whatever path, host or header is tried."""
    for target in (
        b"/admin",
        b"/admin/",
        b"/admin/v1/keys",
        b"/admin/v1/keys?key=" + CALLER_KEY.encode(),
        b"/admin/v1/keys/",
        b"/admin/v1//keys",
        b"/admin/v1/../v1/keys",
        b"/admin/v1/keys%00",
        b"/admin//v1/keys",
        b"/admin/v1/nowhere",
        b"http://localhost/admin/v1/keys",
        b"http://evil.test/admin/v1/keys",
    ):
        yield Case(f"admin: GET {target.decode()[:60]}", raw(b"GET " + target + b" HTTP/1.1", body=b""), (401, 403))
        yield Case(f"admin: POST {target.decode()[:60]}", raw(b"POST " + target + b" HTTP/1.1", body=b"{}"), (401, 403))
    for target in (
        b"//admin/v1/keys",
        b"/%61dmin/v1/keys",
        b"/Admin/v1/keys",
        b"/v1/admin/v1/keys",
        b"/./admin/v1/keys",
    ):
        yield Case(f"admin: {target.decode()}", raw(b"GET " + target + b" HTTP/1.1", body=b""), 404)
    for name, line in {
        "an address of our own": b"x-forwarded-for: 127.0.0.1",
        "a path of our own": b"x-original-url: /admin/v1/keys",
        "a rewritten path": b"x-rewrite-url: /admin/v1/keys",
        "another method": b"x-http-method-override: DELETE",
        "a host of our own": b"x-forwarded-host: localhost",
        "a user": b"x-remote-user: admin",
    }.items():
        yield Case(f"admin by {name}", raw(b"GET /admin/v1/keys HTTP/1.1", line, body=b""), (401, 403))
        yield Case(f"a path by {name}", raw(b"GET /nowhere HTTP/1.1", line, body=b""), 404)


def hosts() -> Iterator[Case]:
    """Hosts change nothing: the same key opens the same door (CVE-2026-49468 was a host that did)."""
    bad = {
        "two": b"host: a\r\nhost: b",
        "none": b"",
        "with a line feed": b"host: a\n b",
        "with a NUL": b"host: a\x00b",
        "with a bare carriage return": b"host: a\rb",
    }
    for name, host in bad.items():
        yield Case(f"host: {name}", post(CHAT, host=host), 400, Said.EITHER)
    odd = [
        b"x/#@y",
        b"gateway.test/admin/v1/keys?",
        b"admin",
        b"",
        b" ",
        b"a b",
        b"a, b",
        b"[::1",
        b"localhost:99999999",
        b"user:pass@gateway.test",
        b"127.0.0.1#@evil.test",
        b"gateway.test\\@evil.test",
        b"../../admin",
        b"%61dmin",
        b"x" * 10_000,
        b"\xff\xfe",
    ]
    for host in odd:
        line = b"host: " + host
        name = host[:40]
        yield Case(
            f"host {name!r} at a path unknown",
            raw(b"GET /nowhere HTTP/1.1", host=line, body=b""),
            (404, 400),
            Said.EITHER,
        )
        admin = raw(b"GET /admin/v1/keys HTTP/1.1", host=line, body=b"")
        yield Case(f"host {name!r} at the admin's", admin, (401, 403, 400), Said.EITHER)
        keyless = raw(b"POST " + CHAT + b" HTTP/1.1", host=line, key=b"")
        yield Case(f"host {name!r} without a key", keyless, (401, 400), Said.EITHER)


def floods() -> Iterator[Case]:
    """Too many headers, or too much in them: refused bare, or the connection is closed."""
    rows = {
        "101 headers": [b"x-%d: y" % number for number in range(101)],
        "100,000 headers": [b"x-%d: y" % number for number in range(100_000)],
        "100,000 times one header": [b"x: y"] * 100_000,
        "one of 70 KB": [b"x: " + b"y" * 70_000],
        "one of 10 MB": [b"x: " + b"y" * 10 * MIB],
        "a name of 70 KB": [b"x" * 70_000 + b": y"],
        "a name of 10 MB": [b"x" * 10 * MIB],
        "cookies of a megabyte": [b"cookie: a=" + b"b" * MIB],
        "ten thousand cookies": [b"cookie: a=b"] * 10_000,
    }
    for name, lines in rows.items():
        yield Case(f"flood: {name}", post(CHAT, *lines), (431, 400, 413), Said.BARE)


def broken_lines() -> Iterator[Case]:
    """Header lines that are none."""
    rows = {
        "folded by a space": b"x: a\r\n b",
        "folded by a tab": b"x: a\r\n\tb",
        "a bare carriage return in a value": b"x: a\rb",
        "a NUL in a value": b"x: a\x00b",
        "a control character in a value": b"x: a\x01b",
        "a delete in a value": b"x: a\x7fb",
        "no colon": b"nonsense",
        "no name": b": x",
        "a space in a name": b"x y: z",
        "a space before a colon": b"x : z",
        "a bracket in a name": b"x(y): z",
        "a slash in a name": b"x/y: z",
        "a name that is not ASCII": b"\xc3\xa9: x",
        "a NUL in a name": b"x\x00y: z",
        "a carriage return in a name": b"x\ry: z",
        "a bare line feed, then a key": b"x: a\nauthorization: Bearer x\r\n\r\n",
    }
    for name, line in rows.items():
        yield Case(f"line: {name}", post(CHAT, line), (400, 401), Said.EITHER)


def methods_and_types() -> Iterator[Case]:
    """Methods that a path does not take, and bodies in a coding."""
    for method in (b"GET", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD", b"PROPFIND", b"post", b"X" * 1000):
        data = raw(method + b" " + CHAT + b" HTTP/1.1", body=b"")
        yield Case(f"method: {method[:20].decode()}", data, (405, 400), Said.EITHER)
    for method in (b"POST", b"PUT", b"DELETE"):
        yield Case(f"models by {method.decode()}", raw(method + b" /v1/models HTTP/1.1", body=b"{}"), 405)
    for coding in (b"gzip", b"br", b"deflate", b"zstd", b"gzip, gzip", b"compress", b"x" * 1000, b"gzip\x0b"):
        bomb = post(CHAT, b"content-encoding: " + coding)
        yield Case(f"a body in {coding[:20]!r}", bomb, 400, Said.EITHER)
    for value in (b"200-ok", b"100-continue, 200-ok", b"x" * 1000, b""):
        yield Case(
            f"expect: {value[:20]!r}", post(CHAT, b"expect: " + value), (200, 417, 400), Said.LEGAL, reaches=True
        )
    for value in (b"websocket", b"h2c", b"TLS/1.0", b"x" * 1000):
        lines = (b"connection: upgrade, http2-settings", b"upgrade: " + value, b"http2-settings: AAMAAABkAAQAAP__")
        yield Case(f"upgrade: {value[:20]!r}", post(CHAT, *lines), 200, Said.LEGAL, reaches=True)
    socket_lines = (b"connection: upgrade", b"upgrade: websocket", b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")
    yield Case("a websocket", raw(b"GET " + CHAT + b" HTTP/1.1", *socket_lines, body=b""), 405)
    for kind in (
        b"",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"text/html",
    ):
        lines = (b"content-type: " + kind,) if kind else ()
        # SDKs send JSON; who sends it under another name means it, and the key is a header, so no page can forge it.
        yield Case(f"type: {kind.decode() or 'none'}", post(CHAT, *lines), 200, Said.LEGAL, reaches=True)


def odd_but_legal() -> Iterator[Case]:
    """What RFC 9112 allows, and nothing more comes of it."""
    absolute = b"http://evil.test/v1/chat/completions"
    yield Case("absolute form with another host", post(absolute), 200, Said.LEGAL, reaches=True)
    yield Case("a query with a key", post(CHAT + b"?key=x&api_key=y"), 200, Said.LEGAL, reaches=True)
    yield Case("a blank line before", b"\r\n" + post(CHAT), 200, Said.LEGAL, reaches=True)
    yield Case("HTTP/1.0", raw(b"POST " + CHAT + b" HTTP/1.0", host=b""), 200, Said.LEGAL, reaches=True)
    yield Case("99 headers in all", post(CHAT, *[b"x-%d: y" % n for n in range(90)]), 200, Said.LEGAL, reaches=True)
    good = request(CHAT_PATH, BODY)
    yield Case("garbage behind a good request", good + b"\x00\x01garbage\r\n\r\n", 200, Said.LEGAL, reaches=True)


TABLE = [
    *paths(),
    *targets(),
    *admin_by_detour(),
    *hosts(),
    *floods(),
    *broken_lines(),
    *methods_and_types(),
    *odd_but_legal(),
]
