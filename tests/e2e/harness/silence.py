"""Networks that fall silent: nothing is refused, reset or closed, nothing arrives any more, and nobody is told."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

#: Linux's numbers (socket(7), setns(2)), which Python does not name.
SO_ATTACH_FILTER = 26
SO_DETACH_FILTER = 27
CLONE_NEWNET = 0x40000000
#: A filter of one instruction, BPF_RET with 0: of every packet no byte is taken.
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)

HAS_FILTERS = sys.platform == "linux"


def fall_silent(sockets: Iterable[socket.socket]) -> None:
    """What is sent to these sockets is dropped before TCP sees it, as by a network: nothing is acknowledged."""
    instructions = ctypes.create_string_buffer(DROP_ALL)
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(instructions))
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def carry_again(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def missing_for_namespaces() -> str | None:
    """Why this machine makes no networks of its own; `None` if it does."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "ip is not installed: scripts/setup test"
    tried = subprocess.run(["ip", "netns", "add", PROBE], capture_output=True, text=True)
    if tried.returncode == 0:
        subprocess.run(["ip", "netns", "del", PROBE], check=True)
        return None
    return f"no network namespaces here: {tried.stderr.strip()}"


PROBE = f"bw-probe-{os.getpid()}"


def missing_for_rules() -> str | None:
    """Why such a network cannot have a firewall; `None` if it can."""
    if missing := missing_for_namespaces():
        return missing
    if not shutil.which("nft"):
        return "nft is not installed: scripts/setup test"
    tried = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no nftables here: {tried.stderr.strip()}"


#: Of 198.18.0.0/15: so many for processes, and so many for each.
NETWORKS, NUMBERS = 8192, 4


class Elsewhere:
    """Another host, as far as the network goes: a namespace with an address of its own, reached by one cable."""

    def __init__(self, number: int) -> None:
        self._name = f"bw-{os.getpid()}-{number}"
        self._here, self._there = f"bwh{os.getpid() % 100000}{number}", f"bwt{os.getpid() % 100000}{number}"
        # Networks for measuring, four addresses each: whoever else runs tests here has others.
        network = IPv4Address("198.18.0.0") + 4 * (os.getpid() % NETWORKS * NUMBERS + number)
        self._near, self.address = str(network + 1), str(network + 2)
        self._ip("netns", "add", self._name)
        self._ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self._name)
        self._ip("addr", "add", f"{self._near}/30", "dev", self._here)
        self._ip("link", "set", self._here, "up")
        self._inside("addr", "add", f"{self.address}/30", "dev", self._there)
        self._inside("link", "set", self._there, "up")

    def listener(self) -> socket.socket:
        """A listening socket on that host. A socket stays in the namespace that it was made in."""
        made: list[socket.socket] = []

        def make() -> None:
            with Path(f"/run/netns/{self._name}").open() as namespace:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.create_server((self.address, 0), backlog=512))

        # A thread of its own: only it changes its namespace, and it ends.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def fall_silent(self) -> None:
        """From now on nothing comes back from there, not even an acknowledgement."""
        self._inside("route", "add", "blackhole", f"{self._near}/32")

    def carry_again(self) -> None:
        self._inside("route", "del", "blackhole", f"{self._near}/32")

    def drop_all(self) -> None:
        """From now on a firewall there drops what arrives, and says nothing."""
        self._rules("add table inet silence; add chain inet silence arriving { type filter hook input priority 0; policy drop; }")

    def let_in_again(self) -> None:
        self._rules("delete table inet silence")

    def close(self) -> None:
        subprocess.run(["ip", "link", "del", self._here], capture_output=True)
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True)

    def _rules(self, rules: str) -> None:
        self._ip("netns", "exec", self._name, "nft", rules)

    def _inside(self, *arguments: str) -> None:
        self._ip("-n", self._name, *arguments)

    @staticmethod
    def _ip(*arguments: str) -> None:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
