"""More of docs/operations/resume.md: breaks in odd places, and what log, metrics, health and memory know of streams that
were gone on with.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, provider
from harness.gateway import Gateway
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, DONE, MODEL, delta
from harness.upstream import LAST_CHUNK, Exchange, Upstream, chunk, stream_head, whole
from test_logs import lines_about
from test_resume import Told, body, expected, routed

BARE = ({}, {"continues": "bare"})


def finish(reason: str = "stop") -> bytes:
    event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    choices = [{"index": 0, "delta": {}, "finish_reason": reason}]
    return b"data: " + json.dumps({**event, "choices": choices}).encode() + b"\n\n"


def says(*pieces: bytes, end: str = "close") -> Any:
    """A script that streams these pieces, and then ends in this way."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        for piece in pieces:
            exchange.send(chunk(piece))
        if end == "whole":
            exchange.send(chunk(DONE) + LAST_CHUNK)
        else:
            exchange.close()

    return script


def between(start: StartGateway, upstreams: list[Upstream], resume: str, **more: Any) -> Gateway:
    """One name: scripted providers, one after the other; all go on from a beginning."""
    names = [f"p{place}" for place in range(len(upstreams))]
    sections = more.pop("sections", {"retries": NO_REPEATS})
    quirks = more.pop("quirks", [{"continues": "bare"}] * len(upstreams))
    providers = {
        name: {**provider(upstream.base_url, models=["m"]), "quirks": quirk}
        for name, upstream, quirk in zip(names, upstreams, quirks, strict=True)
    }
    models = {MODEL: {"targets": [f"{name}/m" for name in names], "resume": resume, **more}}
    return start(config={"providers": providers, "models": models, **sections})


def refusal(status: str, **error: Any) -> Any:
    return whole(json.dumps({"error": {"message": "no", **error}}).encode(), status=status)


HELLO = delta(role="assistant", content="Hello there, ")
NAME = delta(content="dear friend")


def test_a_truncated_stream_is_logged_as_what_its_caller_got(start: StartGateway, simulator: Simulator) -> None:
    """Ended well by its framing, with the rest missing."""
    gateway = routed(start, simulator, "continue", quirks=BARE)
    simulator.nodes[0].fault("truncate=40")
    simulator.nodes[1].set(beginnings="continued")
    told = Told(gateway, headers={"x-request-id": "truncated"})
    assert (told.text, told.is_whole) == (expected(), True)
    (line,) = lines_about(gateway, "truncated")
    assert (line["status"], line.get("kind")) == (200, None)


def test_who_broke_has_given_his_place_back_before_he_is_asked_again(start: StartGateway, simulator: Simulator) -> None:
    """With room for one at a time a stream must not wait for itself."""
    node = simulator.nodes[0]
    node.set(answer_tokens=60, beginnings="continued")
    only = {**provider(node.base_url, key=simulator.key, models=["m"]), "concurrent_max": 1}
    only["quirks"] = {"continues": "bare"}
    models = {MODEL: {"targets": ["first/m"], "resume": "continue"}}
    gateway = start(config={"providers": {"first": only}, "models": models, "limits": {"queue_wait_ms": 60_000}})
    node.fault("cut=40", times=1)
    told = Told(gateway)
    assert (told.text, told.is_whole) == (expected(), True)


def test_who_leaves_while_the_next_is_looked_for_is_settled(start: StartGateway, new_upstream: StartUpstream) -> None:
    hung_up: list[bool] = []

    def hang(exchange: Exchange) -> None:
        hung_up.append(exchange.saw_hang_up())

    first, second = new_upstream(says(HELLO, NAME)), new_upstream(hang)
    gateway = between(start, [first, second], "continue")
    with gateway.http().stream("POST", CHAT_PATH, json=body("chat"), headers={"x-request-id": "gone"}) as reply:
        pieces = reply.iter_text()
        assert "Hello" in next(pieces)
        until(lambda: second.calls, "the second is asked")
    until(lambda: hung_up, "the second sees it")
    assert hung_up == [True]
    (line,) = lines_about(gateway, "gone")
    assert (line["status"], line["kind"]) == (499, "caller_gone")
    assert line["tokens"]["output"] > 0
    assert [part["provider"] for part in line["segments"]] == ["p0"]


@pytest.mark.parametrize("end", ["close", "whole"])
def test_a_stream_that_breaks_behind_its_finish_has_all_been_said(
    start: StartGateway, new_upstream: StartUpstream, end: str
) -> None:
    first, second = new_upstream(says(HELLO, finish(), end=end)), new_upstream()
    gateway = between(start, [first, second], "continue")
    told = Told(gateway)
    assert (told.text.strip(), told.is_whole, told.error) == ("Hello there,", True, None)
    assert not second.calls


def test_a_refusal_for_another_reason_is_not_taken_for_one_of_beginnings(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    answers = [refusal("400 Bad Request", type="invalid_request_error")] * 2

    def second(exchange: Exchange) -> None:
        (answers.pop(0) if answers else says(NAME, finish(), end="whole"))(exchange)

    first, other = new_upstream(says(HELLO)), new_upstream(second)
    gateway = between(start, [first, other], "continue")
    assert Told(gateway).error
    told = Told(gateway)
    assert told.is_whole and told.text.endswith("dear friend")
    assert other.calls[-1].json["messages"][-1]["role"] == "assistant"


def test_who_refuses_to_go_on_is_followed_by_the_next(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, third = new_upstream(says(HELLO)), new_upstream(says(NAME, finish(), end="whole"))
    second = new_upstream(refusal("400 Bad Request", type="invalid_request_error"))
    gateway = between(start, [first, second, third], "continue")
    told = Told(gateway)
    assert told.is_whole and told.text.endswith("dear friend")


def test_the_break_that_is_told_is_that_of_who_broke(start: StartGateway, new_upstream: StartUpstream) -> None:
    first = new_upstream(says(HELLO, b'data: {"error":{"message":"engine on fire"}}\n\n'))
    second = new_upstream(refusal("500 Internal Server Error"))
    gateway = between(start, [first, second], "continue")
    told = Told(gateway, headers={"x-request-id": "blame"})
    assert not told.is_whole
    assert "p0" in json.dumps(told.error) and "p1" not in json.dumps(told.error)
    (line,) = lines_about(gateway, "blame")
    assert [part["provider"] for part in line["segments"]] == ["p0"]


def test_who_says_something_else_is_well(start: StartGateway, new_upstream: StartUpstream) -> None:
    """He answered what he was asked: nothing speaks against him, and he is not asked for it again."""
    first = new_upstream(says(HELLO))
    second = new_upstream(says(delta(role="assistant", content="Something else"), finish(), end="whole"))
    gateway = between(start, [first, second], "continue", quirks=({"continues": "bare"}, {}), sections={})
    for _ in range(4):
        before = len(second.calls)
        assert not Told(gateway).is_whole
        assert len(second.calls) == before + 1
    assert gateway.metric("ai_gateway_target_state", provider="p1", state="healthy") == 1


def test_without_memory_for_it_nothing_is_held_back(start: StartGateway, new_upstream: StartUpstream) -> None:
    """A stream that nobody can go on with does not wait for the end of the time in which somebody could."""
    is_read, was_read_meanwhile = threading.Event(), []

    def waits(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(HELLO))
        was_read_meanwhile.append(is_read.wait(2))
        exchange.send(chunk(finish()) + chunk(DONE) + LAST_CHUNK)

    little = {"body_bytes_max": 65_536, "body_memory_bytes_max": 65_536}
    sections = {"limits": little}
    gateway = between(start, [new_upstream(waits)], "hidden", resume_hold_ms=25_000, sections=sections)
    # The request itself takes it all.
    asked = body("chat") | {"user": "x" * 64_000}
    with gateway.http().stream("POST", CHAT_PATH, json=asked) as reply:
        for piece in reply.iter_text():
            if "Hello" in piece:
                is_read.set()
    assert was_read_meanwhile == [True]


@pytest.mark.parametrize("reason", ["error", "abort"])
def test_a_finish_that_is_none_is_a_break(start: StartGateway, new_upstream: StartUpstream, reason: str) -> None:
    """Some say so when they are stopped in the middle, and then end as if that were all."""
    first = new_upstream(says(HELLO, finish(reason), end="whole"))
    second = new_upstream(says(NAME, finish(), end="whole"))
    told = Told(between(start, [first, second], "continue"))
    assert told.is_whole and told.text.endswith("dear friend")


def test_a_break_that_the_way_of_its_route_cannot_mend_is_counted(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first, second = new_upstream(says(HELLO)), new_upstream()
    gateway = between(start, [first, second], "hidden")
    assert Told(gateway).error
    assert not second.calls
    assert gateway.metric("ai_gateway_streams_broken_total", provider="p0", outcome="lost") == 1
