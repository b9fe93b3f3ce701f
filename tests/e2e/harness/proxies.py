"""Real proxies from Debian, tinyproxy for HTTP and microsocks for SOCKS5, each on an address and port of its own."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .process import Process, clean_environment

USER = "egress-user"
PASSWORD = "pass-w0rd.7_x"
#: The same as a URL may hold it; tinyproxy takes no character that a URL would have to encode.
ENCODED_PASSWORD = "pass%2Dw0rd%2e7_x"


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    process: Process
    host: str
    port: int

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, scheme: str, login: str = "") -> str:
        return f"{scheme}://{login}{self.place}"

    def tunnels(self) -> int:
        """How many tunnels it has opened, by its own log."""
        marks = ("Established connection to host", ": connected to ")
        return sum(any(mark in line for mark in marks) for line in self.process.output.splitlines())


def start_tinyproxy(home: Path, processes: list[Process], password: str | None = None) -> Proxy:
    """An HTTP proxy; with a password it lets only `USER` in."""

    def command(host: str, port: int) -> Sequence[str | Path]:
        lines = [f"Listen {host}", f"Port {port}", "Timeout 60", "MaxClients 50", "LogLevel Connect"]
        lines += [f"BasicAuth {USER} {password}"] if password else []
        path = home / "tinyproxy.conf"
        path.write_text("\n".join([*lines, ""]))
        return ["tinyproxy", "-d", "-c", path]

    return _start("tinyproxy", command, home, processes)


def start_microsocks(home: Path, processes: list[Process], password: str | None = None) -> Proxy:
    """A SOCKS5 proxy; with a password it lets only `USER` in."""

    def command(host: str, port: int) -> Sequence[str | Path]:
        login = ["-u", USER, "-P", password] if password else []
        return ["microsocks", "-i", host, "-p", str(port), *login]

    return _start("microsocks", command, home, processes)


def _start(
    name: str, command: Callable[[str, int], Sequence[str | Path]], home: Path, processes: list[Process]
) -> Proxy:
    home.mkdir(parents=True, exist_ok=True)
    # Neither can be asked for a free port. On a loopback address that nobody else uses, one that is free stays so.
    host = ".".join(["127", *(str(random.randint(2, 250)) for _ in range(3))])
    with socket.create_server((host, 0)) as free:
        port: int = free.getsockname()[1]
    process = Process(command(host, port), home, clean_environment(home), f"{name}-{len(processes)}")
    processes.append(process)

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((host, port)) == 0

    process.wait_until(listens, "it listened")
    return Proxy(process, host, port)
