"""Proves that a restart behind a socket that the service manager holds refuses and fails nobody (R34)."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import Launch, StartGateway
from harness.gateway import UPSTREAM_KEY, Gateway, wait_ready
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Wire, request

RESTARTS = 3
CALLERS = 8
STREAMS = 6
ANSWERS_BETWEEN = 150
QUICK_STOPS = 20
#: The time of a drain without long streams, of a start, and of a busy machine.
WAIT_S_MAX = 5.0
HELD_MODEL = "held"
PIECES = [delta(content="one"), delta(content="two"), DONE]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """The socket as a service manager opens it, before any gateway and beyond each."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as opened:
        yield opened


def address_of(opened: socket.socket) -> str:
    host, port = opened.getsockname()
    return f"{host}:{port}"


@dataclass
class Load:
    """Callers in closed loops, each request on a connection of its own, every third a stream."""

    address: tuple[str, int]
    answered: int = 0
    longest_s: float = 0.0
    failures: list[str] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        wanted = self.answered + ANSWERS_BETWEEN
        until(lambda: self.answered >= wanted or self.failures, "the load runs")

    def _run(self, number: int) -> None:
        turn = number
        while not self._is_over.is_set():
            turn += 1
            began = time.monotonic()
            failure = ask_once(self.address, is_stream=turn % 3 == 0)
            took = time.monotonic() - began
            with self._lock:
                self.answered += 1
                self.longest_s = max(self.longest_s, took)
                self.failures += [failure] if failure else []


def ask_once(address: tuple[str, int], is_stream: bool) -> str | None:
    """What went wrong, if anything did."""
    expected = b"".join(PIECES) if is_stream else CHAT_REPLY
    try:
        with Wire(address) as wire:
            reply = wire.ask(request(CHAT_PATH, chat(stream=is_stream)))
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    return None if (reply.status, reply.body) == (200, expected) else f"{reply.status}: {reply.body[:200]!r}"


def test_restarts_behind_an_inherited_socket_fail_no_request(
    launch: Launch, upstream: Upstream, listening: socket.socket, figure: Callable[[str], None]
) -> None:
    held, plain, stream = Held(), whole(CHAT_REPLY), streamed(PIECES)

    def script(exchange: Exchange) -> None:
        asked = exchange.received.json
        chosen = held if asked["model"] == HELD_MODEL else stream if asked.get("stream") else plain
        chosen(exchange)

    upstream.script = script

    def start_on_the_socket() -> Gateway:
        environment = {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url}
        flags = ["--listen", address_of(listening)]
        return wait_ready(*launch(environment=environment, flags=flags, sockets=[listening]))

    gateway = start_on_the_socket()
    load = Load(gateway.address)
    load.begin()
    try:
        for _ in range(RESTARTS):
            load.wait_for_more()
            seen = len(held.exchanges)
            wires = [Wire(gateway.address) for _ in range(STREAMS)]
            for wire in wires:
                wire.send(request(CHAT_PATH, chat(model=HELD_MODEL, stream=True)))
            open_streams = held.wait_for(seen + STREAMS)[seen:]
            for exchange in open_streams:
                # A held connection answers no second request.
                exchange.send(stream_head("connection: close") + chunk(PIECES[0]))
            responses = [wire.response() for wire in wires]

            gateway.process.terminate()
            until(lambda: "stopping" in gateway.process.stderr, "the stop has begun")  # noqa: B023
            for exchange in open_streams:
                exchange.send(chunk(DONE) + LAST_CHUNK)
            assert [response.read() for response in responses] == [PIECES[0] + DONE] * STREAMS
            for wire in wires:
                wire.close()
            # As a service manager does it: the next one starts when the last one has ended.
            assert gateway.process.wait() == 0
            gateway = start_on_the_socket()
        load.wait_for_more()
    finally:
        load.end()
        held.release()
    gateway.stop()
    figure(
        f"restart behind an inherited socket, {RESTARTS} times under load: {load.answered} requests, each on its own"
        f" connection, {len(load.failures)} failed, {RESTARTS * STREAMS} open streams ran to their end,"
        f" longest wait {load.longest_s:.2f} s"
    )
    assert load.failures == []
    assert load.longest_s < WAIT_S_MAX


def test_a_draining_gateway_leaves_new_callers_to_the_next(
    launch: Launch, upstream: Upstream, listening: socket.socket
) -> None:
    held = Held()
    upstream.script = held
    settings = {
        "environment": {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url},
        "flags": ["--listen", address_of(listening)],
        "sockets": [listening],
    }
    first = wait_ready(*launch(**settings))
    with Wire(first.address) as streaming, Wire(first.address) as idle:
        streaming.send(request(CHAT_PATH, chat(stream=True)))
        (exchange,) = held.wait_for(1)
        assert idle.ask(request("/health", method="GET")).status == 200
        first.process.terminate()
        while idle.ask(request("/health/ready", method="GET")).status == 200:
            pass
        with Wire(first.address) as late:
            late.send(request("/v1/health", method="GET"))
            # It is looked for at the end of the announcement, when all that was accepted had its answer.
            assert idle.is_closed()
            exchange.send(stream_head("connection: close") + chunk(DONE) + LAST_CHUNK)
            assert streaming.reply().body == DONE
            assert first.process.wait() == 0
            second = wait_ready(*launch(**settings))
            answer = late.reply("GET")
            assert answer.status == 200
            assert answer.json["status"] == "ok", "the first one would have said that it drains"
    held.release()
    second.stop()


def test_callers_who_come_while_nobody_runs_are_answered_by_the_next(
    launch: Launch, upstream: Upstream, listening: socket.socket
) -> None:
    with Wire(listening.getsockname()) as early:
        early.send(request("/health", method="GET"))
        process, home = launch(flags=["--listen", address_of(listening)], sockets=[listening])
        assert early.reply("GET").status == 200
        wait_ready(process, home).stop()


def test_the_admin_port_may_be_inherited_too(launch: Launch, listening: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as admin:
        config = {"listeners": [{"address": address_of(listening)}], "admin": {"listen": address_of(admin)}}
        gateway = wait_ready(*launch(config=config, sockets=[admin, listening]))
        with Wire(admin.getsockname()) as wire:
            ask = request("/admin/v1/health", method="GET", key=gateway.admin_key)
            assert wire.ask(ask).status == 200
        gateway.stop()


def test_a_socket_that_no_listener_would_answer_ends_the_start(launch: Launch, listening: socket.socket) -> None:
    process, home = launch(sockets=[listening])
    assert process.wait() == 1
    assert address_of(listening) in process.stderr
    assert "no listener has that address" in process.stderr
    assert not (home / "data" / "run.json").exists()


def test_a_socket_meant_for_another_process_is_left_alone(launch: Launch) -> None:
    """LISTEN_PID names whom the sockets are for; a child of that one may inherit the variables, not the sockets."""
    process, home = launch(environment={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    wait_ready(process, home).stop()


def test_a_stop_at_the_moment_of_readiness_ends_well(launch: Launch) -> None:
    for number in range(QUICK_STOPS):
        process, home = launch(home=f"home-{number}")
        process.wait_until((home / "data" / "run.json").exists, "run.json was written")
        assert process.stop() == 0, "a signal that comes so early is heard, too"


def test_a_service_manager_is_told_when_it_is_ready_and_when_it_stops(start: StartGateway, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(10)
        manager.bind(str(tmp_path / "notify"))
        gateway = start(environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(100) == b"READY=1"
        gateway.stop()
        assert manager.recv(100) == b"STOPPING=1"
