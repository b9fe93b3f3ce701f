"""Proves what docs/operations/failover.md says of connections: a late one is not waited for, and some are opened ahead."""

from __future__ import annotations

import statistics
import time

import httpx

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, line, provider
from harness.gateway import Gateway
from harness.process import until
from harness.silent import SilentPort
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import whole

#: Long enough that nobody who waits for it passes a test.
CONNECT_MS = 5000
ONE_WORKER = {"workers": 1}


def ask(gateway: Gateway, client: httpx.Client | None = None) -> tuple[httpx.Response, float]:
    client = client or gateway.http()
    began = time.monotonic()
    reply = client.post(CHAT_PATH, content=chat())
    assert reply.status_code == 200, reply.text
    return reply, (time.monotonic() - began) * 1000


def regions(start: StartGateway, first: str, second: str) -> Gateway:
    """One model at one provider, whose first line is preferred while it is well."""
    lines = [line(first, "one"), line(second, "two")]
    config = configuration(
        {"only": provider(lines=lines, models=[MODEL], policy="priority")},
        timeouts={"connect_ms": CONNECT_MS},
        retries=NO_REPEATS,
    )
    return start(config=config | ONE_WORKER)


def test_a_region_nobody_knows_is_waited_for_a_quarter_of_a_second(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    silent, good = SilentPort(), new_upstream(whole(CHAT_REPLY))
    gateway = regions(start, silent.base_url, good.base_url)
    reply, took_ms = ask(gateway)
    assert reply.headers["x-bellwether-region"] == "two"
    assert reply.headers["x-bellwether-attempts"] == "1", "the first was told nothing"
    assert 200 < took_ms < 2000, took_ms
    told = gateway.admin().get("/admin/v1/stats").json()["regions"]
    counts = [(told[name]["total_requests"], told[name]["failover_count"]) for name in ("one", "two")]
    assert counts == [(1, 1), (1, 0)], "the call went on from one to two"
    silent.close()


def test_a_region_that_falls_silent_costs_a_little_more_than_its_usual_time(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first, second = new_upstream(whole(CHAT_REPLY)), new_upstream(whole(CHAT_REPLY))
    port = first.port
    gateway = regions(start, first.base_url, second.base_url)
    assert ask(gateway)[0].headers["x-bellwether-region"] == "one"
    first.close()
    silent = SilentPort(port)
    times_ms, client = [], gateway.http()
    for _ in range(20):
        reply, took_ms = ask(gateway, client)
        assert reply.headers["x-bellwether-region"] == "two"
        times_ms.append(took_ms)
    print(f"a silent region: median {statistics.median(times_ms):.1f} ms, most {max(times_ms):.1f} ms")
    assert statistics.median(times_ms) < 400, times_ms
    silent.close()


def test_another_model_comes_only_when_nobody_serves_the_same(start: StartGateway, new_upstream: StartUpstream) -> None:
    silent, good = SilentPort(), new_upstream(whole(CHAT_REPLY))
    providers = {
        "first": provider(silent.base_url, models=[MODEL]),
        "second": provider(good.base_url, models=[MODEL]),
    }
    models = {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}
    config = configuration(providers, models, timeouts={"connect_ms": CONNECT_MS}, retries=NO_REPEATS)
    reply, took_ms = ask(start(config=config | ONE_WORKER))
    assert reply.headers["x-bellwether-provider"] == "second"
    assert 200 < took_ms < 2000, took_ms
    silent.close()


def test_the_last_one_left_is_waited_for_to_the_end(start: StartGateway) -> None:
    silent = SilentPort()
    config = configuration(
        {"only": provider(silent.base_url, models=[MODEL])}, timeouts={"connect_ms": 300}, retries=NO_REPEATS
    )
    reply = start(config=config | ONE_WORKER).http().post(CHAT_PATH, content=chat())
    assert reply.status_code == 504, reply.text
    silent.close()


def test_lines_have_connections_ahead_where_they_are_wanted(start: StartGateway, new_upstream: StartUpstream) -> None:
    warm, cold = new_upstream(whole(CHAT_REPLY)), new_upstream(whole(CHAT_REPLY))
    warm_provider = provider(warm.base_url, models=[MODEL]) | {"warm_connections": 2}
    config = configuration({"warm": warm_provider, "cold": provider(cold.base_url, models=["other"])})
    gateway = start(config=config | ONE_WORKER)
    name = "ai_gateway_upstream_connections_warmed_total"
    until(lambda: gateway.metric(name, provider="warm") == 2, "two connections are open before the first call")
    assert gateway.metric(name, provider="cold") == 0, "a handshake without TLS is not worth it"
    ask(gateway)
    assert gateway.metric("ai_gateway_upstream_connections_reused_total", provider="warm") == 1
    assert len(warm.calls) == 1, "nothing is said over the others"
