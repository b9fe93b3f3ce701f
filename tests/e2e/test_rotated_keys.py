"""Proves docs/operations/keys.md, "Rotating": a successor has the name and all else; both open until the overlap is over."""

from __future__ import annotations

from conftest import StartGateway
from harness.commands import Commands
from harness.gateway import Gateway


def status(gateway: Gateway, key: str) -> int:
    return gateway.http(key=key).get("/v1/models").status_code


def test_both_open_and_the_former_ends(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    first = commands.json("keys", "create", "--name", "shop", "--models", "smart", "--tag", "team=shop")
    second = commands.json("keys", "rotate", first["id"], "--overlap-hours", "1")
    assert (second["name"], second["models"], second["tags"]) == ("shop", ["smart"], {"team": "shop"})
    assert (second["rotated_from"], second["former"]["rotated_to"]) == (first["id"], second["id"])
    assert second["former"]["expires_at"] < first["expires_at"]
    assert [status(gateway, key["key"]) for key in (first, second)] == [200, 200]
    third = commands.json("keys", "rotate", second["id"], "--overlap-hours", "0")
    assert [status(gateway, key["key"]) for key in (first, second, third)] == [200, 401, 200]
    reply = gateway.http(key=second["key"]).get("/v1/models")
    assert "expired" in reply.json()["error"]["message"]
    gateway.stop()
    again = start()
    assert [status(again, key["key"]) for key in (first, second, third)] == [200, 401, 200]


def test_rotating_in_vain_says_why(start: StartGateway, commands: Commands) -> None:
    start()
    first = commands.json("keys", "create", "--name", "shop")
    text = commands.text("keys", "rotate", first["id"])
    assert "shown this once" in text and f"{first['id']} (" in text and "was rotated to key_" in text
    again = commands.run("keys", "rotate", first["id"])
    assert again.returncode == 1 and "already" in again.stderr
    commands.run("keys", "revoke", first["id"])
    revoked = commands.run("keys", "rotate", first["id"])
    assert revoked.returncode == 1 and "revoked" in revoked.stderr
    taken = commands.run("keys", "create", "--name", "shop")
    assert taken.returncode == 1 and "is named" in taken.stderr, "the successor has the name"


def test_who_rotated_what_is_in_the_audit(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    key = commands.json("keys", "create", "--name", "shop")
    commands.json("keys", "rotate", key["id"])
    entries = gateway.admin().get("/admin/v1/audit").json()["audit"]
    text = str([entry for entry in entries if entry["action"].startswith("key.")])
    assert key["key"] not in text
    actions = [entry["action"] for entry in entries if entry["action"].startswith("key.")]
    assert actions[:3] == ["key.create", "key.rotate", "key.create"], actions
