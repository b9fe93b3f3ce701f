"""Proves docs/operations/idempotency.md where answers are cached: a call with a key has its own answer, and so have its repeats."""

from __future__ import annotations

import httpx
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.simulator import SIMULATOR_KEY, Simulator
from harness.speech import CHAT_PATH, MODEL, chat


def post(gateway: Gateway, content: bytes, key: str | None = None) -> httpx.Response:
    headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
    with gateway.http() as http:
        return http.post(CHAT_PATH, content=content, headers=headers)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
def test_a_repeat_gets_the_same_answer_where_answers_are_cached(
    start: StartGateway, simulator: Simulator, is_stream: bool
) -> None:
    config = configuration({"openai": provider(simulator.node.base_url, key=SIMULATOR_KEY, models=[MODEL])})
    gateway = start(config={**config, "models": {MODEL: {"targets": [f"openai/{MODEL}"], "cache": True}}})
    body = chat(stream=is_stream)
    first, again = (post(gateway, body, "order-1") for _ in range(2))
    assert (first.status_code, first.headers["x-bellwether-cache"]) == (200, "bypass")
    assert (again.status_code, again.headers.get("idempotency-replayed")) == (200, "true"), again.text
    assert again.content == first.content
    asked = [request for request in simulator.node.everything_received() if request["path"].endswith(CHAT_PATH)]
    assert len(asked) == 1, "nobody was asked again"
    assert post(gateway, body).headers["x-bellwether-cache"] == "miss", "and nobody else has its answer"
