"""Proves who is waited for, how long, and who is asked again: never twice what may have been paid for once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, current_thread

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, one_after_the_other, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import Exchange, Script, Upstream, streamed, whole
from harness.wire import Wire, request

LIMIT_MS = 2000
#: Within the limit, and beyond an equal share of it.
SLOW_S = 1.2
#: Longer than it takes to notice that a kept connection was dead.
THINKING_S = 0.5


def after(seconds: float, script: Script) -> Script:
    """Answers only after a while, as a model that thinks."""

    def slow(exchange: Exchange) -> None:
        Event().wait(seconds)
        script(exchange)

    return slow


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_slow_answer_within_the_limit_is_waited_for(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    """A second target is no reason to give up on the first: its answer would be paid for and thrown away."""
    answer = streamed([delta(content="x"), DONE]) if stream else whole(CHAT_REPLY)
    first, second = new_upstream(after(SLOW_S, answer)), new_upstream()
    limits = {"first_byte_ms": LIMIT_MS, "answer_ms": LIMIT_MS}
    gateway = start(config=one_after_the_other(first.base_url, second.base_url, limits))
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(stream=stream)))
    assert (reply.status, reply.headers["x-bellwether-provider"]) == (200, "first")
    assert not second.calls


def test_a_silent_first_target_leaves_time_for_the_second(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(after(LIMIT_MS / 1000, whole(CHAT_REPLY))), new_upstream()
    config = one_after_the_other(first.base_url, second.base_url, {"answer_ms": 600})
    gateway = start(config=config)
    began = time.monotonic()
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.headers["x-bellwether-provider"]) == (200, "second")
    assert time.monotonic() - began < LIMIT_MS / 1000, "the limit is that of the call, not of each attempt"


def test_of_all_connections_that_their_host_has_forgotten_one_call_finds_that_out(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    """They are open and take what is sent, but nobody reads it there any more: nothing but silence tells of that."""
    forgotten, count = set[Thread](), 5
    limits = {"first_byte_ms": LIMIT_MS, "answer_ms": LIMIT_MS}

    def first(exchange: Exchange) -> None:
        # Each connection has a thread of its own.
        forgotten.add(current_thread())
        after(THINKING_S, whole(CHAT_REPLY))(exchange)

    def forgetful(exchange: Exchange) -> None:
        if current_thread() in forgotten:
            exchange.saw_hang_up()
        else:
            whole(CHAT_REPLY)(exchange)

    upstream = new_upstream(first)
    config = configuration({"only": provider(upstream.base_url, models=[MODEL])}, timeouts=limits, retries=NO_REPEATS)
    client = start(config=config | {"workers": 1}).http()

    def ask(_: int) -> int:
        return client.post(CHAT_PATH, content=chat()).status_code

    with ThreadPoolExecutor(count) as callers:
        assert list(callers.map(ask, range(count))) == [200] * count
    assert len(forgotten) == count
    upstream.script = forgetful
    assert [ask(number) for number in range(count)] == [504] + [200] * (count - 1)


def test_a_provider_that_closes_behind_each_answer_harms_no_call(gateway: Gateway, upstream: Upstream) -> None:
    """It does not say `connection: close`: each next call finds a dead connection in the pool."""

    def script(exchange: Exchange) -> None:
        whole(CHAT_REPLY)(exchange)
        exchange.close()

    upstream.script = script
    with Wire(gateway.address) as wire:
        statuses = [wire.ask(request(CHAT_PATH, chat())).status for _ in range(50)]
    assert statuses == [200] * 50
    assert len(upstream.calls) == 50


def test_a_provider_that_read_a_request_is_not_asked_again_in_silence(
    start: StartGateway, upstream: Upstream
) -> None:
    """On a kept connection, too, a break after a while is no stale connection: the work may have been done."""
    gateway = start(config=configuration({"openai": provider(upstream.base_url)}, retries=NO_REPEATS))

    def think_and_reset(exchange: Exchange) -> None:
        Event().wait(THINKING_S)
        exchange.reset()

    with Wire(gateway.address) as wire:
        assert wire.ask(request(CHAT_PATH, chat())).status == 200
        upstream.script = think_and_reset
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.error["code"]) == (502, "upstream_failed")
    assert len(upstream.calls) == 2, "one answered, one broken"


@pytest.mark.parametrize("refusal", ["401 Unauthorized", "403 Forbidden", "429 Too Many Requests"])
def test_a_refused_credential_is_followed_by_the_next(start: StartGateway, upstream: Upstream, refusal: str) -> None:
    gateway = start(config=configuration(providers={"openai": two_credentials(upstream)}))

    def script(exchange: Exchange) -> None:
        is_first = exchange.received.one("authorization") == "Bearer first-credential-of-two"
        whole(b'{"error":{"message":"no"}}', status=refusal)(exchange) if is_first else whole(CHAT_REPLY)(exchange)

    upstream.script = script
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.body) == (200, CHAT_REPLY)
    assert reply.headers["x-bellwether-attempts"] == "2"
    sent = [call.one("authorization") for call in upstream.calls]
    assert sent == ["Bearer first-credential-of-two", "Bearer second-credential-of-two"]


def test_when_every_credential_is_refused_it_is_our_fault(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=configuration(providers={"openai": two_credentials(upstream)}))
    upstream.script = whole(b"{}", status="401 Unauthorized")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.error["code"]) == (502, "upstream_credential_rejected")
    assert len(reply.error["attempts"]) == 2
    assert len(upstream.calls) == 2


def two_credentials(upstream: Upstream) -> dict[str, object]:
    credentials = ["first-credential-of-two", "second-credential-of-two"]
    return {**provider(upstream.base_url), "credentials": credentials}
