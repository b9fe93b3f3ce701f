"""Anthropic's SDK for Python."""

from __future__ import annotations

import json
from typing import Any

from anthropic import Anthropic

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said, weather

ASK: list[Any] = [{"role": "user", "content": "ping"}]
TOOLS: list[Any] = [{"name": TOOL, "description": TOOL_ABOUT, "input_schema": TOOL_SCHEMA}]


class AnthropicMessages:
    """As its README shows it."""

    def __init__(self, place: Place) -> None:
        self.messages = Anthropic(base_url=place.url, api_key=place.key, max_retries=0).messages

    def words(self, model: str) -> Said:
        return self._said(self.messages.create(model=model, max_tokens=1000, messages=ASK), 1)

    def words_streamed(self, model: str) -> Said:
        with self.messages.stream(model=model, max_tokens=1000, messages=ASK) as stream:
            pieces = list(stream.text_stream)
            said = self._said(stream.get_final_message(), len(pieces))
        assert said.text == "".join(pieces)
        return said

    def _said(self, answer: Any, pieces: int) -> Said:
        assert answer.stop_reason == "end_turn"
        return Said(answer.content[0].text, pieces, (answer.usage.input_tokens, answer.usage.output_tokens))

    def tools(self, model: str) -> Looked:
        return self._answered(model, self.messages.create(model=model, max_tokens=1000, messages=ASK, tools=TOOLS))

    def tools_streamed(self, model: str) -> Looked:
        with self.messages.stream(model=model, max_tokens=1000, messages=ASK, tools=TOOLS) as stream:
            return self._answered(model, stream.get_final_message())

    def _answered(self, model: str, first: Any) -> Looked:
        assert first.stop_reason == "tool_use"
        calls = [block for block in first.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": weather(**call.input)} for call in calls]
        said = [block.to_dict() for block in first.content]
        turns: list[Any] = [*ASK, {"role": "assistant", "content": said}, {"role": "user", "content": results}]
        last = self.messages.create(model=model, max_tokens=1000, messages=turns, tools=TOOLS)
        return Looked([call.input for call in calls], last.content[0].text)

    def form(self, model: str) -> Any:
        wanted: Any = {"format": {"type": "json_schema", "schema": FORM_SCHEMA}}
        answer: Any = self.messages.create(model=model, max_tokens=1000, messages=ASK, output_config=wanted)
        return json.loads(answer.content[0].text)
