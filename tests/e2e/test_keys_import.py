"""Proves docs/operations/keys.md, "From elsewhere": keys and hashes are taken over as they are, all of them or none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from conftest import StartGateway
from harness import foreign
from harness.commands import Commands
from harness.gateway import Gateway

PLAIN = "sk-holysheep-a-key-of-another-gateway"
HASHED = "sk-a-key-that-only-its-callers-have"


def status(gateway: Gateway, key: str) -> int:
    return gateway.http(key=key).get("/v1/models").status_code


def sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("has_server", [True, False], ids=["a server", "none"])
def test_keys_and_hashes_open_as_they_are(
    start: StartGateway, commands: Commands, tmp_path: Path, has_server: bool
) -> None:
    gateway = start()
    if not has_server:
        gateway.stop()
    table = tmp_path / "keys.csv"
    table.write_text(f"name,key,sha256,models,tags\nplain,{PLAIN},,smart,team=shop\nhashed,,{sha256(HASHED)},,\n")
    tried = commands.text("keys", "import", table, "--dry-run")
    assert "2 keys would be taken over" in tried
    assert [listed["name"] for listed in commands.json("keys", "list")["keys"]] == ["BELLWETHER_KEY"]
    taken = commands.json("keys", "import", table)
    assert taken["imported"] == 2
    assert {key["expires_at"] for key in taken["keys"]} == {None}
    if not has_server:
        gateway = start()
    assert [status(gateway, key) for key in (PLAIN, HASHED, "sk-another-key-of-the-same-look")] == [200, 200, 401]
    text = commands.text("keys", "list") + json.dumps(commands.json("keys", "list"))
    assert PLAIN not in text and sha256(HASHED) not in text
    hashed = next(key for key in commands.json("keys", "list")["keys"] if key["name"] == "hashed")
    assert hashed["known_by"] == "sha256"
    commands.run("keys", "revoke", hashed["id"])
    assert status(gateway, HASHED) == 401


@pytest.mark.parametrize("has_server", [True, False], ids=["a server", "none"])
def test_a_bad_row_stops_all_and_every_problem_has_its_row(
    start: StartGateway, commands: Commands, tmp_path: Path, has_server: bool
) -> None:
    gateway = start()
    if not has_server:
        gateway.stop()
    table = tmp_path / "keys.csv"
    table.write_text(f"name,key,is_strict\ngood,{PLAIN},\nshort,abc,\nodd,{HASHED},maybe\n,{HASHED},\ntwice,{PLAIN},\n")
    done = commands.run("keys", "import", table)
    assert done.returncode == 1
    for row in ("row 3: a key must be 16", "row 4: is_strict", "row 5: ", "row 6: it is the same key as row 2"):
        assert row in done.stderr, done.stderr
    assert PLAIN not in done.stderr
    assert len(commands.json("keys", "list")["keys"]) == 1, "nothing half done"
    table.write_text(f"name,key\ngood,{PLAIN}\n")
    commands.text("keys", "import", table)
    again = commands.run("keys", "import", table)
    assert again.returncode == 1 and "here already as key_" in again.stderr


def test_litellms_hashes_are_taken_over(start: StartGateway, commands: Commands, tmp_path: Path) -> None:
    gateway = start()
    rows = [
        {"token": sha256(HASHED), "key_alias": "shop", "key_name": "sk-...have", "models": ["smart"], "spend": 1.5,
         "max_budget": 10, "expires": None, "team_id": "t1", "blocked": None},
        {"token": sha256("sk-a-key-that-is-blocked"), "key_name": "sk-...cked", "spend": 0, "blocked": True},
    ]
    export = tmp_path / "tokens.json"
    export.write_text("\n".join(json.dumps(row) for row in rows))
    text = commands.text("keys", "import", export)
    assert "1 keys are taken over" in text and "for the ledger" in text and "1 keys are blocked" in text
    assert status(gateway, HASHED) == 200
    assert [model["id"] for model in gateway.http(key=HASHED).get("/v1/models").json()["data"]] == []
    shop = next(key for key in commands.json("keys", "list")["keys"] if key["name"] == "shop")
    assert (shop["models"], shop["tags"]) == (["smart"], {"litellm.team": "t1"})


def test_tokens_of_a_new_api_database_are_taken_over(start: StartGateway, commands: Commands, tmp_path: Path) -> None:
    gateway = start()
    rows = foreign.new_api_rows(gateway.url, gateway.url, "sk-a-providers-key")
    database = foreign.write_sqlite(tmp_path / "one-api.db", rows)
    text = commands.text("keys", "import", database)
    assert "for the ledger" in text, text
    assert foreign.SECRET not in text and foreign.TOKEN not in text
    assert status(gateway, f"sk-{foreign.TOKEN}") == 200


def test_what_is_no_file_of_keys_is_told(start: StartGateway, commands: Commands, tmp_path: Path) -> None:
    start()
    table = tmp_path / "keys.csv"
    for text, why in [("name,secret\na,b\n", '"secret" is no column'), ("name,key\n", "no key to take over"), ("[1]", "row 1: not an object")]:
        table.write_text(text)
        done = commands.run("keys", "import", table)
        assert done.returncode == 1 and why in done.stderr, done.stderr
    missing = commands.run("keys", "import", tmp_path / "nowhere.csv")
    assert missing.returncode == 1 and "cannot read" in missing.stderr
