"""Proves docs/operations/reports.md: what calls came to is told by whatever they have in common, and is what the ledger has, to the
nano-unit, also where a kill -9 comes between."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, PRICES, REPLY_NANO, money, nano
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.postgres import start_postgres
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import whole
from test_paying import Accounts, configured
from test_paying_kills import CALLERS, Heard, call_on, script

#: How often the gateway is killed.
KILLS = int(os.environ.get("REPORTS_KILLS", "2"))
SEED = int(os.environ.get("REPORTS_SEED", "1"))
TOKENS = 18
NOTHING_AT_ALL = {"error": "No data for today"}


def asked(gateway: Gateway, path: str, expected: int = 200, **wishes: str) -> Any:
    with gateway.admin() as admin:
        reply = admin.get(f"/admin/v1{path}", params=wishes)
    assert reply.status_code == expected, reply.text
    return reply.json()


def wait_for_calls(gateway: Gateway, count: int, **wishes: str) -> dict[str, Any]:
    """A report of today that has so many: sums are written a moment after their calls."""

    def all_there() -> dict[str, Any] | None:
        report = asked(gateway, "/reports", date=today(), **wishes)
        return report if report["totals"]["requests"] == count else None

    return until(all_there, f"{count} calls in a report of {wishes}")


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def call(gateway: Gateway, key: str | None = None, status: int = 200, **more: Any) -> None:
    with gateway.http(key=key) as http:
        reply = http.post(CHAT_PATH, content=chat(**more))
    assert reply.status_code == status, reply.text


@pytest.fixture
def priced(new_upstream: StartUpstream, start: StartGateway) -> Gateway:
    """A gateway with one provider, one region and prices."""
    node = provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL])
    gateway = start(config=configuration({"openai": {**node, "region": "us-west"}}))
    Accounts(gateway).ask("PUT", "/prices", {"text": PRICES, "reason": "a test"})
    return gateway


def make_key(gateway: Gateway, name: str, **more: Any) -> dict[str, Any]:
    with gateway.admin() as admin:
        return admin.post("/admin/v1/keys", json={"name": name, **more}).raise_for_status().json()


def test_a_key_is_told_of_a_day_of_its_own_project(priced: Gateway) -> None:
    with priced.admin() as admin:
        other = admin.post("/admin/v1/projects", json={"name": "Other"}).raise_for_status().json()
    theirs = make_key(priced, "theirs", project=other["id"])["key"]
    with priced.http() as http:
        assert http.get("/v1/reports/daily").json() == NOTHING_AT_ALL
    for _ in range(3):
        call(priced)
    call(priced, key=theirs)
    call(priced, status=404, model="nobody-has-this")
    wait_for_calls(priced, 5)
    with priced.http() as http:
        text = http.get("/v1/reports/daily").text
    # No float on the way: the digits are those of the amount.
    assert f'"total_cost":{money(3 * REPLY_NANO)},' in text
    daily = json.loads(text)
    assert (daily["date"], daily["tz"], daily["currency"]) == (today(), "UTC", "USD")
    assert (daily["request_count"], daily["total_tokens"], daily["unserved"]) == (4, 3 * TOKENS, 1)
    of = daily["providers"]["openai"]
    assert (of["total_requests"], of["success_rate"], of["failover_rate"], of["top_errors"]) == (3, 1.0, 0.0, [])
    assert of["model_breakdown"][MODEL]["requests"] == 3 and of["alert"] is None
    assert 0 < of["avg_latency_ms"] < of["p95_latency_ms"] * 2
    with priced.http(key=theirs) as http:
        assert http.get("/v1/reports/daily", params={"tz": "Asia/Kathmandu"}).json()["request_count"] == 1
        nothing = http.get("/v1/reports/daily", params={"date": "2026-01-31"})
    assert (nothing.status_code, nothing.json()) == (200, {"error": "No data for 2026-01-31"})


@pytest.mark.parametrize(
    ("wish", "param", "words"),
    [
        ({"tz": "Mars/Olympus"}, "tz", "time zone such as UTC"),
        ({"tz": "UTC'; DROP TABLE requests_sums; --"}, "tz", "time zone"),
        ({"date": "2026-02-30"}, "date", "a date such as"),
        ({"date": "2026-02-03", "from": "2026-02-01"}, "date", "either date, or from and to"),
        ({"from": "2020-01-01"}, "from", "400 days at most"),
        ({"from": "2026-01-01", "to": "2025-12-31"}, "to", "later than from"),
        ({"step": "minute", "from": "2026-01-01", "to": "2026-01-02"}, "from", "6 hours at most"),
        ({"step": "week"}, "step", "minute, hour, day or total"),
        ({"by": "model,modle"}, "by", "not \"modle\""),
        ({"by": "model,provider,region,key,status"}, "by", "4 at most"),
        ({"by": "tag"}, "by", "tag:NAME"),
        ({"tag": "no-value"}, "tag", "NAME=VALUE"),
        ({"status": "9xx9"}, "status", "429, or 4xx"),
        ({"format": "xml"}, "format", "json or csv"),
        ({"model": "x" * 300}, "model", "256 characters"),
    ],
)
def test_what_cannot_be_told_is_refused_by_its_name(gateway: Gateway, wish: dict[str, str], param: str, words: str) -> None:
    error = asked(gateway, "/reports", expected=400, **wish)["error"]
    assert error["param"] == param and words in error["message"], error


def test_what_cannot_be_said_of_a_day_is_refused(gateway: Gateway) -> None:
    for name in ("from", "to", "step", "by", "format"):
        error = asked(gateway, "/reports/daily", expected=400, **{name: "x"})["error"]
        assert error["param"] == name and "of one day" in error["message"]


def test_names_that_callers_make_up_are_one_row(priced: Gateway) -> None:
    with priced.http() as http:
        statuses = {http.post(CHAT_PATH, content=chat(model=f"made-up-{number}")).status_code for number in range(300)}
    assert statuses == {404}
    report = wait_for_calls(priced, 300, by="model")
    assert [(row["model"], row["requests"]) for row in report["rows"]] == [("unknown", 300)]


def test_calls_are_parted_by_whatever_they_have_in_common(priced: Gateway, commands: Commands) -> None:
    shop = make_key(priced, "shop", tags={"team": "=shop, \"east\""})
    for _ in range(2):
        call(priced, key=shop["key"])
    call(priced)
    call(priced, status=404, model="nobody-has-this")
    report = wait_for_calls(priced, 4, by="tag:team,model,region,status")
    rows = [(row["tag"], row["model"], row["region"], row["status"], row["requests"]) for row in report["rows"]]
    assert sorted(rows, key=str) == [
        ("=shop, \"east\"", MODEL, "us-west", 200, 2),
        (None, MODEL, "us-west", 200, 1),
        (None, "unknown", None, 404, 1),
    ]
    assert [cost["cost"] for cost in report["totals"]["costs"]] == [money(3 * REPLY_NANO)]
    for wish, count in [
        ({"tag": "team==shop, \"east\""}, 2),
        ({"key": shop["id"]}, 2),
        ({"status": "4xx"}, 1),
        ({"region": "us-west", "provider": "openai"}, 3),
        ({"model": "' OR '1'='1"}, 0),
        ({"tag": "team=' OR '1'='1"}, 0),
        ({"project": "proj_default\" OR 1=1 --"}, 0),
    ]:
        assert wait_for_calls(priced, count, **wish)["totals"]["requests"] == count, wish
    for wish in ({"step": "minute"}, {"step": "hour", "tz": "Asia/Kolkata"}, {"tz": "Asia/Kathmandu"}):
        assert sum(row["requests"] for row in asked(priced, "/reports", **wish)["rows"]) == 4, wish
    told = list(csv.DictReader(io.StringIO(commands.text("report", "--by", "tag:team,status", "--csv"))))
    assert sum(nano(row["cost"]) for row in told) == 3 * REPLY_NANO
    assert {row["tag"] for row in told} == {"", "'=shop, \"east\""}, "no formula for a spreadsheet"
    day = commands.text("report")
    assert f"cost          {money(3 * REPLY_NANO)} USD" in day and "nobody-has-this" not in day
    assert "in all 2 requests" in commands.text("report", "--where", "tag=team==shop, \"east\"", "--by", "model")
    refused = commands.run("report", "--where", "colour=red")
    assert refused.returncode == 1 and "not 'colour'" in refused.stderr
    priced.stop()
    assert commands.json("report")["request_count"] == 4, "without a server"


def test_sums_are_kept_without_rows_and_not_at_all_where_nobody_wants_them(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    config = configuration({"openai": provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL])})
    gateway = start(config={**config, "requests": {"rows": "off"}})
    call(gateway)
    wait_for_calls(gateway, 1)
    assert asked(gateway, "/requests")["requests"] == []
    gateway.stop()
    gateway = start(config={**config, "reports": {"sums": "off"}})
    call(gateway)
    until(lambda: asked(gateway, "/requests")["requests"], "a row")
    assert asked(gateway, "/reports", date=today())["totals"]["requests"] == 1
    gateway.stop()


def sums_changed(home: Path, statement: str, *values: Any) -> None:
    """Plants something in the sums of a gateway that is stopped."""
    opened = sqlite3.connect(home / "data" / "requests.db")
    with opened:
        opened.execute(statement, values)
    opened.close()


def test_a_report_says_that_what_it_needs_was_dropped(priced: Gateway, commands: Commands, tmp_path: Path) -> None:
    call(priced)
    wait_for_calls(priced, 1)
    priced.stop()
    assert commands.json("report", "--step", "hour")["notes"] == []
    # As a clean-up leaves it where hours are kept for less.
    soon = int(time.time()) // 60 + 60
    sums_changed(tmp_path / "home", "INSERT INTO requests_sums_marks VALUES ('dropped_before', ?)", soon)
    for words in (("--step", "hour"), ("--step", "day", "--tz", "Asia/Kathmandu"), ("--margin", "--tz", "Asia/Kathmandu")):
        notes = commands.json("report", *words)["notes"]
        assert len(notes) == 1 and "reports.keep_hours_days was less" in notes[0], words
    assert "notes" in commands.json("report", "--tz", "Asia/Shanghai")
    assert "notes" not in commands.json("report"), "days in UTC have everything"
    assert commands.json("report", "--step", "day")["notes"] == []
    told = commands.run("report", "--step", "hour", "--csv")
    assert told.stderr.startswith("note: hours and days of other time zones") and "note" not in told.stdout


@pytest.mark.timeout(60)
def test_damaged_sums_are_told_and_hinder_nothing_else(priced: Gateway, start: StartGateway, tmp_path: Path) -> None:
    call(priced)
    wait_for_calls(priced, 1)
    priced.stop()
    yesterday = int(time.time()) // 86_400 - 1
    for content in (b"\x09", b"\x01\x0a\xff"):
        sums_changed(
            tmp_path / "home", "INSERT INTO requests_sums (tier, period, packed) VALUES (3, ?, ?)", yesterday, content
        )
    gateway = start()
    until(
        lambda: gateway.metric("ai_gateway_report_sums_damaged_total") == 2,
        "both are set aside by a fold, of which there is one every 15 s",
        patience_s=40,
    )
    assert "damaged sums of calls are set aside; reports are without them" in gateway.process.output
    with gateway.admin() as admin:
        csv_told = admin.get("/admin/v1/reports", params={"format": "csv"})
    assert csv_told.headers["x-bellwether-report-note"].startswith("2 sums of this time are damaged")
    report = asked(gateway, "/reports")
    assert report["totals"]["requests"] == 1 and report["notes"][0].startswith("2 sums of this time are damaged")
    assert asked(gateway, "/reports", date=today())["notes"] == []


def ledger_sum(home: Path) -> tuple[int, int]:
    """Calls and what they came to, out of the ledger's entries."""
    with sqlite3.connect(home / "data" / "bellwether.db") as opened:
        return opened.execute("SELECT COUNT(*), SUM(amount) FROM ledger_calls").fetchone()


def report_sum(report: dict[str, Any]) -> int:
    return sum(nano(row["charged"]) for row in report["rows"])


@pytest.mark.timeout(60 + 10 * KILLS)
def test_reports_are_what_the_ledger_has_though_the_gateway_is_killed_under_load(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, tmp_path: Path
) -> None:
    upstream = new_upstream(script)
    chance, heard, refused = random.Random(SEED), list[Heard](), list[int]()
    gateway = start(config=configured(upstream))
    Accounts(gateway).open(1_000 * NANO)
    for _ in range(KILLS):
        over, before = threading.Event(), len(heard)
        arguments = [(gateway, random.Random(chance.random()), heard, over, refused) for _ in range(CALLERS)]
        callers = [threading.Thread(target=call_on, args=each) for each in arguments]
        for caller in callers:
            caller.start()
        until(lambda known=before: len(heard) > known + 10 * CALLERS, "calls flow")
        # Anywhere in a batch: nothing is waited for, the moment is the point.
        time.sleep(chance.random() / 2)
        gateway.process.kill()
        over.set()
        for caller in callers:
            caller.join()
        gateway = start(config=configured(upstream))
    assert refused == []
    call(gateway, max_tokens=100)
    gateway.stop()
    calls, charged = ledger_sum(tmp_path / "home")
    assert calls > KILLS * 10 * CALLERS / 2
    for words in [("--step", "day"), ("--step", "hour", "--tz", "Asia/Kolkata"), ("--by", "model,provider,key"), ("--by", "organisation")]:
        report = commands.json("report", *words)
        assert report_sum(report) == charged, words
        assert [nano(cost["cost"]) for cost in report["totals"]["costs"]] == [charged]
    told = list(csv.DictReader(io.StringIO(commands.text("report", "--by", "model", "--csv"))))
    assert sum(nano(row["cost"]) for row in told) == charged
    daily = commands.json("report")
    assert nano(daily["total_cost"]) == charged
    lost = daily.get("unrecorded", {"requests": 0, "cost": "0"})
    # What was running when it was killed, and what was not yet written then: the rest has rows.
    assert lost["requests"] < calls / 2
    recorded = sum(nano(of["cost"]) for of in daily["providers"].values())
    assert recorded + nano(lost["cost"]) == charged


@pytest.fixture
def database_url() -> Iterator[str]:
    with start_postgres("SELECT 1") as url:
        yield url


def test_on_postgresql_reports_are_what_the_ledger_has(
    start: StartGateway, new_upstream: StartUpstream, database_url: str
) -> None:
    gateway = start(config=configured(new_upstream(whole(CHAT_REPLY))), environment={"BELLWETHER_DATABASE_URL": database_url})
    accounts = Accounts(gateway)
    accounts.open(NANO)
    for _ in range(5):
        call(gateway, max_tokens=100)
    spent = NANO - accounts.wait_until_nothing_is_held()
    report = wait_for_calls(gateway, 5, by="model")
    assert report_sum(report) == spent == 5 * REPLY_NANO
    with gateway.http() as http:
        assert http.get("/v1/reports/daily").json()["request_count"] == 5
