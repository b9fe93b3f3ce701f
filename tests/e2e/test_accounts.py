"""Proves docs/operations/accounts.md: who has an account pays, who has none does not, and money moves once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.postgres import programs, start_postgres
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Upstream

#: What the usual answer of 11 and 7 tokens costs by `BOOK`.
COST = Decimal("0.00005")
BOOK = f'[[price]]\nkind = "openai"\nmodel = "{MODEL}"\ninput = "2"\noutput = "4"\n'


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What names the database, in the environment of the server and of commands."""
    if request.param == "sqlite":
        yield {}
        return
    if programs() is None:
        pytest.skip("no PostgreSQL here")
    with start_postgres("SELECT 1") as url:
        yield {"BELLWETHER_DATABASE_URL": url}


def billing(
    start: StartGateway, commands: Commands, upstream: Upstream, home: Path, database: dict[str, str] | None = None
) -> Gateway:
    """A gateway with prices."""
    environment = {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url, **(database or {})}
    gateway = start(environment=environment)
    (home / "prices.toml").write_text(BOOK)
    commands.text("prices", "set", home / "prices.toml", "--reason", "opening")
    return gateway


def ask(gateway: Gateway, key: str | None = None) -> Any:
    with gateway.http(key=key) as http:
        return http.post(CHAT_PATH, content=chat())


def test_what_was_moved_is_in_the_books_when_it_is_told(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path, database: dict[str, str]
) -> None:
    """The database follows the journal by a moment: who asks for the books waits for it, and finds what he has just done."""
    billing(start, commands, upstream, tmp_path, database)
    commands.text("accounts", "create", "default")
    for number in range(5):
        commands.text("accounts", "credit", "default", "1", "--reason", "x", "--id", f"i{number}")
        entries = commands.json("ledger", "entries", "--account", "default")["entries"]
        assert [entry["key"] for entry in entries] == [f"credit:i{told}" for told in range(number, -1, -1)]
    assert "credit   5" in commands.text("ledger", "statement", "--account", "default")


def is_settled(commands: Commands, account: str, balance: str) -> bool:
    shown = commands.json("accounts", "show", account)
    return Decimal(shown["balance"]) == Decimal(balance) and shown["held"] == "0"


def test_who_has_an_account_pays_and_who_has_none_does_not(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path, database: dict[str, str]
) -> None:
    gateway = billing(start, commands, upstream, tmp_path, database)
    commands.json("orgs", "create", "Acme")
    project = commands.json("projects", "create", "app", "--org", "Acme")["id"]
    key = commands.json("keys", "create", "--name", "shop", "--project", project)["key"]
    assert "there are no accounts" in commands.text("accounts", "list")
    assert ask(gateway, key).status_code == 200, "nobody pays yet"
    assert not list((gateway.data_dir / "ledger").glob("*/*.journal")), "and no journal is kept"

    made = commands.json("accounts", "create", "Acme")
    assert (made["number"], made["currency"], made["balance"]) == (1, "USD", "0")
    refused = ask(gateway, key)
    assert refused.status_code == 402
    assert refused.json()["error"]["type"] == "insufficient_quota"
    assert ask(gateway).status_code == 200, "others are not billed"

    commands.text("accounts", "credit", "Acme", "1", "--reason", "invoice 17", "--id", "i17", "--by", "Ada")
    assert ask(gateway, key).status_code == 200
    until(lambda: is_settled(commands, "Acme", str(1 - COST)), "the call is charged")

    own = commands.json("accounts", "create", "Acme", "--project", "app", "--credit", "2", "--warn-below", "0")
    assert ask(gateway, key).status_code == 200
    until(lambda: is_settled(commands, "Acme/app", str(-COST)), "its project pays")
    assert is_settled(commands, "1", str(1 - COST))
    lines = commands.text("accounts", "list").splitlines()
    assert len(lines) == 3 and lines[0].startswith("ACCOUNT") and f"{1 - COST} (low)" in lines[1]
    commands.text("accounts", "change", str(own["number"]), "--credit", "0")
    assert ask(gateway, key).status_code == 402, "what may not be owed any more pays nothing"
    gateway.stop()

    again = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url, **database})
    assert is_settled(commands, "Acme/app", str(-COST)) and is_settled(commands, "Acme", str(1 - COST))
    assert ask(again, key).status_code == 402
    (noted,) = commands.json("audit", "list", "--action", "account.credit")["audit"]
    assert (noted["by"], noted["reason"], noted["after"]["entry"]) == ("Ada", "invoice 17", "credit:i17")
    again.stop()
    assert commands.run("ledger", "verify", environment=database).returncode == 0


def test_without_a_server_the_data_directory_answers_alike(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    billing(start, commands, upstream, tmp_path).stop()
    commands.json("accounts", "create", "default", "--credit", "5")
    given = commands.json("accounts", "credit", "default", "12.5", "--reason", "x", "--id", "a")
    assert (given["balance"], given["available"]) == ("12.5", "17.5")
    again = commands.run("accounts", "credit", "default", "12.5", "--reason", "x", "--id", "a")
    assert again.returncode == 1 and "credit:a has happened before" in again.stderr
    assert commands.json("accounts", "debit", "1", "2.5", "--reason", "x")["balance"] == "10"
    (noted,) = commands.json("audit", "list", "--action", "account.debit")["audit"]
    assert noted["actor"] == "data directory"
    assert commands.run("ledger", "verify").returncode == 0

    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    assert ask(gateway).status_code == 200
    until(lambda: is_settled(commands, "default", str(10 - COST)), "it is charged to what was given without a server")


def test_a_caller_sees_what_is_left(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = billing(start, commands, upstream, tmp_path)

    def look(path: str, key: str | None = None) -> Any:
        with gateway.http(key=key) as http:
            return json.loads(http.get(path).raise_for_status().text, parse_float=Decimal)

    for path in ("/v1/balance", "/balance"):
        shown = look(path)
        assert (shown["balance"], shown["unlimited"], shown["low"]) == (None, True, False)
    assert look("/v1/dashboard/billing/subscription")["hard_limit_usd"] == 100000000
    assert look("/v1/dashboard/billing/usage") == {"object": "list", "total_usage": 0}

    commands.json("accounts", "create", "default", "--credit", "2")
    commands.json("accounts", "credit", "default", "12.34", "--reason", "x")
    full = {"balance": Decimal("12.34"), "currency": "USD", "available": Decimal("14.34"), "held": 0}
    assert look("/v1/balance") == {**full, "low": False, "threshold": 10, "unlimited": False}
    assert ask(gateway).status_code == 200
    until(lambda: look("/v1/balance")["balance"] == Decimal("12.34") - COST, "the call is charged")
    until(lambda: look("/v1/dashboard/billing/usage")["total_usage"] == COST * 100, "the database has it")
    subscription = look("/dashboard/billing/subscription")
    assert subscription["object"] == "billing_subscription"
    assert subscription["hard_limit_usd"] - COST == Decimal("14.34") - COST, "the limit less what was used is left"
    commands.json("accounts", "debit", "default", "5", "--reason", "x")
    assert look("/v1/balance")["low"] is True

    usage = "/v1/dashboard/billing/usage?start_date={}&end_date={}"
    assert look(usage.format("2020-01-01", "2020-02-01"))["total_usage"] == 0
    with gateway.http() as http:
        for dates in [("x", "2020-01-01"), ("2020-02-01", "2020-01-01"), ("2010-01-01", "2020-01-01")]:
            refused = http.get(usage.format(*dates))
            assert refused.status_code == 400 and "_date" in refused.json()["error"]["message"]
        assert http.post("/v1/balance").status_code == 405
        assert http.delete("/v1/dashboard/billing/usage").status_code == 405
    for path in ("/v1/balance", "/v1/dashboard/billing/usage", "/v1/dashboard/billing/subscription"):
        with gateway.http(key="sk-nobody-has-this-one") as http:
            assert http.get(path).status_code == 401


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("create", "Nobody"), "there is no organisation"),
        (("create", "default", "--project", "none"), "there is no project"),
        (("create", "default"), "has an account already: number 1"),
        (("create", "default", "--currency", "usd"), "currency must be one of USD"),
        (("credit", "default", "-5", "--reason", "x"), "it must be more than nothing"),
        (("credit", "default", "0", "--reason", "x"), "it must be more than nothing"),
        (("credit", "default", "1000000000.1", "--reason", "x"), "at most 1000000000"),
        (("credit", "default", "1e3", "--reason", "x"), "must be a decimal"),
        (("credit", "default", "0.0000000001", "--reason", "x"), "at most nine places"),
        (("credit", "default", "1", "--reason", " "), "for a reason only"),
        (("credit", "7", "1", "--reason", "x"), "there is no account"),
        (("debit", "default", "3.000000001", "--reason", "x"), "the balance has 3"),
        (("change", "default", "--credit", "-1"), "the credit is -1"),
        (("change", "default", "--warn-below", "2000000000"), "the balance to warn below"),
        (("show", "../keys"), "there is no account"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    start: StartGateway, commands: Commands, words: tuple[str, ...], why: str
) -> None:
    start()
    commands.json("accounts", "create", "default")
    before = commands.json("accounts", "credit", "default", "3", "--reason", "x")
    done = commands.run("accounts", *words)
    assert done.returncode == 1
    assert why in done.stderr
    assert commands.json("accounts", "list") == {"accounts": [before]}
