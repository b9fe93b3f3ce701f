"""Proves docs/operations/rate-limits.md: what a limit lets in, what it tells, who waits, and who is warned."""

from __future__ import annotations

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from conftest import Commands, StartGateway, StartUpstream
from harness.config import Section, configuration, provider
from harness.gateway import Gateway
from harness.pressed import press
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, Held, Script, Upstream, whole

#: How long a limit is pressed; a minute in `make prove-limits`.
SECONDS = float(os.environ.get("LIMITS_S", "4"))
PER_SECOND = 30
#: Half a second's worth may come at once.
BURST = 15
MESSAGES_PATH = "/v1/messages"


class Admin:
    """The admin API of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        with self.gateway.admin() as admin:
            reply = admin.request(method, f"/admin/v1{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def own_key(self) -> str:
        return self.ask("GET", "/keys")["keys"][0]["id"]

    def key(self, name: str, **more: Any) -> tuple[str, str]:
        """A new key: its id and itself."""
        made = self.ask("POST", "/keys", {"name": name, **more}, status=201)
        return made["id"], made["key"]

    def limit(self, **wish: Any) -> Any:
        """Limits of the project that is always there, unless it is said whose."""
        whose = {} if {"key", "organisation"} & wish.keys() else {"project": "proj_default"}
        return self.ask("POST", "/limits", {**whose, **wish}, status=201)


@pytest.fixture
def served(new_upstream: StartUpstream, start: StartGateway) -> Any:
    """A gateway with one provider that does what a test says."""

    def serve(script: Script | None = None, **limits: Any) -> tuple[Upstream, Gateway, Admin]:
        upstream = new_upstream(script or whole(CHAT_REPLY))
        gateway = start(config=configured(upstream) | {"limits": limits})
        return upstream, gateway, Admin(gateway)

    return serve


def configured(upstream: Upstream) -> Section:
    return configuration({"openai": provider(upstream.base_url, models=[MODEL])})


def call(gateway: Gateway, key: str | None = None, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    with gateway.http(key) as http:
        return http.post(CHAT_PATH, content=chat(**fields), headers=headers or {})


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("connections", [1, 8, 64])
def test_ten_times_the_limit_lets_in_the_limit(
    start: StartGateway, simulator: Simulator, connections: int, figure: Any
) -> None:
    node = provider(simulator.node.base_url, key=simulator.key, models=[MODEL])
    gateway = start(config=configuration({"first": node}))
    admin = Admin(gateway)
    admin.limit(key=admin.own_key(), requests_per_second=PER_SECOND)
    statuses, took = press(gateway, gateway.key, connections, 10 * PER_SECOND, SECONDS)
    admitted, expected = statuses.count(200), PER_SECOND * took
    figure(
        f"{connections} connections: {len(statuses)} calls offered in {took:.1f} s, {admitted} admitted of "
        f"{expected:.0f} ({100 * admitted / expected - 100:+.2f} %)"
    )
    assert set(statuses) == {200, 429}
    assert expected * 0.99 - 1 <= admitted <= max(expected * 1.01, expected + BURST) + 1
    assert len(node_calls(simulator)) == admitted, "who is refused asks nobody"


def node_calls(simulator: Simulator) -> list[Any]:
    return simulator.node.received(CHAT_PATH)


def test_the_tightest_limit_is_named_with_all_that_sdks_look_at(served: Any) -> None:
    upstream, gateway, admin = served()
    key = admin.own_key()
    admin.limit(key=key, requests_per_minute=600, tokens_per_minute=1_000_000)
    admin.limit(requests_per_minute=6)
    replies = [call(gateway) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    refused = replies[3]
    error = refused.json()["error"]
    assert (error["code"], error["type"], error["source"]) == ("rate_limit_exceeded", "rate_limit_error", "client")
    named = "project proj_default may have 6 requests per minute (requests_per_minute, set by the operator)"
    assert named in error["message"]
    wait_ms = int(refused.headers["retry-after-ms"])
    assert 8_000 < wait_ms <= 10_000
    assert int(refused.headers["retry-after"]) == error["retry_after"] == -(-wait_ms // 1000)
    assert refused.headers["x-should-retry"] == "true"
    for reply, left in zip(replies, [2, 1, 0, 0], strict=True):
        assert reply.headers["x-ratelimit-limit-requests"] == "6"
        assert reply.headers["x-ratelimit-remaining-requests"] == str(left)
        assert reply.headers["x-ratelimit-reset-requests"].endswith("s")
        assert reply.headers["x-ratelimit-limit-tokens"] == "1000000"
    assert len(upstream.calls) == 3
    labels = {"scope": "project", "measure": "requests_per_minute", "outcome": "refused"}
    assert gateway.metric("ai_gateway_limited_total", **labels) == 1
    until(lambda: "project proj_default requests_per_minute 6" in gateway.process.stderr, "the log names it")


def test_messages_have_the_names_that_their_sdk_knows(served: Any) -> None:
    _, gateway, admin = served()
    admin.limit(requests_per_minute=1, tokens_per_minute=1_000_000, input_tokens_per_minute=900_000)
    body = {"model": MODEL, "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}
    with gateway.http() as http:
        replies = [http.post(MESSAGES_PATH, json=body) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 429]
    for reply in replies:
        assert reply.headers["anthropic-ratelimit-requests-limit"] == "1"
        assert reply.headers["anthropic-ratelimit-requests-remaining"] == "0"
        assert datetime.fromisoformat(reply.headers["anthropic-ratelimit-requests-reset"])
        assert reply.headers["anthropic-ratelimit-tokens-limit"] == "1000000"
        assert reply.headers["anthropic-ratelimit-input-tokens-limit"] == "900000"
        assert not any(name.startswith("x-ratelimit") for name in reply.headers)
    assert replies[1].json()["error"]["type"] == "rate_limit_error"


def test_what_was_estimated_too_high_is_given_back_and_too_low_is_owed(served: Any) -> None:
    used = {"tokens": 7}

    def script(exchange: Exchange) -> None:
        told = json.loads(CHAT_REPLY)
        told["usage"] = {"prompt_tokens": 1, "completion_tokens": used["tokens"], "total_tokens": used["tokens"] + 1}
        whole(json.dumps(told).encode())(exchange)

    _, gateway, admin = served(script)
    admin.limit(tokens_per_minute=60_000)
    # Each is taken for more than a thousand tokens, a second's worth, and comes to eight.
    assert [call(gateway, max_tokens=1_000).status_code for _ in range(20)] == [200] * 20
    used["tokens"] = 30_000
    assert call(gateway, max_tokens=5).status_code == 200
    refused = call(gateway, max_tokens=5)
    assert refused.status_code == 429
    assert 25_000 < int(refused.headers["retry-after-ms"]) <= 30_100, "what was used is earned first"
    assert "60000 tokens per minute" in refused.json()["error"]["message"]


def test_so_many_run_at_once_and_no_more(served: Any) -> None:
    held = Held()
    _, gateway, admin = served(held)
    admin.limit(concurrent_requests=2)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(call, gateway) for _ in range(2)]
        exchanges = held.wait_for(2)
        refused = call(gateway)
        assert refused.status_code == 429
        assert "2 requests at once" in refused.json()["error"]["message"]
        listed = admin.ask("GET", "/limits")["limits"][0]["now"]["concurrent_requests"]
        assert listed == {"remaining": 0, "active": 2, "peak": 2}
        for exchange in exchanges:
            whole(CHAT_REPLY)(exchange)
        held.release()
        assert [reply.result().status_code for reply in running] == [200, 200]
    until(lambda: admin.ask("GET", "/limits")["limits"][0]["now"]["concurrent_requests"]["active"] == 0, "both left")


def test_who_waits_goes_on_in_turns_and_not_for_ever(served: Any) -> None:
    _, gateway, admin = served()
    (_, loud), (_, quiet) = admin.key("loud"), admin.key("quiet")
    admin.limit(organisation="default", requests_per_second=5, on_limit="queue", queue_wait_ms=25_000)
    done: dict[str, list[float]] = {"loud": [], "quiet": []}
    statuses: list[int] = []

    def ask(name: str, http: Any) -> None:
        statuses.append(http.post(CHAT_PATH, content=chat(), timeout=28).status_code)
        done[name].append(time.monotonic())

    # A client for each key: making one takes longer than its call.
    with gateway.http(loud) as louds, gateway.http(quiet) as quiets, ThreadPoolExecutor(60) as pool:
        for _ in range(40):
            pool.submit(ask, "loud", louds)
        until(lambda: waiting(admin) > 15, "they wait")
        for _ in range(3):
            pool.submit(ask, "quiet", quiets)
    assert statuses.count(200) == 43, statuses
    before = [sum(loud < quiet for loud in done["loud"]) for quiet in sorted(done["quiet"])]
    assert before[-1] <= 30, "three calls of another key do not wait for forty"
    labels = {"scope": "organisation", "measure": "requests_per_second", "outcome": "queued"}
    assert (gateway.metric("ai_gateway_limited_total", **labels) or 0) > 5
    admin.limit(organisation="default", requests_per_minute=1, on_limit="queue", queue_wait_ms=300)
    assert call(gateway, quiet).status_code == 200
    refused = call(gateway, quiet)
    assert refused.status_code == 429
    assert "longer than a call may wait" in refused.json()["error"]["message"], "known to be in vain, it did not wait"


def waiting(admin: Admin) -> int:
    return int(admin.ask("GET", "/limits")["limits"][0]["now"]["requests_per_second"].get("waiting", 0))


def test_a_soft_limit_warns_and_refuses_nobody(served: Any) -> None:
    _, gateway, admin = served()
    admin.limit(requests_per_minute=1, on_limit="warn")
    replies = [call(gateway) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    told = [reply.headers.get("x-bellwether-warnings") for reply in replies]
    assert told == [None] + ["limit_project_requests_per_minute"] * 2
    labels = {"scope": "project", "measure": "requests_per_minute", "outcome": "warned"}
    assert gateway.metric("ai_gateway_limited_total", **labels) == 2


def test_what_is_too_large_is_refused_for_good(served: Any) -> None:
    upstream, gateway, admin = served()
    admin.limit(prompt_tokens=100)
    refused = call(gateway, text="word " * 200)
    assert (refused.status_code, refused.headers["x-should-retry"]) == (413, "false")
    message = refused.json()["error"]["message"]
    assert re.search(r"may have 100 tokens in a prompt \(.*\), and this request has about \d+; make it smaller$", message)
    admin.limit(body_bytes=300)
    refused = call(gateway, text="x" * 400)
    assert refused.status_code == 413
    assert "300 bytes in a request's body" in refused.json()["error"]["message"]
    assert upstream.calls == []
    assert call(gateway).status_code == 200


def test_end_users_have_limits_of_their_own(served: Any) -> None:
    _, gateway, _ = served(end_users={"requests_per_minute": 1})
    bob = [call(gateway, headers={"x-bellwether-user": "bob"}).status_code for _ in range(2)]
    ann = [call(gateway, user="ann") for _ in range(2)]
    assert (bob, [reply.status_code for reply in ann]) == ([200, 429], [200, 429])
    assert "end user 'ann' may have 1 requests per minute" in ann[1].json()["error"]["message"]
    assert call(gateway).status_code == 200


def test_end_users_are_named_as_each_dialect_names_them(served: Any) -> None:
    _, gateway, _ = served(end_users={"requests_per_minute": 1})

    def messages(metadata: str) -> Any:
        body = f'{{"model":"{MODEL}","max_tokens":5,"metadata":{metadata},"messages":[{{"role":"user","content":"x"}}]}}'
        with gateway.http() as http:
            return http.post(MESSAGES_PATH, content=body)

    first, second = [messages('{"user_id":"eve"}') for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 429)
    assert "end user 'eve' may have 1 requests per minute" in second.json()["error"]["message"]
    assert call(gateway, user="eve").status_code == 429, "the same person in another dialect"
    assert [call(gateway, user="x", safety_identifier="ida").status_code for _ in range(2)] == [200, 429]
    assert messages('{"user_id":"kim"}').status_code == 200
    twice = messages('{"user_id":"kim","user_id":"lee"}')
    assert twice.status_code == 400 and "'metadata.user_id' twice" in twice.json()["error"]["message"]
    assert [messages("{}").status_code for _ in range(3)] == [200] * 3


def test_a_model_has_limits_of_all_who_ask_for_it(served: Any) -> None:
    _, gateway, admin = served(models={MODEL: {"requests_per_minute": 1}})
    _, other = admin.key("other")
    assert [call(gateway, key).status_code for key in (None, other)] == [200, 429]


def test_where_a_credential_may_no_more_somebody_else_is_asked(
    new_upstream: StartUpstream, start: StartGateway
) -> None:
    first, second = new_upstream(whole(CHAT_REPLY)), new_upstream(whole(CHAT_REPLY))
    providers = {"first": provider(first.base_url, models=[MODEL]), "second": provider(second.base_url, models=[MODEL])}
    config = configuration(providers, {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]})
    limits = {name: {"requests_per_minute": most} for name, most in (("first", 2), ("second", 1))}
    gateway = start(config=config | {"limits": {"providers": limits}, "retries": {"wait_ms_max": 100}})
    replies = [call(gateway) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers.get("x-bellwether-provider") for reply in replies[:3]] == ["first", "first", "second"]
    assert (len(first.calls), len(second.calls)) == (2, 1)
    assert int(replies[3].headers["retry-after"]) > 1


def test_plans_limit_who_is_on_them_and_follow_the_configuration(
    new_upstream: StartUpstream, start: StartGateway, commands: Commands
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    plans = {"small": {"requests_per_minute": 1}, "default": {"requests_per_minute": 2}}
    gateway = start(config=configured(upstream) | {"limits": {"plans": plans}})
    admin = Admin(gateway)
    key, small = admin.key("small", plan="small")
    _, usual = admin.key("usual")
    _, free = admin.key("free", plan="none")
    calls = {name: [call(gateway, key).status_code for _ in range(4)] for name, key in
             (("small", small), ("usual", usual), ("free", free), ("first", gateway.key))}
    assert calls == {
        "small": [200, 429, 429, 429],
        "usual": [200, 200, 429, 429],
        "free": [200] * 4,
        "first": [200] * 4,
    }
    listed = commands.text("limits", "plans")
    assert "small" in listed and "requests_per_minute 1" in listed
    assert "none" in commands.text("keys", "change", key, "--plan", "none", "--json")
    assert call(gateway, small).status_code == 200
    odd = commands.run("keys", "change", key, "--plan", "huge")
    assert odd.returncode != 0 and '"huge" is no plan' in odd.stderr


def test_commands_set_list_and_unset_limits_and_name_what_is_wrong(
    new_upstream: StartUpstream, start: StartGateway, commands: Commands
) -> None:
    gateway = start(config=configured(new_upstream(whole(CHAT_REPLY))))
    own = Admin(gateway).own_key()
    said = commands.text("limits", "set", "--key", own, "--rpm", "1", "--tpm", "900000", "--concurrent", "5")
    assert "requests_per_minute 1" in said and "on_limit refuse" in said
    assert [call(gateway).status_code for _ in range(2)] == [200, 429]
    assert "0 left" in commands.text("limits", "list")
    for wrong, words in (
        (["--rpm", "0"], "requests_per_minute is 0; it must be from 1 to 60000000"),
        (["--rpm", "-5"], "requests_per_minute is -5"),
        (["--tpm", "99999999999"], "tokens_per_minute is 99999999999"),
        (["--rpm", "5", "--queue-wait-ms", "5"], "queue_wait_ms is for those who wait"),
        (["--body-bytes", "5", "--on-limit", "queue"], "only sizes"),
        (["--plan", "huge"], "is no plan"),
    ):
        refused = commands.run("limits", "set", "--key", own, *wrong)
        assert refused.returncode != 0 and words in refused.stderr, refused.stderr
    assert "are removed" in commands.text("limits", "unset", "1")
    assert call(gateway).status_code == 200
    audit = Admin(gateway).ask("GET", "/audit?action=limit.*")["audit"]
    assert [row["action"] for row in audit] == ["limit.remove", "limit.set"]


def test_limits_follow_a_rotated_key(served: Any) -> None:
    _, gateway, admin = served()
    key, first = admin.key("shop")
    admin.limit(key=key, requests_per_minute=1)
    assert call(gateway, first).status_code == 200
    second = admin.ask("POST", f"/keys/{key}/rotate", {}, status=201)["key"]
    assert [call(gateway, sent).status_code for sent in (first, second)] == [429, 429], "a successor counts for both"




def by_owner(gateway: Gateway, commands: Commands, **wish: Any) -> None:
    """Limits that the organisation sets itself."""
    commands.json("orgs", "members", "add", "default", "--email", "owner@example.com", "--role", "owner")
    token = commands.json("users", "tokens", "create", "owner@example.com", "--name", "laptop")["token"]
    with gateway.http(token) as http:
        reply = http.post("/admin/v1/limits", json=wish)
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize("who", ["organisation", "operator"])
def test_nobody_leaves_the_usual_plan_by_a_limit_that_is_none(
    new_upstream: StartUpstream, start: StartGateway, commands: Commands, who: str
) -> None:
    plans = {"default": {"requests_per_minute": 1}}
    gateway = start(config=configured(new_upstream(whole(CHAT_REPLY))) | {"limits": {"plans": plans}})
    admin = Admin(gateway)
    key, sent = admin.key("shop")
    if who == "organisation":
        by_owner(gateway, commands, key=key, body_bytes=4 << 30)
    else:
        admin.limit(key=key, requests_per_minute=60_000, on_limit="warn")
    assert [call(gateway, sent).status_code for _ in range(2)] == [200, 429], "the usual plan holds beside it"
    admin.limit(key=key, requests_per_minute=60_000)
    assert call(gateway, sent).status_code == 200, "what the operator says of the key is in its place"


def test_limits_of_many_keys_in_a_line_hide_none_of_the_organisation(served: Any) -> None:
    _, gateway, admin = served()
    much = {
        "requests_per_second": 1_000, "requests_per_minute": 60_000, "tokens_per_minute": 1_000_000_000,
        "input_tokens_per_minute": 1_000_000_000, "output_tokens_per_minute": 1_000_000_000,
        "concurrent_requests": 1_000, "body_bytes": 1 << 30, "prompt_tokens": 1_000_000,
    }
    admin.limit(organisation="default", requests_per_minute=1)
    key, sent = admin.key("shop")
    for _ in range(4):
        admin.limit(key=key, **much)
        admin.limit(key=key, **much, on_limit="warn")
        made = admin.ask("POST", f"/keys/{key}/rotate", {}, status=201)
        key, sent = made["id"], made["key"]
    admin.limit(key=key, **much)
    admin.limit(key=key, **much, on_limit="warn")
    replies = [call(gateway, sent) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 429]
    assert "organisation" in replies[1].json()["error"]["message"]


def test_a_rotated_key_with_a_limit_of_its_own_counts_once_for_each(served: Any) -> None:
    _, gateway, admin = served()
    key, _ = admin.key("shop")
    admin.limit(key=key, concurrent_requests=1)
    made = admin.ask("POST", f"/keys/{key}/rotate", {}, status=201)
    second, sent = made["id"], made["key"]
    admin.limit(key=second, concurrent_requests=1)
    # What is said anew is said of what was said before.
    admin.limit(key=second, concurrent_requests=1)
    assert [call(gateway, sent).status_code for _ in range(2)] == [200, 200]
    peaks = [row["now"]["concurrent_requests"]["peak"] for row in admin.ask("GET", "/limits")["limits"]]
    assert peaks == [1, 1]
