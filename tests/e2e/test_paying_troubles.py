"""Proves what becomes of calls that are paid for while the disk under the journal of money stalls or fails."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import NANO, nano
from harness.commands import Commands
from harness.gateway import PATIENCE_S, Gateway
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
#: So many looks at a stream fill what a journal of small files keeps in memory, 128 KiB, and some more; one behind so many pieces.
PART = 16
PIECES = 3_000 * PART
BUDGET = 1_000_000 * NANO
#: How long that may take where others are at work.
LONG_S = 60.0

pytestmark = pytest.mark.timeout(2 * LONG_S)


@pytest.fixture
def troubles(tmp_path: Path) -> Troubles:
    """What the gateway of the test is to suffer from."""
    return Troubles(tmp_path / "troubles")


#: Whose whole answer waits for the test.
PARKED = "wait"


class LongAnswer:
    """A whole answer; or a stream that is so long that what it has come to fills the journal's memory. It is sent as it is read, so
    that the gateway looks at what it has come to behind each part.
    """

    def __init__(self) -> None:
        self._parts_read = threading.Semaphore(0)
        self._events_read = 0
        self.may_be_whole = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if not exchange.received.json.get("stream"):
            if PARKED in exchange.received.body.decode():
                assert self.may_be_whole.wait(LONG_S)
            whole(CHAT_REPLY)(exchange)
            return
        exchange.send(stream_head())
        events = stream_of(PIECES, usage=(9, PIECES))
        for at in range(0, len(events), PART):
            if at > 0 and not self._parts_read.acquire(timeout=PATIENCE_S):
                exchange.close()
                return
            exchange.send(chunk(b"".join(events[at : at + PART])))
        exchange.send(LAST_CHUNK)

    def note_read(self, piece: bytes) -> None:
        """Its reader has come so far."""
        before = self._events_read // PART
        self._events_read += piece.count(b"\n\n")
        for _ in range(before, self._events_read // PART):
            self._parts_read.release()


def whole_answer(gateway: Gateway) -> bytes | None:
    """A whole answer as its caller takes it; nothing where it breaks off."""
    with gateway.http() as http:
        try:
            return http.post(CHAT_PATH, content=chat(PARKED), timeout=LONG_S).raise_for_status().content
        except httpx.RemoteProtocolError:
            return None


@pytest.mark.parametrize("level", ["slot", "written", "durable"])
def test_no_end_is_told_of_an_answer_whose_charge_is_not_safe(
    level: str, start: StartGateway, new_upstream: StartUpstream, troubles: Troubles, tmp_path: Path
) -> None:
    answer = LongAnswer()
    upstream = new_upstream(answer)
    config = configured(upstream, level=level, slots_file=str(tmp_path / "slots"))
    gateway = start(config=config, environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    accounts.ask("PUT", "/prices", {"text": DEAR, "reason": "a test"})
    told = bytearray()
    parked = ThreadPoolExecutor(1).submit(whole_answer, gateway)
    until(lambda: len(upstream.calls) == 1, "a call waits for its answer")
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True, n=100), timeout=LONG_S) as reply:
        assert reply.status_code == 200
        troubles.stall_writes()
        with contextlib.suppress(httpx.RemoteProtocolError):
            for piece in reply.iter_raw():
                told += piece
                answer.note_read(piece)
    assert troubles.has_stalled
    answer.may_be_whole.set()
    assert parked.result() == (CHAT_REPLY if level == "slot" else None), "nor of a whole answer"
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
    streamed = 9 * DEAR_INPUT_NANO + PIECES * DEAR_OUTPUT_NANO
    assert BUDGET - left == streamed + DEAR_REPLY_NANO, "charged in full, once there is room"
    with gateway.http() as http:
        until(lambda: http.post(CHAT_PATH, content=chat(max_tokens=9)).status_code == 200, "calls are paid for again")
    assert left - accounts.wait_until_nothing_is_held() == DEAR_REPLY_NANO


def test_a_stream_for_which_no_more_can_be_put_aside_is_not_told_that_its_money_is_used_up(
    start: StartGateway, new_upstream: StartUpstream, troubles: Troubles, tmp_path: Path
) -> None:
    answer = LongAnswer()
    config = configured(new_upstream(answer), slots_file=str(tmp_path / "slots"))
    gateway = start(config=config, environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    accounts.ask("PUT", "/prices", {"text": DEAR, "reason": "a test"})
    told = bytearray()
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True), timeout=LONG_S) as reply:
        assert reply.status_code == 200
        troubles.stall_writes()
        for piece in reply.iter_raw():
            told += piece
            answer.note_read(piece)
    troubles.stall_writes(False)
    error = json.loads(told[told.rindex(b"data: ") + 6 :])["error"]
    assert (error["status"], error["code"]) == (503, "overloaded"), error
    charged = BUDGET - accounts.wait_until_nothing_is_held()
    delivered = told.count(b'"content": "word') * DEAR_OUTPUT_NANO
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
