"""Proves that every call leaves a row: found by id, key and time, written at a stop, dropped by whole days, and never what was said."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Upstream, whole

#: What the usage in `CHAT_REPLY` says.
PROMPT_TOKENS, COMPLETION_TOKENS = 11, 7
SECRET_WORDS = "never to be kept"
DAY_S = 86_400


def rows(gateway: Gateway, **wishes: str | int) -> list[dict[str, Any]]:
    """What the admin API lists."""
    with gateway.admin() as admin:
        reply = admin.get("/admin/v1/requests", params=wishes)
        assert reply.status_code == 200, reply.text
        return reply.json()["requests"]


def wait_for_rows(gateway: Gateway, count: int, **wishes: str | int) -> list[dict[str, Any]]:
    """A row is written a moment after its call."""

    def all_there() -> list[dict[str, Any]] | None:
        found = rows(gateway, **wishes)
        return found if len(found) == count else None

    return until(all_there, f"{count} rows like {wishes}")


def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "data" / "requests.db")


def tables(home: Path) -> list[str]:
    with database(home) as opened:
        return [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]


def test_a_call_leaves_a_row_that_is_found_by_all_its_ids(gateway: Gateway, tmp_path: Path) -> None:
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat(SECRET_WORDS), headers={"x-request-id": "ticket-42"})
    assert reply.status_code == 200
    (row,) = wait_for_rows(gateway, 1, request_id="ticket-42")
    assert (row["model"], row["provider"], row["status"], row["path"]) == (MODEL, "openai", 200, CHAT_PATH)
    assert (row["tokens"]["input"], row["tokens"]["output"]) == (PROMPT_TOKENS, COMPLETION_TOKENS)
    assert (row["attempts"], row["is_streaming"], row["kind"], row["bytes_out"]) == (1, False, None, len(CHAT_REPLY))
    assert (row["organisation"], row["project"]) == ("org_default", "proj_default")
    assert row["region"] == reply.headers["x-bellwether-region"]
    for wish in ("call_id", "key", "organisation", "model", "provider", "status"):
        assert rows(gateway, **{wish: row[wish]}) == [row], wish
    assert rows(gateway, to=row["at"]) == [] and rows(gateway, **{"from": row["at"]}) == [row]
    assert rows(gateway, status="5xx") == []
    log = [json.loads(line) for line in gateway.process.stderr.splitlines() if '"message":"request"' in line]
    assert row["call_id"] in [line["call_id"] for line in log]
    gateway.stop()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home" / "data").glob("requests.db*"))
    assert row["call_id"].encode() in kept
    assert SECRET_WORDS.encode() not in kept and "café".encode() not in kept and UPSTREAM_KEY.encode() not in kept


def test_failures_leave_rows_and_strangers_and_looks_none(gateway: Gateway) -> None:
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=b"{").status_code == 400
        assert http.get("/v1/models").status_code == 200
    with gateway.http(key="bw_nobody-has-this-key-0123456789") as stranger:
        assert stranger.post(CHAT_PATH, content=chat()).status_code == 401
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    listed = wait_for_rows(gateway, 2)
    assert [(row["status"], row["kind"]) for row in listed] == [(200, None), (400, "invalid_request")]


def test_a_stop_writes_every_row_and_the_command_finds_them_without_a_server(
    gateway: Gateway, commands: Commands
) -> None:
    with gateway.http() as http:
        for number in range(100):
            assert http.post(CHAT_PATH, content=chat(), headers={"x-request-id": f"n-{number}"}).status_code == 200
    gateway.stop()
    listed = commands.json("requests", "list", "--limit", "1000")["requests"]
    assert sorted(row["request_id"] for row in listed) == sorted(f"n-{number}" for number in range(100))
    assert [row["call_id"] for row in listed] == sorted((row["call_id"] for row in listed), reverse=True)
    shown = commands.json("requests", "show", "n-7")
    assert shown["request_id"] == "n-7" and commands.json("requests", "show", shown["call_id"]) == shown
    assert "n-7" in commands.text("requests", "show", shown["call_id"])
    assert commands.run("requests", "show", "n-100").returncode == 1


def test_pages_lead_to_the_end(gateway: Gateway, commands: Commands) -> None:
    with gateway.http() as http:
        for _ in range(25):
            assert http.post(CHAT_PATH, content=chat()).status_code == 200
    wait_for_rows(gateway, 25)
    with gateway.admin() as admin:
        seen, after = [], ""
        while after is not None:
            page = admin.get(f"/admin/v1/requests?limit=10{after}").json()
            seen += [row["call_id"] for row in page["requests"]]
            after = page["next_after"] and f"&after={page['next_after']}"
    assert len(set(seen)) == len(seen) == 25
    assert [row["call_id"] for row in commands.json("requests", "list", "--limit", "25")["requests"]] == seen


def test_a_kill_loses_only_what_was_not_written(gateway: Gateway, start: StartGateway, upstream: Upstream) -> None:
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
        (row,) = wait_for_rows(gateway, 1)
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    gateway.process.kill()
    again = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    left = rows(again)
    assert row in left and len(left) in (1, 2)


def test_old_days_are_dropped_and_rows_can_be_switched_off(
    start: StartGateway, new_upstream: StartUpstream, tmp_path: Path
) -> None:
    config = configuration(providers={"main": provider(new_upstream(whole(CHAT_REPLY)).base_url)})
    first = start(config=config)
    with first.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    (row,) = wait_for_rows(first, 1)
    first.stop()
    (today,) = [table for table in tables(tmp_path / "home") if table.startswith("requests_2")]
    with database(tmp_path / "home") as opened:
        old = "requests_20260101"
        opened.execute(f"CREATE TABLE {old} AS SELECT * FROM {today}")
    second = start(config={**config, "requests": {"rows": "off", "keep_days": 30}})
    until(lambda: old not in tables(tmp_path / "home"), "the old day is dropped")
    with second.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    second.stop()
    third = start(config=config)
    assert rows(third) == [row]
