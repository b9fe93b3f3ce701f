"""Proves that no call waits for a database: PostgreSQL is away or falls silent, and everything is in it afterwards."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, REPLY_NANO
from harness.commands import Commands
from harness.gateway import Gateway
from harness.postgres import Server, new_server, programs
from harness.process import until
from harness.silent_way import SilentWay
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import whole
from test_paying import Accounts, configured

pytestmark = pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")

#: How long the database is away.
AWAY_S = float(os.environ.get("PAYING_AWAY_S", "3"))
CALLERS = 4


#: How long an answer of the database is waited for where it falls silent.
ANSWER_WAIT_S = 2


class Callers:
    """Callers who call until they are told to end."""

    def __init__(self, gateway: Gateway) -> None:
        self.statuses: list[int] = []
        self._gateway, self._over = gateway, threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()
        self.wait_for_more()

    def wait_for_more(self) -> None:
        before = len(self.statuses)
        until(lambda: len(self.statuses) > before + 20, "calls flow")

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        with self._gateway.http() as http:
            while not self._over.is_set():
                self.statuses.append(http.post(CHAT_PATH, content=chat()).status_code)


def made(gateway: Gateway, what: str, **body: Any) -> Any:
    """Something of the admin API, made by the operator."""
    with gateway.admin() as admin:
        reply = admin.post(f"/admin/v1/{what}", json=body)
        assert reply.is_success, reply.text
        return reply.json()


def member_token(gateway: Gateway) -> str:
    """Of a user who belongs to an organisation."""
    organisation, user = made(gateway, "organisations", name="acme"), made(gateway, "users", email="ada@example.com", name="Ada")
    made(gateway, f"organisations/{organisation['id']}/members", email="ada@example.com", role="owner")
    return str(made(gateway, f"users/{user['id']}/tokens", name="laptop")["token"])


def booked_once(server: Server, accounts: Accounts, statuses: list[int]) -> None:
    """Every call was paid for, and stands in the database."""
    assert set(statuses) == {200}
    charged = REPLY_NANO * len(statuses)
    assert accounts.wait_until_nothing_is_held() == 100 * NANO - charged
    booked = "SELECT COALESCE(SUM(amount), 0), COUNT(*) FROM ledger_calls"
    expected = f"{charged}|{len(statuses)}"
    until(lambda: server.ask(booked) == expected, "the database has every charge, once", patience_s=30)


@pytest.mark.timeout(60 + AWAY_S)
def test_calls_are_paid_for_while_postgresql_is_away_and_are_in_it_afterwards(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    with new_server() as server:
        gateway = start(config=configured(upstream), environment={"BELLWETHER_DATABASE_URL": server.url})
        accounts = Accounts(gateway)
        accounts.open(100 * NANO)
        callers = Callers(gateway)
        server.stop()
        before, stopped = len(callers.statuses), time.monotonic()
        until(lambda: time.monotonic() - stopped > AWAY_S, "the database is away long enough", patience_s=AWAY_S + 10)
        assert len(callers.statuses) > before + 20
        server.start()
        callers.wait_for_more()
        callers.end()
        booked_once(server, accounts, callers.statuses)


@pytest.mark.timeout(150)
def test_calls_are_paid_for_while_postgresql_is_silent_and_are_in_it_afterwards_once(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands
) -> None:
    upstream = new_upstream(whole(CHAT_REPLY))
    with new_server() as server, SilentWay(server) as way:
        gateway = start(config=configured(upstream), environment={"BELLWETHER_DATABASE_URL": way.url(ANSWER_WAIT_S)})
        accounts = Accounts(gateway)
        accounts.open(100 * NANO)
        token, revoked = member_token(gateway), made(gateway, "keys", name="gone")
        with gateway.admin() as admin:
            assert admin.delete(f"/admin/v1/keys/{revoked['id']}").is_success
        callers = Callers(gateway)
        way.fall_silent()
        told = "the database cannot take the ledger"
        until(lambda: told in gateway.process.output, "the ledger's step is given up", patience_s=30)
        callers.wait_for_more()
        # Whoever asks the control plane is told, and not kept; whoever is known stays so, and nobody else becomes it.
        for known in (gateway.admin_key, token):
            with gateway.http(known) as http:
                assert http.get("/admin/v1/keys", timeout=30).status_code == 500
        with gateway.http() as http:
            assert http.get("/v1/balance").status_code == 200
        for unknown in ("bw_nobody", revoked["key"]):
            with gateway.http(unknown) as http:
                assert http.post(CHAT_PATH, content=chat()).status_code == 401
        way.carry_again()
        callers.wait_for_more()
        callers.end()
        booked_once(server, accounts, callers.statuses)
        done = commands.run("ledger", "verify")
        assert done.returncode == 0, done.stdout + done.stderr
        gateway.stop()
