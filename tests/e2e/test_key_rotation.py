"""Proves that a provider with several keys goes on with the next one, and leaves a refused one alone for a while."""

from __future__ import annotations

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import Exchange, Script, Upstream, whole

KEYS = [
    "key-number-one-of-five",
    "key-number-two-of-five",
    "key-number-three-of-five",
    "key-number-four-of-five",
    "key-number-five-of-five",
]


def serving(start: StartGateway, upstream: Upstream, keys: list[str]) -> Gateway:
    return start(config=configuration({"openai": provider(upstream.base_url) | {"credentials": keys}}))


def refusing(refused: dict[str, str], *headers: str) -> Script:
    """Answers keys of `refused` with their status, and all others with an answer."""

    def script(exchange: Exchange) -> None:
        status = refused.get(key_of(exchange.received.one("authorization")))
        if status is None:
            whole(CHAT_REPLY)(exchange)
        else:
            whole(b'{"error":{"message":"no"}}', *headers, status=status)(exchange)

    return script


def key_of(header: str) -> str:
    return header.removeprefix("Bearer ")


def asked(upstream: Upstream) -> list[int]:
    """The number of each key that was sent, in order."""
    return [KEYS.index(key_of(call.one("authorization"))) for call in upstream.calls]


def ask(gateway: Gateway) -> int:
    return gateway.http().post(CHAT_PATH, content=chat()).status_code


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "402 Payment Required", "403 Forbidden", "429 Too Many Requests"]
)
def test_a_refused_key_is_left_alone_by_the_calls_behind(start: StartGateway, upstream: Upstream, status: str) -> None:
    gateway = serving(start, upstream, KEYS[:2])
    upstream.script = refusing({KEYS[0]: status})
    assert [ask(gateway) for _ in range(3)] == [200] * 3
    assert asked(upstream) == [0, 1, 1, 1]


def test_keys_cost_no_attempts(start: StartGateway, upstream: Upstream) -> None:
    """More refused keys than `limits.attempts_max`: the one that works is found in the same call."""
    gateway = serving(start, upstream, KEYS)
    upstream.script = refusing(dict.fromkeys(KEYS[:4], "401 Unauthorized"))
    assert ask(gateway) == 200
    assert asked(upstream) == [0, 1, 2, 3, 4]


def test_a_key_is_asked_again_when_the_provider_said_so(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, KEYS[:2])
    upstream.script = refusing({KEYS[0]: "429 Too Many Requests"}, "retry-after-ms: 0")
    assert [ask(gateway), ask(gateway)] == [200, 200]
    assert asked(upstream) == [0, 1, 0, 1]


def test_where_all_keys_rest_they_are_asked_all_the_same(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, KEYS[:2])
    upstream.script = refusing(dict.fromkeys(KEYS, "401 Unauthorized"))
    assert ask(gateway) == 502
    upstream.script = refusing({})
    assert [ask(gateway), ask(gateway)] == [200, 200]
    assert asked(upstream) == [0, 1, 0, 0]


def test_what_is_not_about_the_key_leaves_it_alone(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, KEYS[:2])
    upstream.script = refusing({KEYS[0]: "503 Service Unavailable"})
    assert [ask(gateway), ask(gateway)] == [200, 200]
    assert asked(upstream) == [0, 1, 0, 1]


def test_a_reload_forgets_no_rest(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, KEYS[:2])
    upstream.script = refusing({KEYS[0]: "401 Unauthorized"})
    assert ask(gateway) == 200
    reload = gateway.http(gateway.admin_key).post("/admin/v1/reload")
    assert reload.status_code == 200, reload.text
    assert ask(gateway) == 200
    assert asked(upstream) == [0, 1, 1]
