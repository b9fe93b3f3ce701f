"""Proves what a new user meets first: the start, the first key, the demo, a taken port, a second start, `--help`."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import Launch, StartGateway
from harness.gateway import CALLER_KEY, wait_ready
from harness.process import Process, clean_environment, run
from harness.speech import chat

KEY_PATTERN = re.compile(r"\bbw_[A-Za-z0-9]{32,}\b")
WELL_KNOWN_MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "claude-sonnet-4.5", "gemini-2.5-flash", "deepseek-v3.2"]
MIB_AT_REST_MAX = 30


def test_the_first_start_prints_all_a_newcomer_needs(start: StartGateway) -> None:
    gateway = start(key=None)
    assert gateway.url in gateway.process.output
    keys = set(KEY_PATTERN.findall(gateway.process.output))
    assert len(keys) == 1, "one key, the first"
    key = keys.pop()
    assert gateway.http(key=key).get("/v1/models").status_code == 200


def test_the_printed_curl_works_in_a_shell(start: StartGateway, tmp_path: Path) -> None:
    gateway = start(key=None)
    done = run(["bash", "-c", printed_curl(gateway.process.output)], tmp_path, clean_environment(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "demo" in json.loads(done.stdout)["choices"][0]["message"]["content"]


def printed_curl(output: str) -> str:
    """The printed command with its continuation lines."""
    lines = output[output.index("curl ") :].splitlines()
    end = next(index for index, line in enumerate(lines) if not line.rstrip().endswith("\\"))
    return "\n".join(lines[: end + 1])


def test_a_second_start_keeps_the_keys_and_prints_none(start: StartGateway) -> None:
    first = start(key=None)
    key = KEY_PATTERN.findall(first.process.output)[0]
    first.stop()
    second = start(key=None)
    assert not KEY_PATTERN.search(second.process.output)
    assert second.url in second.process.output
    assert "keys create" in second.process.output, "says how to make a key"
    assert second.http(key=key).get("/v1/models").status_code == 200


def test_a_supplied_key_is_taken_verbatim_and_never_printed(start: StartGateway) -> None:
    key = "hs_Some-other.gateway's/key+42"
    gateway = start(key=key)
    assert gateway.http().get("/v1/models").status_code == 200
    assert key not in gateway.process.output
    assert not KEY_PATTERN.search(gateway.process.output), "no second key beside the supplied one"


@pytest.mark.parametrize("key", ["too-short", "x" * 257, "has a space in the middle"])
def test_a_supplied_key_that_cannot_be_one_is_refused_with_the_reason(launch: Launch, key: str) -> None:
    process, _ = launch(key=key)
    assert process.wait() == 1
    assert "BELLWETHER_KEY" in process.stderr
    assert key not in process.output


def test_a_taken_port_ends_with_the_same_command_and_a_free_port(
    binary: Path, launch: Launch, tmp_path: Path, processes: list[Process]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process, home = launch(flags=["--listen", f"127.0.0.1:{port}", "--region", "eu-central"])
        assert process.wait() == 1
        line = next(line for line in process.stderr.splitlines() if "--listen" in line)
        command = shlex.split(
            line[line.index("bellwether") :] if str(binary) not in line else line[line.index(str(binary)) :]
        )
        assert f"127.0.0.1:{port}" not in command
        assert {"--region", "eu-central", str(home / "data")} <= set(command), "the same command"
        environment = clean_environment(home, {"BELLWETHER_KEY": CALLER_KEY})
        processes.append(Process([binary, *command[1:]], home, environment, "as-printed"))
        gateway = wait_ready(processes[-1], home)
        assert any(gateway.url.endswith(part.rsplit(":", 1)[-1]) for part in command if ":" in part)
        gateway.stop()


def test_a_second_process_on_one_data_directory_is_refused_with_the_reason(start: StartGateway, launch: Launch) -> None:
    first = start()
    second, _ = launch()
    assert second.wait() == 1
    assert str(first.data_dir) in second.stderr
    assert str(first.process.pid) in second.stderr
    assert first.http().get("/v1/models").status_code == 200, "the first is unharmed"


def test_run_json_tells_pid_and_urls_and_goes_at_the_stop(start: StartGateway) -> None:
    gateway = start()
    run_json = gateway.data_dir / "run.json"
    facts = json.loads(run_json.read_text())
    assert facts["pid"] == gateway.process.pid
    assert httpx.get(f"{facts['urls'][0]}/health", trust_env=False).status_code == 200
    gateway.stop()
    assert not run_json.exists()


def test_a_start_after_a_crash_is_an_ordinary_start(start: StartGateway) -> None:
    first = start()
    first.process.kill()
    second = start()
    assert second.http().get("/v1/models").status_code == 200


def test_secrets_on_disk_are_the_owners_alone(start: StartGateway) -> None:
    gateway = start()
    for name in ("master.key", "admin.key"):
        assert (gateway.data_dir / name).stat().st_mode & 0o777 == 0o600, name
    stored = b"".join(path.read_bytes() for path in gateway.data_dir.rglob("*") if path.is_file())
    assert CALLER_KEY.encode() not in stored, "keys are kept as hashes"


def test_keys_and_admin_key_given_by_environment_are_not_written(start: StartGateway) -> None:
    admin_key = "operator-chosen-admin-key-1"
    gateway = start(environment={"BELLWETHER_ADMIN_KEY": admin_key, "BELLWETHER_MASTER_KEY": "m" * 64})
    assert not (gateway.data_dir / "admin.key").exists()
    assert not (gateway.data_dir / "master.key").exists()
    assert gateway.http(key=admin_key).get("/admin/v1/health").status_code == 200


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["keys", "--help"], ["simulate", "--help"]])
def test_help_teaches(binary: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = run([binary, *arguments], tmp_path, clean_environment(tmp_path))
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert "bellwether" in done.stdout.split("Usage:", 1)[1]


def test_help_of_the_binary_shows_the_way_from_nothing_to_an_answer(binary: Path, tmp_path: Path) -> None:
    text = run([binary, "--help"], tmp_path, clean_environment(tmp_path)).stdout
    for word in ("serve", "keys", "simulate", "--listen", "--data-dir", "--config", "OPENAI_API_KEY", "BELLWETHER_KEY"):
        assert word in text, word


def test_an_unknown_flag_is_named(binary: Path, tmp_path: Path) -> None:
    done = run([binary, "--lissen", "127.0.0.1:0"], tmp_path, clean_environment(tmp_path))
    assert done.returncode == 2
    assert "--lissen" in done.stderr
    assert "--listen" in done.stderr


def test_a_wrong_config_shows_every_problem_at_once(binary: Path, tmp_path: Path, launch: Launch) -> None:
    process, _ = launch(config={"provders": [], "models": 7})
    assert process.wait() == 1
    assert "provders" in process.stderr
    assert "did you mean providers?" in process.stderr
    assert "models" in process.stderr


@pytest.mark.parametrize("model", WELL_KNOWN_MODELS)
def test_the_demo_answers_for_well_known_names(start: StartGateway, model: str) -> None:
    client = start().openai()
    messages: Any = [{"role": "user", "content": "hello"}]
    answer = client.chat.completions.create(model=model, messages=messages)
    text = answer.choices[0].message.content or ""
    assert "demo" in text.lower()
    with client.chat.completions.create(model=model, messages=messages, stream=True) as stream:
        pieces = [event.choices[0].delta.content or "" for event in stream if event.choices]
    assert "".join(pieces) == text
    assert len(pieces) > 1


def test_the_demo_is_named_in_headers_and_start_output(start: StartGateway) -> None:
    gateway = start()
    assert "demo" in gateway.process.output
    reply = gateway.http().post("/v1/chat/completions", content=chat())
    assert reply.headers["x-bellwether-provider"] == "demo"


def test_memory_at_rest_is_small(start: StartGateway, figure: Callable[[str], None]) -> None:
    gateway = start()
    assert gateway.http().get("/health").status_code == 200
    mib = gateway.process.resident_bytes / 2**20
    figure(f"memory at rest: {mib:.1f} MiB")
    assert mib <= MIB_AT_REST_MAX
