"""Proves that at the start every key is tried once, in the background, and that a bad one is told to the operator."""

from __future__ import annotations

import json
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway, write_config
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat
from harness.upstream import Held, RefusingPort, Upstream

GOOD_KEY = "good-key-0123456789"
BAD_KEY = "bad-key-that-must-not-leak-9876"


def providers(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Admin health by provider, once every provider's keys were tried."""
    listed = gateway.admin().get("/admin/v1/health").json()["providers"]
    return {entry["id"]: entry for entry in listed} if all(entry["keys"] for entry in listed) else {}


def lines(gateway: Gateway) -> list[tuple[str, str, str]]:
    events = [json.loads(line) for line in gateway.process.stderr.splitlines()]
    return [
        (event["level"], event["fields"]["provider"], event["message"])
        for event in events
        if "working" in event.get("fields", {})
    ]


def test_one_line_per_provider_and_its_state_in_health_and_metrics(
    start: StartGateway, simulator: Simulator, refusing: RefusingPort
) -> None:
    node = simulator.node
    node.set(key=GOOD_KEY)
    gateway = start(
        config=configuration(
            {
                "works": provider(node.base_url, key=GOOD_KEY),
                "half": provider(node.base_url) | {"credentials": [BAD_KEY, GOOD_KEY]},
                "locked": provider(node.base_url, key=BAD_KEY),
                "gone": provider(refusing.base_url),
            }
        )
    )
    found = until(lambda: providers(gateway), "all keys were tried")
    states = {name: entry["state"] for name, entry in found.items()}
    assert states == {"works": "working", "half": "working", "locked": "no_working_key", "gone": "unreachable"}
    (key,) = found["locked"]["keys"]
    assert key["source"] == "providers.locked.credentials[0]"
    assert "the API key sent is not the right one" in key["message"]
    until(lambda: len(lines(gateway)) == 4, "every provider has its line")
    assert set(lines(gateway)) == {
        ("info", "works", "the provider's keys work"),
        ("warn", "half", "a key of the provider is refused"),
        ("error", "locked", "the provider has no working key"),
        ("warn", "gone", "the provider's keys could not be tried"),
    }
    assert gateway.metric("ai_gateway_provider_keys", provider="locked", state="refused") == 1
    assert gateway.metric("ai_gateway_provider_keys", provider="half", state="working") == 1
    assert gateway.metric("ai_gateway_provider_keys", provider="gone", state="unreachable") == 1
    assert gateway.metric("ai_gateway_provider_keys", provider="works", state="refused") == 0
    assert gateway.process.is_running
    public = gateway.http(key="").get("/v1/health").text
    everything = gateway.process.output + gateway.admin().get("/admin/v1/health").text
    assert BAD_KEY not in everything
    assert GOOD_KEY not in everything
    assert "locked" in public
    assert "credentials" not in public, "where keys come from is for operators"


def test_the_question_is_free_and_blocks_nothing(start: StartGateway, upstream: Upstream) -> None:
    """A provider that never answers the question keeps neither the start nor a call waiting."""
    held = Held()
    upstream.answer_models = held
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    (asked,) = held.wait_for(1)
    assert asked.received.line == "GET /v1/models HTTP/1.1"
    assert asked.received.one("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
    assert len(upstream.calls) == 1, "nothing that costs was asked by ourselves"
    held.release()


def test_a_changed_key_is_tried_again(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    node = simulator.node
    node.set(key=GOOD_KEY)
    gateway = start(config=configuration({"openai": provider(node.base_url, key=BAD_KEY)}))
    until(lambda: providers(gateway), "the key was tried")
    assert providers(gateway)["openai"]["state"] == "no_working_key"
    write_config(commands.home, configuration({"openai": provider(node.base_url, key=GOOD_KEY)}))
    commands.text("config", "reload")
    until(lambda: providers(gateway)["openai"]["state"] == "working", "the new key was tried")


def test_secrets_may_be_files_named_by_variables(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    files = {"BELLWETHER_KEY": "file-caller-key-0123456789", "OPENAI_API_KEY": UPSTREAM_KEY}
    variables = {"OPENAI_BASE_URL": upstream.base_url}
    for name, text in files.items():
        (commands.home / name).write_text(text + "\n")
        variables[f"{name}_FILE"] = str(commands.home / name)
    gateway = start(environment=variables, key=None)
    reply = gateway.http(key=files["BELLWETHER_KEY"]).post(CHAT_PATH, content=chat())
    assert reply.status_code == 200
    assert upstream.call.one("authorization") == f"Bearer {UPSTREAM_KEY}"


def test_a_secret_given_twice_ends_the_start(launch: Any, commands: Commands) -> None:
    (commands.home / "key").write_text("0123456789abcdef-from-a-file")
    process, _ = launch(environment={"BELLWETHER_KEY_FILE": str(commands.home / "key")})
    assert process.wait() == 1
    assert "both set" in process.stderr
