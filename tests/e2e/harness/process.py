"""Child processes: started with a clean environment, watched, and ended by their own id.

Output goes to files, not pipes, so that a chatty child never blocks and a failed test can show what was said.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

PATIENCE_S = 10.0
POLL_S = 0.005
#: Above those that a child is to find its sockets at.
PASSED_DESCRIPTOR_MIN = 100

Fact = TypeVar("Fact")


def until(fact: Callable[[], Fact | None], what: str, patience_s: float = PATIENCE_S) -> Fact:
    """Asks again and again until `fact` is truthy; fails by name once patience ends."""
    deadline = time.monotonic() + patience_s
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience_s:g} s in vain until {what}")
        time.sleep(POLL_S)


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without anybody's keys, proxies or settings: `PATH` and what the test names."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **(extra or {})}


class Process:
    """One running child."""

    def __init__(
        self,
        command: Sequence[str | Path],
        home: Path,
        environment: Mapping[str, str],
        name: str,
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        passed = [fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, PASSED_DESCRIPTOR_MIN) for opened in sockets]
        home.mkdir(parents=True, exist_ok=True)
        self._stdout_path = home / f"{name}.stdout"
        self._stderr_path = home / f"{name}.stderr"
        with self._stdout_path.open("wb") as out, self._stderr_path.open("wb") as err:
            self._child = subprocess.Popen(
                activated(self.command, passed),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=dict(environment),
                cwd=home,
                pass_fds=passed,
            )
        for descriptor in passed:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def stdout(self) -> str:
        return self._stdout_path.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._stderr_path.read_text(errors="replace")

    @property
    def output(self) -> str:
        """Everything it said, on either stream."""
        return self.stdout + self.stderr

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None

    @property
    def resident_bytes(self) -> int:
        """The memory it holds right now."""
        return self._status_bytes("VmRSS")

    @property
    def resident_bytes_peak(self) -> int:
        """The most memory it ever held."""
        return self._status_bytes("VmHWM")

    def _status_bytes(self, field: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith(f"{field}:"))
        return int(line.split()[1]) * 1024

    def wait_until(self, fact: Callable[[], Fact | None], what: str) -> Fact:
        """Waits for a fact that only a living child can bring about."""

        def alive_fact() -> Fact | None:
            found = fact()
            if not found and not self.is_running:
                raise AssertionError(f"{self.name} ended with {self._child.returncode} before {what}\n{self.output}")
            return found

        return until(alive_fact, what)

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Its exit code, once it has ended by itself."""
        return self._child.wait(patience_s)

    def terminate(self) -> None:
        """Asks it to stop, and returns at once."""
        self._child.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP: asks it to read its files anew, and returns at once."""
        self._child.send_signal(signal.SIGHUP)

    def interrupt(self) -> None:
        """What Ctrl-C at its terminal does."""
        self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Ends it without asking: a power cut."""
        if self.is_running:
            self._child.kill()
        self._child.wait()

    def stop(self, patience_s: float = PATIENCE_S) -> int:
        """Asks it to stop and waits; one that does not obey is killed and fails the test."""
        self.terminate()
        try:
            return self.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} did not stop within {patience_s:g} s of SIGTERM\n{self.output}"
            ) from None


def activated(command: Sequence[str], passed: Sequence[int]) -> list[str]:
    """The command as a service manager starts it: listening sockets from descriptor 3 on, see sd_listen_fds(3)."""
    if not passed:
        return list(command)
    moves = "".join(f"exec {3 + place}<&{descriptor} {descriptor}<&-; " for place, descriptor in enumerate(passed))
    return ["bash", "-c", f'{moves}export LISTEN_PID=$$ LISTEN_FDS={len(passed)}; exec "$@"', "bash", *command]


def run(
    command: Sequence[str | Path],
    home: Path,
    environment: Mapping[str, str],
    patience_s: float = PATIENCE_S,
    *,
    said: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself, with `said` on its standard input, and returns what it answered."""
    return subprocess.run(
        [str(part) for part in command],
        input=said,
        capture_output=True,
        text=True,
        env=dict(environment),
        cwd=home,
        timeout=patience_s,
        check=False,
    )
