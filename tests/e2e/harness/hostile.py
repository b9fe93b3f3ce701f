"""Hostile callers: what one sends, what the gateway must make of it, and the watch over everybody else meanwhile."""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from .gateway import CALLER_KEY, Gateway
from .process import until
from .simulator import Simulator
from .speech import CHAT_PATH, chat
from .wire import Reply, Wire, request

#: Nobody waits longer for a refusal.
REFUSAL_S_MAX = 3.0
MIB = 1024 * 1024
HEALTHY = chat("from a healthy caller")
#: In every hostile prompt, and never in what the gateway says or logs.
MARKER = "hostile-prompt-marker-8f3a"
SHAPE = {"message", "type", "code", "param", "status", "source", "request_id"}
#: What shows how we are made.
INTERNALS = re.compile(
    rb"panicked|backtrace|\.rs\b|at line \d|column \d|serde|hyper|tokio|rustls|thread '|"
    rb"/(?:home|root|work|usr|src|target)/|src/"
)


class Said(Enum):
    """How a request is answered."""

    SHAPE = "an error in our shape"
    BARE = "a status without a body, or a close"
    EITHER = "an error in our shape, or a status without a body, or a close"
    LEGAL = "an answer"


@dataclass(frozen=True)
class Case:
    """One hostile request. With several statuses any of them will do."""

    name: str
    data: bytes
    status: int | tuple[int, ...]
    said: Said = Said.SHAPE
    #: In the message, or the field at fault.
    word: str = ""
    param: str | None = None
    #: The caller closes his side behind it.
    is_cut: bool = False
    #: Whether the provider is asked, as only its own parser can tell.
    reaches: bool = False

    @property
    def statuses(self) -> tuple[int, ...]:
        return self.status if isinstance(self.status, tuple) else (self.status,)


def hear(wire: Wire, method: str = "POST") -> Reply | None:
    """The answer, or nothing where the connection was closed without one."""
    try:
        return wire.reply(method)
    except (http.client.BadStatusLine, http.client.IncompleteRead, ConnectionError):
        return None


def judge(case: Case, reply: Reply | None) -> str | None:
    """What is wrong with the answer to a case."""
    if reply is None:
        return None if case.said in (Said.BARE, Said.EITHER) else "closed without an answer"
    seen = f"{reply.status} {reply.body[:200]!r}"
    if reply.status not in case.statuses:
        return f"{seen}, not {case.status}"
    everything = reply.body + str(reply.headers).encode()
    if found := INTERNALS.search(everything):
        return f"shows its inside: {found.group()!r} in {seen}"
    if MARKER.encode() in everything and case.said is not Said.LEGAL:
        return f"repeats the prompt: {seen}"
    if case.said is Said.LEGAL or (case.said is Said.EITHER and not reply.body):
        return None
    if case.said is Said.BARE:
        return f"not bare: {seen}" if reply.body else None
    error: dict[str, Any] = reply.error
    if error.keys() < SHAPE or error["status"] != reply.status or error["request_id"] != reply.headers["x-request-id"]:
        return f"not our shape: {seen}"
    if error["source"] not in ("client", "upstream") or not error["message"]:
        return f"blames {error['source']}: {seen}"
    if case.param is not None and error["param"] != case.param:
        return f"blames the field {error['param']}: {seen}"
    if case.word not in error["message"]:
        return f"does not say {case.word!r}: {seen}"
    return None


@dataclass
class Healthy:
    """A caller who goes on asking, and is to notice nothing."""

    gateway: Gateway
    waits_s: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asked = len(self.waits_s)
        until(lambda: len(self.waits_s) > asked or self.complaints, "the healthy caller was served once more")
        self._is_over.set()
        self._thread.join()

    def _ask(self) -> None:
        try:
            with Wire(self.gateway.address) as wire:
                while not self._is_over.wait(0.005):
                    began = time.monotonic()
                    reply = wire.ask(request(CHAT_PATH, HEALTHY))
                    self.waits_s.append(time.monotonic() - began)
                    if reply.status != 200 or not reply.body.endswith(b"}"):
                        self.complaints.append(f"{reply.status} {reply.body[:300]!r}")
        except (OSError, http.client.HTTPException) as broken:
            self.complaints.append(repr(broken))

    @property
    def p99_ms(self) -> float:
        waits = sorted(self.waits_s)
        return waits[int(len(waits) * 0.99)] * 1000 if waits else 0.0


@dataclass
class Siege:
    """A gateway under attack, and what must hold behind it."""

    gateway: Gateway
    simulator: Simulator
    grown_bytes_max: int = 48 * MIB
    #: Calls that must reach the provider, the healthy caller's apart; `None` where that is a race.
    calls: int | None = 0
    #: Pooled connections to the provider, and connections whose end is not noticed yet.
    descriptors_spare: int = 8

    def __enter__(self) -> Self:
        with Wire(self.gateway.address) as wire:
            assert wire.ask(request(CHAT_PATH, HEALTHY)).status == 200
        self._resident_before = self.gateway.process.resident_bytes
        self._descriptors_before = self.descriptors
        self._received_before = self._received()
        self.healthy = Healthy(self.gateway)
        self.healthy.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.healthy.__exit__()
        if kind is not None:
            return
        assert not self.healthy.complaints, self.healthy.complaints[:5]
        assert self.gateway.process.is_running
        assert self.grown_bytes < self.grown_bytes_max, f"grew by {self.grown_bytes / MIB:.1f} MiB"
        until(
            lambda: self.descriptors <= self._descriptors_before + self.descriptors_spare,
            f"the descriptors came back ({self.descriptors} of {self._descriptors_before})",
        )
        reached = self._received() - self._received_before - len(self.healthy.waits_s)
        assert self.calls in (None, reached), f"{reached} calls reached the provider, not {self.calls}"
        assert not self.gateway.metric("ai_gateway_panics_total")
        said = self.gateway.process.output
        assert "panicked" not in said
        assert MARKER not in said
        assert CALLER_KEY not in said
        assert self.simulator.key not in said

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.gateway.process.pid}/fd"))

    @property
    def grown_bytes(self) -> int:
        return self.gateway.process.resident_bytes_peak - self._resident_before

    def _received(self) -> int:
        """The requests that all nodes have read, ever."""
        listed = self.simulator.node.control.get("/nodes").raise_for_status().json()["nodes"]
        return sum(node["counters"]["requests"] for node in listed)

    def attack(self, cases: Sequence[Case]) -> float:
        """Sends every case on a connection of its own; returns how long the slowest answer took."""
        wrong: list[str] = []
        slowest = 0.0
        for case in cases:
            if self.calls is not None:
                self.calls += case.reaches
            began = time.monotonic()
            try:
                with Wire(self.gateway.address) as wire:
                    reply = strike(wire, case)
            except TimeoutError:
                wrong.append(f"{case.name}: no answer")
                continue
            took = time.monotonic() - began
            slowest = max(slowest, took)
            complaint = judge(case, reply)
            if not complaint and took > REFUSAL_S_MAX:
                complaint = f"took {took:.1f} s"
            if complaint:
                wrong.append(f"{case.name}: {complaint}")
        assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)
        return slowest


def strike(wire: Wire, case: Case) -> Reply | None:
    try:
        wire.send(case.data)
        if case.is_cut:
            wire.end()
    except TimeoutError:
        raise
    except OSError:
        pass  # it may answer and close before all is written
    return hear(wire, method_of(case.data))


def method_of(data: bytes) -> str:
    """What decides whether an answer has a body."""
    return "HEAD" if data.startswith(b"HEAD ") else "POST"
