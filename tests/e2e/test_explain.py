"""Proves docs/operations/failover.md, "Explain": who would be asked, who not, and why, without asking anybody."""

from __future__ import annotations

from typing import Any

import httpx

from conftest import StartGateway
from harness.commands import Commands
from harness.config import NO_REPEATS, Section, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def serve(start: StartGateway, simulator: Simulator, models: Section, **sections: Any) -> Gateway:
    """`first` has the models m and small, `second` has n; small takes no tools and 4000 tokens."""
    small = {"small": {"tools": False, "context_tokens": 4000}}
    providers = {
        "first": provider(simulator.nodes[0].base_url, key=simulator.key, models=["m", "small"]) | {"catalog": small},
        "second": provider(simulator.nodes[1].base_url, key=simulator.key, models=["n"]),
    }
    return start(config={"providers": providers, "models": models, "retries": NO_REPEATS, **sections})


def explained(gateway: Gateway, model: str = "smart", **fields: Any) -> Any:
    reply = gateway.http().post("/v1/explain", content=chat(model=model, **fields))
    assert reply.status_code == 200, reply.text
    return reply.json()


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["model"] for entry in entries]


CHAIN: Section = {
    "smart": {
        "targets": [{"provider": "first", "model": "m", "first_token_ms": 5000}, "first/small"],
        "fallbacks": ["second/n"],
    }
}


def test_a_plan_is_told_and_nobody_is_asked(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, CHAIN)
    told = explained(gateway, stream=True)
    assert names(told["order"]) == ["m", "small", "n"]
    assert [entry["step"] for entry in told["order"]] == [1, 2, 3]
    assert [entry["limit_ms"] for entry in told["order"]] == [5000, 50_000, 5000]
    assert [entry["latest_start_ms"] for entry in told["order"]] == [0, 5000, 55_000]
    assert {entry["state"] for entry in told["order"]} == {"unknown"}
    assert (told["deadline_ms"], told["stream"], told["refusal"]) == (60_000, True, None)
    assert not any(node.received(CHAT_PATH) for node in simulator.nodes)


def test_exclusions_have_reasons(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, CHAIN, health={"open_ms": 600_000, "open_ms_max": 600_000})
    reasons = {entry["model"]: entry["reason"] for entry in explained(gateway, tools=[TOOL])["passed_over"]}
    assert reasons == {"small": "unable"}
    large = explained(gateway, max_tokens=5000)["passed_over"]
    assert [(entry["reason"], entry["tokens_max"]) for entry in large] == [("context_too_small", 4000)]
    simulator.nodes[0].fault("status=500")
    for _ in range(5):
        gateway.http().post(CHAT_PATH, content=chat(model="smart"))
    told = explained(gateway)
    assert names(told["order"]) == ["n", "m", "small"]
    ill = told["order"][1]
    assert (ill["state"], ill["reason"], ill["last_resort"]) == ("ejected", "ejected", True)
    assert 0 < ill["wait_ms"] <= 600_000


def test_a_refusal_is_foretold(start: StartGateway, simulator: Simulator) -> None:
    only = {"provider": "first", "model": "m", "when": {"stream": True}}
    gateway = serve(start, simulator, {"smart": {"targets": [only]}})
    told = explained(gateway)
    assert (told["order"], told["passed_over"][0]["reason"]) == ([], "condition")
    assert (told["refusal"]["status"], told["refusal"]["code"]) == (503, "no_target")


def test_looking_changes_no_choice(start: StartGateway, simulator: Simulator) -> None:
    targets = [{"provider": "first", "model": "m", "weight": 1}, {"provider": "second", "model": "n", "weight": 1}]
    gateway = serve(start, simulator, {"smart": {"targets": targets, "policy": "weighted"}})
    seen = []
    for _ in range(4):
        foretold = [explained(gateway)["order"][0]["model"] for _ in range(3)]
        asked = gateway.http().post(CHAT_PATH, content=chat(model="smart")).headers["x-bellwether-model"]
        assert foretold == [asked] * 3
        seen.append(asked)
    assert sorted(seen) == ["m", "m", "n", "n"]


def test_what_callers_may_not_ask_they_may_not_have_explained(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, CHAIN)

    def ask(key: str | None, content: bytes, path: str = "/v1/explain") -> httpx.Response:
        return gateway.http(key=key).post(path, content=content)

    assert ask("bw_nobody", chat(model="smart")).status_code == 401
    unknown = gateway.http().post("/v1/explain", content=chat(model="nosuch/model"))
    assert unknown.status_code == 404
    assert gateway.http().post("/v1/explain?surface=/v1/nothing", content=chat(model="smart")).status_code == 400
    assert gateway.http().get("/v1/explain").status_code == 405


def test_other_surfaces_are_explained(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, CHAIN)
    ask = {"model": "smart", "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]}
    told = gateway.http().post("/v1/explain?surface=/v1/messages", json=ask).json()
    assert (told["surface"], names(told["order"])) == ("/v1/messages", ["m", "small", "n"])


def test_operators_describe_a_request(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    models = CHAIN | {"keyed": {"targets": [{"provider": "first", "model": "m", "when": {"keys": ["key_1"]}}]}}
    gateway = serve(start, simulator, models)
    table = commands.text("explain", "smart", "--stream", "--needs", "tools")
    assert "stream, 0 tokens, needs tools; 60000 ms in all, 3 attempts" in table
    assert "unable: tools" in table
    told = commands.json("explain", "smart", "--prompt-tokens", "5000")
    assert names(told["order"]) == ["m", "n"]
    assert names(commands.json("explain", "keyed", "--key", "key_1")["order"]) == ["m"]
    assert commands.json("explain", "keyed")["order"] == []
    assert names(commands.json("explain", "smart", "--prefer", "n", "--no-fallback")["order"]) == ["n"]
    wrong = commands.run("explain", "smart", "--needs", "pictures")
    assert wrong.returncode == 1
    assert "known are tools, images" in wrong.stderr
    assert "did you mean" in commands.run("explain", "smrt").stderr
    assert gateway.http().get("/v1/models").status_code == 200
    assert not any(node.received(CHAT_PATH) for node in simulator.nodes)


def test_headers_that_are_described_count_as_those_of_a_call(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = serve(start, simulator, CHAIN)

    def told(*headers: str) -> Any:
        return commands.json("explain", "smart", "--stream", *(part for header in headers for part in ("--header", header)))

    assert told()["deadline_ms"] == 60_000
    assert told("x-stainless-timeout: 5")["deadline_ms"] == 4500, "half a second before his SDK gives up"
    assert told("X-Stainless-Read-Timeout: 3", "x-stainless-timeout: 9")["deadline_ms"] == 2500
    assert told("x-stainless-timeout: NOT_GIVEN")["deadline_ms"] == 60_000
    assert names(told("x-bellwether-prefer: n")["order"])[0] == "n"
    assert names(told("x-bellwether-fallback: off")["order"]) == ["m"]
    unknown = commands.run("explain", "smart", "--header", "x-bellwether-prefer: nobody")
    assert (unknown.returncode, "the model 'nobody' of x-bellwether-prefer is not known" in unknown.stderr) == (1, True)
    odd = commands.run("explain", "smart", "--header", "x y: 1")
    assert (odd.returncode, "is no header of a request" in odd.stderr) == (1, True)
    assert gateway.http().get("/v1/models").status_code == 200


def test_a_name_in_a_header_that_cannot_be_read_is_refused(start: StartGateway, simulator: Simulator) -> None:
    gateway = serve(start, simulator, CHAIN)
    for header in (b"x-bellwether-prefer", b"x-bellwether-user", b"x-bellwether-session"):
        reply = gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=[(header, "Zoë".encode("latin-1"))])
        error = reply.json()["error"]
        assert (reply.status_code, error["code"], error["param"]) == (400, "invalid_request", header.decode())
    asked = [(b"x-bellwether-prefer", "größer".encode())]
    unknown = gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=asked)
    assert (unknown.status_code, "'größer' of x-bellwether-prefer" in unknown.json()["error"]["message"]) == (404, True)


def test_operators_see_what_a_key_may_not_prefer_and_how_long_pictures_may_take(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = serve(start, simulator, CHAIN)
    narrow = commands.json("keys", "create", "--name", "narrow", "--models", "smart")
    headers = {"authorization": f"Bearer {narrow['key']}", "x-bellwether-prefer": "n"}
    assert gateway.http().post(CHAT_PATH, content=chat(model="smart"), headers=headers).status_code == 403
    refused = commands.run("explain", "smart", "--key", narrow["id"], "--prefer", "n")
    assert refused.returncode == 1
    assert "may not use the model 'n' of x-bellwether-prefer" in refused.stderr
    pictures = commands.json("explain", "smart", "--surface", "/v1/images/generations")
    assert pictures["deadline_ms"] == 180_000, "as calls are served"


def test_without_a_server_nobody_knows(commands: Commands) -> None:
    told = commands.run("explain", "smart")
    assert told.returncode == 1
    assert "no server runs here" in told.stderr
