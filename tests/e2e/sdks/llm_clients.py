"""Simon Willison's `llm`, with a model of the gateway in its `extra-openai-models.yaml`."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import llm
import yaml

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said, weather


class Llm:
    """Its library, which its command is a face of, on chat completions."""

    is_responses = False

    def __init__(self, place: Place) -> None:
        self.place = place
        self.folder = tempfile.TemporaryDirectory()
        (Path(self.folder.name) / "keys.json").write_text(json.dumps({"bellwether": place.key}))

    def model(self, name: str) -> Any:
        entry = {
            "model_id": name,
            "model_name": name,
            "api_base": f"{self.place.url}/v1",
            "responses": self.is_responses,
        }
        entry |= {"api_key_name": "bellwether", "supports_schema": True, "supports_tools": True}
        (Path(self.folder.name) / "extra-openai-models.yaml").write_text(yaml.safe_dump([entry]))
        os.environ["LLM_USER_PATH"] = self.folder.name
        return llm.get_model(name)

    def words(self, model: str) -> Said:
        answer = self.model(model).prompt("ping", stream=False)
        return Said(answer.text(), 1, self._usage(answer))

    def words_streamed(self, model: str) -> Said:
        answer = self.model(model).prompt("ping")
        pieces = [piece for piece in answer if piece]
        return Said("".join(pieces), len(pieces), self._usage(answer))

    def _usage(self, answer: Any) -> tuple[int, int]:
        usage = answer.usage()
        return usage.input, usage.output

    def tools(self, model: str) -> Looked:
        return self._chained(model, stream=False)

    def tools_streamed(self, model: str) -> Looked:
        return self._chained(model, stream=True)

    def _chained(self, model: str, *, stream: bool) -> Looked:
        asked: list[Any] = []

        def look(city: str) -> str:
            asked.append({"city": city})
            return weather(city)

        tool = llm.Tool(TOOL, TOOL_ABOUT, TOOL_SCHEMA, look)
        chain = self.model(model).chain("ping", tools=[tool], stream=stream)
        *_, last = list(chain.responses())
        return Looked(asked, last.text())

    def form(self, model: str) -> Any:
        return json.loads(self.model(model).prompt("ping", schema=FORM_SCHEMA, stream=False).text())


class LlmResponses(Llm):
    """The same on Responses."""

    is_responses = True
