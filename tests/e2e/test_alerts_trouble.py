"""Proves that an alert is told once to everybody whom it concerns, and its end to everybody who knows of it, whatever is
changed, silenced, refused or killed in between."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.receivers import Chat, chat_server
from harness.silent import SilentPort
from harness.simulator import Simulator
from harness.speech import CHAT_REPLY, MODEL
from harness.upstream import Exchange, RefusingPort, whole

SECRET = "a-webhook-secret-of-these-tests"
TOKEN = "123456:a-token-of-a-bot"
ENVIRONMENT = {"HOOK_SECRET": SECRET, "TOKEN": TOKEN}
QUICK = {"look_seconds": 1, "clear_seconds": 1, "group_wait_seconds": 0}
PROBES = {"probes": {"every_ms": 200, "every_ms_failing": 200, "timeout_ms": 500, "failures": 2}}
RAISED, RESOLVED = ("raised", "provider_down:north"), ("resolved", "provider_down:north")


@pytest.fixture
def receiver() -> Iterator[Chat]:
    with chat_server() as chat:
        yield chat


def webhook(receiver: Chat, path: str = "/own", **more: Any) -> dict[str, Any]:
    return {"kind": "webhook", "url": f"{receiver.url}{path}", "secret": "env:HOOK_SECRET", **more}


def watching(url: str, alerts: dict[str, Any]) -> dict[str, Any]:
    providers = {"north": provider(url, models=[MODEL])}
    return {**configuration(providers), "health": PROBES, "alerts": {**QUICK, **alerts}}


def told(receiver: Chat, path: str = "/own") -> list[tuple[str, str]]:
    messages = [message.json for message in receiver.at(path)]
    return [(alert["event"], alert["key"]) for message in messages for alert in message["alerts"]]


def reload(gateway: Gateway, commands: Commands, config: dict[str, Any]) -> None:
    Path(commands.json("config", "show")["file"]).write_text(json.dumps(config))
    with gateway.admin() as http:
        http.post("/admin/v1/reload").raise_for_status()


def firing(commands: Commands) -> set[str]:
    listed = commands.json("alerts", "list")["alerts"]
    return {f"{alert['rule']}:{alert['subject']}" for alert in listed if alert["state"] == "firing"}


def a_look_later(commands: Commands, receiver: Chat, path: str) -> None:
    """Something else that is bad from now on is told: whoever was to be told anything before has been."""
    commands.json("accounts", "create", "default", "--warn-below", "10")
    until(lambda: ("raised", "balance:account 1") in told(receiver, path), "a later look is told of")


def states(commands: Commands) -> list[str]:
    return [one["state"] for one in commands.json("alerts", "deliveries")["deliveries"]]


def test_a_channel_that_wants_more_from_now_on_is_told_what_is_bad(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:

        def config(**more: Any) -> dict[str, Any]:
            channels = {"own": webhook(receiver), "picky": webhook(receiver, "/picky", **more)}
            return watching(nobody.base_url, {"channels": channels})

        gateway = start(config=config(rules=["balance"]), environment=ENVIRONMENT)
        until(lambda: told(receiver) == [RAISED], "it is told")
        reload(gateway, commands, config())
        until(lambda: told(receiver, "/picky") == [RAISED], "it is told to who wants it now")
    assert told(receiver) == [RAISED]


def test_a_rule_that_matters_more_from_now_on_is_told_to_whoever_wants_that_and_less_is_ended_for_them(
    start: StartGateway, simulator: Simulator, receiver: Chat, commands: Commands
) -> None:
    node = simulator.nodes[0]
    channels = {"own": webhook(receiver), "pager": webhook(receiver, "/pager", severity_min="critical")}

    def config(severity: str) -> dict[str, Any]:
        return watching(node.base_url, {"channels": channels, "rules": {"provider_down": {"severity": severity}}})

    gateway = start(config=config("warning"), environment=ENVIRONMENT)
    node.fault("refuse")
    until(lambda: told(receiver) == [RAISED], "it is told")
    reload(gateway, commands, config("critical"))
    until(lambda: told(receiver, "/pager") == [RAISED], "it is told to who is called at night")
    reload(gateway, commands, config("warning"))
    node.heal()
    until(lambda: told(receiver) == [RAISED, RESOLVED], "it is over")
    until(lambda: told(receiver, "/pager") == [RAISED, RESOLVED], "it is over for whoever was called")


def test_a_channel_that_is_added_during_a_silence_is_told_when_that_ends(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:
        own = {"own": webhook(receiver)}
        gateway = start(config=watching(nobody.base_url, {"channels": own}), environment=ENVIRONMENT)
        until(lambda: told(receiver) == [RAISED], "it is told")
        commands.json("alerts", "silence", "provider_down", "--for", "1h", "--reason", "x")
        both = {**own, "other": webhook(receiver, "/other")}
        reload(gateway, commands, watching(nobody.base_url, {"channels": both}))
        until(lambda: len(commands.json("alerts", "list")["channels"]) == 2, "it is there")
        a_look_later(commands, receiver, "/other")
        assert told(receiver, "/other") == [("raised", "balance:account 1")]
        commands.text("alerts", "unsilence", "1")
        until(lambda: RAISED in told(receiver, "/other"), "it is told when the silence is over")
    assert told(receiver).count(RAISED) == 1


def test_what_was_refused_for_wrong_settings_is_told_once_they_are_right(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    receiver.answers = {"/wrong": [(403, "invalid_token")]}
    with closing(RefusingPort()) as nobody:
        config = watching(nobody.base_url, {"channels": {"own": webhook(receiver, "/wrong")}})
        gateway = start(config=config, environment=ENVIRONMENT)
        until(lambda: receiver.refused, "it is refused")
        reload(gateway, commands, watching(nobody.base_url, {"channels": {"own": webhook(receiver)}}))
        until(lambda: told(receiver) == [RAISED], "it is told at the right place")


def test_what_was_refused_is_told_after_a_restart_with_the_right_settings(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    receiver.answers = {"/wrong": [(403, "invalid_token")]}
    with closing(RefusingPort()) as nobody:
        config = watching(nobody.base_url, {"channels": {"own": webhook(receiver, "/wrong")}})
        gateway = start(config=config, environment=ENVIRONMENT)
        until(lambda: states(commands) == ["given_up"], "it is given up")
        gateway.stop()
        start(config=watching(nobody.base_url, {"channels": {"own": webhook(receiver)}}), environment=ENVIRONMENT)
        until(lambda: told(receiver) == [RAISED], "it is told at the right place")


def test_what_was_refused_is_told_once_a_test_is_taken(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    receiver.answers = {"/own": [(403, "the bot was removed from the chat")]}
    with closing(RefusingPort()) as nobody:
        config = watching(nobody.base_url, {"channels": {"own": webhook(receiver)}})
        start(config=config, environment=ENVIRONMENT)
        until(lambda: states(commands) == ["given_up"], "it is given up")
        assert commands.run("alerts", "test", "own").returncode == 0
        until(lambda: RAISED in told(receiver), "it is told")
    assert [event for event, _ in told(receiver)] == ["test", "raised"]


def test_what_waits_when_the_process_is_killed_is_told_once_by_the_next(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    receiver.answers = {"/own": [(500, "busy")]}
    with closing(RefusingPort()) as nobody:
        config = watching(nobody.base_url, {"channels": {"own": webhook(receiver)}})
        gateway = start(config=config, environment=ENVIRONMENT)
        until(lambda: receiver.refused, "it was tried")
        gateway.process.kill()
        start(config=config, environment=ENVIRONMENT)
        until(lambda: told(receiver), "it is told")
        until(lambda: states(commands) == ["delivered"], "it is noted")
    assert told(receiver) == [RAISED]
    assert receiver.at("/own")[0].json["id"] == receiver.refused[0].json["id"]


def test_a_rule_that_is_switched_off_ends_its_alert_although_nobody_can_say(
    start: StartGateway, simulator: Simulator, receiver: Chat, commands: Commands
) -> None:
    node = simulator.nodes[0]
    node.fault("refuse")

    def config(probes: bool, **rules: Any) -> dict[str, Any]:
        base = watching(node.base_url, {"channels": {"own": webhook(receiver)}, "rules": rules})
        return base if probes else {**base, "health": {"probes": {"every_ms": 0}}}

    gateway = start(config=config(True), environment=ENVIRONMENT)
    until(lambda: told(receiver) == [RAISED], "it is told")
    gateway.stop()
    gateway = start(config=config(False), environment=ENVIRONMENT)
    until(lambda: firing(commands) == {"provider_down:north"}, "nobody has asked")
    reload(gateway, commands, config(False, provider_down={"enabled": False}))
    until(lambda: told(receiver) == [RAISED, RESOLVED], "nobody wants to know")


def test_what_was_taken_and_cannot_be_noted_is_sent_once(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    with closing(RefusingPort()) as nobody:
        gateway = start(config=watching(nobody.base_url, {}), environment=ENVIRONMENT)
        until(lambda: firing(commands), "it is seen")
        full = (
            "CREATE TRIGGER full BEFORE UPDATE ON alert_deliveries WHEN NEW.state = 'delivered' "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        with closing(sqlite3.connect(gateway.data_dir / "bellwether.db", timeout=10)) as database:
            database.execute(full)
            reload(gateway, commands, watching(nobody.base_url, {"channels": {"own": webhook(receiver)}}))
            until(lambda: gateway.process.output.count("the disk is full") >= 3, "it is noted again and again", 40)
            database.execute("DROP TRIGGER full")
        until(lambda: states(commands) == ["delivered"], "it is noted", 20)
    assert told(receiver) == [RAISED]


def words(commands: Commands) -> list[str]:
    """What is said of accounts at providers."""
    return [one["message"] for one in commands.json("alerts", "list")["upstream_balances"]]


def test_a_balance_in_two_currencies_that_cannot_be_learnt_for_a_while_is_not_over(
    start: StartGateway, new_upstream: StartUpstream, receiver: Chat, commands: Commands
) -> None:
    answers = [200]

    def script(exchange: Exchange) -> None:
        body = CHAT_REPLY
        if exchange.received.path == "/user/balance":
            infos = [{"currency": "CNY", "total_balance": "3.50"}, {"currency": "USD", "total_balance": "300"}]
            body = json.dumps({"is_available": True, "balance_infos": infos}).encode()
            whole(body, status="200 OK" if answers[0] == 200 else "500 Internal Server Error")(exchange)
            return
        whole(body)(exchange)

    upstream = new_upstream(script)
    alerts = {**QUICK, "upstream_balance_seconds": 1, "channels": {"own": webhook(receiver)}}
    providers = {"deep": {**provider(upstream.base_url, models=[MODEL]), "kind": "deepseek"}}
    start(config={**configuration(providers), "alerts": alerts}, environment=ENVIRONMENT)
    until(lambda: told(receiver) == [("raised", "upstream_balance:deep in CNY")], "it is told")
    answers[0] = 500
    until(lambda: words(commands) == ["/user/balance answered 500"], "it cannot be learnt")
    a_look_later(commands, receiver, "/own")
    assert told(receiver) == [("raised", "upstream_balance:deep in CNY"), ("raised", "balance:account 1")]


def test_no_secret_is_shown_of_channels_that_do_not_take_it(
    start: StartGateway, receiver: Chat, commands: Commands
) -> None:
    hook = f"/api/webhooks/1/{SECRET}/slack"
    receiver.answers = {hook: [(404, f"no {SECRET}")] * 9, f"/{SECRET}/in": [(500, f"Cannot POST /{SECRET}/in")] * 9}
    with closing(RefusingPort()) as nobody:
        down, away = nobody.base_url, "http://no-such-host.invalid"
        channels: dict[str, Any] = {
            "a": {"kind": "telegram", "token": "env:TOKEN", "chat_id": "1", "api_url": down},
            "b": {"kind": "telegram", "token": "env:TOKEN", "chat_id": "1", "api_url": away},
            "c": {"kind": "slack", "url": f"{down}/services/T/B/{SECRET}"},
            "d": {"kind": "slack", "url": f"{away}/services/T/B/{SECRET}"},
            "e": {"kind": "discord", "url": f"{receiver.url}{hook}"},
            "f": {"kind": "wecom", "url": f"https://{receiver.url[7:]}/x?key={SECRET}"},
            "g": {"kind": "slack", "url": f"{receiver.url}/{SECRET}/in"},
        }
        gateway = start(config=watching(nobody.base_url, {"channels": channels}), environment=ENVIRONMENT)

        def tried() -> int:
            return sum(one["attempts"] > 0 for one in commands.json("alerts", "deliveries")["deliveries"])

        until(lambda: tried() == len(channels), "all were tried")
        done = commands.run("alerts", "test", patience_s=60)
        shown = [done.stdout, done.stderr, gateway.process.output, commands.text("config", "show")]
        shown += [commands.text("alerts", verb, "--json") for verb in ("deliveries", "list")]
    assert done.returncode == 1 and "it answered 404: no …" in done.stdout, done.stdout
    assert not [text for text in shown if SECRET in text or TOKEN in text]


def test_what_is_bad_can_be_seen_while_channels_that_hang_are_tried(start: StartGateway, commands: Commands) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(closing(SilentPort())) for _ in range(4)]
        channels = {f"c{place}": {"kind": "slack", "url": port.base_url} for place, port in enumerate(silent)}
        start(config={"alerts": {**QUICK, "channels": channels}})
        done: list[str] = []
        testing = threading.Thread(
            target=lambda: done.append(commands.run("alerts", "test", "--json", patience_s=60).stdout)
        )
        testing.start()
        until(lambda: len(commands.json("alerts", "list")["channels"]) == 4, "it can be seen")
        assert testing.is_alive(), "nobody has answered yet"
        testing.join()
    said = [one["message"] for one in json.loads(done[0])["channels"]]
    assert len(said) == 4 and all(said), said
