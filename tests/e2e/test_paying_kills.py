"""Proves that kill -9 under load loses no charge, doubles none, holds nothing and charges nobody for what he has not got."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import INPUT_NANO, NANO, OUTPUT_NANO, REPLY_NANO, nano
from harness.commands import Commands
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import LAST_CHUNK, Exchange, chunk, stream_head, whole
from test_paying import Accounts, configured, stream_of

#: How often the gateway is killed.
KILLS = int(os.environ.get("PAYING_KILLS", "3"))
#: So that a failure can be had again, as far as threads allow.
SEED = int(os.environ.get("PAYING_SEED", "1"))
CALLERS = 4
PIECES_MAX = 400
PROMPT_TOKENS = 9
#: What a prompt may be counted as here, where its provider has not told yet: a quarter of its bytes.
PROMPT_TOKENS_COUNTED = 30
#: What a stream may have come to since it was metered last.
UNMETERED_PIECES = 17
BUDGET = 1_000 * NANO


@dataclass
class Heard:
    """What a caller knows of his call."""

    call_id: str
    #: What it must cost if all of it came.
    cost_nano: int
    pieces: int = 0
    is_whole: bool = False
    is_stream: bool = False


def script(exchange: Exchange) -> None:
    """A whole answer, or a stream as long as its cap."""
    asked = exchange.received.json
    if not asked.get("stream"):
        whole(CHAT_REPLY)(exchange)
        return
    exchange.send(stream_head())
    for event in stream_of(asked["max_tokens"], usage=(PROMPT_TOKENS, asked["max_tokens"])):
        exchange.send(chunk(event))
    exchange.send(LAST_CHUNK)


def call_on(
    gateway: Gateway, chance: random.Random, heard: list[Heard], over: threading.Event, refused: list[int]
) -> None:
    """Calls until the gateway is gone, or says no."""
    with httpx.Client(base_url=gateway.url, headers={"authorization": f"Bearer {gateway.key}"}, trust_env=False) as http:
        while not over.is_set():
            pieces = chance.randrange(1, PIECES_MAX) if chance.random() < 0.5 else 0
            try:
                if pieces == 0:
                    reply = http.post(CHAT_PATH, content=chat(max_tokens=100))
                    if reply.status_code != 200:
                        refused.append(reply.status_code)
                        return
                    heard.append(Heard(reply.headers["x-bellwether-call-id"], REPLY_NANO, is_whole=True))
                    continue
                with http.stream("POST", CHAT_PATH, content=chat(stream=True, max_tokens=pieces)) as reply:
                    if reply.status_code != 200:
                        refused.append(reply.status_code)
                        return
                    cost = PROMPT_TOKENS * INPUT_NANO + pieces * OUTPUT_NANO
                    known = Heard(reply.headers["x-bellwether-call-id"], cost, is_stream=True)
                    heard.append(known)
                    for line in reply.iter_lines():
                        known.pieces += '"content": "word' in line
                        known.is_whole |= line == "data: [DONE]"
            except httpx.TransportError:
                # Killed: whatever has come by now has come.
                return


def charges(home: Path) -> dict[str, int]:
    """Each call's charge by its id, out of the database."""
    with sqlite3.connect(home / "data" / "bellwether.db") as opened:
        rows = opened.execute("SELECT call_id, amount FROM ledger_calls").fetchall()
    found = {bytes(call_id).hex(): amount for call_id, amount in rows}
    assert len(found) == len(rows)
    return found


def assert_charged(heard: list[Heard], home: Path, spent_nano: int, commands: Commands) -> None:
    """That the books prove, and each call was charged for what its caller got, and once."""
    proved = commands.run("ledger", "verify", "--json")
    assert proved.returncode == 0, proved.stdout
    assert all(invariant["holds"] for invariant in json.loads(proved.stdout)["invariants"])
    booked = charges(home)
    for call in heard:
        charged = booked.get(call.call_id, 0)
        if call.is_whole:
            assert charged == call.cost_nano, call
        else:
            least = (call.pieces - UNMETERED_PIECES) * OUTPUT_NANO
            assert least <= charged <= call.cost_nano + PROMPT_TOKENS_COUNTED * INPUT_NANO, (call, charged)
    assert sum(booked.values()) == spent_nano


@pytest.mark.timeout(60 + 5 * KILLS)
def test_kills_under_load_lose_and_double_no_charge(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, tmp_path: Path
) -> None:
    upstream = new_upstream(script)
    chance, heard, refused = random.Random(SEED), list[Heard](), list[int]()
    gateway = start(config=configured(upstream))
    Accounts(gateway).open(BUDGET)
    for _ in range(KILLS):
        over, before = threading.Event(), len(heard)
        arguments = [(gateway, random.Random(chance.random()), heard, over, refused) for _ in range(CALLERS)]
        callers = [threading.Thread(target=call_on, args=each) for each in arguments]
        for caller in callers:
            caller.start()
        until(lambda known=before: len(heard) > known + CALLERS, "calls flow")
        # Anywhere in a call: nothing is waited for, the moment is the point.
        time.sleep(chance.random() / 2)
        gateway.process.kill()
        over.set()
        for caller in callers:
            caller.join()
        gateway = start(config=configured(upstream))
    assert refused == []
    shown = Accounts(gateway).show()
    assert shown["held"] == "0"
    gateway.stop()
    assert_charged(heard, tmp_path / "home", BUDGET - nano(shown["balance"]), commands)
    assert sum(call.is_whole for call in heard) > KILLS
