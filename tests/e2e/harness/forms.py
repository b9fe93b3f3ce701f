"""Forms as callers send them, to the byte, and requests that carry them."""

from __future__ import annotations

from collections.abc import Iterable

from .wire import request

BOUNDARY = "b-b"
TRANSCRIPTIONS = "/v1/audio/transcriptions"


def field(name: str, value: str, *headers: str) -> bytes:
    """One part that holds a text."""
    return part(f'Content-Disposition: form-data; name="{name}"', *headers, content=value.encode())


def file(content: bytes, name: str = "file", filename: str = "a.wav") -> bytes:
    """One part that holds a file."""
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
    return part(disposition, "Content-Type: application/octet-stream", content=content)


def part(*headers: str, content: bytes) -> bytes:
    head = "\r\n".join([f"--{BOUNDARY}", *headers, "", ""])
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(
    path: str,
    body: bytes,
    *headers: str,
    content_type: str = f"multipart/form-data; boundary={BOUNDARY}",
    length: int | None = None,
) -> bytes:
    """A request with a form. `length` may lie about the body."""
    announced = len(body) if length is None else length
    return request(path, b"", f"content-type: {content_type}", *headers, length=announced) + body


def large(size: int) -> bytes:
    """So many bytes, with no two parts alike."""
    numbers: Iterable[bytes] = (number.to_bytes(4, "big") for number in range(size // 4 + 1))
    return b"".join(numbers)[:size]
