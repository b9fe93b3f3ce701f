"""Proves the table of docs/operations/misbehaving-providers.md: what a caller sees of each thing a provider does wrong.

Each row is tried streamed and not, with the misbehaving provider alone and with an honest one behind it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from threading import Event
from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, one_after_the_other, provider
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.hostile import Healthy
from harness.process import until
from harness.promises import Outcome, Promise, Row, read_rows
from harness.simulator import Node, Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, END_MARK, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Script, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Reply, Wire, request

ROWS = read_rows()
#: For those who fall silent: short, so that it is soon noticed.
SILENT = ("hang", "stall", "pings", "keeps_open")
SHORT = {"first_byte_ms": 700, "answer_ms": 700, "idle_ms": 300}
#: Statuses of those who ask for patience, or do not know the model.
LEFT_ALONE = (404, 429, 503)
ALONE, PAIR = "alone", "pair"
#: What the simulator says of its own errors.
WORDS = "the simulator was told to fail"
#: A fault that changes nothing.
NO_FAULT = "slow_head=0"
PING = b": ping\n\n"
BROKEN = (http.client.IncompleteRead, ConnectionError)


def served(start: StartGateway, simulator: Simulator, row: Row) -> Gateway:
    """Two names for one model: one has the first node for its target, the other has the second node behind it."""
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in (("first", simulator.nodes[0]), ("second", simulator.nodes[1]))
    }
    models = {ALONE: [f"first/{MODEL}"], PAIR: [f"first/{MODEL}", f"second/{MODEL}"]}
    timeouts = SHORT if row.fault.startswith(SILENT) else None
    return start(config=configuration(providers, models, timeouts=timeouts, retries=NO_REPEATS))


def ask(gateway: Gateway, body: bytes, *headers: str) -> tuple[Reply, bool]:
    """The answer as far as it came, and whether it broke off."""
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, body, *headers))
        response = wire.response()
        try:
            arrived, is_broken = response.read(), False
        except http.client.IncompleteRead as broken:
            arrived, is_broken = broken.partial, True
    return Reply(response.status, response.headers, arrived), is_broken


def sent_directly(node: Node, number: int, body: bytes, fault: str) -> bytes:
    """What a node answers to its so-manyth request: answers are seeded by that number, and by that there is a fault."""
    node.control.post("/reset").raise_for_status()
    with httpx.Client(headers={"authorization": "Bearer x"}, trust_env=False) as client:
        for _ in range(number - 1):
            client.get(f"{node.base_url}/models").raise_for_status()
        # Its end, which never comes, is not waited for: the bytes before it are the same.
        node.fault(fault.removeprefix("keeps_open;"))
        return client.post(f"{node.base_url}/chat/completions", content=body).raise_for_status().content


def check_error(reply: Reply, promise: Promise) -> None:
    error = reply.error
    assert (reply.status, error["status"], error["code"]) == (promise.status, promise.status, promise.code), error
    assert error["source"] == ("gateway" if promise.code == "upstream_credential_rejected" else "upstream")
    assert (WORDS in error["message"]) == promise.has_words, error
    assert error["message"]
    assert "<" not in error["message"], "no page of HTML"
    assert error["request_id"] == reply.headers["x-request-id"]
    if promise.again_s is not None:
        # A date has whole seconds, and some time has passed since it was written.
        assert promise.again_s - 2 <= int(reply.headers["retry-after"]) <= promise.again_s
        assert error["retry_after"] == int(reply.headers["retry-after"])


def check_events(reply: Reply, honest: bytes, promise: Promise) -> None:
    """Whole events of the answer, then one that tells of the break."""
    arrived, _, told = reply.body.partition(b"event: error\ndata: ")
    assert told, f"no error event in {reply.body!r}"
    assert honest.startswith(arrived.replace(PING, b"")), arrived
    assert arrived.endswith(b"\n\n")
    assert END_MARK not in arrived
    assert told.endswith(b"\n\n")
    error = json.loads(told)["error"]
    assert (error["code"], error["source"]) == ("stream_broken", "upstream")
    assert (WORDS in error["message"]) == promise.has_words, error
    assert error["request_id"] == reply.headers["x-request-id"]


def check_alone(reply: Reply, is_broken: bool, promise: Promise, honest: bytes, sent: Callable[[], bytes]) -> None:
    match promise.outcome:
        case Outcome.ERROR:
            check_error(reply, promise)
        case Outcome.EVENTS:
            assert (reply.status, is_broken) == (200, True), reply.body
            check_events(reply, honest, promise)
        case outcome:
            assert (reply.status, is_broken) == (200, False), reply.body
            assert reply.body == (honest if outcome is Outcome.EXACT else sent())
    assert is_broken == (promise.outcome is Outcome.EVENTS)
    assert "set-cookie" not in reply.headers
    assert "location" not in reply.headers
    assert reply.headers["content-encoding"] is None


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", ROWS, ids=[row.fault for row in ROWS])
def test_the_page_is_true(
    start: StartGateway, simulator: Simulator, new_upstream: StartUpstream, row: Row, stream: bool
) -> None:
    gateway = served(start, simulator, row)
    promise = row.streamed if stream else row.whole
    node, second = simulator.nodes
    elsewhere = new_upstream()
    fault = row.fault.replace("IN 40 S", formatdate(time.time() + 40, usegmt=True)).replace(
        "ELSEWHERE", f"{elsewhere.base_url}/chat/completions"
    )
    options = {"stream_options": {"include_usage": True}} if stream else {}

    node.fault(fault)
    body = chat(model=ALONE, stream=stream, **options)
    reply, is_broken = ask(gateway, body)
    received = node.received(CHAT_PATH)
    assert len(received) <= 1, "nobody pays twice"
    number = received[0]["number"] if received else 1
    assert not elsewhere.calls

    if promise.goes_on:
        before = [len(each.received(CHAT_PATH)) for each in simulator.nodes]
        answered, was_broken = ask(gateway, chat(model=PAIR, stream=stream, **options))
        assert (answered.status, was_broken) == (200, False), answered.body
        assert answered.headers["x-bellwether-provider"] == "second"
        # Who has just said so is not even asked.
        is_left_alone = promise.status in LEFT_ALONE and len(node.received(CHAT_PATH)) == before[0]
        assert answered.headers["x-bellwether-attempts"] == ("1" if is_left_alone else "2")
        assert len(second.received(CHAT_PATH)) == before[1] + 1
    elif promise.outcome is Outcome.ERROR:
        answered, _ = ask(gateway, chat(model=PAIR, stream=stream))
        assert answered.status == promise.status
        assert not second.received(CHAT_PATH)

    # As the gateway passed it on, with the name the node knows.
    passed_on = body.replace(f'"{ALONE}"'.encode(), f'"{MODEL}"'.encode())
    # Length is no fault: who is honest is as long.
    length = next((part for part in fault.split(";") if part.startswith("huge=")), NO_FAULT)
    honest = sent_directly(node, number, passed_on, length)
    check_alone(reply, is_broken, promise, honest, lambda: sent_directly(node, number, passed_on, fault))
    if reply.status == 200:
        kind = "text/event-stream" if stream else "application/json"
        assert reply.headers["content-type"].startswith(kind)


def test_the_page_has_every_misbehaviour_of_the_simulator(simulator: Simulator) -> None:
    known = simulator.node.control.get("/").raise_for_status().json()["faults"]
    tried = {part.partition("=")[0] for row in ROWS for part in row.fault.split(";")}
    assert {syntax.partition("=")[0] for syntax in known} == tried


def events(*pieces: bytes, end: bool = True) -> Script:
    """A stream in one write; without an end the connection stays open."""
    data = stream_head() + b"".join(chunk(piece) for piece in pieces) + (LAST_CHUNK if end else b"")
    return lambda exchange: exchange.send(data)


FINISHED = delta().replace(b'"finish_reason": null', b'"finish_reason": "stop"')
WHOLE_STREAM = delta(content="x") + FINISHED + END_MARK
ODD_BUT_WHOLE: dict[str, bytes] = {
    "no blank line behind the last event": WHOLE_STREAM[:-1],
    "no line end behind the last event": WHOLE_STREAM[:-2],
    "no end mark, nor a blank line": (delta(content="x") + FINISHED)[:-1],
    "no space behind the colon": WHOLE_STREAM.replace(b"data: ", b"data:"),
    "white behind the end mark": WHOLE_STREAM.replace(b"[DONE]", b"[DONE] "),
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE_STREAM,
    "blank lines before": b"\n\n\r\n" + WHOLE_STREAM,
    "comments before and between": b": a\n\n" + WHOLE_STREAM.replace(b"data:", b": b\n\ndata:"),
    "named events": WHOLE_STREAM.replace(b"data:", b"event: message\ndata:"),
    "pings with a name": b"event: ping\ndata: now\n\n" + WHOLE_STREAM,
    "ids and retries": b"retry: 10\nid: 1\n" + WHOLE_STREAM,
    "an empty event": b"data:\n\n" + WHOLE_STREAM,
    "data in several lines": b'data: {"choices":\ndata: []}\n\n' + WHOLE_STREAM,
    "an error that is null": delta(content="x").replace(b"{", b'{"error": null, ', 1) + FINISHED + END_MARK,
    "nothing but a reason": DONE,
}


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("stream", ODD_BUT_WHOLE.values(), ids=ODD_BUT_WHOLE.keys())
def test_an_odd_stream_that_is_whole_is_passed_on(
    gateway: Gateway, upstream: Upstream, stream: bytes, size: int
) -> None:
    upstream.script = streamed([stream[at : at + size] for at in range(0, len(stream), size)])
    reply, is_broken = ask(gateway, chat(stream=True))
    assert (reply.status, is_broken, reply.body) == (200, False, stream)


BEHIND_THE_END: dict[str, bytes] = {
    "a comment": b": b\n\n",
    "a blank line": b"\n",
    "text": b"data: bye\n\n",
    "half an event": b'data: {"id"',
    "an error": b'data: {"error":{"message":"no"}}\n\n',
    "a named error": b"event: error\ndata: no\n\n",
    "more of an answer": delta(content="y") + DONE,
    "another end mark": DONE,
    "more than fits an event": b"data: " + b"y" * 500_000 + b"\n\n",
}


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("behind", BEHIND_THE_END.values(), ids=BEHIND_THE_END.keys())
def test_nothing_behind_the_last_word_is_passed_on(
    gateway: Gateway, upstream: Upstream, behind: bytes, size: int
) -> None:
    stream = WHOLE_STREAM + (behind if size > 7 else behind[:200])
    upstream.script = streamed([stream[at : at + size] for at in range(0, len(stream), size)])
    reply, is_broken = ask(gateway, chat(stream=True))
    assert (reply.status, is_broken, reply.body) == (200, False, WHOLE_STREAM)


@pytest.mark.parametrize("head", [stream_head(), b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999999\r\n\r\n"])
def test_who_goes_on_for_ever_behind_his_last_word_is_left(
    gateway: Gateway, upstream: Upstream, head: bytes
) -> None:
    left: list[bool] = []

    def script(exchange: Exchange) -> None:
        is_chunked = b"chunked" in head
        framed = chunk if is_chunked else bytes
        exchange.send(head + framed(WHOLE_STREAM))
        with contextlib.suppress(OSError):
            for _ in range(400):
                exchange.send(framed(b": still here\n\n"))
                if exchange.saw_hang_up_within(0.01):
                    break
            else:
                return
        left.append(True)
        exchange.is_over = True

    upstream.script = script
    reply, is_broken = ask(gateway, chat(stream=True))
    assert (reply.status, is_broken, reply.body) == (200, False, WHOLE_STREAM)
    until(lambda: left, "the provider sees that nobody listens")


NOT_WHOLE: dict[str, bytes] = {
    "half an end mark": (delta(content="x") + FINISHED + END_MARK)[:-5],
    "a finish reason that is null": delta(content="x") + delta(),
    "the word in the text": delta(content='"finish_reason":"stop"'),
    "an array": delta(content="x") + b"data: []\n\n" + FINISHED + END_MARK,
    "a number": delta(content="x") + b"data: 1\n\n" + FINISHED + END_MARK,
    "text": delta(content="x") + b"data: internal error\n\n" + FINISHED + END_MARK,
    "two objects in one event": delta(content="x") + b"data: {}{}\n\n" + FINISHED + END_MARK,
    "an error with a name": delta(content="x") + b"event: error\ndata: overloaded\n\n" + FINISHED + END_MARK,
    "an error behind other fields": delta(content="x") + b'data: {"id":"1","error":{"code":1}}\n\n' + FINISHED + END_MARK,
}


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("stream", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_stream_that_is_not_whole_never_ends_well(
    gateway: Gateway, upstream: Upstream, stream: bytes, size: int
) -> None:
    upstream.script = streamed([stream[at : at + size] for at in range(0, len(stream), size)])
    reply, is_broken = ask(gateway, chat(stream=True))
    assert (reply.status, is_broken) == (200, True)
    arrived, _, told = reply.body.partition(b"event: error\ndata: {")
    assert told
    assert stream.startswith(arrived)
    assert END_MARK not in arrived


NO_ANSWERS: dict[str, bytes] = {
    "only comments": b": wait\n\n: wait\n\n",
    "only pings": b"event: ping\ndata: {}\n\n",
    "only blank lines": b"\n\n\n",
    "only the end mark": END_MARK,
    "comments and the end mark": b": wait\n\n" + END_MARK,
    "an empty event": b"data:\n\n",
    "half an event": delta(content="x")[:-9],
    "an error behind a comment": b': wait\n\ndata: {"error":{"message":"no"}}\n\n',
    "JSON": CHAT_REPLY,
    "long JSON": CHAT_REPLY.replace(b"caf", b"x" * 200_000),
    "JSON with an error": b'{"error":{"message":"no","code":"x"}}',
    "a line of text": b"error: no such thing\n",
    "much text": b"error: no such thing\n" * 10_000,
}


@pytest.mark.parametrize("stream", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_what_is_no_stream_goes_to_the_next_target(
    start: StartGateway, new_upstream: StartUpstream, stream: bytes
) -> None:
    first, second = new_upstream(streamed([stream])), new_upstream(streamed([WHOLE_STREAM]))
    gateway = start(config=one_after_the_other(first.base_url, second.base_url))
    reply, is_broken = ask(gateway, chat(stream=True))
    assert (reply.status, is_broken, reply.body) == (200, False, WHOLE_STREAM)
    assert reply.headers["x-bellwether-provider"] == "second"


@pytest.mark.parametrize(
    "script",
    [streamed([WHOLE_STREAM]), whole(CHAT_REPLY[:-3]), whole(b'{"id":1,"error":"no"}'), whole(b"null"), whole(b"[]")],
    ids=["a stream", "cut JSON", "an error", "null", "an array"],
)
def test_what_is_no_json_answer_goes_to_the_next_target(
    start: StartGateway, new_upstream: StartUpstream, script: Script
) -> None:
    first, second = new_upstream(script), new_upstream()
    gateway = start(config=one_after_the_other(first.base_url, second.base_url))
    reply, _ = ask(gateway, chat())
    assert (reply.status, reply.body, reply.headers["x-bellwether-provider"]) == (200, CHAT_REPLY, "second")


@pytest.mark.parametrize("white", [b"\n", b" \r\n\t" * 1000])
def test_white_before_an_answer_keeps_its_connection_alive_and_is_passed_on(
    gateway: Gateway, upstream: Upstream, white: bytes
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in (white, white, CHAT_REPLY):
            exchange.send(chunk(piece))
        exchange.send(LAST_CHUNK)

    upstream.script = script
    reply, is_broken = ask(gateway, chat())
    assert (reply.status, is_broken, reply.body) == (200, False, white + white + CHAT_REPLY)


def choice(index: int, reason: str | None) -> bytes:
    return (
        b"data: " + json.dumps({"choices": [{"index": index, "delta": {}, "finish_reason": reason}]}).encode() + b"\n\n"
    )


@pytest.mark.parametrize(
    ("path", "body", "chunks", "is_whole"),
    [
        (CHAT_PATH, chat(stream=True, n=2), [(0, "stop")], False),
        (CHAT_PATH, chat(stream=True, n=2), [(0, "stop"), (1, None)], False),
        (CHAT_PATH, chat(stream=True, n=2), [(0, "stop"), (0, "stop")], False),
        (CHAT_PATH, chat(stream=True, n=2), [(0, "stop"), (1, None), (1, "length")], True),
        (CHAT_PATH, chat(stream=True, n=1), [(0, "stop")], True),
        ("/v1/completions", chat(stream=True), [(0, "stop"), (1, None)], False),
        # Several prompts make several answers, and nobody counts them: only the end mark ends these.
        ("/v1/completions", chat(stream=True), [(0, "stop"), (1, "stop")], False),
    ],
)
def test_without_an_end_mark_each_choice_must_have_finished(
    gateway: Gateway, upstream: Upstream, path: str, body: bytes, chunks: list[tuple[int, str | None]], is_whole: bool
) -> None:
    upstream.script = streamed([choice(index, reason) for index, reason in chunks])
    with Wire(gateway.address) as wire:
        wire.send(request(path, body))
        response = wire.response()
        if is_whole:
            assert response.read() == b"".join(choice(index, reason) for index, reason in chunks)
        else:
            with pytest.raises(http.client.IncompleteRead):
                response.read()


BYTES_MAX = 65_536


@pytest.fixture
def narrow(start: StartGateway, upstream: Upstream) -> Gateway:
    """A gateway that takes short answers only."""
    config = configuration(providers={"openai": provider(upstream.base_url)})
    return start(config={**config, "limits": {"answer_bytes_max": BYTES_MAX}})


def long_reply(size: int) -> bytes:
    return CHAT_REPLY.replace(b"caf", b"x" * (size - len(CHAT_REPLY) + 3))


def test_an_answer_announced_too_large_is_no_answer(narrow: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(long_reply(BYTES_MAX))
    assert ask(narrow, chat())[0].body == long_reply(BYTES_MAX)
    upstream.script = whole(long_reply(BYTES_MAX + 1))
    reply, _ = ask(narrow, chat())
    assert (reply.status, reply.error["code"]) == (502, "upstream_failed")
    assert "limits.answer_bytes_max" in reply.error["message"]


def test_an_answer_that_grows_too_large_is_no_answer_either(narrow: Gateway, upstream: Upstream) -> None:
    upstream.script = streamed([long_reply(2 * BYTES_MAX)])
    reply, is_broken = ask(narrow, chat())
    assert (reply.status, reply.error["code"], is_broken) == (502, "upstream_failed", False)
    assert "limits.answer_bytes_max" in reply.error["message"]


@pytest.mark.parametrize("piece", [delta(content="x"), b"data: " + b"x" * 5000], ids=["events", "one event"])
def test_a_stream_without_end_is_broken_off(narrow: Gateway, upstream: Upstream, piece: bytes) -> None:
    """A stream may be 16 times as large as a whole answer, whatever it is made of."""
    sent: list[int] = []

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="x")))
        while not exchange.is_over and len(piece) * len(sent) < 100 * BYTES_MAX:
            exchange.send(chunk(piece.replace(b"data: ", b"") if sent and b"delta" not in piece else piece))
            sent.append(1)

    upstream.script = script
    reply, is_broken = ask(narrow, chat(stream=True))
    assert is_broken
    assert 15 * BYTES_MAX < len(reply.body) < 18 * BYTES_MAX


def test_a_provider_that_quotes_our_key_in_a_stream_is_not_passed_on(gateway: Gateway, upstream: Upstream) -> None:
    error = {"error": {"message": f"bad key {UPSTREAM_KEY} at http://10.1.2.3/", "code": UPSTREAM_KEY}}
    told = b"data: " + json.dumps(error).encode() + b"\n\n"
    for script, is_late in ((events(told), False), (events(delta(content="x"), told), True)):
        upstream.script = script
        reply, is_broken = ask(gateway, chat(stream=True))
        assert is_broken == is_late
        assert b"bad key" in reply.body
        assert UPSTREAM_KEY.encode() not in reply.body
        assert b"10.1.2.3" not in reply.body
    gateway.stop()
    assert UPSTREAM_KEY not in gateway.process.output


@pytest.mark.parametrize("ending", ["in good order", "closed", "reset"])
def test_wherever_a_stream_ends_too_early_it_is_told(
    start: StartGateway, upstream: Upstream, figure: Callable[[str], None], ending: str
) -> None:
    """Every place of a short answer: the status tells, or an event does, or it was whole. Nothing else comes."""
    gateway = start(config=configuration({"openai": provider(upstream.base_url)}, retries=NO_REPEATS))
    text = WHOLE_STREAM.replace(b": ", b":").replace(b"data:", b"data: ")
    told = {"a status": 0, "an event": 0, "nothing, for it was whole": 0}
    for cut in range(len(text) + 1):

        def script(exchange: Exchange, cut: int = cut) -> None:
            exchange.send(stream_head() + (chunk(text[:cut]) if cut else b""))
            if ending == "in good order":
                exchange.send(LAST_CHUNK)
            elif ending == "closed":
                exchange.close()
            else:
                exchange.reset()

        upstream.script = script
        reply, is_broken = ask(gateway, chat(stream=True))
        if reply.status == 502:
            told["a status"] += 1
            assert cut <= text.index(b"\n\n") + 2, cut
            continue
        arrived, _, event = reply.body.partition(b"event: error\ndata: ")
        assert reply.status == 200
        assert text.startswith(arrived)
        assert is_broken == bool(event), f"cut at {cut}: {reply.body!r}"
        if event:
            told["an event"] += 1
            assert json.loads(event)["error"]["code"] == "stream_broken"
            assert arrived.endswith(b"\n\n")
        else:
            told["nothing, for it was whole"] += 1
            assert b'"finish_reason":"stop"' in arrived, cut
    assert min(told.values()) > 0
    figure(f"R17-R20: a stream cut at each of {len(text) + 1} places, {ending}: told by {told}, 0 silent")


def test_a_provider_that_drips_harms_nobody(
    start: StartGateway, simulator: Simulator, figure: Callable[[str], None]
) -> None:
    """Forty streams that come ten bytes at a time, beside a caller of the same provider."""
    gateway = start(environment=simulator.environment)
    with Healthy(gateway) as calm:
        until(lambda: len(calm.waits_s) > 200 or calm.complaints, "the calm phase is over")
    body = chat(stream=True, user="simulate:drip=10:20")
    with Healthy(gateway) as beside, contextlib.ExitStack() as open_streams:
        wires = [open_streams.enter_context(Wire(gateway.address)) for _ in range(40)]
        for wire in wires:
            wire.send(request(CHAT_PATH, body))
        asked = len(beside.waits_s)
        until(lambda: len(beside.waits_s) > asked + 200 or beside.complaints, "the healthy caller went on")
    assert not calm.complaints + beside.complaints
    figure(f"R22: p99 beside 40 dripping streams {beside.p99_ms:.1f} ms, calm {calm.p99_ms:.1f} ms")
    assert beside.p99_ms < calm.p99_ms + 100, "10 ms on a machine of its own"


def make_noise(exchange: Exchange, sound: bytes) -> None:
    """Again and again, until the gateway hangs up."""
    with contextlib.suppress(OSError):
        while True:
            exchange.send(sound)
            Event().wait(0.02)
    exchange.is_over = True


def test_a_silent_stream_ends_at_its_limit_and_the_provider_is_told(
    start: StartGateway, upstream: Upstream, figure: Callable[[str], None]
) -> None:
    """Comments, pings and blank lines do not lengthen it."""
    limit_s = 0.4
    config = configuration(providers={"openai": provider(upstream.base_url)}, timeouts={"idle_ms": int(limit_s * 1000)})
    gateway = start(config=config)
    noise = [b"", b": ping\n\n", b"event: ping\ndata: {}\n\n", b"\n", b"data:\n\n"]
    took: list[float] = []
    for sound in noise:
        held = Held()
        upstream.script = held
        with Wire(gateway.address) as wire:
            wire.send(request(CHAT_PATH, chat(stream=True)))
            (exchange,) = held.wait_for(1)
            exchange.send(stream_head() + chunk(delta(content="x")))
            response = wire.response()
            began = time.monotonic()
            assert response.read(len(delta(content="x"))) == delta(content="x")
            if sound:
                make_noise(exchange, chunk(sound))
            with pytest.raises(BROKEN):
                response.read()
            took.append(time.monotonic() - began)
            if not sound:
                assert exchange.saw_hang_up()
        held.release()
    figure(f"R21: a stream that falls silent ended after {max(took) * 1000:.0f} ms at a limit of {limit_s * 1000:.0f}")
    assert limit_s * 0.9 < min(took) <= max(took) < limit_s + 1


def test_a_broken_stream_is_a_502_in_the_log_with_what_it_used(gateway: Gateway, upstream: Upstream) -> None:
    usage = delta(content="x").replace(b'"choices"', b'"usage":{"prompt_tokens":3,"completion_tokens":2},"choices"')
    upstream.script = events(usage)
    _, is_broken = ask(gateway, chat(stream=True), "x-request-id: find-me")
    assert is_broken
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line.get("request_id") == "find-me")
    assert (line["status"], line["kind"]) == (502, "stream_broken")
    told: dict[str, Any] = line["tokens"]
    assert (told["input"], told["output"]) == (3, 2)
