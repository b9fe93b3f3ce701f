"""Proves that what a change of models is worth is reckoned exactly, told to people and to machines, and that bad input names itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import StartGateway
from harness.commands import Commands

ASKED = ["roi", "--tokens", "50M", "--from", "gpt-4.1=8", "--to", "deepseek-v3.2=0.42"]
PRICES = """
[[price]]
provider = "north"
model = "house-model"
input = "2"
output = "8"
[[price]]
provider = "south"
model = "house-model"
input = "3"
output = "9"
[[price]]
model = "gpt-4.1"
input = "10"
output = "10"
"""


def test_fifty_million_tokens_go_from_400_to_21_dollars_without_any_server(commands: Commands) -> None:
    told = commands.text(*ASKED)
    for part in ("$400", "$21", "94.75 %", "$379"):
        assert part in told
    assert not (commands.home / "data").exists(), "nothing was made for it"
    answer = commands.json(*ASKED)
    assert (answer["from"]["cost"], answer["to"]["cost"], answer["saved"]) == ("400", "21", "379")
    assert answer["saved_percent"] == "94.75"
    assert answer["tokens"] == 50_000_000


def test_a_change_that_costs_more_says_so(commands: Commands) -> None:
    told = commands.text("roi", "--tokens", "50M", "--from", "deepseek-v3.2=0.42", "--to", "gpt-4.1=8")
    assert "-$379 a month, -1804.76 %: the change costs more" in told


def test_work_and_downtime_decide_when_it_is_paid_back(commands: Commands) -> None:
    more = ["--downtime-hours", "2", "--downtime-cost-per-hour", "100", "--developer-hours", "40"]
    more += ["--developer-rate", "80", "--migration-cost", "295.50", "--months", "6"]
    answer = commands.json(*ASKED, *more)
    assert answer["downtime"] == {"hours": "2", "rate": "100", "cost": "200"}
    assert (answer["gain_a_month"], answer["once"], answer["gain"]) == ("579", "3495.5", "-21.5")
    assert answer["paid_back_months"] == "6.04"
    told = commands.text(*ASKED, *more)
    assert "in 6 months    -$21.5 gained" in told
    assert "paid back      after 6.04 months" in told


def test_list_prices_come_from_the_catalogue_where_nobody_has_set_any(commands: Commands) -> None:
    answer = commands.json("roi", "--tokens", "50M", "--from", "gpt-4.1", "--to", "gpt-4.1=2/8")
    assert (answer["from"]["input"], answer["from"]["output"]) == ("2", "8")
    assert (answer["from"]["cost"], answer["saved"], answer["input_share"]) == ("175", "0", "0.75")
    half = commands.json("roi", "--tokens", "50M", "--from", "gpt-4.1", "--to", "x=0", "--input-share", "0.5")
    assert half["from"]["cost"] == "250"
    assert not (commands.home / "data").exists()


def test_the_prices_of_the_running_server_go_first_and_those_of_the_data_directory_without_it(
    start: StartGateway, commands: Commands
) -> None:
    gateway = start()
    prices = commands.home / "prices.toml"
    prices.write_text(PRICES)
    commands.text("prices", "set", prices, "--reason", "a test")
    asked = ["roi", "--tokens", "1M", "--from", "gpt-4.1", "--to", "north/house-model", "--input-share", "0"]
    running = commands.json(*asked)
    assert (running["from"]["cost"], running["to"]["cost"]) == ("10", "8")
    assert running["from"]["list_version"] == 1
    with gateway.admin() as admin:
        wish = {
            "tokens": "1M",
            "from": {"model": "gpt-4.1"},
            "to": {"model": "north/house-model"},
            "input_share": "0",
        }
        reply = admin.post("/admin/v1/roi", json=wish)
        assert reply.status_code == 200, reply.text
        assert reply.json() == running, "the command and the API reckon alike"
    # What nobody has set a price for is in the catalogue.
    assert commands.json("roi", "--tokens", "1M", "--from", "gpt-4.1-mini", "--to", "x=1")["from"]["list_version"] == 0
    gateway.stop()
    assert commands.json(*asked) == running


@pytest.mark.parametrize(
    ("change", "option", "part"),
    [
        ({"--tokens": "many"}, "--tokens", "50M, 1.5B"),
        ({"--tokens": "0"}, "--tokens", "more than 0"),
        ({"--from": "gpt-4.1=cheap"}, "--from", "plain decimal"),
        ({"--to": "gpt-4.1=0.0000001"}, "--to", "digits"),
        ({"--to": "no-such-model"}, "--to", "no-such-model=8"),
        ({"--input-share": "75"}, "--input-share", "0.75"),
        ({"--months": "121"}, "--months", "120"),
        ({"--downtime-hours": "3"}, "--downtime-cost-per-hour", "is needed"),
        ({"--developer-rate": "80"}, "--developer-hours", "is needed"),
        ({"--migration-cost": "1e3"}, "--migration-cost", "no amount"),
        ({"--currency": "gold"}, "--currency", "USD"),
        ({"--tokens": "1000T", "--from": "m=100000000"}, "--tokens", "more money"),
    ],
)
def test_bad_input_names_the_option(commands: Commands, change: dict[str, str], option: str, part: str) -> None:
    options = {"--tokens": "50M", "--from": "gpt-4.1=8", "--to": "deepseek-v3.2=0.42", **change}
    done = commands.run("roi", *(word for pair in options.items() for word in pair))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"bellwether: {option}: "), done.stderr
    assert part in done.stderr


def test_bad_input_of_the_api_names_the_field(start: StartGateway) -> None:
    good = {"tokens": "50M", "from": {"model": "a", "price": "8"}, "to": {"model": "b", "price": "1"}}
    with start().admin() as admin:
        assert admin.post("/admin/v1/roi", json=good).json()["from"]["cost"] == "400"
        for change, param in (
            ({"tokens": ""}, "tokens"),
            ({"to": {"model": "no-such-model"}}, "to.model"),
            ({"from": {"model": "a", "price": "8", "input": "1"}}, "from.price"),
            ({"months": 0}, "months"),
        ):
            reply = admin.post("/admin/v1/roi", json={**good, **change})
            assert reply.status_code == 400, json.dumps(change)
            assert reply.json()["error"]["param"] == param
        assert admin.post("/admin/v1/roi", json={**good, "token": "1"}).status_code == 400
        assert admin.post("/admin/v1/roi", json={**good, "tokens": 50}).status_code == 400, "texts, never floats"


def test_several_list_prices_are_told_apart(commands: Commands, start: StartGateway, tmp_path: Path) -> None:
    start()
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    commands.text("prices", "set", prices, "--reason", "a test")
    done = commands.run("roi", "--tokens", "1M", "--from", "house-model", "--to", "x=1")
    assert done.returncode == 1
    assert "--from: 'house-model' has several list prices: north 2/8, south 3/9" in done.stderr
