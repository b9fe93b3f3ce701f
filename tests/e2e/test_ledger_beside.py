"""Proves docs/operations/ledger.md, "`ledger verify`": a running server proves its books, while calls go on as if it did not."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO
from harness.commands import Commands
from harness.gateway import Gateway
from harness.postgres import new_server, programs
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import whole
from test_paying import Accounts, configured

CALLERS = 4
#: So often the books are proved while calls flow.
TIMES = 5


class Place:
    """Where the database is, and a way to change it behind the gateway's back."""

    def __init__(self, environment: dict[str, str], server: Any = None) -> None:
        self.environment, self.server = environment, server

    def run(self, gateway: Gateway, *statements: str) -> None:
        if self.server:
            for statement in statements:
                assert self.server.ask(statement) is not None, statement
            return
        with sqlite3.connect(gateway.data_dir / "bellwether.db", timeout=10) as database:
            for statement in statements:
                database.execute(statement)
        database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place({})
        return
    if programs() is None:
        pytest.skip("no PostgreSQL here")
    with new_server() as server:
        yield Place({"BELLWETHER_DATABASE_URL": server.url}, server)


def paying(start: StartGateway, new_upstream: StartUpstream, place: Place) -> tuple[Gateway, Accounts]:
    gateway = start(config=configured(new_upstream(whole(CHAT_REPLY))), environment=place.environment)
    accounts = Accounts(gateway)
    accounts.open(100 * NANO)
    return gateway, accounts


def call_until(over: Callable[[], bool], gateway: Gateway, statuses: list[int]) -> None:
    with gateway.http() as http:
        while not over():
            statuses.append(http.post(CHAT_PATH, content=chat()).status_code)


def broken(report: Any) -> list[str]:
    return [it["number"] for it in report["invariants"] if not it["holds"]]


def test_the_books_hold_while_calls_flow(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, place: Place
) -> None:
    gateway, accounts = paying(start, new_upstream, place)
    statuses: list[int] = []
    over = threading.Event()
    callers = [threading.Thread(target=call_until, args=(over.is_set, gateway, statuses)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    until(lambda: len(statuses) > 20, "calls flow")
    reports = []
    for _ in range(TIMES):
        before = len(statuses)
        reports.append(commands.json("ledger", "verify"))
        assert len(statuses) > before, "calls go on meanwhile"
    over.set()
    for caller in callers:
        caller.join()
    assert set(statuses) == {200}
    for report in reports:
        assert (report["is_intact"], broken(report), report["not_folded"]) == (True, [], None)
        known = {it["number"]: it["checked_to"] for it in report["invariants"]}
        assert known["I8"] == report["journal"]["last"] >= known["I2"] == report["database"]["applied"]
    applied = [report["database"]["applied"] for report in reports]
    assert applied == sorted(applied) and applied[-1] > applied[0]
    accounts.wait_until_nothing_is_held()
    text = commands.text("ledger", "verify")
    assert "the server runs: what it has recorded since was not looked at" in text and "\nI9 holds: " in text
    assert " (up to record " in text


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE ledger_accounts SET nano = nano + 1 WHERE account = 'revenue:usage'"], ["I1", "I2", "I7"]),
        (["UPDATE ledger_purses SET credit = credit + 1"], ["I7"]),
        (["UPDATE ledger_received SET nano = nano + 1"], ["I2"]),
        (["UPDATE ledger_received SET quarter = quarter - 1000"], ["I2"]),
        (["UPDATE ledger_journals SET applied_hash = SUBSTR(applied_hash, 2) || SUBSTR(applied_hash, 1, 1)"], ["I8"]),
    ],
)
def test_what_somebody_has_changed_by_hand_is_found(
    start: StartGateway,
    new_upstream: StartUpstream,
    commands: Commands,
    place: Place,
    statements: list[str],
    expected: list[str],
) -> None:
    gateway, accounts = paying(start, new_upstream, place)
    for _ in range(3):
        assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
    accounts.wait_until_nothing_is_held()
    until(lambda: commands.json("ledger", "verify")["database"]["entries"] > 3, "the database has the calls")
    place.run(gateway, *statements)
    done = commands.run("ledger", "verify", "--json")
    assert done.returncode == 1, done.stderr
    report = accounts.ask("GET", "/ledger/verify")["report"]
    assert broken(report) == expected, report
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200


@pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")
def test_one_runs_at_a_time_and_calls_do_not_wait_for_it(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands
) -> None:
    with new_server() as server:
        gateway, accounts = paying(start, new_upstream, Place({"BELLWETHER_DATABASE_URL": server.url}, server))
        assert accounts.ask("GET", "/ledger/verify") == {"state": "never"}
        # Who holds this table holds up whoever proves the books, and the applier; no call needs either.
        held = "BEGIN; LOCK TABLE ledger_hours IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT"
        holding = subprocess.Popen(server.psql(held), **server.quiet())
        locks = "SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'ledger_hours'::regclass"
        until(lambda: server.ask(locks) == "1", "the table is held")
        began = accounts.ask("POST", "/ledger/verify", status=202)
        assert began["state"] == "running"
        second = accounts.ask("POST", "/ledger/verify", status=409)
        assert second["error"]["code"] == "verify_running"
        by_command = commands.run("ledger", "verify")
        assert by_command.returncode == 2 and "being verified already" in by_command.stderr
        assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
        assert accounts.ask("GET", "/ledger/verify")["state"] == "running"
        holding.wait(10)
        done = accounts.ask("GET", "/ledger/verify?wait=20")
        assert (done["state"], done["report"]["is_intact"]) == ("done", True), done
        assert accounts.ask("POST", "/ledger/verify", status=202)["state"] == "running"


def test_a_wait_that_is_too_long_is_refused(start: StartGateway, new_upstream: StartUpstream) -> None:
    _, accounts = paying(start, new_upstream, Place({}))
    assert accounts.ask("GET", "/ledger/verify?wait=21", status=400)["error"]["param"] == "wait"
