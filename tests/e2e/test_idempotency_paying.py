"""Proves that a request with a key is paid for once, however often it is sent and whatever happens between, and that a
key under which money was spent is never free again.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, OUTPUT_NANO, REPLY_NANO
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import Held, streamed, whole
from harness.wire import Wire, request
from test_paying import Accounts, Endless, configured

KEY = "Idempotency-Key"
REPLAYED = "idempotency-replayed"
TWINS = 20


def post(gateway: Gateway, key: str, content: bytes) -> httpx.Response:
    with gateway.http() as http:
        return http.post(CHAT_PATH, content=content, headers={KEY: key})


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


@pytest.mark.parametrize("level", ["slot", "durable"])
def test_twenty_twins_and_as_many_repeats_are_one_charge(
    start: StartGateway, new_upstream: StartUpstream, level: str
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=configured(upstream, level=level))
    accounts = Accounts(gateway)
    accounts.open(NANO)
    with ThreadPoolExecutor(TWINS) as pool:
        replies = list(pool.map(lambda _: post(gateway, "twins", chat()), range(TWINS)))
    replies += [post(gateway, "twins", chat()) for _ in range(TWINS)]
    answered = [reply for reply in replies if reply.status_code == 200]
    assert {reply.content for reply in answered} == {CHAT_REPLY}
    assert {reply.headers["x-bellwether-cost"] for reply in answered} == {"0.000039"}
    assert accounts.wait_until_nothing_is_held() == NANO - REPLY_NANO
    assert len(upstream.calls) == 1


def test_a_stream_is_charged_once_over_a_kill(start: StartGateway, new_upstream: StartUpstream) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    last = b'data: {"id":"c","choices":[],"usage":%b}\n\n' % json.dumps(usage).encode()
    upstream = new_upstream(streamed([delta(content="one"), finish(), last, DONE]))
    gateway = start(config=configured(upstream))
    Accounts(gateway).open(NANO)
    body = chat(stream=True, stream_options={"include_usage": True})
    first = post(gateway, "stream", body)
    gateway.process.kill()
    gateway = start(config=configured(upstream))
    again = post(gateway, "stream", body)
    assert (again.content, again.headers[REPLAYED]) == (first.content, "true")
    assert Accounts(gateway).wait_until_nothing_is_held() == NANO - REPLY_NANO
    assert len(upstream.calls) == 1


def finish() -> bytes:
    return b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


def test_who_could_not_pay_may_use_his_key_when_he_can(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=configured(upstream))
    accounts = Accounts(gateway)
    accounts.open(5_000)
    assert code(post(gateway, "poor", chat(max_tokens=100))) == (402, "insufficient_quota")
    accounts.credit(NANO)
    first = post(gateway, "poor", chat(max_tokens=100))
    assert (first.status_code, first.headers.get(REPLAYED)) == (200, None)
    assert post(gateway, "poor", chat(max_tokens=100)).headers[REPLAYED] == "true"
    assert accounts.wait_until_nothing_is_held() == 5_000 + NANO - REPLY_NANO


def test_a_repeat_needs_no_balance(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=configured(upstream))
    accounts = Accounts(gateway)
    accounts.open(1_000_000)
    assert post(gateway, "k", chat(max_tokens=20)).status_code == 200
    left = accounts.wait_until_nothing_is_held()
    for number in range(100):
        if post(gateway, f"other-{number}", chat(max_tokens=200)).status_code == 402:
            break
    assert code(post(gateway, "new", chat(max_tokens=200))) == (402, "insufficient_quota")
    poor = accounts.wait_until_nothing_is_held()
    assert poor < left
    assert post(gateway, "k", chat(max_tokens=20)).headers[REPLAYED] == "true"
    assert accounts.wait_until_nothing_is_held() == poor


def test_a_stream_that_money_ended_is_not_told_as_whole(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(Endless())
    gateway = start(config=configured(upstream))
    accounts = Accounts(gateway)
    accounts.open(3_000 * OUTPUT_NANO)
    cut = post(gateway, "spent", chat(stream=True))
    assert b"insufficient_quota" in cut.content, cut.content[-300:]
    spent = accounts.wait_until_nothing_is_held()
    accounts.credit(NANO)
    assert code(post(gateway, "spent", chat(stream=True))) == (409, "idempotency_outcome_unknown")
    assert accounts.wait_until_nothing_is_held() == spent + NANO
    assert len(upstream.calls) == 1


def test_whoever_gives_up_before_an_answer_begins_may_ask_again(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(config=configured(upstream))
    accounts = Accounts(gateway)
    accounts.open(NANO)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(), f"{KEY}: patience"))
        (exchange,) = held.wait_for(1)
    assert exchange.saw_hang_up()
    assert accounts.wait_until_nothing_is_held() == NANO, "nothing was said, nothing is charged"
    upstream.script = whole(CHAT_REPLY)
    first = until(lambda: (reply := post(gateway, "patience", chat())).status_code == 200 and reply, "it runs anew")
    assert REPLAYED not in first.headers
    assert post(gateway, "patience", chat()).headers[REPLAYED] == "true"
    assert accounts.wait_until_nothing_is_held() == NANO - REPLY_NANO
    held.release()


def test_a_kill_between_the_question_and_the_answer_charges_no_repeat(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(config=configured(upstream))
    Accounts(gateway).open(NANO)
    with ThreadPoolExecutor(1) as pool:
        cut: Any = pool.submit(lambda: pytest.raises(httpx.HTTPError, post, gateway, "cut", chat()))
        held.wait_for(1)
        gateway.process.kill()
        cut.result()
    gateway = start(config=configured(upstream))
    accounts = Accounts(gateway)
    balance = accounts.wait_until_nothing_is_held()
    for _ in range(3):
        assert code(post(gateway, "cut", chat())) == (409, "idempotency_outcome_unknown")
    assert accounts.wait_until_nothing_is_held() == balance
    assert len(held.exchanges) == 1
    held.release()
    until(lambda: not upstream.sockets[1:], "the provider's connections are closed")
