"""Proves that callers who send or read slowly, or not at all, are closed in time, cost little and harm nobody."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.hostile import MARKER, MIB, Siege, hear
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat, delta
from harness.upstream import Exchange, Script, chunk, stream_head
from harness.wire import Wire, request

Tell = Callable[[str], None]
KIB = 1024
LIMIT_MS = 500
#: What a busy machine may need beyond the limit.
MARGIN_S = 2.0
DRIP_S = 0.05
EACH = 25
STALLED = 30
#: More than all socket buffers on the way hold.
HELD_BACK_BYTES_MAX = 30_000_000
#: 9,000 is what one machine is to hold; that many take half a minute.
IDLE_STREAMS = int(os.environ.get("E2E_IDLE_STREAMS", "500"))
IDLE_STREAM_BYTES_MAX = 48 * KIB
HEAD = request(CHAT_PATH, b"", length=1000)
CHUNKED = request(CHAT_PATH).replace(b"content-length: 0", b"transfer-encoding: chunked")


def started(start: StartGateway, simulator: Simulator, *, resumes: bool = False, **timeouts: int) -> Gateway:
    node = provider(simulator.node.base_url, key=simulator.key)
    if not resumes:
        return start(config=configuration({"openai": node}, timeouts=timeouts))
    one = node | {"models": ["m"], "quirks": {"continues": "bare"}}
    models = {MODEL: {"targets": ["one/m"], "resume": "continue"}}
    return start(config=configuration({"one": one}, timeouts=timeouts) | {"models": models})


@dataclass
class Dripper:
    """One slow caller: what is sent at once, and what follows byte by byte."""

    kind: str
    at_once: bytes
    drops: Iterator[int]
    connection: socket.socket
    said: bytes = b""


#: How slow callers are slow. The drops never complete what was begun.
SLOW = {
    "says nothing": (b"", b""),
    "sends a head byte by byte": (b"POST ", CHAT_PATH.encode() + b" HTTP/1.1\r\nhost: x\r\n" + b"x-a: b\r\n" * 10_000),
    "sends header after header": (b"POST / HTTP/1.1\r\nhost: x\r\n", b"x-a: b\r\n" * 10_000),
    "stops within a head": (HEAD[:-2], b""),
    "stops behind a head": (HEAD, b""),
    "sends a body byte by byte": (HEAD, b" " * 10_000),
    "sends a body in chunks of a byte": (CHUNKED, b"1\r\n \r\n" * 10_000),
    "stops within a chunk": (CHUNKED + b"ff\r\n{", b""),
    "sends a chunk's size byte by byte": (CHUNKED, b"0" * 10_000),
    "sends an extension byte by byte": (CHUNKED + b"1;", b"x" * 10_000),
    "sends trailers byte by byte": (CHUNKED + chunk(chat(MARKER)) + b"0\r\n", b"x: y\r\n" * 10_000),
    "asks once and then slowly": (request("/health", method="GET"), b"GET /health HTTP/1.1\r\n" + b"x: y\r\n" * 10_000),
}


def drip_until_closed(drippers: list[Dripper]) -> dict[str, list[float]]:
    """Feeds all of them until the gateway has closed them; how long each lasted, by kind."""
    began = time.monotonic()
    ended: dict[str, list[float]] = {}
    with selectors.DefaultSelector() as selector:
        for dripper in drippers:
            dripper.connection.setblocking(False)
            selector.register(dripper.connection, selectors.EVENT_READ, dripper)
        next_drop = began
        while selector.get_map() and time.monotonic() - began < LIMIT_MS / 1000 + 2 * MARGIN_S:
            for key, _ in selector.select(max(0.0, next_drop - time.monotonic())):
                dripper = key.data
                try:
                    read = dripper.connection.recv(65536)
                except ConnectionError:
                    read = b""
                dripper.said += read
                if not read:
                    selector.unregister(dripper.connection)
                    ended.setdefault(dripper.kind, []).append(time.monotonic() - began)
            if time.monotonic() >= next_drop:
                next_drop += DRIP_S
                for key in list(selector.get_map().values()):
                    drop = next(key.data.drops, None)
                    if drop is not None:
                        # If it is closed, the next read tells.
                        with contextlib.suppress(OSError):
                            key.data.connection.send(bytes([drop]))
    return ended


def test_slow_senders_are_closed_and_harm_nobody(start: StartGateway, simulator: Simulator, figure: Tell) -> None:
    limits = {"request_head_ms": LIMIT_MS, "request_body_ms": LIMIT_MS, "keep_alive_ms": LIMIT_MS}
    gateway = started(start, simulator, **limits)
    with Siege(gateway, simulator, grown_bytes_max=32 * MIB) as siege:
        drippers: list[Dripper] = []
        for kind, (at_once, drops) in SLOW.items():
            for _ in range(EACH):
                connection = socket.create_connection(gateway.address, 10)
                connection.sendall(at_once)
                drippers.append(Dripper(kind, at_once, iter(drops), connection))
        ended = drip_until_closed(drippers)
        closed = sum(len(lasted) for lasted in ended.values())
        longest = max(max(lasted) for lasted in ended.values())
        for dripper in drippers:
            dripper.connection.close()
    figure(
        f"R27: {closed} of {len(drippers)} slow senders of {len(SLOW)} kinds closed, the last after "
        f"{longest * 1000:.0f} ms at a limit of {LIMIT_MS}; p99 of a healthy caller {siege.healthy.p99_ms:.1f} ms"
    )
    assert {kind: len(lasted) for kind, lasted in ended.items()} == {kind: EACH for kind in SLOW}
    assert longest < LIMIT_MS / 1000 + MARGIN_S
    for dripper in drippers:
        statuses = [line.split(b" ")[1] for line in dripper.said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        assert not statuses or statuses in ([b"408"], [b"400"], [b"200"]), (dripper.kind, dripper.said)
        assert (b"200" in statuses) == (dripper.kind == "asks once and then slowly")


def endless(started: list[Exchange], held_back: list[int]) -> Script:
    """Says more and more, in the form that was asked for, until it is held back."""

    def script(exchange: Exchange) -> None:
        started.append(exchange)
        kind = exchange.received.json["user"]
        if kind == "events":
            piece, head = chunk(delta(content="x" * 60_000)), stream_head()
        elif kind == "one event":
            piece, head = chunk(b"x" * 60_000), stream_head() + chunk(delta(content="x")) + chunk(b"data: ")
        else:
            piece, head = b" " * 60_000, b"HTTP/1.1 200 OK\r\ncontent-length: 60000000\r\n\r\n{"
        exchange.send(head)
        sent = 0
        while sent < HELD_BACK_BYTES_MAX and exchange.send_within(piece, 1.0):
            sent += len(piece)
        held_back.append(sent)
        exchange.saw_hang_up()

    return script


def test_callers_who_do_not_read_cost_little(
    start: StartGateway, simulator: Simulator, new_upstream: StartUpstream, figure: Tell
) -> None:
    """Each asks for more than all sockets hold, streamed or whole, and takes nothing: the provider is held back.

    Whole answers are held to their end as long as half of the memory for bodies is free, all of them together.
    """
    begun: list[Exchange] = []
    held_back: list[int] = []
    talker = new_upstream(endless(begun, held_back))
    providers = {
        "simulator": provider(simulator.node.base_url, key=simulator.key, models=[MODEL]),
        "talker": provider(talker.base_url, models=["endless"]),
    }
    limits = {"body_bytes_max": MIB, "body_memory_bytes_max": 8 * MIB}
    gateway = start(config=configuration(providers) | {"limits": limits})
    bodies = [chat(model="endless", stream=kind != "whole", user=kind) for kind in ("events", "one event", "whole")]
    with Siege(gateway, simulator, grown_bytes_max=STALLED * MIB) as siege:
        stalled: list[socket.socket] = []
        before = gateway.process.resident_bytes
        for number in range(STALLED):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(gateway.address)
            connection.sendall(request(CHAT_PATH, bodies[number % len(bodies)]))
            stalled.append(connection)
        until(lambda: len(held_back) == STALLED, "every provider was held back", 30)
        each = (gateway.process.resident_bytes - before) / STALLED
        for connection in stalled:
            connection.close()
    figure(
        f"R25: {each / KIB:.0f} KiB for each of {STALLED} callers who do not read (limit 1024), each provider held "
        f"back after {max(held_back) / MIB:.1f} MiB at most; p99 of a healthy caller {siege.healthy.p99_ms:.1f} ms"
    )
    assert each < MIB
    assert max(held_back) < HELD_BACK_BYTES_MAX


@pytest.mark.parametrize("resumes", [False, True])
def test_idle_streams_are_held_cheaply(
    start: StartGateway, simulator: Simulator, figure: Tell, resumes: bool
) -> None:
    """As many as `E2E_IDLE_STREAMS` says: open, silent behind their first event, and a live caller beside them."""
    gateway = started(start, simulator, resumes=resumes, idle_ms=600_000)
    simulator.node.set(gap_ms=600_000)
    body = request(CHAT_PATH, chat(stream=True, max_tokens=2))
    if resumes:
        # What counts tokens for those who go on is loaded once for all, and not by the streams.
        asked = {"model": MODEL, "messages": [{"role": "user", "content": "Hello!"}]}
        assert gateway.http().post("/v1/messages/count_tokens", json=asked).is_success
    with Siege(
        gateway, simulator, grown_bytes_max=IDLE_STREAMS * IDLE_STREAM_BYTES_MAX + 16 * MIB, calls=IDLE_STREAMS
    ) as siege:
        warm = [open_stream(gateway, body) for _ in range(20)]
        before = gateway.process.resident_bytes
        streams = [open_stream(gateway, body) for _ in range(IDLE_STREAMS - len(warm))]
        each = (gateway.process.resident_bytes - before) / len(streams)
        asked = len(siege.healthy.waits_s)
        until(lambda: len(siege.healthy.waits_s) > asked + 100, "the healthy caller went on", 30)
        live = sorted(siege.healthy.waits_s[asked:])
        assert (gateway.metric("ai_gateway_in_flight") or 0) >= IDLE_STREAMS
        with selectors.DefaultSelector() as selector:
            for stream in (*warm, *streams):
                selector.register(stream, selectors.EVENT_READ)
            assert not selector.select(0), "a stream said more, or was closed"
        for stream in (*warm, *streams):
            stream.close()
    figure(
        f"R26: {IDLE_STREAMS} idle streams all open{', on a route with resume' if resumes else ''}, {each / KIB:.1f} KiB each (limit 48); live traffic p99 "
        f"{live[int(len(live) * 0.99)] * 1000:.1f} ms; descriptors returned"
    )
    assert each < IDLE_STREAM_BYTES_MAX


def open_stream(gateway: Gateway, data: bytes) -> socket.socket:
    connection = socket.create_connection(gateway.address, 10)
    connection.sendall(data)
    said = b""
    while b"data: " not in said or not said.endswith(b"\n\n\r\n"):
        read = connection.recv(65536)
        assert read, said
        said += read
    return connection


def test_callers_who_close_their_side_are_let_go(start: StartGateway, simulator: Simulator) -> None:
    """Whoever closes his side has hung up, as far as anybody can tell; no descriptor and no call is left behind."""
    gateway = started(start, simulator)
    whole = request(CHAT_PATH, chat(MARKER))
    with Siege(gateway, simulator, calls=None):
        for cut in (*range(1, len(whole), 3), len(whole)):
            for leave in (Wire.end, Wire.reset, Wire.close):
                wire = Wire(gateway.address)
                wire.send(whole[:cut])
                leave(wire)
                if leave is Wire.end:
                    reply = hear(wire)
                    assert reply is None or reply.status in (200, 400), (cut, reply)
                wire.close()
    until(lambda: not gateway.metric("ai_gateway_in_flight"), "no call is left")


def test_large_bodies_are_refused_and_not_gathered(start: StartGateway, simulator: Simulator, figure: Tell) -> None:
    """Eight at once of a hundred megabytes: unread where the length is announced, bounded where it is not."""
    gateway = started(start, simulator)
    size, at_once = 100 * MIB, 8
    piece = b" " * MIB
    taken: list[int] = []
    statuses: dict[str, list[int]] = {"announced": [], "in chunks": []}

    def send(kind: str) -> None:
        wire = Wire(gateway.address)
        sent = 0
        try:
            wire.send(request(CHAT_PATH, length=size) if kind == "announced" else CHUNKED)
            wire.send(b'{"x":"' if kind == "announced" else chunk(b'{"x":"'))
            while sent < size:
                wire.send(piece if kind == "announced" else chunk(piece))
                sent += MIB
        except OSError:
            pass  # refused and closed before it was all written
        taken.append(sent)
        try:
            statuses[kind].append(wire.reply().status)
        except OSError:
            statuses[kind].append(0)
        wire.close()

    with Siege(gateway, simulator, grown_bytes_max=192 * MIB) as siege:
        for kind in statuses:
            senders = [threading.Thread(target=send, args=(kind,)) for _ in range(at_once)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(60)
        with Wire(gateway.address) as wire:
            assert wire.ask(request(CHAT_PATH, length=size)).status == 413, "before a byte of it was sent"
    figure(
        f"R28: 8 bodies of 100 MB at once grew it by {siege.grown_bytes / MIB:.0f} MiB (limit 192); at most "
        f"{max(taken[:at_once]) / MIB:.0f} MiB of an announced one left the caller's buffers; {statuses}; "
        f"p99 of a healthy caller meanwhile {siege.healthy.p99_ms:.1f} ms"
    )
    assert max(taken[:at_once]) <= 16 * MIB
    # Who is still writing may find the connection closed before he has read why.
    assert set(statuses["announced"]) <= {413, 0}
    assert set(statuses["in chunks"]) <= {413, 503, 0}
