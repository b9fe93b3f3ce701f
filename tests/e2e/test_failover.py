"""Proves docs/operations/failover.md: who is asked, who is left alone, and when it is tried again."""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, line, one_after_the_other, provider
from harness.gateway import Gateway
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, Script, Upstream, whole

#: So that nothing comes back within a test that does not want it.
LONG = {"open_ms": 600_000, "open_ms_max": 600_000}
#: So that it comes back soon.
SHORT = {"open_ms": 100, "slow_start_ms": 0}
#: So many are looked at.
SWITCHES = 100

Figure = Callable[[str], None]


def two(start: StartGateway, simulator: Simulator, **sections: Any) -> Gateway:
    """One model with two steps: the simulator's first node, then its second."""
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    config = configuration(providers, {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}, retries=NO_REPEATS)
    return start(config=config | sections)


def ask(gateway: Gateway, **headers: str) -> httpx.Response:
    """One call."""
    return gateway.http().post(CHAT_PATH, content=chat(), headers={k.replace("_", "-"): v for k, v in headers.items()})


def served_by(gateway: Gateway, **headers: str) -> str:
    """Who answered."""
    reply = ask(gateway, **headers)
    assert reply.status_code == 200, reply.text
    return reply.headers["x-bellwether-provider"]


def test_who_failed_too_often_is_left_alone(start: StartGateway, simulator: Simulator) -> None:
    gateway = two(start, simulator, health=LONG)
    simulator.nodes[0].fault("status=500")
    attempts = [ask(gateway).headers["x-bellwether-attempts"] for _ in range(8)]
    assert attempts == ["2"] * 5 + ["1"] * 3
    assert len(simulator.nodes[0].received(CHAT_PATH)) == 5


def test_whose_answers_break_off_is_left_alone(start: StartGateway, simulator: Simulator) -> None:
    gateway = two(start, simulator, health=LONG)
    simulator.nodes[0].fault("cut=3")

    def streamed() -> str:
        with gateway.http().stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
            with contextlib.suppress(httpx.RemoteProtocolError):
                reply.read()
            return reply.headers["x-bellwether-provider"]

    assert [streamed() for _ in range(7)] == ["first"] * 5 + ["second"] * 2
    assert len(simulator.nodes[0].received(CHAT_PATH)) == 5


def test_who_is_well_again_is_asked_again(start: StartGateway, simulator: Simulator) -> None:
    gateway = two(start, simulator, health=SHORT)
    simulator.nodes[0].fault("status=500", times=5)
    assert [served_by(gateway) for _ in range(5)] == ["second"] * 5
    until(lambda: served_by(gateway) == "first", "a trial was let through")
    until(lambda: [served_by(gateway) for _ in range(4)] == ["first"] * 4, "it is well again")


def test_who_asks_for_patience_has_it_and_the_others_answer(start: StartGateway, simulator: Simulator) -> None:
    gateway = two(start, simulator)
    simulator.nodes[0].fault("status=429;retry_after=30", times=1)
    assert [ask(gateway).headers["x-bellwether-attempts"] for _ in range(4)] == ["2", "1", "1", "1"]
    assert len(simulator.nodes[0].received(CHAT_PATH)) == 1


def test_where_all_ask_for_patience_nobody_is_asked_and_the_caller_is_told(
    start: StartGateway, simulator: Simulator
) -> None:
    gateway = two(start, simulator)
    for node, seconds in zip(simulator.nodes, (40, 25), strict=False):
        node.fault(f"status=429;retry_after={seconds}")
    first, then = ask(gateway), ask(gateway)
    assert (first.status_code, then.status_code) == (429, 429)
    assert 20 <= int(then.headers["retry-after"]) <= 25
    assert then.json()["error"]["code"] == "upstream_busy"
    assert [len(node.received(CHAT_PATH)) for node in simulator.nodes] == [1, 1]


def test_the_only_one_is_asked_again(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(environment=simulator.environment)
    simulator.node.fault("status=500", times=1)
    reply = ask(gateway)
    assert (reply.status_code, reply.headers["x-bellwether-attempts"]) == (200, "2")
    simulator.node.fault("status=429;retry_after=1", times=1)
    reply = ask(gateway)
    assert (reply.status_code, reply.headers["x-bellwether-attempts"]) == (200, "2")
    times = [call["at_ms"] for call in simulator.node.received(CHAT_PATH)]
    assert times[-1] - times[-2] >= 1000, "as he said"


def test_without_a_budget_there_is_no_second_attempt(start: StartGateway, simulator: Simulator) -> None:
    gateway = two(start, simulator, retries={"budget_percent": 0, "budget_per_second": 0})
    simulator.nodes[0].fault("status=500")
    assert ask(gateway).status_code == 502
    simulator.nodes[0].fault("refuse")
    assert served_by(gateway) == "second", "who could not be reached is replaced all the same"


def test_weights_are_kept_exactly(start: StartGateway, simulator: Simulator) -> None:
    lines = [
        line(node.base_url, region) | {"weight": weight}
        for node, region, weight in zip(simulator.nodes, ("here", "there"), (3, 1), strict=False)
    ]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL], "policy": "weighted"}
    gateway = start(config=configuration({"several": several}))
    regions = Counter(ask(gateway).headers["x-bellwether-region"] for _ in range(16))
    assert regions == {"here": 12, "there": 4}


@pytest.mark.parametrize("policy", ["balanced", "fastest"])
def test_all_lines_are_used_and_a_dead_one_is_not_noticed(
    start: StartGateway, simulator: Simulator, policy: str
) -> None:
    lines = [line(node.base_url, region) for node, region in zip(simulator.nodes, ("here", "there"), strict=False)]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL], "policy": policy}
    gateway = start(config=configuration({"several": several}))
    seen = (ask(gateway).headers["x-bellwether-region"] for _ in itertools.count())
    found: set[str] = set()
    until(lambda: found.add(next(seen)) or found == {"here", "there"}, "both were asked")
    simulator.nodes[0].fault("refuse")
    assert {ask(gateway).headers["x-bellwether-region"] for _ in range(12)} == {"there"}


def test_a_session_stays_where_it_is(start: StartGateway, simulator: Simulator) -> None:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    config = configuration(providers)
    config["models"] = {MODEL: {"targets": [f"first/{MODEL}", f"second/{MODEL}"], "policy": "sticky"}}
    gateway = start(config=config)
    by_session = {session: served_by(gateway, x_bellwether_session=session) for session in map(str, range(24))}
    assert set(by_session.values()) == {"first", "second"}
    for session, who in by_session.items():
        assert served_by(gateway, x_bellwether_session=session) == who


def test_a_caller_may_prefer_a_model_or_want_no_fallback(start: StartGateway, simulator: Simulator) -> None:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL, f"{name}-own"])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    models = {"smart": [f"first/{MODEL}", "second/second-own"]}
    gateway = start(config=configuration(providers, models, retries=NO_REPEATS))

    def smart(**headers: str) -> httpx.Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=named)

    assert smart().headers["x-bellwether-provider"] == "first"
    assert smart(x_bellwether_prefer="second-own").headers["x-bellwether-provider"] == "second"
    unknown = smart(x_bellwether_prefer="nobody-has-it")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    simulator.nodes[0].fault("status=500")
    assert smart().headers["x-bellwether-provider"] == "second"
    alone = smart(x_bellwether_fallback="off")
    assert (alone.status_code, len(alone.json()["error"]["attempts"])) == (502, 1)


def test_a_used_up_rate_limit_says_when_there_is_more(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    """It names no `Retry-After`, but when its limit is filled again."""
    limits = ("x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 40s")
    upstream.script = whole(b'{"error":{"message":"slow down"}}', *limits, status="429 Too Many Requests")
    other = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=one_after_the_other(upstream.base_url, other.base_url))
    assert [ask(gateway).headers["x-bellwether-attempts"] for _ in range(3)] == ["2", "1", "1"]
    other.script = whole(b'{"error":{"message":"slow down"}}', "retry-after: 50", status="429 Too Many Requests")
    refused = ask(gateway)
    assert refused.status_code == 429
    assert 30 <= int(refused.headers["retry-after"]) <= 50
    again = ask(gateway)
    assert (again.status_code, len(upstream.calls)) == (429, 1)
    assert 30 <= int(again.headers["retry-after"]) <= 40


def not_found(code: str | None, message: str) -> Script:
    error = {"message": message, "type": "invalid_request_error", "param": "model", "code": code}
    return whole(json.dumps({"error": error}).encode(), status="404 Not Found")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("model_not_found", "it is not there"),
        (None, "The model `gpt-4o-mini` does not exist."),
        (None, "model: gpt-4o-mini"),
        ("DeploymentNotFound", "The API deployment for this resource does not exist."),
    ],
)
def test_who_does_not_know_the_model_is_followed_and_left_alone_for_a_while(
    start: StartGateway, new_upstream: StartUpstream, code: str | None, message: str
) -> None:
    first, second = new_upstream(not_found(code, message)), new_upstream()
    gateway = start(config=one_after_the_other(first.base_url, second.base_url))
    replies = [ask(gateway) for _ in range(4)]
    assert [reply.headers["x-bellwether-provider"] for reply in replies] == ["second"] * 4
    assert [reply.headers["x-bellwether-attempts"] for reply in replies] == ["2", "1", "1", "1"]
    assert len(first.calls) == 1, "he is asked only if nobody else is left"
    order = gateway.http().post("/v1/explain", content=chat()).json()["order"]
    (one,) = [entry for entry in order if entry["provider"] == "first"]
    assert (one["reason"], one["why"], one["last_resort"]) == ("unknown_model", "unknown_model", True)
    assert 55_000 < one["wait_ms"] <= 60_000
    first.script = whole(CHAT_REPLY)
    second.script = whole(b"{}", status="500 Internal Server Error")
    assert served_by(gateway) == "first", "who has the model by now answers"
    assert gateway.metric("ai_gateway_attempts_failed_total", provider="first", kind="model_not_found") == 1


def test_a_model_that_nobody_knows_and_a_path_that_leads_nowhere_are_told(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first = new_upstream(not_found("model_not_found", "gone"))
    second = new_upstream(not_found(None, "No model so named"))
    gateway = start(config=one_after_the_other(first.base_url, second.base_url))
    reply = ask(gateway)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")
    assert (len(first.calls), len(second.calls)) == (1, 1)
    lost, other = new_upstream(not_found(None, "Not Found")), new_upstream()
    gateway = start(home="lost", config=one_after_the_other(lost.base_url, other.base_url))
    assert ask(gateway).status_code == 404
    assert not other.calls


def test_that_a_stand_in_does_not_know_the_model_is_not_what_the_caller_hears(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    failing = new_upstream(whole(b"{}", status="500 Internal Server Error"))
    second = new_upstream(not_found("model_not_found", "gone"))
    gateway = start(config=one_after_the_other(failing.base_url, second.base_url))
    reply = ask(gateway)
    assert (reply.status_code, len(reply.json()["error"]["attempts"])) == (502, 2)


@pytest.mark.parametrize("trouble", ["error", "reset"])
def test_the_switch_to_the_next_takes_few_milliseconds(
    start: StartGateway, new_upstream: StartUpstream, figure: Figure, trouble: str
) -> None:
    """From when the first has failed until the second has the request, as they see it themselves."""
    failed: list[float] = []
    took: list[float] = []

    def fail(exchange: Exchange) -> None:
        failed.append(time.monotonic())
        if trouble == "error":
            whole(b"{}", status="500 Internal Server Error")(exchange)
        else:
            exchange.reset()

    def answer(exchange: Exchange) -> None:
        if failed:
            took.append((time.monotonic() - failed.pop()) * 1000)
        whole(CHAT_REPLY)(exchange)

    first, second = new_upstream(fail), new_upstream(answer)
    # So that the first is asked again and again, however often it fails.
    config = one_after_the_other(first.base_url, second.base_url) | {"health": {"open_ms": 1, "open_ms_max": 1}}
    gateway = start(config=config)
    for _ in range(400):
        assert served_by(gateway) == "second"
        if len(took) == SWITCHES:
            break
    assert len(took) == SWITCHES
    half, most = statistics.median(took), sorted(took)[SWITCHES * 99 // 100 - 1]
    figure(f"switch after {trouble}: half within {half:.1f} ms, 99 of 100 within {most:.1f} ms")
    assert half < 50


def test_recovery_takes_no_longer_than_is_configured(
    start: StartGateway, simulator: Simulator, figure: Figure
) -> None:
    """From when one of two equals is well again until he is tried, and until he has his full part."""
    lines = [line(node.base_url, region) for node, region in zip(simulator.nodes, ("here", "there"), strict=False)]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL], "policy": "weighted"}
    health = {"failures": 1, "open_ms": 300, "open_ms_max": 300, "slow_start_ms": 1000}
    gateway = start(config=configuration({"several": several}, retries=NO_REPEATS) | {"health": health})
    simulator.nodes[0].fault("status=500")
    client = gateway.http()

    def region() -> str:
        return client.post(CHAT_PATH, content=chat()).headers["x-bellwether-region"]

    until(lambda: region() and simulator.nodes[0].received(CHAT_PATH), "he has failed, and is left alone")
    simulator.nodes[0].heal()
    healed = time.monotonic()
    came: list[str] = []
    tried_after: list[float] = []

    def has_his_part() -> bool:
        came.append(region())
        if came[-1] == "here":
            tried_after.append(time.monotonic() - healed)
        return came[-20:].count("here") >= 10

    until(has_his_part, "he has his full part", 20.0)
    full_after = time.monotonic() - healed
    figure(f"recovery: tried after {tried_after[0] * 1000:.0f} ms, full part after {full_after * 1000:.0f} ms")
    # His time alone, and what a loaded machine adds.
    assert tried_after[0] < 0.3 + 2.0
    assert 0.8 < full_after < 0.3 + 1.0 + 6.0
