"""Proves docs/operations/prices.md: prices are versions that are set whole or not at all, calls cost what they say, an old call costs
what it cost, and callers see what they pay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.postgres import programs, start_postgres
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Upstream

SAMPLES = Path(__file__).parents[2] / "crates" / "pure" / "imports" / "tests" / "samples" / "litellm-prices"
COST = "x-bellwether-cost"


def book(price: str = "2", *, before: str = "", model: str = MODEL) -> str:
    """A book with one model. The usual answer uses 11 tokens of input and 7 of output."""
    return f'{before}\n[[price]]\nkind = "openai"\nmodel = "{model}"\ninput = "{price}"\noutput = "4"\n'


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


def serving(start: StartGateway, upstream: Upstream, database: dict[str, str]) -> Gateway:
    return start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url, **database})


def written(home: Path, text: str) -> Path:
    path = home / "prices.toml"
    path.write_text(text)
    return path


def cost(gateway: Gateway, key: str | None = None) -> str:
    with gateway.http(key=key) as http:
        reply = http.post(CHAT_PATH, content=chat())
        assert reply.status_code == 200, reply.text
        return reply.headers[COST]


def standing(gateway: Gateway) -> dict[str, Any]:
    with gateway.admin() as admin:
        return admin.get("/admin/v1/prices").raise_for_status().json()


def test_calls_cost_what_the_prices_say_and_an_old_one_what_it_cost(
    start: StartGateway, commands: Commands, upstream: Upstream, database: dict[str, str], tmp_path: Path
) -> None:
    gateway = serving(start, upstream, database)
    assert standing(gateway)["is_draft"] is True
    set_first = commands.json("prices", "set", written(tmp_path, book()), "--by", "Ada")
    assert set_first["version"] == 1
    assert cost(gateway) == "0.00005"
    done = commands.run("prices", "set", written(tmp_path, book("3")))
    assert done.returncode == 1 and "changes by more than 30 percent" in done.stderr
    assert cost(gateway) == "0.00005", "what is refused changes nothing"
    commands.text("prices", "set", written(tmp_path, book("3")), "--reason", "the vendor says so")
    assert cost(gateway) == "0.000061"
    usage = ("--kind", "openai", "--usage", "input=11,output=7")
    assert commands.json("prices", "rate", MODEL, *usage, "--version", "1")["price"] == "0.00005"
    assert commands.json("prices", "rate", MODEL, *usage)["price"] == "0.000061"
    (change,) = commands.json("prices", "diff")["changes"]
    assert (change["field"], change["before"], change["after"], change["change_permille"]) == ("input", "2", "3", 500)
    gateway.stop()

    again = serving(start, upstream, database)
    assert cost(again) == "0.000061", "a restart has the same prices"
    again.stop()
    versions = commands.json("prices", "versions", environment=database)["versions"]
    assert [(version["version"], version["by"]) for version in versions] == [(2, None), (1, "Ada")]
    assert commands.text("prices", "show", "1", environment=database).strip() == book().strip()
    (row, *_) = commands.json("prices", "list", environment=database)["prices"]
    assert row["amounts"] == {"input": "3", "output": "4"}


BAD = {
    "negative": (book("-1"), "'-1' is negative"),
    "no decimal": (book("2e3"), "'2e3' is no plain decimal"),
    "too fine": (book("0.0000001"), "more than 6 digits"),
    "absurd": (book("999999999999"), "is more than 100000000"),
    "unknown currency": (book(before='currency = "EURO"'), "there is no currency 'EURO'"),
    "no rate": (book() + 'currency = "CNY"\n', "CNY has no rate"),
    "the same twice": (book() + book(), "begins on the same day and for the same calls as that of price[1]"),
    "overlapping": (
        book() + 'from = "2026-01-01"\nuntil = "2026-07-01"\n' + book() + 'from = "2026-06-01"\n',
        "overlaps the time of price[1]",
    ),
    "unknown kind": (book().replace('"openai"', '"opanai"'), "there is no kind 'opanai'"),
    "unknown part": (book() + 'inputs = "1"\n', "unknown field `inputs`"),
    "no text": (book() + "per_request = 0.1\n", "amounts are written in quotes"),
    "foreign key": (book(before='[markup.keys]\n"../x" = "1"'), "'../x' is no id of keys"),
    "odd markup": (book(before='[markup]\neverybody = "20%"'), "'20%' is no markup"),
    "no such day": (book() + 'from = "2026-02-30"\n', "'2026-02-30' is no day"),
    "no TOML": ("prices: {}\n", "line 1"),
}


def test_bad_prices_are_refused_and_nothing_changes(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = serving(start, upstream, {})
    commands.text("prices", "set", written(tmp_path, book()))
    before = standing(gateway)
    with gateway.admin() as admin:
        audit = admin.get("/admin/v1/audit").json()
        for name, (text, said) in BAD.items():
            reply = admin.put("/admin/v1/prices", json={"text": text, "reason": "test"})
            told = json.dumps(reply.json()["error"], ensure_ascii=False)
            assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_prices"), name
            assert said in told, (name, told)
            for verb in ("check", "set"):
                done = commands.run("prices", verb, written(tmp_path, text))
                assert done.returncode == 1 and said in done.stderr, (name, done.stderr)
        assert standing(gateway) == before
        assert admin.get("/admin/v1/audit").json() == audit
    assert cost(gateway) == "0.00005"
    gateway.stop()
    for name, (text, said) in BAD.items():
        done = commands.run("prices", "set", written(tmp_path, text), "--reason", "test")
        assert done.returncode == 1 and said in done.stderr, (name, done.stderr)
    assert [version["version"] for version in commands.json("prices", "versions")["versions"]] == [1]


def test_a_price_list_is_a_draft_until_it_is_approved(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = serving(start, upstream, {})
    commands.text("prices", "set", written(tmp_path, book()))
    (tmp_path / "broken.json").write_text("[]")
    done = commands.run("prices", "import", tmp_path / "broken.json")
    assert done.returncode == 1 and "is no price list" in done.stderr
    report = commands.json("prices", "import", SAMPLES / "list.json")
    assert {out["name"] for out in report["left_out"]} >= {"fal_ai/video", "gpt-nothing", "gpt-negative"}
    assert report["comparison"]["needs_reason"] is True, "the one price there was would go"
    assert cost(gateway) == "0.00005" and standing(gateway)["version"] == 1
    done = commands.run("prices", "approve", "--draft", str(report["draft"] + 1), "--reason", "new list")
    assert done.returncode == 1 and "is the draft now" in done.stderr
    assert "give a reason" in commands.run("prices", "approve").stderr
    approved = commands.json("prices", "approve", "--draft", str(report["draft"]), "--reason", "new list")
    assert approved["version"] == 2 and approved["rows"] == report["rows"]
    told = commands.json("prices", "rate", "gpt-plain", "--kind", "openai", "--usage", "input=300000", "--service", "batch")
    assert told["price"] == "0.0225"
    assert "there is no draft" in commands.run("prices", "approve").stderr
    with gateway.admin() as admin:
        actions = [entry["action"] for entry in admin.get("/admin/v1/audit").json()["audit"]]
    assert [action for action in actions if action.startswith("prices.")] == [
        "prices.approve",
        "prices.draft",
        "prices.set",
    ]


def test_callers_see_what_they_pay_and_save(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    config = configuration(
        {"openai": provider(upstream.base_url, models=[MODEL, "other"])}, {"smart": [f"openai/{MODEL}"]}
    )
    gateway = start(config=config)
    dear = commands.json("keys", "create", "--name", "dear")
    narrow = commands.json("keys", "create", "--name", "narrow", "--models", "smart")
    markups = f'[markup]\neverybody = "0.7"\n[markup.keys]\n{dear["id"]} = "1.5"\n'
    commands.text("prices", "set", written(tmp_path, book(before=markups)))

    with gateway.http(key=narrow["key"]) as http:
        listed = http.get("/v1/prices").raise_for_status().json()
    assert (listed["currency"], listed["version"], listed["saving_percent"]) == ("USD", 1, "30")
    (smart,) = listed["data"]
    (row,) = smart["prices"]
    assert (smart["id"], row["official"], row["ours"]) == (
        "smart",
        {"input": "2", "output": "4"},
        {"input": "1.4", "output": "2.8"},
    )
    assert row["units"] == {"input": "million_tokens", "output": "million_tokens"}
    with gateway.http(key=dear["key"]) as http:
        mine = {model["id"]: model for model in http.get("/v1/prices").json()["data"]}
        assert http.get("/v1/prices").json()["saving_percent"] == "-50"
    assert mine[MODEL]["prices"][0]["ours"] == {"input": "3", "output": "6"}
    assert (mine["other"]["is_priced"], mine["other"]["prices"]) == (False, [])
    with gateway.http(key="") as http:
        assert http.get("/v1/prices").status_code == 401
    assert cost(gateway) == "0.000035"
    assert cost(gateway, dear["key"]) == "0.000075"


PRICED = (("one", "2"), ("two", "3"))


def test_a_name_with_several_targets_shows_what_each_of_them_costs(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    providers = {name: provider(upstream.base_url, models=[MODEL, "other"]) for name in ("one", "two")}
    targets = [f"one/{MODEL}", f"two/{MODEL}", f"two/{MODEL}"]
    gateway = start(config=configuration(providers, {"smart": targets, "half": [f"two/{MODEL}", "one/other"]}))
    rows = {name: book(price).replace('kind = "openai"', f'provider = "{name}"') for name, price in PRICED}
    commands.text("prices", "set", written(tmp_path, "".join(rows.values())))

    def shown(key: str | None = None) -> dict[str, tuple[bool, list[tuple[str, str, str]]]]:
        with gateway.http(key=key) as http:
            listed = http.get("/v1/prices").raise_for_status().json()["data"]
        told = {model["id"]: (model["is_priced"], model["prices"]) for model in listed}
        return {
            name: (is_priced, [(row["provider"], row["model"], row["ours"]["input"]) for row in rows])
            for name, (is_priced, rows) in told.items()
        }

    one, two = ("one", MODEL, "2"), ("two", MODEL, "3")
    assert shown()["smart"] == shown()[MODEL] == (True, [one, two])
    assert (shown()["half"], shown()["other"]) == ((False, [two]), (False, []))
    narrow = commands.json("keys", "create", "--name", "narrow", "--providers", "two")["key"]
    assert shown(narrow)["smart"] == (True, [two])
    commands.text("provider", "disable", "one", "--reason", "too dear")
    assert (shown()["smart"], shown()["half"]) == ((True, [two]), (True, [two]))


def test_what_has_no_price_is_blocked_or_told(
    start: StartGateway, commands: Commands, upstream: Upstream, tmp_path: Path
) -> None:
    gateway = serving(start, upstream, {})
    commands.text("prices", "set", written(tmp_path, book(model="another")))
    assert cost(gateway) == "unknown", "never nothing unseen"
    blocking = written(tmp_path, book(before='unknown = "block"', model="another"))
    commands.text("prices", "set", blocking)
    asked = len(upstream.calls)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat())
    assert reply.status_code >= 400 and "price" in reply.json()["error"]["message"]
    assert len(upstream.calls) == asked, "nobody was asked"
    default = 'unknown = "default"\n[default]\ninput = "1"\noutput = "1"'
    commands.text("prices", "set", written(tmp_path, book(before=default, model="another")))
    assert cost(gateway) == "0.000018"
