"""The simulator: pretended providers that say what the vendors' documents show, steered through its control port."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from .process import Process, clean_environment
from .scenarios import Scenario

NODE_NAMES = ("us-west", "eu-central")
#: What a gateway sends the simulator; nodes take any key unless told otherwise.
SIMULATOR_KEY = "simulated-provider-key-7"


@dataclass(frozen=True)
class Node:
    """One pretended endpoint."""

    name: str
    base_url: str
    control: httpx.Client

    def set(self, **behaviour: Any) -> None:
        """Changes how it behaves from the next request on, such as `latency_ms=20`."""
        self.control.put(f"/nodes/{self.name}", json=behaviour).raise_for_status()

    def play(self, name: str, turns: Scenario) -> None:
        """Teaches it a scenario, which plays for the model of this name, or where a user says `[scenario:name]`."""
        known = self.control.get(f"/nodes/{self.name}").raise_for_status().json()["behaviour"]["scenarios"]
        self.set(scenarios={**known, name: turns})

    def fault(self, text: str, times: int | None = None) -> None:
        """Makes something go wrong, such as `status=500` or `cut=3`; returns once it holds."""
        reply = self.control.post(f"/nodes/{self.name}/faults", json={"fault": text, "times": times})
        assert reply.status_code == 200, reply.text

    def heal(self) -> None:
        """Takes all faults away."""
        self.control.delete(f"/nodes/{self.name}/faults").raise_for_status()

    def drop_connections(self) -> None:
        """Closes what is open, as a restart does; new connections are taken again."""
        self.fault("refuse")
        self.heal()

    def everything_received(self) -> list[dict[str, Any]]:
        """All requests it still remembers, oldest first."""
        return self.control.get(f"/nodes/{self.name}/requests").raise_for_status().json()["requests"]

    def received(self, path: str) -> list[dict[str, Any]]:
        """The requests for a path, oldest first."""
        return [request for request in self.everything_received() if request["path"] == path]

    def bodies(self, path: str) -> list[Any]:
        """The JSON bodies it got for a path, oldest first."""
        return [json.loads(request["body"]) for request in self.received(path)]

    @property
    def refused(self) -> int:
        """Requests that it had no room for."""
        return self.control.get(f"/nodes/{self.name}").raise_for_status().json()["counters"]["refused"]

    @property
    def root(self) -> str:
        """Its address without the version, as Anthropic's SDKs want it."""
        return self.base_url.removesuffix("/v1")


@dataclass(frozen=True)
class Simulator:
    """A running simulator and its nodes."""

    process: Process
    nodes: list[Node]
    key: str = SIMULATOR_KEY

    @property
    def node(self) -> Node:
        """The first one, for tests that need no more."""
        return self.nodes[0]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a gateway use the first node."""
        return {"OPENAI_API_KEY": self.key, "OPENAI_BASE_URL": self.node.base_url}


@contextmanager
def start_simulator(
    binary: Path, home: Path, processes: list[Process], names: Sequence[str] = NODE_NAMES
) -> Iterator[Simulator]:
    """Runs `bellwether simulate` with nodes of these names, all on free ports."""
    command: list[str | Path] = [binary, "simulate", "--control", "127.0.0.1:0"]
    for name in names:
        command += ["--node", f"{name}=127.0.0.1:0"]
    process = Process(command, home, clean_environment(home), "simulator")
    processes.append(process)
    process.wait_until(lambda: process.stdout.endswith("\n"), "the simulator said where it is")
    with httpx.Client(base_url=json.loads(process.stdout)["control"], trust_env=False) as control:
        listed = control.get("/nodes").raise_for_status().json()["nodes"]
        yield Simulator(process, [Node(node["name"], node["url"], control) for node in listed])
    assert process.stop() == 0, process.output
