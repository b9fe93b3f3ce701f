"""Many calls, at a pace of their own: none waits for the answer to another, as callers of the world do not."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass

from .gateway import Gateway
from .speech import CHAT_PATH, chat

#: Whoever has no answer by then hangs.
HANGS_AFTER_S = 15.0

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"retry-after: (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answered:
    """One call that was answered."""

    #: When it was sent and when its answer was whole, in seconds from the begin of the load.
    sent: float
    whole: float
    status: int
    retry_after: int | None

    @property
    def took_ms(self) -> float:
        return (self.whole - self.sent) * 1000


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def offer(gateway: Gateway, per_second: float, seconds: float, body: bytes | None = None) -> list[Answered]:
    """Offers so many calls a second, evenly, for so long; each must be answered."""
    return asyncio.run(_offer(gateway, per_second, seconds, chat() if body is None else body))


async def _offer(gateway: Gateway, per_second: float, seconds: float, body: bytes) -> list[Answered]:
    host, port = gateway.address
    head = f"POST {CHAT_PATH} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {gateway.key}\r\n"
    request = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
    began = time.monotonic()

    async def call() -> Answered:
        reader, writer = idle.pop() if idle else await asyncio.open_connection(host, port)
        sent = time.monotonic()
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        assert length, answer
        await reader.readexactly(int(length[1]))
        whole = time.monotonic()
        idle.append((reader, writer))
        retry_after = _RETRY_AFTER.search(answer)
        status = int(answer[9:12])
        return Answered(sent - began, whole - began, status, int(retry_after[1]) if retry_after else None)

    calls = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        calls.append(asyncio.create_task(asyncio.wait_for(call(), HANGS_AFTER_S)))
    answered = await asyncio.gather(*calls)
    for _, writer in idle:
        writer.close()
    return answered
