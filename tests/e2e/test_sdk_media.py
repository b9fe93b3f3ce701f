"""Proves that the official SDK gets sound, pictures, verdicts and ranks as from a provider.

What it uploads arrives whole: the simulator tells the size and the SHA-256 of each file it gets.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import openai
import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.forms import large
from harness.gateway import Gateway
from harness.simulator import Simulator

MIB = 1 << 20
SIZES = {"small": 10_000, "in a file": 3 * MIB}


@pytest.fixture
def media(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway with little memory for uploads, and a name of its own for each model."""
    section = provider(simulator.node.base_url, key=simulator.key)
    names = {
        "ears": "gpt-4o-transcribe",
        "mouth": "gpt-4o-mini-tts",
        "brush": "gpt-image-1",
        "judge": "omni-moderation-latest",
        "ranker": "rerank-v3.5",
    }
    models = {name: [f"openai/{model}"] for name, model in names.items()}
    limits = {"body_bytes_max": MIB, "body_memory_bytes_max": MIB}
    return start(config={**configuration(providers={"openai": section}, models=models), "limits": limits})


def receipt(field: str, name: str, content: bytes, kind: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"field": field, "name": name, "content_type": kind, "bytes": len(content), "sha256": digest}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_a_recording_arrives_whole(media: Gateway, size: int) -> None:
    content = large(size)
    client = media.openai(timeout=60)
    said = client.audio.transcriptions.create(model="ears", file=("talk.wav", content, "audio/wav"), language="de")
    heard = json.loads(said.text)
    assert heard["files"] == [receipt("file", "talk.wav", content, "audio/wav")]
    assert heard["fields"]["model"] == "gpt-4o-transcribe"
    assert heard["fields"]["language"] == "de"
    translated = client.audio.translations.create(model="ears", file=("talk.wav", content, "audio/wav"))
    assert json.loads(translated.text)["files"][0]["bytes"] == size


def test_a_transcription_comes_in_every_format_and_as_a_stream(media: Gateway) -> None:
    client = media.openai()
    recording = ("talk.wav", b"RIFF", "audio/wav")
    for form in ("text", "srt", "vtt"):
        said = client.audio.transcriptions.create(model="ears", file=recording, response_format=form)  # type: ignore[call-overload]
        assert hashlib.sha256(b"RIFF").hexdigest() in str(said)
    events = list(client.audio.transcriptions.create(model="ears", file=recording, stream=True))
    assert events[-1].type == "transcript.text.done"
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == events[-1].text


def test_speech_is_heard_and_streamed(media: Gateway) -> None:
    client = media.openai()
    whole = client.audio.speech.create(model="mouth", voice="alloy", input="hello").read()
    assert whole
    with client.audio.speech.with_streaming_response.create(model="mouth", voice="alloy", input="hello") as reply:
        assert b"".join(reply.iter_bytes()) == whole
    asked = {"model": "mouth", "voice": "alloy", "input": "hello", "stream_format": "sse"}
    text = media.http().post("/v1/audio/speech", json=asked).text
    events = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: {")]
    sound = b"".join(base64.b64decode(event["audio"]) for event in events if event["type"] == "speech.audio.delta")
    assert sound == whole
    assert events[-1]["type"] == "speech.audio.done"


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_pictures_are_made_and_edited(media: Gateway, size: int) -> None:
    client = media.openai(timeout=60)
    made = client.images.generate(model="brush", prompt="a cat", n=2)
    assert made.data
    assert [picture.revised_prompt for picture in made.data] == ["a cat", "a cat"]
    pictures = [("a.png", large(size), "image/png"), ("b.png", b"png", "image/png")]
    edited = client.images.edit(model="brush", prompt="both", image=pictures)
    assert edited.data
    got = json.loads(edited.data[0].revised_prompt or "")["files"]
    assert [(file["name"], file["bytes"]) for file in got] == [("a.png", size), ("b.png", 3)]
    assert got[0]["sha256"] == hashlib.sha256(large(size)).hexdigest()
    assert client.images.create_variation(model="brush", image=("a.png", b"png", "image/png")).data
    events = list(client.images.generate(model="brush", prompt="a cat", stream=True, partial_images=2))
    assert events[-1].type == "image_generation.completed"
    assert events[-1].usage


def test_texts_are_judged_and_ranked(media: Gateway) -> None:
    judged = media.openai().moderations.create(model="judge", input=["fine", "bad [flag]"])
    assert [result.flagged for result in judged.results] == [False, True]
    asked = {"model": "ranker", "query": "red fox", "documents": ["a dog", "the red fox"]}
    ranked = media.http().post("/v1/rerank", json=asked).json()
    assert [result["index"] for result in ranked["results"]][0] == 1


def test_what_the_provider_refuses_is_told(media: Gateway) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        media.openai().post("/images/edits", body={"model": "brush", "prompt": "x"}, cast_to=object)
    assert refused.value.body["source"] == "upstream"  # type: ignore[index]


def test_a_provider_that_fails_amid_uploads_is_replaced(start: StartGateway, simulator: Simulator) -> None:
    first, second = simulator.nodes
    providers = {node.name: provider(node.base_url, key=simulator.key) for node in (first, second)}
    models = {"ears": [f"{first.name}/whisper-1", f"{second.name}/whisper-1"]}
    limits = {"body_bytes_max": MIB, "body_memory_bytes_max": MIB}
    gateway = start(config={**configuration(providers=providers, models=models), "limits": limits})
    client = gateway.openai(timeout=60)
    content = large(5 * MIB)
    for fault in ("status=500", "refuse"):
        first.fault(fault)
        said = client.audio.transcriptions.create(model="ears", file=("talk.wav", content, "audio/wav"))
        assert json.loads(said.text)["files"] == [receipt("file", "talk.wav", content, "audio/wav")]
        first.heal()
