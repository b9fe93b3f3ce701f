"""Proves what a caller sees when providers fail: the next target's answer or one honest error, never half an answer."""

from __future__ import annotations

import http.client
import json
from threading import Event
from typing import Any

import openai
import pytest

from conftest import StartGateway
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import PATIENCE_S, until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head
from harness.wire import Wire, request

MESSAGES: list[Any] = [{"role": "user", "content": "ping"}]
#: More than all socket buffers on the way hold, less than a hoarder takes.
HELD_BYTES_MAX = 40_000_000
#: A write that waits so long is held back.
STALL_S = 0.5
#: How a caller sees an answer that was not finished.
BROKEN = (http.client.IncompleteRead, ConnectionError)
PATIENCE = {"first_byte_ms": 250, "answer_ms": 250}

#: What the first target does, and the kind under which its failure is told.
FAILURES = {
    "status=500": "upstream_failed",
    "status=502": "upstream_failed",
    "status=503": "upstream_busy",
    "status=429": "upstream_busy",
    "status=401": "upstream_credential_rejected",
    "refuse": "upstream_failed",
    "reset_on_accept": "upstream_failed",
    "reset_after_request": "upstream_failed",
    "close_after_request": "upstream_failed",
    "hang": "timeout",
}


@pytest.fixture
def pair(start: StartGateway, simulator: Simulator) -> Gateway:
    """One model with two targets: the simulator's first node, then its second."""
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in (("first", simulator.nodes[0]), ("second", simulator.nodes[1]))
    }
    models = {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}
    return start(config=configuration(providers, models, timeouts=PATIENCE, retries=NO_REPEATS))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAILURES)
def test_the_next_target_answers_when_the_first_fails(
    pair: Gateway, simulator: Simulator, fault: str, stream: bool
) -> None:
    simulator.nodes[0].fault(fault)
    reply = pair.http().post(CHAT_PATH, content=chat(stream=stream))
    assert reply.status_code == 200, reply.text
    assert reply.headers["x-bellwether-provider"] == "second"
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert len(simulator.nodes[1].received(CHAT_PATH)) == 1


def test_a_healthy_first_target_is_the_only_one_asked(pair: Gateway, simulator: Simulator) -> None:
    reply = pair.http().post(CHAT_PATH, content=chat())
    assert reply.headers["x-bellwether-provider"] == "first"
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert not simulator.nodes[1].received(CHAT_PATH)


@pytest.mark.parametrize("status", [400, 422])
def test_what_the_caller_did_wrong_is_not_tried_elsewhere(pair: Gateway, simulator: Simulator, status: int) -> None:
    simulator.nodes[0].fault(f"status={status}")
    assert pair.http().post(CHAT_PATH, content=chat()).status_code == status
    assert not simulator.nodes[1].received(CHAT_PATH)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("status=500", "refuse", 502),
        ("status=503", "status=503", 503),
        ("hang", "hang", 504),
        ("refuse", "refuse", 502),
    ],
)
def test_when_all_fail_each_attempt_is_told(
    pair: Gateway, simulator: Simulator, first: str, second: str, status: int
) -> None:
    simulator.nodes[0].fault(first)
    simulator.nodes[1].fault(second)
    reply = pair.http().post(CHAT_PATH, content=chat())
    assert reply.status_code == status, reply.text
    attempts = reply.json()["error"]["attempts"]
    assert [(note["provider"], note["kind"]) for note in attempts] == [
        ("first", FAILURES[first]),
        ("second", FAILURES[second]),
    ]
    assert all(note["model"] == MODEL and note["ms"] >= 0 for note in attempts)
    assert reply.headers["x-bellwether-attempts"] == "2"


def test_when_all_are_busy_the_caller_is_told_when_to_come_back(pair: Gateway, simulator: Simulator) -> None:
    simulator.nodes[0].fault("status=429;retry_after=3")
    simulator.nodes[1].fault("status=429;retry_after=20")
    reply = pair.http().post(CHAT_PATH, content=chat())
    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "3", "the sooner of the two"
    assert reply.json()["error"]["retry_after"] == 3


@pytest.mark.parametrize("fault", ["cut=3", "cut_bytes=150", "reset=3", "truncate=3", "close_after_request"])
def test_a_stream_that_breaks_never_ends_cleanly(start: StartGateway, simulator: Simulator, fault: str) -> None:
    gateway = start(environment=simulator.environment)
    simulator.node.fault(fault)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        try:
            response = wire.response()
            body = response.read()
        except BROKEN:
            return
    assert response.status == 502, f"a clean end: {body!r}"


def test_what_had_arrived_before_a_break_is_passed_on(gateway: Gateway, upstream: Upstream) -> None:
    """Even where the break is read together with it: the caller is billed for it, so the caller gets it."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="first")) + chunk(delta(content="second")))
        exchange.close()

    upstream.script = script
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        response = wire.response()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead) as broken:
            response.read()
    arrived, event = broken.value.partial.split(b"event: error\n")
    assert arrived == delta(content="first") + delta(content="second")
    error = json.loads(event.removeprefix(b"data: "))["error"]
    assert (error["code"], error["source"]) == ("stream_broken", "upstream")


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "ended without [DONE]"])
def test_a_break_between_events_is_told_as_an_event(gateway: Gateway, upstream: Upstream, is_closed: bool) -> None:
    """Also where it comes long after the last event, or looks like an end."""
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True), "x-request-id: find-me"))
        (exchange,) = held.wait_for(1)
        exchange.send(stream_head() + chunk(delta(content="first")))
        response = wire.response()
        assert response.read(len(delta(content="first"))) == delta(content="first")
        if is_closed:
            exchange.close()
        else:
            exchange.send(LAST_CHUNK)
        with pytest.raises(http.client.IncompleteRead) as broken:
            response.read()
    held.release()
    event = broken.value.partial
    assert event.startswith(b"event: error\ndata: ")
    assert event.endswith(b"\n\n")
    error = json.loads(event.split(b"data: ", 1)[1])["error"]
    assert (error["code"], error["source"], error["request_id"]) == ("stream_broken", "upstream", "find-me")


@pytest.mark.parametrize("is_together", [True, False], ids=["read together", "read apart"])
def test_a_break_within_an_event_is_told_between_events(
    gateway: Gateway, upstream: Upstream, is_together: bool
) -> None:
    """An event of ours behind half of theirs would be read as one with it: so the half stays here."""
    whole_one, half = delta(content="first"), delta(content="second")[:-20]
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        (exchange,) = held.wait_for(1)
        exchange.send(stream_head() + chunk(whole_one) + chunk(half))
        if is_together:
            exchange.close()
            arrived = b""
            response = wire.response()
        else:
            response = wire.response()
            arrived = response.read(len(whole_one))
            exchange.close()
        with pytest.raises(BROKEN) as broken:
            response.read()
    held.release()
    arrived += getattr(broken.value, "partial", b"")
    assert arrived.startswith(whole_one + b"event: error\n")
    assert b"second" not in arrived


def test_no_second_answer_is_begun_behind_a_broken_one(pair: Gateway, simulator: Simulator) -> None:
    simulator.nodes[0].set(gap_ms=20)
    simulator.nodes[0].fault("cut=3")
    with Wire(pair.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        with pytest.raises(BROKEN):
            wire.response().read()
    assert not simulator.nodes[1].received(CHAT_PATH)


def test_a_stream_that_breaks_is_an_exception_in_the_sdk(pair: Gateway, simulator: Simulator) -> None:
    simulator.nodes[0].fault("cut=3")
    with pytest.raises(Exception) as caught:
        list(pair.openai().chat.completions.create(model=MODEL, messages=MESSAGES, stream=True))
    assert isinstance(caught.value, openai.APIError) or "peer closed" in str(caught.value)


@pytest.mark.parametrize("fault", ["cut_bytes=20", "reset_bytes=20", "wrong_length=10"])
def test_a_whole_answer_cut_short_is_never_passed_on_as_whole(pair: Gateway, simulator: Simulator, fault: str) -> None:
    """Either the next target answers, or the caller sees the break; a clean end of half an answer is a lie."""
    simulator.nodes[0].fault(fault)
    with Wire(pair.address) as wire:
        wire.send(request(CHAT_PATH, chat()))
        try:
            response = wire.response()
            body = response.read()
        except BROKEN:
            return
    assert body.endswith(b"}")
    assert response.headers["x-bellwether-provider"] == "second"


def test_a_stalled_stream_is_given_up_at_the_idle_limit(start: StartGateway, simulator: Simulator) -> None:
    node = provider(simulator.node.base_url, key=simulator.key, models=[MODEL])
    gateway = start(config=configuration(providers={"first": node}, timeouts={"idle_ms": 200}))
    simulator.node.fault("stall=2")
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        with pytest.raises(BROKEN):
            wire.response().read()


def test_a_connection_that_died_in_the_pool_harms_no_call(pair: Gateway, simulator: Simulator) -> None:
    """A kept connection may be closed at any time; finding out is our problem, not the caller's."""
    client = pair.http()
    assert client.post(CHAT_PATH, content=chat()).status_code == 200
    simulator.nodes[0].drop_connections()
    reply = client.post(CHAT_PATH, content=chat())
    assert (reply.status_code, reply.headers["x-bellwether-provider"]) == (200, "first")


def test_the_provider_sees_the_caller_hang_up_in_a_stream(gateway: Gateway, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    wire = Wire(gateway.address)
    wire.send(request(CHAT_PATH, chat(stream=True)))
    (exchange,) = held.wait_for(1)
    exchange.send(stream_head() + chunk(delta(content="x")))
    assert wire.response().read(5) == b"data:"
    wire.reset()
    assert exchange.saw_hang_up()
    held.release()


def test_the_provider_sees_the_caller_hang_up_before_an_answer(gateway: Gateway, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    wire = Wire(gateway.address)
    wire.send(request(CHAT_PATH, chat()))
    (exchange,) = held.wait_for(1)
    wire.close()
    assert exchange.saw_hang_up()
    held.release()


def test_the_simulator_tells_of_the_hang_up_too(pair: Gateway, simulator: Simulator) -> None:
    simulator.nodes[0].set(gap_ms=5000)
    stream = pair.openai().chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    next(iter(stream))
    stream.close()
    until(
        lambda: simulator.nodes[0].received(CHAT_PATH)[0]["peer_hung_up"], "the node noticed that the caller was gone"
    )


def test_a_slow_caller_does_not_make_us_hoard(gateway: Gateway, upstream: Upstream) -> None:
    """Back-pressure reaches the provider: while nobody reads, it cannot write for ever."""
    piece = chunk(delta(content="x" * 60_000))
    sent: list[int] = []
    held_back = Event()

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head())
        while len(piece) * len(sent) < 2 * HELD_BYTES_MAX:
            if not exchange.send_within(piece, STALL_S):
                held_back.set()
                return
            sent.append(len(piece))

    upstream.script = script
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        assert wire.response().status == 200
        assert held_back.wait(PATIENCE_S), "the provider was never held back"
    assert sum(sent) < HELD_BYTES_MAX, "what the sockets hold, not the whole answer"
