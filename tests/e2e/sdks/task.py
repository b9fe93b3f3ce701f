"""What every client is asked to do, and how it tells what it saw.

The model plays the scenarios below, whatever it speaks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from harness.scenarios import Scenario, call, text

WORDS = "Grüße aus Zürich: one, two, three — and ☕."
#: Escapes, quotes and letters beyond ASCII must come through as they are.
CITIES = ['Zürich "HB"', "Bern\\Wankdorf"]
FORM = {"city": "Zürich", "degrees": 7}

TOOL = "get_weather"
TOOL_ABOUT = "The weather in a city"
TOOL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}

#: By the name of the model that plays them.
SCENARIOS: dict[str, Scenario] = {
    "words": [[text(WORDS)]],
    "weather": [[text("I look."), *(call(TOOL, {"city": city}) for city in CITIES)], [text("It is {result}.")]],
    "form": [[text(json.dumps(FORM))]],
    # Two SDKs ask models they do not know for a form by a tool of their own.
    "form-by-json": [[call("json", FORM)]],
    "form-by-json-tool-call": [[call("json_tool_call", FORM)]],
}


def weather(city: str) -> str:
    """What the caller's tool returns."""
    return f"7 degrees in {city}"


WEATHER = "It is " + "\n".join(weather(city) for city in CITIES) + "."


@dataclass(frozen=True)
class Place:
    """Where the gateway is, and the key to show."""

    url: str
    key: str


@dataclass(frozen=True)
class Said:
    """An answer of words. Clients that hide the usage leave it empty."""

    text: str
    pieces: int = 1
    usage: tuple[int, int] | None = None


@dataclass(frozen=True)
class Looked:
    """The arguments of the tool calls, in order, and the answer after their results."""

    arguments: list[Any]
    answer: str


class Client(Protocol):
    """One SDK in one of its ways. Each method is told the model, which plays the scenario of the task."""

    def words(self, model: str) -> Said: ...
    def words_streamed(self, model: str) -> Said: ...
    def tools(self, model: str) -> Looked: ...
    def tools_streamed(self, model: str) -> Looked: ...
    def form(self, model: str) -> Any: ...
