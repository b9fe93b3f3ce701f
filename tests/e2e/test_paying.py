"""Proves that money is put aside before anybody is asked, charged once to the nano-unit, and that calls end where it does."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import Launch, StartGateway, StartUpstream
from harness.amounts import INPUT_NANO, NANO, OUTPUT_NANO, PRICES, REPLY_NANO, money, nano
from harness.commands import Commands
from harness.config import Section, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, stream_head, whole


class Accounts:
    """The admin API's accounts of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        with self.gateway.admin() as admin:
            reply = admin.request(method, f"/admin/v1{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def open(self, amount_nano: int, **more: Any) -> Any:
        """An account of the organisation that is always there, with that much."""
        self.ask("PUT", "/prices", {"text": PRICES, "reason": "a test"})
        made = self.ask("POST", "/accounts", {"organisation": "default", **more}, status=201)
        if amount_nano:
            self.credit(amount_nano)
        return made

    def credit(self, amount_nano: int, **more: Any) -> Any:
        return self.ask("POST", "/accounts/1/credit", {"amount": money(amount_nano), "reason": "a test", **more})

    def show(self) -> Any:
        return self.ask("GET", "/accounts/1")

    def balance(self) -> int:
        return nano(self.show()["balance"])

    def wait_until_nothing_is_held(self) -> int:
        until(lambda: self.show()["held"] == "0", "every call is settled")
        return self.balance()


@pytest.fixture
def served(new_upstream: StartUpstream, start: StartGateway) -> Any:
    """A gateway with one provider that does what a test says."""

    def serve(script: Script, **ledger: Any) -> tuple[Upstream, Gateway, Accounts]:
        upstream = new_upstream(script)
        gateway = start(config=configured(upstream, **ledger))
        return upstream, gateway, Accounts(gateway)

    return serve


def configured(upstream: Upstream, **ledger: Any) -> Section:
    """One provider, and a journal of small files."""
    config = configuration({"openai": provider(upstream.base_url, models=[MODEL])})
    return {**config, "ledger": {"segment_bytes": 1 << 20, **ledger}}


@pytest.mark.parametrize("level", ["slot", "written", "durable"])
def test_a_whole_answer_is_charged_to_the_nano_unit(served: Any, level: str) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY), level=level)
    accounts.open(NANO)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat())
    assert (reply.status_code, reply.content) == (200, CHAT_REPLY)
    assert nano(reply.headers["x-bellwether-cost"]) == REPLY_NANO
    assert accounts.wait_until_nothing_is_held() == NANO - REPLY_NANO


def test_a_call_that_the_balance_does_not_cover_is_refused_with_the_numbers_and_asks_nobody(served: Any) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(5_000)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat(max_tokens=100))
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["source"]) == (402, "insufficient_quota", "client")
    assert "the balance has 0.000005 USD left" in error["message"]
    needed = nano(error["message"].split("up to ")[1].split(" ")[0])
    assert 100 * OUTPUT_NANO < needed < 200 * OUTPUT_NANO
    assert reply.headers["x-should-retry"] == "false"
    assert upstream.calls == []
    assert accounts.balance() == 5_000
    accounts.credit(needed)
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat(max_tokens=100)).status_code == 200
    assert accounts.wait_until_nothing_is_held() == 5_000 + needed - REPLY_NANO


def test_who_pays_later_may_owe_as_much_as_is_agreed(served: Any) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(0, credit=money(1_000_000))
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat(max_tokens=10)).status_code == 200
    assert accounts.wait_until_nothing_is_held() == -REPLY_NANO
    assert nano(accounts.show()["available"]) == 1_000_000 - REPLY_NANO


def test_an_answer_that_never_began_costs_nothing(served: Any) -> None:
    _, gateway, accounts = served(whole(b'{"error":{"message":"no"}}', status="400 Bad Request"))
    accounts.open(NANO)
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 400
    assert accounts.wait_until_nothing_is_held() == NANO


def stream_of(pieces: int, usage: tuple[int, int] | None = None) -> list[bytes]:
    events = [delta(role="assistant"), *(delta(content=f"word{number} ") for number in range(pieces))]
    if usage is not None:
        told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        last = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [], "usage": told}
        finish = {**last, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None}
        events += [b"data: " + json.dumps(event).encode() + b"\n\n" for event in (finish, last)]
        events.append(DONE)
    return events


def test_a_stream_is_charged_what_its_provider_tells(served: Any) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        for event in stream_of(50, usage=(9, 123)):
            exchange.send(chunk(event))
        exchange.send(LAST_CHUNK)

    _, gateway, accounts = served(script)
    accounts.open(NANO)
    text = "".join(
        part.choices[0].delta.content or ""
        for part in gateway.openai().chat.completions.create(model=MODEL, messages=[], stream=True)
        if part.choices
    )
    assert text.startswith("word0 ")
    assert accounts.wait_until_nothing_is_held() == NANO - 9 * INPUT_NANO - 123 * OUTPUT_NANO


class Endless:
    """Writes an answer until its reader has gone, so many pieces at a time."""

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self.written = 0
        self.saw_hang_up = False

    def __call__(self, exchange: Exchange) -> None:
        exchange.send(stream_head())
        exchange.send(chunk(delta(role="assistant")))
        try:
            while self.written < 50_000:
                exchange.send(chunk(delta(content="word ") * self.at_once))
                self.written += self.at_once
                if self.written % 10 == 0:
                    # So that reader and writer keep pace.
                    self.saw_hang_up = exchange.saw_hang_up_within(0.002)
                    if self.saw_hang_up:
                        break
        except OSError:
            self.saw_hang_up = True
        exchange.close()


@pytest.mark.parametrize("at_once", [1, 130, 290])
def test_a_stream_ends_where_the_money_does(served: Any, at_once: int) -> None:
    endless = Endless(at_once)
    _, gateway, accounts = served(endless)
    budget = 3_000 * OUTPUT_NANO
    accounts.open(budget)
    ask = chat(stream=True)
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=ask) as reply:
        assert reply.status_code == 200
        events = [line[6:] for line in reply.iter_lines() if line.startswith("data: ")]
    error = json.loads(events[-1])["error"]
    assert (error["code"], "the balance is used up" in error["message"]) == ("insufficient_quota", True)
    assert "[DONE]" not in events
    until(lambda: endless.saw_hang_up, "the provider is no longer asked")
    left = accounts.wait_until_nothing_is_held()
    delivered = len(events) - 2
    # Never more than there was, and little of it unused.
    assert 0 <= left < budget // 10
    assert (budget - left) >= delivered * OUTPUT_NANO * 95 // 100


def test_many_at_once_spend_no_more_than_there_is(served: Any) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY))
    # Each holds little more than it costs.
    ask = chat("hello", max_tokens=7)
    calls = 50
    accounts.open(calls * REPLY_NANO)

    def call(_: int) -> int:
        with gateway.http() as http:
            return http.post(CHAT_PATH, content=ask).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(call, range(300)))
    left = accounts.wait_until_nothing_is_held()
    assert set(statuses) <= {200, 402}
    assert left == calls * REPLY_NANO - statuses.count(200) * REPLY_NANO
    assert 0 <= left <= calls * REPLY_NANO // 10


class Unfinished:
    """Writes so many pieces, and then nothing."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def __call__(self, exchange: Exchange) -> None:
        exchange.send(stream_head())
        for event in stream_of(self.pieces):
            exchange.send(chunk(event))
        exchange.saw_hang_up()
        exchange.close()


def test_a_caller_who_goes_pays_for_what_was_written(served: Any) -> None:
    _, gateway, accounts = served(Unfinished(20))
    accounts.open(NANO)
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        lines = reply.iter_lines()
        while "word19" not in next(lines):
            pass
    left = accounts.wait_until_nothing_is_held()
    assert 20 * OUTPUT_NANO <= NANO - left <= 40 * OUTPUT_NANO


def test_a_killed_gateway_has_charged_what_it_told_and_holds_nothing(served: Any, start: StartGateway) -> None:
    upstream, gateway, accounts = served(Unfinished(200))
    accounts.open(NANO)
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        lines = reply.iter_lines()
        while "word199" not in next(lines):
            pass
        gateway.process.kill()
    again = Accounts(start(config=configured(upstream)))
    shown = again.show()
    assert shown["held"] == "0"
    # Sixteen pieces, or a tenth of a second, may not have been noted.
    charged = NANO - nano(shown["balance"])
    assert 180 * OUTPUT_NANO <= charged <= 220 * OUTPUT_NANO, charged


def test_whoever_has_read_the_end_mark_is_charged_in_full_though_the_gateway_is_killed(
    served: Any, start: StartGateway
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        for event in stream_of(30, usage=(9, 77)):
            exchange.send(chunk(event))
        # The framing is left open: only the end mark tells that this is all.
        exchange.saw_hang_up()
        exchange.close()

    upstream, gateway, accounts = served(script)
    accounts.open(NANO)
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        lines = reply.iter_lines()
        while "[DONE]" not in next(lines):
            pass
        gateway.process.kill()
    shown = Accounts(start(config=configured(upstream))).show()
    assert (shown["held"], NANO - nano(shown["balance"])) == ("0", 9 * INPUT_NANO + 77 * OUTPUT_NANO)


def test_counting_tokens_costs_nothing_and_needs_no_balance(served: Any) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(0)
    ask = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
    with gateway.http() as http:
        assert http.post("/v1/messages/count_tokens", json=ask).json()["input_tokens"] > 0
        assert http.post(CHAT_PATH, content=chat()).status_code == 402


def test_a_key_that_nobody_pays_for_calls_as_before(served: Any) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY))
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    assert accounts.ask("GET", "/accounts") == {"accounts": []}
    assert not (gateway.data_dir / "ledger").exists()


@pytest.mark.parametrize(("fields", "name"), [({}, "max_completion_tokens"), ({"max_tokens": 900}, "max_tokens")])
def test_who_would_rather_have_a_short_answer_gets_one_that_the_balance_covers(
    served: Any, fields: dict[str, int], name: str
) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(400 * OUTPUT_NANO)
    shorten = {"x-bellwether-low-balance": "shorten"}
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat(**fields)).status_code == 402
        reply = http.post(CHAT_PATH, content=chat(**fields), headers=shorten)
    assert reply.status_code == 200, reply.text
    assert int(reply.headers["x-bellwether-lowered-cap"]) == upstream.call.json[name]
    assert 380 <= upstream.call.json[name] < 400
    assert upstream.call.json["messages"] == [{"role": "user", "content": "hello"}]
    assert accounts.wait_until_nothing_is_held() == 400 * OUTPUT_NANO - REPLY_NANO


def test_an_answer_that_would_be_too_short_is_refused_all_the_same(served: Any) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(10 * OUTPUT_NANO)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat(), headers={"x-bellwether-low-balance": "shorten"})
    assert (reply.status_code, upstream.calls) == (402, [])


def test_a_stream_that_breaks_is_charged_what_was_delivered(served: Any) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        for event in stream_of(40):
            exchange.send(chunk(event))
        exchange.close()

    _, gateway, accounts = served(script)
    accounts.open(NANO)
    events = []
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        with contextlib.suppress(httpx.RemoteProtocolError):
            events.extend(line[6:] for line in reply.iter_lines() if line.startswith("data: "))
    assert len(events) == 42
    charged = NANO - accounts.wait_until_nothing_is_held()
    assert 40 * OUTPUT_NANO <= charged <= 60 * OUTPUT_NANO + 100 * INPUT_NANO


def test_two_calls_with_one_request_id_are_two_charges(served: Any) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(NANO)
    with gateway.http() as http:
        replies = [http.post(CHAT_PATH, content=chat(), headers={"x-request-id": "twice"}) for _ in range(2)]
    assert {reply.headers["x-request-id"] for reply in replies} == {"twice"}
    assert len({reply.headers["x-bellwether-call-id"] for reply in replies}) == 2
    assert accounts.wait_until_nothing_is_held() == NANO - 2 * REPLY_NANO


def test_whoever_was_charged_can_look_for_what(served: Any, commands: Commands) -> None:
    _, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(NANO)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat(), headers={"x-request-id": "ticket-42"})
    call_id = reply.headers["x-bellwether-call-id"]

    def entries(query: str) -> Any:
        return accounts.ask("GET", f"/ledger/entries?{query}")["entries"]

    (entry,) = until(lambda: entries(f"call_id={call_id}"), "the database has the charge")
    assert (entry["kind"], entry["key"], entry["price_version"]) == ("settle", f"{call_id}:s", 1)
    (transfer,) = entry["transfers"]
    assert (transfer["debit"], transfer["credit"]) == ("customer:1:paid", "revenue:usage")
    assert nano(transfer["amount"]) == REPLY_NANO
    assert until(lambda: entries("request_id=ticket-42"), "the row of the call is written") == [entry]
    assert [found["kind"] for found in entries("account=1")] == ["settle", "credit"]
    statement = accounts.ask("GET", "/ledger/statement?account=1")
    (purse,) = statement["currencies"]
    assert [(line["kind"], line["count"]) for line in purse["lines"]] == [("settle", 1), ("credit", 1)]
    assert nano(purse["closing"]["paid"]) == NANO - REPLY_NANO
    with gateway.admin() as admin:
        lines = admin.get("/admin/v1/ledger/statement?account=1&format=csv").text.splitlines()
    assert lines[-1].endswith(f",USD,closing,,{money(NANO - REPLY_NANO)},0")
    assert f"{call_id}:s" in commands.text("ledger", "entries", "--call-id", call_id)
    assert "closing" in commands.text("ledger", "statement")
    gateway.stop()
    assert f"{call_id}:s" in commands.text("ledger", "entries", "--account", "1"), "without a server, too"


def test_a_restored_database_goes_on_without_its_journal_once_somebody_says_so(
    served: Any, commands: Commands, start: StartGateway, launch: Launch, binary: Path, tmp_path: Path
) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY))
    accounts.open(NANO)
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    gateway.stop()
    commands.text("backup", tmp_path / "all.backup")
    elsewhere = Commands(binary, tmp_path / "elsewhere")
    (elsewhere.home / "data").mkdir(parents=True)
    shutil.copy(gateway.data_dir / "master.key", elsewhere.home / "data" / "master.key")
    elsewhere.text("restore", tmp_path / "all.backup")
    refused, _ = launch(home="elsewhere", config=configured(upstream))
    assert refused.wait() == 1
    assert "bellwether ledger begin-anew" in refused.output
    small = ["--config", str(elsewhere.home / "bellwether.yaml")]
    assert "goes on behind record" in elsewhere.text(*small, "ledger", "begin-anew", "--reason", "a test")
    again = start(home="elsewhere", config=configured(upstream))
    assert Accounts(again).balance() == NANO - REPLY_NANO
    with again.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    assert Accounts(again).wait_until_nothing_is_held() == NANO - 2 * REPLY_NANO


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB where the gateway of `start` is at home; needs the right to mount, which root has."""
    home = tmp_path / "home"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(home)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount")
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)


def test_on_a_full_disk_paid_calls_are_refused_until_there_is_room(
    small_disk: Path, served: Any, tmp_path: Path
) -> None:
    upstream, gateway, accounts = served(whole(CHAT_REPLY), slots_file=str(tmp_path / "slots"))
    filler = small_disk / "somebody-elses"
    room = shutil.disk_usage(small_disk).free
    # Room for the first file of the journal and one beside it, no more.
    filler.write_bytes(bytes(room - (5 << 19)))
    accounts.open(NANO)
    with gateway.http() as http:
        reply = http.post(CHAT_PATH, content=chat())
        assert (reply.status_code, upstream.calls) == (503, [])
        assert "cannot be recorded" in reply.json()["error"]["message"]
        assert accounts.balance() == NANO
        filler.unlink()
        until(lambda: http.post(CHAT_PATH, content=chat()).status_code == 200, "there is room again")
    assert accounts.wait_until_nothing_is_held() == NANO - REPLY_NANO * len(upstream.calls)
