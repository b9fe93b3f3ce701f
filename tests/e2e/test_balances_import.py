"""Proves docs/operations/keys.md, "Balances": what is left to spend elsewhere is left to spend here, once, and calls take from it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness import foreign
from harness.amounts import NANO, PRICES, REPLY_NANO, money, nano
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Upstream

#: What one unit of quota is worth.
QUOTA_NANO = NANO // 500_000
LITELLM_KEY = "sk-a-key-that-litellm-has-the-hash-of"


def served(start: StartGateway, commands: Commands, upstream: Upstream, home: Path, currency: str = "USD") -> Gateway:
    gateway = start(config=configuration({"openai": provider(upstream.base_url, models=[MODEL])}))
    (home / "prices.toml").write_text(PRICES.replace('"USD"', f'"{currency}"'))
    commands.text("prices", "set", home / "prices.toml", "--reason", "a test")
    return gateway


def new_api(home: Path, **changes: Any) -> Path:
    """A database with three users: the first has a key with a quota of its own and one without, the second owes if that is said."""
    rows = foreign.new_api_rows("http://127.0.0.1:1", "http://127.0.0.1:1", "sk-a-providers-key")
    user, token = rows["users"][0], {**rows["tokens"][0], "model_limits_enabled": False}
    rows["users"] = [
        {**user, "quota": 1_234_567},
        {**user, "id": 2, "username": changes.get("name", "ada"), "quota": changes.get("second", 3)},
        {**user, "id": 3, "username": "gone", "quota": 5_000_000, "status": 2},
    ]
    rows["tokens"] = [
        {**token, "remain_quota": 500_000},
        {**token, "id": 2, "key": "wholeKey" + "B" * 40, "unlimited_quota": True},
        {**token, "id": 3, "key": "spentKey" + "C" * 40, "remain_quota": 0},
        {**token, "id": 4, "user_id": 3, "key": "goneKey1" + "D" * 40, "unlimited_quota": True},
        {**token, "id": 5, "user_id": 2, "key": "adasKey1" + "E" * 40, "unlimited_quota": True},
    ]
    if not changes.get("has_tokens", True):
        rows["tokens"] = []
    path = home / "one-api.db"
    path.unlink(missing_ok=True)
    return foreign.write_sqlite(path, rows)


def ask(gateway: Gateway, key: str) -> int:
    return gateway.http(key=key).post(CHAT_PATH, content=chat(max_tokens=7)).status_code


def accounts(commands: Commands) -> list[Any]:
    return commands.json("accounts", "list")["accounts"]


def everything(commands: Commands) -> list[Any]:
    """What an import may change."""
    words = [("keys", "list"), ("projects", "list"), ("accounts", "list"), ("budgets", "list")]
    return [commands.json(*asked) for asked in words]


@pytest.mark.parametrize("has_server", [True, False], ids=["a server", "none"])
def test_balances_of_a_new_api_are_carried_once_and_pay_for_calls(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path, has_server: bool
) -> None:
    gateway = served(start, commands, upstream, tmp_path)
    if not has_server:
        gateway.stop()
    database, before = new_api(tmp_path), everything(commands)
    tried = commands.text("keys", "import", database, "--balances", "--dry-run")
    assert "3 keys, 2 projects, 2 accounts with 2.46914 in all and 1 budgets would be carried" in tried, tried
    assert "new-api user 2 (ada): balance 0.000006" in tried
    assert "10 that users have who are disabled or deleted there is not carried" in tried
    assert everything(commands) == before, "a dry run changes nothing"
    assert foreign.SECRET not in tried and foreign.TOKEN not in tried

    told = commands.json("keys", "import", database, "--balances")
    assert (told["accounts_made"], told["credits"], told["credited"], told["budgets_set"]) == (2, 2, "2.46914", 1)
    for again in (database, new_api(tmp_path, second=3_000_000)):
        told = commands.json("keys", "import", again, "--balances")
        assert (told["keys_known"], told["accounts_made"], told["credits"], told["credited_before"]) == (3, 0, 0, 2)
        assert (told["budgets_set"], told["budgets_known"]) == (0, 1)
    assert [account["balance"] for account in accounts(commands)] == ["2.469134", "0.000006"]
    if not has_server:
        gateway = start(config=configuration({"openai": provider(upstream.base_url, models=[MODEL])}))

    assert ask(gateway, f"sk-{foreign.TOKEN}") == 200
    left = 1_234_567 * QUOTA_NANO - REPLY_NANO
    until(lambda: nano(accounts(commands)[0]["balance"]) == left, "the call is paid for out of the imported balance")
    budget = commands.json("budgets", "list")["budgets"][0]
    assert (budget["period"], budget["limit"], budget["used"], budget["ends_at"]) == ("total", "1", money(REPLY_NANO), None)
    assert ask(gateway, "sk-" + "wholeKey" + "B" * 40) == 200
    assert ask(gateway, "sk-" + "adasKey1" + "E" * 40) == 402, "she has less than a call may cost"
    assert [ask(gateway, "sk-" + key) for key in ("spentKey" + "C" * 40, "goneKey1" + "D" * 40)] == [401, 401]


@contextlib.contextmanager
def planted(gateway: Gateway, trigger: str) -> Iterator[None]:
    """The database refuses something for a while."""
    for statement in (f"CREATE TRIGGER planted {trigger}", "DROP TRIGGER planted"):
        with sqlite3.connect(gateway.data_dir / "bellwether.db", timeout=10) as database:
            database.execute(statement)
        database.close()
        if statement.startswith("CREATE"):
            yield


def test_no_key_is_open_before_its_quota_holds(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = served(start, commands, upstream, tmp_path)
    database, key = new_api(tmp_path), f"sk-{foreign.TOKEN}"
    with planted(gateway, "BEFORE INSERT ON budgets BEGIN SELECT RAISE(ABORT, 'planted'); END"):
        done = commands.run("keys", "import", database, "--balances")
        assert done.returncode == 1 and "run it again" in done.stderr, done.stderr
        assert ask(gateway, key) == 401, "what it may spend is not known yet"
        assert commands.json("budgets", "list")["budgets"] == []
    told = commands.json("keys", "import", database, "--balances")
    assert (told["credited_before"], told["budgets_set"], told["budgets_known"]) == (2, 1, 0)
    budget = commands.json("budgets", "list")["budgets"][0]
    assert (budget["scope"], budget["set_by"], budget["limit"]) == ("key", "operator", "1")
    assert ask(gateway, key) == 200


def test_keys_of_an_import_that_was_cut_off_before_their_budgets_get_them(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    """Versions before this one took keys over first: theirs may be there without."""
    served(start, commands, upstream, tmp_path)
    database = new_api(tmp_path)
    commands.text("keys", "import", database, "--balances")
    number = commands.json("budgets", "list")["budgets"][0]["number"]
    commands.text("budgets", "remove", str(number))
    told = commands.json("keys", "import", database, "--balances")
    assert (told["keys_known"], told["budgets_set"], told["budgets_known"]) == (3, 1, 0)


@pytest.mark.timeout(120)
def test_more_budgets_than_there_can_be_are_refused_before_anything_is_changed(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path)
    rows = foreign.new_api_rows("http://127.0.0.1:1", "http://127.0.0.1:1", "sk-a-providers-key")
    token = {**rows["tokens"][0], "model_limits_enabled": False}
    rows["tokens"] = [{**token, "id": number, "key": f"key{number:045}"} for number in range(1, 100_002)]
    database, before = foreign.write_sqlite(tmp_path / "one-api.db", rows), everything(commands)
    done = commands.run("keys", "import", database, "--balances", patience_s=60)
    assert done.returncode == 1 and "100001 budgets would be set, and at most 100000 can be" in done.stderr, done.stderr
    assert everything(commands) == before


def test_a_quota_is_a_budget_that_does_not_begin_anew(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = served(start, commands, upstream, tmp_path)
    rows = foreign.new_api_rows("http://127.0.0.1:1", "http://127.0.0.1:1", "sk-a-providers-key")
    rows["tokens"][0].update(model_limits_enabled=False, remain_quota=REPLY_NANO * 3 // 2 // QUOTA_NANO)
    commands.text("keys", "import", foreign.write_sqlite(tmp_path / "one-api.db", rows), "--balances")
    key = f"sk-{foreign.TOKEN}"
    statuses = [ask(gateway, key) for _ in range(4)]
    assert statuses[0] == 200 and statuses[-1] == 402, statuses
    refused = gateway.http(key=key).post(CHAT_PATH, content=chat(max_tokens=7))
    message = refused.json()["error"]["message"]
    assert "in all for key" in message and "it does not begin anew" in message, message
    assert "retry-after" not in refused.headers
    assert "never" in commands.text("budgets", "list")


@pytest.mark.parametrize(
    ("second", "words", "why"),
    [
        (-4, [], "user 2 owes 0.000008 there"),
        (9_000_000_000_000_000_000, [], "more than an account takes"),
        (1.5, [], "user 2 has a quota of 1.5 there, which is no whole number"),
        (3, ["--currency", "XYZ"], "--currency must be one of"),
        (3, ["--currency", "CNY"], "the prices here are in USD and a unit there is CNY"),
        (3, ["--origin", "a b"], "--origin must be"),
        (3, ["--org", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_carried_is_told_and_changes_nothing(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path, second: float, words: list[str], why: str
) -> None:
    served(start, commands, upstream, tmp_path)
    before = everything(commands)
    done = commands.run("keys", "import", new_api(tmp_path, second=second), "--balances", *words)
    assert done.returncode == 1 and why in done.stderr, done.stderr
    assert everything(commands) == before


def test_debts_are_forgiven_if_that_is_said_and_a_unit_may_be_another_currency(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path, "CNY")
    words = ["--balances", "--forgive-debts", "--currency", "CNY", "--origin", "second"]
    told = commands.json("keys", "import", new_api(tmp_path, second=-4), *words)
    assert any("0.000008 that users owe there is forgiven" in note for note in told["notes"])
    listed = accounts(commands)
    assert [(account["balance"], account["currency"]) for account in listed] == [("2.469134", "CNY"), ("0", "CNY")]
    told_of = lambda: {entry["key"] for entry in commands.json("ledger", "entries")["entries"]}  # noqa: E731
    until(lambda: "credit:import:second:user:1" in told_of(), "the entry says where it is from")


def test_keys_that_are_here_in_another_project_stop_the_import(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path)
    database = new_api(tmp_path)
    commands.text("keys", "import", database)
    before = everything(commands)
    done = commands.run("keys", "import", database, "--balances")
    assert done.returncode == 1 and "row 1: the key is here already as key_" in done.stderr, done.stderr
    assert everything(commands) == before


def test_an_account_in_another_currency_stops_the_import(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path)
    commands.text("keys", "import", new_api(tmp_path), "--balances")
    (tmp_path / "prices.toml").write_text(PRICES.replace('"USD"', '"EUR"'))
    commands.text("prices", "set", tmp_path / "prices.toml", "--reason", "a test")
    before = everything(commands)
    done = commands.run("keys", "import", new_api(tmp_path), "--balances", "--currency", "EUR", "--dry-run")
    assert done.returncode == 1 and "user:1: account 1 of the project " in done.stderr, done.stderr
    assert "is in USD, and a unit there is EUR" in done.stderr, done.stderr
    assert everything(commands) == before


def test_another_database_with_the_same_numbers_needs_a_name_of_its_own(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path)
    commands.text("keys", "import", new_api(tmp_path), "--balances")
    commands.text("keys", "import", new_api(tmp_path, name="lovelace"), "--balances")
    assert len(accounts(commands)) == 2, "who has another name now, and keys that are here, is the same"
    before = everything(commands)
    other = new_api(tmp_path, name="eve", has_tokens=False)
    done = commands.run("keys", "import", other, "--balances")
    assert done.returncode == 1 and 'user:2: the project "new-api user 2 (ada)" is here' in done.stderr, done.stderr
    assert "--origin" in done.stderr and everything(commands) == before
    told = commands.json("keys", "import", other, "--balances", "--origin", "other")
    assert (told["accounts_made"], told["credited"]) == (2, "2.46914")


def test_a_balance_that_another_organisation_was_given_is_not_counted_as_given(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    served(start, commands, upstream, tmp_path)
    database = new_api(tmp_path, has_tokens=False)
    commands.text("keys", "import", database, "--balances")
    commands.json("orgs", "create", "second")
    for _ in range(2):
        done = commands.run("keys", "import", database, "--balances", "--org", "second")
        assert done.returncode == 1 and "was credited to another account" in done.stderr, done.stderr
        assert "--origin" in done.stderr
    told = commands.json("keys", "import", database, "--balances", "--org", "second", "--origin", "other")
    assert (told["credits"], told["credited"], told["credited_before"]) == (2, "2.46914", 0)


@pytest.mark.parametrize("words", [["--format", "litellm"], ["--format", "csv"], []], ids=str)
@pytest.mark.parametrize("source", ["postgres://u:hidden-pw@127.0.0.1:1/db", "u:hidden-pw@tcp(127.0.0.1:1)/db"])
def test_a_password_in_the_address_of_a_database_is_not_printed(
    commands: Commands, source: str, words: list[str]
) -> None:
    for more in ([], ["--balances"]):
        done = commands.run("keys", "import", source, *words, *more)
        assert done.returncode == 1 and "hidden-pw" not in done.stdout + done.stderr, done.stderr


def test_budgets_of_litellm_are_carried(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = served(start, commands, upstream, tmp_path)

    def token(key: str, **more: Any) -> dict[str, Any]:
        return {"token": hashlib.sha256(key.encode()).hexdigest(), "key_alias": key[-4:], "key_name": "sk-...", **more}

    spent = {"spend": 1.10, "max_budget": 1.10004, "budget_duration": None}
    rows = [
        token(LITELLM_KEY, **spent, team_id="t1"),
        token("sk-another-key-of-that-team", spend=0.0, max_budget=5.0, budget_duration="30d", team_id="t1"),
        token("sk-a-key-that-has-spent-all", spend=2.5, max_budget=2.5),
        {"team_id": "t1", "team_alias": "shop", "spend": 10.5, "max_budget": 100.0, "budget_duration": "1d"},
    ]
    export = tmp_path / "export.jsonl"
    export.write_text("\n".join(map(json.dumps, rows)))
    told = commands.text("keys", "import", export, "--balances")
    assert "2 keys are taken over" in told and "litellm team t1 (shop): budget 100 each day" in told, told
    assert "1 keys are left out" in told and "what was spent in their last time is not carried" in told
    budgets = commands.json("budgets", "list")["budgets"]
    assert sorted((budget["scope"], budget["period"], budget["limit"]) for budget in budgets) == [
        ("key", "month", "5"), ("key", "total", "0.00004"), ("project", "day", "100"),
    ]  # fmt: skip
    assert accounts(commands) == [], "nobody has paid anything ahead there"
    assert ask(gateway, LITELLM_KEY) == 200
    refused = gateway.http(key=LITELLM_KEY).post(CHAT_PATH, content=chat(max_tokens=7))
    assert refused.status_code == 402 and "in all for key" in refused.json()["error"]["message"], refused.text
    again = commands.json("keys", "import", export, "--balances")
    assert (again["keys_known"], again["budgets_set"], again["budgets_known"]) == (2, 0, 3)
