"""Proves docs/operations/seeing.md: states with their reasons, and figures that add up, however many workers count them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, line, provider
from harness.gateway import Gateway
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import RefusingPort, whole

#: What MISSION promises of each region.
SHAPE = {
    "current_health",
    "avg_latency",
    "min_latency",
    "max_latency",
    "total_requests",
    "failover_count",
    "success_rate",
}
NEVER = {"probes": {"every_ms": 0}}
#: So that it is left alone for long enough to be looked at, and comes back soon when it may.
LONG = {"open_ms": 600_000, "open_ms_max": 600_000, **NEVER}
SHORT = {"open_ms": 100, "slow_start_ms": 300, **NEVER}
REGIONS = ("us-west", "eu-central")


def two_regions(start: StartGateway, simulator: Simulator, **sections: Any) -> Gateway:
    """One provider with a line to each of the simulator's nodes, the first one preferred."""
    lines = [line(node.base_url, region) for node, region in zip(simulator.nodes, REGIONS, strict=False)]
    providers = {"openai": provider(key=simulator.key, lines=lines, models=[MODEL], policy="priority")}
    return start(config={**configuration(providers, retries=NO_REPEATS), "health": NEVER, **sections})


#: One for each gateway and key: what must happen within a breaker's times has none to lose with new connections.
CLIENTS: dict[tuple[int, str], httpx.Client] = {}


def client(gateway: Gateway, key: str) -> httpx.Client:
    known = (gateway.process.pid, key)
    if known not in CLIENTS:
        CLIENTS[known] = gateway.http(key=key)
    return CLIENTS[known]


def ask(gateway: Gateway, model: str = MODEL) -> httpx.Response:
    return client(gateway, gateway.key).post(CHAT_PATH, content=chat(model=model))


def health(gateway: Gateway, **choice: str) -> dict[str, Any]:
    return client(gateway, gateway.admin_key).get("/admin/v1/health", params=choice).raise_for_status().json()


def stats(gateway: Gateway) -> dict[str, Any]:
    return client(gateway, gateway.admin_key).get("/admin/v1/stats").raise_for_status().json()


def target(gateway: Gateway, region: str = REGIONS[0], **choice: str) -> dict[str, Any]:
    (found,) = health(gateway, region=region, model=MODEL, **choice)["targets"]
    return found


def told(gateway: Gateway) -> tuple[str, str | None]:
    found = target(gateway)
    return found["state"], found["reason"]


def test_before_anybody_has_asked_everything_is_there_and_nothing_is_made_up(
    start: StartGateway, simulator: Simulator
) -> None:
    gateway = two_regions(start, simulator)
    figures = stats(gateway)
    assert set(figures) >= {"uptime", "regions"}
    assert isinstance(figures["uptime"], int)
    assert set(figures["regions"]) == set(REGIONS)
    for region in figures["regions"].values():
        assert set(region) >= SHAPE
        assert region["current_health"] == "unknown"
        assert [region[key] for key in ("total_requests", "failover_count")] == [0, 0]
        assert [region[key] for key in ("avg_latency", "min_latency", "max_latency", "success_rate")] == [None] * 4
    first = target(gateway, samples="true")
    assert (first["state"], first["reason"], first["recovery_ms"]) == ("unknown", None, None)
    assert (first["requests"], first["success_rate"], first["samples"]) == (0, None, [])
    assert set(first["latency_ms"].values()) == {None}
    assert first["evidence"]["last_failure"] is None


def test_a_target_goes_from_unknown_to_healthy_to_degraded_to_ejected(start: StartGateway, simulator: Simulator) -> None:
    gateway = two_regions(start, simulator, health=LONG)
    for _ in range(20):
        assert ask(gateway).status_code == 200
    assert told(gateway) == ("healthy", None)
    simulator.nodes[0].fault("status=500")
    for _ in range(3):
        assert ask(gateway).headers["x-bellwether-region"] == REGIONS[1]
    found = target(gateway)
    assert (found["state"], found["reason"]) == ("degraded", "in_trouble")
    assert 0 < found["recovery_ms"] <= 10_000
    # Most requests pass it over now: until those that do not have opened the breaker.
    until(lambda: ask(gateway).is_success and told(gateway)[0] == "ejected", "it is left alone")
    found = target(gateway)
    assert found["reason"] == "failures_in_a_row"
    assert 500_000 < found["recovery_ms"] <= 600_000
    evidence = found["evidence"]
    assert evidence["failures_in_a_row"] == 5
    assert evidence["last_failure"]["kind"] == "failed"
    assert evidence["recent"]["failed"] == 5
    assert found["failures"] == {"failed": 5}
    (ill, well) = health(gateway)["lines"]
    assert [(entry["state"], entry["reason"]) for entry in (ill, well)] == [
        ("ejected", "failures_in_a_row"),
        ("healthy", None),
    ]
    regions = stats(gateway)["regions"]
    assert [regions[region]["current_health"] for region in REGIONS] == ["ejected", "healthy"]


def test_it_comes_back_by_itself_and_says_so(start: StartGateway, simulator: Simulator) -> None:
    gateway = two_regions(start, simulator, health=SHORT)
    simulator.nodes[0].fault("status=500")
    until(lambda: ask(gateway).is_success and told(gateway)[0] == "ejected", "it is left alone")
    simulator.nodes[0].heal()
    seen = set()

    def is_well() -> bool:
        assert ask(gateway).is_success
        seen.add(told(gateway))
        return told(gateway) == ("healthy", None)

    until(is_well, "it is well again")
    assert seen <= {
        ("ejected", "failures_in_a_row"),
        ("ejected", "trial_failed"),
        ("degraded", "on_trial"),
        ("degraded", "slow_start"),
        ("healthy", None),
    }
    assert ("degraded", "slow_start") in seen


def test_who_asks_for_patience_says_for_how_long(start: StartGateway, simulator: Simulator) -> None:
    gateway = two_regions(start, simulator)
    simulator.nodes[0].fault("status=429;retry_after=30", times=1)
    assert ask(gateway).is_success
    found = health(gateway)["targets"][0]
    assert (found["state"], found["failures"]) == ("ejected", {"busy": 1})
    assert 20_000 < found["recovery_ms"] <= 30_000


def test_the_last_hundred_are_kept_and_told_on_request(start: StartGateway, simulator: Simulator) -> None:
    gateway = two_regions(start, simulator)
    simulator.nodes[0].set(latency_ms=20)
    for _ in range(110):
        assert ask(gateway).is_success
    assert "samples" not in target(gateway)
    found = target(gateway, samples="true")
    assert (found["requests"], found["sampled"], len(found["samples"])) == (110, 100, 100)
    assert all(sample["is_good"] and sample["took_ms"] >= 20 for sample in found["samples"])
    ages = [sample["ago_ms"] for sample in found["samples"]]
    assert ages == sorted(ages, reverse=True)
    times = sorted(sample["took_ms"] for sample in found["samples"])
    latency = found["latency_ms"]
    assert (latency["min"], latency["p50"], latency["p95"], latency["p99"], latency["max"]) == (
        times[0],
        times[49],
        times[94],
        times[98],
        times[99],
    )
    region = stats(gateway)["regions"][REGIONS[0]]
    assert (region["min_latency"], region["max_latency"]) == (times[0], times[99])
    assert region["success_rate"] == 1.0


def test_what_cannot_be_asked_for_is_refused_with_a_hint(start: StartGateway, simulator: Simulator) -> None:
    models = [f"model-{number}" for number in range(40)]
    lines = [line(simulator.node.base_url, f"region-{number}") for number in range(3)]
    gateway = start(config=configuration({"openai": provider(lines=lines, models=models)}))
    admin = gateway.admin()
    refused = admin.get("/admin/v1/health", params={"samples": "true"})
    assert refused.status_code == 400
    assert "say which with provider, region or model" in refused.json()["error"]["message"]
    assert admin.get("/admin/v1/health", params={"samples": "true", "region": "region-1"}).status_code == 200
    assert admin.get("/admin/v1/health", params={"regoin": "region-1"}).status_code == 400


@pytest.mark.parametrize("workers", [1, 3])
def test_figures_add_up_over_all_workers(start: StartGateway, simulator: Simulator, workers: int) -> None:
    """Some answers of the first region are failures: what is asked twice is what went on elsewhere."""
    calls = 60
    gateway = two_regions(start, simulator, workers=workers, limits={"attempts_max": 2})
    for _ in range(10):
        assert ask(gateway).status_code == 200
    simulator.nodes[0].fault("status=500", times=4)

    def one(_: int) -> int:
        # A connection of its own, so that all workers have some.
        with httpx.Client(base_url=gateway.url, trust_env=False, timeout=10) as own:
            reply = own.post(CHAT_PATH, content=chat(), headers={"authorization": f"Bearer {gateway.key}"})
        assert reply.status_code == 200, reply.text
        return int(reply.headers["x-bellwether-attempts"])

    with ThreadPoolExecutor(6) as pool:
        attempts = 10 + sum(pool.map(one, range(calls - 10)))
    figures = stats(gateway)
    regions = [figures["regions"][region] for region in REGIONS]
    received = [len(node.received(CHAT_PATH)) for node in simulator.nodes]
    assert [region["total_requests"] for region in regions] == received
    assert sum(received) == attempts
    moved = sum(region["failover_count"] for region in regions)
    assert sum(received) - moved == calls
    assert regions[0]["failed_requests"] == moved == 4
    assert regions[0]["success_rate"] == pytest.approx((received[0] - moved) / received[0], abs=1e-4)
    whole = figures["providers"]["openai"]
    assert whole["total_requests"] == attempts
    assert whole["failover_count"] == moved
    targets = health(gateway)["targets"]
    assert [entry["requests"] for entry in targets] == received
    assert [entry["failovers"] for entry in targets] == [moved, 0]
    assert sum(entry["in_flight"] for entry in targets) == 0
    labels = {"provider": "openai", "region": REGIONS[0], "line": "0", "credential": "0"}
    metric = gateway.metric
    assert metric("ai_gateway_target_attempts_total", **labels, model=MODEL) == received[0]
    assert metric("ai_gateway_target_failures_total", **labels, model=MODEL, reason="failed") == moved
    assert metric("ai_gateway_target_failovers_total", **labels, model=MODEL) == moved
    assert metric("ai_gateway_line_failovers_total", **labels) == moved
    assert metric("ai_gateway_target_in_flight", **labels, model=MODEL) == 0


def test_limits_are_shown_where_they_hold(start: StartGateway, simulator: Simulator) -> None:
    lines = [{**line(simulator.node.base_url, "us"), "concurrent_max": 7}, line(simulator.nodes[1].base_url, "eu")]
    providers = {"openai": {**provider(key=simulator.key, lines=lines, models=[MODEL]), "concurrent_max": 9}}
    models = {"smart": {"targets": [{"provider": "openai", "model": MODEL, "region": "eu", "concurrent_max": 3}]}}
    gateway = start(config={"providers": providers, "models": models, "health": NEVER})
    assert ask(gateway, model="smart").is_success
    found = health(gateway)
    assert [(entry["limit"], entry["provider_limit"]) for entry in found["lines"]] == [(7, 9), (None, 9)]
    assert [(entry["region"], entry["limit"], entry["in_flight_peak"]) for entry in found["targets"]] == [
        ("us", None, 0),
        ("eu", 3, 1),
    ]
    assert found["calls"]["inside_peak"] == 1
    assert found["calls"]["waiting"] == 0


def test_switches_are_shown_beside_the_state(start: StartGateway, simulator: Simulator) -> None:
    gateway = two_regions(start, simulator)
    assert ask(gateway).is_success
    gateway.admin().post("/admin/v1/providers/openai/drain", json={"reason": "test", "region": REGIONS[0]})
    found = target(gateway)
    assert (found["state"], found["switch"]) == ("healthy", "draining")
    assert [entry["switch"] for entry in health(gateway)["lines"]] == ["draining", "on"]
    assert stats(gateway)["regions"][REGIONS[0]]["switch"] == "draining"
    assert stats(gateway)["providers"]["openai"]["switch"] == "partly_off"
    assert gateway.metric("ai_gateway_line_switched_off", region=REGIONS[0]) == 1
    assert gateway.metric("ai_gateway_target_switched_off", region=REGIONS[0]) == 1


def test_names_that_callers_make_up_are_no_labels(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(config=configuration({"openai": provider(simulator.node.base_url, key=simulator.key)}))
    for number in range(3):
        ask(gateway, model=f"made-up-{number}")
    samples = gateway.metrics()["ai_gateway_target_attempts"].samples
    assert [(sample.labels["model"], sample.value) for sample in samples] == [("other", 3)]
    states = gateway.metrics()["ai_gateway_target_state"].samples
    assert {sample.labels["state"] for sample in states} == {"unknown", "healthy", "degraded", "ejected"}
    assert sum(sample.value for sample in states) == 1


def test_a_line_that_probes_do_not_reach_is_ejected(
    start: StartGateway, simulator: Simulator, refusing: RefusingPort
) -> None:
    lines = [line(refusing.base_url, "dead"), line(simulator.node.base_url, "alive")]
    providers = {"openai": provider(key=simulator.key, lines=lines, models=[MODEL], policy="priority")}
    probes = {"every_ms": 100, "every_ms_failing": 100}
    gateway = start(config=configuration(providers) | {"health": {"probes": probes}})

    def by_line() -> list[tuple[str, str, str | None]]:
        return [(entry["state"], entry["reach"], entry["reason"]) for entry in health(gateway)["lines"]]

    # That somebody is there is no proof that he answers calls.
    expected = [("ejected", "unreachable", "unreachable"), ("unknown", "answering", None)]
    until(lambda: by_line() == expected, "the probes have found nobody on one line and somebody on the other")
    assert target(gateway, region="dead")["reason"] == "unreachable"
    assert stats(gateway)["regions"]["dead"]["current_health"] == "ejected"
    assert gateway.metric("ai_gateway_line_state", region="dead", state="ejected") == 1


@pytest.mark.parametrize(("keys", "state"), [(1, "degraded"), (2, "ejected")])
def test_a_key_that_was_refused_is_told(
    start: StartGateway, new_upstream: StartUpstream, keys: int, state: str
) -> None:
    """Where there is another key, the refused one is left alone."""
    refusing = new_upstream(whole(b'{"error":{"message":"no"}}', status="401 Unauthorized"))
    several = {**provider(refusing.base_url, models=[MODEL]), "credentials": [f"made-up-key-{n}" for n in range(keys)]}
    gateway = start(config=configuration({"openai": several}) | {"health": NEVER})
    assert ask(gateway).status_code == 502
    found = health(gateway)["targets"]
    assert [entry["key"] for entry in found] == ([None] if keys == 1 else [1, 2])
    assert {(entry["state"], entry["reason"]) for entry in found} == {(state, "key_rests")}
    assert all(290_000 < entry["recovery_ms"] <= 300_000 for entry in found)
    assert all(entry["failures"] == {"refused": 1} and entry["failed"] == 0 for entry in found)


def test_providers_under_one_label_are_one_series(start: StartGateway, new_upstream: StartUpstream) -> None:
    providers = {
        name: provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL, name]) for name in ("one", "two")
    }
    gateway = start(config=configuration(providers) | {"metrics": {"provider_label": "all"}, "health": NEVER})
    for name in ("one", "two"):
        assert ask(gateway, model=f"{name}/{MODEL}").is_success
    attempts = gateway.metrics()["ai_gateway_target_attempts"].samples
    assert [(sample.labels["provider"], sample.value) for sample in attempts] == [("all", 2)]
    lines = gateway.metrics()["ai_gateway_line_attempts"].samples
    assert [(sample.labels["provider"], sample.value) for sample in lines] == [("all", 2)]
