"""Proves `bellwether config`: what is in force is shown without secrets, compared, and a former one put back."""

from __future__ import annotations

import json
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway, write_config
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Upstream


def serving(upstream: Upstream, name: str, **timeouts: int) -> dict[str, Any]:
    """A file under which callers may ask for `name`."""
    providers = {"openai": provider(upstream.base_url, models=[MODEL])}
    return configuration(providers, {name: [f"openai/{MODEL}"]}, timeouts=timeouts)


def answers(gateway: Gateway, name: str) -> int:
    return gateway.http().post(CHAT_PATH, content=chat(model=name)).status_code


def reload(gateway: Gateway) -> int:
    return gateway.admin().post("/admin/v1/reload").status_code


def test_what_is_in_force_is_shown_and_can_be_used_as_a_file(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(
        config=configuration({"openai": provider(upstream.base_url) | {"credentials": ["env:A_KEY"]}}),
        environment={"A_KEY": UPSTREAM_KEY, "GROQ_API_KEY": "groq-secret-key", "GROQ_BASE_URL": upstream.base_url},
        flags=["--listen", "127.0.0.1:0", "--region", "here"],
    )
    shown = commands.text("config", "show", "--effective")
    assert "version 1" in shown
    for word in ("region: here", "groq:", "env:GROQ_API_KEY", "env:A_KEY", "idle_ms: 30000", "attempts_max: 3"):
        assert word in shown, shown
    assert UPSTREAM_KEY not in shown
    assert "groq-secret-key" not in shown
    short = commands.text("config", "show")
    assert "region: here" in short
    assert "idle_ms" not in short
    gateway.stop()
    copy = commands.home / "copy.yaml"
    copy.write_text(shown)
    keys = {"A_KEY": "a-key", "GROQ_API_KEY": "another-key"}
    again = commands.text("config", "show", "--effective", "--config", copy, environment=keys)
    assert "what a start here would use" in again
    assert again.splitlines()[1:] == shown.splitlines()[1:]


def test_a_plain_secret_is_masked_everywhere(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    secret = "plain-secret-0123456789-zyx"
    gateway = start(config=configuration({"openai": provider(upstream.base_url, key=secret)}))
    write_config(commands.home, configuration({"openai": provider(upstream.base_url, key="other-" + secret)}))
    said = [
        commands.text("config", "show", "--effective"),
        commands.text("config", "show", "--json"),
        commands.text("config", "diff"),
        commands.text("config", "versions"),
        gateway.admin().get("/admin/v1/health").text,
        gateway.process.output,
    ]
    assert "another: a secret (not shown)" in said[2]
    assert not [text for text in said if secret in text]
    database = (gateway.data_dir / "bellwether.db").read_bytes() + (gateway.data_dir / "bellwether.db-wal").read_bytes()
    assert secret.encode() not in database


def test_versions_are_kept_compared_and_put_back(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "first"))
    write_config(commands.home, serving(upstream, "second", idle_ms=5000))
    changes = commands.json("config", "diff")["changes"]
    assert {"path": "timeouts.idle_ms", "before": None, "after": "5000"} in changes
    assert reload(gateway) == 200
    assert (answers(gateway, "first"), answers(gateway, "second")) == (404, 200)
    assert commands.text("config", "diff") == "no difference\n"
    assert "models.first" in commands.text("config", "diff", "1", "2")

    done = commands.json("config", "revert")
    assert (done["from"], done["version"], done["file_not_written"]) == (1, 3, None)
    assert (answers(gateway, "first"), answers(gateway, "second")) == (200, 404)
    assert json.loads((commands.home / "bellwether.yaml").read_text()) == serving(upstream, "first")
    listed = commands.json("config", "versions")["versions"]
    rows = [(row["version"], row["reason"], row["is_in_force"]) for row in listed]
    assert rows == [(3, "revert to version 1", True), (2, "admin API", False), (1, "start", False)]
    assert commands.json("config", "revert", "2")["version"] == 4
    assert answers(gateway, "second") == 200


def test_a_revert_keeps_what_it_writes_over(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    """Somebody's half-finished edit is not lost when the last good version is put back into the file."""
    gateway = start(config=serving(upstream, "good"))
    file = commands.home / "bellwether.yaml"
    good = file.read_text()
    file.write_text("providers: [half an edit")
    assert reload(gateway) == 422
    shown = commands.text("config", "show")
    assert "the file as it stands is not in force" in shown
    assert gateway.metric("ai_gateway_config_current") == 0
    assert commands.json("config", "revert")["from"] == 1
    assert file.read_text() == good
    assert gateway.metric("ai_gateway_config_current") == 1
    listed = commands.json("config", "versions")["versions"]
    rows = [(row["version"], row["reason"], row["is_in_force"]) for row in listed]
    assert rows == [(2, "written over by a revert", False), (1, "start", True)]
    refused = commands.run("config", "revert", "2")
    assert refused.returncode == 1
    assert "not valid YAML" in refused.stderr
    unknown = commands.run("config", "revert", "77")
    assert "no version 77" in unknown.stderr


def test_a_file_that_cannot_be_written_is_said_so(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    """As on a read-only mount: here no file can be made beside it, because its name is as long as names may be."""
    file = commands.home / ("f" * 250 + ".yaml")
    file.write_text(json.dumps(serving(upstream, "first")))
    gateway = start(flags=["--config", file, "--listen", "127.0.0.1:0"])
    file.write_text(json.dumps(serving(upstream, "second")))
    assert reload(gateway) == 200
    done = commands.run("config", "revert")
    assert done.returncode == 0
    assert "cannot write" in done.stdout
    assert answers(gateway, "first") == 200, "it is in force all the same"
    assert gateway.metric("ai_gateway_config_current") == 0
    assert gateway.admin().get("/admin/v1/health").json()["config"]["problems"]


def test_without_a_server_the_file_is_put_back_for_the_next_start(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "first"))
    until(lambda: commands.json("config", "versions")["versions"], "the version is kept")
    gateway.stop()
    file = commands.home / "bellwether.yaml"
    good = file.read_text()
    file.write_text("workers: many\n")
    assert "workers" in commands.text("config", "diff", "--config", file)
    said = commands.text("config", "revert", "--config", file)
    assert "version 1 stands in" in said
    assert file.read_text() == good
    assert len(commands.json("config", "versions")["versions"]) == 2
    assert commands.run("config", "reload").returncode == 1


def test_without_a_file_there_is_nothing_to_put_back(start: StartGateway, commands: Commands) -> None:
    start()
    done = commands.run("config", "revert")
    assert done.returncode == 1
    assert "without a configuration file" in done.stderr
    assert "not configured" not in commands.text("config", "show", "--effective")
