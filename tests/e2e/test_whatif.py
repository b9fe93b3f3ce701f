"""Proves what docs/operations/reports.md says of margins and of models in the place of others: exactly, losses told, nothing guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, money, nano
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import whole
from test_paying import Accounts

CALLS = 5
#: What `CHAT_REPLY` tells, and nano-units a token by the book below.
PROMPT, ANSWER = 11, 7
LIST = PROMPT * 2_000 + ANSWER * 8_000
CHEAP = PROMPT * 250 + ANSWER * 500
#: Sold at par, one yuan for a dollar, with a fifth upon it; the market wants 7.1.
BOOK = """
currency = "CNY"
[rates]
USD = "1"
[markup]
everybody = "1.2"
[[price]]
kind = "openai"
model = "gpt-4o-mini"
currency = "USD"
input = "2"
output = "8"
[[price]]
kind = "deepseek"
model = "deepseek-v3.2"
currency = "USD"
input = "0.25"
output = "0.5"
"""


def ask(gateway: Gateway, method: str, path: str, expected: int = 200, **more: Any) -> Any:
    with gateway.admin() as admin:
        reply = admin.request(method, f"/admin/v1{path}", **more)
    assert reply.status_code == expected, reply.text
    return reply.json()


@pytest.fixture
def sold(start: StartGateway, new_upstream: StartUpstream) -> Gateway:
    """A gateway that has sold some calls at par."""
    config = configuration({"openai": provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL])})
    gateway = start(config={**config, "reports": {"market_rates": {"USD": "7.1"}}})
    ask(gateway, "PUT", "/prices", json={"text": BOOK, "reason": "a test"})
    ask(gateway, "POST", "/accounts", 201, json={"organisation": "default", "currency": "CNY"})
    Accounts(gateway).credit(NANO)
    for _ in range(CALLS):
        with gateway.http() as http:
            assert http.post(CHAT_PATH, content=chat(max_tokens=50)).status_code == 200
    until(lambda: ask(gateway, "GET", "/reports")["totals"]["requests"] == CALLS, "all calls are summed up")
    return gateway


def test_what_is_sold_below_the_market_is_a_loss_that_is_told(sold: Gateway, commands: Commands) -> None:
    told = ask(sold, "GET", "/reports/margin")
    (row,) = told["rows"]
    price, cost = CALLS * LIST * 12 // 10, CALLS * LIST * 71 // 10
    assert (nano(row["price"]), nano(row["charged"]), nano(row["list"])) == (price, price, CALLS * LIST)
    assert (nano(row["cost"]), nano(row["margin"])) == (cost, price - cost)
    assert (row["organisation"], row["model"], row["currency"], row["upstream_currency"]) == ("org_default", MODEL, "CNY", "USD")
    assert (row["book_rate"], row["market_rate"], told["warnings"]) == ("1", "71/10", 1)
    assert row["warning"] == f"sold for {money(price)} CNY what costs {money(cost)} CNY"
    text = commands.text("report", "--margin")
    assert f"warning: org_default, {MODEL}: sold for {money(price)} CNY" in text
    assert commands.text("report", "--margin", "--csv").splitlines()[1].startswith(f"org_default,{MODEL},openai,{MODEL},{CALLS},")
    error = ask(sold, "GET", "/reports/margin", 400, params={"by": "key"})["error"]
    assert error["param"] == "by"


def test_other_models_are_reckoned_to_the_nano_unit(sold: Gateway, commands: Commands, tmp_path: Path) -> None:
    told = ask(sold, "POST", "/whatif", json={"window": "30d", "map": [f"{MODEL}=deepseek-v3.2"]})
    (model,) = told["models"]
    assert (nano(model["old_cost"]), nano(model["new_cost"])) == (CALLS * LIST, CALLS * CHEAP)
    assert nano(model["saving"]) == CALLS * (LIST - CHEAP) and model["to"][0]["seller"] == "deepseek"
    assert any("same tokens" in words for words in told["assumptions"])
    some = commands.json("whatif", "--window", "30d", "--map", f"{MODEL}=deepseek-v3.2:40%")
    # Two of five calls: whole ones, as five times forty per cent comes out even.
    assert nano(some["totals"]["new_cost"]) == 3 * LIST + 2 * CHEAP
    dear = tmp_path / "dear.toml"
    dear.write_text('[[price]]\nkind = "dear"\nmodel = "deepseek-v3.2"\ninput = "100"\noutput = "100"\n')
    words = commands.run("whatif", "--map", f"{MODEL}=deepseek-v3.2", "--prices", dear)
    assert words.returncode == 0, words.stderr
    assert "another currency" in words.stdout, "the book is in dollars, what was sold in yuan"
    dear.write_text('currency = "CNY"\n[[price]]\nkind = "dear"\nmodel = "deepseek-v3.2"\ninput = "100"\noutput = "100"\n')
    dearer = commands.json("whatif", "--map", f"{MODEL}=deepseek-v3.2", "--prices", dear)
    assert nano(dearer["totals"]["saving"]) == CALLS * (LIST - 18 * 100_000) < 0
    assert "would be" in commands.text("whatif", "--map", f"{MODEL}=deepseek-v3.2")
    sold.stop()
    assert commands.json("whatif", "--map", f"{MODEL}=deepseek-v3.2")["models"] == told["models"], "without a server"


@pytest.mark.parametrize(
    ("wish", "param", "words"),
    [
        ({"map": []}, "map", "1 to 50"),
        ({"map": ["a"]}, "map", "MODEL=MODEL"),
        ({"map": [f"{MODEL}=deepseek-v32"]}, "map", "near it: deepseek-v3.2"),
        ({"map": ["gpt4o-mini=deepseek-v3.2"]}, "map", f"near it: {MODEL}"),
        ({"map": [f"{MODEL}=deepseek-v3.2:140%"]}, "map", "at most 100%"),
        ({"map": [f"{MODEL}=deepseek-v3.2"], "window": "30"}, "window", "such as 30d"),
        ({"map": [f"{MODEL}=deepseek-v3.2"], "window": "4000d"}, "window", "400"),
        ({"map": [f"{MODEL}=deepseek-v3.2"], "tz": "Mars"}, "tz", "time zone"),
        ({"map": [f"{MODEL}=deepseek-v3.2"], "prices": "[[price]]\nmodel = 7"}, "prices", "prices has"),
    ],
)
def test_what_cannot_be_reckoned_is_refused_by_its_name(sold: Gateway, wish: dict[str, Any], param: str, words: str) -> None:
    error = ask(sold, "POST", "/whatif", 400, json=wish)["error"]
    assert error["param"] == param and words in error["message"], error
