"""Proves that every SDK in `sdks/` gets words, tool calls and forms, streamed and whole, whatever providers speak."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.config import Section, configuration
from harness.gateway import CALLER_KEY, Gateway, start_gateway, wait_ready
from harness.process import Process
from harness.simulator import SIMULATOR_KEY, Simulator, start_simulator
from sdks import CLIENTS, Client, Place
from sdks.task import CITIES, FORM, SCENARIOS, WEATHER, WORDS

# The first test of a package waits for its import: seconds, on a busy machine many.
pytestmark = pytest.mark.timeout(90)

#: Each provider is a node of the simulator that speaks one dialect, with the path it may be asked for. LiteLLM's SDK
#: reads more than it should into models called `responses/…`.
DIALECTS = {"by-chat": "chat", "by-messages": "messages", "by-responses": "responses"}
PATHS = {"by-chat": "/v1/chat/completions", "by-messages": "/v1/messages", "by-responses": "/v1/responses"}


@pytest.fixture(scope="module")
def children() -> Iterator[list[Process]]:
    """What this module started. It is ended here if it has not ended by itself."""
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()


@pytest.fixture(scope="module")
def providers(binary: Path, tmp_path_factory: pytest.TempPathFactory, children: list[Process]) -> Iterator[Simulator]:
    """One provider of each dialect. All play the same scenarios."""
    home = tmp_path_factory.mktemp("providers")
    with start_simulator(binary, home, children, list(PATHS)) as running:
        for node in running.nodes:
            node.set(scenarios=SCENARIOS, is_strict=True)
        yield running


@pytest.fixture(scope="module")
def served(
    binary: Path, tmp_path_factory: pytest.TempPathFactory, children: list[Process], providers: Simulator
) -> Iterator[Gateway]:
    """One gateway for all tests here: models are called `by-chat/words` and the like."""
    home = tmp_path_factory.mktemp("gateway")
    sections: dict[str, Section] = {
        node.name: {"base_url": node.base_url, "credentials": [SIMULATOR_KEY], "dialects": [DIALECTS[node.name]]}
        for node in providers.nodes
    }
    process = start_gateway(binary, home, config=configuration(sections))
    children.append(process)
    gateway = wait_ready(process, home)
    yield gateway
    gateway.stop()


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(name.split("-")[0])) for name in CLIENTS])
def client(request: pytest.FixtureRequest, served: Gateway) -> Client:
    return CLIENTS[request.param](Place(served.url, CALLER_KEY))


@pytest.fixture(params=list(PATHS))
def provider(request: pytest.FixtureRequest, providers: Simulator) -> Iterator[str]:
    """The provider's name, before the slash of its models. It must be asked in its own dialect only."""
    yield request.param
    (node,) = (node for node in providers.nodes if node.name == request.param)
    asked = {received["path"] for received in node.everything_received() if received["method"] == "POST"}
    assert asked == {PATHS[request.param]}


def test_words(client: Client, provider: str) -> None:
    said = client.words(f"{provider}/words")
    assert said.text == WORDS
    assert said.usage is None or min(said.usage) > 0


def test_words_streamed(client: Client, provider: str) -> None:
    said = client.words_streamed(f"{provider}/words")
    assert said.text == WORDS
    assert said.pieces > 3, "it came in one piece"
    assert said.usage == client.words(f"{provider}/words").usage


def test_tools(client: Client, provider: str) -> None:
    looked = client.tools(f"{provider}/weather")
    assert looked.arguments == [{"city": city} for city in CITIES]
    assert looked.answer == WEATHER


def test_tools_streamed(client: Client, provider: str) -> None:
    looked = client.tools_streamed(f"{provider}/weather")
    assert looked.arguments == [{"city": city} for city in CITIES]
    assert looked.answer == WEATHER


def test_a_form(client: Client, provider: str) -> None:
    assert client.form(f"{provider}/form") == FORM
