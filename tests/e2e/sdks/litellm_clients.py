"""LiteLLM's SDK, which speaks to the gateway in the dialect that the prefix of the model names."""

from __future__ import annotations

import json
import os
from typing import Any

# Else it fetches its list of prices from the network when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

from .openai_chat import ASK, TOOLS  # noqa: E402
from .task import FORM_SCHEMA, Looked, Place, Said, weather  # noqa: E402

litellm.suppress_debug_info = True

WANTED = {"type": "json_schema", "json_schema": {"name": "form", "schema": FORM_SCHEMA, "strict": True}}


class LiteLlm:
    """What its providers have in common."""

    prefix = ""
    base = ""

    def __init__(self, place: Place) -> None:
        self.usual: dict[str, Any] = {"api_base": place.url + self.base, "api_key": place.key, "num_retries": 0}

    def ask(self, model: str, messages: Any = ASK, **fields: Any) -> Any:
        return litellm.completion(model=f"{self.prefix}/{model}", messages=messages, **self.usual, **fields)

    def words(self, model: str) -> Said:
        answer = self.ask(model)
        return Said(answer.choices[0].message.content, 1, self._usage(answer))

    def words_streamed(self, model: str) -> Said:
        chunks = list(self.ask(model, stream=True, stream_options={"include_usage": True}))
        whole = litellm.stream_chunk_builder(chunks)
        assert whole
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        return Said(whole.choices[0].message.content, sum(bool(piece) for piece in pieces), self._usage(whole))

    def _usage(self, answer: Any) -> tuple[int, int]:
        return answer.usage.prompt_tokens, answer.usage.completion_tokens

    def tools(self, model: str) -> Looked:
        return self._answered(model, self.ask(model, tools=TOOLS))

    def tools_streamed(self, model: str) -> Looked:
        return self._answered(model, litellm.stream_chunk_builder(list(self.ask(model, tools=TOOLS, stream=True))))

    def _answered(self, model: str, first: Any) -> Looked:
        said = first.choices[0].message
        calls = [(call.id, json.loads(call.function.arguments)) for call in said.tool_calls]
        results = [{"role": "tool", "tool_call_id": id, "content": weather(**args)} for id, args in calls]
        last = self.ask(model, [*ASK, said.model_dump(), *results], tools=TOOLS)
        return Looked([arguments for _, arguments in calls], last.choices[0].message.content)

    def form(self, model: str) -> Any:
        return json.loads(self.ask(model, response_format=WANTED).choices[0].message.content)


class LiteLlmOpenAi(LiteLlm):
    """`openai/…`."""

    prefix = "openai"
    base = "/v1"


class LiteLlmAnthropic(LiteLlm):
    """`anthropic/…`."""

    prefix = "anthropic"

    def form(self, model: str) -> Any:
        return super().form(f"{model}-by-json-tool-call")
