"""Proves that a limit of which an answer says that nothing is left is not run into: the next call goes elsewhere at once."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, Script, Upstream, whole

KEYS = ["key-number-one-of-two", "key-number-two-of-two"]
USED_UP = ["x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 6m0s"]


def telling(headers: dict[str, list[str]]) -> Script:
    """Answers well, with what is told to each key; `""` stands for all others."""

    def script(exchange: Exchange) -> None:
        key = exchange.received.one("authorization").removeprefix("Bearer ")
        whole(CHAT_REPLY, *headers.get(key, headers.get("", [])))(exchange)

    return script


def ask(gateway: Gateway, model: str = MODEL) -> str:
    reply = gateway.http().post(CHAT_PATH, content=chat(model=model))
    assert reply.status_code == 200, reply.text
    assert "x-ratelimit-remaining-requests" not in reply.headers, "it is ours, not the caller's"
    return reply.headers["x-bellwether-provider"]


def keys_of(upstream: Upstream) -> list[int]:
    return [KEYS.index(call.one("authorization").removeprefix("Bearer ")) for call in upstream.calls]


def with_keys(start: StartGateway, upstream: Upstream) -> Gateway:
    return start(config=configuration({"openai": provider(upstream.base_url) | {"credentials": KEYS}}))


def two_providers(start: StartGateway, first: Upstream, second: Upstream, **sections: Any) -> Gateway:
    providers = {
        "first": provider(first.base_url, models=[MODEL, "other"]),
        "second": provider(second.base_url, models=[MODEL, "other"]),
    }
    models = {name: [f"first/{name}", f"second/{name}"] for name in (MODEL, "other")}
    return start(config=configuration(providers, models) | sections)


def explained(gateway: Gateway) -> Any:
    return gateway.http().post("/v1/explain", content=chat()).json()


def in_ten_minutes() -> str:
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=10)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_another_key_is_asked_and_of_two_that_are_used_up_still_one(start: StartGateway, upstream: Upstream) -> None:
    gateway = with_keys(start, upstream)
    upstream.script = telling({KEYS[0]: USED_UP})
    for _ in range(4):
        ask(gateway)
    assert keys_of(upstream) == [0, 1, 1, 1]
    upstream.script = telling({"": USED_UP})
    for _ in range(3):
        ask(gateway)
    assert len(upstream.calls) == 7, "a hint refuses nobody"


def test_another_provider_is_asked_for_this_model_and_not_for_others(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first, second = new_upstream(telling({"": USED_UP})), new_upstream()
    gateway = two_providers(start, first, second)
    assert [ask(gateway) for _ in range(3)] == ["first", "second", "second"]
    assert ask(gateway, "other") == "first", "limits are those of a model"
    told = explained(gateway)
    assert [entry["provider"] for entry in told["order"]] == ["second", "first"]
    assert (told["order"][1]["reason"], told["order"][1]["last_resort"]) == ("limit_used_up", True)
    # As long as `health.wait_ms_max`, not the six minutes that were told.
    assert 50_000 < told["order"][1]["wait_ms"] <= 60_000


def test_the_limit_is_filled_again(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(telling({"": USED_UP})), new_upstream()
    gateway = two_providers(start, first, second, health={"wait_ms_max": 300})
    assert [ask(gateway), ask(gateway)] == ["first", "second"]
    until(lambda: ask(gateway) == "first", "it is asked again")


@pytest.mark.parametrize(
    ("headers", "then"),
    [
        (["anthropic-ratelimit-tokens-remaining: 0", "anthropic-ratelimit-tokens-reset: SOON"], "second"),
        (["x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 12s500ms"], "second"),
        (["x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: tomorrow"], "first"),
        (["x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 0s"], "first"),
        (["x-ratelimit-remaining-tokens: 0"], "first"),
        (["x-ratelimit-remaining-tokens: -1", "x-ratelimit-reset-tokens: 9s"], "first"),
        (["x-ratelimit-remaining-tokens: 7", "x-ratelimit-reset-tokens: 9s"], "first"),
        (
            [
                "x-ratelimit-limit-tokens: 0",
                "x-ratelimit-remaining-tokens: 0",
                "x-ratelimit-reset-tokens: 9s",
            ],
            "first",
        ),
    ],
)
def test_what_headers_say(start: StartGateway, new_upstream: StartUpstream, headers: list[str], then: str) -> None:
    said = [header.replace("SOON", in_ten_minutes()) for header in headers]
    first, second = new_upstream(telling({"": said})), new_upstream()
    gateway = two_providers(start, first, second)
    assert [ask(gateway), ask(gateway)] == ["first", then]
