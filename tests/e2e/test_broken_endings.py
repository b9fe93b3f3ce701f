"""Proves what docs/operations/misbehaving-providers.md says of a stream that breaks behind its finish:
the answer is whole, in whatever dialect it came and goes, and it is told as one; a moment earlier it is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.config import NO_REPEATS, configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import delta
from harness.upstream import Exchange, Script, Upstream, chunk, stream_head


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


CHAT_FINISH = delta().replace(b'"finish_reason": null', b'"finish_reason": "stop"')
CHAT_USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}\n\n'
TEXT = [delta(content="wh"), delta(content="ole")]

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "usage": {"input_tokens": 11, "output_tokens": 1},
}
MESSAGES = [
    event("message_start", message=MESSAGE),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "whole"}),
    event("content_block_stop", index=0),
    event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 7}),
]
MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

PART = {"type": "output_text", "text": "whole", "annotations": []}
ITEM = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [PART]}
RESPONSE = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
USAGE = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
RESPONSES = [
    event("response.created", response=RESPONSE),
    event("response.output_item.added", output_index=0, item={**ITEM, "status": "in_progress", "content": []}),
    event("response.content_part.added", **AT, part={**PART, "text": ""}),
    event("response.output_text.delta", **AT, delta="whole"),
    event("response.output_text.done", **AT, text="whole"),
    event("response.output_item.done", output_index=0, item=ITEM),
    event("response.completed", response={**RESPONSE, "status": "completed", "output": [ITEM], "usage": USAGE}),
]

#: What providers say until the answer is whole, by what they speak; the last of it makes it whole.
WHOLE = {"chat": [*TEXT, CHAT_FINISH], "messages": MESSAGES, "responses": RESPONSES}
WORDS = [{"role": "user", "content": "hello"}]
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": WORDS}),
    "messages": ("/v1/messages", {"messages": WORDS, "max_tokens": 99}),
    "responses": ("/v1/responses", {"input": "hello"}),
}
#: What says to a caller that his answer has ended.
ENDS = {"chat": b'"finish_reason"', "messages": b"event: message_stop\n", "responses": b"event: response.completed\n"}
BREAKS: dict[str, Callable[[Exchange], None]] = {"reset": Exchange.reset, "closed": Exchange.close}


def broken(events: list[bytes], how: str, heard: Event) -> Script:
    """Breaks when the caller has heard all of it, so that no byte is lost on the way."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + b"".join(map(chunk, events)))
        heard.wait(10)
        BREAKS[how](exchange)

    return script


def served(start: StartGateway, upstream: Upstream, dialect: str) -> Gateway:
    section = {**provider(upstream.base_url), "dialects": [dialect]}
    return start(config=configuration({"one": section}, retries=NO_REPEATS))


def ask(gateway: Gateway, caller: str, heard: Event, until_seen: bytes, **fields: Any) -> tuple[bytes, bool]:
    """What came, and whether it broke off."""
    path, question = ASKED[caller]
    told = bytearray()
    try:
        body = {"model": "m", "stream": True, **question, **fields}
        with gateway.http().stream("POST", path, json=body) as reply:
            assert reply.status_code == 200
            for piece in reply.iter_raw():
                told += piece
                if until_seen in told:
                    heard.set()
    except httpx.RemoteProtocolError:
        return bytes(told), True
    return bytes(told), False


def last_line(gateway: Gateway) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        lines = [json.loads(text) for text in gateway.process.stderr.splitlines() if text.startswith("{")]
        return next((entry for entry in lines if entry["message"] == "request"), None)

    return until(found, "the call has its line")


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("caller", ASKED)
@pytest.mark.parametrize("dialect", WHOLE)
def test_what_has_its_finish_is_whole(
    start: StartGateway, upstream: Upstream, dialect: str, caller: str, how: str
) -> None:
    """Passed on and translated alike."""
    gateway, heard = served(start, upstream, dialect), Event()
    upstream.script = broken(WHOLE[dialect], how, heard)
    # A translated ending is written when the provider's is there or nothing more can come.
    seen = b"ole" if dialect != caller else WHOLE[dialect][-1].strip()
    told, is_broken = ask(gateway, caller, heard, seen)
    assert not is_broken, told
    assert b"event: error" not in told
    assert ENDS[caller] in told
    if caller == dialect == "messages":
        assert told == b"".join(MESSAGES) + MESSAGE_STOP
    elif caller == dialect:
        assert told == b"".join(WHOLE[dialect]), "the provider's own bytes, and no end is invented"
    entry = last_line(gateway)
    assert (entry["status"], entry.get("kind")) == (200, None)
    is_told = dialect != "chat"
    assert entry["tokens"].get("estimated", False) is not is_told
    assert not is_told or (entry["tokens"]["input"], entry["tokens"]["output"]) == (11, 7)


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("caller", ASKED)
@pytest.mark.parametrize("dialect", WHOLE)
def test_what_lacks_its_finish_is_not(
    start: StartGateway, upstream: Upstream, dialect: str, caller: str, how: str
) -> None:
    gateway, heard = served(start, upstream, dialect), Event()
    upstream.script = broken([*WHOLE[dialect][:-1], WHOLE[dialect][-1][:-20]], how, heard)
    told, _ = ask(gateway, caller, heard, b"ole")
    assert b"event: error" in told or b'"error"' in told
    assert ENDS[caller] not in told.replace(b'"finish_reason": null', b"").replace(b'"finish_reason":null', b"")
    entry = last_line(gateway)
    assert (entry["status"], entry["kind"]) == (502, "stream_broken")


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("has_come", [True, False])
def test_a_chat_caller_who_asks_for_the_usage_has_to_have_it(
    start: StartGateway, upstream: Upstream, has_come: bool, how: str
) -> None:
    gateway, heard = served(start, upstream, "chat"), Event()
    events = [*WHOLE["chat"], *([CHAT_USAGE] if has_come else [])]
    upstream.script = broken(events, how, heard)
    told, is_broken = ask(gateway, "chat", heard, events[-1].strip(), stream_options={"include_usage": True})
    assert is_broken is not has_come
    assert (b"event: error" in told) is not has_come
    assert told.startswith(b"".join(events))
    assert last_line(gateway)["status"] == (200 if has_come else 502)


@pytest.mark.parametrize("caller", ["messages", "chat"])
def test_silence_behind_the_finish_ends_it_likewise(start: StartGateway, upstream: Upstream, caller: str) -> None:
    heard = Event()
    section = {**provider(upstream.base_url), "dialects": ["messages"]}
    gateway = start(config=configuration({"one": section}, timeouts={"idle_ms": 300}))
    upstream.script = broken(WHOLE["messages"], "closed", heard)
    told, is_broken = ask(gateway, caller, Event(), b"")
    heard.set()
    assert not is_broken
    assert ENDS[caller] in told
    assert b"error" not in told
