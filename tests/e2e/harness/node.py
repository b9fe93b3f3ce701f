"""Node with the official OpenAI SDK: one scenario of `node/scenario.mjs` in a process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .gateway import Gateway
from .process import clean_environment, run

FOLDER = Path(__file__).resolve().parents[1] / "node"
PACKAGES = FOLDER / "node_modules"


@dataclass(frozen=True)
class Outcome:
    """What the program saw."""

    answer: Any
    error: dict[str, Any]
    ms: float


def see(gateway: Gateway, scenario: str, key: str | None = None, base: str = "/v1", **settings: Any) -> Outcome:
    """Runs a scenario against the gateway. Settings: `client`, `ask`, `request`, `prompt_bytes`."""
    assert PACKAGES.is_dir(), "the Node packages are missing: run scripts/setup test"
    home = gateway.data_dir.parent
    variables = {"OPENAI_BASE_URL": gateway.url + base, "OPENAI_API_KEY": key or gateway.key}
    command = ["node", FOLDER / "scenario.mjs", scenario, json.dumps(settings)]
    done = run(command, home, clean_environment(home, variables))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    return Outcome(seen.get("answer"), seen.get("error") or {}, seen["ms"])
