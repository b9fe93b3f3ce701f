"""OpenAI's SDK for Python, Responses."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said, weather

ASK: list[Any] = [{"role": "user", "content": "ping"}]
TOOLS: list[Any] = [
    {"type": "function", "name": TOOL, "description": TOOL_ABOUT, "parameters": TOOL_SCHEMA, "strict": True}
]


class OpenAiResponses:
    """As its README shows it, and without a memory at the provider."""

    def __init__(self, place: Place) -> None:
        self.responses = OpenAI(base_url=f"{place.url}/v1", api_key=place.key, max_retries=0).responses

    def words(self, model: str) -> Said:
        return self._said(self.responses.create(model=model, input="ping", store=False), 1)

    def words_streamed(self, model: str) -> Said:
        with self.responses.stream(model=model, input="ping", store=False) as stream:
            pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
            last = stream.get_final_response()
        said = self._said(last, len(pieces))
        assert said.text == "".join(pieces)
        return said

    def _said(self, answer: Any, pieces: int) -> Said:
        assert answer.status == "completed"
        return Said(answer.output_text, pieces, (answer.usage.input_tokens, answer.usage.output_tokens))

    def tools(self, model: str) -> Looked:
        first = self.responses.create(model=model, input=ASK, tools=TOOLS, store=False)
        return self._answered(model, first)

    def tools_streamed(self, model: str) -> Looked:
        with self.responses.stream(model=model, input=ASK, tools=TOOLS, store=False) as stream:
            return self._answered(model, stream.get_final_response())

    def _answered(self, model: str, first: Any) -> Looked:
        calls = [item for item in first.output if item.type == "function_call"]
        arguments = [json.loads(call.arguments) for call in calls]
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": weather(**args)}
            for call, args in zip(calls, arguments, strict=True)
        ]
        said = [item.to_dict() for item in first.output]
        for item in said:
            item.pop("parsed_arguments", None)
            for part in item.get("content", []):
                part.pop("parsed", None)
        last = self.responses.create(model=model, input=[*ASK, *said, *results], tools=TOOLS, store=False)
        return Looked(arguments, last.output_text)

    def form(self, model: str) -> Any:
        wanted: Any = {"format": {"type": "json_schema", "name": "form", "schema": FORM_SCHEMA, "strict": True}}
        return json.loads(self.responses.create(model=model, input="ping", text=wanted, store=False).output_text)
