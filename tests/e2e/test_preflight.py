"""Proves docs/operations/preflight.md: a look before callers come, told by a table and the exit code."""

from __future__ import annotations

import json
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, line, provider
from harness.gateway import UPSTREAM_KEY
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL
from harness.upstream import RefusingPort, Upstream, whole


def look(commands: Commands, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what was found."""
    done = commands.run("preflight", "--json", *words, environment=environment)
    return done.returncode, json.loads(done.stdout)


def found(report: dict[str, Any], check: str) -> list[tuple[str, str]]:
    return [(entry["of"], entry["result"]) for entry in report["checks"] if entry["check"] == check]


def detail(report: dict[str, Any], check: str) -> str:
    return " | ".join(entry["detail"] for entry in report["checks"] if entry["check"] == check)


def test_a_gateway_that_is_fit_says_so(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[f"{name}-own"])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    gateway = start(config=configuration(providers, {"smart": ["first/first-own", "second/second-own"]}))
    code, report = look(commands)
    assert (code, report["ok"], report["warnings"]) == (0, True, 0), report
    assert found(report, "ready") == [("server", "good")]
    assert found(report, "key") == [("first", "good"), ("second", "good")]
    assert found(report, "model") == [(name, "good") for name in ("first-own", "second-own", "smart")]
    assert found(report, "monitoring") == [("/metrics", "good"), ("ai_gateway_requests_total", "good")]
    assert report["tokens"] > 0
    (key,) = [key for key in gateway.admin().get("/admin/v1/keys").json()["keys"] if "preflight" in key["name"]]
    assert key["state"] == "revoked", "the key it made for itself is taken back"
    table = commands.text("preflight")
    assert table.splitlines()[0].split() == ["CHECK", "OF", "RESULT", "DETAIL"]
    assert "\n\nfit for callers (" in table


def test_it_may_cost_nothing(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    start(environment=simulator.environment)
    code, report = look(commands, "--free")
    assert (code, found(report, "model"), report["tokens"]) == (0, [("all", "skipped")], 0)
    assert simulator.node.received(CHAT_PATH) == []


def test_whose_models_nobody_knows_is_asked_for_what_is_named(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = start(environment=simulator.environment)
    code, report = look(commands, BELLWETHER_KEY=gateway.key)
    assert (code, found(report, "model")) == (0, [("openai/*", "warning")])
    assert "say --model openai/NAME" in detail(report, "model")
    _, report = look(commands, "--model", "a-model", "--model", "b-model", BELLWETHER_KEY=gateway.key)
    assert found(report, "model") == [("a-model", "good"), ("b-model", "good")]
    assert [body["model"] for body in simulator.node.bodies(CHAT_PATH)] == ["a-model", "b-model"]


def test_every_fault_is_bad_and_ends_with_an_error(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    simulator.node.set(key="the-right-key-0123456789")
    providers = {
        "locked": provider(simulator.nodes[0].base_url, key="a-wrong-key-0123456789", models=["locked-own"]),
        "broken": provider(simulator.nodes[1].base_url, key=simulator.key, models=["broken-own"]),
    }
    metrics = {"access": "key", "key": "a-key-for-metrics-0123456789"}
    start(config=configuration(providers, retries={"repeats_max": 0}) | {"metrics": metrics})
    simulator.nodes[1].fault("status=500")
    done = commands.run("preflight", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert "not fit for callers" in done.stderr
    assert ("locked", "bad") in found(report, "key")
    assert found(report, "model") == [("broken-own", "bad"), ("locked-own", "bad")]
    assert "502" in detail(report, "model")
    assert found(report, "monitoring") == [("/metrics", "bad")]
    assert "metrics.key" in detail(report, "monitoring")
    assert "a-wrong-key" not in done.stdout


def test_what_is_only_worth_knowing_is_a_warning(
    start: StartGateway, simulator: Simulator, refusing: RefusingPort, commands: Commands
) -> None:
    lines = [line(refusing.base_url, "dead"), line(simulator.node.base_url, "alive")]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL], "policy": "priority"}
    off = provider(simulator.nodes[1].base_url, key=simulator.key, models=["off-own"])
    health = {"probes": {"every_ms": 100, "every_ms_failing": 100}}
    gateway = start(config=configuration({"several": several, "off": off}) | {"health": health})
    until(lambda: gateway.metric("ai_gateway_lines_unreachable", region="dead") == 1, "the line is known to be dead")
    commands.text("provider", "disable", "off", "--reason", "a test")
    code, report = look(commands, "--model", MODEL)
    assert (code, report["ok"]) == (0, True)
    assert found(report, "switch") == [("off", "warning")]
    ((labels, result),) = found(report, "line")
    assert ('region="dead"' in labels, result) == (True, "warning")


def test_an_embedding_model_is_asked_as_one(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    def script(exchange: Any) -> None:
        if exchange.received.path.endswith("/embeddings"):
            body = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"e",'
            whole(body + b'"usage":{"prompt_tokens":1,"total_tokens":1}}')(exchange)
        else:
            whole(b'{"error":{"message":"not a chat model"}}', status="400 Bad Request")(exchange)

    upstream.script = script
    start(config=configuration({"only": provider(upstream.base_url, key=UPSTREAM_KEY, models=["embed"])}))
    code, report = look(commands)
    assert (code, found(report, "model")) == (0, [("embed", "good")])


def test_without_a_server_it_says_so(commands: Commands) -> None:
    done = commands.run("preflight")
    assert done.returncode == 1
    assert "no server runs on" in done.stderr


def test_a_refused_file_is_bad(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    start(config=configuration({"first": provider(simulator.node.base_url, key=simulator.key, models=[MODEL])}))
    (commands.home / "bellwether.yaml").write_text("providers: 7\n")
    commands.run("config", "reload")
    code, report = look(commands, "--free")
    assert code == 1
    assert [result for _, result in found(report, "configuration")] == ["bad"]


def test_accounts_with_little_are_a_warning_and_empty_ones_bad(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    config = configuration({"openai": provider(simulator.node.base_url, key=simulator.key, models=[MODEL])})
    admin = start(config={**config, "ledger": {"segment_bytes": 1 << 20}}).admin()
    admin.post("/admin/v1/accounts", json={"organisation": "default"}).raise_for_status()

    def balance(amount: str) -> tuple[int, list[tuple[str, str]]]:
        if amount:
            credit = {"amount": amount, "reason": "a test"}
            admin.post("/admin/v1/accounts/1/credit", json=credit).raise_for_status()
        code, report = look(commands, "--free")
        return code, found(report, "balance")

    account = "account 1 of org_default"
    assert balance("") == (1, [(account, "bad")])
    assert balance("5") == (0, [(account, "warning")])
    assert balance("5") == (0, [(account, "good")])
