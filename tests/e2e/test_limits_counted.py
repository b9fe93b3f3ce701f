"""Proves docs/operations/rate-limits.md: what counts for limits of use, what is given back, and what who is refused is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conftest import Commands, StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat, delta
from harness.upstream import Exchange, Held, chunk, stream_head, whole
from test_cache import cached, limit, post, state, waiting
from test_hedge import AFTER_MS, FAILURE, STREAM, Late, hedging, outcomes
from test_rate_limits import Admin, call, configured, served
from test_stored_responses import RESPONSES, keeps

__all__ = ["served"]

LIMITED = "ai_gateway_limited_total"
#: A thousand tokens, by its length.
LONG = "word " * 800
#: Every measure, so much that nobody notices.
MUCH = {
    "requests_per_second": 1_000,
    "requests_per_minute": 60_000,
    "tokens_per_minute": 1_000_000_000,
    "input_tokens_per_minute": 1_000_000_000,
    "output_tokens_per_minute": 1_000_000_000,
    "concurrent_requests": 1_000,
    "body_bytes": 1 << 30,
    "prompt_tokens": 1_000_000,
}


def statuses(replies: list[httpx.Response]) -> list[int]:
    return [reply.status_code for reply in replies]


def test_who_gets_no_place_is_told_to_come_back_when_there_may_be_one(served: Any) -> None:
    held = Held()
    _, gateway, admin = served(held, queue_max=1)
    admin.limit(concurrent_requests=1, on_limit="queue", queue_wait_ms=1_500)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(call, gateway)
        (exchange,) = held.wait_for(1)
        waited = pool.submit(call, gateway)
        until(lambda: now_of(admin)["concurrent_requests"].get("waiting") == 1, "the other waits")
        refused = [call(gateway), waited.result()]
        whole(CHAT_REPLY)(exchange)
        held.release()
        assert running.result().status_code == 200
    assert statuses(refused) == [429, 429]
    assert "as many calls wait as may" in refused[0].text
    for reply in refused:
        assert int(reply.headers["retry-after-ms"]) >= 1_000, "before that nobody knows of a place"
        assert int(reply.headers["retry-after"]) >= 1


def test_a_place_is_waited_for_with_little_patience_too(served: Any) -> None:
    held = Held()
    _, gateway, admin = served(held)
    admin.limit(concurrent_requests=1, on_limit="queue", queue_wait_ms=900)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(call, gateway) for _ in range(2)]
        (exchange,) = held.wait_for(1)
        until(lambda: now_of(admin)["concurrent_requests"].get("waiting") == 1, "the other waits")
        whole(CHAT_REPLY)(exchange)
        held.release()
        whole(CHAT_REPLY)(held.wait_for(2)[1])
        assert statuses([one.result() for one in both]) == [200, 200]


def now_of(admin: Admin) -> Any:
    return admin.ask("GET", "/limits")["limits"][0]["now"]


def test_an_answer_without_usage_takes_the_length_of_its_prompt(served: Any) -> None:
    _, gateway, admin = served(whole(b'{"object":"list","data":[],"model":"m"}'))
    admin.limit(tokens_per_minute=600)
    with gateway.http() as http:
        replies = [http.post("/v1/embeddings", json={"model": MODEL, "input": LONG}) for _ in range(2)]
    assert statuses(replies) == [200, 429]
    assert 80_000 < int(replies[1].headers["retry-after-ms"]) < 105_000, "ten tokens a second"


@pytest.mark.parametrize("begins", [False, True], ids=["before an answer", "within a stream"])
def test_who_hangs_up_has_used_his_prompt(served: Any, begins: bool) -> None:
    def script(exchange: Exchange) -> None:
        if begins:
            exchange.send(stream_head() + chunk(delta(content="x")))
        if exchange.saw_hang_up():
            exchange.close()

    _, gateway, admin = served(script)
    admin.limit(tokens_per_minute=600)
    with pytest.raises(httpx.ReadTimeout), gateway.http() as http:
        http.post(CHAT_PATH, content=chat(LONG, stream=begins), timeout=0.5)
    until(lambda: gateway.metric("ai_gateway_requests_total", status="499"), "its end is noticed")
    refused = call(gateway)
    assert refused.status_code == 429, refused.text
    assert int(refused.headers["retry-after-ms"]) > 60_000


def test_what_failed_before_anything_came_is_given_back(served: Any) -> None:
    _, gateway, admin = served(FAILURE)
    admin.limit(tokens_per_minute=600)
    assert statuses([call(gateway, text=LONG) for _ in range(2)]) == [502, 502]


def test_a_hedge_counts_for_the_credential_that_it_is_asked_with(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first, second = new_upstream(Late(4 * AFTER_MS / 1000)), new_upstream()
    limits = {"providers": {"second": {"requests_per_minute": 1}}}
    retries = {**NO_REPEATS, "hedge_percent": 100}
    gateway = hedging(start, first, second, limits=limits, retries=retries)
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: call(gateway), range(2)))
    assert sorted(reply.headers["x-bellwether-provider"] for reply in replies) == ["first", "second"]
    assert len(second.calls) == 1
    until(lambda: outcomes(gateway) == {"won": 1, "nobody": 1}, "one had no room for a hedge")
    assert call(gateway).headers["x-bellwether-provider"] == "first"
    assert len(second.calls) == 1


def test_who_is_sent_away_has_had_the_prompt(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(Late()), new_upstream(whole(CHAT_REPLY))
    limits = {"providers": {name: {"tokens_per_minute": 600} for name in ("first", "second")}}
    retries = {**NO_REPEATS, "hedge_percent": 100, "wait_ms_max": 100}
    gateway = hedging(start, first, second, limits=limits, retries=retries)
    assert call(gateway, text=LONG).headers["x-bellwether-provider"] == "second"
    # The second has told of 18 tokens, two seconds' worth; the first is known to have been sent a thousand.
    until(lambda: call(gateway).headers.get("x-bellwether-provider") == "second", "the second has room again")
    assert len(first.calls) == 1


def keeping(start: StartGateway, new_upstream: StartUpstream, **limits: Any) -> tuple[Gateway, Admin]:
    """A gateway whose provider keeps answers."""
    keeper = {**provider(new_upstream(keeps()).base_url, models=[MODEL]), "dialects": ["responses", "chat"]}
    gateway = start(config=configuration({"keeper": keeper}) | {"limits": limits})
    return gateway, Admin(gateway)


def test_calls_about_kept_answers_count_as_requests(start: StartGateway, new_upstream: StartUpstream) -> None:
    gateway, admin = keeping(start, new_upstream)
    admin.limit(requests_per_minute=3, tokens_per_minute=1_000_000)
    with gateway.http() as http:
        assert http.post(RESPONSES, json={"model": MODEL, "input": "hi"}).status_code == 200
        shown = http.get(f"{RESPONSES}/resp_1")
        assert (shown.status_code, shown.headers["x-ratelimit-remaining-requests"]) == (200, "1")
        assert http.get(f"{RESPONSES}/resp_unknown").status_code == 404
        for method, path in (("GET", "resp_1"), ("DELETE", "resp_1"), ("POST", "resp_1/cancel"), ("GET", "resp_x")):
            assert http.request(method, f"{RESPONSES}/{path}").status_code == 429


def test_calls_about_kept_answers_count_for_the_credential(start: StartGateway, new_upstream: StartUpstream) -> None:
    gateway, _ = keeping(start, new_upstream, providers={"keeper": {"requests_per_minute": 2}})
    with gateway.http() as http:
        assert http.post(RESPONSES, json={"model": MODEL, "input": "hi"}).status_code == 200
        replies = [http.get(f"{RESPONSES}/resp_1") for _ in range(2)]
    assert statuses(replies) == [200, 429]
    assert replies[1].json()["error"]["code"] == "upstream_busy"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (chat(model="no-such-model"), 404),
        (chat(model="gpt-forbidden"), 403),
        (b'{"model":', 400),
        (chat(temperature=1)[:-1] + b',"model":"x"}', 400),
    ],
    ids=["unknown model", "model not allowed", "no JSON", "two models"],
)
def test_what_is_refused_for_what_it_asks_counts_as_a_request(
    new_upstream: StartUpstream, start: StartGateway, body: bytes, status: int
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=configured(upstream))
    admin = Admin(gateway)
    _, sent = admin.key("narrow", models=[MODEL, "no-such-model", "x"])
    admin.limit(requests_per_minute=2, tokens_per_minute=1_000_000)
    with gateway.http(sent) as http:
        replies = [http.post(CHAT_PATH, content=body) for _ in range(3)]
    assert statuses(replies) == [status, status, 429], replies[0].text
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies] == ["1", "0", "0"]
    assert upstream.calls == []


def test_who_is_nobody_takes_nothing_of_anybody(served: Any) -> None:
    _, gateway, admin = served()
    admin.limit(requests_per_minute=1)
    assert statuses([call(gateway, "bw_wrong") for _ in range(3)]) == [401] * 3
    assert call(gateway).status_code == 200


def test_an_answer_that_is_told_again_counts_as_a_request(served: Any) -> None:
    upstream, gateway, admin = served()
    admin.limit(requests_per_minute=2, tokens_per_minute=600)
    replies = [call(gateway, headers={"Idempotency-Key": "order-1"}) for _ in range(3)]
    assert statuses(replies) == [200, 200, 429]
    assert replies[1].headers["idempotency-replayed"] == "true"
    assert replies[1].headers["x-ratelimit-remaining-requests"] == "0", "what is left now"
    assert len(upstream.calls) == 1


def test_no_limit_is_left_out_however_many_there_are(served: Any) -> None:
    _, gateway, admin = served(plans={"all": MUCH}, models={MODEL: MUCH}, end_users=MUCH)
    for whose in ({"organisation": "default"}, {"project": "proj_default"}):
        for says in (MUCH, {**MUCH, "on_limit": "warn"}, {"plan": "all"}):
            admin.limit(**whose, **says)
    admin.limit(key=admin.own_key(), requests_per_minute=1)
    replies = [call(gateway, user="ann") for _ in range(2)]
    assert statuses(replies) == [200, 429]
    assert replies[1].json()["error"]["message"].startswith("key key_")


def test_of_a_very_long_line_of_keys_the_oldest_limits_are_left_out_and_that_is_told(served: Any) -> None:
    _, gateway, admin = served()
    key, sent = admin.key("shop")
    for _ in range(7):
        admin.limit(key=key, **MUCH)
        admin.limit(key=key, **MUCH, on_limit="warn")
        made = admin.ask("POST", f"/keys/{key}/rotate", {}, status=201)
        key, sent = made["id"], made["key"]
    assert call(gateway, sent).status_code == 200
    # Seven keys with sixteen limits each, and room for 96.
    assert gateway.metric(LIMITED, scope="key", outcome="left_out") == 16
    until(lambda: "limits of keys that others follow are left out" in gateway.process.stderr, "the log tells it")
    admin.limit(key=key, requests_per_minute=1)
    assert statuses([call(gateway, sent) for _ in range(2)]) == [200, 429], "its own are heeded"
    assert gateway.process.stderr.count("are left out") == 1, "once"


def test_a_stream_that_another_goes_on_with_counts_for_each_credential_what_it_gave(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    def breaks(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="one two")))
        exchange.reset()

    def answers(exchange: Exchange) -> None:
        (STREAM if exchange.received.json.get("stream") else whole(CHAT_REPLY))(exchange)

    first, second = new_upstream(breaks), new_upstream(answers)
    limits = {"providers": {"first": {"tokens_per_minute": 600}}}
    providers = {
        name: provider(it.base_url, models=[MODEL]) for name, it in (("first", first), ("second", second))
    }
    models = {MODEL: {"targets": [f"first/{MODEL}", f"second/{MODEL}"], "resume": "visible"}}
    gateway = start(config={"providers": providers, "models": models, "retries": NO_REPEATS, "limits": limits})
    assert b"[DONE]" in call(gateway, text=LONG, stream=True).content
    # A thousand tokens of its prompt are owed: another is asked for the next.
    assert call(gateway).headers["x-bellwether-provider"] == "second"
    assert (len(first.calls), len(second.calls)) == (1, 2)


def test_a_hit_waits_behind_nobody_who_waits_for_tokens(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands
) -> None:
    held = Held()
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=cached(upstream.base_url))
    assert state(post(gateway)) == "miss"
    made = commands.json("keys", "create", "--name", "limited")
    limit(gateway, key=made["id"], tokens_per_minute=6_000, on_limit="queue", queue_wait_ms=20_000)
    upstream.script = held
    large = [chat(max_tokens=1_024, user=name) for name in ("one", "another")]
    with ThreadPoolExecutor(2) as pool:
        # What the first may take is owed, some ten seconds of the limit: the second waits for that.
        asking = pool.submit(post, gateway, large[0], caller=made["key"])
        (exchange,) = held.wait_for(1)
        waits = pool.submit(post, gateway, large[1], caller=made["key"])
        until(lambda: waiting(gateway, "tokens_per_minute") == 1, "the second waits")
        assert state(post(gateway, caller=made["key"])) == "hit", "it needs no tokens"
        assert not waits.done()
        # Hardly any of that was used: the rest is given back, and the second goes on.
        upstream.script = whole(CHAT_REPLY)
        whole(CHAT_REPLY, "connection: close")(exchange)
        assert [reply.result().status_code for reply in (asking, waits)] == [200, 200]
        held.release()
