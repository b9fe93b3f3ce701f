"""LangChain: one way for all of its models, so that only their making differs."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said, weather

SCHEMA = {"title": "form", "description": "What was found", **FORM_SCHEMA}


@tool(TOOL, description=TOOL_ABOUT, args_schema=TOOL_SCHEMA)
def get_weather(city: str) -> str:
    return weather(city)


class LangChain:
    """What all of its models have in common."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def model(self, name: str) -> Any:
        raise NotImplementedError

    def words(self, model: str) -> Said:
        answer = self.model(model).invoke("ping")
        return Said(answer.text, 1, self._usage(answer))

    def words_streamed(self, model: str) -> Said:
        chunks = list(self.model(model).stream("ping"))
        whole = reduce(add, chunks)
        return Said(whole.text, sum(bool(chunk.text) for chunk in chunks), self._usage(whole))

    def _usage(self, answer: Any) -> tuple[int, int]:
        return answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]

    def tools(self, model: str) -> Looked:
        bound = self.model(model).bind_tools([get_weather])
        return self._answered(bound, bound.invoke("ping"))

    def tools_streamed(self, model: str) -> Looked:
        bound = self.model(model).bind_tools([get_weather])
        return self._answered(bound, reduce(add, bound.stream("ping")))

    def _answered(self, bound: Any, first: Any) -> Looked:
        results = [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]
        last = bound.invoke([HumanMessage("ping"), first, *results])
        return Looked([call["args"] for call in first.tool_calls], last.text)

    def form(self, model: str) -> Any:
        return self.model(model).with_structured_output(SCHEMA, method="json_schema").invoke("ping")


class LangChainOpenAi(LangChain):
    """`ChatOpenAI` on chat completions."""

    def model(self, name: str) -> Any:
        return ChatOpenAI(
            model=name, base_url=f"{self.place.url}/v1", api_key=self.place.key, max_retries=0, stream_usage=True
        )


class LangChainResponses(LangChain):
    """`ChatOpenAI` on Responses."""

    def model(self, name: str) -> Any:
        return ChatOpenAI(
            model=name,
            base_url=f"{self.place.url}/v1",
            api_key=self.place.key,
            max_retries=0,
            use_responses_api=True,
            store=False,
        )


class LangChainAnthropic(LangChain):
    """`ChatAnthropic`."""

    def model(self, name: str) -> Any:
        return ChatAnthropic(model=name, base_url=self.place.url, api_key=self.place.key, max_retries=0)
