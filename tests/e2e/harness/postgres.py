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


@contextmanager
def start_postgres(statements: str) -> Iterator[str]:
    """Runs a server that has carried the statements out; gives its URL, which holds a password."""
    bin_dir = programs()
    assert bin_dir, "no PostgreSQL here"
    user = NOBODY if os.geteuid() == 0 else None
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", "user": user}
    # Not the test's own directory: only its owner may enter that.
    with tempfile.TemporaryDirectory(prefix="bellwether-postgres-") as home:
        (Path(home) / "password").write_text(f"{PASSWORD}\n")
        if user:
            shutil.chown(home, user)
            shutil.chown(Path(home) / "password", user)
        data = f"{home}/data"
        made = ["initdb", "-D", data, "-U", "me", "-A", "scram-sha-256", f"--pwfile={home}/password", "--no-sync"]
        subprocess.run([str(bin_dir / made[0]), *made[1:]], check=True, **quiet)
        command = [str(bin_dir / "postgres"), "-D", data, "-k", home, "-h", "", "-F"]
        server = subprocess.Popen(command, **quiet)
        url = f"postgres://me:{PASSWORD}@localhost/postgres?host={home}"
        ask = [str(bin_dir / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url, "-c"]
        try:
            until(lambda: subprocess.run([*ask, "SELECT 1"], **quiet).returncode == 0, "PostgreSQL runs")
            subprocess.run([*ask, statements], check=True, **quiet)
            yield url
        finally:
            # The fast way: the usual one waits for whoever is connected.
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE_S)
