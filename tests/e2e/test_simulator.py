"""Proves that the simulator says what the official SDKs understand, with no gateway between: it judges others."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from anthropic import Anthropic, BadRequestError
from openai import OpenAI
from openai.types.responses import ResponseFunctionToolCall

from harness.scenarios import call, text, thinking
from harness.simulator import Simulator

SOUND = b"RIFF\x00\xff\r\n--x"
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"path": {"type": "string"}}}
TURNS = [
    [thinking("First I read it."), text("I look."), call("read", {"path": "a.txt"}), call("list")],
    [text("It says: {result}")],
]


@pytest.fixture
def anthropic(simulator: Simulator) -> Anthropic:
    return Anthropic(api_key=simulator.key, base_url=simulator.node.root, max_retries=0)


@pytest.fixture
def openai(simulator: Simulator) -> OpenAI:
    return OpenAI(api_key=simulator.key, base_url=simulator.node.base_url, max_retries=0)


def test_a_scenario_in_messages(simulator: Simulator, anthropic: Anthropic) -> None:
    simulator.node.play("edit", TURNS)
    tools: list[Any] = [{"name": name, "input_schema": SCHEMA} for name in ("read", "list")]
    messages: list[Any] = [{"role": "user", "content": "go"}]
    settings: dict[str, Any] = {"model": "edit", "max_tokens": 2000, "tools": tools, "thinking": {"type": "adaptive"}}
    with anthropic.messages.stream(messages=messages, **settings) as stream:
        first = stream.get_final_message()
    assert [block.type for block in first.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert (first.stop_reason, first.content[2].input, first.content[3].input) == ("tool_use", {"path": "a.txt"}, {})
    whole = anthropic.messages.create(messages=messages, **settings)
    assert [block.type for block in whole.content] == [block.type for block in first.content]

    results = [{"type": "tool_result", "tool_use_id": made.id, "content": "42"} for made in first.content[2:]]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    assert anthropic.messages.create(messages=messages, **settings).content[0].text == "It says: 42\n42"
    messages[1] = {"role": "assistant", "content": [made.model_dump() for made in first.content]}
    messages[1]["content"][0]["thinking"] = "Something else."
    with pytest.raises(BadRequestError, match="Invalid `signature` in `thinking` block"):
        anthropic.messages.create(messages=messages, **settings)
    assert simulator.node.bodies("/v1/messages")[-1]["messages"][1]["content"][0]["thinking"] == "Something else."


def test_a_scenario_in_responses(simulator: Simulator, openai: OpenAI) -> None:
    simulator.node.play("edit", TURNS)
    tools: list[Any] = [
        {"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in ("read", "list")
    ]
    include: list[Any] = ["reasoning.encrypted_content"]
    settings: dict[str, Any] = {"model": "edit", "tools": tools, "include": include, "reasoning": {"summary": "auto"}}
    with openai.responses.stream(input="go", **settings) as stream:
        for _ in stream:
            pass
        first = stream.get_final_response()
    assert [item.type for item in first.output] == ["reasoning", "message", "function_call", "function_call"]
    calls = [item for item in first.output if isinstance(item, ResponseFunctionToolCall)]
    outputs: list[Any] = [{"type": "function_call_output", "call_id": made.call_id, "output": "42"} for made in calls]
    kept = openai.responses.create(previous_response_id=first.id, input=outputs, **settings)
    assert kept.output_text == "It says: 42\n42"
    given = [{"role": "user", "content": "go"}, *first.model_dump(exclude_none=True)["output"], *outputs]
    assert openai.responses.create(input=given, store=False, **settings).output_text == kept.output_text
    stored = openai.responses.retrieve(first.id).output
    assert [item.id for item in stored] == [item.id for item in first.output]
    assert [item.type for item in openai.responses.input_items.list(kept.id)][:2] == ["function_call_output"] * 2
    openai.responses.delete(first.id)


def test_a_scenario_in_chats(simulator: Simulator, openai: OpenAI) -> None:
    simulator.node.play("edit", TURNS)
    simulator.node.set(is_strict=True)
    tools: list[Any] = [
        {"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("read", "list")
    ]
    messages: list[Any] = [{"role": "user", "content": "go"}]
    with openai.chat.completions.stream(model="edit", messages=messages, tools=tools) as stream:
        first = stream.get_final_completion().choices[0]
    assert (first.finish_reason, first.message.content) == ("tool_calls", "I look.")
    calls = first.message.tool_calls or []
    assert [made.function.arguments for made in calls] == ['{"path":"a.txt"}', "{}"]
    messages.append(first.message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True))
    for made in messages[1]["tool_calls"]:
        made["function"].pop("parsed_arguments", None)
    messages += [{"role": "tool", "tool_call_id": made.id, "content": "42"} for made in calls]
    reply = openai.chat.completions.create(model="edit", messages=messages, tools=tools)
    assert reply.choices[0].message.content == "It says: 42\n42"


def test_tokens_and_models(anthropic: Anthropic, openai: OpenAI) -> None:
    counted = anthropic.messages.count_tokens(model="m", messages=[{"role": "user", "content": "hello"}])
    assert counted.input_tokens == 2
    assert openai.responses.input_tokens.count(model="m", input="hello").input_tokens == 2
    assert [model.id for model in anthropic.models.list()] == [model.id for model in openai.models.list()]


def test_forms_come_through(openai: OpenAI) -> None:
    heard = json.loads(openai.audio.transcriptions.create(model="m", file=("a.wav", SOUND), language="de").text)
    assert heard["fields"] == {"model": "m", "language": "de"}
    [file] = heard["files"]
    assert (file["name"], file["bytes"], file["sha256"]) == ("a.wav", len(SOUND), hashlib.sha256(SOUND).hexdigest())
    assert "-->" in openai.audio.transcriptions.create(model="m", file=("a.wav", SOUND), response_format="srt")
    kinds = [event.type for event in openai.audio.transcriptions.create(model="m", file=("a", SOUND), stream=True)]
    assert kinds[-1] == "transcript.text.done"
    edited = openai.images.edit(model="m", image=[("a.png", b"1"), ("b.png", b"2")], prompt="x")
    names = [file["name"] for file in json.loads(edited.data[0].revised_prompt or "")["files"]]
    assert names == ["a.png", "b.png"]


def test_the_rest(openai: OpenAI) -> None:
    judged = openai.moderations.create(input=["fine", "bad [flag]"])
    assert [result.flagged for result in judged.results] == [False, True]
    kinds = [event.type for event in openai.images.generate(model="m", prompt="a cat", stream=True, partial_images=1)]
    assert kinds == ["image_generation.partial_image", "image_generation.completed"]
    spoken = openai.audio.speech.create(model="m", voice="alloy", input="hello").content
    assert spoken.startswith(b"ID3")
