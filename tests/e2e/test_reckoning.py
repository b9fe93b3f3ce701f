"""Proves docs/operations/paying.md, what is charged, from outside: the tokens that the simulator says it used, those that the official
SDK saw and those that the books charge are the same, to the nano-unit, calm and under faults.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from conftest import StartGateway
from harness.amounts import NANO
from harness.commands import Commands
from harness.config import provider
from harness.gateway import Gateway
from harness.process import until
from harness.simulator import Node, Simulator
from harness.speech import CHAT_PATH, MODEL
from test_paying import Accounts
from test_paying_kills import charges

TOKENS = 60
WORDS = "tell me all"
ASK: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": WORDS}], "max_tokens": 500}
HEDGE_MS = 150
#: The second is dearer, so that it shows who was charged for. Nano-units of a token of the prompt, and of the answer.
NANO_EACH = {"first": (1_000, 4_000), "second": (3_000, 7_000)}
PRICES = """
currency = "USD"
[[price]]
provider = "first"
model = "m"
input = "1"
output = "4"
[[price]]
provider = "second"
model = "m"
input = "3"
output = "7"
"""
BUDGET = 10 * NANO


@dataclass
class Heard:
    """What the SDK saw of one call."""

    call_id: str
    provider: str
    attempts: int
    usage: tuple[int, int]
    text: str


@dataclass
class Till:
    """A gateway with two providers at different prices, whose calls are paid for."""

    gateway: Gateway
    nodes: dict[str, Node]
    accounts: Accounts
    sdk: OpenAI

    def ask(self, *, stream: bool) -> Heard:
        if not stream:
            raw = self.sdk.chat.completions.with_raw_response.create(**ASK)
            answer = raw.parse()
            assert answer.usage
            usage, text = answer.usage, answer.choices[0].message.content or ""
        else:
            raw = self.sdk.chat.completions.with_raw_response.create(
                **ASK, stream=True, stream_options={"include_usage": True}
            )
            parts = list(raw.parse())
            text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
            usage = next(part.usage for part in reversed(parts) if part.usage)
        named = raw.headers
        return Heard(
            named["x-bellwether-call-id"],
            named["x-bellwether-provider"],
            int(named["x-bellwether-attempts"]),
            (usage.prompt_tokens, usage.completion_tokens),
            text,
        )

    def told(self, name: str) -> list[tuple[int, int]]:
        """The tokens of each whole answer, by the provider's own count."""
        received = self.nodes[name].received(CHAT_PATH)
        records = [record for record in received if record["outcome"] == "whole" and not record["fault"]]
        return [(record["usage"]["prompt_tokens"], record["usage"]["completion_tokens"]) for record in records]

    def line(self, call_id: str) -> dict[str, Any]:
        """What the log says of a call."""

        def found() -> dict[str, Any] | None:
            lines = [line for line in self.gateway.process.stderr.splitlines() if call_id in line]
            return json.loads(lines[0]) if lines else None

        return until(found, "the call is logged")


def cost_nano(name: str, usage: tuple[int, int]) -> int:
    return sum(count * nano for count, nano in zip(usage, NANO_EACH[name], strict=True))


@pytest.fixture
def till(start: StartGateway, simulator: Simulator) -> Till:
    nodes = dict(zip(NANO_EACH, simulator.nodes, strict=True))
    providers: dict[str, Any] = {}
    for name, node in nodes.items():
        node.set(answer_tokens=TOKENS, beginnings="continued")
        section = provider(node.base_url, key=simulator.key, models=["m"])
        providers[name] = {**section, "quirks": {"continues": "bare"}}
    targets = [f"{name}/m" for name in providers]
    models = {MODEL: {"targets": targets, "resume": "continue", "hedge": {"after_ms": HEDGE_MS}}}
    config = {"providers": providers, "models": models, "retries": {"repeats_max": 0}, "ledger": {"segment_bytes": 1 << 20}}
    gateway = start(config=config)
    accounts = Accounts(gateway)
    accounts.open(BUDGET)
    accounts.ask("PUT", "/prices", {"text": PRICES, "reason": "a test"})
    return Till(gateway, nodes, accounts, gateway.openai())


def closed(till: Till, expected: dict[str, int], commands: Commands, home: Path) -> None:
    """The books charge exactly that, each call once, and prove."""
    left = till.accounts.wait_until_nothing_is_held()
    till.gateway.stop()
    proved = commands.run("ledger", "verify", "--json")
    assert proved.returncode == 0, proved.stdout
    assert charges(home) == expected
    assert BUDGET - left == sum(expected.values())


def test_calm_calls_are_charged_what_both_sides_saw(till: Till, commands: Commands, tmp_path: Path) -> None:
    heard = [till.ask(stream=number % 2 == 1) for number in range(20)]
    assert {(call.provider, call.attempts) for call in heard} == {("first", 1)}
    assert [call.usage for call in heard] == till.told("first")
    assert till.told("second") == []
    closed(till, {call.call_id: cost_nano("first", call.usage) for call in heard}, commands, tmp_path / "home")


@pytest.mark.parametrize("fault", ["status=429", "status=500", "status=503", "reset_after_request", "close_after_request", "empty"])
def test_who_fails_before_he_begins_is_not_paid_for(till: Till, fault: str, commands: Commands, tmp_path: Path) -> None:
    heard = []
    for stream in (False, True):
        till.nodes["first"].fault(fault, times=1)
        heard.append(till.ask(stream=stream))
        # Whoever failed is spared for a moment: then the second is the first to be asked.
        assert heard[-1].provider == "second"
    till.nodes["first"].heal()
    assert [call.usage for call in heard] == till.told("second")
    assert till.told("first") == []
    closed(till, {call.call_id: cost_nano("second", call.usage) for call in heard}, commands, tmp_path / "home")


@pytest.mark.parametrize("cut", [1, 20, 40, 59])
def test_a_stream_that_others_go_on_with_is_charged_by_parts(till: Till, cut: int, commands: Commands, tmp_path: Path) -> None:
    till.nodes["first"].fault(f"cut={cut}", times=1)
    call = till.ask(stream=True)
    line = till.line(call.call_id)
    parts = {part["provider"]: part["tokens"] for part in line.get("segments", [])}
    used = {name: (part["input"], part["output"]) for name, part in parts.items()}
    assert [used["second"]] == till.told("second")
    (record,) = till.nodes["first"].received(CHAT_PATH)
    assert record["outcome"] == "broken"
    told, (prompt, _) = record["usage"], used["first"]
    # He never told how long the prompt was: it is counted here, where anything of his came.
    assert told["prompt_tokens"] <= prompt <= 3 * told["prompt_tokens"] if used["first"][1] else prompt == 0
    assert used["first"][1] + used["second"][1] == TOKENS, "each token of the answer is paid for once"
    assert call.usage == tuple(map(sum, zip(*used.values(), strict=True)))
    expected = sum(cost_nano(name, usage) for name, usage in used.items())
    closed(till, {call.call_id: expected}, commands, tmp_path / "home")


@pytest.mark.parametrize("stream", [False, True])
def test_who_is_sent_away_by_a_hedge_is_not_paid_for(till: Till, stream: bool, commands: Commands, tmp_path: Path) -> None:
    till.nodes["first"].set(latency_ms=HEDGE_MS * 20)
    call = till.ask(stream=stream)
    assert (call.provider, call.attempts) == ("second", 2)
    assert till.told("second") == [call.usage]
    (lost,) = until(lambda: [it for it in till.nodes["first"].received(CHAT_PATH) if it["outcome"]], "the first was left")
    assert lost["outcome"] == "peer_gone"
    closed(till, {call.call_id: cost_nano("second", call.usage)}, commands, tmp_path / "home")
