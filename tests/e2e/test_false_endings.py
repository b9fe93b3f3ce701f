"""Proves what docs/operations/misbehaving-providers.md says of an end that is none: whoever says that all is said though it is
not, is one who broke off. The next target answers as long as nothing was told; then the caller is told, and never of a good end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_REPLY, DONE, END_MARK, MODEL, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, stream_head, streamed, whole


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


def call(arguments: str, reason: str | None = None) -> bytes:
    entry = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    said = delta(tool_calls=[entry])
    return said if reason is None else said.replace(b'"finish_reason": null', json.dumps({"finish_reason": reason})[1:-1].encode())


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}\n\n'
FILTERED = b'data: {"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}\n\n'
START = event("message_start", message={"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []})
BLOCK = event("content_block_start", index=0, content_block={"type": "text", "text": "half"})
STOP = event("message_stop")
RESPONSE = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
ITEM = {"id": "fc_1", "type": "function_call", "call_id": "a", "name": "f", "arguments": ""}
CREATED = event("response.created", response=RESPONSE)
ADDED = event("response.output_item.added", output_index=0, item=ITEM)
COMPLETED = event("response.completed", response={**RESPONSE, "status": "completed"})

#: By its name: what is spoken, what comes before the end, and the end that is none.
FALSE_ENDS: dict[str, tuple[str, bytes, bytes]] = {
    "text": ("chat", delta(content="half"), END_MARK),
    "text and usage": ("chat", delta(content="half") + USAGE, END_MARK),
    "half a call": ("chat", call('{"path": "/etc'), END_MARK),
    "half a call with an empty reason": ("chat", call('{"path": "/etc', ""), END_MARK),
    "nothing but usage": ("chat", USAGE, END_MARK),
    "nothing but a verdict on the prompt": ("chat", FILTERED, END_MARK),
    "a message without a reason": ("messages", START + BLOCK, STOP),
    "a message that was only begun": ("messages", START, STOP),
    "a response with a call that was only begun": ("responses", CREATED + ADDED, COMPLETED),
}
WORDS = [{"role": "user", "content": "hello"}]
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": WORDS, "stream_options": {"include_usage": True}}),
    "messages": ("/v1/messages", {"messages": WORDS, "max_tokens": 99}),
    "responses": ("/v1/responses", {"input": "hello"}),
}
GOOD = delta(content="all of it") + DONE


def served(start: StartGateway, *upstreams: tuple[str, Upstream], **more: Any) -> Gateway:
    """One name; the providers one after the other, each with the dialect it speaks."""
    names = [f"p{place}" for place in range(len(upstreams))]
    providers = {
        name: {**provider(upstream.base_url, models=["m"]), "dialects": [dialect], "quirks": {"continues": "bare"}}
        for name, (dialect, upstream) in zip(names, upstreams, strict=True)
    }
    models = {MODEL: {"targets": [f"{name}/m" for name in names], **more}}
    return start(config={**configuration(providers, retries=NO_REPEATS), "models": models})


def body(dialect: str, stream: bool = True, **more: Any) -> tuple[str, dict[str, Any]]:
    path, question = ASKED[dialect]
    question = question if stream else {name: value for name, value in question.items() if name != "stream_options"}
    return path, {"model": MODEL, "stream": stream, **question, **more}


def told(gateway: Gateway, dialect: str, hear: Callable[[bytes], None] = lambda _: None) -> tuple[bytes, bool]:
    """What came, and whether it broke off."""
    path, question = body(dialect)
    heard = bytearray()
    try:
        with gateway.http().stream("POST", path, json=question) as reply:
            assert reply.status_code == 200, reply.read()
            for piece in reply.iter_raw():
                heard += piece
                hear(bytes(heard))
    except httpx.RemoteProtocolError:
        return bytes(heard), True
    return bytes(heard), False


def last_line(gateway: Gateway) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        lines = [json.loads(text) for text in gateway.process.stderr.splitlines() if text.startswith("{")]
        return next((entry for entry in lines if entry["message"] == "request"), None)

    return until(found, "the call has its line")


@pytest.mark.parametrize("case", FALSE_ENDS)
def test_as_long_as_nothing_was_told_the_next_target_answers(
    start: StartGateway, new_upstream: StartUpstream, case: str
) -> None:
    dialect, before, end = FALSE_ENDS[case]
    first, second = new_upstream(streamed([before + end])), new_upstream(streamed([GOOD]))
    gateway = served(start, (dialect, first), ("chat", second))
    heard, is_broken = told(gateway, dialect)
    assert b"all of it" in heard
    assert b"half" not in heard and b"event: error" not in heard
    assert not is_broken
    assert last_line(gateway)["status"] == 200


@pytest.mark.parametrize("case", FALSE_ENDS)
def test_once_some_was_told_it_is_an_error_and_never_a_good_end(
    start: StartGateway, new_upstream: StartUpstream, case: str
) -> None:
    dialect, before, end = FALSE_ENDS[case]
    is_heard = Event()

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(before))
        is_heard.wait(10)
        exchange.send(chunk(end) + LAST_CHUNK)

    first, second = new_upstream(script), new_upstream(streamed([GOOD]))
    gateway = served(start, (dialect, first), ("chat", second))
    heard, is_broken = told(gateway, dialect, lambda so_far: is_heard.set() if before in so_far else None)
    assert is_broken
    assert heard.startswith(before)
    assert end not in heard
    assert b"event: error" in heard and b"stream_broken" in heard
    assert not second.calls
    entry = last_line(gateway)
    assert (entry["status"], entry["kind"]) == (502, "stream_broken")


def test_where_streams_are_gone_on_with_the_next_target_goes_on(start: StartGateway, new_upstream: StartUpstream) -> None:
    is_heard = Event()

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="one half ")))
        is_heard.wait(10)
        exchange.send(chunk(END_MARK) + LAST_CHUNK)

    first, second = new_upstream(script), new_upstream(streamed([delta(content="and the other") + DONE]))
    gateway = served(start, ("chat", first), ("chat", second), resume="continue")
    heard, is_broken = told(gateway, "chat", lambda so_far: is_heard.set() if b"one half" in so_far else None)
    assert not is_broken
    assert b"one half" in heard and b"and the other" in heard and heard.endswith(END_MARK)
    assert b"event: error" not in heard


ODD_ENDS: dict[str, tuple[str, bytes]] = {
    "an empty reason": ("chat", delta(content="x").replace(b"null", b'""') + END_MARK),
    "whole calls without a reason": ("chat", call('{"a": ') + call("1}") + USAGE + END_MARK),
    "a call of what takes nothing": ("chat", call("") + END_MARK),
    "a reason and no word": ("chat", DONE),
    "a verdict on the prompt before all": ("chat", FILTERED + delta(content="x") + DONE),
    "what the model wrote badly itself": ("chat", call('{"a": ') + call("", "tool_calls") + END_MARK),
    "a block that nobody ends": (
        "messages",
        START + BLOCK + event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}) + STOP,
    ),
    "output that is not told again": (
        "responses",
        CREATED + ADDED + event("response.output_item.done", output_index=0, item={**ITEM, "arguments": "{}"}) + COMPLETED,
    ),
}


@pytest.mark.parametrize("case", ODD_ENDS)
def test_an_odd_end_that_is_one_is_passed_on(start: StartGateway, new_upstream: StartUpstream, case: str) -> None:
    dialect, stream = ODD_ENDS[case]
    gateway = served(start, (dialect, new_upstream(streamed([stream]))))
    assert told(gateway, dialect) == (stream, False)


def test_of_several_choices_one_reason_is_enough(start: StartGateway, new_upstream: StartUpstream) -> None:
    other = delta(content="y").replace(b'"index": 0', b'"index": 1')
    stream = delta(content="x") + other + DONE
    gateway = served(start, ("chat", new_upstream(streamed([stream]))))
    path, question = body("chat", n=2)
    assert gateway.http().post(path, json=question).content == stream


def choices(*choices: dict[str, Any]) -> bytes:
    return json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}).encode()


def message(reason: str | None) -> bytes:
    said = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "x"}]}
    return json.dumps({**said, "stop_reason": reason, "usage": {"input_tokens": 1, "output_tokens": 1}}).encode()


NO_WHOLE_ANSWERS: dict[str, tuple[str, bytes]] = {
    "no choice": ("chat", choices()),
    "an empty choice": ("chat", choices({"index": 0})),
    "no reason": ("chat", choices({"index": 0, "message": {"role": "assistant", "content": "half"}})),
    "a reason that is null": (
        "chat",
        choices({"index": 0, "message": {"role": "assistant", "content": "half"}, "finish_reason": None}),
    ),
    "a message without a reason": ("messages", message(None)),
}


@pytest.mark.parametrize("case", NO_WHOLE_ANSWERS)
def test_an_object_without_an_end_is_no_answer(start: StartGateway, new_upstream: StartUpstream, case: str) -> None:
    dialect, answer = NO_WHOLE_ANSWERS[case]
    first, second = new_upstream(whole(answer)), new_upstream(whole(CHAT_REPLY))
    gateway = served(start, (dialect, first), ("chat", second))
    path, question = body(dialect, stream=False)
    answered = gateway.http().post(path, json=question)
    assert (answered.status_code, answered.headers["x-bellwether-provider"]) == (200, "p1"), answered.text
    second.script = whole(b"{}")
    refused = gateway.http().post(path, json=question)
    assert refused.status_code == 502


SOUND: dict[str, tuple[str, bytes]] = {
    "an empty reason": ("chat", choices({"message": {"content": "x"}, "finish_reason": ""})),
    "whole calls without a reason": (
        "chat",
        choices({"message": {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}}),
    ),
    "no word and a reason": ("chat", choices({"message": {"content": ""}, "finish_reason": "stop"})),
    "a message": ("messages", message("end_turn")),
}


@pytest.mark.parametrize("case", SOUND)
def test_an_odd_object_that_has_its_end_is_passed_on(start: StartGateway, new_upstream: StartUpstream, case: str) -> None:
    dialect, answer = SOUND[case]
    gateway = served(start, (dialect, new_upstream(whole(answer))))
    path, question = body(dialect, stream=False)
    answered = gateway.http().post(path, json=question)
    assert (answered.status_code, answered.content) == (200, answer)


def test_a_text_that_goes_on_needs_no_reason(start: StartGateway, new_upstream: StartUpstream) -> None:
    script: Script = whole(b'{"id":"c","object":"text_completion","choices":[{"index":0,"text":"x"}]}')
    gateway = served(start, ("chat", new_upstream(script)))
    answered = gateway.http().post("/v1/completions", json={"model": MODEL, "prompt": "a"})
    assert answered.status_code == 200
