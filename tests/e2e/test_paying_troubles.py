"""Proves what becomes of calls that are paid for while the disk under the journal of money stalls or fails."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from pathlib import Path

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, nano
from harness.commands import Commands
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat
from harness.troubles import Troubles
from harness.upstream import LAST_CHUNK, Exchange, chunk, stream_head, whole
from test_paying import Accounts, configured, stream_of
from test_paying_kills import CALLERS, SEED, Heard, assert_charged, call_on
from test_paying_kills import script as mixed_script

#: Per million tokens: every look at a stream is worth a record of the journal.
DEAR = """
currency = "USD"
[[price]]
provider = "openai"
model = "gpt-4o-mini"
input = "1000"
output = "100000"
"""
DEAR_INPUT_NANO, DEAR_OUTPUT_NANO = 1_000_000, 100_000_000
DEAR_REPLY_NANO = 11 * DEAR_INPUT_NANO + 7 * DEAR_OUTPUT_NANO
#: So many pieces fill what a journal of small files keeps in memory, and some more.
PIECES = 56_000
BUDGET = 1_000_000 * NANO


@pytest.fixture
def troubles(tmp_path: Path) -> Troubles:
    """What the gateway of the test is to suffer from."""
    return Troubles(tmp_path / "troubles")


def long_script(exchange: Exchange) -> None:
    """A whole answer; or a stream that is so long that what it has come to fills the journal's memory."""
    if not exchange.received.json.get("stream"):
        whole(CHAT_REPLY)(exchange)
        return
    exchange.send(stream_head())
    events = stream_of(PIECES, usage=(9, PIECES))
    # The gateway looks at what it has come to behind each of these, if they do not come all at once.
    for at in range(0, len(events), 16):
        exchange.send(chunk(b"".join(events[at : at + 16])))
        exchange.saw_hang_up_within(0.0003)
    exchange.send(LAST_CHUNK)


@pytest.mark.parametrize("level", ["slot", "written", "durable"])
def test_no_end_is_told_of_an_answer_whose_charge_is_not_safe(
    level: str, start: StartGateway, new_upstream: StartUpstream, troubles: Troubles, tmp_path: Path
) -> None:
    upstream = new_upstream(long_script)
    config = configured(upstream, level=level, slots_file=str(tmp_path / "slots"))
    gateway = start(config=config, environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    accounts.ask("PUT", "/prices", {"text": DEAR, "reason": "a test"})
    told = bytearray()
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True, n=100)) as reply:
        assert reply.status_code == 200
        pieces = reply.iter_raw()
        told += next(pieces)
        troubles.stall_writes()
        with contextlib.suppress(httpx.RemoteProtocolError):
            for piece in pieces:
                told += piece
    assert troubles.has_stalled
    assert f"word{PIECES - 100} ".encode() in told, "nothing is held back but the end"
    if level == "slot":
        assert told.endswith(DONE), "its slot says what it cost"
    else:
        assert DONE not in told
        error = json.loads(told[told.rindex(b"data: ") + 6 :])["error"]
        assert (error["status"], error["source"]) == (503, "gateway")
        assert "cannot be recorded" in error["message"]
    troubles.stall_writes(False)
    left = accounts.wait_until_nothing_is_held()
    assert BUDGET - left == 9 * DEAR_INPUT_NANO + PIECES * DEAR_OUTPUT_NANO, "charged in full, once there is room"
    with gateway.http() as http:
        until(lambda: http.post(CHAT_PATH, content=chat(max_tokens=9)).status_code == 200, "calls are paid for again")
    assert left - accounts.wait_until_nothing_is_held() == DEAR_REPLY_NANO


def test_a_stream_for_which_no_more_can_be_put_aside_is_not_told_that_its_money_is_used_up(
    start: StartGateway, new_upstream: StartUpstream, troubles: Troubles, tmp_path: Path
) -> None:
    upstream = new_upstream(long_script)
    config = configured(upstream, slots_file=str(tmp_path / "slots"))
    gateway = start(config=config, environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    accounts.ask("PUT", "/prices", {"text": DEAR, "reason": "a test"})
    events: list[str] = []
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        assert reply.status_code == 200
        lines = (line for line in reply.iter_lines() if line.startswith("data: "))
        events.append(next(lines))
        troubles.stall_writes()
        events.extend(lines)
    troubles.stall_writes(False)
    error = json.loads(events[-1].removeprefix("data: "))["error"]
    assert (error["status"], error["code"]) == (503, "overloaded"), error
    charged = BUDGET - accounts.wait_until_nothing_is_held()
    delivered = (len(events) - 2) * DEAR_OUTPUT_NANO
    assert delivered * 95 // 100 <= charged <= delivered * 105 // 100, "what was delivered"


@pytest.mark.parametrize("level", ["slot", "written", "durable"])
def test_a_disk_that_fails_ends_the_process_and_nothing_that_was_told_is_lost(
    level: str,
    start: StartGateway,
    new_upstream: StartUpstream,
    commands: Commands,
    troubles: Troubles,
    tmp_path: Path,
) -> None:
    config = configured(new_upstream(mixed_script), level=level)
    gateway = start(config=config, environment=troubles.environment)
    Accounts(gateway).open(BUDGET)
    chance, heard, refused, over = random.Random(SEED), list[Heard](), list[int](), threading.Event()
    arguments = [(gateway, random.Random(chance.random()), heard, over, refused) for _ in range(CALLERS)]
    callers = [threading.Thread(target=call_on, args=each) for each in arguments]
    for caller in callers:
        caller.start()
    until(lambda: sum(call.is_whole for call in list(heard)) > 10 * CALLERS, "calls flow")
    troubles.fail_syncs()
    assert gateway.process.wait() == 1
    over.set()
    for caller in callers:
        caller.join()
    assert troubles.has_failed
    assert set(refused) <= {503}, "none is taken that could not be recorded"
    assert "money cannot be kept safe: this process ends" in gateway.process.output
    again = start(config=config)
    shown = Accounts(again).show()
    assert shown["held"] == "0"
    again.stop()
    assert_charged(heard, tmp_path / "home", BUDGET - nano(shown["balance"]), commands)
