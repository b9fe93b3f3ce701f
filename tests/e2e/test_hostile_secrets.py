"""Proves that after everything that is hostile on either side no secret stands where it does not belong."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

import httpx

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, UPSTREAM_KEY
from harness.hostile import MARKER, Said, method_of
from harness.hostile_bodies import TABLE as BODIES
from harness.hostile_framing import TABLE as FRAMING
from harness.hostile_heads import TABLE as HEADS
from harness.hostile_keys import TABLE as KEYS
from harness.speech import CHAT_PATH, DONE, chat, delta
from harness.upstream import Exchange, Script, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Wire, request

Tell = Callable[[str], None]

FOREIGN = "sk-proj-somebody-elses-key-4711"
CALLERS_COOKIE = "callers-session-cookie-5b21"
PROVIDERS_COOKIE = "providers-session-cookie-9c42"
UNKNOWN_HEADER = "value-of-a-header-nobody-knows-77aa"
QUERY_KEY = "key-in-the-query-31fe"
ACCOUNT = "org-of-the-operator-8812"
#: What a provider adds to each of its answers.
EXTRAS = (
    f"set-cookie: s={PROVIDERS_COOKIE}",
    f"openai-organization: {ACCOUNT}",
    f"x-internal-note: {UNKNOWN_HEADER}",
    f"www-authenticate: Bearer {UPSTREAM_KEY}",
)


def quoting(status: str, form: str) -> Script:
    """Repeats the whole request, credential and prompt, wherever words fit."""

    def script(exchange: Exchange) -> None:
        said = (exchange.received.head + exchange.received.body).decode(errors="replace")
        error = {"message": said, "code": UPSTREAM_KEY, "type": f"Bearer {UPSTREAM_KEY}", "param": UPSTREAM_KEY}
        body = json.dumps({"error": error}).encode()
        event = b"data: " + body + b"\n\n"
        match form:
            case "json":
                whole(body, *EXTRAS, status=status)(exchange)
            case "text":
                whole(said.encode(), *EXTRAS, status=status, content_type="text/plain")(exchange)
            case "stream":
                streamed([event], *EXTRAS)(exchange)
            case "late":
                streamed([delta(content="x"), event, DONE], *EXTRAS)(exchange)
            case "malformed":
                streamed([delta(content="x"), b"data: " + said.replace("\r\n", " ").encode() + b"\n\n"], *EXTRAS)(
                    exchange
                )
            case _:
                exchange.send(stream_head(*EXTRAS) + chunk(delta(content="x")) + chunk(event[:-20]))
                exchange.close()

    return script


PROVIDERS = [
    *(
        quoting(status, form)
        for form in ("json", "text")
        for status in ("200 OK", "400 x", "401 x", "404 x", "429 x", "500 x")
    ),
    *(quoting("200 OK", form) for form in ("stream", "late", "malformed", "cut")),
]


def test_no_secret_is_left_anywhere(start: StartGateway, upstream: Upstream, figure: Tell) -> None:
    gateway = start(config=configuration({"openai": provider(upstream.base_url)}))
    answers: list[bytes] = []
    refused = [case for case in (*BODIES, *FRAMING, *HEADS, *KEYS) if case.said is not Said.LEGAL and not case.reaches]
    for case in refused:
        with Wire(gateway.address) as wire:
            answers.append(everything(wire, case.data, is_cut=case.is_cut))
    said_to_strangers = len(answers)

    headers = (f"cookie: s={CALLERS_COOKIE}", f"x-goog-api-key: {FOREIGN}", f"x-unknown: {UNKNOWN_HEADER}")
    for script in PROVIDERS:
        upstream.script = script
        for stream in (False, True):
            with Wire(gateway.address) as wire:
                path = f"{CHAT_PATH}?key={QUERY_KEY}"
                answers.append(everything(wire, request(path, chat(MARKER, stream=stream), *headers)))
    received = b"".join(call.head for call in upstream.calls)
    metrics = httpx.get(f"{gateway.url}/metrics", trust_env=False).text
    admin_key = gateway.admin_key
    gateway.stop()
    log = gateway.process.output

    ours = [UPSTREAM_KEY, admin_key, ACCOUNT, PROVIDERS_COOKIE]
    theirs = [CALLER_KEY, FOREIGN, CALLERS_COOKIE, QUERY_KEY, UNKNOWN_HEADER]
    places = {
        "log": (log, [*ours, *theirs, MARKER]),
        "metrics": (metrics, [*ours, *theirs, MARKER]),
        # A provider may quote a caller's own prompt to him, and nothing else.
        "answers": (b"".join(answers).decode(errors="replace"), [*ours, *theirs]),
        "refusals": (b"".join(answers[:said_to_strangers]).decode(errors="replace"), [*ours, *theirs, MARKER]),
        "requests to the provider": (received.decode(errors="replace"), [admin_key, *theirs]),
    }
    found = [(place, secret) for place, (text, secrets) in places.items() for secret in secrets if secret in text]
    figure(
        f"R32: {len(found)} secrets found in the log ({len(log)} bytes), the metrics and {len(answers)} answers, after "
        f"{len(refused)} hostile requests and {len(PROVIDERS)} providers that quote everything"
    )
    assert not found
    assert "panicked" not in log


def everything(wire: Wire, data: bytes, *, is_cut: bool = False) -> bytes:
    """All that is said on a connection, as far as it comes."""
    try:
        wire.send(data)
        if is_cut:
            wire.end()
        response = wire.response(method_of(data))
    except (OSError, http.client.HTTPException):
        return b""
    head = str(response.headers).encode()
    try:
        return head + response.read()
    except http.client.IncompleteRead as broken:
        return head + broken.partial
    except OSError:
        return head
