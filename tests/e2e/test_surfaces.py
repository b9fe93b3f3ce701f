"""Walks the table of paths and proves that each of them passes the same pipeline, with and without `/v1`.

The table is the one that the program's own page of paths is made from, so a new path is walked from its first day.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.forms import field, file, form, upload
from harness.gateway import CALLER_KEY, Gateway
from harness.speech import CHAT_REPLY
from harness.simulator import Simulator
from harness.upstream import Upstream, whole
from harness.wire import Reply, Wire, request

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "surfaces.md"
ROW = re.compile(r"^\| `(/v1/[^`]+)` \| ([^|]+) \| `(\w+)` \| (JSON|form) \| ([^|]+) \| (yes|no) \|$", re.MULTILINE)
KNOWN = "known"
BODY_BYTES_MAX = 4096


@dataclass(frozen=True)
class Surface:
    """One row of the page."""

    path: str
    dialect: str
    purpose: str
    is_form: bool
    #: One of these members makes an answer; none if anything does.
    members: tuple[str, ...]

    def ask(self, model: str, padding: int = 0) -> tuple[bytes, str]:
        """A body and its type."""
        if self.is_form:
            return form(file(b"x" * padding), field("model", model)), "multipart/form-data; boundary=b-b"
        said = "hi" + "x" * padding
        turns = {"messages": [{"role": "user", "content": said}]}
        match self.dialect, self.purpose:
            case "responses", _:
                fields: dict[str, Any] = {"input": said}
            case "messages", "a conversation":
                fields = {**turns, "max_tokens": 9}
            case _, "a conversation" | "the tokens of a conversation":
                fields = turns
            case _:
                fields = {"input": said, "prompt": said, "query": said}
        return json.dumps({"model": model, **fields}).encode(), "application/json"

    def answer(self) -> bytes:
        if self.dialect == "chat" and "choices" in self.members:
            return CHAT_REPLY
        if self.dialect == "messages" and "content" in self.members:
            return json.dumps({"content": [], "stop_reason": "end_turn"}).encode()
        return json.dumps({self.members[0]: []}).encode() if self.members else b"ID3"


def surfaces() -> list[Surface]:
    rows = ROW.findall(PAGE.read_text())
    made = [
        Surface(path, dialect, purpose, body == "form", tuple(re.findall(r"`(\w+)`", answer)))
        for path, purpose, dialect, body, answer, _ in rows
    ]
    return [each for surface in made for each in (surface, without_version(surface))]


def without_version(surface: Surface) -> Surface:
    return replace(surface, path=surface.path.removeprefix("/v1"))


SURFACES = surfaces()
walk = pytest.mark.parametrize("surface", SURFACES, ids=[surface.path for surface in SURFACES])


@pytest.fixture
def walked(start: StartGateway, upstream: Upstream) -> Gateway:
    """A gateway whose provider speaks everything, and takes little."""
    section = {**provider(upstream.base_url, models=[KNOWN]), "dialects": ["chat", "responses", "messages"]}
    limits = {"body_bytes_max": BODY_BYTES_MAX, "upload_bytes_max": BODY_BYTES_MAX}
    return start(config={**configuration(providers={"first": section}), "limits": limits})


def ask(
    gateway: Gateway, surface: Surface, model: str = KNOWN, padding: int = 0, key: str | None = CALLER_KEY
) -> Reply:
    body, content_type = surface.ask(model, padding)
    asked = upload(surface.path, body, content_type=content_type)
    if key is None:
        asked = asked.replace(f"authorization: Bearer {CALLER_KEY}\r\n".encode(), b"")
    with Wire(gateway.address) as wire:
        return wire.ask(asked)


def assert_refused(surface: Surface, reply: Reply, status: int, kind: str, code: str) -> None:
    """In the shape that SDKs of the dialect know."""
    assert reply.status == status, reply.body
    error: dict[str, Any] = reply.error
    assert error["type"] == kind
    assert error["message"]
    if surface.dialect == "messages":
        assert reply.json["type"] == "error"
    else:
        assert error["code"] == code
    assert len(reply.headers["x-bellwether-call-id"]) == 32
    assert reply.headers["x-request-id"]


def test_the_page_has_all_paths_of_the_table() -> None:
    """A row that is written in another way must not be passed over."""
    assert len(SURFACES) == 2 * sum(line.startswith("| `/") for line in PAGE.read_text().splitlines())
    assert len(SURFACES) >= 28


@walk
def test_each_path_is_walked_alike(walked: Gateway, upstream: Upstream, surface: Surface) -> None:
    nobody = ask(walked, surface, key=None)
    assert_refused(surface, nobody, 401, "authentication_error", "invalid_api_key")
    unknown = ask(walked, surface, model="no-such-model")
    kind = "not_found_error"
    assert_refused(surface, unknown, 404, kind, "model_not_found")
    large = ask(walked, surface, padding=BODY_BYTES_MAX)
    kind = "request_too_large" if surface.dialect == "messages" else "invalid_request_error"
    assert_refused(surface, large, 413, kind, "request_too_large")
    with Wire(walked.address) as wire:
        wrong = wire.ask(request(surface.path, method="GET"))
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert upstream.calls == []

    upstream.script = whole(surface.answer(), content_type="application/json" if surface.members else "audio/mpeg")
    good = ask(walked, surface)
    assert (good.status, good.body) == (200, surface.answer())
    assert upstream.call.body == surface.ask(KNOWN)[0]
    assert upstream.call.path == "/v1/" + surface.path.removeprefix("/v1").lstrip("/")
    assert good.headers["x-bellwether-provider"] == "first"
    assert good.headers["x-bellwether-model"] == KNOWN
    assert good.headers["x-bellwether-attempts"] == "1"
    assert float(good.headers["x-bellwether-overhead-ms"]) >= 0
    assert walked.metric("ai_gateway_requests_total", provider="first", status="200") == 1

    walked.stop()
    lines = [json.loads(line) for line in walked.process.output.splitlines() if line.startswith("{")]
    told = {line["call_id"]: line for line in lines if "call_id" in line and line.get("path") == surface.path}
    for reply, model in [(nobody, ""), (unknown, "no-such-model"), (large, ""), (wrong, ""), (good, KNOWN)]:
        line = told.pop(reply.headers["x-bellwether-call-id"])
        assert (line["status"], line.get("model", "")) == (reply.status, model)
    assert told == {}, "a line for each call"


DIALECTS = ["chat", "responses", "messages"]
ABOUT_CONVERSATIONS = [each for each in SURFACES if each.purpose in ("a conversation", "the tokens of a conversation")]


@pytest.mark.parametrize("spoken", DIALECTS)
@pytest.mark.parametrize("surface", ABOUT_CONVERSATIONS, ids=[surface.path for surface in ABOUT_CONVERSATIONS])
def test_a_conversation_reaches_providers_of_every_dialect(
    start: StartGateway, simulator: Simulator, surface: Surface, spoken: str
) -> None:
    """And passes the same pipeline."""
    section = {**provider(simulator.node.base_url, key=simulator.key, models=[KNOWN]), "dialects": [spoken]}
    gateway = start(config=configuration(providers={"first": section}))
    reply = ask(gateway, surface)
    assert reply.status == 200, reply.body
    assert any(member in reply.json for member in surface.members)
    is_counted_here = surface.purpose != "a conversation" and surface.dialect != spoken
    if not is_counted_here:
        assert reply.headers["x-bellwether-provider"] == "first"
    assert_refused(surface, ask(gateway, surface, key=None), 401, "authentication_error", "invalid_api_key")
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if '"call_id"' in line]
    assert {(line["status"], line.get("model", "")) for line in lines} == {(200, KNOWN), (401, "")}


@walk
def test_what_is_no_conversation_is_not_translated(start: StartGateway, upstream: Upstream, surface: Surface) -> None:
    if surface in ABOUT_CONVERSATIONS:
        pytest.skip("conversations are translated")
    section = {**provider(upstream.base_url, models=[KNOWN]), "dialects": ["messages"]}
    gateway = start(config=configuration(providers={"first": section}))
    reply = ask(gateway, surface)
    assert_refused(surface, reply, 400, "invalid_request_error", "invalid_request")
    assert surface.path.removeprefix("/v1") in reply.error["message"]
    assert upstream.calls == []
