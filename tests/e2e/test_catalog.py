"""Proves what is known of models: names resolve, abilities decide, an operator's own file goes over what is shipped."""

from __future__ import annotations

import json
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream, whole

OWN_FILE = """
kinds = ["openai"]

[[model]]
name = "gpt-own"
aliases = ["own"]
source = "our contract"
facts = { context_tokens = 1000, output_tokens_max = 100, images = false }
prices = [{ from = "2026-11-26", currency = "USD", input = "1.60", output = "6.40" }]

[[model]]
name = "gpt-4.1"
source = "our contract"
facts = { context_tokens = 5 }
"""


def vendors(upstream: Upstream, **openai: Any) -> dict[str, Any]:
    """Two vendors that take any name, at one address."""
    names = ("openai", "moonshot")
    return configuration({name: provider(upstream.base_url) | (openai if name == "openai" else {}) for name in names})


def asked(gateway: Gateway, upstream: Upstream, model: str) -> tuple[str, str]:
    """Who was asked for a model, and by which name."""
    reply = gateway.http().post(CHAT_PATH, content=chat(model=model))
    assert reply.status_code == 200, reply.text
    return reply.headers["x-bellwether-provider"], json.loads(upstream.calls[-1].body)["model"]


def write_own(commands: Commands, text: str = OWN_FILE) -> None:
    file = commands.home / "own.toml"
    file.write_text(text)
    commands.text("catalog", "update", "--from", file)


def test_a_known_name_goes_to_the_vendor_who_serves_it(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=vendors(upstream))
    assert asked(gateway, upstream, "gpt-4.1") == ("openai", "gpt-4.1")
    assert asked(gateway, upstream, "kimi-k3") == ("moonshot", "kimi-k3")
    assert asked(gateway, upstream, "nobody-knows-it") == ("openai", "nobody-knows-it")


def test_a_retired_name_is_answered_with_its_successor(start: StartGateway) -> None:
    """Its vendor is there, at the vendor's own address: nobody is asked."""
    gateway = start(config=configuration({"openai": {"credentials": []}}))
    reply = gateway.http().post(CHAT_PATH, content=chat(model="gpt-4-turbo"))
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert error["param"] == "model"
    assert "is retired since 2026-10-23; ask for 'gpt-" in error["message"]
    listed = [model["id"] for model in gateway.http().get("/v1/models").json()["data"]]
    assert "gpt-4.1" in listed
    assert "gpt-4-turbo" not in listed


def test_somebody_else_may_still_serve_a_retired_name(start: StartGateway, upstream: Upstream) -> None:
    assert asked(start(config=vendors(upstream)), upstream, "gpt-4-turbo") == ("openai", "gpt-4-turbo")


def test_an_own_file_is_taken_by_a_running_server(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    gateway = start(config=vendors(upstream))
    assert asked(gateway, upstream, "own") == ("openai", "own")
    write_own(commands)
    until(lambda: asked(gateway, upstream, "own") == ("openai", "gpt-own"), "the own file is in force")


def test_a_mistake_in_the_own_file_refuses_a_start(commands: Commands) -> None:
    write_own(commands)
    file = commands.home / "data" / "catalog.toml"
    file.write_text(OWN_FILE.replace('source = "our contract"', "", 1))
    done = commands.run("check")
    assert done.returncode == 1
    assert f"{file}:4:1: gpt-own: has no source" in done.stderr


def test_sizes_are_told_to_callers_who_know_them(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    write_own(commands)
    gateway = start(config=configuration({"openai": provider(upstream.base_url, models=["gpt-own"])}))
    reply = gateway.http().get("/v1/models", headers={"anthropic-version": "2023-06-01"})
    (model,) = reply.json()["data"]
    assert (model["id"], model["max_input_tokens"], model["max_tokens"]) == ("gpt-own", 1000, 100)


def test_an_image_for_a_model_that_sees_none_is_refused_before_anybody_is_asked(
    start: StartGateway, upstream: Upstream
) -> None:
    gateway = start(config=configuration({"deepseek": provider(upstream.base_url)}))
    image = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    question = {"model": "deepseek-v4-pro", "input": [{"role": "user", "content": [image]}]}
    reply = gateway.http().post("/v1/responses", json=question)
    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert error["param"] == "input[0].content[0]"
    assert "an image, which the model does not take" in error["message"]
    assert all(call.line.startswith("GET ") for call in upstream.calls), "what is left on the account may be asked"


def test_quirks_of_one_model_change_its_requests_only(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=vendors(upstream))
    for model, is_sent in (("kimi-k3", False), ("kimi-latest", True)):
        reply = gateway.http().post(CHAT_PATH, content=chat(model=f"moonshot/{model}", temperature=0.4))
        assert reply.status_code == 200, reply.text
        assert ("temperature" in json.loads(upstream.calls[-1].body)) == is_sent
        assert ("sampling_dropped" in reply.headers.get("x-bellwether-warnings", "")) == (not is_sent)


def test_the_catalogue_is_listed_and_shown(commands: Commands) -> None:
    rows = commands.json("catalog", "list")["models"]
    assert len(rows) > 300
    assert all(row["source"] for row in rows)
    assert {"openai", "anthropic", "gemini", "deepseek", "moonshot"} <= {row["kind"] for row in rows}
    only = commands.json("catalog", "list", "--kind", "anthropic")["models"]
    assert {row["kind"] for row in only} == {"anthropic"}
    (row,) = commands.json("catalog", "show", "claude-sonnet-4.5")["models"]
    assert row["name"] == "claude-sonnet-4-5"
    assert row["facts"]["thinking"] == "budget"
    text = commands.text("catalog", "show", "claude-sonnet-4.5")
    assert "anthropic/claude-sonnet-4-5" in text
    assert "draft price" in text
    assert "gemini-1.5-pro" not in commands.text("catalog", "list", "--kind", "gemini")
    assert "gemini-1.5-pro" in commands.text("catalog", "list", "--kind", "gemini", "--retired")
    assert commands.json("catalog", "show", "anthropic/claude-sonnet-4-5")["models"] == [row]
    for words, reason in (
        ("show no-such-model-at-all", "bellwether catalog list names those it knows"),
        ("show claude-sonet-4.5", "did you mean claude-sonnet-4.5?"),
        ("show openai/claude-sonnet-4-5", "does not know"),
        ("list --kind nobody", "nothing is known"),
    ):
        done = commands.run("catalog", *words.split())
        assert done.returncode == 1
        assert reason in done.stderr


def test_an_update_shows_what_changes_and_a_dry_one_writes_nothing(commands: Commands, upstream: Upstream) -> None:
    own = commands.home / "data" / "catalog.toml"
    file = commands.home / "own.toml"
    file.write_text(OWN_FILE)
    told = commands.text("catalog", "update", "--from", file, "--dry-run")
    assert "openai/gpt-own\n  + a row" in told
    assert "openai/gpt-4.1\n" in told
    assert "+ facts.context_tokens: 5" in told
    assert not own.exists()
    upstream.answer_models = whole(OWN_FILE.encode(), content_type="text/plain")
    told = commands.text("catalog", "update", "--from", f"{upstream.base_url}/models")
    assert "openai/gpt-own\n  + a row" in told
    assert own.read_text() == OWN_FILE
    assert "openai/gpt-own" in commands.text("catalog", "diff")
    assert commands.text("catalog", "diff", file) == "no difference\n"
    assert "own" in commands.text("catalog", "show", "own")


def test_bad_input_is_refused_whole_with_its_place(commands: Commands, upstream: Upstream) -> None:
    write_own(commands)
    own = commands.home / "data" / "catalog.toml"
    bad = commands.home / "bad.toml"
    bad.write_text(OWN_FILE.replace('input = "1.60"', 'input = "-1"'))
    for place in (bad, commands.home / "not-there.toml", "http://127.0.0.1:1/x"):
        done = commands.run("catalog", "update", "--from", place)
        assert done.returncode == 1
        assert done.stderr
        assert own.read_text() == OWN_FILE
    done = commands.run("catalog", "update", "--from", bad)
    assert "line 9" in done.stderr
    assert "must be an amount" in done.stderr
    upstream.answer_models = whole(b"<html>", content_type="text/html")
    done = commands.run("catalog", "update", "--from", f"{upstream.base_url}/models")
    assert "is no catalogue" in done.stderr
