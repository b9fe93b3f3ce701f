"""Proves that memory stays small where somebody is slow, silent or odd, and that large bodies pass whole."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from threading import Event

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import PATIENCE_S, until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, whole
from harness.wire import Wire, request

KIB = 1024
MIB = 1024 * KIB
SILENT_STREAMS = 200
SILENT_STREAM_BYTES_MAX = 48 * KIB
#: More than all socket buffers on the way hold.
LARGE_BYTES = 20_000_000
UNREAD_BYTES_MAX = 4 * MIB
#: A write that waits so long is held back.
STALL_S = 0.5

Tell = Callable[[str], None]


def json_of(size: int) -> bytes:
    """A whole chat answer of at least that size, with no two parts alike."""
    text = "".join(f"{number:x} é\n" for number in range(size // 8))
    return CHAT_REPLY.replace(b'"caf\\u00e9 \xe2\x98\x95"', json.dumps(text, ensure_ascii=False).encode())


@pytest.mark.parametrize("resume", ["off", "ask"])
def test_a_silent_stream_holds_no_buffer_of_the_traffic_beside_it(
    start: StartGateway, upstream: Upstream, figure: Tell, resume: str
) -> None:
    """A few bytes read together with much must not keep it all; nor need one that others may go on with have much."""
    models = {MODEL: {"targets": [f"openai/{MODEL}"], "resume": resume}}
    gateway = start(config={"providers": {"openai": provider(upstream.base_url)}, "models": models, "workers": 1})
    held, large = Held(), whole(json_of(60 * KIB))

    def script(exchange: Exchange) -> None:
        if exchange.received.json.get("stream"):
            exchange.send(stream_head() + chunk(delta(content="x")))
            held(exchange)
        else:
            large(exchange)

    upstream.script = script
    with Wire(gateway.address) as busy:

        def open_silent_stream() -> Wire:
            wire = Wire(gateway.address)
            assert busy.ask(request(CHAT_PATH, chat())).status == 200
            wire.send(request(CHAT_PATH, chat(stream=True)))
            assert wire.response().read(5) == b"data:"
            return wire

        warm = [open_silent_stream() for _ in range(SILENT_STREAMS)]
        before = settled(gateway)
        silent = [open_silent_stream() for _ in range(SILENT_STREAMS)]
        each = (settled(gateway) - before) / SILENT_STREAMS
    for wire in warm + silent:
        wire.close()
    held.release()
    figure(f"memory of a silent stream, resume {resume}: {each / KIB:.1f} KiB")
    assert each < SILENT_STREAM_BYTES_MAX


def settled(gateway: Gateway) -> int:
    """Resident memory once it has stopped growing: what is loaded beside the first calls is no part of one."""
    seen = [gateway.process.resident_bytes]

    def is_still() -> bool:
        time.sleep(0.1)
        seen.append(gateway.process.resident_bytes)
        return len(seen) > 5 and max(seen[-5:]) - min(seen[-5:]) < 64 * KIB

    until(is_still, "the gateway's memory is at rest")
    return seen[-1]


def test_a_body_in_chunks_of_one_byte_arrives_whole_and_costs_no_more(gateway: Gateway, upstream: Upstream) -> None:
    body = chat("x" * 200_000)
    head = request(CHAT_PATH).replace(b"content-length: 0", b"transfer-encoding: chunked")
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    with Wire(gateway.address) as wire:
        assert wire.ask(request(CHAT_PATH, body)).status == 200
        before = gateway.process.resident_bytes_peak
        assert wire.ask(head + chunks + LAST_CHUNK).status == 200
        grown = gateway.process.resident_bytes_peak - before
    assert [call.body for call in upstream.calls] == [body, body]
    assert grown < 4 * MIB


def test_a_large_answer_leaves_byte_for_byte(gateway: Gateway, upstream: Upstream) -> None:
    answer = json_of(LARGE_BYTES)
    upstream.script = whole(answer)
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert reply.status == 200
    assert reply.body == answer


@pytest.mark.parametrize("size", [1_000_000, LARGE_BYTES])
def test_a_large_request_arrives_byte_for_byte(gateway: Gateway, upstream: Upstream, size: int) -> None:
    body = chat("".join(f"{number:x} é\n" for number in range(size // 12)))
    with Wire(gateway.address) as wire:
        assert wire.ask(request(CHAT_PATH, body)).status == 200
    assert len(body) > size
    assert upstream.call.body == body


def test_a_caller_that_stops_reading_costs_half_of_the_memory_for_bodies_at_most(
    start: StartGateway, upstream: Upstream
) -> None:
    """A whole answer is held so far, and then the provider is held back."""
    limits = {"body_bytes_max": MIB, "body_memory_bytes_max": 4 * MIB}
    gateway = start(config=configuration(providers={"openai": provider(upstream.base_url)}) | {"limits": limits})
    answer = json_of(LARGE_BYTES)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
    held_back = Event()

    def script(exchange: Exchange) -> None:
        exchange.send(head)
        pieces = (answer[at : at + MIB] for at in range(0, len(answer), MIB))
        if not all(exchange.send_within(piece, STALL_S) for piece in pieces):
            held_back.set()

    with Wire(gateway.address) as wire:
        assert wire.ask(request(CHAT_PATH, chat())).status == 200
    before = gateway.process.resident_bytes_peak
    upstream.script = script
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat()))
        assert wire.response().status == 200
        assert held_back.wait(PATIENCE_S), "the provider was never held back"
        assert gateway.process.resident_bytes_peak - before < UNREAD_BYTES_MAX + 2 * MIB
