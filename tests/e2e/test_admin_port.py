"""Proves that the admin API on a port of its own is found by commands and gone from the callers' port."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import Launch, StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import clean_environment, run
from harness.upstream import Upstream


def with_admin_port(upstream: Upstream, address: str) -> dict[str, Any]:
    return {**configuration(providers={"openai": provider(upstream.base_url)}), "admin": {"listen": address}}


@pytest.fixture
def apart(start: StartGateway, upstream: Upstream) -> Gateway:
    """A gateway whose admin API listens on a free port of its own."""
    return start(config=with_admin_port(upstream, "127.0.0.1:0"))


def admin_url(gateway: Gateway) -> str:
    url: str = json.loads((gateway.data_dir / "run.json").read_text())["admin_url"]
    return url


def test_it_answers_there_and_nowhere_else(apart: Gateway) -> None:
    assert admin_url(apart) != apart.url
    headers = {"authorization": f"Bearer {apart.admin_key}"}
    assert httpx.get(f"{admin_url(apart)}/admin/v1/health", headers=headers, trust_env=False).status_code == 200
    for path in ("/admin", "/admin/v1/health", "/admin/v1/keys"):
        assert apart.admin().get(path).status_code == 404, path


def test_keys_are_made_and_listed_through_it(apart: Gateway, binary: Path, tmp_path: Path) -> None:
    def keys(*arguments: str) -> Any:
        command: list[str | Path] = [binary, "keys", *arguments, "--json", "--data-dir", apart.data_dir]
        done = run(command, tmp_path, clean_environment(tmp_path))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    made = keys("create", "--name", "through the admin port")
    assert apart.http(key=made["key"]).get("/v1/models").status_code == 200, "the running server knows it at once"
    assert made["id"] in json.dumps(keys("list"))


def test_a_taken_admin_port_ends_the_start_before_anything_is_said(launch: Launch, upstream: Upstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process, home = launch(config=with_admin_port(upstream, address), key=None)
        assert process.wait() == 1
    assert address in process.stderr
    assert "admin.listen" in process.stderr
    assert process.stdout == "", "nothing is ready, and no key was made"
    assert not (home / "data" / "run.json").exists()


def test_without_a_port_of_its_own_the_admin_api_is_where_callers_are(start: StartGateway) -> None:
    gateway = start()
    assert admin_url(gateway) == gateway.url
