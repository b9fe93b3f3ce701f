"""Proves that bytes pass untouched: requests but for the model name, answers wholly, however the bytes are split."""

from __future__ import annotations

import json

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Reply, Wire, request

ODD_BODIES = {
    "unknown fields": b'{"model":"m","messages":[],"x_new_field":{"deep":[1,{"a":null}]}}',
    "number text": b'{"model":"m","messages":[],"temperature":1e-7,"top_p":1.0,"seed":9223372036854775807,"z":-0.0}',
    "field order": b'{"stream":false,"z":1,"messages":[],"a":2,"model":"m","b":3}',
    "escapes": b'{"model":"m","messages":[{"role":"user","content":"\\u00e9\\ud83d\\ude00 \\/ \\" \\\\ \\n"}]}',
    "raw UTF-8": '{"model":"m","messages":[{"role":"user","content":"日本語 🙂 é"}]}'.encode(),
    "white space": b'\r\n {\t"model" :  "m" ,\n\n "messages" : [ ] }\n\n',
    "deciding names inside": b'{"messages":[{"model":"x","stream":true,"content":"\\"model\\":\\"y\\""}],"model":"m"}',
    "repeated harmless names": b'{"model":"m","messages":[{"role":"user","role":"user"}],"x":1,"x":2}',
    "braces in strings": b'{"messages":[{"role":"user","content":"}]{\\\\\\"[{"}],"model":"m"}',
    "escaped field name": b'{"mod\\u0065l":"m","messages":[]}',
}

#: Each pair: a body that names `provider/model`, and the same bytes with only the name replaced.
RENAMED_BODIES = {
    "plain": (b'{"model":"openai/gpt-9","messages":[]}', b'{"model":"gpt-9","messages":[]}'),
    "spaced": (b'{ "model" :\t"openai/gpt-9" , "n":1.0}\n', b'{ "model" :\t"gpt-9" , "n":1.0}\n'),
    "last": (b'{"messages":["openai/gpt-9"],"model":"openai/gpt-9"}', b'{"messages":["openai/gpt-9"],"model":"gpt-9"}'),
    "escaped": (b'{"model":"\\u006fpenai\\/gpt-9","n":1}', b'{"model":"gpt-9","n":1}'),
}

DUPLICATES = {
    "model": b'{"model":"a","messages":[],"model":"b"}',
    "model by escape": b'{"model":"a","messages":[],"mod\\u0065l":"b"}',
    "stream": b'{"model":"a","stream":true,"messages":[],"stream":false}',
    "stream by escape": b'{"model":"a","stream":true,"messages":[],"\\u0073tream":false}',
    "max_tokens": b'{"model":"a","max_tokens":1,"messages":[],"max_tokens":100000}',
}

#: Each with the field that the refusal names, if one is at fault.
UNREADABLE = {
    "nothing": (b"", None),
    "no JSON": (b"hello", None),
    "an array": (b'[{"model":"m"}]', None),
    "cut off": (b'{"model":"m","messages":[', None),
    "two values": (b'{"model":"m"}{"model":"n"}', None),
    "no model": (b'{"messages":[]}', "model"),
    "null model": (b'{"model":null,"messages":[]}', "model"),
    "number model": (b'{"model":5,"messages":[]}', "model"),
    "empty model": (b'{"model":"","messages":[]}', "model"),
    "stream is text": (b'{"model":"m","stream":"yes"}', "stream"),
}

SSE_LF = (
    delta(role="assistant", content="") + delta(content="日本 🙂") + b": a comment\n\n" + delta(content='"}\\n') + DONE
)
SSE_CRLF = b"event: message\r\nid: 7\r\n" + SSE_LF.replace(b"\n", b"\r\n")
SHORT_SSE = b'data: {"choices":[{"index":0,"delta":{"content":"\xc3\xa9\xf0\x9f\x99\x82"},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\n\n'


def ask(gateway: Gateway, body: bytes) -> Reply:
    with Wire(gateway.address) as wire:
        return wire.ask(request(CHAT_PATH, body))


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_a_request_body_arrives_byte_for_byte(gateway: Gateway, upstream: Upstream, body: bytes) -> None:
    reply = ask(gateway, body)
    assert reply.status == 200, reply.body
    assert upstream.call.body == body


@pytest.mark.parametrize(("sent", "arrives"), RENAMED_BODIES.values(), ids=RENAMED_BODIES.keys())
def test_only_the_model_name_is_edited(gateway: Gateway, upstream: Upstream, sent: bytes, arrives: bytes) -> None:
    reply = ask(gateway, sent)
    assert reply.status == 200, reply.body
    assert upstream.call.body == arrives


def test_a_configured_name_is_mapped(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(
        config=configuration(
            providers={"openai": provider(upstream.base_url)},
            models={"fast": ["openai/gpt-4o-mini-2024-07-18"]},
        )
    )
    body = b'{"messages":[{"role":"user","content":"fast"}], "model" : "fast","n":1e0}'
    reply = ask(gateway, body)
    assert reply.status == 200, reply.body
    assert upstream.call.body == body.replace(b'"model" : "fast"', b'"model" : "gpt-4o-mini-2024-07-18"')
    assert reply.body == CHAT_REPLY, "the answer names what the provider said"


def test_a_streaming_request_that_asks_for_usage_is_not_edited_either(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = streamed([SSE_LF])
    body = chat(stream=True, stream_options={"include_usage": True})
    assert ask(gateway, body).status == 200
    assert upstream.call.body == body


ASKED = b'"stream_options":{"include_usage":true}'


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'{"model": "gpt-9", "stream": true}', b'{"model": "gpt-9",' + ASKED + b', "stream": true}'),
        (b'{"stream":true,"model":"openai/gpt-9"}', b'{"stream":true,"model":"gpt-9",' + ASKED + b"}"),
        (b'{"stream_options":null,"stream":true,"model":"gpt-9"}', b"{" + ASKED + b',"stream":true,"model":"gpt-9"}'),
        (
            b'{"model":"openai/gpt-9","stream":true,"stream_options":{"include_usage":false,"a": 1e-7}}',
            b'{"model":"gpt-9","stream":true,"stream_options":{"include_usage":true,"a":1e-7}}',
        ),
        (b'{"model": "gpt-9", "stream": false}', b'{"model": "gpt-9", "stream": false}'),
    ],
)
def test_usage_is_asked_for_and_nothing_else_is_touched(
    gateway: Gateway, upstream: Upstream, body: bytes, sent: bytes
) -> None:
    upstream.script = streamed([SSE_LF]) if b"include_usage" in sent else whole(CHAT_REPLY)
    assert ask(gateway, body).status == 200
    assert upstream.call.body == sent


def test_usage_reaches_only_callers_who_asked_for_it(gateway: Gateway, upstream: Upstream) -> None:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-9"}
    said = {**chunk, "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}], "usage": None}
    usage = {**chunk, "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}}
    events = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in (said, usage)] + [b"data: [DONE]\n\n"]
    upstream.script = streamed(events)
    assert ask(gateway, chat(stream=True)).body == events[0] + events[2]
    assert ask(gateway, chat(stream=True, stream_options={"include_usage": True})).body == b"".join(events)
    assert gateway.metric("ai_gateway_tokens_total", provider="openai", kind="input") == 14


def test_a_large_body_arrives_byte_for_byte(gateway: Gateway, upstream: Upstream) -> None:
    text = "".join(f'line {number}: "quoted" \\ and é\n' for number in range(50_000))
    body = chat(text, model="openai/gpt-9")
    assert len(body) > 1_000_000
    reply = ask(gateway, body)
    assert reply.status == 200, reply.body
    assert upstream.call.body == body.replace(b"openai/gpt-9", b"gpt-9")


def test_a_chunked_request_arrives_whole_whatever_the_chunks(gateway: Gateway, upstream: Upstream) -> None:
    body = ODD_BODIES["escapes"]
    head = (
        request(CHAT_PATH, body)
        .split(b"\r\n\r\n")[0]
        .replace(b"content-length: %d" % len(body), b"transfer-encoding: chunked")
    )
    for size in (1, 2, 3, 7, len(body)):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        with Wire(gateway.address) as wire:
            reply = wire.ask(head + b"\r\n\r\n" + b"".join(map(chunk, pieces)) + LAST_CHUNK)
        assert reply.status == 200, reply.body
        assert upstream.calls[-1].body == body


@pytest.mark.parametrize("body", DUPLICATES.values(), ids=DUPLICATES.keys())
def test_a_repeated_deciding_field_is_refused(gateway: Gateway, upstream: Upstream, body: bytes) -> None:
    reply = ask(gateway, body)
    assert reply.status == 400
    assert reply.error["source"] == "client"
    assert reply.error["param"] in ("model", "stream", "max_tokens")
    assert not upstream.calls


@pytest.mark.parametrize(("body", "param"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_body_is_refused_with_the_reason(
    gateway: Gateway, upstream: Upstream, body: bytes, param: str | None
) -> None:
    reply = ask(gateway, body)
    assert reply.status == 400
    assert reply.error["type"] == "invalid_request_error"
    assert reply.error["param"] == param
    assert reply.error["message"]
    assert not upstream.calls


def test_a_body_nested_without_end_harms_nobody(gateway: Gateway) -> None:
    reply = ask(gateway, b'{"model":"m","messages":' + b"[" * 200_000)
    assert reply.status == 400
    assert ask(gateway, chat()).status == 200


def test_a_json_answer_leaves_byte_for_byte(gateway: Gateway) -> None:
    reply = ask(gateway, chat())
    assert reply.body == CHAT_REPLY
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("said", "told"),
    [("application/json; charset=utf-8",) * 2, ("text/plain", "application/json"), ("text/html", "application/json")],
)
def test_the_content_type_is_the_upstreams_if_it_is_true(
    gateway: Gateway, upstream: Upstream, said: str, told: str
) -> None:
    """An SDK goes by it: what is called text is handed out as text."""
    upstream.script = whole(CHAT_REPLY, content_type=said)
    reply = ask(gateway, chat())
    assert (reply.headers["content-type"], reply.body) == (told, CHAT_REPLY)


def test_a_large_answer_leaves_byte_for_byte(gateway: Gateway, upstream: Upstream) -> None:
    answer = CHAT_REPLY.replace(b"caf", b"x" * 3_000_000)
    upstream.script = whole(answer)
    assert ask(gateway, chat()).body == answer


@pytest.mark.parametrize("events", [SSE_LF, SSE_CRLF], ids=["LF", "CRLF"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 100_000])
def test_a_stream_leaves_byte_for_byte(gateway: Gateway, upstream: Upstream, events: bytes, size: int) -> None:
    upstream.script = streamed([events[at : at + size] for at in range(0, len(events), size)])
    reply = ask(gateway, chat(stream=True))
    assert reply.body == events
    assert reply.headers["content-type"] == "text/event-stream"


def test_a_stream_may_be_split_at_any_byte(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        for at in range(1, len(SHORT_SSE)):
            upstream.script = streamed([SHORT_SSE[:at], SHORT_SSE[at:]])
            assert wire.ask(request(CHAT_PATH, chat(stream=True))).body == SHORT_SSE, f"split at {at}"


def test_each_event_leaves_before_the_next_arrives(gateway: Gateway, upstream: Upstream) -> None:
    """Nothing is held back: the provider sends an event only after the caller has read the one before."""
    events = [*(delta(content=f"piece {number}") for number in range(20)), DONE]
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        (exchange,) = held.wait_for(1)
        # The head goes with the first event: until then, another target may be asked.
        exchange.send(stream_head() + chunk(events[0]))
        response = wire.response()
        assert response.read(len(events[0])) == events[0]
        for event in events[1:]:
            exchange.send(chunk(event))
            assert response.read(len(event)) == event
        exchange.send(LAST_CHUNK)
        assert response.read() == b""
    held.release()


def test_an_answer_without_length_ends_where_the_connection_does(gateway: Gateway, upstream: Upstream) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + CHAT_REPLY)
        exchange.close()

    upstream.script = script
    assert ask(gateway, chat()).body == CHAT_REPLY
