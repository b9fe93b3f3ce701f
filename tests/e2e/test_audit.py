"""Proves docs/operations/audit.md: what is done is in the audit, and whoever changes it there is found out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.simulator import Simulator
from harness.speech import MODEL

PRICES = '[[price]]\nkind = "openai"\nmodel = "m"\ninput = "2"\noutput = "4"\n'
REASON = ("--reason", "to have a row")


def entries(gateway: Gateway, **filters: str) -> list[dict[str, Any]]:
    reply = gateway.admin().get("/admin/v1/audit", params=filters)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["audit"]
    return found


def one(simulator: Simulator) -> dict[str, Any]:
    return configuration({"first": provider(simulator.nodes[0].base_url, key=simulator.key, models=[MODEL])}, {})


def with_rows(start: StartGateway, simulator: Simulator, commands: Commands) -> Gateway:
    """A gateway whose audit has its first key, its start and four changes."""
    gateway = start(config=one(simulator))
    until(lambda: entries(gateway, action="gateway.start"), "the start is in the audit")
    for verb in ("disable", "enable", "drain", "enable"):
        commands.text("provider", verb, "first", *REASON)
    return gateway


@contextmanager
def tampering(commands: Commands) -> Iterator[sqlite3.Connection]:
    """The database in the hands of somebody who can write to it, with its own rules out of force meanwhile."""
    database = sqlite3.connect(commands.home / "data/bellwether.db")
    rules = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in rules:
        database.execute(f"DROP TRIGGER {name}")
    yield database
    for _, rule in rules:
        database.execute(rule)
    database.commit()
    database.close()


def test_starts_and_configurations_are_in_it(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    config = one(simulator)
    gateway = start(config=config)
    until(lambda: entries(gateway, action="gateway.start"), "the start is in the audit")
    assert entries(gateway, action="config.*") == [], "what a start takes is in the entry of the start"

    write_config(commands.home, config | {"region": "eu-west", "timeouts": {"drain_ms": 900}})
    until(lambda: entries(gateway, actor="file change"), "a changed file is in the audit")
    changed = entries(gateway, actor="file change")[0]
    assert changed["action"] == "config.reload"
    assert "timeouts" in changed["after"]["changed"]
    assert changed["before"]["version"] + 1 == changed["after"]["version"]

    reverted = gateway.admin().post("/admin/v1/config/revert", json={}, headers={"x-request-id": "mine"})
    assert reverted.status_code == 200, reverted.text
    entry = entries(gateway, action="config.revert")[0]
    assert (entry["actor"], entry["request_id"], entry["subject"]) == ("admin key", "mine", changed["subject"])
    assert simulator.key not in json.dumps(entries(gateway))


def test_an_auditor_computes_the_chain_himself(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    """The text of docs/operations/audit.md, in another language, without any key."""
    gateway = with_rows(start, simulator, commands)
    before = "0" * 64
    found = commands.json("audit", "list")["audit"]
    gateway.stop()
    states = sqlite3.connect(gateway.data_dir / "bellwether.db").execute(
        "SELECT at_ms, before_state, after_state FROM audit ORDER BY number"
    )
    rows = list(zip(reversed(found), states, strict=True))
    assert len(rows) == 6
    for row, (at_ms, before_state, after_state) in rows:
        fields = [row[name] for name in ("actor", "by", "action", "subject", "organisation")]
        hashed = ["bellwether audit 1", row["number"], at_ms, *fields, before_state, after_state]
        text = json.dumps([*hashed, row["reason"], row["request_id"], before], ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert row["hash"] == before


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE audit SET reason = 'another' WHERE number = 3"], "row 3 was edited"),
        (["DELETE FROM audit WHERE number = 2"], "row 2 is missing"),
        (["DELETE FROM audit WHERE number > 3"], "row 4 and all behind it are missing"),
        (["DELETE FROM audit WHERE number > 3", "UPDATE audit_head SET number = 3"], "audit_head was removed or changed"),
        (
            [f"UPDATE audit SET number = {new} WHERE number = {old}" for old, new in ((2, 9), (4, 2), (9, 4))],
            "another row stands in the place of row 2",
        ),
    ],
)
def test_whoever_edits_it_is_found_out(
    start: StartGateway, simulator: Simulator, commands: Commands, statements: list[str], words: str
) -> None:
    gateway = with_rows(start, simulator, commands)
    assert "is as it was written: 6 rows hold" in commands.text("audit", "verify")
    with tampering(commands) as database:
        for statement in statements:
            database.execute(statement)
    asked_server = commands.run("audit", "verify")
    gateway.stop()
    for done in (asked_server, commands.run("audit", "verify")):
        assert done.returncode == 1, done
        assert words in done.stdout


def test_what_was_written_down_finds_an_older_database_put_back(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    gateway = with_rows(start, simulator, commands)
    newest = commands.json("audit", "verify")["newest"]
    started = [event for event in gateway.process.output.splitlines() if "the audit goes on" in event]
    assert started and "2:" in started[0], "a start writes it to the log"
    with tampering(commands) as database:
        database.execute("CREATE TABLE aside AS SELECT * FROM audit")
        database.execute("CREATE TABLE head_aside AS SELECT * FROM audit_head")
    commands.text("provider", "disable", "first", *REASON)
    later = commands.json("audit", "verify")["newest"]
    assert commands.run("audit", "verify", "--known", newest).returncode == 0
    with tampering(commands) as database:
        for table in ("audit", "audit_head"):
            database.execute(f"DELETE FROM {table}")
        database.execute("INSERT INTO audit SELECT * FROM aside")
        database.execute("INSERT INTO audit_head SELECT * FROM head_aside")
    assert commands.run("audit", "verify").returncode == 0, "nothing in the database tells"
    found = commands.run("audit", "verify", "--known", later)
    assert found.returncode == 1
    assert "row 7 and all behind it are missing" in found.stdout
    assert commands.run("audit", "verify", "--known", "nonsense").returncode == 2


def test_it_is_looked_through(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    gateway = with_rows(start, simulator, commands)
    drained = commands.json("audit", "list", "--action", "provider.drain", "--subject", "first")["audit"]
    gateway.stop()
    assert commands.json("audit", "list", "--action", "provider.drain")["audit"] == drained
    assert [entry["number"] for entry in drained] == [5]
    assert commands.json("audit", "list", "--to", "2020-01-01")["audit"] == []
    refused = commands.run("audit", "list", "--from", "yesterday")
    assert refused.returncode == 1 and "no date or time" in refused.stderr


def test_no_secret_gets_into_it_by_any_way(start: StartGateway, simulator: Simulator, commands: Commands) -> None:
    """Every way to change something, with a secret wherever one can be put in or comes out."""
    gateway = start(config=one(simulator))
    admin, planted = gateway.admin(), "sk-planted-0123456789abcdefghij"
    secrets = [planted, simulator.key, gateway.admin_key, gateway.key]

    def done(method: str, path: str, **body: Any) -> dict[str, Any]:
        reply = admin.request(method, f"/admin/v1/{path}", json=body or None)
        assert reply.is_success, f"{method} {path}: {reply.text}"
        answer: dict[str, Any] = reply.json()
        return answer

    made = done("POST", "keys", name="shop")
    secrets.append(made["key"])
    done("PATCH", f"keys/{made['id']}", is_strict=True)
    rotated = done("POST", f"keys/{made['id']}/rotate", overlap_seconds=60)
    secrets.append(rotated["key"])
    done("DELETE", f"keys/{rotated['id']}")
    foreign = "sk-foreign-key-0123456789abcdefghij"
    secrets.append(foreign)
    done("POST", "keys/import", source="elsewhere", keys=[{"row": 1, "key": foreign, "settings": {"name": "old"}}])
    organisation = done("POST", "organisations", name="acme", tags={"note": planted})
    done("POST", "projects", organisation=organisation["id"], name="shop")
    user = done("POST", "users", email="ada@example.com", name="Ada")
    done("POST", f"organisations/{organisation['id']}/members", email="ada@example.com", role="owner")
    secrets.append(done("POST", f"users/{user['id']}/tokens", name="laptop")["token"])
    done("PUT", "prices", text=f"# {planted}\n{PRICES}", reason=f"not {planted}")
    done("PUT", "secrets/main", value=planted, reason=f"was {planted}", by="ada")
    done("POST", "secrets/rotate", reason="yearly")
    done("DELETE", "secrets/main")
    done("POST", "providers/first/disable", reason=f"leaked {planted}", by=planted)
    done("POST", "providers/first/enable", reason="well")
    done("POST", "reload")
    write_config(commands.home, one(simulator) | {"metrics": {"access": "key", "key": "metrics-key-0123456789"}})
    secrets.append("metrics-key-0123456789")
    until(lambda: entries(gateway, actor="file change"), "the file is taken")
    told = json.dumps(entries(gateway, limit="1000"))
    actions = {entry["action"] for entry in entries(gateway, limit="1000")}
    for area in ("key", "organisation", "project", "member", "user", "price", "secret", "provider", "config", "gateway"):
        assert any(action.startswith(area) for action in actions), (area, actions)
    for secret in secrets:
        assert secret not in told
    assert json.loads(commands.text("audit", "verify", "--json"))["is_intact"]
