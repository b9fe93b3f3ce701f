"""Proves that the official OpenAI SDK gets through Bellwether what the provider (the simulator) says."""

from __future__ import annotations

import base64
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openai import NotFoundError, OpenAI

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, Gateway
from harness.simulator import Simulator
from harness.speech import MODEL

MESSAGES: list[Any] = [{"role": "user", "content": "ping"}]
WEATHER_TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
EMBEDDING_MODEL = "text-embedding-3-small"


@pytest.fixture
def served(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway in front of the simulator, set up as a newcomer would: by two variables."""
    return start(environment=simulator.environment)


@pytest.fixture
def client(served: Gateway) -> OpenAI:
    return served.openai()


@pytest.fixture
def direct(simulator: Simulator) -> OpenAI:
    """The SDK without Bellwether between: what it says is what must come through."""
    return OpenAI(base_url=simulator.node.base_url, api_key=simulator.key, max_retries=0)


def test_chat(client: OpenAI, direct: OpenAI) -> None:
    through = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    straight = direct.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert through.choices == straight.choices
    assert through.usage == straight.usage
    assert through.usage
    assert through.usage.total_tokens > 0


def test_chat_streamed(client: OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    with client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True) as stream:
        events = list(stream)
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert text == whole.choices[0].message.content
    assert events[-1].choices[0].finish_reason == "stop"
    assert all(event.usage is None for event in events), "usage comes only when asked for"


def test_chat_streamed_with_usage(client: OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    with client.chat.completions.create(
        model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ) as stream:
        events = list(stream)
    assert not events[-1].choices
    assert events[-1].usage == whole.usage
    assert all(event.usage is None for event in events[:-1])


def test_tool_calls(client: OpenAI, direct: OpenAI) -> None:
    ask: Any = {"model": MODEL, "messages": MESSAGES, "tools": [WEATHER_TOOL], "tool_choice": "required"}
    choice = client.chat.completions.create(**ask).choices[0]
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "get_weather"
    straight = direct.chat.completions.create(**ask).choices[0].message.tool_calls or []
    assert call.function == straight[0].function


def test_tool_calls_streamed(client: OpenAI) -> None:
    ask: Any = {"model": MODEL, "messages": MESSAGES, "tools": [WEATHER_TOOL], "tool_choice": "required"}
    whole = client.chat.completions.create(**ask).choices[0].message.tool_calls or []
    with client.chat.completions.stream(**ask) as stream:
        finished = stream.get_final_completion()
    (call,) = finished.choices[0].message.tool_calls or []
    assert call.function.arguments == whole[0].function.arguments
    assert call.function.name == "get_weather"


def test_completions(client: OpenAI, direct: OpenAI) -> None:
    through = client.completions.create(model=MODEL, prompt="ping")
    assert through.choices == direct.completions.create(model=MODEL, prompt="ping").choices
    with client.completions.create(model=MODEL, prompt="ping", stream=True) as stream:
        text = "".join(event.choices[0].text for event in stream if event.choices)
    assert text == through.choices[0].text


def test_embeddings_as_numbers_and_as_base64(client: OpenAI) -> None:
    ask: Any = {"model": EMBEDDING_MODEL, "input": ["one", "two"]}
    numbers = client.embeddings.create(**ask, encoding_format="float")
    assert [item.index for item in numbers.data] == [0, 1]
    packed = client.embeddings.with_raw_response.create(**ask, encoding_format="base64").http_response.json()
    for item, raw in zip(numbers.data, packed["data"], strict=True):
        content = base64.b64decode(raw["embedding"])
        unpacked = struct.unpack(f"<{len(content) // 4}f", content)
        assert unpacked == pytest.approx(item.embedding, abs=1e-6)
    assert client.embeddings.create(**ask).data[1].embedding == pytest.approx(numbers.data[1].embedding, abs=1e-6)


def test_models_are_listed(client: OpenAI) -> None:
    models = list(client.models.list())
    assert models
    assert all(model.object == "model" and model.id and model.owned_by for model in models)


def test_a_listed_model_can_be_looked_up(start: StartGateway, simulator: Simulator) -> None:
    node = provider(simulator.node.base_url, key=simulator.key, models=[MODEL])
    client = start(config=configuration(providers={"openai": node})).openai()
    (listed,) = client.models.list()
    assert listed.id == MODEL
    assert client.models.retrieve(MODEL) == listed
    with pytest.raises(NotFoundError):
        client.models.retrieve("gpt-unheard-of")


@pytest.mark.parametrize("path", ["team%2Ffast", "team%2ffast", "team/fast"])
def test_a_name_with_a_slash_can_be_looked_up(start: StartGateway, simulator: Simulator, path: str) -> None:
    """The SDK escapes it, people in a hurry do not."""
    node = provider(simulator.node.base_url, key=simulator.key, models=[MODEL])
    gateway = start(config=configuration(providers={"first": node}, models={"team/fast": [f"first/{MODEL}"]}))
    assert gateway.openai().models.retrieve("team/fast").id == "team/fast"
    found = gateway.http().get(f"/v1/models/{path}")
    assert (found.status_code, found.json()["id"]) == (200, "team/fast")


def test_a_name_that_says_who_is_meant_can_be_looked_up(start: StartGateway, simulator: Simulator) -> None:
    """It may be asked for, so it is there: some clients look before they ask."""
    node = provider(simulator.node.base_url, key=simulator.key)
    client = start(config=configuration(providers={"openai": node, "near": node | {"models": ["a/b"]}})).openai()
    for name, owner in (("openai/any-at-all", "openai"), ("near/a/b", "near")):
        found = client.models.retrieve(name)
        assert (found.id, found.owned_by) == (name, owner)
    for name in ("near/c", "nobody/a", "gpt-unheard-of"):
        with pytest.raises(NotFoundError):
            client.models.retrieve(name)


@pytest.mark.parametrize("base", ["", "/v1", "/v1/"])
def test_every_base_url_that_people_write_works(served: Gateway, base: str) -> None:
    client = served.openai(base_url=served.url + base)
    assert client.chat.completions.create(model=MODEL, messages=MESSAGES).choices[0].message.content
    assert client.embeddings.create(model=EMBEDDING_MODEL, input="x").data
    assert list(client.models.list())


def test_a_carelessly_pasted_key_works(served: Gateway) -> None:
    """The SDK itself refuses to send white space behind a key; what it does send must work."""
    client = served.openai(api_key=f" {CALLER_KEY}")
    assert client.chat.completions.create(model=MODEL, messages=MESSAGES).choices


def test_many_callers_at_once_each_get_their_own_answer(served: Gateway, simulator: Simulator) -> None:
    client = served.openai()

    def answer(number: int) -> str:
        messages: Any = [{"role": "user", "content": f"caller {number}"}]
        with client.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
            return "".join(event.choices[0].delta.content or "" for event in stream if event.choices)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(answer, range(100)))
    assert all(f"caller {number}”" in text for number, text in enumerate(answers))
