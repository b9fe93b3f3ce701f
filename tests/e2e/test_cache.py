"""Proves docs/operations/cache.md: whoever asks the same is told the same without anybody being asked, nobody hears what
another tenant was told, and what may not be told again is not.
"""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, PRICES, REPLY_NANO, nano
from harness.commands import Commands
from harness.config import NO_REPEATS, Section, configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.simulator import SIMULATOR_KEY, Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import Exchange, Held, chunk, stream_head, streamed, whole
from test_paying import Accounts

STATE = "x-bellwether-cache"
NAME = "x-bellwether-cache-key"
TWINS = 1000
ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (CHAT_PATH, {"model": MODEL, "messages": [{"role": "user", "content": "ping"}]}),
    "messages": (
        "/v1/messages",
        {"model": MODEL, "max_tokens": 512, "messages": [{"role": "user", "content": "ping"}]},
    ),
    "responses": ("/v1/responses", {"model": MODEL, "input": "ping", "store": False}),
}
EMBEDDINGS = ("/v1/embeddings", {"model": MODEL, "input": "ping"})


def cached(base_url: str, cache: Any = True, *, key: str = SIMULATOR_KEY, **more: Any) -> Section:
    """One provider, and one model of it whose answers are kept."""
    config = configuration({"openai": provider(base_url, key=key, models=[MODEL])}, retries=NO_REPEATS)
    return {**config, "models": {MODEL: {"targets": [f"openai/{MODEL}"], "cache": cache}}, **more}


def post(
    gateway: Gateway,
    content: bytes | None = None,
    path: str = CHAT_PATH,
    /,
    caller: str | None = None,
    **headers: str,
) -> httpx.Response:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    with gateway.http(key=caller) as http:
        return http.post(path, content=content or chat(), headers=sent)


def state(reply: httpx.Response) -> str | None:
    assert reply.status_code == 200, reply.text
    return reply.headers.get(STATE)


def calls(simulator: Simulator) -> int:
    """How often it was asked for something that costs."""
    return sum(not request["path"].endswith("/models") for request in simulator.node.everything_received())


def shown(gateway: Gateway) -> dict[str, Any]:
    with gateway.admin() as admin:
        return admin.get("/admin/v1/cache").raise_for_status().json()


def flush(gateway: Gateway, **scope: str) -> dict[str, Any]:
    with gateway.admin() as admin:
        return admin.post("/admin/v1/cache/flush", json=scope).raise_for_status().json()


def rows(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The rows of calls, the newest first, once there are so many."""

    def all_there() -> list[dict[str, Any]] | None:
        with gateway.admin() as admin:
            found = admin.get("/admin/v1/requests").raise_for_status().json()["requests"]
        return found if len(found) == count else None

    return until(all_there, f"{count} rows")


def wait_until_inside(gateway: Gateway, count: int) -> None:
    until(lambda: gateway.metric("ai_gateway_calls") == count, f"{count} calls are inside")


@pytest.fixture
def served(start: StartGateway, simulator: Simulator) -> Gateway:
    return start(config=cached(simulator.node.base_url))


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", ASKS)
def test_whoever_asks_the_same_is_told_the_same(
    served: Gateway, simulator: Simulator, dialect: str, is_stream: bool
) -> None:
    path, ask = ASKS[dialect]
    body = json.dumps({**ask, "stream": is_stream}).encode()
    first = post(served, body, path)
    assert state(first) == "miss"
    before = calls(simulator)
    for _ in range(3):
        again = post(served, body, path)
        assert state(again) == "hit"
        assert again.content == first.content
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["x-bellwether-provider"] == "openai"
        assert again.headers["x-bellwether-attempts"] == "0"
        assert again.headers[NAME] == first.headers[NAME]
        assert int(again.headers["age"]) < 30
        assert again.headers["x-bellwether-call-id"] != first.headers["x-bellwether-call-id"]
        if is_stream:
            assert again.headers["transfer-encoding"] == "chunked"
            assert "content-length" not in again.headers
    assert calls(simulator) == before, "nobody was asked again"
    other = json.dumps({**ask, "stream": not is_stream}).encode()
    assert state(post(served, other, path)) == "miss"


def test_vectors_are_kept_too(served: Gateway, simulator: Simulator) -> None:
    path, ask = EMBEDDINGS
    first, again = (post(served, json.dumps(ask).encode(), path) for _ in range(2))
    assert (state(first), state(again), again.content == first.content) == ("miss", "hit", True)
    assert calls(simulator) == 1


def test_official_sdks_get_the_same_object(served: Gateway, simulator: Simulator) -> None:
    client = served.openai()
    ask: Any = {"model": MODEL, "messages": [{"role": "user", "content": "ping"}]}
    assert client.chat.completions.create(**ask) == client.chat.completions.create(**ask)
    events = [list(client.chat.completions.create(**ask, stream=True)) for _ in range(2)]
    assert events[0] == events[1]
    assert len(events[0]) > 1
    assert calls(simulator) == 2


def test_a_kept_stream_leaves_event_by_event(start: StartGateway, new_upstream: StartUpstream) -> None:
    end = b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    events = [delta(content="one"), delta(content="two"), end, DONE]
    gateway = start(config=cached(new_upstream(streamed(events)).base_url))
    body = chat(stream=True)
    assert state(post(gateway, body)) == "miss"
    with gateway.http() as http, http.stream(
        "POST", CHAT_PATH, content=body, headers={"content-type": "application/json"}
    ) as reply:
        raw = list(reply.iter_raw())
    assert reply.headers[STATE] == "hit"
    assert b"".join(raw) == b"".join(events)


def test_nothing_is_kept_unless_that_is_said(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(environment=simulator.environment)
    assert [state(post(gateway)) for _ in range(2)] == [None, None]
    assert calls(simulator) == 2
    assert shown(gateway)["is_on"] is False
    refused = post(gateway, **{STATE: "only"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (504, "not_cached")


def test_a_key_can_be_one_whose_answers_are_kept(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    config = configuration({"openai": provider(simulator.node.base_url, key=SIMULATOR_KEY)})
    gateway = start(config=config)
    made = commands.json("keys", "create", "--name", "cached")
    write_config(gateway.data_dir.parent, {**config, "cache": {"keys": [made["id"]]}})
    with gateway.admin() as admin:
        admin.post("/admin/v1/reload").raise_for_status()
    assert [state(post(gateway, caller=made["key"])) for _ in range(2)] == ["miss", "hit"]
    assert state(post(gateway)) is None


def test_no_tenant_hears_what_another_was_told(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    base = simulator.node.base_url
    gateway = start(config=cached(base))
    projects = [commands.json("projects", "create", name)["id"] for name in ("a", "b")]
    keys = [
        [commands.json("keys", "create", "--name", f"k{n}", "--project", project)["key"] for n in range(2)]
        for project in projects
    ]

    def told() -> list[str | None]:
        return [state(post(gateway, caller=key)) for project in keys for key in project]

    assert told() == ["miss", "hit", "miss", "hit"]
    for scope, expected in {
        "key": ["miss"] * 4,
        "organisation": ["miss", "hit", "hit", "hit"],
        "all": ["miss", "hit", "hit", "hit"],
    }.items():
        write_config(gateway.data_dir.parent, cached(base, {"scope": scope}))
        with gateway.admin() as admin:
            admin.post("/admin/v1/reload").raise_for_status()
        assert told() == expected, scope


def test_who_may_not_use_the_model_is_told_nothing(served: Gateway, commands: Commands) -> None:
    assert state(post(served)) == "miss"
    narrow = commands.json("keys", "create", "--name", "narrow", "--models", "other-model")["key"]
    refused = post(served, caller=narrow)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")


def test_callers_say_what_they_want_of_it(served: Gateway, simulator: Simulator) -> None:
    def ask(**headers: str) -> str | None:
        return state(post(served, **headers))

    refused = post(served, **{STATE: "only"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (504, "not_cached")
    assert refused.headers["x-should-retry"] == "false"
    assert calls(simulator) == 0
    assert [ask(), ask()] == ["miss", "hit"]
    assert [ask(**{STATE: "bypass"}), ask(cache_control="no-store")] == ["bypass", "bypass"]
    assert [ask(**{STATE: "only"}), ask(cache_control="only-if-cached")] == ["hit", "hit"]
    assert [ask(**{STATE: "refresh"}), ask(cache_control="no-cache")] == ["refresh", "refresh"]
    assert [ask(cache_control="max-age=60"), ask()] == ["hit", "hit"]
    assert post(served, **{STATE: "sometimes"}).status_code == 400
    assert calls(simulator) == 5
    told = shown(served)
    assert (told["hits"], told["misses"], told["bypasses"], told["refreshes"]) == (5, 1, 2, 2)


def test_an_answer_is_told_as_long_as_its_time_lasts(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(config=cached(simulator.node.base_url, {"ttl_seconds": 1}))
    assert [state(post(gateway)) for _ in range(2)] == ["miss", "hit"]
    until(lambda: post(gateway, **{STATE: "only"}).status_code == 504, "it is too old")
    assert state(post(gateway)) == "miss"


def test_headers_that_change_an_answer_part_it_and_others_do_not(served: Gateway) -> None:
    path, ask = ASKS["messages"]
    body = json.dumps(ask).encode()
    assert state(post(served, body, path, anthropic_version="2023-06-01")) == "miss"
    assert state(post(served, body, path, anthropic_version="2023-06-01", user_agent="another")) == "hit"
    assert state(post(served, body, path, anthropic_version="2023-06-02")) == "miss"
    assert state(post(served, body, path, anthropic_version="2023-06-01", anthropic_beta="tools")) == "miss"
    assert state(post(served, body, path, anthropic_version="2023-06-01", x_bellwether_strict="true")) == "miss"
    assert state(post(served, body, path, anthropic_version="2023-06-01", x_stainless_lang="python")) == "hit"


BAD = {
    "an error": whole(b'{"error":{"message":"no"}}', status="400 Bad Request"),
    "a failure": whole(b'{"error":{"message":"no"}}', status="500 Internal Server Error"),
    "an answer that ran into its cap": whole(CHAT_REPLY.replace(b'"stop"', b'"length"')),
    "a refusal": whole(CHAT_REPLY.replace(b'"stop"', b'"content_filter"')),
    "a call of a tool": whole(
        CHAT_REPLY.replace(b'"refusal":null', b'"tool_calls":[{"id":"a","type":"function","function":{}}]')
    ),
    "an answer without an end": whole(CHAT_REPLY.replace(b'"finish_reason":"stop"', b'"finish_reason":null')),
    "an answer without a choice": whole(b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[]}'),
    "a stream that breaks off": lambda exchange: (exchange.send(stream_head() + chunk(delta(content="x"))), exchange.close()),
}


@pytest.mark.parametrize("what", BAD)
def test_what_may_not_be_told_again_is_not(start: StartGateway, new_upstream: StartUpstream, what: str) -> None:
    upstream = new_upstream(BAD[what])
    gateway = start(config=cached(upstream.base_url))
    body = chat(stream="stream" in what)
    for count in (1, 2):
        try:
            reply = post(gateway, body)
        except httpx.RemoteProtocolError:
            assert "breaks off" in what
        else:
            assert reply.headers.get(STATE) in (None, "miss")
        assert len(upstream.calls) == count
    assert shown(gateway)["entries"] == 0


def test_calls_of_tools_are_told_again_where_that_is_said(start: StartGateway, new_upstream: StartUpstream) -> None:
    gateway = start(config=cached(new_upstream(BAD["a call of a tool"]).base_url, {"tool_calls": True}))
    assert [state(post(gateway)) for _ in range(2)] == ["miss", "hit"]


def test_what_a_provider_keeps_for_its_asker_is_not_shared(served: Gateway) -> None:
    path, ask = ASKS["responses"]
    for more in ({"store": True}, {"store": None}, {"previous_response_id": "resp_unknown"}):
        body = json.dumps({**ask, **more}).encode()
        assert post(served, body, path).headers.get(STATE) in ("bypass", None), more
    assert state(post(served, chat(store=True))) == "bypass"
    assert state(post(served, x_bellwether_include="cost")) == "bypass"
    assert state(post(served, idempotency_key="one")) == "bypass"
    assert shown(served)["entries"] == 0


async def ask_all(gateway: Gateway, count: int, body: bytes) -> list[bytes]:
    """Sends the same on as many connections, all of them before the first answer."""
    head = (
        f"POST {CHAT_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\nconnection: close\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode()
    opened = [await asyncio.open_connection(*gateway.address) for _ in range(count)]
    for _, writer in opened:
        writer.write(head + body)
    answers = await asyncio.gather(*(reader.read() for reader, _ in opened))
    for _, writer in opened:
        writer.close()
    return answers


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
def test_a_thousand_twins_are_one_call(start: StartGateway, simulator: Simulator, is_stream: bool) -> None:
    simulator.node.set(latency_ms=1500)
    gateway = start(config=cached(simulator.node.base_url))
    answers = asyncio.run(ask_all(gateway, TWINS, chat(stream=is_stream)))
    assert len(answers) == TWINS
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert calls(simulator) == 1
    states = [b"x-bellwether-cache: hit" in answer for answer in answers]
    assert sum(states) == TWINS - 1
    assert shown(gateway)["hits_that_waited"] > TWINS // 2


def test_a_twin_hears_no_failure_that_was_not_its_own(start: StartGateway, new_upstream: StartUpstream) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(config=cached(upstream.base_url))
    with ThreadPoolExecutor(3) as pool:
        replies = [pool.submit(post, gateway) for _ in range(3)]
        (first,) = held.wait_for(1)
        wait_until_inside(gateway, 3)
        # A held connection answers no second request: the next must not be sent there.
        whole(b'{"error":{"message":"no"}}', "connection: close", status="400 Bad Request")(first)
        _, second = held.wait_for(2)
        assert len(held.exchanges) == 2, "one of the two that waited goes on"
        whole(CHAT_REPLY)(second)
        found = sorted((reply.result() for reply in replies), key=lambda reply: reply.status_code)
    held.release()
    assert [reply.status_code for reply in found] == [200, 200, 400]
    assert sorted(str(state(reply)) for reply in found[:2]) == ["hit", "miss"]
    assert len(upstream.calls) == 2


def limit(gateway: Gateway, **wish: Any) -> None:
    with gateway.admin() as admin:
        admin.post("/admin/v1/limits", json=wish).raise_for_status()


def waiting(gateway: Gateway, measure: str = "concurrent_requests") -> int:
    with gateway.admin() as admin:
        (listed,) = admin.get("/admin/v1/limits").raise_for_status().json()["limits"]
    return listed["now"][measure].get("waiting", 0)


def test_a_twin_does_not_wait_for_who_waits_at_a_limit_of_his_own(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands
) -> None:
    held = Held()

    def script(exchange: Exchange) -> None:
        (held if len(held.exchanges) < 2 else whole(CHAT_REPLY))(exchange)

    gateway = start(config=cached(new_upstream(script).base_url))
    made = commands.json("keys", "create", "--name", "limited")
    # One at a time: the second call of this key waits for as long as the first is held.
    limit(gateway, key=made["id"], concurrent_requests=1, on_limit="queue", queue_wait_ms=20_000)
    twin = chat(max_tokens=7)
    with ThreadPoolExecutor(3) as pool:
        occupying = pool.submit(post, gateway, chat(max_tokens=5), caller=made["key"])
        held.wait_for(1)
        limited = pool.submit(post, gateway, twin, caller=made["key"])
        wait_until_inside(gateway, 2)
        until(lambda: waiting(gateway) == 1, "he waits at his limit")
        free = pool.submit(post, gateway, twin)
        _, second = held.wait_for(2)
        whole(CHAT_REPLY)(second)
        assert state(free.result(timeout=10)) == "miss", "whoever asks the same is asked for by himself"
        assert not limited.done()
        whole(CHAT_REPLY)(held.exchanges[0])
        held.release()
        assert occupying.result().status_code == 200
        assert limited.result().status_code == 200


def test_a_hit_tells_what_its_answer_is_warned_of_and_nothing_of_anothers_limits(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands
) -> None:
    config = cached(new_upstream(whole(CHAT_REPLY)).base_url)
    gateway = start(config=config)
    made = commands.json("keys", "create", "--name", "near")
    limit(gateway, key=made["id"], requests_per_minute=1, on_limit="warn")
    path, ask = ASKS["messages"]
    # Neither is known to chat: it is left out, and said.
    body = json.dumps({**ask, "top_k": 5}).encode()
    near = [post(gateway, body, path, caller=made["key"], x_bellwether_cache="refresh") for _ in range(2)]
    told = [reply.headers.get("x-bellwether-warnings", "").split(", ") for reply in near]
    lost = [code for code in told[0] if not code.startswith("limit_")]
    assert lost != [""], "something of it is lost"
    assert any(code.startswith("limit_key") for code in told[1]), "the second is beyond the limit"
    again = post(gateway, body, path)
    assert (state(again), again.headers["x-bellwether-warnings"].split(", ")) == ("hit", lost)


def test_answers_that_are_not_kept_hold_nobody_up(start: StartGateway, new_upstream: StartUpstream) -> None:
    others, asked = 3, []
    go, together = threading.Event(), threading.Barrier(others)

    def script(exchange: Exchange) -> None:
        asked.append(exchange)
        if len(asked) == 1:
            go.wait()
            BAD["a call of a tool"](exchange)
        else:
            # Broken, unless all of them are asked for at the same time.
            together.wait(timeout=5)
            whole(CHAT_REPLY)(exchange)

    gateway = start(config=cached(new_upstream(script).base_url))
    with ThreadPoolExecutor(1 + others) as pool:
        replies = [pool.submit(post, gateway) for _ in range(1 + others)]
        wait_until_inside(gateway, 1 + others)
        assert len(asked) == 1
        go.set()
        assert [reply.result().status_code for reply in replies] == [200] * (1 + others)
    assert len(asked) == 1 + others


def test_a_flush_drops_what_is_meant(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    config = cached(simulator.node.base_url)
    config["models"]["other"] = {"targets": [f"openai/{MODEL}"], "cache": True}
    gateway = start(config=config)
    project = commands.json("projects", "create", "apart")["id"]
    key = commands.json("keys", "create", "--name", "k", "--project", project)["key"]
    other = chat(model="other")

    def told() -> list[str | None]:
        return [state(post(gateway)), state(post(gateway, other)), state(post(gateway, caller=key))]

    assert told() == ["miss"] * 3
    assert told() == ["hit"] * 3
    assert flush(gateway, model="other")["entries"] == 1
    assert told() == ["hit", "miss", "hit"]
    assert commands.json("cache", "flush", "--project", project, "--reason", "a test")["entries"] == 1
    assert told() == ["hit", "hit", "miss"]
    assert flush(gateway, model=MODEL, project=project)["entries"] == 1
    assert told() == ["hit", "hit", "miss"]
    assert "3 answers are dropped" in commands.text("cache", "flush")
    assert told() == ["miss"] * 3
    with gateway.admin() as admin:
        audit = admin.get("/admin/v1/audit", params={"action": "cache.flush"}).raise_for_status().json()["audit"]
        assert admin.post("/admin/v1/cache/flush", json={"project": "proj_unknown"}).status_code == 404
        assert admin.post("/admin/v1/cache/flush", json={"model": " "}).status_code == 400
    assert [entry["subject"] for entry in audit] == [
        "everything", f"model {MODEL} of project {project}", f"project {project}", "model other",
    ]
    assert "hits" in commands.text("cache", "show")
    assert commands.json("cache", "show")["entries"] == 3


def test_an_answer_that_is_being_made_does_not_outlive_a_flush(start: StartGateway, new_upstream: StartUpstream) -> None:
    held = Held()
    gateway = start(config=cached(new_upstream(held).base_url))
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(post, gateway)
        (exchange,) = held.wait_for(1)
        flush(gateway)
        whole(CHAT_REPLY)(exchange)
        assert reply.result().content == CHAT_REPLY
    refused = post(gateway, **{STATE: "only"})
    assert refused.status_code == 504
    held.release()


def test_other_targets_and_switches_begin_anew(start: StartGateway, simulator: Simulator) -> None:
    config = cached(simulator.node.base_url)
    gateway = start(config=config)
    assert [state(post(gateway)) for _ in range(2)] == ["miss", "hit"]

    def reload(section: Section) -> None:
        write_config(gateway.data_dir.parent, section)
        with gateway.admin() as admin:
            admin.post("/admin/v1/reload").raise_for_status()

    reload({**config, "log": {"format": "pretty"}})
    assert state(post(gateway)) == "hit", "what has nothing to do with answers leaves them"
    other = {**config, "models": {MODEL: {"targets": ["openai/another"], "cache": True}}}
    other["providers"]["openai"]["models"] = [MODEL, "another"]
    reload(other)
    assert state(post(gateway)) == "miss"
    reload(config)
    assert state(post(gateway)) == "miss", "nor is there a way back to what was kept before"
    with gateway.admin() as admin:
        admin.post("/admin/v1/providers/openai/disable", json={"reason": "it lies"}).raise_for_status()
    assert post(gateway).status_code == 503
    with gateway.admin() as admin:
        admin.post("/admin/v1/providers/openai/enable", json={"reason": "it does not"}).raise_for_status()
    assert state(post(gateway)) == "miss"


def test_a_provider_that_is_down_is_no_hindrance(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(config=cached(simulator.node.base_url))
    assert state(post(gateway)) == "miss"
    simulator.node.fault("refuse")
    assert state(post(gateway)) == "hit"


@pytest.mark.parametrize(("percent", "price"), [(0, 0), (10, REPLY_NANO // 10), (100, REPLY_NANO)])
def test_a_hit_costs_its_share(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, percent: int, price: int
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    config = cached(upstream.base_url, {"hit_percent": percent}, ledger={"segment_bytes": 1 << 20})
    gateway = start(config=config)
    accounts = Accounts(gateway)
    accounts.open(NANO)
    of_all = PRICES.replace('provider = "openai"\n', "")
    accounts.ask("PUT", "/prices", {"text": of_all, "reason": "whoever answers"})
    first, again = post(gateway), post(gateway)
    assert (state(first), state(again)) == ("miss", "hit")
    assert nano(first.headers["x-bellwether-cost"]) == REPLY_NANO
    assert nano(again.headers["x-bellwether-cost"]) == price
    assert accounts.wait_until_nothing_is_held() == NANO - REPLY_NANO - price
    newest, oldest = rows(gateway, 2)
    assert (newest["flags"], oldest["flags"]) == (["cached"], [])
    assert nano(newest["cost"]["price"]) == price
    assert newest["cost"]["list"] == "0"
    told = shown(gateway)
    assert nano(told["saved"]["USD"]) == REPLY_NANO
    assert gateway.metric("ai_gateway_cache_requests_total", state="hit") == 1
    gateway.stop()
    proved = commands.run("ledger", "verify", "--json")
    report = json.loads(proved.stdout)
    assert (proved.returncode, report["is_intact"]) == (0, True), report
    told_of = {"calls": 1, "not_checked": 1 if price else 0}
    assert report["prices"] == told_of, "the row of a hit does not say what it was priced by"


EMBEDDED = whole(b'{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5,0.25]}]}')


def test_a_hit_whose_usage_nobody_told_costs_what_the_first_cost(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    upstream = new_upstream(EMBEDDED)
    gateway = start(config=cached(upstream.base_url, {"hit_percent": 100}, ledger={"segment_bytes": 1 << 20}))
    accounts = Accounts(gateway)
    accounts.ask("PUT", "/prices", {"text": "# the first\n" + PRICES, "reason": "a test"})
    body = json.dumps({**EMBEDDINGS[1], "input": "a text of some length"}).encode()
    assert [state(post(gateway, body, EMBEDDINGS[0])) for _ in range(2)] == ["miss", "miss"], "no share of nobody knows what"
    accounts.open(NANO)
    assert state(post(gateway, body, EMBEDDINGS[0])) == "miss"
    once = NANO - accounts.wait_until_nothing_is_held()
    assert once > 0
    assert state(post(gateway, body, EMBEDDINGS[0])) == "hit"
    assert accounts.wait_until_nothing_is_held() == NANO - 2 * once
    assert len(upstream.calls) == 3


def test_who_cannot_pay_for_a_hit_is_refused(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=cached(upstream.base_url, {"hit_percent": 100}, ledger={"segment_bytes": 1 << 20}))
    accounts = Accounts(gateway)
    accounts.open(0, credit="0.0001")
    body = chat(max_tokens=8)
    assert state(post(gateway, body)) == "miss"
    assert accounts.wait_until_nothing_is_held() == -REPLY_NANO
    assert [post(gateway, body).status_code for _ in range(3)] == [200, 402, 402]
    assert accounts.wait_until_nothing_is_held() == -2 * REPLY_NANO
    assert len(upstream.calls) == 1


def test_what_takes_too_much_room_is_not_kept(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(CHAT_REPLY.replace(b"caf", b"x" * 2000)))
    gateway = start(config=cached(upstream.base_url) | {"cache": {"entry_bytes_max": 1024}})
    assert [state(post(gateway)) for _ in range(2)] == ["miss", "miss"]
    assert shown(gateway)["entries"] == 0


def test_a_kept_answer_is_a_request_like_any_other(served: Gateway, simulator: Simulator) -> None:
    with served.admin() as admin:
        wish = {"project": "proj_default", "requests_per_minute": 3, "burst_seconds": 60, "tokens_per_minute": 60_000}
        admin.post("/admin/v1/limits", json=wish).raise_for_status()
    replies = [post(served) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers.get(STATE) for reply in replies] == ["miss", "hit", "hit", None]
    left = [reply.headers["x-ratelimit-remaining-requests"] for reply in replies]
    assert left == ["2", "1", "0", "0"]
    with served.http() as http:

        def told() -> dict[str, Any] | None:
            daily = http.get("/v1/reports/daily").json()
            return daily if daily.get("request_count") == 4 else None

        daily = until(told, "the report has all four")
    assert (daily["told_again"], daily["unserved"]) == (2, 1)
