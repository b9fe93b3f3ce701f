"""Proves docs/operations/ledger.md, as far as an operator can use it: the books are proved by a command."""

from __future__ import annotations

import sqlite3

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.simulator import Simulator
from harness.speech import MODEL

INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"]


def test_the_books_are_proved_and_a_changed_one_is_found(
    start: StartGateway, simulator: Simulator, commands: Commands
) -> None:
    config = configuration({"first": provider(simulator.nodes[0].base_url, key=simulator.key, models=[MODEL])}, {})
    gateway = start(config=config)
    assert "\nI9 holds: " in commands.text("ledger", "verify"), "beside the server"
    gateway.stop()

    told = commands.text("ledger", "verify")
    for number in INVARIANTS:
        assert f"\n{number} holds: " in told
    report = commands.json("ledger", "verify")
    assert report["is_intact"] is True
    assert report["prices"] == {"calls": 0, "not_checked": 0}
    assert [it["number"] for it in report["invariants"]] == INVARIANTS

    database = sqlite3.connect(gateway.data_dir / "bellwether.db")
    database.execute("INSERT INTO ledger_purses VALUES (7, 'USD', 5, 0, 0)")
    database.commit()
    database.close()
    found = commands.run("ledger", "verify")
    assert found.returncode == 1
    assert "I5 VIOLATED: " in found.stdout
    assert "customer 7 in USD: 5 nano-units are put aside, its holds are 0" in found.stdout


def test_without_a_data_directory_nothing_is_proved(commands: Commands) -> None:
    done = commands.run("ledger", "verify")
    assert done.returncode == 2
    assert "there is no data directory" in done.stderr
