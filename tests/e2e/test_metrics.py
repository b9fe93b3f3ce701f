"""Proves that Prometheus can read the metrics, that they start at zero, and that they count what happened."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import StartGateway
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import Upstream, streamed, whole

REQUESTS = "ai_gateway_requests_total"
DURATION = "ai_gateway_request_duration_seconds"
STATUSES_AT_ZERO = {"200", "429", "500", "502", "503", "504"}
EDGES = {0.04, 0.08, 0.12, 0.15, 0.2, 30.0, 60.0, 90.0, 120.0, 180.0}
#: What the usage in `CHAT_REPLY` says.
PROMPT_TOKENS, COMPLETION_TOKENS = 11, 7


def wait_for_count(gateway: Gateway, count: float, sample: str = REQUESTS, **labels: str) -> None:
    """A call is counted when it is settled, which may be a moment after its last byte was read."""
    until(lambda: gateway.metric(sample, **labels) == count, f"{sample}{labels} is {count}")


@pytest.mark.parametrize("path", ["/metrics", "/v1/metrics"])
def test_metrics_are_prometheus_text_and_open_to_this_machine(gateway: Gateway, path: str) -> None:
    reply = httpx.get(gateway.url + path, trust_env=False)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(reply.text))
    assert all(family.documentation for family in families)
    assert len({family.name for family in families}) == len(families), "each family stands once"


def test_known_statuses_start_at_zero_for_each_provider(gateway: Gateway) -> None:
    for status in STATUSES_AT_ZERO:
        assert gateway.metric(REQUESTS, service="bellwether", provider="openai", status=status) == 0, status


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["--service", "edge"], {}),
        ([], {"BELLWETHER_SERVICE": "edge"}),
        ([], {"OTEL_SERVICE_NAME": "edge"}),
        (["--service", "edge"], {"BELLWETHER_SERVICE": "other", "OTEL_SERVICE_NAME": "third"}),
    ],
    ids=["flag", "own variable", "OpenTelemetry's variable", "flag first"],
)
def test_the_service_label_is_the_operators(start: StartGateway, flags: list[str], environment: dict[str, str]) -> None:
    gateway = start(flags=flags, environment=environment)
    assert gateway.metric(REQUESTS, service="edge", provider="demo", status="200") == 0


def test_durations_have_the_promised_edges(gateway: Gateway) -> None:
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
    wait_for_count(gateway, 1, provider="openai", status="200")
    samples = [s for s in gateway.metrics()[DURATION].samples if s.labels["provider"] == "openai"]
    buckets = {float(s.labels["le"]): s.value for s in samples if s.name == f"{DURATION}_bucket"}
    assert buckets.keys() >= EDGES
    counts = [buckets[edge] for edge in sorted(buckets)]
    assert counts == sorted(counts), "buckets are cumulative"
    assert buckets[float("inf")] == gateway.metric(f"{DURATION}_count", provider="openai") == 1
    assert {frozenset(s.labels) - {"le"} for s in samples} == {frozenset({"service", "provider"})}


def test_calls_are_counted_by_provider_and_status(gateway: Gateway, upstream: Upstream) -> None:
    client = gateway.http()
    for _ in range(5):
        client.post(CHAT_PATH, content=chat())
    upstream.script = whole(b"{}", status="429 Too Many Requests")
    client.post(CHAT_PATH, content=chat())
    wait_for_count(gateway, 5, provider="openai", status="200")
    wait_for_count(gateway, 1, provider="openai", status="429")
    assert gateway.metric(REQUESTS, provider="openai") == 6
    names = {frozenset(s.labels) for s in gateway.metrics()[REQUESTS.removesuffix("_total")].samples}
    assert names == {frozenset({"service", "provider", "status"})}


def test_our_own_share_is_measured_apart(gateway: Gateway) -> None:
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
    until(
        lambda: (gateway.metric("ai_gateway_added_latency_seconds_count") or 0) >= 1, "the added latency was observed"
    )
    added = gateway.metric("ai_gateway_added_latency_seconds_sum")
    assert added is not None
    assert 0 < added < 1


def test_tokens_and_the_time_to_the_first_are_counted(gateway: Gateway, upstream: Upstream) -> None:
    assert gateway.http().post(CHAT_PATH, content=chat()).content == CHAT_REPLY
    wait_for_count(gateway, PROMPT_TOKENS + COMPLETION_TOKENS, "ai_gateway_tokens_total")
    upstream.script = streamed([delta(content="x"), DONE])
    assert gateway.http().post(CHAT_PATH, content=chat(stream=True)).status_code == 200
    until(lambda: (gateway.metric("ai_gateway_time_to_first_token_seconds_count") or 0) >= 1, "a first token was timed")


def test_reading_metrics_and_health_is_no_call(gateway: Gateway) -> None:
    for path in ("/health", "/metrics", "/v1/health"):
        gateway.http().get(path)
    assert gateway.metric(REQUESTS, provider="openai") == 0


def test_nothing_secret_is_a_label(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    gateway.http().post(CHAT_PATH, content=chat("the prompt nobody may see", model="made-up-name-1234"))
    text = httpx.get(f"{gateway.url}/metrics", trust_env=False).text
    for secret in (UPSTREAM_KEY, gateway.key, "the prompt nobody may see", "made-up-name-1234"):
        assert secret not in text
