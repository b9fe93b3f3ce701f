"""Proves that a real Prometheus with our configuration gets numbers for every question of our dashboards and of a canary's
analysis, on a gateway that nobody has called and on one with calls and faults; and that our alerts rest and wake."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, one_after_the_other, provider
from harness.dashboards import analyses, question, questions
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.process import Process
from harness.prometheus import start_prometheus
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import streamed, whole

PRICES = """
[[price]]
model = "gpt-4o-mini"
input = "1"
output = "4"
"""


def test_a_fresh_gateway_has_a_number_for_every_question(
    gateway: Gateway, tmp_path: Path, processes: list[Process]
) -> None:
    prometheus = start_prometheus(tmp_path / "prometheus", processes, [gateway.address])
    prometheus.wait_for_scrapes()
    for it in questions():
        prometheus.numbers(it.asked())
        prometheus.numbers(it.asked(service="bellwether"))
    for service in ("bellwether", "nobody-has-this-name"):
        values = {name: prometheus.number(query) for name, query in analyses(service).items()}
        assert values == {"p99-seconds": 0, "error-share": 0, "calls": 0}


def test_the_demo_has_a_number_for_every_question(
    start: StartGateway, tmp_path: Path, processes: list[Process]
) -> None:
    prometheus = start_prometheus(tmp_path / "prometheus", processes, [start().address])
    prometheus.wait_for_scrapes()
    for it in questions():
        prometheus.numbers(it.asked())


def test_after_calls_and_faults_every_question_has_a_number_and_some_tell_of_them(
    start: StartGateway, new_upstream: StartUpstream, tmp_path: Path, processes: list[Process]
) -> None:
    failing, good = new_upstream(whole(b"{}", status="500 Internal Server Error")), new_upstream()
    gateway = start(config=one_after_the_other(failing.base_url, good.base_url))
    with gateway.admin() as admin:
        for method, path, body in (
            ("PUT", "/prices", {"text": PRICES, "reason": "a test"}),
            ("POST", "/accounts", {"organisation": "default"}),
            ("POST", "/accounts/1/credit", {"amount": "5", "reason": "a test"}),
        ):
            assert admin.request(method, f"/admin/v1{path}", json=body).is_success
    client = gateway.http()
    # A counter that is new has been read once before it moves on.
    client.post(CHAT_PATH, content=chat())
    prometheus = start_prometheus(tmp_path / "prometheus", processes, [gateway.address])
    prometheus.wait_for_scrapes()
    for _ in range(6):
        assert client.post(CHAT_PATH, content=chat()).status_code == 200
    good.script = streamed([delta(content="x"), DONE])
    assert client.post(CHAT_PATH, content=chat(stream=True)).status_code == 200
    good.script = whole(b"{}", status="500 Internal Server Error")
    assert client.post(CHAT_PATH, content=chat()).status_code >= 500
    assert gateway.http(key="wrong").post(CHAT_PATH, content=chat()).status_code == 401
    prometheus.wait_for("sum(ai_gateway_requests_total) >= 10", "all calls were read")
    prometheus.wait_for("sum(rate(ai_gateway_requests_total[1m])) > 0", "a rate shows them")

    for it in questions():
        prometheus.numbers(it.asked())
        prometheus.numbers(it.asked(service="bellwether", provider="first|second"))
    for dashboard, panel in (
        ("overview", "Calls"),
        ("overview", "Error share"),
        ("overview", "P99 of whole answers"),
        ("overview", "P99 of our own share"),
        ("overview", "Calls that went on elsewhere"),
        ("overview", "Spend an hour"),
        ("overview", "Failed attempts"),
        ("providers", "Why attempts fail"),
        ("providers", "Failovers by region"),
        ("money", "Spend for a call"),
        ("process", "Memory"),
        ("process", "Descriptors"),
    ):
        assert max(prometheus.numbers(question(dashboard, panel).asked())) > 0, panel
    assert prometheus.number('sum(ai_gateway_accounts_balance_nano{currency="USD"}) / 1e9') == pytest.approx(5, abs=0.1)


def test_a_canary_is_told_from_the_rest_although_the_target_has_a_service_of_its_own(
    start: StartGateway, new_upstream: StartUpstream, tmp_path: Path, processes: list[Process]
) -> None:
    def named(home: str, service: str) -> Gateway:
        providers = {"north": provider(new_upstream().base_url, models=[MODEL])}
        config = configuration(providers, {MODEL: [f"north/{MODEL}"]}, retries=NO_REPEATS)
        return start(home, config=config, flags=["--service", service])

    stable, canary = named("stable", "bellwether"), named("canary", "bellwether-canary")
    # As a Prometheus operator labels the targets of a Service.
    labels = {"service": "name-of-the-service"}
    addresses = [stable.address, canary.address]
    prometheus = start_prometheus(tmp_path / "prometheus", processes, addresses, labels)
    prometheus.wait_for_scrapes(gateways=2)
    assert {labels["service"] for labels, _ in prometheus.ask("ai_gateway_build_info")} == {
        "bellwether",
        "bellwether-canary",
    }
    canary_client, wrong = canary.http(), canary.http(key="wrong")
    for _ in range(6):
        assert canary_client.post(CHAT_PATH, content=chat()).status_code == 200
        assert wrong.post(CHAT_PATH, content=chat()).status_code == 401
    prometheus.wait_for('sum(ai_gateway_requests_total{service="bellwether-canary"}) >= 12', "all calls were read")
    prometheus.wait_for('sum(rate(ai_gateway_requests_total{service="bellwether-canary"}[2m])) > 0', "a rate shows them")
    of_canary = {name: prometheus.number(query) for name, query in analyses("bellwether-canary").items()}
    assert 0 < of_canary["p99-seconds"] < 0.5
    assert of_canary["error-share"] == 0, "a refused key is no error of the gateway"
    assert of_canary["calls"] >= 1
    assert prometheus.number(analyses("bellwether")["calls"]) == 0, "the rest was not called"
    for it in questions():
        prometheus.numbers(it.asked(service="bellwether-canary"))


def test_a_canary_that_fails_is_seen_to(
    start: StartGateway, new_upstream: StartUpstream, tmp_path: Path, processes: list[Process]
) -> None:
    upstream = new_upstream()
    providers = {"north": provider(upstream.base_url, models=[MODEL])}
    config = configuration(providers, {MODEL: [f"north/{MODEL}"]}, retries=NO_REPEATS)
    gateway = start(config=config, flags=["--service", "bellwether-canary"])
    prometheus = start_prometheus(tmp_path / "prometheus", processes, [gateway.address])
    prometheus.wait_for_scrapes()
    client = gateway.http()
    good, bad = whole(CHAT_REPLY), whole(b"{}", status="500 Internal Server Error")
    for script in (good, good, good, bad, good, good, good, bad):
        upstream.script = script
        assert client.post(CHAT_PATH, content=chat()).is_success == (script is good)
    prometheus.wait_for("sum(ai_gateway_requests_total) >= 8", "all calls were read")
    prometheus.wait_for("sum(rate(ai_gateway_requests_total[2m])) > 0", "a rate shows them")
    share = prometheus.number(analyses("bellwether-canary")["error-share"])
    assert share == pytest.approx(2 / 8, rel=0.01)


def test_alerts_are_taken_rest_on_a_fresh_gateway_and_wake_when_it_is_gone(
    start: StartGateway, new_upstream: StartUpstream, tmp_path: Path, processes: list[Process]
) -> None:
    environment = {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": new_upstream().base_url}
    gateway = start(environment=environment)
    prometheus = start_prometheus(tmp_path / "prometheus", processes, [gateway.address])
    prometheus.wait_for_scrapes()

    def rules() -> list[dict[str, str]]:
        (group,) = prometheus.get("rules")["groups"]
        return group["rules"]

    prometheus.process.wait_until(lambda: all(rule["health"] == "ok" for rule in rules()), "every rule was looked at")
    assert {rule["state"] for rule in rules()} == {"inactive"}
    for rule in rules():
        assert all(math.isfinite(value) for _, value in prometheus.ask(rule["query"])), rule["name"]
    gateway.stop()

    def awake() -> set[str]:
        return {rule["name"] for rule in rules() if rule["state"] != "inactive"}

    prometheus.process.wait_until(lambda: awake() == {"BellwetherDown"}, "it is missed")
