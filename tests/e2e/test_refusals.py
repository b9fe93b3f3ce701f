"""Proves what docs/operations/failover.md says of refusals that providers tell under a status of success."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, DONE, MODEL
from harness.upstream import Script, streamed, whole

#: What a caller of each path asks.
PATHS = [CHAT_PATH, "/v1/messages", "/v1/responses"]


def asked(path: str, stream: bool) -> dict[str, Any]:
    words = [{"role": "user", "content": "hello"}]
    more = {"input": words, "store": False} if path == "/v1/responses" else {"messages": words, "max_tokens": 99}
    return {"model": MODEL, "stream": stream, **more}


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    event = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def said(text: str, finish: str, stream: bool) -> Script:
    """An answer of a chat provider."""
    if stream:
        words = [chunk({"content": text})] if text else []
        return streamed([chunk({"role": "assistant", "content": ""}), *words, chunk({}, finish), DONE])
    message = {"role": "assistant", "content": text}
    return whole(json.dumps({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}).encode())


def told(code: str, stream: bool) -> Script:
    """An error where an answer should be."""
    error = json.dumps({"error": {"message": "no", "code": code}}).encode()
    return streamed([b"data: " + error + b"\n\n"]) if stream else whole(error)


def begin(
    start: StartGateway, new_upstream: StartUpstream, first: Script, stream: bool, home: str = "home", **manner: str
) -> Gateway:
    """The first answers as given, the second well."""
    scripts = {"first": first, "second": said("from the second", "stop", stream)}
    providers = {name: provider(new_upstream(script).base_url, models=[MODEL]) for name, script in scripts.items()}
    config = configuration(providers, retries=NO_REPEATS)
    config["models"] = {MODEL: {"targets": [f"first/{MODEL}", f"second/{MODEL}"], **manner}}
    return start(home=home, config=config)


def ask(gateway: Gateway, path: str, stream: bool) -> httpx.Response:
    return gateway.http().post(path, json=asked(path, stream))


both_forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
each_path = pytest.mark.parametrize("path", PATHS)


@each_path
@both_forms
def test_an_answer_that_is_nothing_but_a_refusal_is_one_where_the_next_may_be_asked(
    start: StartGateway, new_upstream: StartUpstream, path: str, stream: bool
) -> None:
    gateway = begin(start, new_upstream, said("", "content_filter", stream), stream, on_refusal="next")
    reply = ask(gateway, path, stream)
    assert (reply.status_code, reply.headers["x-bellwether-provider"]) == (200, "second"), reply.text
    assert "from the second" in reply.text
    assert gateway.admin().get("/admin/v1/health").json()["targets"][0]["state"] != "ejected"


@both_forms
def test_what_was_said_before_a_refusal_is_told(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    gateway = begin(start, new_upstream, said("half a", "content_filter", stream), stream, on_refusal="next")
    reply = ask(gateway, CHAT_PATH, stream)
    assert reply.headers["x-bellwether-provider"] == "first"
    assert "half a" in reply.text
    assert "content_filter" in reply.text


@both_forms
def test_without_a_word_on_it_the_refusal_is_the_answer(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    gateway = begin(start, new_upstream, said("", "content_filter", stream), stream)
    reply = ask(gateway, CHAT_PATH, stream)
    assert (reply.status_code, reply.headers["x-bellwether-provider"]) == (200, "first")
    assert "content_filter" in reply.text


@both_forms
def test_where_nobody_else_is_left_the_refusal_is_the_answer(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    only = new_upstream(said("", "content_filter", stream))
    config = configuration({"only": provider(only.base_url, models=[MODEL])})
    config["models"] = {MODEL: {"targets": [f"only/{MODEL}"], "on_refusal": "next"}}
    reply = ask(start(config=config), CHAT_PATH, stream)
    assert reply.status_code == 200
    assert "content_filter" in reply.text


@both_forms
def test_a_refusal_told_as_an_error_under_200_is_told_and_not_shopped_around(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    gateway = begin(start, new_upstream, told("content_filter", stream), stream)
    reply = ask(gateway, CHAT_PATH, stream)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "content_filter")
    gateway = begin(start, new_upstream, told("content_filter", stream), stream, "next", on_refusal="next")
    assert ask(gateway, CHAT_PATH, stream).headers["x-bellwether-provider"] == "second"


@both_forms
def test_a_prompt_that_is_too_long_under_200_is_so_for_this_one_and_told_so(
    start: StartGateway, new_upstream: StartUpstream, stream: bool
) -> None:
    gateway = begin(start, new_upstream, told("context_length_exceeded", stream), stream)
    assert ask(gateway, CHAT_PATH, stream).headers["x-bellwether-provider"] == "second"
    only = new_upstream(told("context_length_exceeded", stream))
    alone = start(home="alone", config=configuration({"only": provider(only.base_url, models=[MODEL])}))
    reply = ask(alone, CHAT_PATH, stream)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert len(only.calls) == 1, "it would say the same again"
