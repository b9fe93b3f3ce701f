"""Proves that what `examples/` shows works as it stands: each caller runs against the binary with its built-in demo."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conftest import ROOT, StartGateway
from harness.gateway import Gateway
from harness.node import PACKAGES
from harness.process import clean_environment, run

EXAMPLES = ROOT / "examples"


@pytest.fixture
def demo(start: StartGateway) -> Gateway:
    """A gateway as a newcomer has it: nothing configured, so that the demo answers."""
    return start()


def said(gateway: Gateway, command: Sequence[str | Path], home: Path) -> str:
    variables = {"BELLWETHER_URL": gateway.url, "BELLWETHER_KEY": gateway.key}
    done: subprocess.CompletedProcess[str] = run(command, home, clean_environment(home, variables))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def parts(output: str) -> dict[str, str]:
    """What stands below each `== heading`."""
    pieces = (part.partition("\n") for part in output.split("== ")[1:])
    return {heading.split(":")[0]: text.strip() for heading, _, text in pieces}


def test_curl(demo: Gateway, tmp_path: Path) -> None:
    seen = parts(said(demo, [EXAMPLES / "curl.sh"], tmp_path))
    assert {model["id"] for model in json.loads(seen["the models"])["data"]} >= {"gpt-4o-mini"}
    answer = json.loads(seen["a whole answer"])["choices"][0]["message"]["content"]
    assert "demo" in answer
    events = [line.removeprefix("data: ") for line in seen["a streamed answer"].splitlines() if line]
    assert events[-1] == "[DONE]"
    deltas = [choice["delta"] for event in events[:-1] for choice in json.loads(event)["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == answer
    error, _, after = seen["an error"].partition("\n")
    assert json.loads(error)["error"]["code"] == "model_not_found"
    assert after == "it was refused, as it should be"


def test_python(demo: Gateway, tmp_path: Path) -> None:
    check_sdk(parts(said(demo, [sys.executable, EXAMPLES / "python" / "chat.py"], tmp_path)))


def test_node(demo: Gateway, tmp_path: Path) -> None:
    """As after `npm install openai` beside the file."""
    shutil.copy(EXAMPLES / "node" / "chat.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    check_sdk(parts(said(demo, ["node", tmp_path / "chat.mjs"], tmp_path)))


def check_sdk(seen: dict[str, str]) -> None:
    assert "demo" in seen["a whole answer"]
    streamed, _, tokens = seen["a streamed answer"].rpartition("\n")
    assert streamed == seen["a whole answer"]
    assert tokens.endswith(" tokens)")
    assert seen["an error"].startswith("404 model_not_found request ")


def test_every_example_is_listed() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    paths = (path for path in EXAMPLES.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    names = {str(path.relative_to(EXAMPLES)) for path in paths} - {"README.md"}
    assert len(names) > 3
    assert {name for name in names if f"({name})" not in listed} == set()
