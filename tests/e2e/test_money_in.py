"""Proves docs/operations/accounts.md, money that comes in: a code gives once, an order is paid once, a transfer pays one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conftest import StartGateway
from harness.commands import Commands
from harness.gateway import Gateway

#: Who redeem one code at once.
AT_ONCE = 32
#: Tries of one key in a minute.
TRIES = 10


def redeem(gateway: Gateway, code: str, key: str | None = None) -> Any:
    with gateway.http(key=key) as http:
        return http.post("/v1/vouchers/redeem", json={"code": code})


def balance(commands: Commands, account: str = "default") -> str:
    return commands.json("accounts", "show", account)["balance"]


def test_a_code_gives_once_whoever_tries_at_once(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    commands.json("accounts", "create", "default")
    printed = commands.text("vouchers", "create", "--amount", "10", "--count", "2", "--credit-days", "30")
    codes = printed.splitlines()[:2]
    assert all(code.startswith("BWV-") and len(code) == 27 for code in codes), printed
    keys = [commands.json("keys", "create", "--name", f"k{number}")["key"] for number in range(AT_ONCE // 8)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda at: redeem(gateway, codes[0], keys[at % len(keys)]), range(AT_ONCE)))
    good = [answer for answer in answers if answer.status_code == 200]
    assert len(good) == 1, [answer.text for answer in answers]
    assert good[0].json() == {"amount": "10", "currency": "USD", "balance": "10"}
    refused = {answer.json()["error"]["message"] for answer in answers if answer.status_code != 200}
    assert len(refused) == 1, "one wording, whatever is wrong"
    assert balance(commands) == "10"
    assert redeem(gateway, "BWV-00000-00000-00000-00000", keys[0]).json()["error"]["message"] in refused

    told = commands.text("vouchers", "redeem", codes[1].lower().replace("-", " "), "--account", "default")
    assert told.strip() == "account 1 got 10 USD; its balance is 20"
    listed = commands.text("vouchers", "list")
    assert all(code not in listed for code in codes)
    gateway.stop()

    commands.json("accounts", "list")
    again = commands.run("vouchers", "redeem", codes[1], "--account", "default")
    assert again.returncode == 1, "a restart forgets nothing"
    assert balance(commands) == "20"
    assert commands.run("ledger", "verify").returncode == 0


def test_who_guesses_is_told_to_wait_and_others_are_not(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    commands.json("accounts", "create", "default")
    code = commands.json("vouchers", "create", "--amount", "1")["vouchers"][0]["code"]
    guesser = commands.json("keys", "create", "--name", "guesser")["key"]
    replies = [redeem(gateway, "BWV-00000-00000-00000-00000", guesser) for _ in range(2 * TRIES + 1)]
    answers = [reply.status_code for reply in replies]
    # A minute may have ended in between.
    assert answers.count(400) <= 2 * TRIES and 429 in answers
    refused = replies[answers.index(429)]
    wait_s = int(refused.headers["retry-after"])
    assert 1 <= wait_s <= 60
    assert 0 <= wait_s - int(refused.headers["retry-after-ms"]) / 1000 < 1
    assert refused.json()["error"]["retry_after"] == wait_s
    assert redeem(gateway, code).status_code == 200
    with gateway.http(key="sk-nobody-has-this-one") as http:
        assert http.post("/v1/vouchers/redeem", json={"code": code}).status_code == 401


def test_vouchers_end(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    commands.json("accounts", "create", "default")
    commands.json("vouchers", "create", "--amount", "1", "--count", "2", "--currency", "EUR")
    revoked = commands.json("vouchers", "create", "--amount", "1")["vouchers"][0]
    assert "is revoked" in commands.text("vouchers", "revoke", str(revoked["number"]), "--reason", "lost", "--by", "Ada")
    assert redeem(gateway, revoked["code"]).status_code == 400
    euros = commands.json("vouchers", "create", "--amount", "1", "--currency", "EUR")["vouchers"][0]["code"]
    other = redeem(gateway, euros)
    assert (other.status_code, other.json()["error"]["code"]) == (400, "other_currency")
    for words, why in [
        (("--amount", "-1"), "more than nothing"),
        (("--amount", "99999999999"), "no more than 1000000000"),
        (("--amount", "1", "--count", "0"), "1 to 1000 vouchers"),
        (("--amount", "1", "--expires", "2020-01-01"), "must be in the future"),
        (("--amount", "1", "--credit-days", "0"), "lasts 1 to 3660 days"),
    ]:
        done = commands.run("vouchers", "create", *words)
        assert done.returncode == 1
        assert why in done.stderr
    assert len(commands.json("vouchers", "list")["vouchers"]) == 4
    assert balance(commands) == "0"


def test_an_order_is_paid_once_and_a_transfer_pays_one(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    commands.json("accounts", "create", "default")
    for _ in range(3):
        commands.text("orders", "create", "--account", "default", "--amount", "100", "--note", "invoice")
    with ThreadPoolExecutor(16) as threads:
        done = list(
            threads.map(lambda _: gateway.admin().post("/admin/v1/orders/1/confirm", json={"reference": "BANK 7"}), range(16))
        )
    assert [answer.status_code for answer in done].count(200) == 1
    assert balance(commands) == "100"
    for words, why in [
        (("confirm", "2", "--reference", "bank  7"), "has paid order 1 already; a transfer pays one order only"),
        (("confirm", "1", "--reference", "BANK 8"), "order 1 is confirmed already"),
        (("confirm", "7", "--reference", "BANK 8"), "there is no order"),
        (("cancel", "1"), "order 1 is confirmed already"),
        (("create", "--account", "7", "--amount", "1"), "there is no account"),
        (("create", "--account", "default", "--amount", "0"), "more than nothing"),
    ]:
        refused = commands.run("orders", *words)
        assert refused.returncode == 1
        assert why in refused.stderr
    assert "paid by BANK 8" in commands.text("orders", "confirm", "2", "--reference", "BANK 8", "--by", "Ada")
    assert "is cancelled" in commands.text("orders", "cancel", "3")
    assert balance(commands) == "200"
    states = [line.split()[2] for line in commands.text("orders", "list").splitlines()[1:]]
    assert states == ["cancelled", "confirmed", "confirmed"]
    gateway.stop()
    assert commands.run("ledger", "verify").returncode == 0
