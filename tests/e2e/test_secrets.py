"""Proves docs/operations/secrets.md: providers' keys in the store, used and never told."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any

import pytest

from conftest import Launch, StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway, wait_ready, write_config
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Upstream

FIRST = "sk-the-first-key-of-the-provider-1111"
SECOND = "sk-the-second-key-of-the-provider-2222"


def naming(upstream: Upstream, *names: str) -> dict[str, Any]:
    credentials = {"credentials": [f"secret:{name}" for name in names]}
    return configuration({"vendor": provider(upstream.base_url, models=[MODEL]) | credentials})


def set_secret(commands: Commands, name: str, secret: str) -> str:
    done = commands.run("secrets", "set", name, said=f"{secret}\n")
    assert done.returncode == 0, done.stderr
    return done.stdout


def sent(gateway: Gateway, upstream: Upstream) -> str:
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert reply.status_code == 200, reply.text
    return upstream.calls[-1].one("authorization")


def everything_said(gateway: Gateway, commands: Commands) -> str:
    """All that an operator can see, but for the sealed bytes."""
    admin = gateway.admin()
    paths = ("secrets", "audit", "config", "config/versions", "health", "providers", "stats")
    answers = [admin.get(f"/admin/v1/{path}").text for path in paths]
    return "".join([*answers, gateway.process.output, gateway.process.stderr, commands.text("secrets", "list")])


def test_a_start_uses_what_was_set_before_it(
    start: StartGateway, launch: Launch, upstream: Upstream, commands: Commands
) -> None:
    config = naming(upstream, "vendor-main")
    process, _ = launch(config=config)
    assert process.wait() == 1
    assert "providers.vendor.credentials[0]" in process.stderr
    assert "the store holds no secret vendor-main" in process.stderr
    assert "bellwether secrets set vendor-main" in process.stderr

    assert "the next start uses it" in set_secret(commands, "vendor-main", FIRST)
    gateway = start(config=config)
    assert sent(gateway, upstream) == f"Bearer {FIRST}"
    assert FIRST not in everything_said(gateway, commands)
    gateway.stop()
    for file in commands.home.rglob("*"):
        assert not file.is_file() or FIRST.encode() not in file.read_bytes(), file


def test_a_changed_secret_is_used_by_calls_that_begin_then(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    set_secret(commands, "main", FIRST)
    gateway = start(config=naming(upstream, "main"))
    assert sent(gateway, upstream) == f"Bearer {FIRST}"
    told = set_secret(commands, "main", SECOND)
    assert "version 2, …2222" in told
    assert "in force for calls that begin now: providers.vendor.credentials[0]" in told
    assert sent(gateway, upstream) == f"Bearer {SECOND}", "from the answer on"
    changes = gateway.admin().get("/admin/v1/audit", params={"action": "secret.set"}).json()["audit"]
    assert [change["after"]["version"] for change in changes] == [2, 1]
    reloads = gateway.admin().get("/admin/v1/audit", params={"action": "config.reload"}).json()["audit"]
    assert reloads[0]["reason"] == "a secret was set"
    assert reloads[0]["after"]["changed"] == ["providers"]
    everything = everything_said(gateway, commands)
    assert FIRST not in everything
    assert SECOND not in everything


def test_no_call_fails_while_a_secret_changes(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    set_secret(commands, "main", FIRST)
    gateway = start(config=naming(upstream, "main"))
    is_over, statuses = threading.Event(), list[int]()

    def ask() -> None:
        with gateway.http() as client:
            while not is_over.is_set():
                statuses.append(client.post(CHAT_PATH, content=chat()).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: statuses, "calls flow")
    for secret in (SECOND, FIRST, SECOND):
        set_secret(commands, "main", secret)
    is_over.set()
    asking.join()
    assert statuses
    assert set(statuses) == {200}


def test_what_is_named_is_not_removed(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    set_secret(commands, "main", FIRST)
    set_secret(commands, "spare", SECOND)
    gateway = start(config=naming(upstream, "main"))
    listed = {row["name"]: row for row in commands.json("secrets", "list")["secrets"]}
    assert listed["main"]["used_by"] == ["providers.vendor.credentials[0]"]
    assert listed["spare"]["used_by"] == []
    refused = commands.run("secrets", "remove", "main")
    assert refused.returncode == 1
    assert "is used by providers.vendor.credentials[0]" in refused.stderr
    assert "spare is removed" in commands.text("secrets", "remove", "spare")
    gateway.stop()
    again = commands.run("secrets", "remove", "main", "--config", commands.home / "bellwether.yaml")
    assert "is used by providers.vendor.credentials[0]" in again.stderr
    write_config(commands.home, configuration({"vendor": provider(upstream.base_url)}))
    assert "main is removed" in commands.text("secrets", "remove", "main", "--config", commands.home / "bellwether.yaml")


def test_a_secret_is_never_an_argument(commands: Commands) -> None:
    for words in (["set", "main", FIRST], ["set", "main", "--value", FIRST]):
        assert commands.run("secrets", *words).returncode == 2
    empty = commands.run("secrets", "set", "main")
    assert empty.returncode == 1
    assert "standard input holds no secret" in empty.stderr
    odd = commands.run("secrets", "set", "main", said="two words of a secret")
    assert odd.returncode == 1
    assert "two words" not in odd.stderr
    given = {"VENDOR_KEY": FIRST}
    assert "main is set" in commands.text("secrets", "set", "main", "--from-env", "VENDOR_KEY", environment=given)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_rotation_seals_everything_anew(
    start: StartGateway, upstream: Upstream, commands: Commands, *, is_running: bool
) -> None:
    set_secret(commands, "main", FIRST)
    gateway = start(config=naming(upstream, "main"))
    made = gateway.admin().post("/admin/v1/keys", json={"name": "kept"}).json()["key"]
    commands.text("config", "versions")

    def sealed() -> list[bytes]:
        database = sqlite3.connect(gateway.data_dir / "bellwether.db")
        rows = database.execute("SELECT sealed FROM secrets UNION ALL SELECT sealed FROM config_versions").fetchall()
        database.close()
        return [row[0] for row in rows]

    assert [bytes_[:5] for bytes_ in sealed()] == [b"\x02\0\0\0\x01"] * 2
    if not is_running:
        gateway.stop()
    told = commands.json("secrets", "rotate", "--reason", "as every year")
    assert (told["generation"], told["secrets"], told["config_versions"], told["left"]) == (2, 1, 1, 0)
    assert [bytes_[:5] for bytes_ in sealed()] == [b"\x02\0\0\0\x02"] * 2
    if is_running:
        gateway.stop()
    gateway = start(config=naming(upstream, "main"))
    assert sent(gateway, upstream) == f"Bearer {FIRST}"
    assert gateway.http(key=made).get("/v1/models").status_code == 200, "callers' keys are as they were"
    assert commands.text("config", "diff", "1", "in-force").strip()
    assert json.loads(commands.text("audit", "verify", "--json"))["is_intact"]
    rotated = gateway.admin().get("/admin/v1/audit", params={"action": "secret.rotate"}).json()["audit"]
    assert [row["reason"] for row in rotated] == ["as every year"]


def test_a_check_says_what_a_start_would_without_opening_the_store(
    launch: Launch, upstream: Upstream, commands: Commands
) -> None:
    file = write_config(commands.home, naming(upstream, "never-set"))
    assert commands.run("check", file).returncode == 0, "whether it is there is seen at the start"
    process, home = launch(config=naming(upstream, "main"))
    assert process.wait() == 1
    set_secret(commands, "main", FIRST)
    process, home = launch(config=naming(upstream, "main"))
    gateway = wait_ready(process, home)
    assert sent(gateway, upstream) == f"Bearer {FIRST}"
    gateway.stop()
