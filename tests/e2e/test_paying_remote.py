"""Proves docs/operations/ledger.md, level `remote`: whoever was told of an end has his charge in the database, whatever becomes of this machine."""

from __future__ import annotations

import os
import shutil
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conftest import Launch, StartGateway, StartUpstream
from harness.amounts import NANO, REPLY_NANO, nano
from harness.commands import Commands
from harness.gateway import Gateway
from harness.postgres import Server, new_server, programs
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import whole
from test_paying import Accounts, configured

needs_postgres = pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")
CALLERS = 4
#: How many calls each level is measured by.
MEASURED = int(os.environ.get("PAYING_REMOTE_CALLS", "80"))
MISSED = "ai_gateway_ledger_remote_missed_total"


def paying(start: StartGateway, new_upstream: StartUpstream, server: Server, **ledger: Any) -> tuple[Gateway, Accounts]:
    config = configured(new_upstream(whole(CHAT_REPLY)), **{"level": "remote", **ledger})
    gateway = start(config=config, environment={"BELLWETHER_DATABASE_URL": server.url})
    accounts = Accounts(gateway)
    accounts.open(100 * NANO)
    return gateway, accounts


def call(gateway: Gateway) -> float:
    """A call, and how long it took."""
    began = time.monotonic()
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    return time.monotonic() - began


def timed(gateway: Gateway, count: int) -> list[float]:
    """How long calls one after the other took, on a connection that is there."""
    took = []
    with gateway.http() as http:
        for _ in range(count + 2):
            began = time.monotonic()
            assert http.post(CHAT_PATH, content=chat()).status_code == 200
            took.append(time.monotonic() - began)
    return took[2:]


@needs_postgres
def test_what_was_told_is_in_the_database_when_journal_and_process_are_lost(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, launch: Launch
) -> None:
    with new_server() as server:
        gateway, _ = paying(start, new_upstream, server)
        told: list[str] = []

        def call_on() -> None:
            headers = {"authorization": f"Bearer {gateway.key}"}
            with httpx.Client(base_url=gateway.url, headers=headers, trust_env=False) as http:
                while True:
                    try:
                        reply = http.post(CHAT_PATH, content=chat(max_tokens=100))
                    except httpx.TransportError:
                        return
                    assert reply.status_code == 200, reply.text
                    told.append(reply.headers["x-bellwether-call-id"])

        callers = [threading.Thread(target=call_on) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        until(lambda: len(told) > 10 * CALLERS, "calls flow")
        gateway.process.kill()
        for caller in callers:
            caller.join()
        shutil.rmtree(gateway.data_dir / "ledger")
        rows = server.ask("SELECT encode(call_id, 'hex') || '|' || amount FROM ledger_calls") or ""
        booked = dict(row.split("|") for row in rows.splitlines())
        assert {call_id: booked.get(call_id) for call_id in told} == dict.fromkeys(told, str(REPLY_NANO))
        charged = sum(map(int, booked.values()))
        assert len(booked) - len(told) <= CALLERS, "at most what nobody was told of any more"

        # The disk is gone: a start says so, and goes on where the database is when somebody wants it.
        environment = {"BELLWETHER_DATABASE_URL": server.url}
        config = configured(new_upstream(whole(CHAT_REPLY)), level="remote")
        process, _ = launch(config=config, environment=environment)
        assert process.wait() != 0
        begun = commands.run("ledger", "begin-anew", "--reason", "the disk is gone", environment=environment)
        assert begun.returncode == 0, begun.stderr
        again = Accounts(start(config=config, environment=environment))
        assert again.wait_until_nothing_is_held() == 100 * NANO - charged


@needs_postgres
def test_while_the_database_is_away_ends_are_told_by_the_disk_and_nobody_waits_for_ever(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    with new_server() as server:
        gateway, accounts = paying(start, new_upstream, server, remote_wait_ms=700)
        call(gateway)
        assert gateway.metric(MISSED) == 0
        server.stop()
        assert call(gateway) >= 0.7, "the first waits"
        until(lambda: gateway.metric(MISSED) == 1, "it is counted")
        assert min(call(gateway) for _ in range(3)) < 0.7, "others do not"
        until(lambda: gateway.metric(MISSED) == 4, "they are counted")
        log = lambda: gateway.process.stderr  # noqa: E731
        assert log().count("the database does not have charges in time") == 1
        server.start()
        until(lambda: "the database has caught up" in log(), "ends wait for it again")
        call(gateway)
        assert gateway.metric(MISSED) == 4
        assert accounts.wait_until_nothing_is_held() == 100 * NANO - 6 * REPLY_NANO
        booked = "SELECT COUNT(*) FROM ledger_calls"
        until(lambda: server.ask(booked) == "6", "the database has all of it")


def test_sqlite_is_refused(start: StartGateway, new_upstream: StartUpstream, commands: Commands, launch: Launch) -> None:
    config = configured(new_upstream(whole(CHAT_REPLY)), level="remote")
    process, home = launch(config=config)
    assert process.wait() != 0
    assert "needs a PostgreSQL server as the database" in process.stderr
    checked = commands.run("check", home / "bellwether.yaml")
    assert checked.returncode == 1 and "set BELLWETHER_DATABASE_URL" in checked.stdout + checked.stderr


@needs_postgres
@pytest.mark.timeout(60 + MEASURED)
def test_what_the_wait_costs(start: StartGateway, new_upstream: StartUpstream, figure: Any) -> None:
    with new_server() as server:
        for level in ("slot", "durable", "remote"):
            gateway, accounts = paying(lambda **asked: start(home=level, **asked), new_upstream, server, level=level)
            for callers in (1, 8):
                with ThreadPoolExecutor(callers) as pool:
                    parts = pool.map(lambda at: timed(at, MEASURED // callers), [gateway] * callers)
                took = sorted(each for part in parts for each in part)
                median, late = statistics.median(took), took[len(took) * 99 // 100]
                figure(f"{level}, {callers} at once: p50 {median * 1000:.1f} ms, p99 {late * 1000:.1f} ms")
            assert nano(accounts.show()["balance"]) < 100 * NANO
            assert gateway.metric(MISSED) == 0
            gateway.stop()
            assert server.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public") is not None
