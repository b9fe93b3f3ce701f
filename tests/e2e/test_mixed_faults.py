"""Proves docs/operations/resume.md and failover.md together: all kinds of faults, one after the other and beside each other, under
steady load of streams and whole answers, and hardly a caller notices. What he gets is compared word for word.

`FAULTS_S=60` is how long; `make prove-faults` takes ten minutes.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.config import line
from harness.load import Call, Load
from harness.process import Process
from harness.simulator import Node, start_simulator
from harness.speech import MODEL, chat
from test_resume import expected

FAULTS_S = float(os.environ.get("FAULTS_S", "60"))
SUCCESS_MIN = 0.9997
PER_SECOND = 60.0
REGIONS = ("us", "eu", "ap")
TOKENS = 40
WORDS = "tell me all"
#: How long each lasts, and the time in which all is well again.
FAULT_S, CALM_S = 2.0, 1.0
FAULTS = [
    "refuse", "reset_on_accept", "reset_after_request", "close_after_request", "hang", "not_http", "cut_head=20", "status=500",
    "status=503", "status=429;retry_after=1", "html", "empty", "malformed=5", "error_event=9", "cut=20", "cut_bytes=3000", "reset=20",
    "stall=20", "truncate=20", "slow_first=400", "no_done", "wrong_length=10",
]

pytestmark = pytest.mark.timeout(FAULTS_S + 240)


def said(call: Call) -> str:
    """What a caller takes for a whole answer; empty if he is told of a break."""
    text = call.body.decode()
    if not text.startswith(("data:", ":")):
        return str(json.loads(text)["choices"][0]["message"]["content"])
    data = [event.removeprefix("data: ") for event in text.splitlines() if event.startswith("data: ")]
    if data[-1] != "[DONE]":
        return ""
    choices = [json.loads(event)["choices"] for event in data[:-1]]
    return "".join(choice["delta"].get("content") or "" for choice, *_ in filter(None, choices))


def test_hardly_anybody_notices(
    start: StartGateway, binary: Path, tmp_path: Path, processes: list[Process], figure: Callable[[str], None]
) -> None:
    """Two nodes in each of three regions; at any time at most one region is hit, by faults drawn by chance."""
    names = [f"{region}-{number}" for region in REGIONS for number in (1, 2)]
    with start_simulator(binary, tmp_path / "simulator", processes, names) as simulator:
        for node in simulator.nodes:
            node.set(latency_ms=5, gap_ms=2, answer_tokens=TOKENS, beginnings="continued")
        lines = [line(node.base_url, node.name.split("-")[0]) for node in simulator.nodes]
        one: dict[str, Any] = {"credentials": [simulator.key], "lines": lines, "models": ["m"], "quirks": {"continues": "bare"}}
        models = {MODEL: {"targets": ["one/m"], "resume": "continue"}}
        gateway = start(config={"providers": {"one": one}, "models": models, "timeouts": {"idle_ms": 1000}})
        bodies = [chat(WORDS), chat(WORDS, stream=True), chat(WORDS, stream=True)]
        chance = random.Random(7)
        with Load(gateway, PER_SECOND, bodies) as load:
            load.phase(8.0)
            ends = time.monotonic() + FAULTS_S
            hit_by: Counter[str] = Counter()
            began = time.monotonic()
            while time.monotonic() < ends:
                region = chance.choice(REGIONS)
                hit = [node for node in simulator.nodes if node.name.startswith(region)]
                for node in hit[: chance.choice((1, 2))]:
                    fault = chance.choice(FAULTS)
                    hit_by[fault] += 1
                    node.fault(fault)
                time.sleep(FAULT_S)
                heal(simulator.nodes)
                time.sleep(CALM_S)
            load.phase(2.0)
            calls = [call for call in list(load.calls) if call.due >= began]
    whole = expected(WORDS, TOKENS)
    wrong = [call for call in calls if call.status == 200 and said(call) not in ("", whole)]
    bad = [call for call in calls if call.status != 200 or said(call) != whole]
    rescued = {
        outcome: gateway.metric("ai_gateway_streams_broken_total", provider="one", outcome=outcome)
        for outcome in ("continued", "hidden", "lost")
    }
    part = 1 - len(bad) / len(calls)
    figure(
        f"mixed faults for {FAULTS_S:.0f} s, {sum(hit_by.values())} of {len(hit_by)} kinds: {len(calls)} calls, {part:.4%} whole, "
        f"streams broken {rescued}"
    )
    assert not wrong, "nobody gets words twice, or too few for a whole answer"
    assert part >= SUCCESS_MIN, Counter((call.status, call.body[-300:]) for call in bad).most_common(5)


def heal(nodes: list[Node]) -> None:
    for node in nodes:
        node.heal()
