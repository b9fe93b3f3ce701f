"""Proves that each failure reaches the official SDK as the exception its users catch, with a body that says enough."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import RefusingPort

MESSAGES: list[Any] = [{"role": "user", "content": "ping"}]
ANSWER_MS = 300
PUBLIC_URL = "https://gateway.example"
FIELDS = {"message", "type", "code", "param", "status", "source", "request_id"}


@pytest.fixture
def served(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway whose one provider lists its models, and is not waited for long."""
    node = provider(simulator.node.base_url, key=simulator.key, models=["gpt-4o", "gpt-4o-mini"])
    sections = configuration(providers={"openai": node}, timeouts={"answer_ms": ANSWER_MS})
    return start(config={**sections, "public_url": PUBLIC_URL})


def failure(gateway: Gateway, kind: type[openai.APIStatusError], **ask: Any) -> openai.APIStatusError:
    """Asks, and returns the exception, whose body must have the shape of all our errors."""
    with pytest.raises(kind) as caught:
        gateway.openai(**ask.pop("client", {})).chat.completions.create(**{"model": MODEL, "messages": MESSAGES, **ask})
    error = caught.value
    assert isinstance(error.body, dict)
    assert error.body.keys() >= FIELDS, error.body
    assert error.body["status"] == error.status_code
    assert error.body["request_id"] == error.response.headers["x-request-id"]
    assert isinstance(error.body["code"], str)
    assert error.body["message"]
    return error


def test_a_wrong_key_is_an_authentication_error(served: Gateway) -> None:
    error = failure(served, openai.AuthenticationError, client={"api_key": "bw_wrong-wrong-wrong"})
    assert (error.status_code, error.code, error.type) == (401, "invalid_api_key", "authentication_error")
    assert f"{PUBLIC_URL}/dashboard/api-keys" in error.message


def test_an_unknown_model_is_not_found_and_near_names_are_told(served: Gateway) -> None:
    error = failure(served, openai.NotFoundError, model="gpt-4o-mni")
    assert (error.status_code, error.code, error.param) == (404, "model_not_found", "model")
    assert "gpt-4o-mni" in error.message
    assert "gpt-4o-mini" in error.message


def test_a_bad_request_is_told_apart(served: Gateway) -> None:
    error = failure(served, openai.BadRequestError, model="")
    assert (error.status_code, error.param) == (400, "model")
    assert error.body["source"] == "client"  # type: ignore[index]


def test_what_the_provider_refuses_keeps_its_status(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=400;code=unsupported_value")
    error = failure(served, openai.BadRequestError)
    assert error.status_code == 400


def test_a_busy_provider_is_a_rate_limit_with_the_time_to_wait(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=429;retry_after=7")
    error = failure(served, openai.RateLimitError)
    assert error.status_code == 429
    assert error.body["retry_after"] == 7  # type: ignore[index]
    assert error.response.headers["retry-after"] == "7"
    assert error.response.headers["retry-after-ms"] == "7000"
    assert error.body["source"] == "upstream"  # type: ignore[index]


def test_a_failing_provider_is_a_bad_gateway(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=500")
    error = failure(served, openai.InternalServerError)
    assert (error.status_code, error.type) == (502, "api_error")
    assert error.body["source"] == "upstream"  # type: ignore[index]


def test_a_provider_out_of_service_stays_a_503(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=503")
    assert failure(served, openai.InternalServerError).status_code == 503


def test_a_silent_provider_is_a_504_with_the_limit_that_fired(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("hang")
    error = failure(served, openai.InternalServerError)
    assert (error.status_code, error.code, error.type) == (504, "timeout", "timeout_error")
    assert error.body["timeout_ms"] == ANSWER_MS  # type: ignore[index]


def test_a_provider_that_refuses_connections_is_a_bad_gateway(start: StartGateway, refusing: RefusingPort) -> None:
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": refusing.base_url})
    assert failure(gateway, openai.InternalServerError).status_code == 502


def test_a_refused_credential_is_our_operators_matter(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=401")
    error = failure(served, openai.InternalServerError)
    assert (error.status_code, error.code) == (502, "upstream_credential_rejected")
    assert error.body["source"] == "gateway"  # type: ignore[index]


@pytest.mark.parametrize("fault", ["html", "empty"])
def test_an_answer_that_is_none_is_a_failure(served: Gateway, simulator: Simulator, fault: str) -> None:
    simulator.node.fault(f"status=502;{fault}")
    error = failure(served, openai.InternalServerError)
    assert error.status_code == 502
    assert "<html" not in error.message.lower()


def test_the_sdk_waits_and_tries_again_as_told(served: Gateway, simulator: Simulator) -> None:
    simulator.node.fault("status=429;retry_after=1", times=1)
    answer = served.openai(max_retries=1).chat.completions.create(model=MODEL, messages=MESSAGES)
    assert answer.choices


def test_the_callers_own_deadline_is_kept_before_the_caller_gives_up(start: StartGateway, simulator: Simulator) -> None:
    """An SDK that gives up first would try again, and pay twice."""
    gateway = start(environment=simulator.environment)
    simulator.node.fault("hang")
    reply = gateway.http().post(CHAT_PATH, content=chat(), headers={"x-stainless-read-timeout": "0.7"})
    assert reply.status_code == 504
    assert reply.json()["error"]["timeout_ms"] == 200


def test_a_version_too_many_in_the_base_url_is_told(served: Gateway) -> None:
    """Anthropic's SDKs and agents add it themselves."""
    reply = served.http().post("/v1/v1/messages", json={})
    assert reply.status_code == 404
    assert "without" in reply.json()["error"]["message"]
