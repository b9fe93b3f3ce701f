"""Proves that a caller whose request is refused before its body was read hears the answer, however much he sends."""

from __future__ import annotations

import socket

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH
from harness.upstream import Upstream

TRIES = 40
MEGABYTE = 1 << 20


def send_all_then_read(address: tuple[str, int], head: str, body: bytes) -> bytes:
    """The plainest of clients: writes everything before it reads anything."""
    with socket.create_connection(address, timeout=10) as wire:
        wire.sendall(head.encode() + body)
        answer = b""
        while part := wire.recv(65536):
            answer += part
        return answer


def head(*lines: str, path: str = CHAT_PATH) -> str:
    return "\r\n".join([f"POST {path} HTTP/1.1", "host: x", "content-type: application/json", *lines, "", ""])


@pytest.mark.parametrize(
    ("lines", "path", "status"),
    [
        (["authorization: Bearer wrong-key-0123456789"], CHAT_PATH, 401),
        ([], CHAT_PATH, 401),
        (["authorization: Bearer wrong-key-0123456789"], "/v1/nowhere", 404),
        (["authorization: Bearer wrong-key-0123456789"], "/admin/v1/keys", 401),
    ],
    ids=["wrong key", "no key", "unknown path", "control plane"],
)
@pytest.mark.parametrize("megabytes", [1, 10])
def test_a_caller_who_sends_everything_first_hears_his_refusal(
    gateway: Gateway, upstream: Upstream, lines: list[str], path: str, status: int, megabytes: int
) -> None:
    body = b" " * (megabytes * MEGABYTE)
    request = head(*lines, f"content-length: {len(body)}", path=path)
    for _ in range(TRIES if megabytes == 1 else 5):
        answer = send_all_then_read(gateway.address, request, body)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert answer.endswith((b"}", b"}\r\n0\r\n\r\n")), "the answer is whole"
    assert upstream.calls == []


@pytest.mark.parametrize("megabytes", [2, 10])
def test_a_caller_whose_body_is_announced_too_large_hears_it(
    start: StartGateway, upstream: Upstream, megabytes: int
) -> None:
    config = configuration({"up": provider(upstream.base_url)}) | {"limits": {"body_bytes_max": MEGABYTE}}
    gateway = start(config=config)
    body = b" " * (megabytes * MEGABYTE)
    request = head(f"authorization: Bearer {CALLER_KEY}", f"content-length: {len(body)}")
    for _ in range(5):
        answer = send_all_then_read(gateway.address, request, body)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.endswith(b"}"), "the answer is whole"
    assert upstream.calls == []


@pytest.mark.parametrize("size", [100, 3_000, 5_000])
@pytest.mark.parametrize(("path", "status"), [(CHAT_PATH, b"401"), ("/v1/nowhere", b"404")])
def test_a_refusal_before_a_body_says_that_its_connection_ends(
    gateway: Gateway, size: int, path: str, status: bytes
) -> None:
    """Whoever keeps the connection would send his next request in vain: many clients write head and body apart."""
    with socket.create_connection(gateway.address, timeout=10) as wire:
        wire.sendall(head("authorization: Bearer wrong", f"content-length: {size}", path=path).encode())
        answer = wire.recv(65536)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"\r\nconnection: close\r\n" in answer
        wire.sendall(b" " * size)
        while answer := wire.recv(65536):
            assert b"HTTP/1.1" not in answer


def test_a_caller_who_never_stops_sending_is_left_behind(gateway: Gateway) -> None:
    with socket.create_connection(gateway.address, timeout=10) as wire:
        wire.sendall(head("authorization: Bearer wrong", "transfer-encoding: chunked").encode())
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as the system likes
            while True:
                wire.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def test_waiting_for_such_callers_keeps_no_descriptor(gateway: Gateway) -> None:
    before = gateway.metric("process_open_fds")
    wires = [socket.create_connection(gateway.address, timeout=10) for _ in range(50)]
    for wire in wires:
        wire.sendall(head("authorization: Bearer wrong", "content-length: 1000000").encode() + b"x")
    for wire in wires:
        assert wire.recv(12) == b"HTTP/1.1 401"
    until(lambda: (gateway.metric("process_open_fds") or 0) <= before + 5, "all were closed in time")
    for wire in wires:
        wire.close()
