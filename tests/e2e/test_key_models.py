"""Proves docs/operations/README.md, "Keys": a key is for the models it names, asked for or preferred, and lists those."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat

SMART = {"smart": ["host/m"], "other": ["host/n"], "chained": ["host/m"]}


@pytest.fixture
def gateway(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway with the names smart and other, and two models that its provider lists."""
    config = configuration({"host": provider(simulator.node.base_url, key=simulator.key, models=["m", "n"])}, SMART)
    config["models"]["chained"]["fallbacks"] = ["other"]
    return start(config=config)


def ask(gateway: Gateway, key: str, model: str, **headers: str) -> httpx.Response:
    """One call."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.http(key=key).post(CHAT_PATH, content=chat(model=model), headers=named)


def made(commands: Commands, *options: str) -> dict[str, Any]:
    key: dict[str, Any] = commands.json("keys", "create", "--name", "narrow", *options)
    return key


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def test_a_key_is_for_the_models_it_names(gateway: Gateway, commands: Commands, simulator: Simulator) -> None:
    key = made(commands, "--models", "smart,host/*")["key"]
    assert ask(gateway, key, "smart").status_code == 200
    assert ask(gateway, key, "host/n").status_code == 200
    reply = ask(gateway, key, "other")
    assert refusal(reply) == (403, "permission_denied")
    assert reply.json()["error"]["param"] == "model"
    assert refusal(ask(gateway, key, "no-such-model")) == (403, "permission_denied"), "what there is is not told"
    assert len(simulator.node.received(CHAT_PATH)) == 2
    assert ask(gateway, made_for_all(commands), "other").status_code == 200


def made_for_all(commands: Commands) -> str:
    return str(commands.json("keys", "create", "--name", "wide")["key"])


def test_a_preferred_model_must_be_allowed_too(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--models", "smart,m")["key"]
    assert ask(gateway, key, "smart", x_bellwether_prefer="m").status_code == 200
    reply = ask(gateway, key, "smart", x_bellwether_prefer="other")
    assert refusal(reply) == (403, "permission_denied")
    assert "x-bellwether-prefer" in reply.json()["error"]["message"]


def test_what_a_chain_leads_to_is_the_operators(gateway: Gateway, commands: Commands, simulator: Simulator) -> None:
    key = made(commands, "--models", "chained")["key"]
    simulator.node.fault("status=400;code=context_length_exceeded", times=1)
    assert ask(gateway, key, "chained").headers["x-bellwether-model"] == "n"


def test_a_key_lists_its_models(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--models", "smart,m")["key"]
    http = gateway.http(key=key)
    assert [model["id"] for model in http.get("/v1/models").json()["data"]] == ["m", "smart"]
    assert http.get("/v1/models/smart").status_code == 200
    assert http.get("/v1/models/other").status_code == 404


def test_a_change_counts_at_once_and_lasts(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--models", "smart")
    narrow = commands.run("keys", "change", key["id"], "--models", "other", "--strict")
    assert narrow.stdout.strip().endswith("models: other")
    assert [ask(gateway, key["key"], name).status_code for name in ("smart", "other")] == [403, 200]
    commands.run("keys", "change", key["id"], "--no-strict")
    assert ask(gateway, key["key"], "smart").status_code == 403, "what is not said stays"
    commands.run("keys", "change", key["id"], "--all-models")
    assert ask(gateway, key["key"], "smart").status_code == 200
    bad = commands.run("keys", "change", key["id"], "--models", "a b")
    assert bad.returncode != 0 and "is no model's name" in bad.stderr
