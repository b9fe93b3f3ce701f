"""Proves that what goes wrong around a configuration harms nobody and is said: pipes, lost files, lost texts, wrong addresses."""

from __future__ import annotations

import json
import os
import sqlite3
import ssl
from typing import Any

import pytest
import trustme

from conftest import StartGateway, WriteCertificate
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.speech import MODEL
from harness.upstream import Held, Upstream, whole


def serving(upstream: Upstream, *names: str) -> dict[str, Any]:
    providers = {"openai": provider(upstream.base_url, models=[MODEL])}
    return configuration(providers, {name: [f"openai/{MODEL}"] for name in names})


def names(gateway: Gateway) -> set[str]:
    return {model["id"] for model in gateway.http().get("/v1/models").json()["data"]}


def config_state(gateway: Gateway) -> dict[str, Any]:
    state: dict[str, Any] = gateway.admin().get("/admin/v1/health").json()["config"]
    return state


def test_a_pipe_in_the_place_of_the_file_hangs_nothing(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "m"))
    file = commands.home / "bellwether.yaml"
    file.unlink()
    os.mkfifo(file)
    until(lambda: config_state(gateway)["problems"], "the pipe was refused")
    assert "no regular file" in config_state(gateway)["problems"][0]
    assert "m" in names(gateway)
    assert "no regular file" in commands.run("check", file).stderr


def test_a_secret_without_end_is_not_read_without_end(commands: Commands) -> None:
    file = commands.home / "b.yaml"
    file.write_text("providers: { a: { base_url: 'http://a/v1', credentials: ['file:/dev/zero'] } }")
    assert "no regular file" in commands.run("check", file).stderr


@pytest.mark.parametrize("nothing", ["", "# nothing left\n", "\ufeff\n"], ids=["empty", "comment", "byte order mark"])
def test_an_emptied_file_is_refused_whatever_the_environment_offers(
    start: StartGateway, upstream: Upstream, commands: Commands, nothing: str
) -> None:
    gateway = start(config=serving(upstream, "m"), environment={"GROQ_API_KEY": "k", "GROQ_BASE_URL": upstream.base_url})
    (commands.home / "bellwether.yaml").write_text(nothing)
    refused = gateway.admin().post("/admin/v1/reload")
    assert refused.status_code == 422
    assert "the file is empty" in refused.text
    assert "m" in names(gateway)


def test_the_default_file_is_not_passed_over_because_it_cannot_be_read(commands: Commands) -> None:
    (commands.home / "bellwether.yaml").mkdir()
    assert commands.run("check").returncode == 1
    (commands.home / "bellwether.yaml").rmdir()
    (commands.home / "bellwether.yaml").symlink_to("nowhere")
    assert "cannot read bellwether.yaml" in commands.run("check").stderr


def served_serial(gateway: Gateway) -> str:
    pem = ssl.get_server_certificate(gateway.address)
    return pem


def test_a_listener_serves_the_certificate_that_the_file_gives_its_own_address(
    start: StartGateway, upstream: Upstream, commands: Commands, authority: trustme.CA, write_certificate: WriteCertificate
) -> None:
    """Away to another address with another certificate, and back: the open port must not be left with the other one."""
    write_certificate(authority)
    other = authority.issue_cert("localhost", "127.0.0.1")
    folder = commands.home.parent
    (folder / "other.pem").write_bytes(b"".join(blob.bytes() for blob in other.cert_chain_pems))
    (folder / "other-key.pem").write_bytes(other.private_key_pem.bytes())

    def listening(port: int, chain: str, key: str) -> dict[str, Any]:
        tls = {"certificate": str(folder / chain), "key": str(folder / key)}
        return serving(upstream, "m") | {"listeners": [{"address": f"127.0.0.1:{port}", "tls": tls}]}

    gateway = start(config=listening(0, "chain.pem", "key.pem"))
    first = served_serial(gateway)
    for port, chain, key in [(1, "chain.pem", "key.pem"), (1, "other.pem", "other-key.pem"), (0, "chain.pem", "key.pem")]:
        write_config(commands.home, listening(port, chain, key))
        assert commands.run("config", "reload", environment=admin_reach(gateway)).returncode in (0, 1)
        gateway.process.hang_up()
        until(lambda port=port: ("listeners" in config_state_by_log(gateway)) == (port == 1), "it was reloaded")
    assert served_serial(gateway) == first
    write_config(commands.home, listening(0, "other.pem", "other-key.pem"))
    gateway.process.hang_up()
    until(lambda: served_serial(gateway) != first, "a renewed certificate is served")


def admin_reach(gateway: Gateway) -> dict[str, str]:
    return {"BELLWETHER_URL": gateway.url}


def config_state_by_log(gateway: Gateway) -> str:
    """What the last reload said needs a restart."""
    lines = [json.loads(line) for line in gateway.process.stderr.splitlines() if line.startswith("{")]
    told = [line["fields"]["needs_restart"] for line in lines if line["message"] == "configuration reloaded"]
    return told[-1] if told else ""


def test_what_is_in_force_and_was_not_kept_is_kept_before_a_revert(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "first"))
    until(lambda: config_state(gateway)["version"] == 1, "the first version is kept")
    database = sqlite3.connect(gateway.data_dir / "bellwether.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    write_config(commands.home, serving(upstream, "precious"))
    assert gateway.admin().post("/admin/v1/reload").status_code == 200
    assert config_state(gateway)["version"] is None
    database.execute("ROLLBACK")
    database.close()
    assert commands.json("config", "revert", "1")["from"] == 1
    texts = [commands.text("config", "diff", str(row["version"]), "1") for row in commands.json("config", "versions")["versions"]]
    assert any("models.precious" in text for text in texts), "it is among the versions"
    done = [entry["action"] for entry in commands.json("audit", "list")["audit"] if entry["action"].startswith("config.")]
    assert done == ["config.revert", "config.reload"], "what waited for the database is in the audit before what came later"


def test_a_revert_without_a_number_goes_back_to_something_else(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "first"))
    write_config(commands.home, serving(upstream, "second"))
    assert gateway.admin().post("/admin/v1/reload").status_code == 200
    (commands.home / "bellwether.yaml").write_text("broken: [")
    assert commands.json("config", "revert")["from"] == 2
    gateway.stop()
    gateway = start(flags=["--config", commands.home / "bellwether.yaml", "--listen", "127.0.0.1:0"])
    until(lambda: config_state(gateway)["version"], "the version of the start is kept")
    assert commands.json("config", "revert")["from"] == 1
    assert "first" in names(gateway)


@pytest.mark.parametrize(
    ("body", "status", "state", "words"),
    [
        (b"<html>log in</html>", "200 OK", "unchecked", "no JSON"),
        (b'{"error":{"message":"Invalid API key"}}', "200 OK", "refused", "Invalid API key"),
        (b'[{"error":{"message":"API key not valid."}}]', "400 Bad Request", "refused", "API key not valid."),
        (b"Invalid API key", "403 Forbidden", "refused", "Invalid API key"),
        (b'{"data":[' + b'{"id":"x"},' * 20_000, "200 OK", "working", ""),
        (b'{"error":{"message":"bad api key\\u001b[2J\\r\\nforged \\u202e row"}}', "401 No", "refused", "forged"),
    ],
)
def test_what_an_answer_says_of_a_key(
    commands: Commands, upstream: Upstream, body: bytes, status: str, state: str, words: str
) -> None:
    upstream.answer_models = whole(body, status=status)
    file = write_config(commands.home, serving(upstream, "m"))
    (key,) = json.loads(commands.run("check", file, "--live", "--json").stdout)["keys"]
    assert (key["state"], words in key["message"]) == (state, True), key
    assert not [c for c in key["message"] if ord(c) < 32 or c == "\u202e"]


def test_a_slow_provider_hides_no_other(start: StartGateway, upstream: Upstream, new_upstream: Any) -> None:
    held, slow = Held(), new_upstream()
    slow.answer_models = held
    gateway = start(config=configuration({"slow": provider(slow.base_url), "quick": provider(upstream.base_url)}))

    def quick() -> bool:
        listed = gateway.admin().get("/admin/v1/health").json()["providers"]
        return {entry["id"]: entry["state"] for entry in listed} == {"slow": "unchecked", "quick": "working"}

    until(quick, "the quick one is known while the slow one is waited for")
    held.release()


def test_a_login_in_the_place_of_an_address_is_not_shown(commands: Commands) -> None:
    file = commands.home / "b.yaml"
    file.write_text('providers: { a: { base_url: "admin:hunter2pw@proxy.local" } }')
    done = commands.run("check", file)
    assert done.returncode == 1
    assert "hunter2pw" not in done.stdout + done.stderr


def test_the_surroundings_default_stands_below_the_file(commands: Commands, upstream: Upstream) -> None:
    variables = {"BELLWETHER_LISTEN_DEFAULT": "0.0.0.0:4999"}
    file = write_config(commands.home, serving(upstream, "m") | {"listeners": [{"address": "127.0.0.1:4998"}]})
    assert "127.0.0.1:4998" in commands.text("check", file, environment=variables)
    file = write_config(commands.home, serving(upstream, "m"))
    assert "0.0.0.0:4999" in commands.text("check", file, environment=variables)
