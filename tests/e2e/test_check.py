"""Proves `bellwether check`: every problem at once, bad keys named by where they came from, and no secret shown."""

from __future__ import annotations

import json

import trustme

from conftest import WriteCertificate
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import write_config
from harness.simulator import Simulator
from harness.upstream import RefusingPort

GOOD_KEY = "good-key-0123456789"
BAD_KEY = "bad-key-that-must-not-leak-9876"


def test_a_good_file_is_said_to_be_good(commands: Commands) -> None:
    written = configuration({"local": provider("http://127.0.0.1:9/v1")}, {"smart": ["local/m"]})
    file = write_config(commands.home, written).rename(commands.home / "good.yaml")
    said = commands.text("check", file)
    assert "is good" in said
    assert "local" in said
    assert "smart" in said
    assert commands.json("check", "--config", file)["ok"] is True
    assert commands.text("--config", file, "check") == said, "the option stands before or behind the command"
    assert "demo" in commands.text("check"), "without file and variables there is still something to say"


def test_all_problems_are_told_at_once_and_no_secret(commands: Commands) -> None:
    file = commands.home / "bad.yaml"
    file.write_text(
        "provders: {}\n"
        "workers: many\n"
        f"providers: {{ a: {{ base_url: nowhere, credentials: ['{BAD_KEY}', 'env:NOT_SET_KEY', 'file:/not/there'] }} }}\n"
        "models: { m: { targets: [b/x] } }\n"
        "timeouts: { idle_ms: 5s }\n"
    )
    done = commands.run("check", file)
    assert done.returncode == 1
    for word in ("provders", "workers", "base_url", "NOT_SET_KEY", "/not/there", "there is no provider", "write 5000"):
        assert word in done.stderr, done.stderr
    assert BAD_KEY not in done.stdout + done.stderr
    told = commands.run("check", file, "--json")
    problems = json.loads(told.stdout)["problems"]
    assert told.returncode == 1
    assert len(problems) == 7
    assert problems[0] == {
        "file": str(file), "line": 1, "column": 1, "path": "provders", "found": "provders",
        "message": "unknown key", "hint": "did you mean providers?",
    }  # fmt: skip


def test_a_file_that_is_not_there_is_named(commands: Commands) -> None:
    done = commands.run("check", "nowhere.yaml")
    assert done.returncode == 1
    assert "cannot read nowhere.yaml" in done.stderr


def test_a_certificate_that_does_not_fit_its_key_is_found(
    commands: Commands, authority: trustme.CA, write_certificate: WriteCertificate
) -> None:
    write_certificate(authority)
    other = authority.issue_cert("localhost")
    (commands.home / "other.pem").write_bytes(other.private_key_pem.bytes())
    (commands.home / "chain.pem").write_bytes((commands.home.parent / "chain.pem").read_bytes())
    listeners = [{"address": "127.0.0.1:0", "tls": {"certificate": "chain.pem", "key": "other.pem"}}]
    file = write_config(commands.home, configuration({}, listeners=listeners))
    done = commands.run("check", file)
    assert done.returncode == 1
    assert "cannot be used together" in done.stderr


def test_live_names_the_variable_or_file_of_a_bad_key_in_the_providers_words(
    commands: Commands, simulator: Simulator, refusing: RefusingPort
) -> None:
    node = simulator.node
    node.set(key=GOOD_KEY)
    (commands.home / "bad-key").write_text(BAD_KEY + "\n")
    providers = {
        "first": provider(node.base_url) | {"credentials": ["env:GOOD_KEY", "env:BAD_KEY"]},
        "second": provider(node.base_url) | {"credentials": ["file:bad-key"]},
        "third": provider(refusing.base_url) | {"credentials": []},
    }
    file = write_config(commands.home, configuration(providers))
    variables = {"GOOD_KEY": GOOD_KEY, "BAD_KEY_FILE": str(commands.home / "bad-key")}
    done = commands.run("check", file, "--live", "--json", environment=variables)
    assert done.returncode == 1
    keys = json.loads(done.stdout)["keys"]
    rows = [(key["provider"], key["source"], key["state"], key["status"]) for key in keys]
    assert rows == [
        ("first", "env:GOOD_KEY", "working", 200),
        ("first", f"env:BAD_KEY_FILE ({commands.home}/bad-key)", "refused", 401),
        ("second", "file:bad-key", "refused", 401),
        ("third", None, "unreachable", None),
    ]
    assert "the API key sent is not the right one" in keys[1]["message"], "in the provider's own words"
    table = commands.run("check", file, "--live", environment=variables)
    assert BAD_KEY not in table.stdout + table.stderr + done.stdout
    assert "3 keys do not work" in table.stderr
    node.set(key=None)
    good = write_config(commands.home, configuration({"first": provider(node.base_url)}))
    assert "working" in commands.text("check", good, "--live")
