"""Proves that a success which is no answer is no success: the next target is asked, or the caller is told."""

from __future__ import annotations

import gzip
import http.client
import json
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, one_after_the_other, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, streamed, whole
from harness.wire import Reply, Wire, request


def empty_in_chunks(content_type: str) -> Script:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    return lambda exchange: exchange.send(head.encode() + LAST_CHUNK)


def empty_and_closed(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")
    exchange.close()


EVENTS = "text/event-stream"
NO_ANSWERS = {
    "empty JSON": whole(b""),
    "empty JSON in chunks": empty_in_chunks("application/json"),
    "empty stream": whole(b"", content_type=EVENTS),
    "empty stream in chunks": empty_in_chunks(EVENTS),
    "empty and closed": empty_and_closed,
    "204": lambda exchange: exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "broken JSON": whole(b'{"id":"chatcmpl-1","choices":[{"index":'),
    "one brace too many": whole(CHAT_REPLY + b"}"),
    "HTML called JSON": whole(b"<html><body>It works!</body></html>"),
    "an array": whole(b'[{"id":"chatcmpl-1"}]'),
    "text called JSON": whole(b"upstream connect error"),
}


def ask(gateway: Gateway, *, stream: bool = False) -> Reply:
    with Wire(gateway.address) as wire:
        return wire.ask(request(CHAT_PATH, chat(stream=stream), "x-request-id: find-me"))


def line_about_it(gateway: Gateway) -> dict[str, Any]:
    """What the log says of the call, once the gateway has stopped."""
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    found: dict[str, Any]
    (found,) = (line for line in lines if line.get("request_id") == "find-me")
    return found


@pytest.mark.parametrize("script", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_the_next_target_answers(start: StartGateway, new_upstream: StartUpstream, script: Script) -> None:
    first, second = new_upstream(script), new_upstream()
    gateway = start(config=one_after_the_other(first.base_url, second.base_url))
    for stream in (False, True):
        second.script = streamed([delta(content="x"), DONE]) if stream else whole(CHAT_REPLY)
        reply = ask(gateway, stream=stream)
        assert reply.status == 200, reply.body
        assert (reply.headers["x-bellwether-provider"], reply.headers["x-bellwether-attempts"]) == ("second", "2")
        assert reply.body == (delta(content="x") + DONE if stream else CHAT_REPLY)


@pytest.mark.parametrize("script", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_alone_it_is_an_error_in_our_shape_and_in_the_log(
    start: StartGateway, upstream: Upstream, script: Script
) -> None:
    gateway = start(config=configuration({"openai": provider(upstream.base_url)}, retries=NO_REPEATS))
    upstream.script = script
    reply = ask(gateway)
    assert (reply.status, reply.error["code"]) == (502, "upstream_failed")
    assert reply.error["message"]
    assert reply.headers["content-type"].startswith("application/json")
    assert len(upstream.calls) == 1, "nobody pays twice for nothing"
    line = line_about_it(gateway)
    assert (line["status"], line["kind"]) == (502, "upstream_failed")


def test_broken_json_in_pieces_breaks_off(gateway: Gateway, upstream: Upstream) -> None:
    """Once a piece has left there is no other status to tell: the connection breaks, and the log says 502."""

    def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        exchange.send(chunk(CHAT_REPLY[:100]))
        exchange.send(chunk(CHAT_REPLY[100:-20]) + LAST_CHUNK)

    upstream.script = script
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(), "x-request-id: find-me"))
        try:
            response = wire.response()
            response.read()
        except (http.client.IncompleteRead, ConnectionError):
            status = 502
        else:
            status = response.status
    assert status == 502, "a clean end of half an answer"
    assert line_about_it(gateway)["status"] == 502


def test_a_compressed_answer_arrives_unpacked(gateway: Gateway, upstream: Upstream) -> None:
    """Nobody asks a provider to compress. Half of such an answer would look whole, so it is not passed on unseen."""
    upstream.script = whole(gzip.compress(CHAT_REPLY), "content-encoding: gzip")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), "accept-encoding: gzip"))
    assert (reply.status, reply.headers["content-encoding"], reply.body) == (200, None, CHAT_REPLY)


PACKED = gzip.compress(CHAT_REPLY.replace(b"caf", b"x" * 300_000))


@pytest.mark.parametrize(
    "packed",
    [PACKED[:-1], PACKED[: len(PACKED) // 2], PACKED + b"x", b"\x1f\x8b nonsense", CHAT_REPLY, b"", gzip.compress(b"")],
    ids=["without its last byte", "half", "with a byte too many", "nonsense", "not compressed", "nothing", "empty"],
)
def test_what_cannot_be_unpacked_is_no_answer(gateway: Gateway, upstream: Upstream, packed: bytes) -> None:
    upstream.script = whole(packed, "content-encoding: gzip")
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat()))
        try:
            reply = wire.reply()
        except (http.client.IncompleteRead, ConnectionError):
            return
    assert (reply.status, reply.error["code"]) == (502, "upstream_failed")


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_a_coding_that_nobody_asked_for_is_no_answer(gateway: Gateway, upstream: Upstream, coding: str) -> None:
    upstream.script = whole(CHAT_REPLY, f"content-encoding: {coding}")
    reply = ask(gateway)
    assert (reply.status, reply.error["code"]) == (502, "upstream_failed")


def test_what_is_packed_a_thousandfold_is_bounded(start: StartGateway, upstream: Upstream) -> None:
    """By the memory for bodies while it is held, and as it passes."""
    bomb = gzip.compress(b'{"choices":[' + b" " * 300_000_000, compresslevel=1)
    upstream.script = whole(bomb, "content-encoding: gzip")
    limits = {"body_bytes_max": 1 << 20, "body_memory_bytes_max": 8 << 20}
    gateway = start(config=configuration(providers={"openai": provider(upstream.base_url)}) | {"limits": limits})
    before = gateway.process.resident_bytes
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat()))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            wire.reply()
    assert gateway.process.resident_bytes_peak - before < 16 * 1024 * 1024
