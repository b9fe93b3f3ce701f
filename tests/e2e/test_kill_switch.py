"""Proves docs/operations/kill-switch.md: what an operator switches off is not asked, at once, and over restarts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import configuration, line, one_after_the_other, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, whole

#: What is promised.
EFFECTIVE_S = 1.0
WHY = ("--reason", "it answers nonsense")


def two(start: StartGateway, simulator: Simulator, **sections: Any) -> Gateway:
    """One model with two steps: the simulator's first node, then its second."""
    return start(config=two_steps(simulator) | sections)


def two_steps(simulator: Simulator) -> dict[str, Any]:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL, f"{name}-own"])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    return configuration(providers, {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]})


def ask(gateway: Gateway, model: str = MODEL) -> httpx.Response:
    return gateway.http().post(CHAT_PATH, content=chat(model=model))


def served_by(gateway: Gateway, model: str = MODEL) -> str:
    reply = ask(gateway, model)
    assert reply.status_code == 200, reply.text
    return reply.headers["x-bellwether-provider"]


def listed(gateway: Gateway) -> dict[str, Any]:
    return {entry["id"]: entry for entry in gateway.admin().get("/admin/v1/providers").json()["providers"]}


def test_it_is_effective_within_a_second_and_no_call_fails(
    start: StartGateway, simulator: Simulator, commands: Commands, figure: Callable[[str], None]
) -> None:
    """Callers ask all the while. From the answer on nobody reaches the first; nobody has seen an error."""
    gateway = two(start, simulator)
    assert served_by(gateway) == "first"
    stop, seen = threading.Event(), []

    def callers() -> None:
        client = gateway.http()
        while not stop.is_set():
            reply = client.post(CHAT_PATH, content=chat())
            seen.append((time.monotonic(), reply.status_code, reply.headers.get("x-bellwether-provider")))

    threads = [threading.Thread(target=callers) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(seen) >= 10, "callers are busy")
    admin = gateway.admin()
    began = time.monotonic()
    admin.post("/admin/v1/providers/first/disable", json={"reason": "slow"}).raise_for_status()
    answered = time.monotonic()
    count = len(simulator.nodes[0].received(CHAT_PATH))
    until(lambda: sum(at > answered for at, _, _ in seen) >= 10, "callers went on")
    stop.set()
    for thread in threads:
        thread.join()
    assert {status for _, status, _ in seen} == {200}
    assert len(simulator.nodes[0].received(CHAT_PATH)) == count, "nothing new reached it once the answer was there"
    last = max(at for at, _, who in seen if who == "first")
    told, heard = (answered - began) * 1e3, (last - began) * 1e3
    figure(f"kill switch: answered in {told:.1f} ms, the last answer of it {heard:.1f} ms after")
    assert answered - began < EFFECTIVE_S
    assert last - began < EFFECTIVE_S
    commands.text("provider", "enable", "first", *WHY)
    assert served_by(gateway) == "first"


def test_it_survives_a_crash_and_a_reload(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    gateway = two(start, simulator)
    told = commands.text("provider", "disable", "first", *WHY, "--by", "ada")
    assert "first is off" in told
    gateway.process.kill()
    gateway = two(start, simulator)
    assert served_by(gateway) == "second"
    assert "it answers nonsense" in gateway.process.stderr, "the start says so"
    config = two_steps(simulator)
    config["providers"]["first"]["lines"] = [{"base_url": config["providers"]["first"].pop("base_url"), "region": "x"}]
    write_config(commands.home, config)
    commands.text("config", "reload")
    assert listed(gateway)["first"]["regions"] == ["x"]
    assert served_by(gateway) == "second", "also over lines that are new"
    commands.text("provider", "enable", "first", *WHY)
    assert served_by(gateway) == "first"


def test_one_region_one_model_or_both(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    lines = [line(node.base_url, region) for node, region in zip(simulator.nodes, ("us", "eu"), strict=False)]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL, "other"], "policy": "weighted"}
    gateway = start(config=configuration({"several": several}))

    def regions(model: str) -> set[str]:
        return {ask(gateway, model).headers["x-bellwether-region"] for _ in range(6)}

    assert regions(MODEL) == {"us", "eu"}
    done = commands.json("provider", "disable", "several", "--region", "us", "--model", MODEL, *WHY)
    assert (done["state"], done["region"], done["model"]) == ("off", "us", MODEL)
    assert (regions(MODEL), regions("other")) == ({"eu"}, {"us", "eu"})
    commands.text("provider", "drain", "several", "--region", "eu", *WHY)
    assert regions("other") == {"us"}
    refused = ask(gateway)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "no_target")
    assert "switched off by the operator" in refused.json()["error"]["message"]
    assert listed(gateway)["several"]["state"] == "partly_off"
    commands.text("provider", "enable", "several", *WHY)
    assert (regions(MODEL), listed(gateway)["several"]["state"]) == ({"us", "eu"}, "on")


def test_names_that_nobody_serves_are_not_listed_and_metrics_say_what_is_off(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = two(start, simulator)

    def names() -> set[str]:
        return {model["id"] for model in gateway.http().get("/v1/models").json()["data"]}

    def off(**labels: str) -> float | None:
        return gateway.metric("ai_gateway_provider_switched_off", **labels)

    assert {MODEL, "first-own", "second-own"} <= names()
    assert (off(provider="first"), off(provider="second")) == (0, 0)
    commands.text("provider", "disable", "first", *WHY)
    assert names() == {MODEL, "second-own"}
    gone = gateway.http().get("/v1/models/first-own")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "model_not_found")
    assert "switched off" in gone.json()["error"]["message"]
    assert ask(gateway, "first-own").status_code == 503
    assert (off(provider="first", position="off"), off(provider="second")) == (1, 0)
    commands.text("provider", "drain", "second", "--model", "second-own", *WHY)
    assert off(provider="second", model="second-own", position="draining") == 1
    assert names() == {MODEL}


def test_what_has_begun_ends_and_is_counted(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, commands: Commands
) -> None:
    goes_on = threading.Event()

    def in_two_parts(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="one")))
        goes_on.wait(10)
        exchange.send(chunk(delta(content="two")) + chunk(DONE) + LAST_CHUNK)

    upstream.script = in_two_parts
    other = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=one_after_the_other(upstream.base_url, other.base_url))
    with gateway.http().stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        pieces = reply.iter_bytes()
        assert b"one" in next(pieces)
        for verb in ("drain", "disable"):
            told = commands.text("provider", verb, "first", *WHY)
            assert "one call that was under way still runs" in told
        assert listed(gateway)["first"]["running"] == 1
        assert served_by(gateway) == "second"
        goes_on.set()
        assert b"two" in b"".join(pieces)
    until(lambda: listed(gateway)["first"]["running"] == 0, "it has run out")


def test_a_call_under_way_does_not_go_there_any_more(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, commands: Commands
) -> None:
    """It waits for the first, which fails when the second, its next, is off already."""
    held = Held()
    upstream.script = held
    other = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=one_after_the_other(upstream.base_url, other.base_url))
    replies: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: replies.append(ask(gateway)))
    thread.start()
    (exchange,) = held.wait_for(1)
    commands.text("provider", "disable", "second", *WHY)
    whole(b"{}", status="500 Oops")(exchange)
    held.release()
    thread.join()
    assert replies[0].status_code == 502
    assert other.calls == []


def test_a_drained_provider_goes_on_with_what_it_keeps_and_a_disabled_one_does_not(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    item["content"] = [{"type": "output_text", "text": "hi", "annotations": []}]  # type: ignore[assignment]
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    answer = {"id": "resp_1", "object": "response", "status": "completed", "output": [item], "usage": usage}
    upstream.script = whole(json.dumps(answer).encode())
    keeper = {**provider(upstream.base_url, models=[MODEL]), "dialects": ["responses", "chat"]}
    gateway = start(config=configuration({"keeper": keeper}))

    def create(**fields: Any) -> httpx.Response:
        return gateway.http().post("/v1/responses", json={"model": MODEL, "input": "hi", **fields})

    def kept() -> int:
        return gateway.http().get("/v1/responses/resp_1").status_code

    assert create().status_code == 200
    until(lambda: kept() == 200, "it is known who keeps it")
    commands.text("provider", "drain", "keeper", *WHY)
    assert create().status_code == 503
    assert (create(previous_response_id="resp_1").status_code, kept()) == (200, 200)
    commands.text("provider", "disable", "keeper", *WHY)
    assert (create(previous_response_id="resp_1").status_code, kept()) == (503, 503)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["frist"], "did you mean first?"),
        (["first", "--region", "mars"], "first has no line in a region 'mars'"),
        (["first", "--model", "first-onw"], "did you mean first-own?"),
        (["first", "--model", "smart"], "for callers 'smart' is its model first-own"),
        (["../keys"], "no id of a provider"),
    ],
)
def test_what_is_not_there_is_refused_with_a_hint(
    start: StartGateway, simulator: Simulator, commands: Commands, words: list[str], hint: str
) -> None:
    config = two_steps(simulator)
    config["models"]["smart"] = {"targets": ["first/first-own"]}
    gateway = start(config=config)
    done = commands.run("provider", "disable", *words, *WHY)
    assert done.returncode == 1
    assert hint in done.stderr
    assert gateway.admin().get("/admin/v1/audit", params={"action": "provider.*"}).json()["audit"] == []


def test_without_a_server_it_holds_from_the_next_start(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = two(start, simulator)
    gateway.stop()
    config = ("--config", str(commands.home / "bellwether.yaml"))
    told = commands.text("provider", "disable", "first", *WHY, *config)
    assert "this holds from the next start" in told
    wrong = commands.run("provider", "disable", "frist", *WHY, *config)
    assert (wrong.returncode, "did you mean first?" in wrong.stderr) == (1, True)
    table = commands.text("provider", "list", *config).splitlines()
    assert [row.split()[:1] for row in table] == [["PROVIDER"], ["first"], ["first"], ["second"]]
    assert "it answers nonsense" in table[2]
    gateway = two(start, simulator)
    assert served_by(gateway) == "second"
    assert "provider.disable" in commands.text("audit", "list")


def test_the_audit_says_who_what_when_and_why(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    gateway = two(start, simulator)
    commands.text("provider", "drain", "first", *WHY, "--by", "ada")
    commands.text("provider", "disable", "first", "--reason", "worse", "--by", "bob")
    gateway.stop()
    commands.text("provider", "enable", "first", "--reason", "well", "--config", str(commands.home / "bellwether.yaml"))
    entries = commands.json("audit", "list", "--action", "provider.*")["audit"]
    assert [(entry["action"], entry["by"], entry["reason"]) for entry in entries[1:]] == [
        ("provider.disable", "bob", "worse"),
        ("provider.drain", "ada", "it answers nonsense"),
    ]
    enabled, disabled, drained = entries
    assert (enabled["actor"], disabled["actor"]) == ("data directory", "admin key")
    assert [drained["before"], drained["after"][0]["position"]] == [[], "draining"]
    assert [disabled["before"][0]["position"], disabled["after"][0]["position"]] == ["draining", "off"]
    assert [enabled["before"][0]["reason"], enabled["after"]] == ["worse", []]
    assert disabled["request_id"]
    assert disabled["at"] > drained["at"]


def test_enabling_what_is_on_is_told_apart(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    gateway = two(start, simulator)
    done = commands.run("provider", "enable", "first", *WHY)
    assert (done.returncode, "first is not switched off" in done.stderr) == (1, True)
    commands.text("provider", "disable", "first", *WHY)
    done = commands.run("provider", "enable", "first", "--model", "first-own", *WHY)
    assert done.returncode == 1
    assert "it is off with first, which can be enabled" in done.stderr
    assert served_by(gateway) == "second"


def test_what_has_gone_from_the_configuration_can_still_be_enabled(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = two(start, simulator)
    commands.text("provider", "disable", "first", *WHY)
    config = two_steps(simulator)
    del config["providers"]["first"]
    config["models"] = {MODEL: {"targets": [f"second/{MODEL}"]}}
    write_config(commands.home, config)
    commands.text("config", "reload")
    assert "without effect" in commands.text("provider", "list")
    commands.text("provider", "enable", "first", *WHY)
    assert gateway.admin().get("/admin/v1/providers").json()["without_effect"] == []
