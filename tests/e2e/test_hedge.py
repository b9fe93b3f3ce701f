"""Proves docs/operations/hedging.md: another is asked beside who is late, within a budget, and only one is heard."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, Section, line, provider
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import Exchange, Script, Upstream, chunk, stream_head, streamed, whole

HEDGES = "ai_gateway_hedges_total"
#: So late is late, for tests that do not want it learnt.
AFTER_MS = 100
AFTER: Section = {"after_ms": AFTER_MS}
#: Longer than any test waits.
NEVER_S = 20.0
#: Whoever is not needed any longer is told so within this.
GONE_S = 0.1

FINISH = b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
STREAM = streamed([delta(content="x"), FINISH, DONE])
EMBEDDING = whole(b'{"object":"list","data":[],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}')
FAILURE = whole(b'{"error":{"message":"no"}}', status="500 Internal Server Error")


class Late:
    """Answers after a while, unless the gateway goes away before; when it went is kept."""

    def __init__(self, seconds: float = NEVER_S, answer: Script | None = None, says_before: bytes = b"") -> None:
        self.seconds, self.answer, self.says_before = seconds, answer or whole(CHAT_REPLY), says_before
        self.left: list[float] = []

    def __call__(self, exchange: Exchange) -> None:
        if self.says_before:
            exchange.send(self.says_before)
        if exchange.saw_hang_up_within(self.seconds):
            self.left.append(time.monotonic())
            exchange.close()
        else:
            self.answer(exchange)

    def was_left_at(self) -> float:
        """When the gateway went away, which it does once."""
        (left,) = until(lambda: self.left, "the gateway went away")
        return left


def hedging(
    start: StartGateway, *upstreams: Upstream, hedge: Any = AFTER, more: Section | None = None, **sections: Any
) -> Gateway:
    """`MODEL` by several providers in their order; `more` is said of each of them."""
    names = ["first", "second", "third"][: len(upstreams)]
    providers = {
        name: provider(upstream.base_url, models=[MODEL]) | (more or {})
        for name, upstream in zip(names, upstreams, strict=True)
    }
    models: Section = {MODEL: {"targets": [f"{name}/{MODEL}" for name in names]}}
    if hedge is not None:
        models[MODEL]["hedge"] = hedge
    config = {"providers": providers, "models": models, "retries": NO_REPEATS, **sections}
    return start(config=config)


def ask(gateway: Gateway, path: str = CHAT_PATH, **fields: Any) -> tuple[httpx.Response, float]:
    """One call, and when its answer began."""
    talks = fields.keys().isdisjoint({"input", "prompt"})
    body = chat(**fields) if talks else json.dumps({"model": MODEL, **fields})
    with gateway.http().stream("POST", path, content=body) as reply:
        began = time.monotonic()
        reply.read()
    return reply, began


def told(reply: httpx.Response) -> tuple[int, str, str]:
    return reply.status_code, reply.headers["x-bellwether-provider"], reply.headers["x-bellwether-attempts"]


def outcomes(gateway: Gateway, late: str = "first") -> dict[str, float]:
    family = gateway.metrics()[HEDGES.removesuffix("_total")]
    return {s.labels["outcome"]: s.value for s in family.samples if s.labels["provider"] == late}


def wait_for_outcomes(gateway: Gateway, expected: dict[str, float]) -> None:
    until(lambda: outcomes(gateway) == expected, f"hedges are {expected}")


@pytest.mark.parametrize(
    ("path", "fields", "says_before", "answer"),
    [
        (CHAT_PATH, {}, b"", whole(CHAT_REPLY)),
        (CHAT_PATH, {"stream": True}, stream_head() + chunk(b": thinking\n\n"), STREAM),
        ("/v1/messages", {"max_tokens": 9}, b"", whole(CHAT_REPLY)),
        ("/v1/messages", {"max_tokens": 9, "stream": True}, b"", STREAM),
        ("/v1/responses", {"input": "hello"}, b"", whole(CHAT_REPLY)),
        ("/v1/embeddings", {"input": "hello"}, b"", EMBEDDING),
    ],
    ids=["chat", "chat streamed", "messages", "messages streamed", "responses", "embeddings"],
)
def test_who_begins_first_is_heard_and_the_other_sent_away(
    start: StartGateway, new_upstream: StartUpstream, path: str, fields: Any, says_before: bytes, answer: Script
) -> None:
    late = Late(says_before=says_before)
    first, second = new_upstream(late), new_upstream(answer)
    gateway = hedging(start, first, second)
    asked = time.monotonic()
    reply, began = ask(gateway, path, **fields)
    assert told(reply) == (200, "second", "2"), reply.text
    assert AFTER_MS / 1000 <= began - asked < NEVER_S / 4
    assert late.was_left_at() - began < GONE_S
    assert (len(first.calls), len(second.calls)) == (1, 1)
    wait_for_outcomes(gateway, {"won": 1})


def test_nobody_is_asked_beside_another_unless_it_is_configured(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    for place, hedge in enumerate([None, False]):
        first, second = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream()
        gateway = hedging(start, first, second, hedge=hedge, region=f"r{place}")
        assert told(ask(gateway)[0]) == (200, "first", "1")
        assert not second.calls and not outcomes(gateway)
        gateway.stop()


def test_the_first_may_still_win(start: StartGateway, new_upstream: StartUpstream) -> None:
    late = Late()
    first, second = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream(late)
    gateway = hedging(start, first, second)
    reply, began = ask(gateway)
    assert told(reply) == (200, "first", "2")
    assert late.was_left_at() - began < GONE_S
    wait_for_outcomes(gateway, {"lost": 1})


def test_when_the_first_fails_the_second_is_the_next_attempt(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second, third = (
        new_upstream(Late(2 * AFTER_MS / 1000, FAILURE)),
        new_upstream(Late(5 * AFTER_MS / 1000)),
        new_upstream(),
    )
    gateway = hedging(start, first, second, third)
    assert told(ask(gateway)[0]) == (200, "second", "2")
    assert (len(second.calls), len(third.calls)) == (1, 0), "no third was asked for nothing"
    wait_for_outcomes(gateway, {"won": 1})


def test_when_the_second_fails_the_first_is_waited_for(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second, third = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream(FAILURE), new_upstream()
    gateway = hedging(start, first, second, third)
    assert told(ask(gateway)[0]) == (200, "first", "2")
    assert not third.calls
    wait_for_outcomes(gateway, {"failed": 1})
    assert gateway.metric("ai_gateway_attempts_failed_total", provider="second", kind="upstream_failed") == 1


def test_when_both_fail_the_next_is_asked_and_all_are_told(start: StartGateway, new_upstream: StartUpstream) -> None:
    slow = Late(3 * AFTER_MS / 1000, FAILURE)
    first, second, third = new_upstream(slow), new_upstream(FAILURE), new_upstream()
    gateway = hedging(start, first, second, third)
    assert told(ask(gateway)[0]) == (200, "third", "3")
    third.script = FAILURE
    error = ask(gateway)[0].json()["error"]
    assert sorted(note["provider"] for note in error["attempts"]) == ["first", "second", "third"]


def test_what_the_first_says_of_the_request_is_told_at_once(start: StartGateway, new_upstream: StartUpstream) -> None:
    refusal = whole(b'{"error":{"message":"a flaw"}}', status="400 Bad Request")
    late = Late()
    first, second = new_upstream(Late(3 * AFTER_MS / 1000, refusal)), new_upstream(late)
    gateway = hedging(start, first, second)
    reply, _ = ask(gateway)
    assert reply.status_code == 400 and "a flaw" in reply.text
    assert late.was_left_at()


@pytest.mark.parametrize("percent", [3, 0])
def test_hedges_stay_within_their_budget(
    start: StartGateway, new_upstream: StartUpstream, percent: int
) -> None:
    """A hundred calls, all of them slow."""
    first, second = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream()
    gateway = hedging(start, first, second, retries={**NO_REPEATS, "hedge_percent": percent})
    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: ask(gateway)[0].status_code, range(100)))
    took = time.monotonic() - began
    assert replies == [200] * 100
    floor = 1 + int(took / 10)
    asked = len(second.calls)
    assert (0 < asked <= 3 + floor) if percent else asked == 0, f"{asked} in {took:.1f} s"
    until(lambda: outcomes(gateway).get("no_budget") == 100 - asked, "the others are counted")


def test_how_late_is_late_is_learnt(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(), new_upstream()
    gateway = hedging(start, first, second, hedge=True, retries={**NO_REPEATS, "hedge_ms_min": 60})
    late = Late(0.5)
    first.script = late
    assert told(ask(gateway)[0]) == (200, "first", "1"), "nobody knows him yet"
    first.script = whole(CHAT_REPLY)
    for _ in range(100):
        assert told(ask(gateway)[0]) == (200, "first", "1")
    (one, other) = gateway.http().post("/v1/explain", content=chat()).json()["order"]
    assert one["hedge_after_ms"] >= 60 and "hedge_after_ms" not in other
    first.script = Late()
    asked = time.monotonic()
    reply, began = ask(gateway)
    assert told(reply) == (200, "second", "2")
    assert began - asked < NEVER_S / 4
    assert len(second.calls) == 1


def test_who_has_no_room_is_not_asked_beside_another(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream()
    busy = Event()
    providers = {
        "first": provider(first.base_url, models=[MODEL]),
        "second": provider(second.base_url, models=[MODEL, "only-second"]) | {"concurrent_max": 1},
    }
    models = {MODEL: {"targets": [f"first/{MODEL}", f"second/{MODEL}"], "hedge": AFTER}}
    gateway = start(config={"providers": providers, "models": models, "retries": NO_REPEATS})

    def hold(exchange: Exchange) -> None:
        busy.wait()
        whole(CHAT_REPLY)(exchange)

    second.script = hold
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(ask, gateway, model="second/only-second")
        until(lambda: len(second.calls) == 1, "the second is busy")
        assert told(ask(gateway)[0]) == (200, "first", "1")
        busy.set()
        assert holding.result()[0].status_code == 200
    assert len(second.calls) == 1
    wait_for_outcomes(gateway, {"nobody": 1})


def test_another_line_of_the_same_provider_will_do_but_never_the_same(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    late = Late()
    first, second = new_upstream(late), new_upstream(late)
    lines = [line(first.base_url, "here"), line(second.base_url, "there")]
    providers = {"one": provider(lines=lines, models=[MODEL], policy="priority")}
    models = {MODEL: {"targets": [f"one/{MODEL}"], "hedge": AFTER}}
    gateway = start(config={"providers": providers, "models": models, "timeouts": {"answer_ms": 1000}})
    assert ask(gateway)[0].status_code == 504
    assert (len(first.calls), len(second.calls)) == (1, 1)


def response() -> Script:
    """A whole answer of a provider that keeps its answers."""
    content = [{"type": "output_text", "text": "hi", "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    return whole(json.dumps({"id": "resp_1", "object": "response", "status": "completed", "output": [item]}).encode())


@pytest.mark.parametrize(
    ("path", "fields", "answer", "times"),
    [
        ("/v1/images/generations", {"prompt": "a bell"}, whole(b'{"created":1,"data":[]}'), 1),
        ("/v1/responses", {"input": "hello", "conversation": "conv_1"}, response(), 1),
        ("/v1/responses", {"input": "hello", "background": True}, response(), 1),
        ("/v1/responses", {"input": "hello"}, response(), 2),
    ],
    ids=["images", "a kept conversation", "what runs on", "a plain response"],
)
def test_what_is_to_be_done_once_is_asked_once(
    start: StartGateway, new_upstream: StartUpstream, path: str, fields: Any, answer: Script, times: int
) -> None:
    first, second = new_upstream(Late(4 * AFTER_MS / 1000, answer)), new_upstream(Late(4 * AFTER_MS / 1000, answer))
    gateway = hedging(start, first, second, more={"dialects": ["responses", "chat"]})
    reply, _ = ask(gateway, path, **fields)
    assert told(reply) == (200, "first", str(times)), reply.text
    assert len(second.calls) == times - 1


def test_a_hedge_is_in_the_log(start: StartGateway, new_upstream: StartUpstream) -> None:
    gateway = hedging(start, new_upstream(Late()), new_upstream())
    gateway.http().post(CHAT_PATH, content=chat(), headers={"x-request-id": "find-me"})
    gateway.stop()
    lines = [json.loads(text) for text in gateway.process.output.splitlines() if text.startswith("{")]
    (found,) = [found for found in lines if found.get("request_id") == "find-me"]
    names = ("provider", "attempts", "hedged", "late_provider", "hedge_provider", "status")
    shown = {name: found[name] for name in names}
    assert shown == {
        "provider": "second",
        "attempts": 2,
        "hedged": "won",
        "late_provider": "first",
        "hedge_provider": "second",
        "status": 200,
    }


def test_when_the_caller_goes_both_are_sent_away(start: StartGateway, new_upstream: StartUpstream) -> None:
    late, second_late = Late(), Late()
    first, second = new_upstream(late), new_upstream(second_late)
    gateway = hedging(start, first, second)
    caller = httpx.Client(base_url=gateway.url, trust_env=False, timeout=3 * AFTER_MS / 1000)
    with caller, pytest.raises(httpx.ReadTimeout):
        caller.post(CHAT_PATH, content=chat(), headers=dict(gateway.http().headers))
    went = time.monotonic()
    assert max(late.was_left_at(), second_late.was_left_at()) - went < GONE_S
    wait_for_outcomes(gateway, {"unended": 1})


@pytest.mark.parametrize("winner", ["first", "second"])
def test_a_loser_is_not_at_fault(start: StartGateway, new_upstream: StartUpstream, winner: str) -> None:
    first = new_upstream(Late(1.5 * AFTER_MS / 1000 if winner == "first" else NEVER_S))
    second = new_upstream(whole(CHAT_REPLY) if winner == "second" else Late())
    gateway = hedging(start, first, second, retries={**NO_REPEATS, "hedge_percent": 100})
    for _ in range(8):
        assert told(ask(gateway)[0]) == (200, winner, "2")

    def figures() -> dict[str, tuple[int, ...]]:
        targets = gateway.admin().get("/admin/v1/health").json()["targets"]
        keys = ("requests", "failovers", "failed", "in_flight")
        return {target["provider"]: tuple(target[key] for key in keys) for target in targets}

    loser = "second" if winner == "first" else "first"
    # Requests less failovers are the calls that ended there.
    until(lambda: figures() == {winner: (8, 0, 0, 0), loser: (8, 8, 0, 0)}, "all are counted once")


def test_explain_says_when_another_would_be_asked(start: StartGateway, new_upstream: StartUpstream) -> None:
    gateway = hedging(start, new_upstream(), new_upstream())

    def explained(**query: str) -> Any:
        return gateway.http().post("/v1/explain", params=query, content=chat()).json()

    chatting = explained()
    assert chatting["hedge"] == {"possible": True, "after_ms": AFTER_MS, "after_ms_min": 50}
    assert [entry.get("hedge_after_ms") for entry in chatting["order"]] == [AFTER_MS, None]
    drawing = explained(surface="/v1/images/generations")
    assert drawing["hedge"]["possible"] is False
    assert [entry.get("hedge_after_ms") for entry in drawing["order"]] == [None, None]
    gateway.stop()
    plain = hedging(start, new_upstream(), new_upstream(), hedge=None, region="plain")
    assert plain.http().post("/v1/explain", content=chat()).json()["hedge"] is None


def test_the_key_of_upstreams_is_sent_to_both(start: StartGateway, new_upstream: StartUpstream) -> None:
    """Each gets its own request, with its own name of the model and its own credential."""
    first, second = new_upstream(Late()), new_upstream()
    providers = {
        "first": provider(first.base_url, models=["one"]),
        "second": provider(second.base_url, key="another-key", models=["two"]),
    }
    models = {MODEL: {"targets": ["first/one", "second/two"], "hedge": AFTER}}
    gateway = start(config={"providers": providers, "models": models, "retries": NO_REPEATS})
    assert told(ask(gateway)[0]) == (200, "second", "2")
    sent = [(call.one("authorization"), call.json["model"]) for call in (first.call, second.call)]
    assert sent == [(f"Bearer {UPSTREAM_KEY}", "one"), ("Bearer another-key", "two")]
