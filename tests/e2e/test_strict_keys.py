"""Proves that a strict key refuses what translation would lose, whatever requests say, and that changing it is live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH
from harness.upstream import Upstream

Serve = Callable[[], Gateway]

# What the host of the tests does not take.
LOST = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "logit_bias": {"1": 2}}


@pytest.fixture
def serve(start: StartGateway, upstream: Upstream) -> Serve:
    """Starts a gateway whose one provider is of a kind that knows no `logit_bias`."""
    return lambda: start(config=configuration({"host": provider(upstream.base_url) | {"kind": "mistral"}}))


def ask(gateway: Gateway, key: str, strict: str | None = None) -> Response:
    """The answer to that request, with the header that asks to be strict if it is given."""
    headers = {} if strict is None else {"x-bellwether-strict": strict}
    return gateway.http(key=key).post(CHAT_PATH, json=LOST, headers=headers)


def made(commands: Commands, *options: str, name: str = "careful") -> dict[str, Any]:
    key: dict[str, Any] = commands.json("keys", "create", "--name", name, *options)
    return key


def test_a_strict_key_loses_nothing_whatever_its_requests_say(
    serve: Serve, commands: Commands, upstream: Upstream
) -> None:
    gateway = serve()
    key = made(commands, "--strict")["key"]
    for header in (None, "false", "true", "0", ""):
        reply = ask(gateway, key, header)
        assert reply.status_code == 400, header
        assert reply.json()["error"]["param"] == "logit_bias"
    assert not upstream.calls


def test_other_keys_are_warned_unless_a_request_is_strict(serve: Serve, commands: Commands) -> None:
    gateway = serve()
    key = made(commands)["key"]
    for header, status in ((None, 200), ("false", 200), ("true", 400)):
        assert ask(gateway, key, header).status_code == status, header
    assert ask(gateway, key).headers["x-bellwether-warnings"] == "logit_bias_dropped"


def test_a_change_acts_on_the_next_call_and_lasts(serve: Serve, commands: Commands) -> None:
    gateway = serve()
    key = made(commands)
    assert ask(gateway, key["key"]).status_code == 200
    for option, status in (("--strict", 400), ("--no-strict", 200), ("--strict", 400)):
        changed = commands.json("keys", "change", key["id"], option)
        assert changed["is_strict"] == (option == "--strict")
        assert ask(gateway, key["key"]).status_code == status, option
    gateway.stop()
    assert ask(serve(), key["key"]).status_code == 400


def test_without_a_server_a_key_is_changed_in_the_data_directory(serve: Serve, commands: Commands) -> None:
    serve().stop()
    key = made(commands, "--strict")
    other = made(commands, name="other")
    listed = {row["id"]: row["is_strict"] for row in commands.json("keys", "list")["keys"]}
    assert (listed[key["id"]], listed[other["id"]]) == (True, False)
    assert "is not strict" in commands.text("keys", "change", key["id"], "--no-strict")
    assert "is strict" in commands.text("keys", "change", other["id"], "--strict")
    gateway = serve()
    assert ask(gateway, key["key"]).status_code == 200
    assert ask(gateway, other["key"]).status_code == 400
    rows = commands.text("keys", "list").splitlines()
    heading = rows[0].split().index("STRICT")
    (row,) = (row for row in rows if other["id"] in row)
    assert row.split()[heading] == "yes"


@pytest.mark.parametrize("options", [[], ["--strict", "--no-strict"]])
def test_a_change_says_one_thing(serve: Serve, commands: Commands, options: list[str]) -> None:
    serve()
    key = made(commands)
    assert commands.run("keys", "change", key["id"], *options).returncode == 2


def test_a_revoked_key_is_not_changed(serve: Serve, commands: Commands) -> None:
    serve()
    key = made(commands)
    commands.text("keys", "revoke", key["id"])
    done = commands.run("keys", "change", key["id"], "--strict")
    assert done.returncode == 1
    assert "revoked" in done.stderr
