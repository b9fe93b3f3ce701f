"""Proves that coding agents, as published, do a whole task through Bellwether, whatever the provider speaks.

Run by `make prove-agents`, not by `make test`: the agents are 700 MB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway
from harness.agents import ClaudeCode, Codex
from harness.config import configuration
from harness.gateway import Gateway
from harness.process import Process
from harness.scenarios import Scenario, call, custom, text, thinking
from harness.simulator import SIMULATOR_KEY, Node, Simulator, start_simulator

pytestmark = [pytest.mark.agents, pytest.mark.timeout(150)]

#: Each provider is a node of the simulator, called as the dialect it speaks, with the paths it may be asked for.
PATHS = {
    "chat": {"/v1/chat/completions"},
    "messages": {"/v1/messages", "/v1/messages/count_tokens"},
    "responses": {"/v1/responses"},
}
GREETING = 'Grüße from the gateway, "quoted" and \\ slashed'
FILE = "greeting.txt"
TASK = f"Write {FILE} and read it back."
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
FORM = {"answer": GREETING}
#: What Codex knows by name gets other tools than names it has never heard of.
KNOWN_TO_CODEX = "gpt-5.5"


@pytest.fixture
def providers(binary: Path, tmp_path: Path, processes: list[Process]) -> Iterator[Simulator]:
    with start_simulator(binary, tmp_path / "simulator", processes, list(PATHS)) as running:
        yield running


@pytest.fixture(params=list(PATHS))
def node(request: pytest.FixtureRequest, providers: Simulator) -> Iterator[Node]:
    """The provider under test, which must be asked in its own dialect only."""
    (node,) = (node for node in providers.nodes if node.name == request.param)
    node.set(is_strict=True)
    yield node
    asked = {received["path"] for received in node.everything_received() if received["method"] == "POST"}
    assert asked <= PATHS[node.name]


@pytest.fixture
def gateway(start: StartGateway, node: Node) -> Iterator[Gateway]:
    """A gateway in front of that provider, where every call went well."""
    only = {"base_url": node.base_url, "credentials": [SIMULATOR_KEY], "dialects": [node.name]}
    running = start(config=configuration({"only": only}))
    yield running
    running.stop()
    lines = [json.loads(line) for line in running.process.output.splitlines() if line.startswith("{")]
    failed = [line for line in lines if line.get("status", 200) >= 400 or line["level"] == "error"]
    assert not failed


@pytest.fixture
def codex(tmp_path: Path, gateway: Gateway) -> Codex:
    return Codex(tmp_path, gateway)


@pytest.fixture
def claude(tmp_path: Path, gateway: Gateway) -> ClaudeCode:
    return ClaudeCode(tmp_path, gateway)


def play(node: Node, scenario: Scenario) -> None:
    """Every request that offers the tools of the scenario plays it."""
    node.set(scenarios={"task": scenario}, scenario="task")


def shell(command: str) -> dict[str, Any]:
    return call("exec_command", {"cmd": command})


def test_codex_with_its_shell(node: Node, codex: Codex) -> None:
    writing = f"cat > {FILE} <<'END'\n{GREETING}\nEND"
    play(
        node,
        [
            [thinking("First the file."), text("I write it."), shell(writing)],
            [shell(f"cat {FILE}"), shell(f"wc -l {FILE}")],
            [text("It says: {result}")],
        ],
    )
    said = codex.do(TASK, "some-model")
    assert (codex.work / FILE).read_text() == f"{GREETING}\n"
    assert "It says:" in said
    assert GREETING in said
    assert f"1 {FILE}" in said


def test_codex_with_its_patches(node: Node, codex: Codex) -> None:
    """A tool that takes plain text, which no other dialect has."""
    patch = f"*** Begin Patch\n*** Add File: {FILE}\n+{GREETING}\n*** End Patch\n"
    play(node, [[custom("apply_patch", patch)], [shell(f"cat {FILE}")], [text("It says: {result}")]])
    said = codex.do(TASK, KNOWN_TO_CODEX)
    assert (codex.work / FILE).read_text() == f"{GREETING}\n"
    assert GREETING in said


def test_codex_is_asked_for_a_form(node: Node, codex: Codex) -> None:
    play(node, [[text(json.dumps(FORM))]])
    schema = codex.home / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    assert json.loads(codex.do("Say it.", "some-model", "--output-schema", str(schema))) == FORM


def test_claude_code(node: Node, claude: ClaudeCode) -> None:
    file = claude.work / FILE
    play(
        node,
        [
            [
                thinking("First the file."),
                text("I write it."),
                call("Write", {"file_path": str(file), "content": f"{GREETING}\n"}),
            ],
            [
                thinking("Then a look."),
                call("Read", {"file_path": str(file)}),
                call("Bash", {"command": f"cat {FILE}", "description": "Read it back"}),
            ],
            [text("It says: {result}")],
        ],
    )
    said = claude.do(TASK, "some-model")
    assert file.read_text() == f"{GREETING}\n"
    assert "It says:" in said
    assert said.count(GREETING) == 2


def test_claude_code_edits(node: Node, claude: ClaudeCode) -> None:
    file = claude.work / FILE
    file.write_text("before\n")
    edit = {"file_path": str(file), "old_string": "before", "new_string": GREETING}
    play(node, [[call("Read", {"file_path": str(file)})], [call("Edit", edit)], [text("Edited.")]])
    assert "Edited." in claude.do("Edit it.", "claude-opus-4-8")
    assert file.read_text() == f"{GREETING}\n"


def test_claude_code_is_asked_for_a_form(node: Node, claude: ClaudeCode) -> None:
    play(node, [[call("StructuredOutput", FORM)], [text("Done.")]])
    said = claude.do("Say it.", "some-model", "--output-format", "json", "--json-schema", json.dumps(SCHEMA))
    assert json.loads(said)["structured_output"] == FORM


def test_claude_code_counts_tokens(claude: ClaudeCode) -> None:
    """Many questions at once, each about a part of what it would send."""
    said = claude.do("/context", "some-model")
    assert "| System prompt |" in said
    assert "some-model" in said
