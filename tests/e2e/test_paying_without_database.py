"""Proves that no call waits for a database: PostgreSQL is stopped under load, and everything is in it afterwards."""

from __future__ import annotations

import os
import threading
import time

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, REPLY_NANO
from harness.postgres import new_server, programs
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import whole
from test_paying import Accounts, configured

pytestmark = pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")

#: How long the database is away.
AWAY_S = float(os.environ.get("PAYING_AWAY_S", "3"))
CALLERS = 4


@pytest.mark.timeout(60 + AWAY_S)
def test_calls_are_paid_for_while_postgresql_is_away_and_are_in_it_afterwards(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    with new_server() as server:
        gateway = start(config=configured(upstream), environment={"BELLWETHER_DATABASE_URL": server.url})
        accounts = Accounts(gateway)
        accounts.open(100 * NANO)
        statuses: list[int] = []
        over = threading.Event()

        def call() -> None:
            with gateway.http() as http:
                while not over.is_set():
                    statuses.append(http.post(CHAT_PATH, content=chat()).status_code)

        callers = [threading.Thread(target=call) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        until(lambda: len(statuses) > 20, "calls flow")
        server.stop()
        before, stopped = len(statuses), time.monotonic()
        until(lambda: time.monotonic() - stopped > AWAY_S, "the database is away long enough", patience_s=AWAY_S + 10)
        during = len(statuses) - before
        server.start()
        until(lambda: len(statuses) > before + during + 20, "calls flow on")
        over.set()
        for caller in callers:
            caller.join()
        assert set(statuses) == {200}
        assert during > 20
        charged = REPLY_NANO * len(statuses)
        assert accounts.wait_until_nothing_is_held() == 100 * NANO - charged
        booked = "SELECT COALESCE(SUM(amount), 0), COUNT(*) FROM ledger_calls"
        until(lambda: server.ask(booked) == f"{charged}|{len(statuses)}", "the database has every charge, once")
