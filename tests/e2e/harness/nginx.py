"""A real nginx in front of a gateway, with the server that docs/operations/reverse-proxies.md has."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

from .process import Process, clean_environment

PAGE = Path(__file__).resolve().parents[3] / "docs/operations/reverse-proxies.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
#: What stands around a server: nothing here is about us.
AROUND = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
{server}
}}
"""


def documented() -> str:
    """The snippet as the page has it."""
    (snippet,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return snippet


def start_nginx(home: Path, gateway: tuple[str, int], snippet: str) -> tuple[Process, tuple[str, int]]:
    """Runs the snippet on a free port without TLS, in front of `gateway`; returns where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        replaced = {
            r"^ *ssl_certificate.*\n": "",
            r"listen 443 ssl": f"listen {address[0]}:{address[1]}",
            r"127\.0\.0\.1:4000": f"{gateway[0]}:{gateway[1]}",
        }
        for pattern, replacement in replaced.items():
            snippet, count = re.subn(pattern, replacement, snippet, flags=re.MULTILINE)
            assert count, f"{PAGE.name} has no {pattern}"
        home.mkdir(parents=True, exist_ok=True)
        (home / "nginx.conf").write_text(AROUND.format(server=snippet))
        assert NGINX
        command = [NGINX, "-p", home, "-c", "nginx.conf", "-e", "stderr"]
        # An open socket is handed over, as at an upgrade of nginx: so the port was never free for others.
        handed_over = {"NGINX": "3;"}
        process = Process(command, home, clean_environment(home, handed_over), "nginx", [listening])
    return process, address
