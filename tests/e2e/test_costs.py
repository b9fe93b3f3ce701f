"""Proves docs/operations/costs.md: every call costs what its usage comes to by the prices, wherever that is told.

What is expected is reckoned here, in whole numbers: the sixth digit of a price for a million tokens is a pico-unit for
one, and a thousand of these make a nano-unit, the finest that is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.scenarios import text, thinking
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL

COST, CURRENCY = "x-bellwether-cost", "x-bellwether-cost-currency"
WISH = {"x-bellwether-include": "cost"}
#: Picos a token, odd on purpose: nothing comes out even.
PRICES = {"input": 2_345_679, "cache_read": 234_567, "output": 15_000_001, "reasoning": 7_777_777}
#: Millionths.
EVERYBODY = 1_234_567
#: Long enough for a part of it to be read from a cache, and both to be there.
SAID = "What does a call cost whose prompt is this long, and who pays for it?"
CACHED = 9
DIALECTS = ("chat", "messages", "responses")


@dataclass(frozen=True)
class Used:
    """Tokens by what they are priced as. None is in two of them."""

    input: int
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def pico(self, prices: dict[str, int]) -> int:
        return (
            self.input * prices["input"]
            + self.cached * prices["cache_read"]
            + self.output * prices["output"]
            + self.reasoning * prices["reasoning"]
        )

    @staticmethod
    def of_openai(usage: dict[str, Any], asked: str, answered: str) -> Used:
        """Of chats and responses, where cached tokens are some of the prompt, and thoughts some of the answer."""
        cached = usage.get(f"{asked}_tokens_details", {}).get("cached_tokens", 0)
        thought = usage.get(f"{answered}_tokens_details", {}).get("reasoning_tokens", 0)
        prompt, answer = usage[f"{asked}_tokens"], usage.get(f"{answered}_tokens", 0)
        return Used(prompt - cached, cached, answer - thought, thought)

    @staticmethod
    def of_messages(usage: dict[str, Any]) -> Used:
        """Where cached tokens stand beside the others."""
        thought = usage.get("output_tokens_details", {}).get("thinking_tokens", 0)
        return Used(
            usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"] - thought, thought
        )

    @staticmethod
    def of_row(row: dict[str, Any]) -> Used:
        tokens = row["tokens"]
        return Used(tokens["input"], tokens["cached_input"], tokens["output"], tokens["reasoning"])


@dataclass(frozen=True)
class Surface:
    """Where something is asked, and what its answers tell of usage."""

    path: str
    fields: dict[str, Any]
    used: Callable[[dict[str, Any]], Used]

    def body(self, **more: Any) -> dict[str, Any]:
        return {"model": MODEL, **self.fields, **more}


TURNS = [{"role": "user", "content": SAID}]


def of_chat(usage: dict[str, Any]) -> Used:
    return Used.of_openai(usage, "prompt", "completion")


def of_responses(usage: dict[str, Any]) -> Used:
    return Used.of_openai(usage, "input", "output")


SURFACES = {
    "chat": Surface(CHAT_PATH, {"messages": TURNS}, of_chat),
    "messages": Surface("/v1/messages", {"messages": TURNS, "max_tokens": 64}, Used.of_messages),
    "responses": Surface("/v1/responses", {"input": SAID}, of_responses),
    "embeddings": Surface("/v1/embeddings", {"input": SAID}, of_chat),
}


def decimal(number: int, places: int) -> str:
    """A plain decimal without needless zeros."""
    return f"{number // 10**places}.{number % 10**places:0{places}}".rstrip("0").rstrip(".")


def nano(pico: int, markup: int = 10**6) -> int:
    """Rounded up, once."""
    return -(-pico * markup // (1000 * 10**6))


def priced(prices: dict[str, int], **fields: str | int) -> str:
    """A row of a book."""
    said = {"model": MODEL, **fields}
    lines = [f"{name} = {json.dumps(value)}" for name, value in said.items()]
    lines += [f'{name} = "{decimal(pico, 6)}"' for name, pico in prices.items()]
    return "\n".join(["[[price]]", *lines, ""])


def markup(everybody: int = EVERYBODY) -> str:
    return f'[markup]\neverybody = "{decimal(everybody, 6)}"\n'


@dataclass
class Shop:
    """A gateway before the simulator, with prices."""

    gateway: Gateway
    commands: Commands
    home: Path

    def price(self, book: str) -> None:
        path = self.home / "prices.toml"
        path.write_text(book)
        self.commands.text("prices", "set", path, "--reason", "a test")

    def ask(self, surface: Surface, key: str | None = None, **more: Any) -> tuple[dict[str, Any], str, dict[str, Any]]:
        """The answer, the cost in its head, and its row."""
        with self.gateway.http(key=key) as http:
            reply = http.post(surface.path, json=surface.body(**more))
        assert reply.status_code == 200, reply.text
        return reply.json(), reply.headers[COST], self.row(call_id=reply.headers["x-bellwether-call-id"])

    def row(self, **wishes: str) -> dict[str, Any]:
        """The one row that is found by that, a moment after its call."""

        def found() -> list[dict[str, Any]] | None:
            with self.gateway.admin() as admin:
                return admin.get("/admin/v1/requests", params=wishes).raise_for_status().json()["requests"] or None

        (row,) = until(found, f"a row like {wishes}")
        return row


@pytest.fixture
def open_shop(start: StartGateway, commands: Commands, simulator: Simulator, tmp_path: Path) -> Callable[..., Shop]:
    """Starts one whose provider speaks a dialect."""

    def open_shop(dialect: str = "chat") -> Shop:
        node = {**provider(simulator.node.base_url, key=simulator.key, models=[MODEL]), "dialects": [dialect]}
        gateway = start(config=configuration({"node": node}, retries=NO_REPEATS))
        shop = Shop(gateway, commands, tmp_path)
        shop.price(markup() + priced(PRICES))
        return shop

    return open_shop


def charged(used: Used, markup: int = EVERYBODY, version: int = 1) -> dict[str, Any]:
    """What a row and the log tell of a cost."""
    pico = used.pico(PRICES)
    return {
        "price": decimal(nano(pico, markup), 9),
        "list": decimal(nano(pico), 9),
        "currency": "USD",
        "price_version": version,
    }


ASKED = [(surface, dialect) for surface in DIALECTS for dialect in DIALECTS]


@pytest.mark.parametrize(("surface", "dialect"), [*ASKED, ("embeddings", "chat")])
def test_a_whole_answer_costs_what_its_own_usage_comes_to(
    open_shop: Callable[..., Shop], simulator: Simulator, surface: str, dialect: str
) -> None:
    shop, asked = open_shop(dialect), SURFACES[surface]
    simulator.node.set(cached_tokens=CACHED)
    answer, told, row = shop.ask(asked)
    used = asked.used(answer["usage"])
    expected = (False, 0) if surface == "embeddings" else (True, CACHED)
    assert used.input > 0 and (used.output > 0, used.cached) == expected
    assert row["cost"] == charged(used) and told == row["cost"]["price"]
    assert (Used.of_row(row), row["flags"], row["tokens"]["estimated"]) == (used, [], False)


def frames(shop: Shop, surface: Surface, headers: dict[str, str], **more: Any) -> tuple[list[dict[str, Any]], Any]:
    """The events of a stream, and its head."""
    with (
        shop.gateway.http() as http,
        http.stream("POST", surface.path, json=surface.body(stream=True, **more), headers=headers) as reply,
    ):
        lines = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: {")]
        return [json.loads(line) for line in lines], reply.headers


def usage_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What a stream tells of usage; what is told later has the say."""
    told: dict[str, Any] = {}
    for event in events:
        for holder in (event, event.get("message") or {}, event.get("response") or {}):
            told |= holder.get("usage") or {}
    return told


@pytest.mark.parametrize("surface", DIALECTS)
@pytest.mark.parametrize("dialect", ["chat", "messages"])
def test_a_stream_tells_in_its_last_frame_what_it_cost_to_who_asks_for_it(
    open_shop: Callable[..., Shop], simulator: Simulator, surface: str, dialect: str
) -> None:
    shop, asked = open_shop(dialect), SURFACES[surface]
    simulator.node.set(cached_tokens=CACHED)
    more = {"stream_options": {"include_usage": True}} if surface == "chat" else {}
    events, head = frames(shop, asked, WISH, **more)
    used = asked.used(usage_of(events))
    row = shop.row(call_id=head["x-bellwether-call-id"])
    assert used.output > 0 and used.cached == CACHED and COST not in head
    assert [event["cost"] for event in events if "cost" in event] == [
        {"amount": charged(used)["price"], "currency": "USD"}
    ]
    assert "cost" in events[-1] and row["cost"] == charged(used)
    silent, _ = frames(shop, asked, {}, **more)
    assert silent and not any("cost" in event for event in silent)


def test_the_row_of_a_call_is_found_by_its_ids_and_time_and_has_the_cost_that_its_caller_was_told(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop()
    key = shop.commands.json("keys", "create", "--name", "one")
    with shop.gateway.http(key=key["key"]) as http:
        headers = {"x-request-id": "bill-7", **WISH}
        reply = http.post(CHAT_PATH, json=SURFACES["chat"].body(), headers=headers).raise_for_status()
    row = shop.row(request_id="bill-7")
    assert reply.json()["cost"] == {"amount": reply.headers[COST], "currency": reply.headers[CURRENCY]}
    assert row["cost"]["price"] == reply.headers[COST] != "0"
    shop.ask(SURFACES["chat"])
    assert shop.row(call_id=row["call_id"]) == shop.row(key=key["id"]) == row
    moment = datetime.fromisoformat(row["at"])
    assert shop.row(**{"from": row["at"], "to": instant(moment + timedelta(milliseconds=1)), "key": key["id"]}) == row
    with shop.gateway.admin() as admin:
        before = admin.get("/admin/v1/requests", params={"to": row["at"], "key": key["id"]}).raise_for_status()
    assert before.json()["requests"] == []
    logged = [json.loads(line) for line in shop.gateway.process.stderr.splitlines() if row["call_id"] in line]
    assert [line["cost"] for line in logged if line["message"] == "request"] == [row["cost"]]


def instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


#: Who is named in the book, from far to near, and by what is multiplied then: the nearest has the say.
MARKUPS = {"organisations": 900_001, "projects": 1_100_003, "keys": 0}


@pytest.mark.parametrize("named", [(), *[tuple(MARKUPS)[:count] for count in (1, 2, 3)], ("organisations", "keys")])
def test_whoever_is_named_most_closely_pays_by_his_own_markup(
    open_shop: Callable[..., Shop], named: tuple[str, ...]
) -> None:
    shop = open_shop()
    organisation = shop.commands.json("orgs", "create", "Acme")["id"]
    project = shop.commands.json("projects", "create", "app", "--org", "Acme")["id"]
    key = shop.commands.json("keys", "create", "--name", "one", "--project", project)
    ids = {"organisations": organisation, "projects": project, "keys": key["id"]}
    tables = [f'[markup.{kind}]\n{ids[kind]} = "{decimal(MARKUPS[kind], 6)}"\n' for kind in named]
    if named:
        shop.price(markup() + "".join(tables) + priced(PRICES))
    expected = MARKUPS[named[-1]] if named else EVERYBODY
    version = 2 if named else 1
    for whose, factor in ((key["key"], expected), (None, EVERYBODY)):
        answer, told, row = shop.ask(SURFACES["chat"], key=whose)
        used = SURFACES["chat"].used(answer["usage"])
        assert row["cost"] == charged(used, factor, version) and told == row["cost"]["price"]


DEFAULT = {"input": 1_000_003, "cache_read": 7, "output": 3_000_001, "reasoning": 3_000_001}


@pytest.mark.parametrize("policy", ["flag", "default", "block"])
def test_what_has_no_price_is_never_free_unseen(
    open_shop: Callable[..., Shop], simulator: Simulator, policy: str
) -> None:
    shop, asked = open_shop(), SURFACES["chat"]
    amounts = "".join(f'{name} = "{decimal(pico, 6)}"\n' for name, pico in DEFAULT.items())
    default = f"[default]\n{amounts}" if policy == "default" else ""
    shop.price(f'unknown = "{policy}"\n{markup()}{default}' + priced(PRICES, model="another"))
    if policy == "block":
        with shop.gateway.http() as http:
            reply = http.post(CHAT_PATH, json=asked.body(), headers={"x-request-id": "refused"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "permission_denied")
        row = shop.row(request_id="refused")
        assert (row["status"], row["cost"], row["attempts"], COST in reply.headers) == (403, None, 0, False)
        assert simulator.node.received(CHAT_PATH) == []
        return
    answer, told, row = shop.ask(asked)
    if policy == "flag":
        assert (told, row["cost"], row["flags"]) == ("unknown", None, ["unpriced"])
        events, _ = frames(shop, asked, WISH)
        assert events[-1]["cost"] is None
    else:
        pico = asked.used(answer["usage"]).pico(DEFAULT)
        assert told == row["cost"]["price"] == decimal(nano(pico, EVERYBODY), 9)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
@pytest.mark.parametrize("cached", [0, CACHED])
def test_a_long_prompt_has_the_price_of_long_ones_for_all_its_tokens(
    open_shop: Callable[..., Shop], simulator: Simulator, beyond: int, cached: int
) -> None:
    shop, asked = open_shop(), SURFACES["chat"]
    simulator.node.set(cached_tokens=cached)
    answer, _, _ = shop.ask(asked)
    length = answer["usage"]["prompt_tokens"]
    long = {name: 2 * pico + 1 for name, pico in PRICES.items()}
    shop.price(markup() + priced(PRICES) + priced(long, from_tokens=length - beyond))
    answer, told, _ = shop.ask(asked)
    used = asked.used(answer["usage"])
    assert used.input + used.cached == length and used.cached == cached
    expected = used.pico(long if beyond >= 0 else PRICES)
    assert told == decimal(nano(expected, EVERYBODY), 9)


@pytest.mark.parametrize("surface", ["chat", "messages", "responses"])
def test_thoughts_have_their_own_price_and_are_not_charged_as_words_too(
    open_shop: Callable[..., Shop], simulator: Simulator, surface: str
) -> None:
    shop, asked = open_shop(surface), SURFACES[surface]
    simulator.node.play("thinker", [[thinking("One and one, and one more."), text("Three.")]])
    simulator.node.set(scenario="thinker")
    wish: dict[str, dict[str, Any]] = {
        "chat": {"reasoning_effort": "high"},
        "messages": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
        "responses": {"reasoning": {"effort": "high"}},
    }
    answer, told, row = shop.ask(asked, **wish[surface])
    used = asked.used(answer["usage"])
    assert used.reasoning > 0 and used.output > 0 and Used.of_row(row) == used
    assert row["cost"] == charged(used) and told == row["cost"]["price"]


@pytest.mark.parametrize("surface", DIALECTS)
def test_a_call_whose_caller_goes_away_costs_what_was_metered(
    open_shop: Callable[..., Shop], simulator: Simulator, surface: str
) -> None:
    shop, asked = open_shop(surface), SURFACES[surface]
    whole, _, _ = shop.ask(asked)
    simulator.node.set(gap_ms=20)
    headers = {"x-request-id": "gone"}
    with (
        shop.gateway.http() as http,
        http.stream("POST", asked.path, json=asked.body(stream=True), headers=headers) as reply,
    ):
        lines = (line for line in reply.iter_lines() if line.startswith("data: "))
        heard = [next(lines) for _ in range(9)]
    row = shop.row(request_id="gone")
    metered, all_of_it = Used.of_row(row), asked.used(whole["usage"])
    assert (row["kind"], len(heard), "estimated" in row["flags"]) == ("caller_gone", 9, True)
    assert 0 < metered.output < all_of_it.output and metered.input > 0
    assert row["cost"] == charged(metered)


def test_a_call_that_fails_costs_nothing_and_one_that_moves_on_costs_what_its_second_provider_takes(
    start: StartGateway, commands: Commands, simulator: Simulator, tmp_path: Path
) -> None:
    nodes = {node.name: provider(node.base_url, key=simulator.key, models=[MODEL]) for node in simulator.nodes}
    first, second = nodes
    targets = {MODEL: [f"{first}/{MODEL}", f"{second}/{MODEL}"], "alone": [f"{first}/{MODEL}"]}
    shop = Shop(start(config=configuration(nodes, targets, retries=NO_REPEATS)), commands, tmp_path)
    dear = {name: 1000 * pico for name, pico in PRICES.items()}
    shop.price(markup() + priced(dear, provider=first) + priced(PRICES, provider=second))
    simulator.nodes[0].fault("status=500")
    answer, told, row = shop.ask(SURFACES["chat"])
    assert (row["provider"], row["attempts"]) == (second, 2)
    assert row["cost"] == charged(SURFACES["chat"].used(answer["usage"])) and told == row["cost"]["price"]
    with shop.gateway.http() as http:
        failed = http.post(CHAT_PATH, json=SURFACES["chat"].body(model="alone"), headers={"x-request-id": "failed"})
    lost = shop.row(request_id="failed")
    assert (failed.status_code >= 500, COST in failed.headers) == (True, False)
    assert (lost["cost"], lost["tokens"]) == (None, None) and "unpriced" not in lost["flags"]


def test_the_metric_is_the_sum_of_the_rows(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    used = [asked.used(shop.ask(asked)[0]["usage"]) for asked in SURFACES.values()]
    expected = sum(nano(one.pico(PRICES), EVERYBODY) for one in used)
    until(
        lambda: shop.gateway.metric("ai_gateway_cost_nano_total", provider="node", currency="USD") == expected,
        f"the metric is {expected}",
    )
