"""Proves that a wall clock that jumps an hour, to and fro, harms no call, no charge, no hold, no budget and no target's standing.

`CLOCK_S=10` is how long it jumps under load; `make prove-paying` jumps for longer.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import StartGateway, StartUpstream
from harness.amounts import INPUT_NANO, NANO, OUTPUT_NANO, PRICES, REPLY_NANO
from harness.commands import Commands
from harness.config import Section
from harness.gateway import Gateway
from harness.load import Call, Load
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat
from harness.troubles import Troubles
from test_budgets import Admin
from test_paying import Accounts, configured

CLOCK_S = float(os.environ.get("CLOCK_S", "10"))
SUCCESS_MIN = 0.9997
PER_SECOND = 80.0
HOUR_S = 3600
BUDGET = 100 * NANO

pytestmark = pytest.mark.timeout(CLOCK_S + 60)


@pytest.fixture
def troubles(tmp_path: Path) -> Troubles:
    """The clock of the gateway."""
    return Troubles(tmp_path / "troubles")


def seconds_until(hour: int, minute: int) -> float:
    """How far ahead that time of the fifteenth of a coming month is, by UTC: no test begins near the end of a month."""
    now = datetime.now(UTC)
    month = now.month % 12 + 1
    then = now.replace(year=now.year + (month == 1), month=month, day=15, hour=hour, minute=minute)
    return (then - now).total_seconds()


def used(call: Call) -> tuple[int, int]:
    """The tokens that its caller was told of: of the prompt, and of the answer."""
    text = call.body.decode()
    if text.startswith("data:"):
        data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
        assert data[-1] == "[DONE]", "whole"
        usage = next(usage for usage in (json.loads(event).get("usage") for event in reversed(data[:-1])) if usage)
    else:
        usage = json.loads(text)["usage"]
    return usage["prompt_tokens"], usage["completion_tokens"]


def cost_nano(call: Call) -> int:
    prompt, answer = used(call)
    return prompt * INPUT_NANO + answer * OUTPUT_NANO


def paid(simulator: Simulator) -> Section:
    """Two nodes of one provider, both of whom prices know."""
    lines = [{"base_url": node.base_url, "region": node.name} for node in simulator.nodes]
    one = {"credentials": [simulator.key], "lines": lines, "models": [MODEL]}
    return {"providers": {"openai": one}, "ledger": {"segment_bytes": 1 << 20}}


def test_a_clock_that_jumps_under_load_harms_nothing(
    start: StartGateway, simulator: Simulator, commands: Commands, troubles: Troubles, figure: Callable[[str], None]
) -> None:
    for node in simulator.nodes:
        node.set(latency_ms=3, gap_ms=1, answer_tokens=30)
    base = seconds_until(12, 0)
    troubles.set_clock_off(base)
    gateway = start(config=paid(simulator), environment=troubles.environment)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    budget = Admin(gateway).set(BUDGET)["number"]
    bodies = [chat("hello"), chat("hello", stream=True, stream_options={"include_usage": True})]
    jumps = [HOUR_S, 0, -HOUR_S, 0, HOUR_S, -HOUR_S]
    with Load(gateway, PER_SECOND, bodies) as load:
        ends, jumped = time.monotonic() + CLOCK_S, 0
        while time.monotonic() < ends:
            troubles.set_clock_off(base + jumps[jumped % len(jumps)])
            jumped += 1
            time.sleep(0.4)
        load.phase(0.5)
    calls = load.calls
    good = [call for call in calls if call.status == 200]
    part = len(good) / len(calls)
    figure(f"the wall clock jumped {jumped} times by up to two hours: {len(calls)} calls, {part:.4%} well, slowest {max(call.took_ms for call in good):.0f} ms")
    assert part >= SUCCESS_MIN, Counter((call.status, call.body[-200:]) for call in calls if call.status != 200)
    assert {call.attempts for call in good} == {1}, "no target was given up"
    spent = sum(cost_nano(call) for call in good)
    assert BUDGET - accounts.wait_until_nothing_is_held() == spent
    assert Admin(gateway).used(budget) == spent, "the budget has counted every call once"

    # A start by a clock that stands an hour behind what was recorded.
    gateway.process.kill()
    troubles.set_clock_off(base - HOUR_S)
    gateway = start(config=paid(simulator), environment=troubles.environment)
    assert BUDGET - Accounts(gateway).wait_until_nothing_is_held() == spent
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=bodies[0]).status_code == 200
    Accounts(gateway).wait_until_nothing_is_held()
    gateway.stop()
    proved = commands.run("ledger", "verify", "--json")
    assert proved.returncode == 0, proved.stdout


def test_a_day_that_comes_and_goes_and_comes_again_gives_its_money_once(
    start: StartGateway, new_upstream: StartUpstream, troubles: Troubles
) -> None:
    base = seconds_until(23, 30)
    troubles.set_clock_off(base)
    gateway = start(config=configured(new_upstream()), environment=troubles.environment)
    admin = Admin(gateway)
    admin.ask("PUT", "/prices", {"text": PRICES, "reason": "a test"})
    admin.ask("POST", "/budgets", {"project": "proj_default", "period": "day", "limit": "0.0001"}, status=201)

    def spend() -> int:
        """Until it is refused."""
        with gateway.http() as http:
            for calls in range(10):
                if http.post(CHAT_PATH, content=chat(max_tokens=7)).status_code == 402:
                    return calls
                until(lambda: admin.show()["held"] == "0", "the call has ended")
        raise AssertionError("a hard budget of two calls gave ten")

    allowed = 100_000 // REPLY_NANO
    assert spend() == allowed
    for clock, expected in [(HOUR_S, allowed), (0, 0), (HOUR_S, 0), (-HOUR_S, 0)]:
        troubles.set_clock_off(base + clock)
        assert spend() == expected, clock
