"""What the simulated model says turn by turn, the same in every dialect: steps to give to `Node.play`."""

from __future__ import annotations

from typing import Any

Step = dict[str, Any]
Scenario = list[list[Step]]


def text(words: str) -> Step:
    """Says this; `{result}` stands for the texts of the tool results just received."""
    return {"text": words}


def thinking(words: str) -> Step:
    """Thinks this, where the request asks for thinking or the dialect always has it."""
    return {"thinking": words}


def redacted(words: str) -> Step:
    """Thinks this and shows a seal only."""
    return {"redacted": words}


def call(name: str, arguments: dict[str, Any] | str | None = None) -> Step:
    """Calls a tool with an object, or with a text sent exactly as it is."""
    return {"call": {"name": name, "arguments": arguments}}


def custom(name: str, words: str) -> Step:
    """Calls a tool that takes any text; as a function it is offered as, it gets `{"input": words}`."""
    return {"custom": {"name": name, "input": words}}


def stop(how: str) -> Step:
    """Ends the turn by `length`, `filtered` or `failed`."""
    return {"stop": how}
