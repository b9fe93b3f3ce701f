"""Proves docs/operations/alerts.md: what goes wrong is told once, that it is over once, to every kind of channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.receivers import Chat, Message, Post, chat_server, mail_server
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, RefusingPort, whole

SECRET = "a-webhook-secret-of-these-tests"
#: Everything at once: no waiting for more, over after a second.
QUICK = {"look_seconds": 1, "clear_seconds": 1, "group_wait_seconds": 0}
PROBES = {"probes": {"every_ms": 200, "every_ms_failing": 200, "timeout_ms": 500, "failures": 2}}
NO_PROBES = {"probes": {"every_ms": 0}}
ENVIRONMENT = {"HOOK_SECRET": SECRET, "TOKEN": "123456:a-token-of-a-bot", "ROUTE": "a-routing-key-of-32-characters-x"}


@pytest.fixture
def receiver() -> Iterator[Chat]:
    with chat_server() as chat:
        yield chat


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as post:
        yield post


def webhook(receiver: Chat, **more: Any) -> dict[str, Any]:
    return {"kind": "webhook", "url": f"{receiver.url}/own", "secret": "env:HOOK_SECRET", **more}


def slack(receiver: Chat, **more: Any) -> dict[str, Any]:
    return {"kind": "slack", "url": f"{receiver.url}/services/T/B/x", **more}


def watching(urls: dict[str, str], alerts: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """Providers whose lines are probed, and who is told of them."""
    providers = {name: provider(url, models=[MODEL]) for name, url in urls.items()}
    return {**configuration(providers), "health": PROBES, "alerts": {**QUICK, **alerts}, **sections}


def told(receiver: Chat, path: str = "/own") -> list[tuple[str, str]]:
    """What happened to what, in the order it was told."""
    messages = [message.json for message in receiver.at(path)]
    return [(alert["event"], alert["key"]) for message in messages for alert in message["alerts"]]


def state(commands: Commands, rule: str) -> dict[str, str]:
    listed = commands.json("alerts", "list", "--all")["alerts"]
    return {alert["subject"]: alert["state"] for alert in listed if alert["rule"] == rule}


def test_a_provider_that_goes_and_comes_is_told_once_each_whatever_restarts(
    start: StartGateway, simulator: Simulator, receiver: Chat, commands: Commands
) -> None:
    node = simulator.nodes[0]
    channels = {"own": webhook(receiver), "chat": slack(receiver)}
    config = watching({"north": node.base_url}, {"channels": channels})
    gateway = start(config=config, environment=ENVIRONMENT)
    until(lambda: gateway.metric("ai_gateway_alerts_firing", rule="provider_down") == 0, "it is looked at")
    node.fault("refuse")
    until(lambda: told(receiver) == [("raised", "provider_down:north")], "it is told")
    assert gateway.metric("ai_gateway_alerts_firing", rule="provider_down", severity="critical") == 1
    gateway.stop()
    gateway = start(config=config, environment=ENVIRONMENT)
    until(lambda: gateway.metric("ai_gateway_alerts_firing", rule="provider_down") == 1, "it is known still")
    until(lambda: gateway.metric("ai_gateway_lines_unreachable", provider="north") == 1, "it is seen anew")
    node.heal()
    expected = [("raised", "provider_down:north"), ("resolved", "provider_down:north")]
    until(lambda: told(receiver) == expected, "it is over")
    until(lambda: len(receiver.at("/services/T/B/x")) == 2, "the other channel is told, too")
    assert state(commands, "provider_down") == {"north": "resolved"}
    gateway.stop()
    start(config=config, environment=ENVIRONMENT)
    until(lambda: commands.json("alerts", "list")["channels"], "it runs")
    assert told(receiver) == expected
    texts = [message.json["text"] for message in receiver.at("/services/T/B/x")]
    assert texts[0].startswith("[critical] provider down: north")
    assert texts[1].startswith("[resolved] provider down: north")
    is_signed(receiver.at("/own")[0])


def is_signed(message: Message) -> None:
    time, signature = (part.split("=")[1] for part in message.headers["x-bellwether-signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{time}.".encode() + message.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)


def every_kind(receiver: Chat, post: Post) -> dict[str, Any]:
    url = receiver.url
    return {
        "slack": slack(receiver),
        "discord": {"kind": "discord", "url": f"{url}/discord"},
        "telegram": {"kind": "telegram", "token": "env:TOKEN", "chat_id": "-100", "api_url": url},
        "pagerduty": {"kind": "pagerduty", "routing_key": "env:ROUTE", "api_url": url},
        "feishu": {"kind": "feishu", "url": f"{url}/feishu", "secret": "env:HOOK_SECRET"},
        "lark": {"kind": "lark", "url": f"{url}/lark"},
        "dingtalk": {"kind": "dingtalk", "url": f"{url}/ding?access_token=abcdefgh", "secret": "env:HOOK_SECRET"},
        "wecom": {"kind": "wecom", "url": f"{url}/wecom?key=abcdefgh"},
        "webhook": webhook(receiver),
        "email": {
            "kind": "email",
            "host": "127.0.0.1",
            "port": post.port,
            "tls": "none",
            "from": "Bellwether <gateway@example.com>",
            "to": ["ops@example.com"],
        },
    }


PATHS = {
    "slack": "/services/T/B/x",
    "discord": "/discord",
    "telegram": f"/bot{ENVIRONMENT['TOKEN']}/sendMessage",
    "pagerduty": "/v2/enqueue",
    "feishu": "/feishu",
    "lark": "/lark",
    "dingtalk": "/ding",
    "wecom": "/wecom",
    "webhook": "/own",
}


def test_every_kind_of_channel_is_told_in_its_own_way(
    start: StartGateway, simulator: Simulator, receiver: Chat, post: Post, commands: Commands
) -> None:
    node = simulator.nodes[0]
    config = watching({"north": node.base_url}, {"channels": every_kind(receiver, post)})
    gateway = start(config=config, environment=ENVIRONMENT)
    node.fault("refuse")
    for kind, path in PATHS.items():
        until(lambda path=path: len(receiver.at(path)) == 1, f"{kind} is told")
    until(lambda: len(post.letters) == 1, "mail arrives")
    node.heal()
    for kind, path in PATHS.items():
        until(lambda path=path: len(receiver.at(path)) == 2, f"{kind} is told that it is over")
    until(lambda: len(post.letters) == 2, "mail arrives")
    first = {kind: receiver.at(path)[0] for kind, path in PATHS.items()}
    text = "[critical] provider down: north — bellwether"
    assert first["discord"].json["content"].startswith(text)
    assert first["telegram"].json["chat_id"] == "-100" and first["telegram"].json["text"].startswith(text)
    assert first["wecom"].json["text"]["content"].startswith(text)
    assert first["lark"].json["content"]["text"].startswith(text) and "sign" not in first["lark"].json
    feishu = first["feishu"].json
    key = f"{feishu['timestamp']}\n{SECRET}".encode()
    assert feishu["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    query = dict(urllib.parse.parse_qsl(first["dingtalk"].path.partition("?")[2]))
    tag = hmac.new(SECRET.encode(), f"{query['timestamp']}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["access_token"] == "abcdefgh" and query["sign"] == base64.b64encode(tag).decode()
    events = [message.json for message in receiver.at("/v2/enqueue")]
    assert [event["event_action"] for event in events] == ["trigger", "resolve"]
    assert {event["dedup_key"] for event in events} == {"bellwether/provider_down:north"}
    assert {event["routing_key"] for event in events} == {ENVIRONMENT["ROUTE"]}
    subject = re.sub(r"\s+", " ", str(post.letters[0]["subject"]))
    assert subject == text and post.letters[0]["to"] == "ops@example.com"
    assert "every line of the provider north" in post.letters[0].get_content()

    def states() -> list[str]:
        return [one["state"] for one in commands.json("alerts", "deliveries")["deliveries"]]

    # The receiver has a message before the gateway has noted its answer.
    until(lambda: states() == ["delivered"] * 20, "every message is noted as taken")
    assert gateway.metric("ai_gateway_alert_tries_total", channel="email", outcome="delivered") == 2


def test_whoever_refuses_is_quoted_by_the_test_of_channels(
    start: StartGateway, receiver: Chat, post: Post, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:
        channels = every_kind(receiver, post)
        channels["closed"] = {"kind": "slack", "url": f"{nobody.base_url}/x"}
        channels["private"] = {"kind": "slack", "url": f"{receiver.url}/private", "public_only": True}
        start(config={"alerts": {**QUICK, "channels": channels}}, environment=ENVIRONMENT)
        done = commands.run("alerts", "test", "slack")
        assert done.returncode == 0 and "delivered" in done.stdout, done.stdout + done.stderr
        assert receiver.at("/services/T/B/x")[0].json["text"].startswith("[test]")
        receiver.answers = {
            "/services/T/B/x": [(404, "no_service")],
            "/discord": [(401, '{"message": "Invalid Webhook Token", "code": 50027}')],
            PATHS["telegram"]: [(400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}')],
            "/v2/enqueue": [(400, '{"status":"invalid event","message":"Event object is invalid","errors":["x"]}')],
            "/feishu": [(200, '{"code":19021,"msg":"sign match fail"}')],
            "/ding": [(200, '{"errcode":310000,"errmsg":"sign not match"}')],
            "/wecom": [(200, '{"errcode":93000,"errmsg":"invalid webhook url, hint: abcdefgh"}')],
            "/own": [(302, "")],
        }
        post.unknown.add("ops@example.com")
        done = commands.run("alerts", "test", "--json", "--reason", "drill", "--by", "ada")
    assert done.returncode == 1, done.stderr
    said = {one["channel"]: one["message"] for one in json.loads(done.stdout)["channels"]}
    assert said["slack"] == "it answered 404: no_service"
    assert said["discord"] == "it answered 401: Invalid Webhook Token"
    assert said["telegram"] == "it answered 400: Bad Request: chat not found"
    assert said["pagerduty"] == "it answered 400: Event object is invalid; x"
    assert said["feishu"] == "it answered 200 with the code 19021: sign match fail"
    assert said["dingtalk"] == "it answered 200 with the code 310000: sign not match"
    assert said["wecom"] == "it answered 200 with the code 93000: invalid webhook url, hint: …", "no secret is shown"
    assert said["webhook"] == "it answered 302: redirects are not followed"
    assert "no such user here" in said["email"] and "550" in said["email"]
    assert "refused" in said["closed"].lower()
    assert "is not of the public internet" in said["private"] and not receiver.at("/private")
    assert said["lark"] is None
    entry = commands.json("audit", "list", "--action", "alert.test")["audit"][0]
    assert (entry["reason"], entry["by"]) == ("drill", "ada")
    unknown = commands.run("alerts", "test", "slak")
    assert unknown.returncode == 2 and "there is no channel" in unknown.stderr


def test_what_was_not_taken_is_tried_again(start: StartGateway, receiver: Chat, commands: Commands) -> None:
    receiver.answers = {"/own": [(500, "busy"), (503, "busy")], "/services/T/B/x": [(403, "invalid_token")]}
    with closing(RefusingPort()) as nobody:
        channels = {"own": webhook(receiver), "chat": slack(receiver)}
        start(config=watching({"north": nobody.base_url}, {"channels": channels}), environment=ENVIRONMENT)
        until(lambda: told(receiver) == [("raised", "provider_down:north")], "it is told at the third try")
    assert [message.json["id"] for message in receiver.refused if message.path == "/own"] == [
        receiver.at("/own")[0].json["id"]
    ] * 2, "it is the same message"
    listed = {one["channel"]: one for one in commands.json("alerts", "deliveries")["deliveries"]}
    assert (listed["own"]["state"], listed["own"]["attempts"]) == ("delivered", 3)
    assert (listed["chat"]["state"], listed["chat"]["attempts"]) == ("given_up", 1)
    assert listed["chat"]["error"] == "it answered 403: invalid_token"
    assert "given_up" in commands.text("alerts", "deliveries")


def test_what_comes_together_is_told_together_and_what_is_silenced_is_not_told(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as one, closing(RefusingPort()) as two, closing(RefusingPort()) as three:
        urls = {"north": one.base_url, "south": two.base_url, "west": three.base_url}
        alerts = {"channels": {"own": webhook(receiver)}, "group_wait_seconds": 3}
        start(config=watching(urls, alerts), environment=ENVIRONMENT)
        made = commands.json("alerts", "silence", "provider_down", "--subject", "west", "--for", "1h", "--reason", "x")
        assert (made["number"], made["rule"], made["subject"]) == (1, "provider_down", "west")
        until(lambda: told(receiver), "it is told")
        expected = [("raised", f"provider_down:{name}") for name in ("north", "south")]
        assert told(receiver) == expected and len(receiver.at("/own")) == 1
        listed = commands.text("alerts", "list")
        assert "firing, silenced" in listed and "SILENCE" in listed
        commands.text("alerts", "unsilence", "1")
        until(lambda: told(receiver) == [*expected, ("raised", "provider_down:west")], "it is told now")
    again = commands.run("alerts", "unsilence", "1")
    assert again.returncode == 1 and "no silence" in again.stderr
    actions = [entry["action"] for entry in commands.json("audit", "list", "--action", "alert.*")["audit"]]
    assert actions == ["alert.unsilence", "alert.silence"]
    for words, why in [
        (["balance", "--for", "100d", "--reason", "x"], "90 days"),
        (["weather", "--for", "1h", "--reason", "x"], "is no rule"),
        (["--for", "1h", "--reason", " "], "a reason must be"),
    ]:
        refused = commands.run("alerts", "silence", *words)
        assert refused.returncode == 1 and why in refused.stderr, refused.stderr


def test_a_channel_that_is_added_is_told_what_is_bad_already(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:
        gateway = start(config=watching({"north": nobody.base_url}, {}), environment=ENVIRONMENT)
        until(lambda: state(commands, "provider_down") == {"north": "firing"}, "it is seen without any channel")
        config = watching({"north": nobody.base_url}, {"channels": {"own": webhook(receiver)}})
        path = Path(commands.json("config", "show")["file"])
        path.write_text(json.dumps(config))
        with gateway.admin() as http:
            assert http.post("/admin/v1/reload").raise_for_status().json()["changed"] == ["alerts"]
        until(lambda: told(receiver) == [("raised", "provider_down:north")], "it is told")


def test_what_no_channel_wanted_and_what_others_know_is_told_to_who_is_added(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:
        picky = {"money": slack(receiver, rules=["balance"])}
        gateway = start(config=watching({"north": nobody.base_url}, {"channels": picky}), environment=ENVIRONMENT)
        path = Path(commands.json("config", "show")["file"])

        def reload(channels: dict[str, Any]) -> None:
            path.write_text(json.dumps(watching({"north": nobody.base_url}, {"channels": channels})))
            with gateway.admin() as http:
                http.post("/admin/v1/reload").raise_for_status()

        until(lambda: state(commands, "provider_down") == {"north": "firing"}, "it is seen, and nobody wants it")
        reload({**picky, "own": webhook(receiver)})
        until(lambda: told(receiver) == [("raised", "provider_down:north")], "it is told to who wants it")
        other = {**webhook(receiver), "url": f"{receiver.url}/other"}
        reload({**picky, "own": webhook(receiver), "other": other})
        until(lambda: told(receiver, "/other") == [("raised", "provider_down:north")], "it is told to who comes later")
        gateway.stop()
        third = {**webhook(receiver), "url": f"{receiver.url}/third"}
        path.write_text(json.dumps(watching({"north": nobody.base_url}, {"channels": {"other": other, "third": third}})))
        start(config=json.loads(path.read_text()), environment=ENVIRONMENT)
        until(lambda: told(receiver, "/third") == [("raised", "provider_down:north")], "also over a restart")
    assert told(receiver) == told(receiver, "/other") == [("raised", "provider_down:north")], "nobody is told twice"
    assert not receiver.at("/services/T/B/x")


def ask(gateway: Gateway, count: int) -> list[int]:
    with gateway.http(key=gateway.key) as http:
        return [http.post(CHAT_PATH, content=chat(model=MODEL)).status_code for _ in range(count)]


def test_rates_and_latencies_are_told(start: StartGateway, simulator: Simulator, receiver: Chat) -> None:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    models = {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}
    health = {**NO_PROBES, "failures": 20, "failure_percent": 100}
    alerts = {
        **QUICK,
        "calls_min": 5,
        "window_seconds": 60,
        "rules": {"latency": {"threshold": 150}},
        "channels": {"own": webhook(receiver, rules=["error_rate", "failover_rate", "latency"])},
    }
    config = {**configuration(providers, models, retries={"repeats_max": 0}), "health": health, "alerts": alerts}
    gateway = start(config=config, environment=ENVIRONMENT)
    until(lambda: gateway.metric("ai_gateway_alerts_firing", rule="error_rate") == 0, "it is looked at")
    simulator.nodes[0].fault("status=500")
    simulator.nodes[1].set(latency_ms=300)
    assert set(ask(gateway, 6)) == {200}
    keys = ("error_rate:first", "failover_rate:first", "latency:second")
    expected = {("raised", key) for key in keys}
    until(lambda: set(told(receiver)) == expected, "each is told")
    assert len(told(receiver)) == 3


PRICES = """
[[price]]
kind = "compatible"
model = "priced"
input = "1000"
output = "1000"
"""


def test_money_keys_and_prices_are_told(
    start: StartGateway, new_upstream: StartUpstream, receiver: Chat, commands: Commands
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    # Of keys that are made for less than that nothing is said.
    alerts = {**QUICK, "channels": {"own": webhook(receiver)}, "rules": {"key_expiry": {"threshold": 3}}}
    config = {**configuration({"north": provider(upstream.base_url, models=[MODEL, "priced"])}), "health": NO_PROBES}
    gateway = start(config={**config, "alerts": alerts}, environment=ENVIRONMENT)
    with gateway.admin() as http:
        http.put("/admin/v1/prices", json={"text": PRICES, "reason": "x"}).raise_for_status()
    assert ask(gateway, 1) == [200]
    until(lambda: ("raised", f"price_unknown:north/{MODEL}") in told(receiver), "a model without a price is told")
    key = commands.json("keys", "create", "--name", "app", "--expires-days", "3")
    until(lambda: ("raised", f"key_expiry:{key['id']}") in told(receiver), "a key that ends is told")
    commands.json("keys", "revoke", key["id"])
    until(lambda: ("resolved", f"key_expiry:{key['id']}") in told(receiver), "it is over")
    commands.json("accounts", "create", "default", "--warn-below", "10")
    until(lambda: ("raised", "balance:account 1") in told(receiver), "a low balance is told")
    commands.json("accounts", "credit", "default", "20", "--reason", "x")
    until(lambda: ("resolved", "balance:account 1") in told(receiver), "it is over")
    commands.json("budgets", "set", "0.01", "--per", "day", "--org", "default", "--soft")
    with gateway.http(key=gateway.key) as http:
        assert http.post(CHAT_PATH, content=chat(model="priced")).status_code == 200
    both = {("raised", "budget:budget 1"), ("raised", "budget:budget 1, used up")}
    until(lambda: both <= set(told(receiver)), "a budget that is spent is told")
    assert len(set(told(receiver))) == len(told(receiver)), "nothing twice"


def test_what_is_left_at_a_provider_is_told(
    start: StartGateway, new_upstream: StartUpstream, receiver: Chat, commands: Commands
) -> None:
    left = ["3.50"]

    def script(exchange: Exchange) -> None:
        body = CHAT_REPLY
        if exchange.received.path == "/user/balance":
            info = {"currency": "CNY", "total_balance": left[0]}
            body = json.dumps({"is_available": True, "balance_infos": [info]}).encode()
        whole(body)(exchange)

    upstream = new_upstream(script)
    alerts = {**QUICK, "upstream_balance_seconds": 1, "channels": {"own": webhook(receiver)}}
    providers = {"deep": {**provider(upstream.base_url, models=[MODEL]), "kind": "deepseek"}}
    gateway = start(config={**configuration(providers), "alerts": alerts}, environment=ENVIRONMENT)
    until(lambda: told(receiver) == [("raised", "upstream_balance:deep")], "it is told")
    assert gateway.metric("ai_gateway_upstream_balance", provider="deep", currency="CNY") == 3.5
    (shown,) = commands.json("alerts", "list")["upstream_balances"]
    assert shown == {"provider": "deep", "account": "deep", "left": "3.5", "currency": "CNY", "message": None}
    asked = [received for received in upstream.calls if received.path == "/user/balance"]
    assert asked[0].one("authorization").startswith("Bearer ")
    left[0] = "100"
    until(lambda: told(receiver)[-1] == ("resolved", "upstream_balance:deep"), "it is over")


def test_an_address_that_the_store_holds_is_used_and_never_shown(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    first = start(environment=ENVIRONMENT)
    first.stop()
    url = f"{receiver.url}/services/T/B/a-token-that-nobody-sees"
    done = commands.run("secrets", "set", "hook", said=url)
    assert done.returncode == 0, done.stderr
    channels = {"chat": {"kind": "slack", "url": "secret:hook"}}
    gateway = start(config={"alerts": {"channels": channels}}, environment=ENVIRONMENT)
    assert commands.run("alerts", "test").returncode == 0
    assert len(receiver.at("/services/T/B/a-token-that-nobody-sees")) == 1
    shown = commands.text("config", "show") + commands.text("alerts", "list", "--json") + gateway.process.output
    assert "secret:hook" in shown and "a-token-that-nobody-sees" not in shown


def test_wrong_settings_are_told_by_their_field(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    channels = {
        "a": {"kind": "slack"},
        "b": {"kind": "email", "host": "mail.example.com", "from": "me", "to": ["ops@example.com"]},
        "c": {"kind": "webhook", "url": "hooks.example.com", "secret": "env:HOOK_SECRET"},
    }
    file.write_text(json.dumps({"alerts": {"channels": channels, "rules": {"balance": {"threshold": 3}}}}))
    done = commands.run("check", "--config", file, environment=ENVIRONMENT)
    assert done.returncode != 0
    words = done.stdout + done.stderr
    for place in ("a.url: is required", "b.from: must be an address", "c.url: must"):
        assert f"alerts.channels.{place}" in words, words
    assert "alerts.rules.balance.threshold" in words
