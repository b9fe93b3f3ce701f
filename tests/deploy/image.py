"""Builds the root of the image as the Dockerfile says, and runs it as an engine would: without an engine.

    image.py BINARY             with a binary that is already built
    image.py --release          built first by the Dockerfile's own step, from what an engine would be sent

The container is made of namespaces: own mounts, network and processes; the root file system read-only, /data alone
writable, a user that is nobody, no capabilities, no new privileges, and process id 1. What the base image brings is
imitated: the C library's files of this machine, which are of the same Debian, and nothing else of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

import dockerfile
import https_provider

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0
#: What gcr.io/distroless/cc-debian12 brings of libraries, as far as we may need them (libc6, libgcc-s1).
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"}
#: The C library of Debian 12.
GLIBC_MINOR_MAX = 36
#: Where the base image has the authorities of the world.
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
#: What the base image sets.
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MODEL = "gpt-4o-mini"


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        run_inside(Path(sys.argv[2]))
        return
    (argument,) = sys.argv[1:]
    stages = dockerfile.parse((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        place = Path(folder)
        # Whoever runs in the image must be able to reach it.
        place.chmod(0o755)
        with timed("build"):
            build(stages[0], None if argument == "--release" else Path(argument).resolve(strict=True), place)
        with timed("assemble"):
            assemble(stages[-1], place / "out", place / "root")
        rooted = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        inside = [sys.executable, __file__, "--inside", folder]
        subprocess.run(["unshare", *rooted, "--mount", "--net", "--propagation=private", *inside], check=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"image: {what}: {time.monotonic() - began:.2f} s", flush=True)


def build(stage: dockerfile.Stage, binary: Path | None, place: Path) -> None:
    """The build stage: its last command, on what an engine would be sent. The one before installs what `setup release` does."""
    *_, run = stage.all("RUN")
    script, out = run.words
    command = [script, str(place / out.strip("/"))]
    context = ROOT
    if binary:
        command.append(str(binary))
    else:
        context = place / "context"
        dockerfile.copy_context(ROOT, context)
    subprocess.run(command, cwd=context, env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/image")}, check=True)


def assemble(stage: dockerfile.Stage, out: Path, root: Path) -> None:
    """The final stage: what it copies, on what its base has."""
    for name in ("tmp", "proc", "dev", "etc/ssl/certs", "run"):
        (root / name).mkdir(parents=True)
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n"
    )
    # An engine writes this one.
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    for copy in stage.all("COPY"):
        source, target = copy.words
        assert copy.flags["from"] == "build"
        source, target = out / source.removeprefix("/out/"), root / target.strip("/")
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        if (owner := copy.flags.get("chown")) and os.geteuid() == 0:
            os.chown(target, *map(int, owner.split(":")))
    program = root / entry_point(stage)[0].strip("/")
    check_libc(program)
    for library in libraries_of(program):
        target = root / str(library).strip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target)


def entry_point(stage: dockerfile.Stage) -> list[str]:
    entry = stage.last("ENTRYPOINT")
    assert entry
    return entry.words


def libraries_of(program: Path) -> list[Path]:
    """Where this machine has the libraries that the program needs. One that the base lacks is a fault."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(0x", listed, re.MULTILINE)
    needed = {name or Path(path).name for name, path in found}
    foreign = {name for name in needed - LIBRARIES if not name.startswith("ld-linux-")}
    assert not foreign, f"the base image has no {', '.join(sorted(foreign))}"
    print(f"image: libraries: {', '.join(sorted(needed))}")
    return [Path(path) for _, path in found]


def check_libc(program: Path) -> None:
    newest = max(int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", program.read_bytes()))
    assert newest <= GLIBC_MINOR_MAX, f"it was linked against glibc 2.{newest}; the base has 2.{GLIBC_MINOR_MAX}"


class Container:
    """The program of the image, running as the Dockerfile says."""

    def __init__(self, stage: dockerfile.Stage, root: Path, output: Path, **environment: str) -> None:
        self.stage, self.root, self.output = stage, root, output
        self.environment = {"PATH": BASE_PATH, **stage.environment, **environment}
        apart = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={root / 'proc'}"]
        with output.open("ab") as file:
            self._unshare = subprocess.Popen(
                [*apart, *self._as_nobody(entry_point(stage))], stdout=file, stderr=file, env=self.environment
            )

    def _as_nobody(self, command: Sequence[str]) -> list[str]:
        user = self.stage.last("USER")
        assert user
        # A namespace of an ordinary user has but one user, who is nobody special outside.
        switched = [f"--userspec={user.rest}"] if is_real_root() else []
        return ["setpriv", "--no-new-privs", "chroot", *switched, str(self.root), *command]

    @property
    def pid(self) -> int:
        children = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children")

        def child() -> list[str]:
            assert self._unshare.poll() is None, f"it ended with {self._unshare.returncode}\n{self.said}"
            return children.read_text().split()

        (pid,) = until(child, "the program started")
        return int(pid)

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def status(self, field: str) -> str:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith(f"{field}:"))
        return line.split(":")[1].strip()

    def check_health(self) -> subprocess.CompletedProcess[str]:
        """What an engine does for HEALTHCHECK: the command, inside."""
        enter = ["nsenter", f"--target={self.pid}", "--pid", "--mount", "--"]
        command = [*enter, *self._as_nobody(self.stage.health_command)]
        return subprocess.run(
            command, capture_output=True, text=True, env=self.environment, timeout=PATIENCE_S, check=False
        )

    def wait_healthy(self) -> None:
        until(lambda: self.check_health().returncode == 0, "the health check succeeds")

    def stop(self) -> None:
        with timed("stop by SIGTERM"):
            os.kill(self.pid, 15)
            code = self._unshare.wait(PATIENCE_S)
        assert code == 0, f"exit code {code} after SIGTERM\n{self.said}"

    def kill(self) -> None:
        self._unshare.kill()
        self._unshare.wait()


def run_inside(place: Path) -> None:
    """In namespaces of our own: the mounts and the network are nobody else's."""
    stage = dockerfile.parse((ROOT / "Dockerfile").read_text())[-1]
    root = place / "root"
    raise_loopback()
    world, own = trustme.CA(), trustme.CA()
    (root / BUNDLE).write_bytes(world.cert_pem.bytes())
    (root / "run/own-authority.pem").write_bytes(own.cert_pem.bytes())
    mount_read_only(root, place / "data")

    def container(authority: trustme.CA, **environment: str) -> Container:
        url = https_provider.serve(authority)
        variables = {"OPENAI_API_KEY": "k" * 20, "OPENAI_BASE_URL": url, **environment}
        return Container(stage, root, place / "output", **variables)

    with running(container(world)) as first:
        check_shut_in(first)
        (key,) = set(re.findall(r"\bbw_[A-Za-z0-9]{32,}", first.said))
        assert ask(key) == (200, https_provider.ANSWER), "over TLS, by the authorities of the base image"
        first.stop()
    with running(container(own, SSL_CERT_FILE="/run/own-authority.pem")) as second:
        assert ask(key) == (200, https_provider.ANSWER), "the key was kept in /data; SSL_CERT_FILE is believed"
        second.stop()
    with running(container(own)) as third:
        assert ask(key)[0] == 502, "an authority that nobody named is not believed"
        third.stop()
    print("image: OK")


@contextmanager
def running(container: Container) -> Iterator[Container]:
    try:
        with timed("start until healthy"):
            container.wait_healthy()
        yield container
    finally:
        container.kill()


def mount_read_only(root: Path, data: Path) -> None:
    data.mkdir()
    inside = root / "data"
    shutil.copystat(inside, data)
    if is_real_root():
        os.chown(data, inside.stat().st_uid, inside.stat().st_gid)
    mounts = [
        ["--bind", str(root), str(root)],
        ["--rbind", "/dev", str(root / "dev")],
        ["--bind", str(data), str(inside)],
        ["-o", "remount,bind,ro", str(root)],
    ]
    for options in mounts:
        subprocess.run(["mount", *options], check=True)


def raise_loopback() -> None:
    """A new network has its loopback down."""
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def is_real_root() -> bool:
    """Whether we may become other users: not so in a namespace with one user."""
    return int(Path("/proc/self/uid_map").read_text().split()[2]) > 1


def check_shut_in(container: Container) -> None:
    """That the container is what we say it is; otherwise it would prove little."""
    if is_real_root():
        assert container.status("Uid").split() == ["65532"] * 4
        assert container.status("Gid").split() == ["65532"] * 4
        assert int(container.status("CapEff"), 16) == 0, "no capabilities"
    assert container.status("NoNewPrivs") == "1"
    assert container.status("NSpid").split()[-1] == "1", "it is the first process, as in a container"
    mounts = [line.split() for line in Path(f"/proc/{container.pid}/mountinfo").read_text().splitlines()]
    options = {fields[4]: fields[5].split(",")[0] for fields in mounts}
    assert (options["/"], options["/data"]) == ("ro", "rw"), options
    # Nothing executable is writable, or made at run time: so MemoryDenyWriteExecute= of the service does no harm.
    for line in Path(f"/proc/{container.pid}/maps").read_text().splitlines():
        permissions, *_, name = line.split(maxsplit=5)[1:]
        assert "x" not in permissions or ("w" not in permissions and name.startswith(("/", "[v"))), line
    listening = Path("/proc/self/net/tcp").read_text()
    assert " 00000000:0FA0 " in listening, "it listens on 0.0.0.0:4000"
    left = sorted(path.name for path in (container.root / "data").iterdir())
    assert "bellwether.db" in left, left
    print(f"image: user {container.status('Uid').split()[0]}, read-only root, /data holds {', '.join(left)}")


def ask(key: str) -> tuple[int, bytes]:
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request("http://127.0.0.1:4000/v1/chat/completions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def until(fact: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := fact()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    main()
