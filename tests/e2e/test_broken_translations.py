"""Proves that an answer which its provider breaks is never shown to callers of another dialect as a sound one."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_REPLY, DONE, MODEL, chat
from harness.upstream import Upstream, streamed, whole

MESSAGES_PATH = "/v1/messages"
ASK: dict[str, Any] = {"model": MODEL, "max_tokens": 99, "messages": [{"role": "user", "content": "Hello."}]}


def event(value: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(value)}\n\n".encode()


def call(arguments: str, reason: str = "tool_calls") -> list[bytes]:
    entry = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    choices = [{"delta": {"tool_calls": [entry]}}, {"delta": {}, "finish_reason": reason}]
    return [event({"choices": [{"index": 0, **choice}]}) for choice in choices] + [DONE]


def follow(gateway: Gateway) -> anthropic.types.Message:
    client = anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key, max_retries=0)
    with client.messages.stream(**ASK) as stream:
        return stream.get_final_message()


def test_half_a_call_is_an_error_and_what_is_no_object_is_kept(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = streamed(call('{"path": "/etc'))
    with pytest.raises(anthropic.APIStatusError, match="in the middle of a call"):
        follow(gateway)
    upstream.script = streamed(call("plain words"))
    (block,) = follow(gateway).content
    assert block.type == "tool_use"
    assert block.input == {"_raw": "plain words"}
    assert gateway.metric("ai_gateway_translation_losses_total", code="tool_arguments_wrapped") == 1


def test_what_an_answer_loses_is_told_in_its_head(gateway: Gateway, upstream: Upstream) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "tired"}
    upstream.script = whole(json.dumps({"id": "c", "choices": [choice]}).encode())
    answered = gateway.http().post(MESSAGES_PATH, json={**ASK, "zzz": 1})
    assert answered.status_code == 200
    assert answered.headers["x-bellwether-warnings"] == "field_dropped, finish_reason_unknown"


def test_a_stream_that_begins_with_an_error_leaves_the_call_to_another(
    start: StartGateway, new_upstream: StartUpstream, upstream: Upstream
) -> None:
    upstream.script = streamed([event({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, "error")])
    good = new_upstream()
    good.script = streamed([event({"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}), DONE])
    providers = {
        "first": {**provider(upstream.base_url, models=[MODEL]), "dialects": ["messages"]},
        "second": provider(good.base_url, models=[MODEL]),
    }
    targets = {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}
    gateway = start(config=configuration(providers, targets))
    answered = gateway.http().post("/v1/chat/completions", content=chat(stream=True))
    assert answered.status_code == 200
    assert answered.headers["x-bellwether-provider"] == "second"
    assert b'"x"' in answered.content
