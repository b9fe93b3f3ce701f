"""SDKs for Node: each task is a run of `node/sdk.mjs`, which does all tasks at once for it takes a second to start."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from harness.node import FOLDER, PACKAGES
from harness.process import clean_environment, run

from .task import FORM_SCHEMA, TOOL, TOOL_ABOUT, TOOL_SCHEMA, Looked, Place, Said

TASK = {"schema": FORM_SCHEMA, "tool": {"name": TOOL, "about": TOOL_ABOUT, "schema": TOOL_SCHEMA}}


@functools.cache
def done(name: str, place: Place, family: str) -> dict[str, Any]:
    """What the SDK of that name saw of each task; models are called `family/words` and so on."""
    assert PACKAGES.is_dir(), "the Node packages are missing: run scripts/setup test"
    with tempfile.TemporaryDirectory() as home:
        variables = {"BELLWETHER_URL": place.url, "BELLWETHER_KEY": place.key}
        command = ["node", FOLDER / "sdk.mjs", name, family, json.dumps(TASK)]
        ended = run(command, Path(home), clean_environment(Path(home), variables))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


class NodeClient:
    """What all of them have in common."""

    name = ""

    def __init__(self, place: Place) -> None:
        self.place = place

    def saw(self, task: str, model: str) -> Any:
        seen = done(self.name, self.place, model.split("/")[0])[task]
        assert "error" not in seen, seen["error"]
        return seen["saw"]

    def words(self, model: str) -> Said:
        return self._said(self.saw("words", model))

    def words_streamed(self, model: str) -> Said:
        return self._said(self.saw("words_streamed", model))

    def _said(self, seen: Any) -> Said:
        return Said(seen["text"], seen.get("pieces", 1), tuple(seen["usage"]) if seen.get("usage") else None)

    def tools(self, model: str) -> Looked:
        return Looked(**self.saw("tools", model))

    def tools_streamed(self, model: str) -> Looked:
        return Looked(**self.saw("tools_streamed", model))

    def form(self, model: str) -> Any:
        return self.saw("form", model)


def node_client(name: str) -> type[NodeClient]:
    """The client of `node/sdks/NAME.mjs`."""
    return type(name, (NodeClient,), {"name": name})
