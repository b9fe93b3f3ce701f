"""A PostgreSQL server of a test's own, where the machine has its programs. It listens on a socket in its directory only."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .process import PATIENCE_S, until

#: Where Debian keeps what is not on the path.
DEBIAN = "/usr/lib/postgresql/*/bin"
#: The server refuses to run as root.
NOBODY = "nobody"
PASSWORD = "database-password-that-must-not-leak"


def programs() -> Path | None:
    """The directory with `initdb` and `postgres`, if there is one."""
    on_path = shutil.which("initdb")
    places = [str(Path(on_path).resolve().parent)] if on_path else sorted(glob.glob(DEBIAN))
    good = [Path(place) for place in places if (Path(place) / "postgres").exists()]
    return good[-1] if good else None


class Server:
    """A server that can be stopped and started again with what it has."""

    def __init__(self, home: Path, bin_dir: Path, user: str | None) -> None:
        self.url = f"postgres://me:{PASSWORD}@localhost/postgres?host={home}"
        self.socket_path = f"{home}/.s.PGSQL.5432"
        self._quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "cwd": "/",
            "user": user,
        }
        self._data, self._home, self._bin_dir = f"{home}/data", home, bin_dir
        self._process: subprocess.Popen[bytes] | None = None
        made = ["-D", self._data, "-U", "me", "-A", "scram-sha-256", f"--pwfile={home}/password", "--no-sync"]
        subprocess.run([str(bin_dir / "initdb"), *made], check=True, **self._quiet)

    def start(self) -> None:
        command = [str(self._bin_dir / "postgres"), "-D", self._data, "-k", str(self._home), "-h", "", "-F"]
        self._process = subprocess.Popen(command, **self._quiet)
        until(lambda: self.ask("SELECT 1") is not None, "PostgreSQL runs")

    def ask(self, statement: str) -> str | None:
        """What `psql` prints; `None` where it fails."""
        done = subprocess.run(self.psql(statement), check=False, capture_output=True, text=True, cwd="/", user=self._quiet["user"])
        return done.stdout.strip() if done.returncode == 0 else None

    def psql(self, statement: str) -> list[str]:
        """What runs a statement."""
        return [str(self._bin_dir / "psql"), "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url, "-c", statement]

    def quiet(self) -> dict[str, Any]:
        """How a program of the server is run."""
        return self._quiet

    def stop(self) -> None:
        if self._process:
            # The fast way: the usual one waits for whoever is connected.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE_S)
            self._process = None


@contextmanager
def new_server() -> Iterator[Server]:
    """A server that runs, and is stopped and removed at the end."""
    bin_dir = programs()
    assert bin_dir, "no PostgreSQL here"
    user = NOBODY if os.geteuid() == 0 else None
    # Not the test's own directory: only its owner may enter that.
    with tempfile.TemporaryDirectory(prefix="bellwether-postgres-") as home:
        (Path(home) / "password").write_text(f"{PASSWORD}\n")
        if user:
            shutil.chown(home, user)
            shutil.chown(Path(home) / "password", user)
        server = Server(Path(home), bin_dir, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def start_postgres(statements: str) -> Iterator[str]:
    """Runs a server that has carried the statements out; gives its URL, which holds a password."""
    with new_server() as server:
        assert server.ask(statements) is not None, "the statements were refused"
        yield server.url
