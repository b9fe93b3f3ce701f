"""Proves that the documented backup of a running gateway can be restored, and that it needs its master key."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from conftest import Launch, StartGateway
from harness.gateway import Gateway, wait_ready


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
