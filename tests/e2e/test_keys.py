"""Proves the life of a caller's key: made, listed, used, revoked, with and without a running server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.gateway import Gateway
from harness.process import clean_environment, run

Keys = Callable[..., Any]


@pytest.fixture
def keys(binary: Path, tmp_path: Path) -> Keys:
    """Runs `bellwether keys …` on the test's data directory and returns what it said as JSON."""

    def ask(*arguments: str, home: str = "home", **environment: str) -> Any:
        command: list[str | Path] = [binary, "keys", *arguments, "--data-dir", tmp_path / home / "data"]
        done = run(command, tmp_path, clean_environment(tmp_path, environment))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return ask


def status(gateway: Gateway, key: str) -> int:
    return gateway.http(key=key).get("/v1/models").status_code


def test_a_made_key_opens_at_once_and_a_revoked_one_no_more(start: StartGateway, keys: Keys) -> None:
    gateway = start()
    made = keys("create", "--json", "--name", "for the shop")
    assert status(gateway, made["key"]) == 200
    keys("revoke", made["id"])
    reply = gateway.http(key=made["key"]).get("/v1/models")
    assert reply.status_code == 401
    assert "revoked" in reply.json()["error"]["message"]


def test_a_list_names_keys_and_never_shows_them(start: StartGateway, keys: Keys) -> None:
    start()
    made = keys("create", "--json", "--name", "for the shop")
    listed = keys("list", "--json")
    text = json.dumps(listed)
    assert "for the shop" in text
    assert made["id"] in text
    assert made["key"] not in text


def test_without_a_server_the_data_directory_is_used(start: StartGateway, keys: Keys) -> None:
    start().stop()
    made = keys("create", "--json", "--name", "offline")
    gateway = start()
    assert status(gateway, made["key"]) == 200
    gateway.stop()
    keys("revoke", made["id"])
    assert status(start(), made["key"]) == 401


def test_another_server_is_reached_by_its_url(start: StartGateway, keys: Keys) -> None:
    gateway = start()
    made = keys(
        "create",
        "--json",
        "--name",
        "remote",
        home="elsewhere",
        BELLWETHER_URL=gateway.url,
        BELLWETHER_ADMIN_KEY=gateway.admin_key,
    )
    assert status(gateway, made["key"]) == 200


def test_keys_survive_a_crash(start: StartGateway, keys: Keys) -> None:
    first = start()
    made = keys("create", "--json", "--name", "kept")
    first.process.kill()
    assert status(start(), made["key"]) == 200


def test_revoking_what_is_not_there_fails_and_says_so(binary: Path, start: StartGateway, tmp_path: Path) -> None:
    gateway = start()
    command: list[str | Path] = [binary, "keys", "revoke", "no-such-key", "--data-dir", gateway.data_dir]
    done = run(command, tmp_path, clean_environment(tmp_path))
    assert done.returncode == 1
    assert "no-such-key" in done.stderr
    assert "is it a Bellwether?" not in done.stderr, "the reason, not a guess"


def test_for_people_the_key_is_printed_with_a_warning(start: StartGateway, keys: Keys) -> None:
    gateway = start()
    text = keys("create", "--name", "mine", "--expires-days", "90")
    key = next(word for word in text.split() if word.startswith("bw_"))
    assert status(gateway, key) == 200
    assert "once" in text


def test_the_admin_api_makes_lists_and_revokes(start: StartGateway) -> None:
    gateway = start()
    admin = gateway.admin()
    made = admin.post("/admin/v1/keys", json={"name": "by API"})
    assert made.status_code == 201, made.text
    assert status(gateway, made.json()["key"]) == 200
    listed = {key["id"]: key for key in admin.get("/admin/v1/keys").json()["keys"]}
    assert listed[made.json()["id"]]["name"] == "by API"
    gone = admin.delete(f"/admin/v1/keys/{made.json()['id']}")
    assert (gone.status_code, gone.json()["state"]) == (200, "revoked")
    assert status(gateway, made.json()["key"]) == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "nowhere", None, (404, "unknown_url")),
        ("DELETE", "keys/key_unknown", None, (404, "key_not_found")),
        ("POST", "keys", {"nmae": "typo"}, (400, "invalid_request")),
        ("POST", "keys", {"name": ""}, (400, "invalid_request")),
    ],
)
def test_the_admin_api_says_no_in_the_shape_of_all_errors(
    start: StartGateway, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    reply = start().admin().request(method, f"/admin/v1/{path}", json=body)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == expected
    assert error["message"]
    assert error["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("arguments", [["list"], ["revoke", "key_1"]])
def test_a_mistyped_directory_is_named_and_not_made(binary: Path, tmp_path: Path, arguments: list[str]) -> None:
    missing = tmp_path / "mistyped"
    command: list[str | Path] = [binary, "keys", *arguments, "--data-dir", missing]
    done = run(command, tmp_path, clean_environment(tmp_path))
    assert done.returncode == 1
    assert str(missing) in done.stderr
    assert not missing.exists()


def test_the_data_directory_may_be_named_anywhere(start: StartGateway, binary: Path, tmp_path: Path) -> None:
    gateway = start()
    option: list[str | Path] = ["--data-dir", gateway.data_dir]
    for command in ([*option, "keys", "list"], ["keys", *option, "list"], ["keys", "list", *option]):
        done = run([binary, *command], tmp_path, clean_environment(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "BELLWETHER_KEY" in done.stdout, "the key of this server, not of another directory"


def test_a_reader_that_has_seen_enough_is_no_error(start: StartGateway, binary: Path) -> None:
    """As in `keys list | head -1`, but with nobody there from the beginning."""
    gateway = start()
    reader, writer = os.pipe()
    os.close(reader)
    command: list[str | Path] = [binary, "keys", "list", "--data-dir", gateway.data_dir]
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=10, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_variable_leaves_the_earlier_key_valid_and_says_so(start: StartGateway, keys: Keys) -> None:
    earlier, later = "the-earlier-key-0123456789", "the-later-key-0123456789"
    start(key=earlier).stop()
    gateway = start(key=later)
    assert status(gateway, later) == status(gateway, earlier) == 200
    (command,) = (line for line in gateway.process.stdout.splitlines() if "keys revoke" in line)
    keys("revoke", command.split()[-1])
    assert (status(gateway, later), status(gateway, earlier)) == (200, 401)
    gateway.stop()
    again = start(key=later)
    assert "keys revoke" not in again.process.stdout, "there is no earlier one any more"
    assert status(again, earlier) == 401
