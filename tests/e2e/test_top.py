"""Proves docs/operations/seeing.md, "top": what an operator watches is what the server says."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import NO_REPEATS, configuration, line, provider
from harness.gateway import Gateway
from harness.process import clean_environment
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL, chat

PATIENCE_S = 10.0
REGIONS = ("us-west", "eu-central")
#: What a terminal is told and does not show.
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture
def gateway(start: StartGateway, simulator: Simulator) -> Gateway:
    """One provider with a line to each of the simulator's nodes; the first has failed once."""
    lines = [line(node.base_url, region) for node, region in zip(simulator.nodes, REGIONS, strict=False)]
    providers = {
        "openai": provider(key=simulator.key, lines=lines, models=[MODEL], policy="priority"),
        "spare": provider(simulator.node.base_url, key=simulator.key, models=["large", "small"]),
    }
    config = configuration(providers, retries=NO_REPEATS)
    gateway = start(config={**config, "health": {"probes": {"every_ms": 0}}})
    client = gateway.http()
    for _ in range(20):
        assert client.post(CHAT_PATH, content=chat()).is_success
    simulator.nodes[0].fault("status=429;retry_after=60", times=1)
    assert client.post(CHAT_PATH, content=chat()).is_success
    return gateway


def test_it_says_what_the_stats_say(gateway: Gateway, commands: Commands) -> None:
    told = commands.json("top")
    figures = gateway.admin().get("/admin/v1/stats").json()
    assert told["providers"].keys() == figures["providers"].keys()
    for region in REGIONS:
        then, now = told["regions"][region], figures["regions"][region]
        del then["requests_per_second"], now["requests_per_second"]
        assert then == now
    assert [entry["requests"] for entry in told["targets"] if entry["provider"] == "openai"] == [21, 1]
    assert told["calls"]["inside_peak"] == 1
    assert told["lines"][0]["reach"] == "answering"


def test_one_table_where_there_is_no_terminal(gateway: Gateway, commands: Commands) -> None:
    for words in (("top",), ("top", "--once")):
        text = commands.text(*words)
        assert "\x1b" not in text
        rows = [row for row in text.splitlines() if row.startswith("openai")]
        assert len(rows) == 2
        first = rows[0].split()
        # PROVIDER MODEL LINE STATE OK REQ/S P50 P95 P99 RUNNING MAX WAITING FAILOVERS FAILED REQUESTS WHY
        assert first[:5] == ["openai", MODEL, "1", "us-west", "ejected"]
        assert first[5:7] == ["95", "%"]
        assert re.search(r" 1 +1 +21  (busy|key rests); busy \d+ s ago; better in (1 min|\d+ s)", rows[0]), rows[0]
        assert re.search(r"healthy +100 %.* 0 +0 +1$", rows[1]), rows[1]
        assert "and 2 targets that nobody has asked yet" in text
    assert sum(row.startswith("spare") for row in commands.text("top", "--all").splitlines()) == 2


def test_it_says_what_is_missing(gateway: Gateway, commands: Commands, tmp_path: Path) -> None:
    nowhere = Commands(commands.binary, tmp_path / "nowhere")
    nowhere.home.mkdir()
    done = nowhere.run("top")
    assert done.returncode == 1
    assert "no server runs here" in done.stderr
    done = nowhere.run("top", environment={"BELLWETHER_URL": gateway.url})
    assert done.returncode == 1
    assert "BELLWETHER_ADMIN_KEY" in done.stderr
    wrong = {"BELLWETHER_URL": gateway.url, "BELLWETHER_ADMIN_KEY": "not-the-admin-key-0123456789"}
    done = nowhere.run("top", environment=wrong)
    assert done.returncode == 1
    assert "this is not the admin key" in done.stderr


class Terminal:
    """A terminal with somebody before it."""

    def __init__(self, command: list[str | Path], environment: dict[str, str], columns: int, rows: int) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=environment, close_fds=True
        )

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key: str) -> None:
        os.write(self.master, key.encode())

    def read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            self.text += os.read(self.master, 65536).decode()

    def wait_for(self, words: str) -> str:
        """What was shown since the last wait, up to these words."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.text:
            assert time.monotonic() < deadline, f"waited in vain for {words!r} in {self.text[-2000:]!r}"
            self.read(0.2)
        seen, self.text = self.text.split(words, 1)
        return seen + words

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self.slave):
            os.close(descriptor)


@contextlib.contextmanager
def terminal(commands: Commands, columns: int = 200, rows: int = 40, **environment: str) -> Iterator[Terminal]:
    command = [commands.binary, "--data-dir", commands.home / "data", "top"]
    opened = Terminal(command, clean_environment(commands.home, environment), columns, rows)
    try:
        yield opened
    finally:
        opened.close()


def test_it_is_watched_on_a_terminal_and_the_terminal_is_given_back(gateway: Gateway, commands: Commands) -> None:
    with terminal(commands) as watched:
        watched.wait_for("\x1b[?1049h")
        first = watched.wait_for("sort (by state)")
        assert "\x1b[31mopenai" in first, "who is ejected is red"
        assert "healthy" in first
        # It goes on by itself, and takes in what has changed.
        assert gateway.http().post(CHAT_PATH, content=chat(model="large")).is_success
        watched.wait_for("spare ")
        watched.press("s")
        watched.wait_for("sort (by configuration)")
        watched.press("a")
        watched.wait_for("show those that were asked")
        watched.press("x")
        watched.press("q")
        watched.wait_for("\x1b[?25h\x1b[?1049l")
        assert watched.process.wait(PATIENCE_S) == 0
        assert termios.tcgetattr(watched.slave) == watched.before


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_who_is_ended_by_a_signal_gives_the_terminal_back(commands: Commands, number: signal.Signals) -> None:
    with terminal(commands) as watched:
        watched.wait_for("sort (by state)")
        assert termios.tcgetattr(watched.slave) != watched.before
        watched.process.send_signal(number)
        watched.wait_for("\x1b[?25h\x1b[?1049l")
        assert watched.process.wait(PATIENCE_S) == 0
        assert termios.tcgetattr(watched.slave) == watched.before


@pytest.mark.usefixtures("gateway")
def test_it_fits_a_window_of_any_size(commands: Commands) -> None:
    with terminal(commands, columns=60, rows=10) as watched:
        watched.wait_for("\x1b[?1049h")
        narrow = shown(watched.wait_for("q quit   s sort"))
        assert all(len(row) <= 60 for row in narrow), narrow
        assert len(narrow) <= 10
        assert not any("REQUESTS" in row for row in narrow)
        watched.resize(200, 40)
        watched.wait_for("REQUESTS")
        watched.press("\x03")
        assert watched.process.wait(PATIENCE_S) == 0


def shown(text: str) -> list[str]:
    return CONTROLS.sub("", text).split("\r\n")


def test_a_server_that_is_gone_is_waited_for(gateway: Gateway, commands: Commands) -> None:
    with terminal(commands, NO_COLOR="1") as watched:
        first = watched.wait_for("sort (by state)")
        assert "\x1b[31m" not in first
        gateway.stop()
        watched.wait_for("what you see is old: cannot connect")
        watched.press("q")
        assert watched.process.wait(PATIENCE_S) == 0
