"""Proves that callers of Responses and Messages hear of a failure what it says, its code and its field."""

from __future__ import annotations

import contextlib
import json

import httpx
import openai
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.upstream import Upstream, streamed, whole

RESPONSES = {"model": "m", "input": "hi"}


def test_a_failed_response_passes_on_why(start: StartGateway, upstream: Upstream) -> None:
    """In the event that agents read, and in the one that the SDKs raise."""
    error = {"code": "context_length_exceeded", "message": "too long, said with sk-upstreamsecret123"}
    begun = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
    failed = {**begun, "status": "failed", "instructions": "x" * 100_000, "error": error}
    events = [{"type": "response.created", "response": begun}, {"type": "response.failed", "response": failed}]
    upstream.script = streamed([f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events])
    section = {**provider(upstream.base_url), "dialects": ["responses"]}
    gateway = start(config=configuration({"host": section}))

    text = ""
    with gateway.http().stream("POST", "/v1/responses", json={**RESPONSES, "stream": True}) as reply:
        with contextlib.suppress(httpx.RemoteProtocolError):
            for piece in reply.iter_text():
                text += piece
    told = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert [event["type"] for event in told] == ["response.created", "response.failed", "error"]
    assert told[1]["response"]["error"]["code"] == told[2]["code"] == "context_length_exceeded"
    assert "host: too long" in told[1]["response"]["error"]["message"]
    assert "upstreamsecret" not in text

    stream = gateway.openai().responses.create(model="m", input="hi", stream=True)
    with pytest.raises(openai.APIError, match="too long"):
        list(stream)


def test_a_caller_of_messages_reads_the_same_facts(start: StartGateway, upstream: Upstream) -> None:
    error = {"message": "no such size", "type": "invalid_request_error", "code": "bad_size", "param": "max_tokens"}
    upstream.script = whole(json.dumps({"type": "error", "error": error}).encode(), status="400 Bad Request")
    section = {**provider(upstream.base_url), "dialects": ["messages"]}
    gateway = start(config=configuration({"host": section}))
    question = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    reply = gateway.http().post("/v1/messages", json=question)
    told = reply.json()["error"]
    assert (reply.status_code, told["status"], told["type"]) == (400, 400, "invalid_request_error")
    assert (told["code"], told["param"]) == ("bad_size", "max_tokens")


def test_a_reference_to_what_nobody_keeps_is_refused_with_its_remedy(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(config=configuration({"host": provider(upstream.base_url)}))
    items = [{"type": "item_reference", "id": "msg_1"}, {"role": "user", "content": "hi"}]
    reply = gateway.http().post("/v1/responses", json={"model": "m", "input": items})
    told = reply.json()["error"]
    assert (reply.status_code, told["param"]) == (400, "input[0]")
    assert "'store: false'" in told["message"]
    assert not upstream.calls
