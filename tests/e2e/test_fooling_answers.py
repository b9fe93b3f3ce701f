"""Proves that nothing a provider says makes a failed or cut answer look whole, and nothing sound look failed."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from conftest import StartGateway
from harness.config import one_after_the_other
from harness.gateway import CALLER_KEY, UPSTREAM_KEY, Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat
from harness.upstream import Exchange, Script, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Wire, request

END = b"0\r\n\r\n"
#: A sound answer but for its last brace.
OPEN_REPLY = CHAT_REPLY.rstrip()[:-1]
#: Longer than a provider is given to end the framing of an answer that is whole.
LAG_S = 0.6


def event(value: object, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(value)}\n\n".encode()


def delta(reason: str | None = None, index: int = 0) -> dict[str, object]:
    return {"choices": [{"index": index, "delta": {"content": "x"}, "finish_reason": reason}]}


def raw(gateway: Gateway, body: bytes, path: str = CHAT_PATH, version: str = "1.1") -> bytes:
    """Every byte of one answer, up to where the connection ends; a reset is an error."""
    head = f"POST {path} HTTP/{version}\r\nhost: x\r\nauthorization: Bearer {CALLER_KEY}\r\nconnection: close\r\n"
    with socket.create_connection(gateway.address, timeout=10) as wire:
        wire.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while part := wire.recv(65536):
            answer += part
        return answer


CUT_STREAMS: dict[str, tuple[str, list[bytes], bytes]] = {
    "an empty reason is none": (CHAT_PATH, [event(delta("")), event(delta(""))], chat(stream=True)),
    "a long event that is cut": (
        CHAT_PATH,
        [event(delta("stop")), b'data: {"choices":[],"big":"' + b"x" * 100_000],
        chat(stream=True),
    ),
    "one of two prompts": (
        "/v1/completions",
        [event({"choices": [{"index": 0, "text": "x", "finish_reason": "stop"}]})],
        json.dumps({"model": MODEL, "prompt": ["a", "b"], "stream": True}).encode(),
    ),
}


@pytest.mark.parametrize("case", CUT_STREAMS)
def test_a_cut_stream_has_no_clean_end(gateway: Gateway, upstream: Upstream, case: str) -> None:
    path, pieces, body = CUT_STREAMS[case]
    upstream.script = streamed(pieces)
    answer = raw(gateway, body, path)
    assert b"200 OK" in answer
    assert not answer.endswith(END)


TOLD_ERRORS = {
    "an object that calls itself an error": event({"object": "error", "message": "no memory left", "code": 500}),
    "an error beside choices": event({**delta(), "error": {"message": "no memory left"}}),
    "an event of another name": event({"error": {"message": "no memory left"}}, "exception"),
}


@pytest.mark.parametrize("case", TOLD_ERRORS)
def test_an_error_in_a_stream_is_told_even_before_an_end_mark(
    gateway: Gateway, upstream: Upstream, start: StartGateway, case: str
) -> None:
    upstream.script = streamed([event(delta()), TOLD_ERRORS[case], DONE])
    answer = raw(gateway, chat(stream=True))
    assert b"event: error" in answer
    assert b"no memory left" in answer
    assert not answer.endswith(END)
    upstream.script = streamed([TOLD_ERRORS[case], DONE])
    refused = gateway.http().post(CHAT_PATH, content=chat(stream=True))
    assert refused.status_code == 502
    assert "no memory left" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"detail":"Incorrect key ' + UPSTREAM_KEY.encode() + b'"}',
        b'{"base_resp":{"status_code":1008,"status_msg":"no credit"}}',
        b'{"id":"x","choices":null,"base_resp":{"status_code":1008,"status_msg":"no credit"}}',
        b"{}",
        b'{"object":"error","message":"no memory left"}',
    ],
)
def test_a_success_without_an_answer_is_none(
    start: StartGateway, new_upstream: object, upstream: Upstream, body: bytes
) -> None:
    upstream.script = whole(body)
    good = new_upstream()  # type: ignore[operator]
    gateway = start(config=one_after_the_other(upstream.base_url, good.base_url))
    answered = gateway.http().post(CHAT_PATH, content=chat())
    assert (answered.status_code, answered.content) == (200, CHAT_REPLY)
    good.script = whole(body)
    refused = gateway.http().post(CHAT_PATH, content=chat())
    assert refused.status_code == 502
    assert UPSTREAM_KEY not in refused.text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_in_words_of_its_own_is_told_in_them(gateway: Gateway, upstream: Upstream, stream: bool) -> None:
    told = {"id": "x", "choices": None, "base_resp": {"status_code": 1008, "status_msg": "no credit"}}
    upstream.script = streamed([event(told)]) if stream else whole(json.dumps(told).encode())
    refused = gateway.http().post(CHAT_PATH, content=chat(stream=stream))
    assert (refused.status_code, refused.json()["error"]["message"].split(": ")[-1]) == (502, "no credit"), refused.text


@pytest.mark.parametrize("nothing", ["null", "{}", '""', "false", "[]"])
def test_an_error_that_says_nothing_is_none(gateway: Gateway, upstream: Upstream, nothing: str) -> None:
    body = OPEN_REPLY + f',"error":{nothing}}}'.encode()
    upstream.script = whole(body)
    assert gateway.http().post(CHAT_PATH, content=chat()).content == body


def test_addresses_and_passwords_in_a_providers_words_stay_here(gateway: Gateway, upstream: Upstream) -> None:
    words = "dial tcp 10.0.3.7:8080 or llm.corp.internal:9000 or [fd00::7]:80 failed at 12:30 with pw=hunter2 for max_tokens=5"
    upstream.script = whole(json.dumps({"error": {"message": words}}).encode(), status="400 Bad Request")
    message = gateway.http().post(CHAT_PATH, content=chat()).json()["error"]["message"]
    for secret in ("10.0.3.7", "llm.corp.internal", "fd00::7", "hunter2"):
        assert secret not in message, message
    assert "12:30" in message
    assert "max_tokens=5" in message


def cut_off(pieces: list[bytes]) -> Script:
    def script(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.send(piece)
        exchange.close()

    return script


def test_a_caller_of_http_1_0_can_tell_a_cut_answer(gateway: Gateway, upstream: Upstream) -> None:
    """Of an object he is told by the status, for all of it was held."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    upstream.script = cut_off([head, chunk(b'{"choices":[],"x":"' + b"x" * 100_000)])
    assert raw(gateway, chat(), version="1.0").startswith(b"HTTP/1.0 502 ")
    upstream.script = cut_off([stream_head(), chunk(event(delta())), chunk(b'data: {"x":"' + b"x" * 100_000)])
    with pytest.raises(ConnectionResetError):
        raw(gateway, chat(stream=True), version="1.0")
    upstream.script = streamed([event(delta("stop")), DONE])
    assert raw(gateway, chat(stream=True), version="1.0").endswith(DONE), "a whole one ends in good order"


def test_a_part_of_an_answer_is_none(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(CHAT_REPLY, status="206 Partial Content")
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 502


def test_of_two_content_types_one_arrives(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(CHAT_REPLY, "content-type: text/html")
    answer = gateway.http().post(CHAT_PATH, content=chat())
    assert answer.headers.get_list("content-type") == ["application/json"]


UNSEEN_BEGINNINGS = [
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nx-a: ",
    b"POST /v1/chat/completions HTTP/1.1\r\n",
]
RESTS = [
    b"POST / HTTP/1.1\r\nauthorization: Bearer %s\r\ntransfer-encoding: chunked\r\n\r\n" % CALLER_KEY.encode(),
    b"content-length: 5\r\nhost: x\r\nauthorization: Bearer %s\r\ntransfer-encoding: chunked\r\n\r\n"
    % CALLER_KEY.encode(),
]


@pytest.mark.parametrize(("unseen", "rest"), list(zip(UNSEEN_BEGINNINGS, RESTS, strict=True)), ids=["in a value", "line"])
def test_a_head_that_begins_while_another_call_runs_is_judged_whole(
    gateway: Gateway, upstream: Upstream, unseen: bytes, rest: bytes
) -> None:
    body = chat()

    with Wire(gateway.address) as wire:
        first = request(CHAT_PATH, chat())
        wire.send(first + unseen)
        assert wire.response().read() == CHAT_REPLY
        wire.send(rest + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert wire.response().status == 400
    assert len(upstream.calls) == 1


def test_a_refusal_that_ends_the_connection_says_so(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        wire.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{")
        response = wire.response()
        assert response.status == 401
        assert response.headers["connection"] == "close"


def test_the_last_byte_that_was_promised_is_waited_for(gateway: Gateway, upstream: Upstream) -> None:
    body = OPEN_REPLY + b',"x":"' + b"x" * 90_000 + b'"}\n'

    def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        exchange.send(body[:-1])
        threading.Event().wait(LAG_S)
        exchange.send(body[-1:])

    upstream.script = script
    assert gateway.http().post(CHAT_PATH, content=chat()).content == body
