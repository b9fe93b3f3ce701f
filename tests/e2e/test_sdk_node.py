"""Proves that the official OpenAI SDK for Node gets through Bellwether what the provider says, failures included.

It parses streams, retries and gives up by code of its own, so that it works is not shown by the Python one.
"""

from __future__ import annotations

from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, UPSTREAM_KEY, Gateway
from harness.node import see
from harness.process import until
from harness.simulator import Simulator
from harness.speech import MODEL, delta
from harness.upstream import Exchange, Upstream, chunk, stream_head

ANSWER_MS = 300
FIELDS = {"message", "type", "code", "param", "status", "source", "request_id"}


@pytest.fixture
def served(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway whose one provider lists its models, and is not waited for long."""
    models = ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"]
    node = provider(simulator.node.base_url, key=simulator.key, models=models)
    return start(config=configuration(providers={"openai": node}, timeouts={"answer_ms": ANSWER_MS}))


def failure(gateway: Gateway, kind: str, scenario: str = "chat", **settings: Any) -> dict[str, Any]:
    """Asks, and returns the error, whose body must have the shape of all our errors."""
    error = see(gateway, scenario, **settings).error
    assert error["kind"] == kind
    assert error["body"].keys() >= FIELDS
    assert error["body"]["status"] == error["status"]
    assert error["request_id"] == error["body"]["request_id"] == error["headers"]["x-request-id"]
    assert error["body"]["message"] in error["message"]
    return error


# --- what is said ---


def test_chat_whole_and_its_headers(served: Gateway) -> None:
    whole = see(served, "chat").answer
    seen = see(served, "with_response").answer
    assert seen["data"]["choices"] == whole["choices"]
    assert whole["choices"][0]["message"]["content"]
    assert whole["usage"]["total_tokens"] > 0
    assert (seen["status"], seen["headers"]["x-bellwether-provider"]) == (200, "openai")
    assert seen["request_id"] == seen["headers"]["x-request-id"]


def test_chat_streamed(served: Gateway) -> None:
    whole = see(served, "chat").answer
    events = see(served, "streamed").answer
    text = "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])
    assert text == whole["choices"][0]["message"]["content"]
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert all(event.get("usage") is None for event in events), "usage comes only when asked for"
    events = see(served, "streamed", ask={"stream_options": {"include_usage": True}}).answer
    assert (events[-1]["choices"], events[-1]["usage"]) == ([], whole["usage"])


def test_tool_calls_whole_and_streamed(served: Gateway) -> None:
    whole = see(served, "tools").answer["choices"][0]
    streamed = see(served, "tools_streamed").answer["choices"][0]
    assert whole["finish_reason"] == streamed["finish_reason"] == "tool_calls"
    (call,) = whole["message"]["tool_calls"]
    (joined,) = streamed["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert joined["function"]["name"] == "get_weather"
    assert joined["function"]["arguments"] == call["function"]["arguments"]


def test_completions_embeddings_and_models(served: Gateway) -> None:
    completions = see(served, "completions").answer
    text = "".join(event["choices"][0]["text"] for event in completions["streamed"] if event["choices"])
    assert text == completions["whole"]["choices"][0]["text"]
    assert text
    embeddings = see(served, "embeddings").answer
    for unpacked, numbers in zip(embeddings["unpacked"]["data"], embeddings["numbers"]["data"], strict=True):
        assert unpacked["embedding"] == pytest.approx(numbers["embedding"], abs=1e-6)
    models = see(served, "models").answer
    assert [model["id"] for model in models["listed"]] == ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"]
    assert models["first"] == models["listed"][0]


@pytest.mark.parametrize("base", ["", "/v1/"])
def test_every_base_url_that_people_write_works(gateway: Gateway, base: str) -> None:
    assert see(gateway, "chat", base=base).answer["choices"][0]["message"]["content"] == "café ☕"


def test_a_large_body_arrives_whole(gateway: Gateway, upstream: Upstream) -> None:
    size = 4 << 20
    assert see(gateway, "chat", prompt_bytes=size).answer["id"] == "chatcmpl-1"
    assert upstream.call.json["messages"] == [{"role": "user", "content": "x" * size}]


def test_an_aborted_stream_ends_at_the_provider(start: StartGateway, new_upstream: StartUpstream) -> None:
    hung_up: list[bool] = []

    def says_one_word_and_waits(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="one")))
        hung_up.append(exchange.saw_hang_up())
        exchange.is_over = True

    upstream = new_upstream(says_one_word_and_waits)
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    seen = see(gateway, "aborted").answer
    assert seen["first"]["choices"][0]["delta"]["content"] == "one"
    assert seen["is_aborted"]
    until(lambda: hung_up, "the provider's connection ended")
    assert hung_up == [True]


# --- failures ---


def test_a_wrong_key_is_an_authentication_error(served: Gateway) -> None:
    error = failure(served, "AuthenticationError", key="bw_wrong-wrong-wrong")
    assert (error["status"], error["code"], error["type"]) == (401, "invalid_api_key", "authentication_error")


def test_an_unknown_model_is_not_found_and_near_names_are_told(served: Gateway) -> None:
    error = failure(served, "NotFoundError", ask={"model": "gpt-4o-mni"})
    assert (error["status"], error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "gpt-4o-mini" in error["message"]


def test_a_bad_request_is_told_apart(served: Gateway) -> None:
    error = failure(served, "BadRequestError", ask={"model": ""})
    assert (error["status"], error["param"], error["body"]["source"]) == (400, "model", "client")


@pytest.mark.parametrize("scenario", ["chat", "streamed"])
def test_a_busy_provider_is_a_rate_limit_with_the_time_to_wait(
    served: Gateway, simulator: Simulator, scenario: str
) -> None:
    # Longer than the gateway itself waits for its only target.
    simulator.node.fault("status=429;retry_after=17")
    error = failure(served, "RateLimitError", scenario)
    assert (error["status"], error["body"]["retry_after"]) == (429, 17)
    assert (error["headers"]["retry-after"], error["headers"]["retry-after-ms"]) == ("17", "17000")


def test_the_sdk_waits_and_tries_again_as_told(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=429;retry_after=1", times=1)
    seen = see(served, "chat", client={"maxRetries": 1})
    assert seen.answer["choices"]
    assert 1000 <= seen.ms < 5000
    assert len(simulator.node.received("/v1/chat/completions")) == 2


def test_a_failing_provider_is_a_bad_gateway(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=500")
    error = failure(served, "InternalServerError")
    assert (error["status"], error["type"], error["body"]["source"]) == (502, "api_error", "upstream")


def test_a_silent_provider_is_a_504_with_the_limit_that_fired(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("hang")
    error = failure(served, "InternalServerError")
    assert (error["status"], error["code"], error["body"]["timeout_ms"]) == (504, "timeout", ANSWER_MS)


def test_the_callers_own_deadline_is_kept_before_the_caller_gives_up(start: StartGateway, simulator: Simulator) -> None:
    """It tells whole seconds, and only those of a request: of 1.9 the gateway is told 1, and leaves itself half of it."""
    gateway = start(environment=simulator.environment)
    simulator.node.fault("hang")
    error = failure(gateway, "InternalServerError", request={"timeout": 1900})
    assert (error["status"], error["body"]["timeout_ms"]) == (504, 500)


def test_a_caller_who_gives_up_first_is_noticed(start: StartGateway, simulator: Simulator) -> None:
    """The timeout of a client is told to nobody, so the SDK hangs up by itself."""
    gateway = start(environment=simulator.environment)
    simulator.node.fault("hang")
    assert see(gateway, "chat", client={"timeout": 300}).error["kind"] == "APIConnectionTimeoutError"
    until(lambda: '"kind":"caller_gone"' in gateway.process.stderr, "the log said that the caller had gone")


def test_a_stream_that_breaks_is_an_error_and_no_end(start: StartGateway, new_upstream: StartUpstream) -> None:
    def breaks(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content="one")))
        exchange.reset()

    gateway = start(config=configuration({"first": provider(new_upstream(breaks).base_url, models=[MODEL])}))
    error = see(gateway, "streamed", key=CALLER_KEY).error
    assert error["kind"] == "APIError"
    assert error["body"]["source"] == "upstream"
