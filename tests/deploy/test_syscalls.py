"""Proves that the service's filter of system calls lets through every call that the gateway makes.

systemd does not run here, so nothing filters: the calls are listed by strace, and held against systemd's own list.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import trustme

import https_provider

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/systemd/bellwether.service"
BINARY = Path(os.environ.get("BELLWETHER_BIN", ROOT / "target/quick/bellwether")).resolve()
KEY = "sk-syscalls-0123456789"
PATIENCE_S = 20

pytestmark = pytest.mark.skipif(
    not shutil.which("strace") or not shutil.which("systemd-analyze"), reason="strace or systemd is not installed"
)


def test_no_call_is_filtered_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "data").mkdir()
    authority = trustme.CA()
    (tmp_path / "authority.pem").write_bytes(authority.cert_pem.bytes())
    as_nobody = []
    if os.geteuid() == 0:
        # The database is opened otherwise by root, and the service is not root.
        os.chown(tmp_path / "data", 65532, 65532)
        for above in (tmp_path.parent, tmp_path.parent.parent):
            above.chmod(0o755)
        as_nobody = ["setpriv", "--reuid=65532", "--regid=65532", "--clear-groups", "--no-new-privs"]
    binary = shutil.copy2(BINARY, tmp_path / "bellwether")
    environment = {
        "PATH": os.environ["PATH"],
        "BELLWETHER_KEY": KEY,
        "OPENAI_API_KEY": "k" * 20,
        "OPENAI_BASE_URL": https_provider.serve(authority),
        "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
    }
    trace = ["strace", "--follow-forks", "--quiet=all", f"--output={tmp_path / 'trace'}"]
    command = [*trace, *as_nobody, binary, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0"]
    traced = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        use(tmp_path / "data/run.json")
        assert traced.wait(PATIENCE_S) == 0
    finally:
        traced.kill()
    # What comes before the program itself is strace's and setpriv's.
    own = (tmp_path / "trace").read_text().partition(f'execve("{binary}"')[2]
    used = set(re.findall(r"^\d+ +(\w+)\(", own, re.MULTILINE))
    assert {"accept4", "epoll_wait", "fdatasync"} & used, "the trace is of a gateway"
    assert used - allowed() == set()
    families = set(re.findall(r"\bsocket\((AF_\w+)", own))
    assert "AF_INET" in families
    assert families <= set(settings("RestrictAddressFamilies=")), "the unit allows those that are used"


def use(run_file: Path) -> None:
    """A life of a gateway: calls, a reload, a stop."""
    deadline = time.monotonic() + PATIENCE_S
    while not run_file.exists():
        assert time.monotonic() < deadline, "it never became ready"
        time.sleep(0.02)
    facts = json.loads(run_file.read_text())
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    for _ in range(3):
        ask = urllib.request.Request(facts["urls"][0] + "/v1/chat/completions", body, headers)
        with urllib.request.urlopen(ask, timeout=PATIENCE_S) as reply:
            assert reply.read() == https_provider.ANSWER
    os.kill(facts["pid"], signal.SIGHUP)
    with urllib.request.urlopen(facts["urls"][0] + "/metrics", timeout=PATIENCE_S) as reply:
        assert reply.read()
    os.kill(facts["pid"], signal.SIGTERM)


def settings(name: str) -> list[str]:
    """The words of all lines of a setting, in their order."""
    lines = [line.removeprefix(name) for line in UNIT.read_text().splitlines() if line.startswith(name)]
    return [word for line in lines for word in line.split()]


def allowed() -> set[str]:
    """What the unit's filters let through, one after the other; `~` takes away. Ours have one word to a line."""
    calls: set[str] = members("@default")
    for word in settings("SystemCallFilter="):
        calls = calls - members(word[1:]) if word.startswith("~") else calls | members(word)
    return calls


def members(name: str) -> set[str]:
    """The calls of a group, and of the groups inside it."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in listed.stdout.splitlines() if line.startswith("    ")]
    inner = [line for line in lines if not line.startswith("#")]
    return set().union(*(members(line) for line in inner))
