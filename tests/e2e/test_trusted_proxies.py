"""Proves that only a trusted proxy may say where a request came from: in the log, and for who may read metrics."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream

METRICS_KEY = "metrics-key-0123456789"
#: From 192.0.2.0/24, set apart for documents (RFC 5737): nobody's private address.
OUTSIDE = "192.0.2.7"


def configured(upstream: Upstream, *trusted: str) -> dict[str, Any]:
    sections: dict[str, Any] = configuration(providers={"openai": provider(upstream.base_url)})
    return {**sections, "metrics": {"key": METRICS_KEY}, "trusted_proxies": list(trusted)}


def caller_in_the_log(gateway: Gateway) -> str:
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.stderr.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line.get("message") == "request")
    caller: str = line["caller"]
    return caller


@pytest.mark.parametrize(
    ("trusted", "forwarded", "logged"),
    [
        (["127.0.0.1"], OUTSIDE, OUTSIDE),
        (["127.0.0.0/8"], f"10.1.1.1, {OUTSIDE}, 127.0.0.9", OUTSIDE),
        (["127.0.0.1"], f"{OUTSIDE}:5001", OUTSIDE),
        (["127.0.0.1"], "unknown", "127.0.0.1"),
        (["10.0.0.0/8"], OUTSIDE, "127.0.0.1"),
        ([], OUTSIDE, "127.0.0.1"),
    ],
    ids=["trusted", "a chain", "with a port", "it does not say", "another one is trusted", "nobody is trusted"],
)
def test_the_log_names_the_caller_behind_a_trusted_proxy(
    start: StartGateway, upstream: Upstream, trusted: list[str], forwarded: str, logged: str
) -> None:
    gateway = start(config=configured(upstream, *trusted))
    reply = gateway.http().post(CHAT_PATH, content=chat(), headers={"x-forwarded-for": forwarded})
    assert reply.status_code == 200
    assert not {name for name, _ in upstream.call.headers} & {"x-forwarded-for", "forwarded"}
    assert caller_in_the_log(gateway) == logged


def status_of_metrics(gateway: Gateway, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(f"{gateway.url}/metrics", headers=sent, trust_env=False).status_code


def test_metrics_are_open_to_private_callers_behind_a_trusted_proxy_only(
    start: StartGateway, upstream: Upstream
) -> None:
    gateway = start(config=configured(upstream, "127.0.0.1"))
    assert status_of_metrics(gateway) == 200, "the proxy's own machine"
    assert status_of_metrics(gateway, x_forwarded_for="10.1.2.3") == 200
    for claim in (OUTSIDE, f"10.1.2.3, {OUTSIDE}", f"127.0.0.1,{OUTSIDE}", "unknown", "", "10.1.2.3, nonsense"):
        assert status_of_metrics(gateway, x_forwarded_for=claim) == 401, claim
    assert status_of_metrics(gateway, forwarded="for=10.1.2.3") == 401, "another header says nothing"
    assert status_of_metrics(gateway, x_forwarded_for=OUTSIDE, authorization=f"Bearer {METRICS_KEY}") == 200


def test_a_spoofed_header_opens_nothing(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=configured(upstream, "10.0.0.0/8"))
    for claim in ("127.0.0.1", "10.0.0.1", OUTSIDE):
        assert status_of_metrics(gateway, x_forwarded_for=claim) == 401, claim
        assert status_of_metrics(gateway, forwarded=f"for={claim}") == 401, claim
    assert status_of_metrics(gateway) == 200


def test_a_reload_changes_whom_is_trusted(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=configured(upstream))
    assert status_of_metrics(gateway, x_forwarded_for="10.1.2.3") == 401
    write_config(gateway.data_dir.parent, configured(upstream, "127.0.0.1"))
    assert gateway.admin().post("/admin/v1/reload").status_code == 200
    assert status_of_metrics(gateway, x_forwarded_for="10.1.2.3") == 200
