"""Proves docs/operations/keys.md: a key is for providers, regions, routes and addresses; what is left over is a clear 403."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, line, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat

OFFICE = "203.0.113.7"


@pytest.fixture
def gateway(start: StartGateway, simulator: Simulator) -> Gateway:
    """Two providers of one model, the second of them in two regions; loopback is a trusted proxy."""
    url = simulator.node.base_url
    providers = {
        "first": provider(url, key=simulator.key, models=["m"]),
        "second": provider(key=simulator.key, models=["m"], lines=[line(url, "eu"), line(url, "us")]),
    }
    config = configuration(providers, {"smart": ["first/m", "second/m"], "alone": ["first/m"]})
    return start(config=config | {"trusted_proxies": ["127.0.0.0/8"], "region": "home"})


def made(commands: Commands, *options: str) -> dict[str, Any]:
    key: dict[str, Any] = commands.json("keys", "create", "--name", "narrow", *options)
    return key


def ask(gateway: Gateway, key: dict[str, Any], model: str = "smart", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.http(key=key["key"]).post(CHAT_PATH, content=chat(model=model), headers=named)


def refusal(reply: httpx.Response) -> str:
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (403, "permission_denied"), reply.text
    return str(error["message"])


def test_only_its_providers_are_asked(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--providers", "second")
    for _ in range(5):
        assert ask(gateway, key).headers["x-bellwether-provider"] == "second"
    message = refusal(ask(gateway, key, "alone"))
    assert "'alone'" in message
    assert "first" not in message and "second" not in message, "what else there is is not told"


def test_only_its_regions_are_asked(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--regions", "us")
    for _ in range(5):
        reply = ask(gateway, key)
        assert (reply.headers["x-bellwether-provider"], reply.headers["x-bellwether-region"]) == ("second", "us")
    assert ask(gateway, made_otherwise(commands, "--regions", "home")).headers["x-bellwether-provider"] == "first"


def made_otherwise(commands: Commands, *options: str) -> dict[str, Any]:
    key: dict[str, Any] = commands.json("keys", "create", "--name", "other", *options)
    return key


def test_a_preferred_model_that_only_others_serve_is_refused_and_not_replaced(
    gateway: Gateway, commands: Commands, simulator: Simulator
) -> None:
    key = made(commands, "--providers", "second")
    before = len(simulator.node.received(CHAT_PATH))
    for preferred in ("alone", "first/m"):
        message = refusal(ask(gateway, key, x_bellwether_prefer=preferred))
        assert f"'{preferred}' of x-bellwether-prefer" in message
    assert len(simulator.node.received(CHAT_PATH)) == before
    assert ask(gateway, key, x_bellwether_prefer="m").headers["x-bellwether-provider"] == "second"
    elsewhere = made_otherwise(commands, "--regions", "us")
    assert refusal(ask(gateway, elsewhere, x_bellwether_prefer="alone"))


def test_only_what_it_is_for_is_listed(gateway: Gateway, commands: Commands) -> None:
    every = {"m", "first/m", "second/m", "smart", "alone"}
    for options, owner, hidden in (
        ((), "first", set()),
        (("--providers", "second"), "second", {"alone"}),
        (("--regions", "us"), "second", {"alone"}),
        (("--regions", "home"), "first", set()),
        (("--regions", "eu", "--models", "m"), "second", every - {"m"}),
    ):
        key = commands.json("keys", "create", "--name", "-".join(["key", *options]).replace("--", ""), *options)
        http = gateway.http(key=key["key"])
        listed = {model["id"]: model["owned_by"] for model in http.get("/v1/models").json()["data"]}
        prices = {model["id"]: model["owned_by"] for model in http.get("/v1/prices").json()["data"]}
        expected = {"m", "smart", "alone"} - hidden
        assert set(listed) == set(prices) == expected, options
        assert listed["m"] == prices["m"] == owner, options
        for name in ("smart", "alone"):
            status = 404 if name in hidden else 200
            assert http.get(f"/v1/models/{name}").status_code == status, (options, name)


def test_an_explanation_says_who_is_passed_over_for_the_key(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--providers", "second", "--regions", "eu")
    told = gateway.http(key=key["key"]).post("/v1/explain", content=chat(model="smart")).json()
    assert [(target["provider"], target["region"]) for target in told["order"]] == [("second", "eu")]
    assert {target["reason"] for target in told["passed_over"]} == {"key_scope"}
    question = {"model": "smart", "key": key["id"]}
    asked = gateway.admin().post("/admin/v1/explain", json=question).json()
    assert [target["region"] for target in asked["order"]] == ["eu"]


def test_only_its_routes_are_served(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--routes", "embeddings,messages")
    message = refusal(ask(gateway, key))
    assert "/v1/chat/completions" in message and "chat" in message and "embeddings" not in message
    http = gateway.http(key=key["key"])
    said = {"model": "smart", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    assert http.post("/v1/messages", json=said).status_code == 200
    assert http.post("/v1/messages/count_tokens", json=said).status_code == 200
    assert http.post("/v1/responses", json={"model": "smart", "input": "x"}).status_code == 403
    assert http.get("/v1/models").status_code == 200, "what there is may be asked with every key"
    bad = commands.run("keys", "change", key["id"], "--routes", "chats")
    assert bad.returncode != 0 and '"chats" is no route; there are chat, ' in bad.stderr


def test_it_opens_from_its_addresses_only(gateway: Gateway, commands: Commands) -> None:
    key = made(commands, "--networks", f"{OFFICE},2001:db8::/32")
    assert ask(gateway, key, x_forwarded_for=OFFICE).status_code == 200
    assert ask(gateway, key, x_forwarded_for="2001:db8::7").status_code == 200
    assert "198.51.100.9" in refusal(ask(gateway, key, x_forwarded_for="198.51.100.9"))
    assert "127.0.0.1" in refusal(gateway.http(key=key["key"]).get("/v1/models"))
    commands.run("keys", "change", key["id"], "--all-networks")
    assert ask(gateway, key).status_code == 200


def test_scopes_last_and_are_shown(gateway: Gateway, commands: Commands, start: StartGateway) -> None:
    key = made(commands, "--providers", "second", "--routes", "chat", "--tag", "team=shop", "--expires-days", "never")
    assert "never" in commands.text("keys", "show", key["id"])
    gateway.stop()
    shown = commands.json("keys", "show", key["id"])
    assert (shown["providers"], shown["routes"], shown["tags"]) == (["second"], ["chat"], {"team": "shop"})
    assert [listed["id"] for listed in commands.json("keys", "list", "--tag", "team=shop")["keys"]] == [key["id"]]
    assert commands.json("keys", "list", "--tag", "team=other")["keys"] == []
    again = start(config=configuration({"second": provider("http://127.0.0.1:9/v1", models=["m"])}))
    reply = again.http(key=key["key"]).post("/v1/embeddings", json={"model": "m", "input": "x"})
    assert "embeddings" in refusal(reply)


def test_a_key_ends_after_the_usual_time_and_tells_its_last_use(gateway: Gateway, commands: Commands) -> None:
    key = made(commands)
    assert key["expires_at"] is not None and key["last_used_at"] is None
    assert "expires" in commands.text("keys", "show", key["id"])
    assert ask(gateway, key).status_code == 200
    used = commands.json("keys", "show", key["id"])["last_used_at"]
    assert used is not None and used.endswith(":00.000Z")
    gateway.stop()
    assert commands.json("keys", "show", key["id"])["last_used_at"] == used, "written down before the end"
