"""Bodies that no decent client sends. Everything here is refused with 400 unless its row says otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .hostile import MARKER, Case, Said
from .speech import CHAT_PATH, MODEL
from .wire import request

MESSAGES = json.dumps([{"role": "user", "content": MARKER}]).encode()
DEEP = 100_000
#: A field that the gateway does not read.
UNREAD = b'"metadata":'


def posted(body: bytes, *headers: str, path: str = CHAT_PATH) -> bytes:
    return request(path, body, *headers)


def asking(fields: bytes) -> bytes:
    """A body that is right but for these fields."""
    return b'{"messages":' + MESSAGES + b"," + fields + b"}"


def refused(name: str, body: bytes, word: str = "", param: str | None = None, *, status: int = 400) -> Case:
    return Case(name, posted(body), status, word=word, param=param)


def named(model: bytes) -> bytes:
    return asking(b'"model":' + model)


def with_model(fields: bytes) -> bytes:
    return asking(b'"model":"' + MODEL.encode() + b'",' + fields)


def no_objects() -> Iterator[Case]:
    """What is no JSON object at all."""
    for body in (
        b"",
        b" ",
        b"null",
        b"true",
        b"7",
        b"-1e9",
        b'"model"',
        b"[]",
        b'[{"model":"m"}]',
        b"NaN",
        b"Infinity",
    ):
        yield refused(f"body: {body.decode()!r}", body, "JSON object")
    whole = named(b'"' + MODEL.encode() + b'"')
    yield refused("a byte order mark", b"\xef\xbb\xbf" + whole)
    yield refused("UTF-16", whole.decode().encode("utf-16"))
    yield refused("UTF-32", whole.decode().encode("utf-32"))
    yield refused("NUL before it", b"\0" + whole)
    yield refused("NUL behind it", whole + b"\0")
    yield refused("a form", b"model=gpt-4o&messages=" + MARKER.encode())
    yield refused("a multipart form", b'--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--x--\r\n')
    yield refused("XML", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>')
    yield refused("YAML", b"model: gpt-4o\nmessages: []\n")
    yield refused("lines of JSON", whole + b"\n" + whole)
    yield refused("Latin-1", "{\u00e9".encode("latin-1"))
    yield refused("random bytes", bytes(range(256)) * 16)


def broken_json() -> Iterator[Case]:
    """What begins as an object."""
    whole = named(b'"' + MODEL.encode() + b'"')
    for cut in (1, 2, len(whole) // 2, len(whole) - 1):
        yield refused(f"cut after {cut} bytes", whole[:cut])
    yield refused("one brace too many", whole + b"}")
    yield refused("a word behind it", whole + b" extra")
    yield refused("a comma too many", whole[:-1] + b",}")
    yield refused("no comma", b'{"model":"m" "messages":[]}')
    yield refused("no colon", b'{"model" "m"}')
    yield refused("no value", b'{"model":}')
    yield refused("no name", b'{:"m"}')
    yield refused("single quotes", b"{'model':'m'}")
    yield refused("no quotes", b"{model:1}")
    yield refused("a comment", b'{/* */"model":"m"}')
    yield refused("brackets crossed", b'{"model":"m","x":[}]')
    yield refused("an escape in a name that is none", b'{"mod\\el":"m"}')
    yield refused("a name that never ends", b'{"' + b"x" * 100_000)
    yield refused("a text that never ends", b'{"model":"' + b"x" * 100_000)
    yield refused("backslashes for ever", b'{"model":"' + b"\\" * 100_001)


def deep() -> Iterator[Case]:
    """Nested a hundred thousand deep, whole and cut."""
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        kind = "arrays" if opening == b"[" else "objects"
        whole = opening * DEEP + b"1" + closing * DEEP
        yield refused(f"deep {kind}", whole)
        yield refused(f"deep {kind} in a field", with_model(UNREAD + whole), "deeper than 128")
        yield refused(f"deep {kind} never closed", with_model(UNREAD)[:-1] + opening * DEEP, "deeper than 128")
        yield refused(f"deep {kind} for a name", named(whole), "deeper than 128")
    yield refused("just too deep", with_model(UNREAD + b"[" * 129 + b"]" * 129), "deeper than 128")
    yield Case(
        "deep only in a text", posted(with_model(UNREAD + b'"' + b"[" * DEEP + b'"')), 200, Said.LEGAL, reaches=True
    )


def models() -> Iterator[Case]:
    """Names of models that are none."""
    for value in (b"null", b"true", b"7", b"1e999", b"[]", b'["gpt-4o"]', b"{}", b'{"id":"gpt-4o"}'):
        yield refused(f"model: {value.decode()}", named(value), "must be a string", "model")
    for value in (b"NaN", b"undefined", b"-", b"tru", b"01"):
        yield Case(f"model: {value.decode()}", posted(named(value)), 400)
    yield refused("no model", asking(b'"x":1'), "names no model", "model")
    yield refused("an empty name", named(b'""'), "empty", "model")
    yield refused("half a surrogate", named(b'"\\ud800"'), "not a valid JSON string", "model")
    yield refused("surrogates the wrong way round", named(b'"\\udc00\\ud800"'), "not a valid JSON string", "model")
    yield refused("invalid UTF-8", named(b'"\xff\xfe"'), "not a valid JSON string", "model")
    yield refused("UTF-8 cut", named(b'"\xe2\x82"'), "not a valid JSON string", "model")
    yield refused("UTF-8 too long", named(b'"\xc0\xaf"'), "not a valid JSON string", "model")
    yield refused("a raw NUL", named(b'"gpt\x004o"'), "not a valid JSON string", "model")
    yield refused("a raw line feed", named(b'"gpt\n4o"'), "not a valid JSON string", "model")
    yield refused("a name of 257 bytes", named(b'"' + b"m" * 257 + b'"'), "longer than 256", "model")
    yield refused("a name of a megabyte", named(b'"' + b"m" * 1_000_000 + b'"'), "longer than 256", "model")
    unknown = {
        "nowhere known": b'"no-such-model"',
        "a path": b'"../../etc/passwd"',
        "a URL": b'"http://169.254.169.254/latest"',
        "an escaped NUL": b'"gpt-4o\\u0000"',
        "escaped line ends": b'"x\\r\\nx-injected: 1"',
        "not ASCII": '"gpt-４o"'.encode(),
        "an emoji": b'"\\ud83d\\ude00"',
        "SQL": b'"\' OR 1=1 --"',
        "a template": b'"{{7*7}}${7*7}"',
        "of 256 bytes": b'"' + b"m" * 256 + b'"',
    }
    for name, value in unknown.items():
        yield Case(f"model {name}", posted(named(value)), 404, param="model")
    yield Case("a near name", posted(named(b'"gpt-4o-mni"')), 404, word="gpt-4o-mini", param="model")


def repeated() -> Iterator[Case]:
    """A deciding field twice, or in other letter case: the provider might go by the other one."""
    twice = {"model": b'"gpt-4o"', "stream": b"true", "max_tokens": b"5", "max_completion_tokens": b"5", "n": b"2"}
    twice["stream_options"] = b"{}"
    for name, value in twice.items():
        field = b'"%s":%s' % (name.encode(), value)
        before = b'"model":"gpt-4o",' if name != "model" else b""
        yield refused(f"{name} twice", asking(before + field + b"," + field), "twice", name)
        other = field.replace(name.encode(), name.title().encode(), 1)
        yield refused(f"{name} in other case", asking(before + field + b"," + other), "letter case", name)
    yield refused("model twice, once escaped", asking(b'"model":"gpt-4o","\\u006dodel":"x"'), "twice", "model")


def wrong_types() -> Iterator[Case]:
    """Wrong types in the fields we read; how many tokens and choices there may be only the provider knows."""
    for value in (b'"true"', b"1", b"0", b"[]", b"{}", b'""'):
        yield refused(f"stream: {value.decode()}", with_model(b'"stream":' + value), "must be true or false", "stream")
    for value in (b"True", b"yes", b"nan"):
        yield Case(f"stream: {value.decode()}", posted(with_model(b'"stream":' + value)), 400)
    for name in ("max_tokens", "max_completion_tokens", "n"):
        for value in (b'"5"', b"-1", b"1.5", b"[]", b"{}", b"true", b"1e400", b"9" * 10_000):
            body = with_model(b'"%s":%s' % (name.encode(), value))
            yield Case(f"{name}: {value[:20].decode()}", posted(body), 400, reaches=True)
        yield Case(f"{name}: NaN", posted(with_model(b'"%s":NaN' % name.encode())), 400)


def only_a_parser_can_tell() -> Iterator[Case]:
    """JSON that is broken where the gateway only skips: the provider has the last word, and the gateway is unharmed."""
    inner = {
        "NaN": b"NaN",
        "half a word": b"[tru]",
        "invalid UTF-8": b'"\xff\xfe"',
        "half a surrogate": b'"\\ud800"',
        "a raw NUL": b'"\x00"',
        "an escape that is none": b'"\\x"',
        "a comma too many": b"[1,]",
        "two values": b"[1 2]",
        "a name without a value": b'{"a"}',
        "a leading zero": b"[01]",
    }
    for name, value in inner.items():
        body = b'{"model":"%s","messages":[{"role":"user","content":%s}]}' % (MODEL.encode(), value)
        yield Case(f"in the messages: {name}", posted(body), 400, reaches=True)
    for name, value in {"no messages": b'"x":1', "null": b'"messages":null', "a text": b'"messages":"hi"'}.items():
        yield Case(f"messages: {name}", posted(b'{"model":"%s",%s}' % (MODEL.encode(), value)), 400, reaches=True)


def large_but_legal() -> Iterator[Case]:
    """Odd, and nobody's harm: these pass."""
    many = b",".join(b'"k%d":%d' % (number, number) for number in range(200_000))
    rows = {
        "200,000 fields": many,
        "a field name of a megabyte": b'"' + b"k" * 1_000_000 + b'":1',
        "a number of a megabyte": UNREAD + b"1" * 1_000_000,
        "a text of backslashes": UNREAD + b'"' + b"\\\\" * 500_000 + b'"',
        "500,000 elements": UNREAD + b"[" + b"0," * 500_000 + b"0]",
        "a field of no value twice": b'"x":1,"x":2',
    }
    for name, fields in rows.items():
        yield Case(name, posted(with_model(fields)), (200, 400), Said.LEGAL, reaches=True)


TABLE = [
    *no_objects(),
    *broken_json(),
    *deep(),
    *models(),
    *repeated(),
    *wrong_types(),
    *only_a_parser_can_tell(),
    *large_but_legal(),
]
