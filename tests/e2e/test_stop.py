"""Proves that a stop harms nobody: streams run to their end, and under load no request that was taken on is lost."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass, field

import httpx
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Held, Upstream, chunk, stream_head
from harness.wire import Wire, request

STREAMS = 12
CALLERS = 8
ANSWERS_BEFORE_THE_STOP = 200


def test_running_streams_run_to_their_end(gateway: Gateway, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    wires = [Wire(gateway.address) for _ in range(STREAMS)]
    for wire in wires:
        wire.send(request(CHAT_PATH, chat(stream=True)))
    first, last = delta(content="before the stop"), delta(content="after the stop")
    for exchange in held.wait_for(STREAMS):
        exchange.send(stream_head() + chunk(first))
    responses = [wire.response() for wire in wires]
    assert all(response.read(len(first)) == first for response in responses)

    gateway.process.terminate()
    until(lambda: refuses(gateway), "new connections are refused")
    assert gateway.process.is_running

    for exchange in held.exchanges:
        exchange.send(chunk(last) + chunk(DONE) + LAST_CHUNK)
    assert [response.read() for response in responses] == [last + DONE] * STREAMS
    held.release()
    assert gateway.process.wait() == 0


def test_a_call_that_waits_for_its_answer_gets_it(gateway: Gateway, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat()))
        (exchange,) = held.wait_for(1)
        gateway.process.terminate()
        until(lambda: refuses(gateway), "new connections are refused")
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(CHAT_REPLY) + CHAT_REPLY)
        assert wire.reply().body == CHAT_REPLY
        assert wire.is_closed(), "an idle connection is closed, not left hanging"
    held.release()
    assert gateway.process.wait() == 0


def test_idle_connections_do_not_delay_the_stop(gateway: Gateway) -> None:
    wires = [Wire(gateway.address) for _ in range(20)]
    for wire in wires[:10]:
        assert wire.ask(request("/health", method="GET")).status == 200
    gateway.process.terminate()
    assert gateway.process.wait(5) == 0
    for wire in wires:
        wire.close()


def test_those_that_remain_of_many_do_not_delay_the_stop(gateway: Gateway) -> None:
    """However many came and went: each one that is open must hear of the stop."""
    ask = request("/health", method="GET")
    kept = [Wire(gateway.address) for _ in range(10)]
    for wire in kept:
        assert wire.ask(ask).status == 200
    for _ in range(200):
        with Wire(gateway.address) as passing:
            assert passing.ask(ask).status == 200
    gateway.process.terminate()
    assert gateway.process.wait(3) == 0
    for wire in kept:
        wire.close()


def test_a_stream_without_end_is_cut_at_the_drain_limit(start: StartGateway, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    config = configuration(providers={"openai": provider(upstream.base_url)}, timeouts={"drain_ms": 300})
    gateway = start(config=config)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        held.wait_for(1)[0].send(stream_head() + chunk(delta(content="x")))
        response = wire.response()
        gateway.process.terminate()
        assert gateway.process.wait(5) == 0
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
    held.release()


def refuses(gateway: Gateway) -> bool:
    try:
        Wire(gateway.address).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


@dataclass
class Caller:
    """One caller in a closed loop. It stops when a new connection is refused.

    A server may close an idle connection at any time, so a kept connection that ends before a byte of an answer is no
    failure: HTTP callers try again on a new one (RFC 9112, 9.3.1). On a new connection every request must be answered.
    """

    address: tuple[str, int]
    name: str
    calls_per_connection: int
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        while not self.failures:
            try:
                wire = Wire(self.address)
            except ConnectionRefusedError:
                return
            with wire:
                self._converse(wire)

    def _converse(self, wire: Wire) -> None:
        for place in range(self.calls_per_connection):
            try:
                reply = wire.ask(request(CHAT_PATH, chat(self.name)))
            except (ConnectionError, http.client.BadStatusLine) as error:
                if place == 0:
                    self.failures.append(f"new connection: {error!r}")
                return
            except http.client.HTTPException as error:
                self.failures.append(repr(error))
                return
            if reply.status != 200 or reply.body != CHAT_REPLY:
                self.failures.append(f"{reply.status}: {reply.body!r}")
                return
            self.answered += 1
            if reply.headers.get("connection") == "close":
                return


@pytest.mark.parametrize("calls_per_connection", [1, 1_000_000], ids=["a connection per call", "kept connections"])
def test_a_stop_under_load_fails_nothing(gateway: Gateway, upstream: Upstream, calls_per_connection: int) -> None:
    callers = [Caller(gateway.address, f"caller {number}", calls_per_connection) for number in range(CALLERS)]
    threads = [threading.Thread(target=caller.run) for caller in callers]
    for thread in threads:
        thread.start()
    until(lambda: sum(caller.answered for caller in callers) > ANSWERS_BEFORE_THE_STOP, "the load runs")
    gateway.process.terminate()
    for thread in threads:
        thread.join()
    assert gateway.process.wait() == 0
    assert [failure for caller in callers for failure in caller.failures] == []
    assert len(upstream.calls) == sum(caller.answered for caller in callers), "no answer was paid for and lost"


def test_a_second_interrupt_ends_it_at_once(gateway: Gateway, upstream: Upstream) -> None:
    """Who presses Ctrl-C again does not want to wait for streams."""
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        held.wait_for(1)
        gateway.process.interrupt()
        until(lambda: refuses(gateway), "new connections are refused")
        gateway.process.interrupt()
        gateway.process.wait(3)
    held.release()


def test_a_reload_swaps_the_config_and_disturbs_no_call(start: StartGateway, upstream: Upstream) -> None:
    providers = {"openai": provider(upstream.base_url, models=[MODEL])}

    def serving(name: str) -> dict[str, object]:
        return configuration(providers=providers, models={name: [f"openai/{MODEL}"]})

    gateway = start(config=serving("before"))
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(model="before", stream=True)))
        (exchange,) = held.wait_for(1)
        write_config(gateway.data_dir.parent, serving("after"))
        reloaded = gateway.admin().post("/admin/v1/reload")
        assert reloaded.status_code == 200, reloaded.text
        exchange.send(stream_head() + chunk(DONE) + LAST_CHUNK)
        assert wire.reply().body == DONE
    held.release()
    names = {model["id"] for model in gateway.http().get("/v1/models").json()["data"]}
    assert "after" in names
    assert "before" not in names
    assert gateway.http().post(CHAT_PATH, content=chat(model="before")).status_code == 404


def test_a_wrong_config_is_refused_at_reload_and_the_old_one_serves_on(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=configuration(providers={"openai": provider(upstream.base_url)}))
    write_config(gateway.data_dir.parent, {"provders": {}, "workers": "many"})
    refused = gateway.admin().post("/admin/v1/reload")
    assert refused.status_code == 422
    problems = refused.json()["error"]["problems"]
    assert len(problems) == 2, "all problems at once"
    assert "provders" in refused.text
    assert "workers" in refused.text
    assert httpx.get(f"{gateway.url}/health", trust_env=False).status_code == 200
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
