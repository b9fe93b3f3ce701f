"""Proves docs/operations/failover.md, "What an answer says": routing facts for who asks, and the field `model` by route."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import StartGateway
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat

INCLUDE = {"x-bellwether-include": "routing"}
FACTS = ("model_used", "provider", "fallback_attempts", "total_attempts")
MESSAGES = {"model": "smart", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
RESPONSES = {"model": "smart", "input": "hello"}


def serve(start: StartGateway, simulator: Simulator, **model: str) -> Gateway:
    """`smart` is m at the first node, then n at the second."""
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[listed])
        for (name, listed), node in zip((("first", "m"), ("second", "n")), simulator.nodes, strict=False)
    }
    config = configuration(providers, {"smart": ["first/m", "second/n"]}, retries=NO_REPEATS)
    config["models"]["smart"] |= model
    return start(config=config)


def events(text: str) -> list[dict[str, Any]]:
    """The events of a stream that are JSON."""
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {"))
    return [json.loads(line) for line in lines]


def facts(body: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(body.get(name) for name in FACTS)


def test_who_asks_gets_the_facts_in_the_body(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator)
    whole = gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=INCLUDE)
    assert facts(whole.json()) == ("m", "first", 0, 1)
    assert whole.json()["choices"]
    assert int(whole.headers["content-length"]) == len(whole.content)
    simulator.nodes[0].fault("status=500")
    whole = gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=INCLUDE)
    assert facts(whole.json()) == ("n", "second", 1, 2)
    assert whole.json()["latency_ms"] >= 0


def test_nobody_else_notices(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator)
    for headers in ({}, {"x-bellwether-include": "other"}):
        for stream in (False, True):
            reply = gateway.http().post(CHAT_PATH, content=chat(model="smart", stream=stream), headers=headers)
            assert reply.status_code == 200
            assert "model_used" not in reply.text


@pytest.mark.parametrize(
    ("path", "ask", "last"),
    [
        (CHAT_PATH, json.loads(chat(model="smart")), lambda event: event["choices"][0]["finish_reason"] == "stop"),
        ("/v1/messages", MESSAGES, lambda event: event["type"] == "message_stop"),
        ("/v1/responses", RESPONSES, lambda event: event["type"] == "response.completed"),
    ],
    ids=["chat", "messages", "responses"],
)
def test_of_a_stream_the_last_event_has_the_facts(
    start: StartGateway, simulator: Simulator, path: str, ask: dict[str, Any], last: Any
) -> None:
    gateway = serve(start, simulator)
    reply = gateway.http().post(path, json=ask | {"stream": True}, headers=INCLUDE)
    having = [event for event in events(reply.text) if "model_used" in event]
    assert [facts(event) for event in having] == [("m", "first", 0, 1)]
    assert last(having[0])
    plain = gateway.http().post(path, json=ask | {"stream": True})
    assert len(events(plain.text)) == len(events(reply.text))
    whole = gateway.http().post(path, json=ask, headers=INCLUDE)
    assert facts(whole.json()) == ("m", "first", 0, 1)


@pytest.mark.parametrize(("field", "expected"), [("requested", "smart"), ("served", "m")])
def test_the_field_model_says_what_the_route_says(
    start: StartGateway, simulator: Simulator, field: str, expected: str
) -> None:
    gateway = serve(start, simulator, model_field=field)
    http = gateway.http()
    assert http.post(CHAT_PATH, content=chat(model="smart")).json()["model"] == expected
    chunks = events(http.post(CHAT_PATH, content=chat(model="smart", stream=True)).text)
    assert {chunk["model"] for chunk in chunks} == {expected}
    assert http.post("/v1/messages", json=MESSAGES).json()["model"] == expected
    begin = events(http.post("/v1/messages", json=MESSAGES | {"stream": True}).text)[0]
    assert begin["message"]["model"] == expected
    responses = events(http.post("/v1/responses", json=RESPONSES | {"stream": True}).text)
    assert {event["response"]["model"] for event in responses if "response" in event} == {expected}


def test_official_clients_take_both(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, model_field="requested")
    client = gateway.openai(default_headers=INCLUDE)
    ask: Any = [{"role": "user", "content": "hello"}]
    whole = client.chat.completions.create(model="smart", messages=ask)
    assert (whole.model, whole.model_extra["model_used"]) == ("smart", "m")  # type: ignore[index]
    chunks = list(client.chat.completions.create(model="smart", messages=ask, stream=True))
    assert {chunk.model for chunk in chunks} == {"smart"}
    assert any((chunk.model_extra or {}).get("model_used") == "m" for chunk in chunks)
