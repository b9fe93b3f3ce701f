"""Keys that open nothing: none, foreign ones, worn ones, and good ones in the wrong place."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from .gateway import CALLER_KEY, UPSTREAM_KEY
from .hostile import MARKER, Case, Said
from .speech import CHAT_PATH, chat

BODY = chat(MARKER)
PATHS = (b"/v1/chat/completions", b"/v1/models")
BASIC = base64.b64encode(f"user:{CALLER_KEY}".encode())
MIB = 1024 * 1024


def with_headers(*lines: bytes, target: bytes = CHAT_PATH.encode()) -> bytes:
    return b"\r\n".join(
        [b"POST " + target + b" HTTP/1.1", b"host: x", *lines, b"content-length: %d" % len(BODY), b"", BODY]
    )


def refused(name: str, *lines: bytes, word: str = "") -> Case:
    return Case(f"key: {name}", with_headers(*lines), 401, word=word)


def bearer(key: bytes) -> bytes:
    return b"authorization: Bearer " + key


def no_key() -> Iterator[Case]:
    good = CALLER_KEY.encode()
    yield refused("none", word="no API key")
    yield refused("an empty header", b"authorization:", word="no API key")
    yield refused("only the scheme", b"authorization: Bearer", word="no API key")
    yield refused("only spaces", b"authorization: Bearer     ", word="no API key")
    yield refused("Basic", b"authorization: Basic " + BASIC, word="no API key")
    yield refused("Digest", b'authorization: Digest username="x"', word="no API key")
    yield refused("no scheme", b"authorization: " + good)
    yield refused("another scheme", b"authorization: Token " + good)
    yield refused("the scheme twice", b"authorization: Bearer Bearer " + good)
    yield refused("a colon", b"authorization: Bearer: " + good)
    yield refused("quoted", bearer(b'"' + good + b'"'), word="quote")
    yield refused("two keys in one", bearer(good + b", " + good))
    yield refused("two keys", bearer(good + b" " + good))
    yield refused("a NUL in the end", b"authorization: Bearer " + good + b"%00")
    for name in (
        b"cookie",
        b"proxy-authorization",
        b"x-auth-token",
        b"x-amz-security-token",
        b"x-forwarded-authorization",
    ):
        yield refused(f"in {name.decode()}", name + b": " + good)
    for query in (b"key=", b"api_key=", b"access_token=", b"authorization="):
        target = CHAT_PATH.encode() + b"?" + query + good
        yield Case(f"key: in the query, {query.decode()}", with_headers(target=target), 401, word="no API key")
    yield refused("the wrong one first", bearer(b"wrong-key-wrong-key"), bearer(good), word="two")
    yield refused("the wrong one behind", bearer(good), bearer(b"wrong-key-wrong-key"), word="two")
    yield refused("two different headers", bearer(b"wrong-key-wrong-key"), b"x-api-key: " + good)
    # A key for somebody else, as some SDKs send it beside ours: the bearer goes first, and the other one nowhere.
    both = with_headers(bearer(good), b"x-api-key: wrong-key-wrong-key")
    yield Case("key: beside one for somebody else", both, 200, Said.LEGAL, reaches=True)
    yield refused(
        "two different ones in x-api-key", b"x-api-key: " + good, b"x-api-key: wrong-key-wrong-key", word="two"
    )


def foreign() -> Iterator[Case]:
    rows = {
        "of OpenAI": (b"sk-proj-abcdefghijklmnopqrstuvwxyz", "OpenAI"),
        "of OpenAI, older": (b"sk-abcdefghijklmnopqrstuvwxyz0123", ""),
        "of Anthropic": (b"sk-ant-api03-abcdefghijklmnop", "Anthropic"),
        "of Google": (b"AIzaSyabcdefghijklmnop", "Google"),
        "of AWS": (b"AKIAIOSFODNN7EXAMPLE", ""),
        "the provider's own": (UPSTREAM_KEY.encode(), ""),
        "of ours, cut off": (CALLER_KEY.encode()[:-1], ""),
        "of ours, and more": (CALLER_KEY.encode() + b"0", ""),
        "of ours in capitals": (CALLER_KEY.upper().encode(), ""),
        "with our prefix": (b"bw_" + b"A" * 40, ""),
        "a JSON web token": (b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", ""),
        "SQL": (b"' OR '1'='1", ""),
        "SQL with a comment": (b"x'/**/UNION/**/SELECT/**/1--", ""),
        "a pattern": (b"%", ""),
        "a star": (b"*", ""),
        "a path": (b"../../admin.key", ""),
        "undefined": (b"undefined", ""),
        "null": (b"null", ""),
        "a variable": (b"$OPENAI_API_KEY", ""),
        "not ASCII": ("schlüssel-schlüssel".encode(), ""),
        "bytes": (b"\xff\xfe\xfd" * 8, ""),
        "of 257 bytes": (b"k" * 257, ""),
        "of 60,000 bytes": (b"k" * 60_000, ""),
    }
    for name, (key, word) in rows.items():
        yield refused(name, bearer(key), word=word)
        yield refused(f"{name}, in x-api-key", b"x-api-key: " + key, word=word)
    yield Case("key: of a megabyte", with_headers(bearer(b"k" * MIB)), (431, 400), Said.BARE)
    for name, key in {
        "a line end": b"x\r\nx-injected: 1",
        "a line feed": b"x\nx-injected: 1",
        "a NUL": b"x\x00y",
    }.items():
        yield Case(f"key: with {name}", with_headers(bearer(key)), (401, 400), Said.EITHER)


TABLE = [*no_key(), *foreign()]
