"""Proves that a conversation goes on whose sealed thoughts its provider does not take back: the provider is asked once more,
without them, and the caller is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, MODEL
from harness.upstream import Exchange, Script, Upstream, whole

MESSAGES_PATH = "/v1/messages"
RESPONSES_PATH = "/v1/responses"
WARNING = "signed_reasoning_dropped"
SIGNATURE_WORDS = "messages.1.content.0: Invalid `signature` in `thinking` block"
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2VhbA=="}
SEALED_ITEM = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAA"}

MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "stop_reason": "end_turn", "stop_sequence": None,
    "content": [THOUGHT, {"type": "text", "text": "pong"}], "usage": {"input_tokens": 3, "output_tokens": 5},
}  # fmt: skip
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1700000000, "status": "completed", "model": MODEL,
    "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "pong", "annotations": []}]}],
    "usage": {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
}  # fmt: skip

ASK_MESSAGES: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 99,
    "messages": [
        {"role": "user", "content": "ping"},
        {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "pong"}]},
        {"role": "user", "content": "ping"},
    ],
}
ASK_RESPONSES: dict[str, Any] = {
    "model": MODEL,
    "store": False,
    "input": [{"role": "user", "content": "ping"}, SEALED_ITEM, {"role": "user", "content": "ping"}],
}


def refusal(words: str, code: str | None = None) -> Script:
    error = {"type": "invalid_request_error", "message": words, **({"code": code} if code else {})}
    return whole(json.dumps({"type": "error", "error": error}).encode(), status="400 Bad Request")


REFUSED_SIGNATURE = refusal(SIGNATURE_WORDS)
REFUSED_CONTENT = refusal("The encrypted content gAAA...AAA could not be verified.", "invalid_encrypted_content")


def unless_sealed(refused: Script, answer: dict[str, Any]) -> Script:
    """Refuses what holds a seal."""
    said = whole(json.dumps(answer).encode())

    def script(exchange: Exchange) -> None:
        is_sealed = b'"signature"' in exchange.received.body or b'"encrypted_content"' in exchange.received.body
        (refused if is_sealed else said)(exchange)

    return script


def started(start: StartGateway, upstream: Upstream, dialect: str) -> Gateway:
    return start(config=configuration({"node": {**provider(upstream.base_url), "dialects": [dialect]}}))


def drop_thought(ask: dict[str, Any]) -> dict[str, Any]:
    messages = [dict(message) for message in ask["messages"]]
    messages[1]["content"] = messages[1]["content"][1:]
    return {**ask, "messages": messages}


def drop_item(ask: dict[str, Any]) -> dict[str, Any]:
    return {**ask, "input": [item for item in ask["input"] if item is not SEALED_ITEM]}


@pytest.mark.parametrize(
    ("dialect", "path", "ask", "script", "without"),
    [
        ("messages", MESSAGES_PATH, ASK_MESSAGES, unless_sealed(REFUSED_SIGNATURE, MESSAGE), drop_thought),
        ("responses", RESPONSES_PATH, ASK_RESPONSES, unless_sealed(REFUSED_CONTENT, RESPONSE), drop_item),
    ],
    ids=["messages", "responses"],
)
def test_a_provider_who_speaks_as_the_caller_is_asked_once_more(
    start: StartGateway,
    upstream: Upstream,
    dialect: str,
    path: str,
    ask: dict[str, Any],
    script: Script,
    without: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    gateway, upstream.script = started(start, upstream, dialect), script
    answered = gateway.http().post(path, json=ask, headers={"x-request-id": "find-me"})
    assert answered.status_code == 200, answered.text
    assert "pong" in answered.text
    assert (answered.headers["x-bellwether-warnings"], answered.headers["x-bellwether-attempts"]) == (WARNING, "2")
    first, second = upstream.calls
    assert first.json == ask
    assert second.json == without(ask)
    assert gateway.metric("ai_gateway_attempts_failed_total", provider="node", kind="invalid_request") == 1
    assert gateway.metric("ai_gateway_translation_losses_total", code=WARNING) == 1
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line.get("request_id") == "find-me")
    assert (line["status"], line["attempts"]) == (200, 2)


def test_a_seal_that_comes_home_in_its_envelope_is_refused_once(start: StartGateway, upstream: Upstream) -> None:
    gateway, upstream.script = started(start, upstream, "messages"), whole(json.dumps(MESSAGE).encode())
    asked = {"role": "user", "content": "ping"}
    first = gateway.http().post(CHAT_PATH, json={"model": MODEL, "messages": [asked]}).json()["choices"][0]["message"]
    assert "gw1." in json.dumps(first)
    upstream.script = unless_sealed(REFUSED_SIGNATURE, MESSAGE)
    answered = gateway.http().post(CHAT_PATH, json={"model": MODEL, "messages": [asked, first, asked]})
    assert answered.status_code == 200, answered.text
    assert (answered.headers["x-bellwether-warnings"], answered.headers["x-bellwether-attempts"]) == (WARNING, "2")
    refused, taken = upstream.calls[1:]
    assert THOUGHT in refused.json["messages"][1]["content"]
    assert taken.json["messages"][1]["content"] == [{"type": "text", "text": "pong"}]


def test_who_refuses_again_is_not_asked_a_third_time(start: StartGateway, upstream: Upstream) -> None:
    gateway, upstream.script = started(start, upstream, "messages"), REFUSED_SIGNATURE
    answered = gateway.http().post(MESSAGES_PATH, json=ASK_MESSAGES)
    assert answered.status_code == 400
    assert SIGNATURE_WORDS in answered.json()["error"]["message"]
    assert len(upstream.calls) == 2


def test_where_nothing_is_sealed_or_something_else_is_refused_nobody_is_asked_again(
    start: StartGateway, upstream: Upstream
) -> None:
    gateway, upstream.script = started(start, upstream, "messages"), REFUSED_SIGNATURE
    answered = gateway.http().post(MESSAGES_PATH, json=drop_thought(ASK_MESSAGES))
    assert (answered.status_code, len(upstream.calls)) == (400, 1)
    upstream.script = refusal("max_tokens: Field required")
    answered = gateway.http().post(MESSAGES_PATH, json=ASK_MESSAGES)
    assert (answered.status_code, len(upstream.calls)) == (400, 2)
    assert "x-bellwether-warnings" not in answered.headers
