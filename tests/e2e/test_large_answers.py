"""Proves what docs/operations/misbehaving-providers.md says of large answers that are JSON: half of one never leaves.

The simulator's part of it stands in the table of that page; this is about the other surfaces, and about the memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import LAST_CHUNK, Exchange, Held, Script, Upstream, chunk, whole

#: As much text as makes an answer of two megabytes.
TEXT = "and so on, " * 190_000
HELLO = [{"role": "user", "content": "hello"}]


@dataclass(frozen=True)
class Spoken:
    """A surface: where it is, what is asked there, and a large answer to it."""

    name: str
    path: str
    question: dict[str, Any]
    answer: dict[str, Any]
    #: What its provider speaks.
    dialect: str = "chat"

    @property
    def reply(self) -> bytes:
        return json.dumps(self.answer).encode()


CHAT_ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}
MESSAGES_ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": MODEL,
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 11, "output_tokens": 7},
}
RESPONSES_ANSWER = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": MODEL,
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": TEXT, "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18},
}
EMBEDDINGS_ANSWER = {
    "object": "list",
    "model": MODEL,
    "data": [{"object": "embedding", "index": n, "embedding": [0.125] * 1536} for n in range(200)],
    "usage": {"prompt_tokens": 11, "total_tokens": 11},
}
COMPLETIONS_ANSWER = {
    "id": "cmpl-1",
    "object": "text_completion",
    "model": MODEL,
    "choices": [{"index": 0, "text": TEXT, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}
IMAGES_ANSWER = {"created": 1700000000, "data": [{"b64_json": "QUJD" * 500_000}]}

MESSAGES_QUESTION = {"model": MODEL, "max_tokens": 9, "messages": HELLO}
SPOKEN = [
    Spoken("chat", CHAT_PATH, {"model": MODEL, "messages": HELLO}, CHAT_ANSWER),
    Spoken("messages", "/v1/messages", MESSAGES_QUESTION, MESSAGES_ANSWER, "messages"),
    Spoken("responses", "/v1/responses", {"model": MODEL, "input": "hello"}, RESPONSES_ANSWER, "responses"),
    Spoken("completions", "/v1/completions", {"model": MODEL, "prompt": "hello"}, COMPLETIONS_ANSWER),
    Spoken("embeddings", "/v1/embeddings", {"model": MODEL, "input": "hello"}, EMBEDDINGS_ANSWER),
    Spoken("images", "/v1/images/generations", {"model": MODEL, "prompt": "hello"}, IMAGES_ANSWER),
    Spoken("messages from chat", "/v1/messages", MESSAGES_QUESTION, CHAT_ANSWER),
    Spoken("chat from responses", CHAT_PATH, {"model": MODEL, "messages": HELLO}, RESPONSES_ANSWER, "responses"),
]
CHAT = SPOKEN[0]
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def in_parts(body: bytes) -> Iterator[bytes]:
    return (body[at : at + 100_000] for at in range(0, len(body), 100_000))


def promised(reply: bytes) -> Script:
    """Its length is told, and less comes."""

    def script(exchange: Exchange) -> None:
        exchange.send(f"{HEAD}content-length: {len(reply)}\r\n\r\n".encode() + reply[: len(reply) // 2])
        exchange.close()

    return script


def chunked(reply: bytes, *, is_ended: bool) -> Script:
    """In chunks, of which the last may never come."""

    def script(exchange: Exchange) -> None:
        exchange.send(f"{HEAD}transfer-encoding: chunked\r\n\r\n".encode())
        for part in in_parts(reply):
            exchange.send(chunk(part))
        if is_ended:
            exchange.send(LAST_CHUNK)
        else:
            exchange.close()

    return script


def closed(reply: bytes) -> Script:
    """Ended by closing."""

    def script(exchange: Exchange) -> None:
        exchange.send(f"{HEAD}connection: close\r\n\r\n".encode() + reply)
        exchange.close()

    return script


#: What is wrong with an answer.
BROKEN = {
    "less than promised": promised,
    "chunks that end without the last": lambda reply: chunked(reply[: len(reply) // 2], is_ended=False),
    "chunks that end in good order": lambda reply: chunked(reply[: len(reply) // 2], is_ended=True),
    "closed too early": lambda reply: closed(reply[: len(reply) // 2]),
    "without its last brace": lambda reply: whole(reply[:-1]),
    "with an error of a proxy instead of its end": lambda reply: whole(
        reply[: len(reply) // 2] + b'{"error":{"message":"upstream connect error"}}'
    ),
    "with something behind its end": lambda reply: whole(reply + b'{"error":{"message":"too late"}}'),
}


def served(start: StartGateway, first: Upstream, second: Upstream, spoken: Spoken, **more: Any) -> Gateway:
    section = {name: {**provider(it.base_url), "dialects": [spoken.dialect]} for name, it in
               (("first", first), ("second", second))}
    config = configuration(section, {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}, retries=NO_REPEATS)
    return start(config={**config, **more})


@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.name)
@pytest.mark.parametrize("broken", BROKEN)
def test_half_an_answer_is_followed_by_the_next_target(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, spoken: Spoken, broken: str
) -> None:
    upstream.script = BROKEN[broken](spoken.reply)
    other = new_upstream(whole(spoken.reply))
    gateway = served(start, upstream, other, spoken)
    reply = gateway.http().post(spoken.path, json=spoken.question)
    assert (reply.status_code, reply.headers["x-bellwether-provider"]) == (200, "second")
    assert reply.headers["x-bellwether-attempts"] == "2"
    is_translated = "from" in spoken.name
    assert reply.json() and (is_translated or reply.content == spoken.reply)
    assert TEXT in reply.text or spoken.name in ("embeddings", "images")


@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.name)
def test_a_whole_one_passes_in_whatever_framing(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, spoken: Spoken
) -> None:
    other = new_upstream(whole(b"{}"))
    gateway = served(start, upstream, other, spoken)
    for script in (whole(spoken.reply), chunked(spoken.reply, is_ended=True), closed(spoken.reply)):
        upstream.script = script
        reply = gateway.http().post(spoken.path, json=spoken.question)
        assert (reply.status_code, reply.headers["x-bellwether-provider"]) == (200, "first")
        assert "from" in spoken.name or reply.content == spoken.reply
    assert not other.calls


def test_alone_it_is_told_as_a_failure_in_our_shape(start: StartGateway, upstream: Upstream) -> None:
    upstream.script = promised(CHAT.reply)
    gateway = start(config=configuration({"only": provider(upstream.base_url)}, retries=NO_REPEATS))
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_failed")


def test_silence_within_it_counts_and_not_the_time_that_it_takes(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    """Its beginning was there in time: what flows is not cut for being large, what stops is."""
    half = len(CHAT.reply) // 2
    other = new_upstream(whole(CHAT.reply))
    timeouts = {"idle_ms": 300, "answer_ms": 20_000}
    gateway = served(start, upstream, other, CHAT, timeouts=timeouts)

    def slowly(exchange: Exchange) -> None:
        exchange.send(f"{HEAD}content-length: {len(CHAT.reply)}\r\n\r\n".encode())
        for at in range(0, len(CHAT.reply), half // 4):
            exchange.send(CHAT.reply[at : at + half // 4])
            exchange.saw_hang_up_within(0.1)

    upstream.script = slowly
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert (reply.headers["x-bellwether-provider"], reply.content) == ("first", CHAT.reply)

    def stops_halfway(exchange: Exchange) -> None:
        exchange.send(f"{HEAD}content-length: {len(CHAT.reply)}\r\n\r\n".encode() + CHAT.reply[:half])
        assert exchange.saw_hang_up(), "who is not waited for any more is left"
        exchange.close()

    upstream.script = stops_halfway
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert (reply.headers["x-bellwether-provider"], reply.content) == ("second", CHAT.reply)


def test_without_memory_it_passes_as_it_comes_and_a_break_is_a_break(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    """Half of the memory for bodies is left to those who ask."""
    other = new_upstream(whole(CHAT.reply))
    limits = {"body_memory_bytes_max": 1 << 20, "body_bytes_max": 1 << 20}
    gateway = served(start, upstream, other, CHAT, limits=limits)
    upstream.script = whole(CHAT.reply)
    assert gateway.http().post(CHAT_PATH, content=chat()).content == CHAT.reply
    upstream.script = promised(CHAT.reply)
    with pytest.raises(httpx.RemoteProtocolError):
        gateway.http().post(CHAT_PATH, content=chat())
    assert not other.calls
    until(lambda: memory_taken(gateway) == 0, "what it held is free again")


def test_a_held_answer_takes_memory_until_it_has_left(start: StartGateway, upstream: Upstream) -> None:
    held, replies = Held(), list[httpx.Response]()
    upstream.script = held
    gateway = start(config=configuration({"only": provider(upstream.base_url)}))
    asking = Thread(target=lambda: replies.append(gateway.http().post(CHAT_PATH, content=chat())))
    asking.start()
    (exchange,) = held.wait_for(1)
    half = len(CHAT.reply) // 2
    exchange.send(f"{HEAD}content-length: {len(CHAT.reply)}\r\n\r\n".encode() + CHAT.reply[:half])
    until(lambda: memory_taken(gateway) >= half, "what has come is counted")
    exchange.send(CHAT.reply[half:])
    asking.join()
    assert replies[0].content == CHAT.reply
    until(lambda: memory_taken(gateway) == 0, "what has left is free again")
    held.release()


def test_sound_is_not_held(start: StartGateway, upstream: Upstream) -> None:
    """It leaves as it is made, however much of it is still to come."""
    held, sound = Held(), list[bytes]()
    upstream.script = held
    gateway = start(config=configuration({"only": provider(upstream.base_url)}))
    question = {"model": MODEL, "input": "hello", "voice": "alloy"}

    def listen() -> None:
        with gateway.http().stream("POST", "/v1/audio/speech", json=question) as reply:
            sound.extend(reply.iter_raw())

    listening = Thread(target=listen)
    listening.start()
    (exchange,) = held.wait_for(1)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n"
    exchange.send(head + chunk(b"\xff" * 100))
    until(lambda: sum(map(len, sound)) == 100, "the beginning has come")
    exchange.send(LAST_CHUNK)
    listening.join()
    held.release()


def memory_taken(gateway: Gateway) -> float:
    return gateway.metric("ai_gateway_body_memory_bytes") or 0
