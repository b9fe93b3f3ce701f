"""Proves that what a provider quotes of our request, credential and address, reaches neither caller nor log."""

from __future__ import annotations

import json

import pytest

from conftest import StartGateway
from harness.gateway import UPSTREAM_KEY
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream, whole
from harness.wire import Wire, request

#: What a careless provider repeats of the request it did not like: `KEY` stands for our credential, `URL` for its own.
QUOTES = {
    "message": {"message": "cannot use KEY here"},
    "header in message": {"message": "unexpected header 'Authorization: Bearer KEY' at URL/chat/completions"},
    "glued to message": {"message": "headers={'authorization':'Bearer KEY'},url=URL"},
    "code": {"message": "no", "code": "KEY"},
    "header in code": {"message": "no", "code": "['Bearer KEY']"},
    "param": {"message": "no", "param": "KEY"},
    "header in param": {"message": "no", "param": "headers.authorization.Bearer KEY"},
    "type": {"message": "no", "type": "KEY"},
    "URL in param": {"message": "no", "param": "URL"},
}

KEYS = [
    UPSTREAM_KEY,
    "sk-proj-short1",
    "gsk_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF",
    "no-key-of-any-known-look",
]


@pytest.mark.parametrize("said", QUOTES.values(), ids=QUOTES.keys())
@pytest.mark.parametrize(
    "key",
    [UPSTREAM_KEY, "sk-proj-short1", "gsk_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF", "no-key-of-any-known-look"],
)
def test_what_a_provider_quotes_of_our_request_stays_here(
    start: StartGateway, upstream: Upstream, said: dict[str, str], key: str
) -> None:
    gateway = start(environment={"OPENAI_API_KEY": key, "OPENAI_BASE_URL": upstream.base_url})
    told = json.dumps({"error": said}).replace("KEY", key).replace("URL", upstream.base_url)
    upstream.script = whole(told.encode(), status="400 Bad Request")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    seen = reply.body.decode() + str(reply.headers)
    assert (reply.status, reply.error["source"]) == (400, "upstream"), seen
    for secret in (key, f"Bearer {key[:8]}", upstream.authority, "http://"):
        assert secret not in seen
    gateway.stop()
    assert key not in gateway.process.output
