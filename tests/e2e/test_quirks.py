"""Proves that requests reach each host in its own form, and that an operator may know better than the catalogue."""

from __future__ import annotations

import json
from typing import Any

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH
from harness.upstream import Upstream, whole

MESSAGES = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "hello", "name": "ann"}]


def serving(start: StartGateway, upstream: Upstream, kind: str, home: str = "home", **settings: Any) -> Gateway:
    """A gateway whose provider is of that kind, at the stand-in's address."""
    return start(home, config=configuration({"host": provider(upstream.base_url) | {"kind": kind} | settings}))


def sent(gateway: Gateway, upstream: Upstream, **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """What reached the host, and the codes of what the caller was told."""
    body = {"model": "a-model", "messages": MESSAGES} | fields
    reply = gateway.http().post(CHAT_PATH, json=body)
    assert reply.status_code == 200, reply.text
    told = reply.headers.get("x-bellwether-warnings", "")
    return json.loads(upstream.calls[-1].body), [code for code in told.split(", ") if code]


def test_each_host_gets_what_it_knows(start: StartGateway, upstream: Upstream) -> None:
    body, told = sent(
        serving(start, upstream, "mistral"), upstream, seed=7, logit_bias={"1": 2}, max_completion_tokens=9
    )
    assert body["random_seed"] == 7
    assert body["max_tokens"] == 9
    assert not {"seed", "logit_bias", "max_completion_tokens"} & set(body)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "name" not in body["messages"][1]
    assert told == ["logit_bias_dropped", "name_dropped"]


def test_what_must_not_be_lost_is_refused(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, "groq")
    reply = gateway.http().post(CHAT_PATH, json={"model": "m", "messages": MESSAGES, "n": 2})
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "n"
    assert not upstream.calls


def test_strict_callers_lose_nothing(start: StartGateway, upstream: Upstream) -> None:
    gateway = serving(start, upstream, "mistral")
    body = {"model": "m", "messages": MESSAGES[1:], "logit_bias": {"1": 2}}
    reply = gateway.http().post(CHAT_PATH, json=body, headers={"x-bellwether-strict": "true"})
    assert reply.status_code == 400
    assert not upstream.calls


def test_an_operator_may_know_better(start: StartGateway, upstream: Upstream) -> None:
    quirks = {"keep": ["logit_bias"], "drop": ["top_p"], "rename": {"seed": "noise"}, "no_developer": False}
    gateway = serving(start, upstream, "mistral", quirks=quirks)
    body, told = sent(gateway, upstream, seed=7, logit_bias={"1": 2}, top_p=0.5)
    assert body["logit_bias"] == {"1": 2}
    assert body["noise"] == 7
    assert "top_p" not in body
    assert body["messages"][0]["role"] == "developer"
    assert "sampling_dropped" in told


def test_a_surface_that_a_host_lacks_is_not_asked_for(start: StartGateway, upstream: Upstream) -> None:
    question = {"model": "m", "input": "x"}
    lacking = serving(start, upstream, "deepseek", surfaces=["embeddings"])
    reply = lacking.http().post("/v1/moderations", json=question)
    assert reply.status_code == 400
    assert "offers /moderations" in reply.json()["error"]["message"]
    assert all(call.line.startswith("GET ") for call in upstream.calls), "what is left on the account may be asked"
    upstream.script = whole(b'{"results":[]}')
    # At another address than the vendor's own it is not the vendor: nobody knows what it lacks.
    knowing = serving(start, upstream, "deepseek", home="knowing")
    assert knowing.http().post("/v1/moderations", json=question).json() == {"results": []}
