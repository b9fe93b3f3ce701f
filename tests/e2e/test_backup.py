"""Proves docs/operations/backup.md: a running gateway is backed up and restored, into either database, with its master key."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Launch, StartGateway
from harness.commands import Commands
from harness.gateway import Gateway, wait_ready
from harness.postgres import PASSWORD, programs, start_postgres
from harness.process import until


def make_key(gateway: Gateway, name: str) -> str:
    made = gateway.admin().post("/admin/v1/keys", json={"name": name})
    assert made.status_code == 201, made.text
    key: str = made.json()["key"]
    return key


def accepts(gateway: Gateway, key: str) -> bool:
    return gateway.http(key=key).get("/v1/models").status_code == 200


def back_up(gateway: Gateway, place: Path) -> None:
    """What `sqlite3 … .backup` does: the same call of the library, beside the running gateway."""
    place.mkdir(parents=True)
    source, target = sqlite3.connect(gateway.data_dir / "bellwether.db"), sqlite3.connect(place / "bellwether.db")
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def test_a_backup_of_a_running_gateway_is_restored_with_its_master_key(start: StartGateway, tmp_path: Path) -> None:
    gateway = start()
    before = make_key(gateway, "before the backup")
    back_up(gateway, tmp_path / "restored/data")
    after = make_key(gateway, "after the backup")
    shutil.copy2(gateway.data_dir / "master.key", tmp_path / "restored/data/master.key")
    assert accepts(gateway, before)
    assert accepts(gateway, after), "the backup disturbed nothing"

    restored = start(home="restored", key=None)
    assert accepts(restored, before)
    assert not accepts(restored, after)


def test_a_backup_without_its_master_key_is_refused(start: StartGateway, launch: Launch, tmp_path: Path) -> None:
    gateway = start()
    back_up(gateway, tmp_path / "restored/data")
    process, _ = launch(home="restored")
    assert process.wait() == 1
    assert "master key" in process.stderr
    assert not (tmp_path / "restored/data/run.json").exists()


def test_without_its_admin_key_a_restored_gateway_makes_a_new_one(start: StartGateway, launch: Launch) -> None:
    gateway = start()
    old = gateway.admin_key
    gateway.stop()
    (gateway.data_dir / "admin.key").unlink()
    process, home = launch()
    again = wait_ready(process, home)
    assert again.admin_key != old
    assert again.admin().get("/admin/v1/health").status_code == 200
    again.stop()


@pytest.fixture
def elsewhere(commands: Commands, tmp_path: Path) -> Commands:
    """Commands on another home, which nothing is in yet."""
    (tmp_path / "elsewhere").mkdir()
    return Commands(commands.binary, tmp_path / "elsewhere")


@pytest.fixture
def server() -> Iterator[str]:
    with start_postgres("SELECT 1") as url:
        yield url


def give_master_key(gateway: Gateway, commands: Commands) -> None:
    data = commands.home / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    shutil.copy2(gateway.data_dir / "master.key", data / "master.key")


def report_of(commands: Commands, **more: Any) -> Any:
    return commands.json("report", "--step", "hour", "--tz", "Asia/Kathmandu", "--by", "status", **more)


@pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")
def test_what_calls_came_to_is_in_it(
    start: StartGateway, commands: Commands, elsewhere: Commands, tmp_path: Path, server: str
) -> None:
    gateway = start()
    key = make_key(gateway, "asks for what is not there")
    for number in range(20):
        body = {"model": f"nobody-has-{number}", "messages": [{"role": "user", "content": "hi"}]}
        assert gateway.http(key=key).post("/v1/chat/completions", json=body).status_code == 404

    def told() -> Any:
        report = gateway.admin().get("/admin/v1/reports", params={"step": "hour"}).json()
        return report if report["totals"]["requests"] == 20 else None

    until(told, "all calls are in a report")
    commands.text("backup", tmp_path / "running.backup")
    gateway.stop()
    commands.text("backup", tmp_path / "stopped.backup")
    expected = report_of(commands)
    assert expected["totals"]["requests"] == 20
    give_master_key(gateway, elsewhere)
    on_server = {"BELLWETHER_DATABASE_URL": server}
    elsewhere.text("restore", tmp_path / "stopped.backup", environment=on_server)
    assert report_of(elsewhere, environment=on_server) == expected
    elsewhere.text("backup", tmp_path / "of-server.backup", environment=on_server)
    for name in ("running", "of-server"):
        assert "sums of calls were there" not in elsewhere.text("restore", tmp_path / f"{name}.backup")
        assert report_of(elsewhere) == expected, name
        for left in (elsewhere.home / "data").glob("*.db*"):
            left.unlink()
    # Who has copied the rows' file himself keeps it.
    shutil.copy2(gateway.data_dir / "requests.db", elsewhere.home / "data" / "requests.db")
    assert "sums of calls were there already" in elsewhere.text("restore", tmp_path / "running.backup")
    assert report_of(elsewhere) == expected


@pytest.mark.parametrize("name", ["all.backup", "all.backup.gz"])
def test_one_file_holds_everything_and_is_restored(
    start: StartGateway, commands: Commands, elsewhere: Commands, tmp_path: Path, name: str
) -> None:
    gateway = start()
    before = make_key(gateway, "before the backup")
    assert commands.run("secrets", "set", "kept", said="sk-a-provider-key-in-the-store").returncode == 0
    told = commands.text("backup", tmp_path / name)
    assert "not in it: the master key" in told
    after = make_key(gateway, "after the backup")
    assert accepts(gateway, after), "the backup disturbed nothing"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    content = (tmp_path / name).read_bytes()
    plain = gzip.decompress(content) if name.endswith(".gz") else content
    for secret in (before, "sk-a-provider-key-in-the-store", (gateway.data_dir / "master.key").read_text().strip()):
        assert secret.encode() not in plain
    assert commands.run("backup", tmp_path / name).returncode == 1, "what is there is not written over"

    give_master_key(gateway, elsewhere)
    told = elsewhere.text("restore", tmp_path / name)
    assert "the audit is as it was written" in told
    assert elsewhere.json("audit", "verify")["is_intact"]
    assert [entry["name"] for entry in elsewhere.json("secrets", "list")["secrets"]] == ["kept"]
    restored = start(home="elsewhere", key=None)
    assert accepts(restored, before)
    assert not accepts(restored, after)
    actions = [entry["action"] for entry in restored.admin().get("/admin/v1/audit").json()["audit"]]
    assert "database.restore" in actions


def test_a_backup_is_of_one_moment_while_keys_are_made(
    start: StartGateway, commands: Commands, elsewhere: Commands, tmp_path: Path
) -> None:
    gateway = start()
    is_over, made = threading.Event(), list[str]()

    def make() -> None:
        while not is_over.is_set():
            made.append(make_key(gateway, f"key {len(made)}"))

    making = threading.Thread(target=make)
    making.start()
    for number in range(5):
        commands.text("backup", tmp_path / f"{number}.backup")
    is_over.set()
    making.join()
    assert all(accepts(gateway, key) for key in made[:5])
    give_master_key(gateway, elsewhere)
    told = elsewhere.json("restore", tmp_path / "4.backup")
    assert told["audit_fault"] is None
    # Each key and its entry in the audit are there together.
    keys = told["tables"]["caller_keys"]
    created = elsewhere.json("audit", "list", "--action", "key.create", "--limit", "1000")["audit"]
    assert keys == len(created)
    assert 0 < keys <= len(made) + 1


@pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")
def test_it_is_the_way_from_one_database_to_the_other(
    start: StartGateway, commands: Commands, elsewhere: Commands, tmp_path: Path, server: str
) -> None:
    gateway = start()
    key = make_key(gateway, "moves")
    commands.text("backup", tmp_path / "from-sqlite.backup")
    gateway.stop()
    on_server = {"BELLWETHER_DATABASE_URL": server}
    told = commands.text("restore", tmp_path / "from-sqlite.backup", environment=on_server)
    assert "PostgreSQL at localhost/postgres has the " in told
    again = commands.run("restore", tmp_path / "from-sqlite.backup", environment=on_server)
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    moved = start(environment=on_server)
    assert accepts(moved, key)
    other = make_key(moved, "made there")

    commands.text("backup", tmp_path / "from-server.backup", environment=on_server)
    assert PASSWORD not in (tmp_path / "from-server.backup").read_text()
    refused = commands.run("restore", tmp_path / "from-server.backup", environment=on_server)
    assert "in use" in refused.stderr, "a gateway runs on it"
    give_master_key(moved, elsewhere)
    elsewhere.text("restore", tmp_path / "from-server.backup")
    assert elsewhere.json("audit", "verify")["is_intact"]
    back = start(home="elsewhere", key=None)
    assert accepts(back, key)
    assert accepts(back, other)


def test_what_cannot_be_restored_leaves_nothing(
    start: StartGateway, commands: Commands, elsewhere: Commands, tmp_path: Path
) -> None:
    gateway = start()
    good = tmp_path / "good.backup"
    commands.text("backup", good)
    data = elsewhere.home / "data"

    def refused(file: Path, words: str) -> None:
        done = elsewhere.run("restore", file)
        assert done.returncode == 1
        assert words in done.stderr, done.stderr
        left = {path.name for path in data.iterdir()} if data.exists() else set()
        assert left <= {"master.key", "lock"}, left

    refused(tmp_path / "not there", "there is no file")
    refused(good, "the master key of the backup is needed")
    data.mkdir(exist_ok=True)
    (data / "master.key").write_text("f" * 64)
    refused(good, "the master key is not the one the backup was made under")
    give_master_key(gateway, elsewhere)
    text = good.read_text()
    for name, content, words in [
        ("cut", text[: len(text) // 2], "cut off after line"),
        ("end", text.rsplit("\n", 2)[0] + "\n", "its end is missing"),
        ("edited", text.replace('"default"', '"defeat"'), "was changed after it was made"),
        ("other", "hello\n", "no backup of a Bellwether database"),
    ]:
        (tmp_path / name).write_text(content)
        refused(tmp_path / name, words)
    busy = commands.run("restore", good)
    assert "is in use by process" in busy.stderr, "a server runs there"
    gateway.stop()
    full = commands.run("restore", good)
    assert "is not empty" in full.stderr
    assert json.loads(elsewhere.text("restore", good, "--json"))["rows"] > 0
