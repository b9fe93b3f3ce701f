"""Proves docs/operations/failover.md, "Chains": further steps by name, conditions, abilities, limits, refusals."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import NO_REPEATS, Section, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat

IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def with_models(start: StartGateway, simulator: Simulator, models: Section, **more: Any) -> Gateway:
    """`first` and `second` are the simulator's nodes; `first` has the models m and small, `second` has n."""
    names = (("first", ["m", "small"]), ("second", ["n"]))
    providers = {
        name: provider(node.base_url, key=simulator.key, models=listed) | more.pop(name, {})
        for (name, listed), node in zip(names, simulator.nodes, strict=False)
    }
    return start(config={"providers": providers, "models": models, "retries": NO_REPEATS, **more})


def ask(gateway: Gateway, model: str = "smart", headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    """One call."""
    return gateway.http().post(CHAT_PATH, content=chat(model=model, **fields), headers=headers or {})


def broken_stream(gateway: Gateway, model: str) -> tuple[str, float]:
    """What came of a stream that breaks off, and after how many seconds it did."""
    begun, text = monotonic(), ""
    body = chat(model=model, stream=True)
    with (
        gateway.http().stream("POST", CHAT_PATH, content=body) as reply,
        contextlib.suppress(httpx.RemoteProtocolError),
    ):
        for piece in reply.iter_text():
            text += piece
    return text, monotonic() - begun


def sent(simulator: Simulator) -> list[tuple[int, str]]:
    """Which node was asked for which model, in order."""
    calls = [(call["at_ms"], place, body["model"]) for place, node in enumerate(simulator.nodes)
             for call, body in zip(node.received(CHAT_PATH), node.bodies(CHAT_PATH), strict=True)]
    return [(place, model) for _, place, model in sorted(calls)]


def test_names_follow_each_other(start: StartGateway, simulator: Simulator) -> None:
    models = {
        "smart": {"targets": ["first/m"], "fallbacks": ["spare"]},
        "spare": {"targets": ["first/small"], "fallbacks": ["second/n"]},
    }
    gateway = with_models(start, simulator, models)
    assert ask(gateway).headers["x-bellwether-model"] == "m"
    simulator.nodes[0].fault("status=500")
    reply = ask(gateway)
    assert (reply.status_code, reply.headers["x-bellwether-model"]) == (200, "n")
    assert reply.headers["x-bellwether-attempts"] == "3"
    assert sent(simulator)[-3:] == [(0, "m"), (0, "small"), (1, "n")]
    alone = ask(gateway, headers={"x-bellwether-fallback": "off"})
    assert [note["model"] for note in alone.json()["error"]["attempts"]] == ["m"]


def test_a_preferred_name_of_a_chain_is_asked_first(start: StartGateway, simulator: Simulator) -> None:
    models = {
        "smart": {"targets": ["first/m"], "fallbacks": ["spare"]},
        "spare": {"targets": ["second/n"]},
    }
    gateway = with_models(start, simulator, models)
    reply = ask(gateway, headers={"x-bellwether-prefer": "spare"})
    assert reply.headers["x-bellwether-model"] == "n"
    simulator.nodes[1].fault("status=500")
    reply = ask(gateway, headers={"x-bellwether-prefer": "spare"})
    assert (reply.headers["x-bellwether-model"], reply.headers["x-bellwether-attempts"]) == ("m", "2")


def test_a_preferred_name_is_what_is_sent(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(environment=simulator.environment)
    reply = ask(gateway, model="gpt-4o", headers={"x-bellwether-prefer": "gpt-4o-mini"})
    assert reply.headers["x-bellwether-model"] == "gpt-4o-mini"
    assert sent(simulator) == [(0, "gpt-4o-mini")]


def test_targets_may_be_for_some_requests_only(start: StartGateway, simulator: Simulator) -> None:
    targets = [
        {"provider": "first", "model": "small", "when": {"headers": {"x-tier": "cheap"}, "stream": False}},
        {"provider": "second", "model": "n", "when": {"tokens_min": 1000}},
        {"provider": "second", "model": "n", "when": {"needs": ["tools"]}},
        "first/m",
    ]
    gateway = with_models(start, simulator, {"smart": {"targets": targets}})

    def served(**fields: Any) -> str:
        headers = fields.pop("headers", {})
        return ask(gateway, headers=headers, **fields).headers["x-bellwether-model"]

    assert served() == "m"
    assert served(headers={"x-tier": "cheap"}) == "small"
    assert served(headers={"x-tier": "cheap"}, stream=True) == "m"
    assert served(max_tokens=2000) == "n"
    assert served(tools=[TOOL]) == "n"
    assert served(text='the word "tools" is not a tool') == "m"


def test_targets_may_be_for_keys_with_a_tag(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    tagged = {"provider": "second", "model": "n", "when": {"tags": {"team": "shop"}}}
    gateway = with_models(start, simulator, {"smart": {"targets": [tagged, "first/m"]}})
    made = commands.json("keys", "create", "--name", "shop", "--tag", "team=shop")

    def model(key: str | None = None) -> str:
        reply = gateway.http(**({"key": key} if key else {})).post(CHAT_PATH, content=chat(model="smart"))
        assert reply.status_code == 200, reply.text
        return reply.headers["x-bellwether-model"]

    assert (model(), model(made["key"])) == ("m", "n")
    described = {"model": "smart", "key": made["id"]}
    order = gateway.admin().post("/admin/v1/explain", json=described).json()["order"]
    assert order[0]["model"] == "n"
    commands.text("keys", "change", made["id"], "--tag", "team=lab")
    assert model(made["key"]) == "m", "at once"
    gateway.stop()
    commands.text("keys", "change", made["id"], "--tag", "team=shop")
    gateway = with_models(start, simulator, {"smart": {"targets": [tagged, "first/m"]}})
    assert model(made["key"]) == "n", "over a restart"


def test_where_a_request_is_for_nobody_the_caller_is_told(start: StartGateway, simulator: Simulator) -> None:
    only = {"provider": "first", "model": "m", "when": {"stream": True}}
    gateway = with_models(start, simulator, {"smart": {"targets": [only]}})
    reply = ask(gateway)
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "no_target")
    assert "for a request like this one" in reply.json()["error"]["message"]


@pytest.mark.parametrize("fields", [{"messages": [IMAGE]}, {"tools": [TOOL]}], ids=["images", "tools"])
def test_who_cannot_do_it_is_passed_over(start: StartGateway, simulator: Simulator, fields: dict[str, Any]) -> None:
    blind = {"catalog": {"m": {"images": False, "tools": False}}}
    gateway = with_models(start, simulator, {"smart": {"targets": ["first/m", "second/n"]}}, first=blind)
    assert ask(gateway).headers["x-bellwether-model"] == "m"
    reply = ask(gateway, **fields)
    assert (reply.headers["x-bellwether-model"], reply.headers["x-bellwether-attempts"]) == ("n", "1")


def test_where_nobody_can_do_it_the_provider_says_so(start: StartGateway, simulator: Simulator) -> None:
    blind = {"catalog": {"m": {"images": False}, "small": {"images": False}}}
    gateway = with_models(start, simulator, {"smart": {"targets": ["first/m", "first/small"]}}, first=blind)
    ask(gateway, messages=[IMAGE])
    assert sent(simulator)[0] == (0, "m")


def test_too_long_for_one_goes_to_a_larger_one(start: StartGateway, simulator: Simulator) -> None:
    sizes = {"catalog": {"m": {"context_tokens": 9000}, "small": {"context_tokens": 4000}}}
    larger = {"catalog": {"n": {"context_tokens": 90000}}}
    targets = ["first/m", "first/small", "second/n"]
    gateway = with_models(start, simulator, {"smart": {"targets": targets}}, first=sizes, second=larger)
    simulator.nodes[0].fault("status=400;code=context_length_exceeded")
    reply = ask(gateway)
    assert (reply.status_code, reply.headers["x-bellwether-model"]) == (200, "n")
    assert sent(simulator) == [(0, "m"), (1, "n")]
    reply = ask(gateway, max_tokens=20_000)
    assert (reply.headers["x-bellwether-model"], reply.headers["x-bellwether-attempts"]) == ("n", "1")


def test_too_long_for_all_is_told(start: StartGateway, simulator: Simulator) -> None:
    gateway = with_models(start, simulator, {"smart": {"targets": ["first/m"]}})
    simulator.nodes[0].fault("status=400;code=context_length_exceeded")
    reply = ask(gateway)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert len(sent(simulator)) == 1, "the same model is asked once"


def test_a_refusal_is_told_unless_the_next_may_be_asked(start: StartGateway, simulator: Simulator) -> None:
    models = {
        "smart": {"targets": ["first/m"], "fallbacks": ["second/n"]},
        "insistent": {"targets": ["first/m"], "fallbacks": ["second/n"], "on_refusal": "next"},
    }
    gateway = with_models(start, simulator, models)
    simulator.nodes[0].fault("status=400;code=content_filter")
    reply = ask(gateway)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "content_filter")
    assert sent(simulator) == [(0, "m")]
    reply = ask(gateway, model="insistent")
    assert (reply.status_code, reply.headers["x-bellwether-model"]) == (200, "n")
    simulator.nodes[1].fault("status=400;code=content_filter")
    reply = ask(gateway, model="insistent")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "content_filter")
    assert len(reply.json()["error"]["attempts"]) == 2


def test_a_step_has_its_own_limit_for_the_first_token(start: StartGateway, simulator: Simulator) -> None:
    first = {"provider": "first", "model": "m", "first_token_ms": 300}
    models = {"smart": {"targets": [first], "fallbacks": ["second/n"]}}
    gateway = with_models(start, simulator, models)
    simulator.nodes[0].fault("hang")
    begun = monotonic()
    reply = ask(gateway, stream=True)
    assert reply.headers["x-bellwether-model"] == "n"
    assert 0.3 <= monotonic() - begun < 5


def test_a_step_has_its_own_limit_for_silence(start: StartGateway, simulator: Simulator) -> None:
    models = {"smart": {"targets": ["first/m"]}, "hasty": {"targets": ["second/n"], "fallbacks": ["quick"]}}
    models["quick"] = {"targets": [{"provider": "first", "model": "m", "idle_ms": 300}]}
    gateway = with_models(start, simulator, models)
    simulator.nodes[0].fault("stall=3")
    simulator.nodes[1].fault("refuse")
    text, took = broken_stream(gateway, "hasty")
    assert '"error"' in text and "[DONE]" not in text
    assert 0.3 <= took < 10


def test_an_answer_has_its_own_limit_in_all(start: StartGateway, simulator: Simulator) -> None:
    first = {"provider": "first", "model": "m", "total_ms": 500}
    gateway = with_models(start, simulator, {"smart": {"targets": [first], "fallbacks": ["second/n"]}})
    simulator.nodes[0].fault("drip=200:100")
    text, took = broken_stream(gateway, "smart")
    assert "[DONE]" not in text
    assert 0.5 <= took < 10
    simulator.nodes[0].heal()
    simulator.nodes[0].fault("drip=20:100")
    assert ask(gateway).headers["x-bellwether-model"] == "n", "a whole answer that is too slow comes from the next"
