"""Proves that load balancers, orchestrators and people find out whether this gateway is well, without a key."""

from __future__ import annotations

import httpx
import pytest

from conftest import StartGateway
from harness.config import configuration, line, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream

HEALTH_PATHS = [
    "/health",
    "/health/live",
    "/health/liveness",
    "/health/liveliness",
    "/health/ready",
    "/health/readiness",
    "/v1/health",
]


@pytest.mark.parametrize("path", HEALTH_PATHS)
def test_health_is_told_without_a_key(gateway: Gateway, path: str) -> None:
    reply = httpx.get(gateway.url + path, trust_env=False)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.json()["status"] in ("ok", "healthy", "ready", "alive")


# Claude Code asks for the root's head before its first call.
@pytest.mark.parametrize("path", [*HEALTH_PATHS, "/"])
def test_health_can_be_asked_by_head(gateway: Gateway, path: str) -> None:
    reply = httpx.head(gateway.url + path, trust_env=False)
    assert reply.status_code == 200
    assert not reply.content


def test_v1_health_names_its_own_region_and_the_state_of_each(start: StartGateway, upstream: Upstream) -> None:
    lines = [line(upstream.base_url, region="us-west"), line(upstream.base_url, region="eu-central")]
    config = configuration(providers={"openai": provider(lines=lines)}) | {"health": {"probes": {"every_ms": 0}}}
    gateway = start(config=config, flags=["--region", "ap-southeast"])
    facts = gateway.http().get("/v1/health").json()
    assert facts["region"] == "ap-southeast"
    assert set(facts["regions"]) == {"us-west", "eu-central"}
    assert {region["status"] for region in facts["regions"].values()} == {"unknown"}, "nobody has asked yet"
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
    states = [region["status"] for region in gateway.http().get("/v1/health").json()["regions"].values()]
    assert "healthy" in states


def test_the_region_may_come_from_the_environment(start: StartGateway) -> None:
    gateway = start(environment={"BELLWETHER_REGION": "hong-kong"})
    assert gateway.http().get("/v1/health").json()["region"] == "hong-kong"


def test_health_does_not_depend_on_providers(start: StartGateway) -> None:
    """A gateway whose providers are down must not be restarted for it."""
    gateway = start(environment={"OPENAI_API_KEY": "k" * 20, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    for path in ("/health", "/health/live", "/health/ready"):
        assert httpx.get(gateway.url + path, trust_env=False).status_code == 200


def test_admin_health_answers_the_operator(gateway: Gateway) -> None:
    reply = gateway.admin().get("/admin/v1/health")
    assert reply.status_code == 200
    assert reply.json()["status"]
