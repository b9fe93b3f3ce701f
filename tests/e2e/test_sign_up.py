"""Proves docs/operations/accounts.md, new organisations and low balances: what is given once, and who is told once."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.gateway import Gateway
from harness.process import until

SECRET = "a-webhook-secret-of-these-tests"


@contextmanager
def hook(refuse: int = 0) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An address that takes messages; the first few are refused."""
    taken: list[tuple[dict[str, str], bytes]] = []
    left = [refuse]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if left[0] > 0:
                left[0] -= 1
                self.send_response(503)
            else:
                taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/low", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def me(gateway: Gateway, token: str, address: str) -> None:
    with gateway.http(key=token) as http:
        http.get("/admin/v1/me", headers={"x-forwarded-for": address}).raise_for_status()


def sign_up(commands: Commands, name: str, email: str) -> tuple[int, str]:
    """An organisation with its account, and a token of its first owner."""
    made = commands.json("orgs", "create", name)
    commands.json("orgs", "members", "add", name, "--email", email, "--role", "owner")
    token = commands.json("users", "tokens", "create", email, "--name", "laptop")["token"]
    return made["account"], token


def test_a_first_owner_gets_credit_once_when_he_is_there(start: StartGateway, commands: Commands) -> None:
    config = {
        "accounts": {
            "new_organisations": "prepaid",
            "sign_up_credit": "5",
            "sign_up_credit_days": 30,
            "per_email_domain_max": 2,
            "per_ip_max": 1,
        },
        "trusted_proxies": ["127.0.0.1"],
    }
    gateway = start(config=config)

    def balance(account: int) -> str:
        return commands.json("accounts", "show", str(account))["balance"]

    ada, token = sign_up(commands, "Acme", "ada@acme.example")
    assert balance(ada) == "0", "nothing before he is there"
    for _ in range(2):
        me(gateway, token, "192.0.2.1")
    assert balance(ada) == "5"
    # Another of the same network address, one of another, and a third of the domain.
    for name, email, address, expected in [
        ("Bob", "bob@bob.example", "192.0.2.1", "0"),
        ("Cleo", "cleo@acme.example", "192.0.2.2", "5"),
        ("Dan", "dan@ACME.example", "192.0.2.3", "0"),
    ]:
        account, token = sign_up(commands, name, email)
        me(gateway, token, address)
        assert balance(account) == expected, name
    noted = commands.json("audit", "list", "--action", "sign_up.*")["audit"]
    assert [entry["after"]["refused"] for entry in noted] == ["email_domain", None, "address", None]
    gateway.stop()
    assert commands.run("ledger", "verify").returncode == 0


def test_a_low_balance_is_told_once_until_it_is_up_again(
    start: StartGateway, commands: Commands, tmp_path: Path
) -> None:
    with hook(refuse=1) as (url, taken):
        accounts = {"low_balance_webhook": url, "low_balance_secret": "env:HOOK_SECRET"}
        config = {"accounts": accounts, "alerts": {"look_seconds": 1, "group_wait_seconds": 0}}
        gateway = start(config=config, environment={"HOOK_SECRET": SECRET})
        commands.json("accounts", "create", "default", "--warn-below", "0")
        commands.json("accounts", "credit", "default", "20", "--reason", "x")
        commands.json("accounts", "change", "default", "--warn-below", "10")

        def low() -> float | None:
            return gateway.metric("ai_gateway_accounts_low")

        assert low() == 0
        commands.json("accounts", "debit", "default", "10.5", "--reason", "x")
        until(lambda: len(taken) == 1, "it is told, at the second try")
        headers, body = taken[0]
        time, signature = (part.split("=")[1] for part in headers["x-bellwether-signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(signature, expected)
        told = json.loads(body)
        assert told["event"] == "account.low_balance"
        assert (told["account"]["number"], told["account"]["balance"]) == (1, "9.5")
        assert low() == 1
        commands.json("accounts", "debit", "default", "1", "--reason", "x")
        commands.json("accounts", "credit", "default", "5", "--reason", "x")
        assert low() == 0
        # Another that is low from its beginning: when that is told, the first was seen to be up.
        commands.json("orgs", "create", "Acme")
        commands.json("accounts", "create", "Acme")
        until(lambda: len(taken) == 2, "a look came between")
        assert json.loads(taken[1][1])["account"]["number"] == 2
        commands.json("accounts", "debit", "default", "5", "--reason", "x")
        until(lambda: len(taken) == 3, "it is told again")
        assert json.loads(taken[2][1])["account"]["balance"] == "8.5"
        assert low() == 2
