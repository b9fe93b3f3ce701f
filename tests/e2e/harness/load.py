"""Many callers at a steady pace, whoever is slow: each call is sent when it is due, and its time counts from then."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from threading import Thread
from typing import Any, Self

from .gateway import Gateway
from .speech import CHAT_PATH, chat

PATIENCE_S = 20.0
#: No answer at all, in the place of a status.
NOTHING = 0


@dataclass(frozen=True)
class Call:
    """One call: when it was due and done, by the monotonic clock, and what came."""

    due: float
    done: float
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def took_ms(self) -> float:
        return (self.done - self.due) * 1e3

    @property
    def attempts(self) -> int:
        """How often providers were asked for it."""
        if named := self.headers.get("x-bellwether-attempts"):
            return int(named)
        return len(self.error.get("attempts") or []) if self.status else 0

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = json.loads(self.body)["error"]
        return error


@dataclass(frozen=True)
class Calls:
    """Those that were due in one phase of a run."""

    all: list[Call]

    @property
    def failed(self) -> list[Call]:
        return [call for call in self.all if call.status != 200]

    @property
    def statuses(self) -> Counter[int]:
        return Counter(call.status for call in self.all)

    @property
    def attempts(self) -> float:
        """Providers asked for each call, on average."""
        return sum(call.attempts for call in self.all) / len(self.all)

    def part(self, region: str) -> float:
        """What part of the answers came from a region."""
        answered = [call for call in self.all if call.status == 200]
        return sum(call.headers["x-bellwether-region"] == region for call in answered) / len(answered)

    def quantile_ms(self, part: float) -> float:
        took = sorted(call.took_ms for call in self.all)
        return took[min(int(len(took) * part), len(took) - 1)]

    @property
    def slowest_ms(self) -> float:
        return max(call.took_ms for call in self.all)

    @property
    def gap_ms(self) -> float:
        """The longest time in which no answer came."""
        done = sorted(call.done for call in self.all if call.status == 200)
        return max((later - sooner) * 1e3 for sooner, later in zip(done, done[1:], strict=False))


@dataclass
class Load:
    """A steady load in the background; `with Load(gateway, 100) as load` runs it until the block ends."""

    gateway: Gateway
    per_second: float
    #: What is asked, in turn.
    bodies: Sequence[bytes] = (chat(),)
    calls: list[Call] = field(default_factory=list)
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    _under_way: set[float] = field(default_factory=set)
    _stop: bool = False

    def __post_init__(self) -> None:
        self._requests = cycle([self._request(body) for body in self.bodies])
        self._thread = Thread(target=lambda: asyncio.run(self._run()))

    def _request(self, body: bytes) -> bytes:
        return (
            f"POST {CHAT_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self.gateway.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()

    def phase(self, seconds: float) -> Calls:
        """Waits until so long a phase is over and all that was due in it is done."""
        began = time.monotonic()
        ends = began + seconds
        deadline = ends + PATIENCE_S
        while time.monotonic() < ends or self._pending(ends):
            assert time.monotonic() < deadline, "calls hang"
            time.sleep(0.02)
        return Calls([call for call in list(self.calls) if began <= call.due < ends])

    def _pending(self, before: float) -> bool:
        return any(due < before for due in list(self._under_way))

    async def _run(self) -> None:
        running: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while not self._stop:
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self._under_way.add(due)
            task = asyncio.create_task(self._call(due))
            running.add(task)
            task.add_done_callback(running.discard)
            due += 1 / self.per_second
        await asyncio.gather(*running)
        for _, writer in self._idle:
            writer.close()

    async def _call(self, due: float) -> None:
        try:
            status, headers, body = await asyncio.wait_for(self._ask(), PATIENCE_S)
        except (OSError, EOFError, ValueError, TimeoutError):
            status, headers, body = NOTHING, {}, b""
        self.calls.append(Call(due, time.monotonic(), status, headers, body))
        self._under_way.discard(due)

    async def _ask(self) -> tuple[int, dict[str, str], bytes]:
        # One that nobody used for long was closed meanwhile.
        while self._idle and self._idle[-1][0].at_eof():
            self._idle.pop()[1].close()
        connection = self._idle.pop() if self._idle else await asyncio.open_connection(*self.gateway.address)
        reader, writer = connection
        writer.write(next(self._requests))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = _fields(head[1:])
        if headers.get("transfer-encoding") == "chunked":
            body = await _dechunked(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append(connection)
        return int(head[0].split(" ")[1]), headers, body


async def _dechunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def _fields(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in lines if line)
    return {name.lower(): value.strip() for name, value in pairs}
