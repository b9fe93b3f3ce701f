"""The field's public fault scenarios that need no rescue of a stream, each by its name, with the times they are published with.

`FAULT_PROFILE=slow` plays them with those times (about three minutes); without it all times are a tenth, so that nobody waits.
What they have in common with others (each kind of broken answer, each status) is in `test_misbehaving_upstreams.py`.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat, delta
from harness.upstream import Exchange, chunk, stream_head
from test_logs import lines_about

IS_SLOW = os.environ.get("FAULT_PROFILE") == "slow"
SCALE = 1.0 if IS_SLOW else 0.1
#: What a loaded machine adds to a time that is a tenth of what was published.
SLACK_S = 0.0 if IS_SLOW else 1.0

pytestmark = pytest.mark.timeout(240 if IS_SLOW else 30)


def seconds(published: float) -> float:
    """A published time in this profile."""
    return published * SCALE


def ms(published_s: float) -> int:
    return round(seconds(published_s) * 1000)


def chain(start: StartGateway, simulator: Simulator, limits: dict[str, Any] | None = None, **sections: Any) -> Gateway:
    """One name: the primary's model, then the fallback's."""
    primary, fallback = simulator.nodes
    providers = {
        "primary": provider(primary.base_url, key=simulator.key, models=["main"]),
        "fallback": provider(fallback.base_url, key=simulator.key, models=["spare"]),
    }
    config = configuration(providers)
    first: Any = {"provider": "primary", "model": "main", **limits} if limits else "primary/main"
    config["models"] = {MODEL: {"targets": [first, "fallback/spare"]}}
    return start(config=config | sections)


def alone(start: StartGateway, simulator: Simulator) -> Gateway:
    return start(config=configuration({"primary": provider(simulator.node.base_url, key=simulator.key, models=[MODEL])}))


def ask(gateway: Gateway, stream: bool = False) -> httpx.Response:
    """One call, with all the patience that a caller of these scenarios has."""
    client = gateway.http()
    return client.post(CHAT_PATH, content=chat(stream=stream), timeout=180.0)


def served(reply: httpx.Response) -> str:
    assert reply.status_code == 200, reply.text
    return reply.headers["x-bellwether-provider"]


def asked(simulator: Simulator, place: int = 0) -> list[dict[str, Any]]:
    return simulator.nodes[place].received(CHAT_PATH)


def words(reply: httpx.Response) -> list[Any]:
    """The chunks of a stream that ended well."""
    events = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]", reply.text
    return [json.loads(event) for event in events[:-1]]


def test_429_with_retry_after_is_waited_out_by_the_only_one(start: StartGateway, simulator: Simulator) -> None:
    wait_s = 2 if IS_SLOW else 1
    simulator.node.fault(f"status=429;retry_after={wait_s}", times=1)
    assert served(ask(alone(start, simulator))) == "primary"
    first, second = (call["at_ms"] for call in asked(simulator))
    assert second - first >= wait_s * 900


def test_429_with_retry_after_moves_where_there_is_another(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=429;retry_after=2", times=1)
    began = time.monotonic()
    assert served(ask(gateway)) == "fallback"
    assert time.monotonic() - began < 1.0 + SLACK_S, "at once, not after two seconds"
    assert len(asked(simulator)) == 1


def test_persistent_429_is_asked_sparsely(start: StartGateway, simulator: Simulator) -> None:
    """Four requests in three seconds at most, however often callers come."""
    gateway = alone(start, simulator)
    simulator.node.fault("status=429")
    ends = time.monotonic() + 3.0
    statuses = set()
    while time.monotonic() < ends:
        reply = ask(gateway)
        statuses.add(reply.status_code)
        assert int(reply.headers["retry-after"]) >= 1
    assert statuses == {429}
    assert len(asked(simulator)) <= 4


def test_500_once_is_asked_again_at_the_same_provider(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=500", times=1)
    reply = ask(gateway)
    assert (served(reply), reply.headers["x-bellwether-attempts"]) == ("primary", "2")
    assert not asked(simulator, 1)


def test_persistent_503_is_served_by_the_fallback(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=503")
    assert [served(ask(gateway)) for _ in range(10)] == ["fallback"] * 10
    assert len(asked(simulator)) <= 7, "then it is left alone"


def test_persistent_503_of_the_only_one_ends_after_three_attempts(start: StartGateway, simulator: Simulator) -> None:
    gateway = alone(start, simulator)
    simulator.node.fault("status=503")
    reply = ask(gateway)
    assert (reply.status_code, len(reply.json()["error"]["attempts"])) == (503, 3)


def test_reset_before_the_headers_is_not_noticed(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("reset_after_request")
    for stream in (False, True):
        assert served(ask(gateway, stream)) == "fallback"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_no_response_goes_to_the_fallback_after_the_first_limit(
    start: StartGateway, simulator: Simulator, stream: bool
) -> None:
    """Nothing for 120 s, a limit of 20 s: the silent one is not asked twice."""
    gateway = chain(start, simulator, {"timeout_ms": ms(20)})
    simulator.node.fault("hang")
    began = time.monotonic()
    assert served(ask(gateway, stream)) == "fallback"
    took = time.monotonic() - began
    assert seconds(20) <= took < seconds(25) + SLACK_S
    assert len(asked(simulator)) == 1


def test_a_first_token_after_20_s_is_answered_within_15_s_by_the_fallback(
    start: StartGateway, simulator: Simulator
) -> None:
    gateway = chain(start, simulator, {"first_token_ms": ms(10)})
    simulator.node.set(first_token_ms=ms(20))
    began = time.monotonic()
    reply = ask(gateway, stream=True)
    assert served(reply) == "fallback"
    assert time.monotonic() - began < seconds(15) + SLACK_S
    assert words(reply)


def test_a_malformed_event_is_never_passed_on(start: StartGateway, simulator: Simulator) -> None:
    """The first one: the fallback answers. A later one: an error event, not a clean end."""
    gateway = chain(start, simulator)
    simulator.node.fault("malformed=0")
    first = ask(gateway, stream=True)
    assert served(first) == "fallback"
    assert words(first)
    simulator.node.heal()
    simulator.node.fault("malformed=2", times=1)
    with gateway.http().stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        assert reply.headers["x-bellwether-provider"] == "primary"
        seen = b""
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in reply.iter_bytes():
                seen += piece
    assert b"stream_broken" in seen
    assert b"[DONE]" not in seen


@pytest.mark.parametrize("ending", ["no_done", "no_done;keeps_open"])
def test_a_stream_without_done_is_final_within_8_s_and_keeps_its_usage(
    start: StartGateway, simulator: Simulator, ending: str
) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault(ending)
    began = time.monotonic()
    body = chat(stream=True, stream_options={"include_usage": True})
    with gateway.http().stream("POST", CHAT_PATH, content=body) as reply:
        text = "".join(reply.iter_text())
    assert time.monotonic() - began < 8.0
    assert '"finish_reason":"' in text.replace(" ", "")
    line = lines_about(gateway, reply.headers["x-request-id"])[0]
    assert (line["status"], line.get("kind")) == (200, None)
    assert line["tokens"]["output"] > 0


#: The event that ends a stream well, by the path of its caller.
ENDINGS = {"/v1/messages": "event: message_stop", "/v1/responses": "event: response.completed"}


def asked_at(path: str) -> dict[str, Any]:
    """A streamed question as callers of that path put it."""
    words = [{"role": "user", "content": "hello"}]
    more = {"messages": words, "max_tokens": 99} if path == "/v1/messages" else {"input": words, "store": False}
    return {"model": MODEL, "stream": True, **more}


@pytest.mark.parametrize("path", ENDINGS)
@pytest.mark.parametrize("ending", ["no_done", "no_done;keeps_open"])
def test_a_translated_stream_without_done_is_final_within_8_s_and_keeps_its_usage(
    start: StartGateway, simulator: Simulator, ending: str, path: str
) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault(ending)
    began = time.monotonic()
    with gateway.http().stream("POST", path, json=asked_at(path), timeout=60.0) as reply:
        text = "".join(reply.iter_text())
    assert time.monotonic() - began < 8.0
    assert ENDINGS[path] in text, text
    assert "event: error" not in text
    line = lines_about(gateway, reply.headers["x-request-id"])[0]
    assert (line["status"], line.get("kind")) == (200, None)
    assert line["tokens"]["output"] > 0


@pytest.mark.parametrize("path", [CHAT_PATH, *ENDINGS])
def test_comments_behind_the_finish_put_off_the_end_of_no_stream(
    start: StartGateway, new_upstream: StartUpstream, path: str
) -> None:
    """A proxy that keeps an answered stream alive with comments: after the finish they mean nothing."""

    def comments(exchange: Exchange) -> None:
        finish = delta(content="Hi.").replace(b'"finish_reason": null', b'"finish_reason": "stop"')
        usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}}
        exchange.send(stream_head() + chunk(finish) + chunk(b"data: " + json.dumps(usage).encode() + b"\n\n"))
        while not exchange.saw_hang_up_within(0.05):
            exchange.send_within(chunk(b": still here\n\n"), 0.05)

    upstream = new_upstream(comments)
    providers = {"primary": provider(upstream.base_url, models=[MODEL])}
    gateway = start(config=configuration(providers, timeouts={"idle_ms": 1000}))
    body = asked_at(path) if path in ENDINGS else json.loads(chat(stream=True))
    with gateway.http().stream("POST", path, json=body, timeout=20.0) as reply:
        text = "".join(reply.iter_text())
    assert ENDINGS.get(path, '"finish_reason": "stop"') in text, text
    assert "event: error" not in text
    line = lines_about(gateway, reply.headers["x-request-id"])[0]
    assert (line["status"], line["tokens"]["output"]) == (200, 3)


def test_a_context_that_is_too_long_goes_to_the_larger_one_once(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=400;code=context_length_exceeded")
    assert served(ask(gateway)) == "fallback"
    assert len(asked(simulator)) == 1


def test_a_content_filter_is_told_and_not_shopped_around(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=400;code=content_filter")
    reply = ask(gateway)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "content_filter")
    assert (len(asked(simulator)), len(asked(simulator, 1))) == (1, 0)


def test_a_flap_of_60_s_is_served_by_the_fallback_and_the_primary_comes_back(
    start: StartGateway, simulator: Simulator
) -> None:
    """Twenty requests while it is down; back within 30 s after."""
    gateway = chain(start, simulator)
    assert served(ask(gateway)) == "primary"
    simulator.node.fault("status=503")
    began = time.monotonic()
    for number in range(1, 21):
        assert served(ask(gateway)) == "fallback"
        until(lambda: time.monotonic() - began >= seconds(3) * number, "the next is due")  # noqa: B023
    simulator.node.heal()
    healed = time.monotonic()
    until(lambda: served(ask(gateway)) == "primary", "the primary is back", 30.0 if IS_SLOW else 10.0)
    assert time.monotonic() - healed <= 30.0


def test_the_fallback_is_accounted_for_as_the_one_that_served(start: StartGateway, simulator: Simulator) -> None:
    gateway = chain(start, simulator)
    simulator.node.fault("status=503")
    reply = ask(gateway)
    assert served(reply) == "fallback"
    assert reply.headers["x-bellwether-model"] == "spare"
    usage = reply.json()["usage"]
    tokens = {who: gateway.metric("ai_gateway_tokens_total", provider=who) or 0 for who in ("primary", "fallback")}
    assert tokens == {"primary": 0, "fallback": usage["total_tokens"]}
    line = lines_about(gateway, reply.headers["x-request-id"])[0]
    told = (line["provider"], line["upstream_model"], line["tokens"]["output"])
    assert told == ("fallback", "spare", usage["completion_tokens"])
