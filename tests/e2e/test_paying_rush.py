"""Proves that very many streams at once on an account that has one unit left spend that unit, and nothing beyond it.

`RUSH_STREAMS=200` is how many; `make prove-paying` has a thousand.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import StartGateway
from harness.amounts import NANO, money
from harness.commands import Commands
from harness.gateway import Gateway
from harness.process import Process
from harness.simulator import start_simulator
from harness.speech import CHAT_PATH, MODEL, chat
from test_paying import Accounts
from test_paying_kills import charges

RUSH_STREAMS = int(os.environ.get("RUSH_STREAMS", "200"))
#: The unit is worth so many tokens for each stream: half of what is put aside at first, so about half of them begin.
TOKENS_EACH = 500
ANSWER_TOKENS = 4_000
OUTPUT_NANO = NANO // (RUSH_STREAMS * TOKENS_EACH)
#: All begin at once, and a busy machine takes its time.
PATIENT = {"connect_ms": 10_000, "first_byte_ms": 300_000, "idle_ms": 300_000}
SAID = b'"content":"'

pytestmark = pytest.mark.timeout(60 + RUSH_STREAMS // 2)


@dataclass
class Rushed:
    """What one caller got."""

    status: int
    call_id: str
    pieces: int
    end: bytes

    @property
    def is_told_why(self) -> bool:
        return b"insufficient_quota" in self.end and b"[DONE]" not in self.end


async def rush(gateway: Gateway, begin: asyncio.Event, opened: asyncio.Semaphore) -> Rushed:
    """One stream, read to its end."""
    async with opened:
        reader, writer = await asyncio.open_connection(*gateway.address)
    body = chat(stream=True)
    await begin.wait()
    head = f"POST {CHAT_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\nconnection: close\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    call_id = next(line.split(": ")[1] for line in told if line.lower().startswith("x-bellwether-call-id"))
    pieces, end = 0, b""
    while part := await reader.read(1 << 16):
        pieces += (end[-len(SAID) + 1 :] + part).count(SAID)
        end = (end + part)[-2_000:]
    writer.close()
    return Rushed(int(told[0].split(" ")[1]), call_id, pieces, end)


async def rush_together(gateway: Gateway, streams: int) -> list[Rushed]:
    begin, opened = asyncio.Event(), asyncio.Semaphore(100)
    tasks = [asyncio.create_task(rush(gateway, begin, opened)) for _ in range(streams)]
    await asyncio.sleep(0)
    begin.set()
    return await asyncio.gather(*tasks)


def test_a_thousand_streams_on_one_unit_spend_that_unit(
    start: StartGateway,
    binary: Path,
    tmp_path: Path,
    processes: list[Process],
    commands: Commands,
    figure: Callable[[str], None],
) -> None:
    with start_simulator(binary, tmp_path / "simulator", processes, ["one"]) as simulator:
        simulator.node.set(answer_tokens=ANSWER_TOKENS)
        provider = {"credentials": [simulator.key], "base_url": simulator.node.base_url, "models": [MODEL]}
        config = {"providers": {"openai": provider}, "ledger": {"segment_bytes": 1 << 20}, "timeouts": PATIENT}
        gateway = start(config=config)
        accounts = Accounts(gateway)
        accounts.open(NANO)
        text = f'currency = "USD"\n[[price]]\nprovider = "openai"\nmodel = "{MODEL}"\ninput = "0"\n'
        price = f'output = "{money(OUTPUT_NANO * 1_000_000)}"\n'
        accounts.ask("PUT", "/prices", {"text": text + price, "reason": "a test"})
        rushed = asyncio.run(rush_together(gateway, RUSH_STREAMS))
        left = accounts.wait_until_nothing_is_held()
        late = asyncio.run(rush_together(gateway, RUSH_STREAMS // 10))
        assert accounts.wait_until_nothing_is_held() == left
    statuses = Counter(each.status for each in rushed)
    figure(
        f"{RUSH_STREAMS} streams on one unit: {dict(statuses)}, {sum(each.pieces for each in rushed)} pieces, "
        f"left {money(left)}, at most {max(each.pieces for each in rushed)} pieces a stream"
    )
    assert statuses.keys() <= {200, 402}
    assert {each.status for each in late} == {402}, "there is nothing left to be put aside"
    assert not [each for each in rushed if not each.is_told_why], "nobody was told that his answer is whole"
    assert left >= 0, "no more is spent than there was"
    gateway.stop()
    proved = commands.run("ledger", "verify", "--json")
    assert proved.returncode == 0, proved.stdout
    booked = charges(tmp_path / "home")
    assert sum(booked.values()) == NANO - left
    for each in rushed:
        assert each.pieces * OUTPUT_NANO <= booked.get(each.call_id, 0) <= (each.pieces + 2) * OUTPUT_NANO, each
