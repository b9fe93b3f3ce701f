"""Proves that a caller of a translated stream hears something while the model thinks unseen, that no SDK minds, and that
nothing else is changed by it: a stream that passes as it came, failover, patience with a silent provider."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import openai

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.node import see
from harness.process import until
from harness.speech import CHAT_PATH, DONE, END_MARK, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, stream_head, streamed

PING_MS = 50
COMMENT = b": ping\n\n"
PING_EVENT = b"event: ping\n"
ASK: list[Any] = [{"role": "user", "content": "ping"}]


def message_event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


HEAD = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 0},
}  # fmt: skip
#: A thought that is not shown: between its beginning and its seal nothing is said.
UNSEEN = [
    message_event("message_start", message=HEAD),
    message_event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
]
SAID = [
    message_event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2VhbA=="}),
    message_event("content_block_stop", index=0),
    message_event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
    message_event("content_block_delta", index=1, delta={"type": "text_delta", "text": "pong"}),
    message_event("content_block_stop", index=1),
    message_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 5}),
    message_event("message_stop"),
]
CHAT_FINISH = delta(content="pong").replace(b'"finish_reason": null', b'"finish_reason": "stop"')


class Ear(httpx.HTTPTransport):
    """A transport that keeps the bytes it lets through."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = b""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        return httpx.Response(response.status_code, headers=response.headers, stream=Kept(self, stream))


class Kept(httpx.SyncByteStream):
    def __init__(self, ear: Ear, stream: httpx.SyncByteStream) -> None:
        self._ear, self._stream = ear, stream

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            self._ear.heard += piece
            yield piece

    def close(self) -> None:
        self._stream.close()


def after(is_heard: Callable[[], bool], before: list[bytes], behind: list[bytes]) -> Script:
    """Answers with a stream that is silent in its middle until the caller has heard what the test waits for."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + b"".join(map(chunk, before)))
        until(is_heard, "the caller hears signs of life")
        exchange.send(b"".join(map(chunk, behind)) + LAST_CHUNK)

    return script


def started(start: StartGateway, upstream: Upstream, dialect: str, **timeouts: int) -> Gateway:
    node = {**provider(upstream.base_url), "dialects": [dialect]}
    return start(config=configuration({"node": node}, timeouts={"ping_ms": PING_MS, **timeouts}))


def openai_client(gateway: Gateway, ear: Ear) -> openai.OpenAI:
    client = httpx.Client(transport=ear)
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, http_client=client)


def paused(before: list[bytes], behind: list[bytes]) -> Script:
    """Answers with a stream that is silent in its middle for much longer than signs of life take."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + b"".join(map(chunk, before)))
        assert not exchange.saw_hang_up_within(0.2)
        exchange.send(b"".join(map(chunk, behind)) + LAST_CHUNK)

    return script


def test_messages_callers_are_pinged(start: StartGateway, upstream: Upstream) -> None:
    gateway, heard = started(start, upstream, "chat"), bytearray()
    upstream.script = after(lambda: heard.count(PING_EVENT) >= 2, [delta(role="assistant")], [CHAT_FINISH, DONE])
    ask = {"model": MODEL, "max_tokens": 99, "messages": ASK, "stream": True}
    with gateway.http().stream("POST", "/v1/messages", json=ask) as answered:
        for piece in answered.iter_bytes():
            heard += piece
    assert heard.startswith(b"event: message_start")
    assert heard.count(b'event: ping\ndata: {"type":"ping"}\n\n') == heard.count(PING_EVENT)
    assert heard.rindex(PING_EVENT) < heard.index(b"pong") < heard.index(b"event: message_stop")


def test_the_sdk_of_messages_minds_no_ping(start: StartGateway, upstream: Upstream) -> None:
    gateway = started(start, upstream, "chat", ping_ms=5)
    upstream.script = paused([delta(role="assistant")], [CHAT_FINISH, DONE])
    client = anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key, max_retries=0)
    with client.messages.stream(model=MODEL, max_tokens=99, messages=ASK) as stream:
        message = stream.get_final_message()
    assert [block.text for block in message.content if block.type == "text"] == ["pong"]


def test_chat_callers_get_comments(start: StartGateway, upstream: Upstream) -> None:
    gateway, ear = started(start, upstream, "messages"), Ear()
    upstream.script = after(lambda: ear.heard.count(COMMENT) >= 2, UNSEEN, SAID)
    events = list(openai_client(gateway, ear).chat.completions.create(model=MODEL, messages=ASK, stream=True))
    assert "".join(event.choices[0].delta.content or "" for event in events if event.choices) == "pong"
    assert ear.heard.endswith(END_MARK)


def test_responses_callers_get_comments(start: StartGateway, upstream: Upstream) -> None:
    gateway, ear = started(start, upstream, "messages"), Ear()
    upstream.script = after(lambda: ear.heard.count(COMMENT) >= 2, UNSEEN, SAID)
    with openai_client(gateway, ear).responses.stream(model=MODEL, input="ping", store=False) as stream:
        numbers = [event.sequence_number for event in stream]
        assert stream.get_final_response().output_text == "pong"
    assert numbers == list(range(len(numbers)))


def test_the_sdk_for_node_minds_no_comment(start: StartGateway, upstream: Upstream) -> None:
    gateway = started(start, upstream, "messages", ping_ms=5)
    upstream.script = paused(UNSEEN, SAID)
    events = see(gateway, "streamed").answer
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"]) == "pong"


def test_a_stream_that_passes_as_it_came_gets_nothing_of_ours(start: StartGateway, upstream: Upstream) -> None:
    gateway = started(start, upstream, "chat", ping_ms=5)
    upstream.script = paused([delta(role="assistant")], [CHAT_FINISH, DONE])
    answered = gateway.http().post(CHAT_PATH, content=chat(stream=True, stream_options={"include_usage": True}))
    assert answered.content == delta(role="assistant") + CHAT_FINISH + DONE


def test_no_sign_of_life_comes_before_an_answer_has_begun(
    start: StartGateway, new_upstream: StartUpstream, upstream: Upstream
) -> None:
    """Else nobody but the silent provider could answer any more."""
    upstream.script = lambda exchange: (exchange.send(stream_head()), exchange.saw_hang_up(), exchange.close())[0]
    good = new_upstream(streamed(UNSEEN + SAID))
    providers = {
        name: {**provider(node.base_url, models=[MODEL]), "dialects": ["messages"]}
        for name, node in (("silent", upstream), ("good", good))
    }
    config = configuration(providers, {MODEL: [f"good/{MODEL}"]}, timeouts={"ping_ms": 5})
    config["models"][MODEL]["targets"].insert(0, {"provider": "silent", "model": MODEL, "timeout_ms": 300})
    gateway = start(config=config)
    answered = gateway.http().post(CHAT_PATH, content=chat(stream=True))
    assert (answered.status_code, answered.headers["x-bellwether-provider"]) == (200, "good")
    assert b"pong" in answered.content


def test_our_own_signs_do_not_hide_a_dead_provider(start: StartGateway, upstream: Upstream) -> None:
    gateway = started(start, upstream, "messages", idle_ms=400)
    hung_up: list[bool] = []

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + b"".join(map(chunk, UNSEEN)))
        hung_up.append(exchange.saw_hang_up())
        exchange.close()

    upstream.script = script
    heard = b""
    with (
        gateway.http().stream("POST", CHAT_PATH, content=chat(stream=True)) as answered,
        contextlib.suppress(httpx.RemoteProtocolError),
    ):
        for piece in answered.iter_bytes():
            heard += piece
    assert COMMENT in heard
    assert b"stream_broken" in heard
    until(lambda: hung_up == [True], "the provider is told")
