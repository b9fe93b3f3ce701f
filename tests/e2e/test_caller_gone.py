"""Proves docs/operations/failover.md, "When the caller goes": at every moment, on every surface, his call ends.

Measured at the provider: from when the caller closes his connection until the provider's is closed. Where no provider
is being asked, until the call's line in the log. Nothing is asked afterwards, and the line says that the caller went.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import trustme

from conftest import StartGateway, StartUpstream, trusting
from harness.config import configuration, provider
from harness.forms import field as form_field
from harness.forms import file, form, upload
from harness.gateway import Gateway
from harness.offered import percentile
from harness.process import until
from harness.silent import SilentPort
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat, delta
from harness.upstream import Exchange, Held, Upstream, chunk, stream_head, whole
from harness.wire import Wire, request
from harness.wire2 import Wire2

Tell = Callable[[str], None]

#: What is promised, of 99 in 100.
LIMIT_MS = 100
#: A machine that takes so long for the same without a gateway between is slow: then so many times that.
TIMES_DIRECT = 20
#: Cancels that a figure is taken of.
CANCELS = 200
#: For what takes a while to bring about.
FEW = 30
EVENTS = 20
#: Who cannot write for so long is held back.
HELD_BACK_S = 0.1
#: Between two attempts.
WAIT_S = 1
#: More than is held of any answer that may pass before it is whole.
LARGE = "x" * 200_000
DIALECTS = ("chat", "messages", "responses")


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


def chat_events() -> bytes:
    return b"".join(delta(content=f"word{number} ") for number in range(EVENTS))


def completions_events() -> bytes:
    piece = {"id": "cmpl-1", "object": "text_completion", "choices": [{"index": 0, "text": "word ", "logprobs": None}]}
    return EVENTS * (b"data: %s\n\n" % json.dumps(piece).encode())


def messages_events() -> bytes:
    usage = {"input_tokens": 11, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": usage}
    word = {"type": "text_delta", "text": "word "}
    begun = event("message_start", message=message)
    begun += event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    return begun + EVENTS * event("content_block_delta", index=0, delta=word)


def responses_events() -> bytes:
    response = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
    item = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    begun = event("response.created", response=response)
    begun += event("response.output_item.added", output_index=0, item=item)
    begun += event("response.content_part.added", **at, part=part)
    return begun + EVENTS * event("response.output_text.delta", **at, delta="word ")


SPOKEN = {
    "/v1/chat/completions": (chat_events, {"choices": [{"index": 0, "message": {"content": LARGE}}]}),
    "/v1/completions": (completions_events, {"choices": [{"index": 0, "text": LARGE}]}),
    "/v1/messages": (messages_events, {"type": "message", "content": [{"type": "text", "text": LARGE}]}),
    "/v1/responses": (responses_events, {"object": "response", "output": [{"content": [{"text": LARGE}]}]}),
}


@dataclass(frozen=True)
class Asked:
    """What a caller asks, and where."""

    path: str
    fields: dict[str, Any]
    #: What the provider speaks.
    dialect: str = "chat"
    is_streaming: bool = False
    parts: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.path}{' streamed' if self.is_streaming else ''} of {self.dialect}"

    @property
    def bytes(self) -> bytes:
        if self.parts:
            return upload(self.path, form(form_field("model", self.dialect), *self.parts))
        stream = {"stream": True} if self.is_streaming else {}
        return request(self.path, json.dumps({"model": self.dialect, **self.fields, **stream}).encode())


def conversations() -> Iterator[Asked]:
    """Each dialect of callers before each of providers, streamed and not."""
    words = [{"role": "user", "content": "hello"}]
    fields: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": {"messages": words},
        "/v1/messages": {"messages": words, "max_tokens": 99},
        "/v1/responses": {"input": "hello"},
    }
    for path, asked in fields.items():
        for dialect in DIALECTS:
            yield Asked(path, asked, dialect)
            yield Asked(path, asked, dialect, is_streaming=True)


def others() -> Iterator[Asked]:
    yield Asked("/v1/completions", {"prompt": "hello"})
    yield Asked("/v1/completions", {"prompt": "hello"}, is_streaming=True)
    yield Asked("/v1/embeddings", {"input": "hello"})
    yield Asked("/v1/moderations", {"input": "hello"})
    yield Asked("/v1/rerank", {"query": "hello", "documents": ["one", "two"]})
    yield Asked("/v1/images/generations", {"prompt": "hello"})
    yield Asked("/v1/images/edits", {}, parts=(form_field("prompt", "hello"), file(b"1", "image", "a.png")))
    yield Asked("/v1/audio/speech", {"input": "hello", "voice": "alloy"})
    yield Asked("/v1/audio/transcriptions", {}, parts=(file(b"RIFF" * 1000),))
    yield Asked("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "hello"}]}, "messages")


ASKED = [*conversations(), *others()]
STREAMED = [asked for asked in ASKED if asked.is_streaming]
WHOLE = [asked for asked in ASKED if not asked.is_streaming]


def provider_path(exchange: Exchange) -> str:
    return exchange.received.path.partition("?")[0]


def say_nothing(exchange: Exchange) -> None:
    """It thinks."""


def send_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")


def begin_stream(exchange: Exchange) -> None:
    events, _ = SPOKEN[provider_path(exchange)]
    exchange.send(stream_head() + chunk(events()))


def begin_object(exchange: Exchange) -> None:
    """More than half of an object, or of sound."""
    _, answer = SPOKEN.get(provider_path(exchange), (None, {"data": [LARGE], "results": [LARGE]}))
    is_sound = "/audio/" in provider_path(exchange)
    kind = b"audio/mpeg" if is_sound else b"application/json"
    body = b"\xff" * 1000 if is_sound else json.dumps(answer).encode()[:-10]
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n" % kind + chunk(body))


def talk_without_end(exchange: Exchange) -> None:
    """Until nobody takes any more of it."""
    begin_stream(exchange)
    word = delta(content="word " * 10_000)
    while exchange.send_within(chunk(word), HELD_BACK_S):
        pass


@dataclass
class Watching:
    """Begins every answer alike, and notes when whoever asked has gone."""

    begin: Callable[[Exchange], None]
    begun: queue.Queue[Exchange] = field(default_factory=queue.Queue)
    gone: queue.Queue[float | None] = field(default_factory=queue.Queue)

    def __call__(self, exchange: Exchange) -> None:
        self.begin(exchange)
        self.begun.put(exchange)
        is_gone = exchange.saw_hang_up()
        self.gone.put(time.monotonic() if is_gone else None)
        exchange.close()

    def leave(self, wire: Wire, *, is_reset: bool) -> float:
        """Closes the caller's side; how many milliseconds until the provider's is."""
        left = time.monotonic()
        wire.reset() if is_reset else wire.close()
        gone = self.gone.get(timeout=15)
        assert gone is not None, "the provider was left alone with it"
        return (gone - left) * 1000


def gateway_with(start: StartGateway, first: Upstream, second: Upstream, **more: Any) -> Gateway:
    """For each dialect a model by its name, with two targets that speak it."""
    providers, models = {}, {}
    for dialect in DIALECTS:
        for name, each in (("first", first), ("second", second)):
            providers[f"{dialect}-{name}"] = {**provider(each.base_url), "dialects": [dialect]}
        models[dialect] = [f"{dialect}-first/m", f"{dialect}-second/m"]
    return start(config={**configuration(providers, models), **more})


def direct_ms() -> float:
    """How long the same takes on this machine without a gateway between: 99 in 100."""
    watching = Watching(say_nothing)
    alone = Upstream(watching)
    taken = []
    for number in range(CANCELS):
        wire = Wire(("127.0.0.1", alone.port))
        wire.send(request(CHAT_PATH, chat()))
        watching.begun.get(timeout=15)
        taken.append(watching.leave(wire, is_reset=number % 2 == 0))
    alone.close()
    return percentile(taken, 0.99)


@pytest.fixture(scope="module")
def limit_ms() -> float:
    return max(LIMIT_MS, TIMES_DIRECT * direct_ms())


def judge(what: str, taken: list[float], limit_ms: float, figure: Tell) -> None:
    p50, p99 = percentile(taken, 0.5), percentile(taken, 0.99)
    figure(f"R23 R24: {what}: {len(taken)} cancels, half within {p50:.1f} ms, p99 {p99:.1f} (limit {limit_ms:.0f})")
    assert p99 <= limit_ms, sorted(taken)[-5:]


def lines_of(gateway: Gateway) -> list[dict[str, Any]]:
    lines = [json.loads(text) for text in gateway.process.stderr.splitlines() if text.startswith("{")]
    return [entry for entry in lines if entry.get("message") == "request"]


def lines_of_gone(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The lines of all calls, which all say that the caller went."""
    lines = until(lambda: (found := lines_of(gateway)) and len(found) >= count and found, "every call has its line")
    odd = [entry for entry in lines if (entry["status"], entry.get("kind")) != (499, "caller_gone")]
    assert not odd, json.dumps(odd[0])
    assert len(lines) == count
    return lines


def nothing_goes_on(gateway: Gateway, first: Upstream, second: Upstream, count: int) -> None:
    for is_streaming in ("true", "false"):
        labels = {"streaming": is_streaming}
        until(lambda labels=labels: not gateway.metric("ai_gateway_in_flight", **labels), "nothing is under way")
    assert len(first.calls) == count
    assert not second.calls, "nobody else was asked"


def is_metered(entry: dict[str, Any], output_min: int) -> bool:
    tokens = entry.get("tokens", {})
    return tokens.get("output", 0) >= output_min and tokens.get("input", 0) > 0 and tokens.get("estimated", False)


MOMENTS = {
    "before a byte": (say_nothing, ASKED),
    "behind the head": (send_head, ASKED),
    "within a stream": (begin_stream, STREAMED),
    "within an object or sound": (begin_object, WHOLE),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_provider_is_left_at_once(
    start: StartGateway,
    upstream: Upstream,
    new_upstream: StartUpstream,
    figure: Tell,
    limit_ms: float,
    moment: str,
) -> None:
    begin, all_asked = MOMENTS[moment]
    watching = Watching(begin)
    upstream.script = watching
    second = new_upstream(whole(b"{}"))
    gateway = gateway_with(start, upstream, second)
    taken: list[float] = []
    while len(taken) < CANCELS:
        for asked in all_asked:
            wire = Wire(gateway.address)
            wire.send(asked.bytes)
            watching.begun.get(timeout=15)
            if begin is begin_stream or "/audio/" in asked.path and begin is begin_object:
                assert wire.response().read(10)
            elif begin is begin_object:
                until(lambda: gateway.metric("ai_gateway_body_memory_bytes"), "it is held")  # noqa: B023
            taken.append(watching.leave(wire, is_reset=len(taken) % 2 == 0))
    judge(moment, taken, limit_ms, figure)
    nothing_goes_on(gateway, upstream, second, len(taken))
    lines = lines_of_gone(gateway, len(taken))
    assert {entry["attempts"] for entry in lines} == {1}
    if begin is begin_stream:
        unmetered = [entry for entry in lines if not is_metered(entry, EVENTS)]
        assert not unmetered, json.dumps(unmetered[0])
    if begin is begin_object:
        turns = [entry for entry in lines if entry["path"] in SPOKEN and entry["path"] != "/v1/completions"]
        unmetered = [entry for entry in turns if not is_metered(entry, len(LARGE) // 8)]
        assert turns
        assert not unmetered, json.dumps(unmetered[0])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("is_reset", [True, False])
def test_so_it_is_where_the_caller_had_stopped_reading(
    start: StartGateway,
    upstream: Upstream,
    new_upstream: StartUpstream,
    figure: Tell,
    limit_ms: float,
    path: str,
    is_reset: bool,
) -> None:
    """Everything on the way is full: nothing moves until he goes."""
    watching = Watching(talk_without_end)
    upstream.script = watching
    gateway = gateway_with(start, upstream, second := new_upstream(whole(b"{}")))
    asked = next(each for each in STREAMED if each.path == path and each.dialect == "chat")
    taken: list[float] = []
    for _ in range(FEW):
        wire = Wire(gateway.address)
        wire.send(asked.bytes)
        watching.begun.get(timeout=15)
        taken.append(watching.leave(wire, is_reset=is_reset))
    judge(f"{path}, not read", taken, limit_ms, figure)
    nothing_goes_on(gateway, upstream, second, len(taken))
    lines_of_gone(gateway, len(taken))


def test_so_it_is_of_one_stream_among_others(
    secured: Gateway, upstream: Upstream, authority: trustme.CA, figure: Tell, limit_ms: float
) -> None:
    """HTTP/2: the connection stays."""
    taken: list[float] = []
    with Wire2(secured.address, trusting(authority)) as wire:
        for begin in (say_nothing, begin_stream):
            watching = Watching(begin)
            upstream.script = watching
            for _ in range(CANCELS // 2):
                number = wire.begin(CHAT_PATH, chat(stream=True))
                watching.begun.get(timeout=15)
                left = time.monotonic()
                wire.cancel(number)
                gone = watching.gone.get(timeout=15)
                assert gone is not None
                taken.append((gone - left) * 1000)
    judge("one stream of HTTP/2", taken, limit_ms, figure)
    assert len(upstream.calls) == len(taken)


def until_logged(
    gateway: Gateway, before: int, left: float, status: int = 499, kind: str = "caller_gone"
) -> float:
    """How long after `left` the newest line says that its call ended, in milliseconds: of them the log drops parts."""
    lines = until(lambda: (found := lines_of(gateway)) and len(found) > before and found, "the call has its line")
    assert (lines[-1]["status"], lines[-1]["kind"]) == (status, kind), lines[-1]
    return datetime.fromisoformat(lines[-1]["at"]).timestamp() * 1000 - left * 1000


def leave_unasked(gateway: Gateway, data: bytes, is_waiting: Callable[[], Any]) -> float:
    """Asks, goes as soon as the call waits where it should, and says how long the call lasted beyond that."""
    before = len(lines_of(gateway))
    wire = Wire(gateway.address)
    wire.send(data)
    until(is_waiting, "the call waits")
    left = time.time()
    wire.close()
    return until_logged(gateway, before, left)


def chat_gateway(start: StartGateway, base_url: str, **more: Any) -> Gateway:
    own = {**provider(base_url, models=[MODEL]), **more.pop("own", {})}
    return start(more.pop("home", "home"), config={**configuration({"only": own}), **more})


@pytest.mark.parametrize("is_streaming", [False, True])
@pytest.mark.parametrize("where", ["at the entrance", "at a target"])
def test_who_waits_in_line_leaves_it(
    start: StartGateway, upstream: Upstream, figure: Tell, limit_ms: float, where: str, is_streaming: bool
) -> None:
    held = Held()
    upstream.script = held
    more: dict[str, Any] = {"limits": {"queue_wait_ms": 60_000}}
    if where == "at the entrance":
        more["limits"]["concurrent_max"] = 1
    else:
        more["own"] = {"concurrent_max": 1}
    gateway = chat_gateway(start, upstream.base_url, **more)
    inside = Wire(gateway.address)
    inside.send(request(CHAT_PATH, chat()))
    held.wait_for(1)
    body = request(CHAT_PATH, chat(stream=is_streaming))
    waits = lambda: gateway.metric("ai_gateway_queue_calls") == 1  # noqa: E731
    taken = [leave_unasked(gateway, body, waits) for _ in range(FEW)]
    judge(f"in line {where}", taken, limit_ms, figure)
    whole(CHAT_REPLY)(held.exchanges[0])
    assert inside.response().status == 200
    until(lambda: gateway.metric("ai_gateway_queue_calls") == 0, "nobody waits")
    assert len(upstream.calls) == 1, "who left is not asked for when it is his turn"
    held.release()


@pytest.mark.parametrize("is_streaming", [False, True])
@pytest.mark.parametrize("why", ["500 No", "429 Later"])
def test_who_waits_for_another_attempt_is_not_asked_for_again(
    start: StartGateway, upstream: Upstream, figure: Tell, limit_ms: float, why: str, is_streaming: bool
) -> None:
    """Between two attempts nobody is connected to."""
    failing = whole(b'{"error":{"message":"no"}}', f"retry-after: {WAIT_S}", status=why)
    upstream.script = failing
    retries = {"base_ms": 1000 * WAIT_S, "max_ms": 1000 * WAIT_S}
    taken: list[float] = []
    for number in range(3):
        gateway = chat_gateway(start, upstream.base_url, retries=retries, home=f"home{number}")
        asked = len(upstream.calls)
        waits = lambda asked=asked: len(upstream.calls) == asked + 1  # noqa: E731
        taken.append(leave_unasked(gateway, request(CHAT_PATH, chat(stream=is_streaming)), waits))
        with pytest.raises(AssertionError):
            is_asked_again = lambda asked=asked: len(upstream.calls) > asked + 1  # noqa: E731
            until(is_asked_again, "he is asked for again, though he is gone", WAIT_S + 0.5)
        gateway.stop()
    judge(f"before another attempt after {why}", taken, limit_ms, figure)


def test_who_waits_for_a_connection_is_gone_at_once(start: StartGateway, figure: Tell, limit_ms: float) -> None:
    silent = SilentPort()
    gateway = chat_gateway(start, silent.base_url, timeouts={"connect_ms": 10_000})
    in_flight = lambda: gateway.metric("ai_gateway_in_flight") == 1  # noqa: E731
    taken = [leave_unasked(gateway, request(CHAT_PATH, chat()), in_flight) for _ in range(FEW)]
    judge("while connecting", taken, limit_ms, figure)
    silent.close()


def test_who_goes_while_he_sends_is_not_asked_for(
    start: StartGateway, upstream: Upstream, figure: Tell, limit_ms: float
) -> None:
    """Whether he has gone or only ends his request too early cannot be told: he may still read that."""
    gateway = chat_gateway(start, upstream.base_url)
    whole_body = request(CHAT_PATH, chat("x" * 1_000_000))
    taken: list[float] = []
    for _ in range(FEW):
        wire = Wire(gateway.address)
        wire.send(whole_body[:-10])
        until(lambda: gateway.metric("ai_gateway_body_memory_bytes"), "it is read")
        before, left = len(lines_of(gateway)), time.time()
        wire.close()
        taken.append(until_logged(gateway, before, left, 400, "invalid_request"))
    judge("while he sends", taken, limit_ms, figure)
    assert not upstream.calls
