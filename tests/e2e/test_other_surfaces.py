"""Proves that what is no conversation passes as it is: sound, text, pictures, scores; whole or streamed.

No half of it passes for the whole.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Sequence
from threading import Event
from typing import Any

import openai
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, one_after_the_other, provider
from harness.forms import TRANSCRIPTIONS, field, file, form, large, upload
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.speech import MODEL
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, streamed, whole
from harness.wire import Wire, request

SPEECH = "/v1/audio/speech"
IMAGES = "/v1/images/generations"
#: Begins like events, like JSON and like nothing at all.
SOUNDS = {"events": b"data: \xff\x00", "JSON": b"{\x00\x01", "white": b" \n\r\t\x00", "mp3": b"ID3\x04\x00"}
USAGE = {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


#: Each with its path, how it is asked for, its parts and its last event.
STREAMS = {
    "speech": (
        SPEECH,
        json.dumps({"model": MODEL, "input": "hi", "voice": "alloy", "stream_format": "sse"}).encode(),
        [event("speech.audio.delta", audio="AAAA"), event("speech.audio.delta", audio="BBBB")],
        event("speech.audio.done", usage=USAGE),
    ),
    "transcription": (
        TRANSCRIPTIONS,
        form(file(b"RIFF"), field("stream", "true"), field("model", MODEL)),
        [event("transcript.text.delta", delta="hel"), event("transcript.text.delta", delta="lo")],
        event("transcript.text.done", text="hello", usage=USAGE),
    ),
    "pictures": (
        IMAGES,
        json.dumps({"model": MODEL, "prompt": "a cat", "stream": True, "partial_images": 1}).encode(),
        [event("image_generation.partial_image", b64_json="A" * 400_000, partial_image_index=0)],
        event("image_generation.completed", b64_json="B" * 1_500_000, usage=USAGE),
    ),
    "edited pictures": (
        "/v1/images/edits",
        form(file(b"png", "image[]"), field("prompt", "a hat"), field("model", MODEL), field("stream", "true")),
        [event("image_edit.partial_image", b64_json="A" * 100, partial_image_index=0)],
        event("image_edit.completed", b64_json="B" * 100, usage=USAGE),
    ),
}


def asking(path: str, body: bytes) -> bytes:
    return request(path, body) if body.startswith(b"{") else upload(path, body)


def ask(gateway: Gateway, path: str, body: bytes) -> http.client.HTTPResponse:
    wire = Wire(gateway.address)
    wire.send(asking(path, body))
    return wire.response()


def speech(**fields: Any) -> bytes:
    return json.dumps({"model": MODEL, "input": "hi", "voice": "alloy", **fields}).encode()


def lines(gateway: Gateway) -> list[dict[str, Any]]:
    """The log lines of all calls, once the gateway has stopped and so has written them all."""
    gateway.stop()
    told = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    return [line for line in told if "call_id" in line]


@pytest.mark.parametrize("start_of_it", SOUNDS.values(), ids=SOUNDS.keys())
def test_sound_passes_as_it_is(gateway: Gateway, upstream: Upstream, start_of_it: bytes) -> None:
    sound = start_of_it + large(500_000)
    upstream.script = whole(sound, content_type="audio/mpeg")
    reply = ask(gateway, SPEECH, speech())
    assert (reply.status, reply.headers["content-type"]) == (200, "audio/mpeg")
    assert reply.headers["content-length"] == str(len(sound))
    assert reply.read() == sound


def test_sound_in_chunks_passes_as_it_is_made(gateway: Gateway, upstream: Upstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked\r\n\r\n"

    def script(exchange: Exchange) -> None:
        exchange.send(head + chunk(b"RIFF") + chunk(b"\r\n\r\n") + LAST_CHUNK)

    upstream.script = script
    assert ask(gateway, SPEECH, speech()).read() == b"RIFF\r\n\r\n"


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_half_a_sound_breaks_off(gateway: Gateway, upstream: Upstream, framing: str) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\n"

    def script(exchange: Exchange) -> None:
        if framing == "length":
            exchange.send(head + b"content-length: 100000\r\n\r\n" + bytes(5000))
        else:
            exchange.send(head + b"transfer-encoding: chunked\r\n\r\n" + chunk(bytes(5000)))
        exchange.close()

    upstream.script = script
    reply = ask(gateway, SPEECH, speech())
    assert reply.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        reply.read()


NO_SOUND = {
    "nothing": (b"", "audio/mpeg"),
    "a page": (b"<html>please log in</html>", "text/html; charset=utf-8"),
    "an error": (b'{"error":{"message":"out of voices"}}', "application/json"),
    "half of an object": (b'{"text":"he', "application/json"),
}


@pytest.mark.parametrize(("body", "content_type"), NO_SOUND.values(), ids=NO_SOUND.keys())
def test_what_is_no_sound_is_not_taken_for_it(
    start: StartGateway, new_upstream: StartUpstream, body: bytes, content_type: str
) -> None:
    broken = new_upstream(whole(body, content_type=content_type))
    good = new_upstream(whole(b"ID3", content_type="audio/mpeg"))
    gateway = start(config=one_after_the_other(broken.base_url, good.base_url))
    reply = ask(gateway, SPEECH, speech())
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (200, "2")
    assert reply.read() == b"ID3"


TEXTS = {
    "JSON": (b'{ "text":"hello", "usage":{"type":"duration","seconds":3} }\n', "application/json"),
    "plain": (b"hello\n", "text/plain; charset=utf-8"),
    "subtitles": (b"1\n00:00:00,000 --> 00:00:01,000\nhello\n\n", "text/plain"),
    "web subtitles": (b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n", "text/vtt"),
    "silence": (b"\n", "text/plain"),
    "looks like events": (b"data: was what he said\n", "text/plain"),
    "looks like JSON": (b"{ was what he wrote\n", "text/plain"),
}


@pytest.mark.parametrize(("body", "content_type"), TEXTS.values(), ids=TEXTS.keys())
def test_a_transcription_passes_in_any_format(
    gateway: Gateway, upstream: Upstream, body: bytes, content_type: str
) -> None:
    upstream.script = whole(body, content_type=content_type)
    reply = ask(gateway, TRANSCRIPTIONS, form(file(b"RIFF"), field("model", MODEL)))
    assert (reply.status, reply.headers["content-type"]) == (200, content_type)
    assert reply.read() == body


def test_a_stream_of_a_transcription_has_the_patience_of_a_whole_one(
    start: StartGateway, upstream: Upstream
) -> None:
    """Who streams none answers when all is heard."""

    def late(exchange: Exchange) -> None:
        Event().wait(1.0)
        whole(b'{"text":"hello"}')(exchange)

    upstream.script = late
    limits = {"first_byte_ms": 300, "answer_ms": 300, "answer_ms_large": 300, "answer_ms_xlarge": 5000}
    gateway = start(config=configuration({"acme": provider(upstream.base_url)}, timeouts=limits))
    reply = ask(gateway, TRANSCRIPTIONS, form(file(b"RIFF"), field("model", MODEL), field("stream", "true")))
    assert (reply.status, reply.read()) == (200, b'{"text":"hello"}')


@pytest.mark.parametrize(("body", "content_type"), TEXTS.values(), ids=TEXTS.keys())
def test_a_model_that_streams_no_transcription_answers_whole(
    gateway: Gateway, upstream: Upstream, body: bytes, content_type: str
) -> None:
    """OpenAI: "Streaming is not supported for the whisper-1 model and will be ignored"."""
    upstream.script = whole(body, content_type=content_type)
    reply = ask(gateway, TRANSCRIPTIONS, form(file(b"RIFF"), field("model", MODEL), field("stream", "true")))
    assert (reply.status, reply.headers["content-type"]) == (200, content_type)
    assert reply.read() == body
    assert len(upstream.calls) == 1



def used(line: dict[str, Any]) -> dict[str, Any]:
    """What a line of the log says was used, but for what was not."""
    return {part: count for part, count in line["tokens"].items() if count}


@pytest.mark.parametrize(("path", "body", "parts", "last"), STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n"], ids=["as it is", "with an end mark"])
def test_a_stream_passes_and_its_usage_is_read(
    start: StartGateway, upstream: Upstream, path: str, body: bytes, parts: Sequence[bytes], last: bytes, end: bytes
) -> None:
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    upstream.script = streamed([*parts, last, *([end] if end else [])])
    reply = ask(gateway, path, body)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    assert reply.read() == b"".join([*parts, last, end])
    (line,) = lines(gateway)
    assert (line["status"], line["is_streaming"]) == (200, True)
    assert used(line) == ({"input": 14, "image_output": 45, "images": 1} if "images" in path else {"input": 14, "output": 45})


@pytest.mark.parametrize(("path", "body", "parts", "last"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_without_its_last_event_breaks_off(
    gateway: Gateway, upstream: Upstream, path: str, body: bytes, parts: Sequence[bytes], last: bytes
) -> None:
    """Though its framing ends well."""
    upstream.script = streamed(parts)
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(gateway, path, body).read()
    assert broken.value.partial.startswith(b"".join(parts))
    assert b"stream_broken" in broken.value.partial
    upstream.script = streamed([*parts, last[:-20]])
    with pytest.raises(http.client.IncompleteRead):
        ask(gateway, path, body).read()


@pytest.mark.parametrize(("path", "body", "parts", "last"), STREAMS.values(), ids=STREAMS.keys())
def test_an_error_in_a_stream_stays_here(
    gateway: Gateway, upstream: Upstream, path: str, body: bytes, parts: Sequence[bytes], last: bytes
) -> None:
    told = b'event: error\ndata: {"type":"error","error":{"message":"out of ink"}}\n\n'
    upstream.script = streamed([*parts, told, last])
    reply = ask(gateway, path, body)
    with pytest.raises(http.client.IncompleteRead) as broken:
        reply.read()
    assert broken.value.partial.startswith(b"".join(parts))
    assert b"out of ink" in broken.value.partial
    assert b"stream_broken" in broken.value.partial


def first_error() -> Script:
    return streamed([b'event: error\ndata: {"error":{"message":"busy"}}\n\n'])


def test_a_stream_that_begins_with_an_error_is_asked_for_elsewhere(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    path, body, parts, last = STREAMS["pictures"]
    broken, good = new_upstream(first_error()), new_upstream(streamed([*parts, last]))
    gateway = start(config=one_after_the_other(broken.base_url, good.base_url))
    assert ask(gateway, path, body).read() == b"".join([*parts, last])


USAGES = {
    IMAGES: (
        {"data": [{"b64_json": "AA"}], "usage": {**USAGE, "input_tokens_details": {"image_tokens": 4}}},
        {"input": 10, "image_input": 4, "image_output": 45, "images": 1},
    ),
    "/v1/embeddings": ({"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}, {"input": 8}),
    "/v1/rerank": ({"results": [], "usage": {"total_tokens": 15}}, {"input": 15}),
    "/rerank": ({"results": [], "meta": {"billed_units": {"search_units": 2}}}, {"searches": 2}),
    TRANSCRIPTIONS: ({"text": "hello", "usage": USAGE}, {"input": 14, "output": 45}),
    "/v1/audio/translations": ({"text": "hello", "duration": 8.47}, {"audio_ms": 8470}),
    "/v1/moderations": ({"results": [{"flagged": False}]}, None),
}


@pytest.mark.parametrize("path", USAGES)
def test_the_usage_of_a_whole_answer_is_read(start: StartGateway, upstream: Upstream, path: str) -> None:
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    answer, tokens = USAGES[path]
    upstream.script = whole(json.dumps(answer).encode())
    body = form(field("model", MODEL)) if "audio" in path else json.dumps({"model": MODEL}).encode()
    assert json.loads(ask(gateway, path, body).read()) == answer
    (line,) = lines(gateway)
    assert (used(line) if "tokens" in line else None) == tokens


def test_a_long_silence_ends_a_sound_but_a_long_sound_does_not_end(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    """The patience for a whole answer is over before the sound is: it flows, so nobody is impatient."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked\r\n\r\n"

    def script(exchange: Exchange) -> None:
        exchange.send(head)
        for _ in range(12):
            exchange.send(chunk(b"la" * 50))
            exchange.saw_hang_up_within(0.1)
        exchange.send(LAST_CHUNK)

    upstream = new_upstream(script)
    timeouts = {"answer_ms": 500, "answer_ms_large": 500, "answer_ms_xlarge": 500, "idle_ms": 400}
    gateway = start(config=one_after_the_other(upstream.base_url, upstream.base_url, timeouts))
    assert ask(gateway, SPEECH, speech()).read() == b"la" * 600


def test_a_model_of_no_provider_with_such_a_path_is_told(start: StartGateway, upstream: Upstream) -> None:
    settings = one_after_the_other(upstream.base_url, upstream.base_url)
    for section in settings["providers"].values():
        section["dialects"] = ["messages"]
    gateway = start(config=settings)
    with Wire(gateway.address) as wire:
        reply = wire.ask(request("/v1/rerank", json.dumps({"model": MODEL, "query": "q"}).encode()))
    assert reply.status == 400
    assert "/rerank" in reply.error["message"]
    assert upstream.calls == []


def test_the_python_sdk_gets_all_of_it(gateway: Gateway, upstream: Upstream) -> None:
    client = gateway.openai()
    upstream.script = whole(b'{"text":"hello"}')
    recording = ("a.wav", large(300_000), "audio/wav")
    assert client.audio.transcriptions.create(model=MODEL, file=recording).text == "hello"
    assert recording[1] in upstream.calls[-1].body
    assert client.audio.translations.create(model=MODEL, file=recording).text == "hello"
    upstream.script = whole(b"hello\n", content_type="text/plain")
    text = client.audio.transcriptions.create(model=MODEL, file=recording, response_format="text")
    assert str(text).strip() == "hello"
    upstream.script = whole(large(200_000), content_type="audio/mpeg")
    assert client.audio.speech.create(model=MODEL, voice="alloy", input="hi").read() == large(200_000)
    picture = base64.b64encode(b"png").decode()
    upstream.script = whole(json.dumps({"created": 1, "data": [{"b64_json": picture}]}).encode())
    edited = client.images.edit(model=MODEL, image=[("a.png", b"1", "image/png"), ("b.png", b"2")], prompt="both")
    assert edited.data
    assert edited.data[0].b64_json == picture
    assert client.images.generate(model=MODEL, prompt="a cat").data
    assert client.images.create_variation(model=MODEL, image=("a.png", b"1", "image/png")).data
    scores = {"id": "modr-1", "model": MODEL, "results": [{"flagged": True, "categories": {}, "category_scores": {}}]}
    upstream.script = whole(json.dumps(scores).encode())
    assert client.moderations.create(model=MODEL, input="hello").results[0].flagged


def test_the_python_sdk_streams_all_of_it(gateway: Gateway, upstream: Upstream) -> None:
    client = gateway.openai()
    _, _, parts, last = STREAMS["transcription"]
    upstream.script = streamed([*parts, last, b"data: [DONE]\n\n"])
    heard = client.audio.transcriptions.create(model=MODEL, file=("a.wav", b"RIFF"), stream=True)
    assert [event.type for event in heard] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    _, _, parts, last = STREAMS["pictures"]
    upstream.script = streamed([*parts, last])
    seen = list(client.images.generate(model=MODEL, prompt="a cat", stream=True, partial_images=1))
    assert [event.type for event in seen] == ["image_generation.partial_image", "image_generation.completed"]


def test_the_python_sdk_understands_refusals(gateway: Gateway) -> None:
    client = gateway.openai()
    with pytest.raises(openai.BadRequestError, match="names no model"):
        client.moderations.create(input="hello")
    with pytest.raises(openai.AuthenticationError):
        gateway.openai(api_key="wrong").audio.transcriptions.create(model=MODEL, file=("a.wav", b"RIFF"))
