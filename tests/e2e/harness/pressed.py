"""Calls on so many connections, each as fast as its share of a rate: what a limiter is pressed with."""

from __future__ import annotations

import asyncio
import re
import time

from .gateway import Gateway
from .speech import CHAT_PATH, chat

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def press(gateway: Gateway, key: str, connections: int, per_second: float, seconds: float) -> tuple[list[int], float]:
    """The statuses of all calls, and how long it took from the first to the last."""
    return asyncio.run(_press(gateway, key, connections, per_second, seconds))


async def _press(
    gateway: Gateway, key: str, connections: int, per_second: float, seconds: float
) -> tuple[list[int], float]:
    body = chat()
    head = f"POST {CHAT_PATH} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\n"
    request = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    host, port = gateway.address
    statuses: list[int] = []
    began = time.monotonic()

    async def caller(place: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        due = began + place / per_second
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(answer)
            assert length, answer
            await reader.readexactly(int(length[1]))
            statuses.append(int(answer[9:12]))
            due += connections / per_second
        writer.close()

    await asyncio.gather(*(caller(place) for place in range(connections)))
    return statuses, time.monotonic() - began
