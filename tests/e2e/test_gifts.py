"""Proves that gifts end: a code and the credit of a sign-up, from a caller's balance to the books, while a gateway runs and over a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, REPLY_NANO, nano
from harness.commands import Commands
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, chat
from harness.troubles import Troubles
from test_money_in import redeem
from test_paying import Accounts, configured
from test_sign_up import me

DAY_S = 86_400


@pytest.fixture
def troubles(tmp_path: Path) -> Troubles:
    """The clock of the gateway."""
    return Troubles(tmp_path / "troubles")


def balance(gateway: Gateway) -> Any:
    """What the caller is told of his money."""
    with gateway.http() as http:
        reply = http.get("/v1/balance").raise_for_status()
    return json.loads(reply.text, parse_float=str, parse_int=str)


def test_what_is_left_of_a_gift_goes_when_its_time_is_over(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, troubles: Troubles
) -> None:
    upstream = new_upstream()
    gateway = start(config=configured(upstream), environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(2 * NANO)
    for days in (1, 2):
        code = commands.json("vouchers", "create", "--amount", "10", "--credit-days", str(days))["vouchers"][0]["code"]
        assert redeem(gateway, code).status_code == 200
    assert balance(gateway)["balance"] == "22"
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    assert accounts.wait_until_nothing_is_held() == 22 * NANO - REPLY_NANO

    # The first ends while the gateway runs; the call was paid out of it.
    troubles.set_clock_off(DAY_S - 30)
    assert balance(gateway)["balance"] != "12", "a moment before"
    troubles.set_clock_off(DAY_S + 1)
    until(lambda: balance(gateway)["balance"] == "12", "what was left of the first gift is gone")
    # The second while it does not.
    gateway.stop()
    troubles.set_clock_off(2 * DAY_S + 1)
    gateway = start(config=configured(upstream), environment=troubles.environment)
    until(lambda: balance(gateway)["balance"] == "2", "the second is gone, too")
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat(max_tokens=100)).status_code == 200
    assert Accounts(gateway).wait_until_nothing_is_held() == 2 * NANO - REPLY_NANO

    def expired() -> list[int]:
        entries = Accounts(gateway).ask("GET", "/ledger/entries?account=1")["entries"]
        taken = [entry["transfers"] for entry in entries if entry["kind"] == "expiry"]
        assert all(transfers[0]["debit"].startswith("customer:1:promo:") for transfers in taken)
        return [nano(transfers[0]["amount"]) for transfers in taken]

    assert until(lambda: len(expired()) == 2 and expired(), "both are in the books") == [10 * NANO, 10 * NANO - REPLY_NANO]
    gateway.stop()
    proved = commands.run("ledger", "verify", "--json")
    assert proved.returncode == 0, proved.stdout


def test_the_credit_of_a_sign_up_ends(start: StartGateway, commands: Commands, troubles: Troubles) -> None:
    config = {"accounts": {"new_organisations": "prepaid", "sign_up_credit": "5", "sign_up_credit_days": 30}}
    gateway = start(config={**config, "trusted_proxies": ["127.0.0.1"]}, environment=troubles.environment)
    account = str(commands.json("orgs", "create", "Acme")["account"])
    commands.json("orgs", "members", "add", "Acme", "--email", "ada@acme.example", "--role", "owner")
    token = commands.json("users", "tokens", "create", "ada@acme.example", "--name", "laptop")["token"]
    me(gateway, token, "192.0.2.1")
    assert commands.json("accounts", "show", account)["balance"] == "5"
    troubles.set_clock_off(31 * DAY_S)
    until(lambda: commands.json("accounts", "show", account)["balance"] == "0", "it is gone")
    gateway.stop()
    assert commands.run("ledger", "verify").returncode == 0
