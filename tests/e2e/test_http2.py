"""Proves that the streams of one HTTP/2 connection are calls of their own: fifty at once, and one cancelled alone."""

from __future__ import annotations

import trustme

from conftest import trusting
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, DONE, chat, delta
from harness.upstream import LAST_CHUNK, Held, Upstream, chunk, stream_head
from harness.wire2 import Wire2

STREAMS = 50
#: A request that the gateway has no reason to edit.
STREAM = {"stream": True, "stream_options": {"include_usage": True}}


def test_fifty_streams_run_at_once_and_one_is_cancelled_alone(
    secured: Gateway, upstream: Upstream, authority: trustme.CA
) -> None:
    held = Held()
    upstream.script = held
    with Wire2(secured.address, trusting(authority)) as wire:
        numbers = [wire.begin(CHAT_PATH, chat(f"call {place}", **STREAM)) for place in range(STREAMS)]
        calls = {exchange.received.body: exchange for exchange in held.wait_for(STREAMS)}
        for exchange in calls.values():
            exchange.send(stream_head() + chunk(delta(content="before")))

        wire.cancel(numbers[0])
        cancelled = calls.pop(chat("call 0", **STREAM))
        assert cancelled.saw_hang_up(), "the provider is told at once"

        for body, exchange in calls.items():
            exchange.send(chunk(delta(content=body.decode())) + chunk(DONE) + LAST_CHUNK)
        wire.read_to_the_end_of(numbers[1:])
        for place, number in enumerate(numbers[1:], start=1):
            stream = wire.streams[number]
            told = chat(f"call {place}", **STREAM).decode()
            assert (stream.status, stream.was_reset) == (200, False)
            assert bytes(stream.body) == delta(content="before") + delta(content=told) + DONE
    held.release()


def test_a_broken_answer_resets_its_stream_and_no_other(
    secured: Gateway, upstream: Upstream, authority: trustme.CA
) -> None:
    held = Held()
    upstream.script = held
    with Wire2(secured.address, trusting(authority)) as wire:
        broken, whole = (wire.begin(CHAT_PATH, chat(text, **STREAM)) for text in ("broken", "whole"))
        calls = {exchange.received.body: exchange for exchange in held.wait_for(2)}
        calls[chat("broken", **STREAM)].send(stream_head() + chunk(delta(content="x")))
        calls[chat("broken", **STREAM)].close()
        wire.read_to_the_end_of([broken])
        assert wire.streams[broken].was_reset
        assert b'"stream_broken"' in wire.streams[broken].body
        calls[chat("whole", **STREAM)].send(stream_head() + chunk(DONE) + LAST_CHUNK)
        wire.read_to_the_end_of([whole])
        assert bytes(wire.streams[whole].body) == DONE
    held.release()
