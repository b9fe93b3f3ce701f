"""Proves that a request head which two servers could read in two ways is refused, however its bytes arrive."""

from __future__ import annotations

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, Gateway
from harness.speech import CHAT_PATH, chat
from harness.upstream import LAST_CHUNK, Upstream, chunk
from harness.wire import Wire, request

HOST = "host: gateway.test"
LENGTH = "content-length: 5"
CHUNKED = "transfer-encoding: chunked"
#: What a server that believed the other framing would take for a second request.
SMUGGLED = request(CHAT_PATH, chat("smuggled"))

DOUBTFUL = {
    "two hosts": (HOST, "host: other.test", LENGTH),
    "the same host twice": (HOST, HOST, LENGTH),
    "no host": (LENGTH,),
    "gzip, chunked": (HOST, "transfer-encoding: gzip, chunked"),
    "chunked, chunked": (HOST, "transfer-encoding: chunked, chunked"),
    "chunked twice": (HOST, CHUNKED, CHUNKED),
    "chunked and gzip apart": (HOST, CHUNKED, "transfer-encoding: gzip"),
    "length, then chunked": (HOST, LENGTH, CHUNKED),
    "chunked, then length": (HOST, CHUNKED, LENGTH),
    "other letter case": (HOST, "Content-LENGTH: 5", "Transfer-ENCODING: Chunked"),
}
BOTH_FRAMINGS = ["length, then chunked", "chunked, then length", "other letter case"]


@pytest.fixture
def one_worker(start: StartGateway, upstream: Upstream) -> Gateway:
    """All connections on one thread: an answer on one shows that what was sent before on another has been read."""
    return start(config={**configuration(providers={"openai": provider(upstream.base_url)}), "workers": 1})


def head(*fields: str) -> bytes:
    lines = [f"POST {CHAT_PATH} HTTP/1.1", f"authorization: Bearer {CALLER_KEY}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def send_apart(gateway: Gateway, wire: Wire, *parts: bytes) -> None:
    """Sends each part after the one before was read."""
    with Wire(gateway.address) as other:
        for part in parts:
            wire.send(part)
            assert other.ask(request("/health", method="GET")).status == 200


@pytest.mark.parametrize("fields", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_a_doubtful_head_is_refused_and_the_connection_closed(
    gateway: Gateway, upstream: Upstream, fields: tuple[str, ...]
) -> None:
    with Wire(gateway.address) as wire:
        wire.send(head(*fields) + chunk(chat()) + LAST_CHUNK + SMUGGLED)
        assert wire.reply().status == 400
        assert wire.is_closed()
    assert not upstream.calls


@pytest.mark.parametrize("name", BOTH_FRAMINGS)
def test_it_is_refused_in_packets_too(one_worker: Gateway, upstream: Upstream, name: str) -> None:
    """Cut within each name, behind each field, and around the blank line that ends the head."""
    doubtful = head(*DOUBTFUL[name])
    low = doubtful.lower()
    places = [low.index(field) + at for field in (b"content-length", b"transfer-encoding") for at in (0, 7, 20)]
    for cut in (*places, len(doubtful) - 3, len(doubtful) - 2, len(doubtful) - 1, len(doubtful)):
        with Wire(one_worker.address) as wire:
            body = chunk(chat()) + LAST_CHUNK + SMUGGLED
            send_apart(one_worker, wire, doubtful[:cut], doubtful[cut:] + body)
            assert wire.reply().status == 400, f"cut at {cut}"
            assert wire.is_closed(), f"cut at {cut}"
    assert not upstream.calls


def test_it_is_refused_behind_a_good_request_on_the_same_connection(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        assert wire.ask(head(HOST, CHUNKED) + chunk(chat()) + LAST_CHUNK).status == 200
        wire.send(head(HOST, LENGTH, CHUNKED) + chunk(chat()) + LAST_CHUNK)
        assert wire.reply().status == 400
        assert wire.is_closed()
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("blank", [b"\r\n", b"\r\n\r\n", b"\n"])
def test_blank_lines_before_a_clean_chunked_head_are_skipped(
    one_worker: Gateway, upstream: Upstream, blank: bytes
) -> None:
    """Some callers end a body with one line too many (RFC 9112, 2.2)."""
    chunked = head(HOST, CHUNKED) + chunk(chat()) + LAST_CHUNK
    with Wire(one_worker.address) as wire:
        assert wire.ask(blank + chunked).status == 200
        assert wire.ask(blank + chunked).status == 200
    with Wire(one_worker.address) as wire:
        send_apart(one_worker, wire, blank, chunked)
        assert wire.reply().status == 200
    assert [call.body for call in upstream.calls] == [chat()] * 3


def test_http_1_0_needs_no_host(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        wire.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert wire.reply("GET").status == 200
