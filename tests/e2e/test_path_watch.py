"""Proves what docs/operations/path-watch.md says: who thinks is waited for, a network that carries nothing is not."""

from __future__ import annotations

import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, line, provider
from harness.gateway import Gateway
from harness.process import until
from harness.silence import HAS_FILTERS, Elsewhere, carry_again, fall_silent, missing_for_namespaces, missing_for_rules
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import PATIENCE_S, Exchange, Script, Upstream, streamed, whole

pytestmark = pytest.mark.skipif(not HAS_FILTERS, reason="the path watch is Linux's")

#: Few enough that this very process, which is caller and provider, reads in time what arrives.
BATCH, AT_ONCE = 100, 10
#: What the limit comes to for a Linux host nearby, at most.
NEAR_LIMIT_MS = 80
#: So often a path falls silent in one test.
SILENCES = 5
#: Longer than any look at a connection waits, while it is learnt.
THINKS_S = 0.06
UNHEARD, DEAD = "ai_gateway_unheard_requests_total", "ai_gateway_dead_paths_total"
#: Probes bring a path back within a test, and nothing else does.
PROBES = {"probes": {"every_ms": 200, "every_ms_failing": 200, "timeout_ms": 300}}


class Thinking:
    """A provider that thinks before it answers, and tells when it was asked."""

    def __init__(self, answer: Script | None = None, seconds: float = THINKS_S) -> None:
        self._answer = answer or whole(CHAT_REPLY)
        self.seconds = seconds
        self.asked_at: list[float] = []

    def __call__(self, exchange: Exchange) -> None:
        self.asked_at.append(time.monotonic())
        if not (self.seconds and exchange.saw_hang_up_within(self.seconds)):
            exchange.send_within(b"", 10.0)
            self._answer(exchange)


def ask(gateway: Gateway, client: httpx.Client | None = None, **fields: Any) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    reply = (client or gateway.http()).post(CHAT_PATH, content=chat(**fields))
    assert reply.status_code == 200, reply.text
    return reply, (time.monotonic() - began) * 1000


def regions(start: StartGateway, first: str, second: str, **health: Any) -> Gateway:
    """One model at one provider, whose first line is preferred while it is well."""
    config = configuration(
        {"only": provider(lines=[line(first, "one"), line(second, "two")], models=[MODEL], policy="priority")},
        retries=NO_REPEATS,
    )
    return start(config=config | {"workers": 1, "health": {**PROBES, **health}})


def learn(gateway: Gateway) -> float:
    """As many calls as it takes to know how long acknowledgements take. How many were doubted so far, in vain."""
    client, limits_ms = gateway.http(), []
    with ThreadPoolExecutor(AT_ONCE) as callers:

        def is_known() -> bool:
            list(callers.map(lambda _: ask(gateway, client), range(BATCH)))
            limits_ms.append(told(gateway, "one")["path_limit_ms"])
            # As short as it gets; or longer, where too much else runs here for anybody to read in time what arrives.
            return limits_ms[-1] <= NEAR_LIMIT_MS or len(limits_ms) > 10

        until(is_known, "the path is known", patience_s=20)
    return gateway.metric(UNHEARD) or 0


def told(gateway: Gateway, region: str) -> dict[str, Any]:
    """What the admin API tells of a line."""
    lines = gateway.admin().get("/admin/v1/health").json()["lines"]
    (found,) = [line for line in lines if line["region"] == region]
    return found


def events(gateway: Gateway, words: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    return [line["fields"] for line in lines if words in line["message"]]


def requests(gateway: Gateway, **fields: str) -> list[dict[str, Any]]:
    """The log lines of calls with these fields."""
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    return [line for line in lines if fields.items() <= {(k, str(v)) for k, v in line.items()}]


Silence = tuple[Upstream, Callable[[], None], Callable[[], None]]


@pytest.fixture
def filtered(new_upstream: StartUpstream) -> Silence:
    """A provider whose host drops what arrives."""
    upstream = new_upstream()
    return upstream, lambda: fall_silent(upstream.sockets), lambda: carry_again(upstream.sockets)


@contextlib.contextmanager
def on_another_host(number: int) -> Iterator[tuple[Upstream, Elsewhere]]:
    host = Elsewhere(number)
    upstream = Upstream(whole(CHAT_REPLY), listener=host.listener())
    yield upstream, host
    upstream.close()
    host.close()


@pytest.fixture
def elsewhere() -> Iterator[Silence]:
    """A provider on another host, to which a route is lost on the way back."""
    if missing := missing_for_namespaces():
        pytest.skip(missing)
    with on_another_host(1) as (upstream, host):
        yield upstream, host.fall_silent, host.carry_again


@pytest.fixture
def firewalled() -> Iterator[Silence]:
    """A provider on another host, whose firewall (nftables) begins to drop all that arrives."""
    if missing := missing_for_rules():
        pytest.skip(missing)
    with on_another_host(2) as (upstream, host):
        yield upstream, host.drop_all, host.let_in_again


@pytest.mark.parametrize("way", ["filtered", "elsewhere", "firewalled"])
def test_a_path_that_falls_silent_is_left_within_a_tenth_of_a_second(
    start: StartGateway,
    new_upstream: StartUpstream,
    way: str,
    request: pytest.FixtureRequest,
    figure: Callable[[str], None],
) -> None:
    upstream, fall, recover = request.getfixturevalue(way)
    upstream.script, second = Thinking(), Thinking(seconds=0)
    other = new_upstream(second)
    # Until the end, nobody is told by a probe: one that is under way when the path falls silent waits longer than calls do.
    gateway = regions(start, upstream.base_url, other.base_url, probes={**PROBES["probes"], "timeout_ms": 3000})
    before = learn(gateway)
    fall()
    upstream.answer_models = lambda exchange: exchange.close()
    client, switched_ms = gateway.http(), []
    for number in (1, 2):
        began = time.monotonic()
        reply, _ = ask(gateway, client)
        assert reply.headers["x-bellwether-region"] == "two"
        switched_ms.append((second.asked_at[-1] - began) * 1000)
        assert gateway.metric(UNHEARD, provider="only") == before + number
        assert gateway.metric(DEAD, provider="only") == number - 1, "one may have lost a packet"
    figure(f"{way}: the other was asked after {', '.join(f'{ms:.1f}' for ms in switched_ms)} ms")
    # Whoever else uses this machine may hold up either of the two; silence would have been noticed after a second.
    assert max(switched_ms) <= 700, switched_ms
    assert (told(gateway, "one")["state"], told(gateway, "one")["reason"]) == ("ejected", "path_dead")
    (event,) = until(lambda: events(gateway, "carries nothing"), "the log tells of it")
    assert (event["provider"], event["region"], event["segments"]) == ("only", "one", "1")
    limit_ms = int(event["limit_ms"])
    assert min(switched_ms) <= limit_ms + 40, (limit_ms, switched_ms)
    # Known well enough: so it is unless too much else runs here.
    assert limit_ms > NEAR_LIMIT_MS or min(switched_ms) <= 100, switched_ms
    # From now on nobody waits for it.
    later = [ask(gateway, client) for _ in range(20)]
    assert {reply.headers["x-bellwether-attempts"] for reply, _ in later} == {"1"}
    assert statistics.median(took for _, took in later) < 200
    upstream.answer_models = whole(b'{"object":"list","data":[]}')
    recover()
    until(lambda: ask(gateway, client)[0].headers["x-bellwether-region"] == "one", "a probe brings it back")
    until(lambda: events(gateway, "carries again"), "the log tells of that, too")
    assert told(gateway, "one")["reason"] is None


def test_detection_and_switch_told_apart(
    start: StartGateway, new_upstream: StartUpstream, firewalled: Silence, figure: Callable[[str], None]
) -> None:
    """Detection: from the caller's request until the gateway knows that it has not arrived. Switch: from there until the other has
    the request. The second request that is late finds the path dead in the same moment, and the log says when that was.
    """
    upstream, fall, recover = firewalled
    upstream.script, second = Thinking(), Thinking(seconds=0)
    gateway = regions(start, upstream.base_url, new_upstream(second).base_url)
    learn(gateway)
    client, wall = gateway.http(), time.time() - time.monotonic()
    detected_ms, switched_ms = [], []
    for number in range(SILENCES):
        fall()
        upstream.answer_models = lambda exchange: exchange.close()
        for _ in range(2):
            began = time.monotonic()
            assert ask(gateway, client)[0].headers["x-bellwether-region"] == "two"
        found = until(lambda number=number: moments(gateway, "carries nothing")[number:], "the log tells of it")[0] - wall
        detected_ms.append((found - began) * 1000)
        switched_ms.append((second.asked_at[-1] - found) * 1000)
        upstream.answer_models = whole(b'{"object":"list","data":[]}')
        recover()
        until(lambda: ask(gateway, client)[0].headers["x-bellwether-region"] == "one", "a probe brings it back")
        # Some connections are open again, over which the next silence can be found.
        with ThreadPoolExecutor(AT_ONCE) as callers:
            list(callers.map(lambda _: ask(gateway, client), range(AT_ONCE)))
    limit_ms = told(gateway, "one")["path_limit_ms"]
    figure(f"{SILENCES} silences at a limit of {limit_ms} ms: detection {spread(detected_ms)}, switch {spread(switched_ms)}")
    # The log's moments are cut to milliseconds. Whoever else uses this machine may hold up some of both.
    assert min(switched_ms) <= 5 and statistics.median(switched_ms) <= 50, switched_ms
    assert limit_ms > NEAR_LIMIT_MS or min(detected_ms) <= 100, detected_ms


def spread(all_ms: list[float]) -> str:
    return f"{min(all_ms):.1f}, half {statistics.median(all_ms):.1f}, at most {max(all_ms):.1f} ms"


def moments(gateway: Gateway, words: str) -> list[float]:
    """When the log told of it."""
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    return [datetime.fromisoformat(line["at"]).timestamp() for line in lines if words in line["message"]]


def test_a_stream_is_saved_too(start: StartGateway, filtered: Silence, new_upstream: StartUpstream) -> None:
    upstream, fall, _ = filtered
    upstream.script = Thinking()
    finish = delta(content="hello") + DONE
    gateway = regions(start, upstream.base_url, new_upstream(streamed([finish])).base_url)
    learn(gateway)
    fall()
    reply, took_ms = ask(gateway, stream=True)
    assert (reply.headers["x-bellwether-region"], reply.content) == ("two", finish)
    assert took_ms < 500, took_ms


def test_connections_that_are_open_already_are_given_up_with_their_path(
    start: StartGateway, filtered: Silence, new_upstream: StartUpstream
) -> None:
    """As where a firewall forgets old connections, and takes new ones."""
    upstream, _, _ = filtered
    upstream.script = Thinking()
    gateway = regions(start, upstream.base_url, new_upstream(whole(CHAT_REPLY)).base_url)
    before = learn(gateway)
    fall_silent([each for each in upstream.sockets if each is not upstream.listener])
    client = gateway.http()
    regions_asked = [ask(gateway, client)[0].headers["x-bellwether-region"] for _ in range(2)]
    assert regions_asked == ["two", "two"]
    until(lambda: ask(gateway, client)[0].headers["x-bellwether-region"] == "one", "a new connection is well")
    replies = [ask(gateway, client)[0] for _ in range(30)]
    assert {reply.headers["x-bellwether-region"] for reply in replies} == {"one"}
    assert gateway.metric(UNHEARD) == before + 2, "of all the connections that were lost two were tried"


def test_the_first_may_still_win(start: StartGateway, filtered: Silence, new_upstream: StartUpstream) -> None:
    upstream, fall, recover = filtered
    upstream.script, second = Thinking(), Thinking(seconds=PATIENCE_S)
    gateway = regions(start, upstream.base_url, new_upstream(second).base_url)
    before = learn(gateway)
    fall()
    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(ask, gateway)
        until(lambda: second.asked_at, "the other is asked")
        recover()
        reply, _ = asked.result()
    assert (reply.headers["x-bellwether-region"], reply.headers["x-bellwether-attempts"]) == ("one", "2")
    assert (gateway.metric(UNHEARD), gateway.metric(DEAD)) == (before + 1, 0)
    assert gateway.metric("ai_gateway_hedges_total") is None, "it counts against no budget of hedges"
    assert told(gateway, "one")["state"] == "healthy"
    (line,) = requests(gateway, hedged="lost")
    assert line["hedge_provider"] == "only"


def test_what_may_be_done_once_only_goes_elsewhere_when_the_path_is_dead(
    start: StartGateway, filtered: Silence, new_upstream: StartUpstream
) -> None:
    upstream, fall, _ = filtered
    upstream.script, second = Thinking(), Thinking(whole(b'{"created":1,"data":[{"url":"https://example.com/1"}]}'))
    gateway = regions(start, upstream.base_url, new_upstream(second).base_url, silence_ms_min=20_000)
    learn(gateway)
    fall()
    began = time.monotonic()
    reply = gateway.http().post("/v1/images/generations", json={"model": MODEL, "prompt": "a boat"})
    assert (reply.status_code, reply.headers["x-bellwether-region"]) == (200, "two")
    assert 1.0 < second.asked_at[0] - began < 3.0, "a lost packet is sent again within a second"
    assert gateway.metric(DEAD) == 1


def test_the_last_one_left_is_waited_for(start: StartGateway, filtered: Silence) -> None:
    upstream, fall, recover = filtered
    upstream.script = Thinking()
    config = configuration({"only": provider(upstream.base_url, models=[MODEL])}, retries=NO_REPEATS)
    gateway = start(config=config | {"workers": 1})
    assert ask(gateway)[0].headers["x-bellwether-attempts"] == "1"
    fall()
    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(ask, gateway)
        until(lambda: gateway.metric(UNHEARD) == 1, "it was found to be late")
        assert not asked.done()
        recover()
        reply, _ = asked.result()
    assert reply.headers["x-bellwether-attempts"] == "1", "the network sent it again by itself"


def test_who_does_not_want_it_waits(start: StartGateway, filtered: Silence, new_upstream: StartUpstream) -> None:
    upstream, fall, _ = filtered
    gateway = regions(
        start, upstream.base_url, new_upstream(whole(CHAT_REPLY)).base_url, path_watch=False, silence_ms_min=700
    )
    for _ in range(120):
        ask(gateway)
    fall()
    reply, took_ms = ask(gateway)
    assert (reply.headers["x-bellwether-region"], took_ms > 600) == ("two", True), took_ms
    assert gateway.metric(UNHEARD) == 0


def test_thinking_is_not_taken_for_silence(
    start: StartGateway, simulator: Simulator, figure: Callable[[str], None]
) -> None:
    """A calm run: think times of up to 30 s, a hundred times as fast, so that most are looked at."""
    first, second = simulator.nodes
    gateway = regions(start, first.base_url, second.base_url, silence_ms_min=20_000)
    count, client = 2000, gateway.http()
    for part in range(20):
        # From nothing to 300 ms, where the limit lies at 300 ms at first and at 60 ms in the end.
        first.set(latency_ms=16 * part)
        with ThreadPoolExecutor(4 * AT_ONCE) as callers:
            list(callers.map(lambda _: ask(gateway, client), range(count // 20)))
    doubled = gateway.metric(UNHEARD) or 0
    figure(f"calm: {doubled:.0f} of {count} requests were doubted")
    assert doubled <= count / 1000
    assert gateway.metric(DEAD) == 0
