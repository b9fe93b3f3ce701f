"""Proves that what a provider quotes of our request, credential and address, reaches neither caller nor log."""

from __future__ import annotations

import http.client
import json

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY
from harness.speech import CHAT_PATH, MODEL, chat, delta
from harness.upstream import Script, Upstream, streamed, whole
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


#: Two more credentials of one provider, of no known look; one is the beginning of another.
OTHERS = ["quiet-word", "quiet-word-two"]


def told(error: dict[str, str]) -> bytes:
    return json.dumps({"error": error}).encode()


#: Where a provider speaks of a credential that this call has not sent.
SAID: dict[str, Script] = {
    "refusal": whole(told({"message": "use quiet-word-two, not quiet-word", "code": "quiet-word"}), status="400 Bad Request"),
    "under 200": whole(told({"message": "use quiet-word-two, not quiet-word"})),
    "first event": streamed([b"data: " + told({"message": "use quiet-word-two, not quiet-word"}) + b"\n\n"]),
    "later event": streamed(
        [delta(content="x"), b"data: " + told({"message": "use quiet-word-two, not quiet-word"}) + b"\n\n"]
    ),
}


@pytest.mark.parametrize("script", SAID.values(), ids=SAID.keys())
def test_no_other_credential_of_a_provider_is_told_either(
    start: StartGateway, upstream: Upstream, script: Script
) -> None:
    section = {**provider(upstream.base_url, models=[MODEL]), "credentials": [UPSTREAM_KEY, *OTHERS]}
    gateway = start(config=configuration({"acme": section}))
    upstream.script = script
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=script is not SAID["under 200"])))
        response = wire.response()
        try:
            seen = response.read().decode()
        except http.client.IncompleteRead as broken:
            seen = broken.partial.decode()
    assert "use \u2026, not \u2026" in seen or "use \\u2026, not \\u2026" in seen, seen
    gateway.stop()
    for text in (seen, gateway.process.output):
        assert "quiet" not in text
