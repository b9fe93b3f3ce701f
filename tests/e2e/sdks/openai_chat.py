"""OpenAI's SDK for Python, chat completions."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said, weather

ASK: list[Any] = [{"role": "user", "content": "ping"}]
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": TOOL, "description": TOOL_ABOUT, "parameters": TOOL_SCHEMA}}
]


class OpenAiChat:
    """As its README shows it."""

    def __init__(self, place: Place) -> None:
        self.chat = OpenAI(base_url=f"{place.url}/v1", api_key=place.key, max_retries=0).chat.completions

    def words(self, model: str) -> Said:
        answer = self.chat.create(model=model, messages=ASK)
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage
        return Said(
            answer.choices[0].message.content or "", 1, (answer.usage.prompt_tokens, answer.usage.completion_tokens)
        )

    def words_streamed(self, model: str) -> Said:
        with self.chat.create(model=model, messages=ASK, stream=True, stream_options={"include_usage": True}) as stream:
            events = list(stream)
        pieces = [event.choices[0].delta.content for event in events if event.choices]
        assert [e.choices[0].finish_reason for e in events if e.choices and e.choices[0].finish_reason] == ["stop"]
        usage = events[-1].usage
        assert usage
        spoken = [piece for piece in pieces if piece]
        return Said("".join(spoken), len(spoken), (usage.prompt_tokens, usage.completion_tokens))

    def tools(self, model: str) -> Looked:
        first = self.chat.create(model=model, messages=ASK, tools=TOOLS)
        return self._answered(model, first)

    def tools_streamed(self, model: str) -> Looked:
        with self.chat.stream(model=model, messages=ASK, tools=TOOLS) as stream:
            return self._answered(model, stream.get_final_completion())

    def _answered(self, model: str, first: Any) -> Looked:
        choice = first.choices[0]
        assert choice.finish_reason == "tool_calls"
        calls = [(call.id, json.loads(call.function.arguments)) for call in choice.message.tool_calls]
        results = [{"role": "tool", "tool_call_id": id, "content": weather(**args)} for id, args in calls]
        turns = [*ASK, choice.message.to_dict(), *results]
        last = self.chat.create(model=model, messages=turns, tools=TOOLS)
        return Looked([arguments for _, arguments in calls], last.choices[0].message.content or "")

    def form(self, model: str) -> Any:
        wanted: Any = {"type": "json_schema", "json_schema": {"name": "form", "schema": FORM_SCHEMA, "strict": True}}
        answer = self.chat.create(model=model, messages=ASK, response_format=wanted)
        return json.loads(answer.choices[0].message.content or "")
