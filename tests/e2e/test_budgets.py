"""Proves that budgets hold under many calls at once, are told in the caller's words, and outlive a restart."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from conftest import Commands, StartGateway, StartUpstream
from harness.amounts import INPUT_NANO, NANO, OUTPUT_NANO, PRICES, REPLY_NANO, money, nano
from harness.config import Section, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat, delta
from harness.upstream import Exchange, Script, Upstream, chunk, stream_head, whole

WARNING = "x-bellwether-budget-warning"
WARNED = "a budget is spent to the part that is warned of"


class Admin:
    """The admin API of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        with self.gateway.admin() as admin:
            reply = admin.request(method, f"/admin/v1{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def set_prices(self) -> None:
        self.ask("PUT", "/prices", {"text": PRICES, "reason": "a test"})

    def own_key(self) -> str:
        return self.ask("GET", "/keys")["keys"][0]["id"]

    def set(self, limit_nano: int, **more: Any) -> Any:
        """A budget of the project that is always there, for each month: no test runs over the end of many."""
        whose = {} if {"key", "organisation"} & more.keys() else {"project": "proj_default"}
        wish = {**whose, "period": "month", "limit": money(limit_nano), **more}
        return self.ask("POST", "/budgets", wish, status=201)

    def show(self, number: int = 1) -> Any:
        listed = self.ask("GET", "/budgets")["budgets"]
        return next(budget for budget in listed if budget["number"] == number)

    def used(self, number: int = 1) -> int:
        """What is spent when every call has ended."""
        until(lambda: self.show(number)["held"] == "0", "every call has ended")
        return nano(self.show(number)["used"])


@pytest.fixture
def served(new_upstream: StartUpstream, start: StartGateway) -> Any:
    """A gateway with prices and one provider that does what a test says."""

    def serve(script: Script) -> tuple[Upstream, Gateway, Admin]:
        upstream = new_upstream(script)
        gateway = start(config=configured(upstream))
        admin = Admin(gateway)
        admin.set_prices()
        return upstream, gateway, admin

    return serve


def configured(upstream: Upstream) -> Section:
    return configuration({"openai": provider(upstream.base_url, models=[MODEL])})


def call(gateway: Gateway, key: str | None = None, **fields: Any) -> Any:
    with gateway.http(key) as http:
        return http.post(CHAT_PATH, content=chat(**fields))


def slow_reply(prompt_tokens: int) -> Script:
    """An answer of seven tokens that takes a while, so that calls are there at once."""
    told = json.loads(CHAT_REPLY)
    told["usage"] = {"prompt_tokens": prompt_tokens, "completion_tokens": 7, "total_tokens": prompt_tokens + 7}
    answer = whole(json.dumps(told).encode())

    def script(exchange: Exchange) -> None:
        time.sleep(0.05)
        answer(exchange)

    return script


def test_five_hundred_calls_at_once_spend_no_more_than_fifty_may(served: Any, figure: Any) -> None:
    # As many tokens as a prompt of this length is taken for: little more is put aside than it costs.
    cost = 30 * INPUT_NANO + 7 * OUTPUT_NANO
    limit = 50 * cost
    upstream, gateway, admin = served(slow_reply(30))
    admin.set(limit, key=admin.own_key())
    admin.set(limit * 3, organisation="default")

    def one(_: int) -> Any:
        return call(gateway, max_tokens=7)

    with ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(one, range(500)))
    statuses = [reply.status_code for reply in replies]
    used = admin.used(1)
    figure(f"{statuses.count(200)} of 500 calls admitted, {100 * used / limit:.1f} % of the budget used, overshoot 0")
    assert set(statuses) == {200, 402}
    assert used == statuses.count(200) * cost == admin.used(2)
    assert limit * 90 // 100 <= used <= limit
    assert len(upstream.calls) == statuses.count(200), "who is refused asks nobody"
    refused = [reply for reply in replies if reply.status_code == 402]
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert gateway.metric("ai_gateway_budget_refusals_total") == len(refused)


def test_a_refusal_names_the_budget_the_numbers_and_the_next_window(served: Any) -> None:
    upstream, gateway, admin = served(whole(CHAT_REPLY))
    made = admin.set(50_000, period="day", zone="Asia/Shanghai")
    reply = call(gateway, max_tokens=100)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["source"]) == (402, "insufficient_quota", "client")
    needed = nano(re.search(r"may cost up to ([0-9.]+) USD", error["message"])[1])
    assert 100 * OUTPUT_NANO < needed < 200 * OUTPUT_NANO
    for words in (
        "budget 1 (0.00005 USD each day for project proj_default)",
        "has 0.00005 USD left: 0 spent, 0 put aside for calls that run",
        f"it begins anew at {made['ends_at']} (Asia/Shanghai)",
    ):
        assert words in error["message"]
    ends = datetime.fromisoformat(made["ends_at"])
    assert (ends.hour, ends.minute, ends.utcoffset()) == (0, 0, timedelta(hours=8))
    wait = ends.timestamp() - time.time()
    assert abs(int(reply.headers["retry-after"]) - wait) < 30
    assert reply.headers["x-should-retry"] == "false"
    assert upstream.calls == []
    admin.ask("PATCH", "/budgets/1", {"limit": money(50_000 + needed)})
    assert call(gateway, max_tokens=100).status_code == 200
    assert admin.used() == REPLY_NANO


def test_a_soft_budget_warns_and_refuses_nobody(served: Any) -> None:
    _, gateway, admin = served(whole(CHAT_REPLY))
    admin.set(2 * REPLY_NANO, is_hard=False, warn_percent=50)
    replies = [call(gateway) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200] * 4
    assert [WARNING in reply.headers for reply in replies] == [False, True, True, True]
    expected = f"budget 1 of project proj_default: {money(REPLY_NANO)} of {money(2 * REPLY_NANO)} USD spent this month"
    assert replies[1].headers[WARNING] == expected
    assert admin.used() == 4 * REPLY_NANO
    assert gateway.metric("ai_gateway_budget_warnings_total") == 1
    until(lambda: WARNED in gateway.process.stderr, "it is told")
    assert gateway.process.stderr.count(WARNED) == 1


def test_a_stream_ends_where_the_budget_does(served: Any) -> None:
    gone: list[bool] = []

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        exchange.send(chunk(delta(role="assistant")))
        try:
            for number in range(50_000):
                exchange.send(chunk(delta(content="word ")))
                if number % 10 == 0 and exchange.saw_hang_up_within(0.002):
                    break
        except OSError:
            pass
        gone.append(True)
        exchange.close()

    _, gateway, admin = served(script)
    limit = 3_000 * OUTPUT_NANO
    admin.set(limit)
    with gateway.http() as http, http.stream("POST", CHAT_PATH, content=chat(stream=True)) as reply:
        assert reply.status_code == 200
        events = [line[6:] for line in reply.iter_lines() if line.startswith("data: ")]
    error = json.loads(events[-1])["error"]
    assert error["code"] == "insufficient_quota"
    assert "budget 1" in error["message"]
    assert "is used up, and the answer ends here; it begins anew at" in error["message"]
    until(lambda: gone, "the provider is no longer asked")
    assert limit * 90 // 100 <= admin.used() <= limit


def test_a_budget_counts_for_all_keys_of_a_project_and_for_those_that_follow_a_key(served: Any) -> None:
    _, gateway, admin = served(whole(CHAT_REPLY))
    admin.set(NANO)
    own = admin.ask("POST", "/keys", {"name": "second"}, status=201)
    admin.set(NANO, key=own["id"])
    assert call(gateway).status_code == 200
    assert call(gateway, own["key"]).status_code == 200
    follower = admin.ask("POST", f"/keys/{own['id']}/rotate", {}, status=201)
    assert call(gateway, follower["key"]).status_code == 200
    assert (admin.used(1), admin.used(2)) == (3 * REPLY_NANO, 2 * REPLY_NANO)


def test_an_account_and_a_budget_pay_alike_or_not_at_all(served: Any) -> None:
    _, gateway, admin = served(whole(CHAT_REPLY))
    admin.ask("POST", "/accounts", {"organisation": "default"}, status=201)
    admin.ask("POST", "/accounts/1/credit", {"amount": "1", "reason": "a test"})
    admin.set(100_000)
    assert call(gateway, max_tokens=7).status_code == 200
    assert admin.used() == REPLY_NANO
    refused = call(gateway, max_tokens=100)
    assert (refused.status_code, "budget 1" in refused.json()["error"]["message"]) == (402, True)

    def account() -> tuple[int, str]:
        shown = admin.ask("GET", "/accounts/1")
        return nano(shown["balance"]), shown["held"]

    assert account() == (NANO - REPLY_NANO, "0")
    admin.ask("PATCH", "/budgets/1", {"limit": "1000"})
    poor = call(gateway, max_tokens=10**6)
    assert (poor.status_code, "the balance has" in poor.json()["error"]["message"]) == (402, True)
    assert admin.used() == REPLY_NANO, "the budget has given back what the account could not pay"
    assert account() == (NANO - REPLY_NANO, "0")


def test_what_was_spent_outlives_a_restart_and_but_for_a_second_a_kill(served: Any, start: StartGateway) -> None:
    upstream, gateway, admin = served(whole(CHAT_REPLY))
    admin.set(3 * REPLY_NANO)
    assert call(gateway, max_tokens=7).status_code == 200
    gateway.stop()
    gateway = start(config=configured(upstream))
    admin = Admin(gateway)
    assert admin.used() == REPLY_NANO
    assert call(gateway, max_tokens=7).status_code == 200
    # Longer than budgets wait to be written down.
    time.sleep(2.5)
    gateway.process.kill()
    gateway = start(config=configured(upstream))
    admin = Admin(gateway)
    assert admin.used() == 2 * REPLY_NANO
    assert [call(gateway, max_tokens=7).status_code for _ in range(2)] == [200, 402]


def test_budgets_by_commands(served: Any, commands: Commands) -> None:
    _, _, admin = served(whole(CHAT_REPLY))

    def budgets(*words: str, code: int = 0) -> str:
        done = commands.run("budgets", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "there are no budgets" in budgets("list")
    for words, told in (
        (["set", "-5", "--per", "day", "--project", "proj_default"], "the limit of a budget is -5"),
        (["set", "1e9", "--per", "day", "--project", "proj_default"], "must be a decimal"),
        (["set", "5000000000", "--per", "day", "--project", "proj_default"], "at most 1000000000"),
        (["set", "5", "--per", "day", "--key", "key_nobody"], "there is no key key_nobody"),
        (["set", "5", "--per", "day", "--org", "nobody"], "nobody"),
        (["set", "5", "--per", "day", "--project", "proj_default", "--zone", "Mars/Olympus"], "is no time zone"),
        (["set", "5", "--per", "day", "--project", "proj_default", "--warn-at", "0"], "from 1 to 100"),
    ):
        assert told in budgets(*words, code=1), words
    assert "there are no budgets" in budgets("list")
    made = budgets("set", "5", "--per", "day", "--project", "proj_default", "--zone", "Europe/Berlin", "--by", "ada")
    assert "5 USD each day" in made
    assert "(Europe/Berlin)" in made
    again = budgets("set", "6", "--per", "day", "--project", "proj_default", code=1)
    assert "has a budget each day already: number 1" in again
    changed = json.loads(budgets("change", "1", "--limit", "7", "--soft", "--json"))
    assert (changed["limit"], changed["is_hard"]) == ("7", False)
    assert "no budget" in budgets("change", "9", "--limit", "7", code=1)
    assert "proj_default" in budgets("list")
    assert "budget 1 of project proj_default is removed" in budgets("remove", "1")
    assert "there are no budgets" in budgets("list")
    actions = [entry["action"] for entry in admin.ask("GET", "/audit?action=budget.*")["audit"]]
    assert actions == ["budget.remove", "budget.change", "budget.set"]
