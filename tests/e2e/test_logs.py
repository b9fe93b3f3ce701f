"""Proves that each call leaves one line that can be searched, and that no line holds a secret or a prompt."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, UPSTREAM_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import Exchange, Upstream, chunk, stream_head, whole
from harness.wire import Wire, request

PROMPT = "the prompt nobody may see"


def lines_about(gateway: Gateway, request_id: str) -> list[dict[str, Any]]:
    """The log lines of one call, once the gateway has stopped and so has written them all."""
    gateway.stop()
    lines = [json.loads(line) for line in gateway.process.output.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("request_id") == request_id]


def call(gateway: Gateway, request_id: str, body: bytes) -> None:
    gateway.http().post(CHAT_PATH, content=body, headers={"x-request-id": request_id})


def logging_gateway(start: StartGateway, upstream: Upstream) -> Gateway:
    """To a file, as to anything that is no terminal, the log is written as JSON."""
    return start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})


def test_each_call_leaves_one_line(start: StartGateway, upstream: Upstream) -> None:
    gateway = logging_gateway(start, upstream)
    call(gateway, "find-me", chat(PROMPT))
    (line,) = lines_about(gateway, "find-me")
    assert line["status"] == 200
    assert line["provider"] == "openai"
    assert line["model"] == "gpt-4o-mini"
    assert len(line["call_id"]) == 32
    assert line["bytes_in"] == len(chat(PROMPT))
    assert line["bytes_out"] == len(CHAT_REPLY)
    assert line["tokens"]["output"] == 7


def test_a_failed_call_leaves_one_line_with_the_reason(start: StartGateway, upstream: Upstream) -> None:
    upstream.script = whole(b"{}", status="500 Internal Server Error")
    gateway = logging_gateway(start, upstream)
    call(gateway, "find-me", chat(PROMPT))
    (line,) = lines_about(gateway, "find-me")
    assert (line["status"], line["kind"], line["level"]) == (502, "upstream_failed", "error")


def test_no_line_holds_a_secret_or_a_prompt(start: StartGateway, upstream: Upstream) -> None:
    gateway = logging_gateway(start, upstream)
    call(gateway, "good", chat(PROMPT))
    call(gateway, "bad", chat(PROMPT) + b"}")
    gateway.http(key="sk-somebody-elses-secret").post(CHAT_PATH, content=chat(PROMPT))
    upstream.script = whole(UPSTREAM_KEY.encode(), status="401 Unauthorized")
    call(gateway, "refused", chat(PROMPT))
    admin_key = gateway.admin_key
    gateway.stop()
    for secret in (CALLER_KEY, UPSTREAM_KEY, admin_key, "sk-somebody-elses-secret", PROMPT):
        assert secret not in gateway.process.output


def test_the_log_may_go_to_a_file(start: StartGateway, upstream: Upstream, tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    config = {
        **configuration(providers={"openai": provider(upstream.base_url)}),
        "log": {"format": "json", "file": str(log)},
    }
    gateway = start(config=config)
    call(gateway, "find-me", chat(PROMPT))
    gateway.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines if line.get("request_id") == "find-me"] == [200]
    assert PROMPT not in log.read_text()


def test_a_log_file_that_was_moved_is_opened_anew_on_sighup(
    start: StartGateway, upstream: Upstream, tmp_path: Path
) -> None:
    """As log rotation does it: move, signal, and nothing is lost."""
    log, moved = tmp_path / "requests.log", tmp_path / "requests.log.1"
    config = {
        **configuration(providers={"openai": provider(upstream.base_url)}),
        "log": {"format": "json", "file": str(log)},
    }
    gateway = start(config=config)
    call(gateway, "before", chat())
    until(lambda: "before" in log.read_text(), "the first line was written")
    log.rename(moved)
    call(gateway, "between", chat())
    gateway.process.hang_up()
    until(log.exists, "the log file is there again")
    call(gateway, "after", chat())
    gateway.stop()

    def told(path: Path) -> list[str]:
        ids = (json.loads(line).get("request_id") for line in path.read_text().splitlines())
        return [request_id for request_id in ids if request_id]

    assert "before" in told(moved)
    assert sorted(told(moved) + told(log)) == ["after", "before", "between"]
    assert "after" in told(log)


def test_a_caller_who_leaves_behind_the_end_mark_has_not_hung_up(start: StartGateway, upstream: Upstream) -> None:
    """The provider holds its last chunk back; everything that matters has been said."""
    left = Event()

    def script(exchange: Exchange) -> None:
        usage = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
        exchange.send(stream_head() + chunk(delta(content="all")) + chunk(usage) + chunk(DONE))
        left.wait(10)
        exchange.close()

    upstream.script = script
    gateway = logging_gateway(start, upstream)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True), "x-request-id: find-me"))
        response = wire.response()
        while b"[DONE]" not in response.readline():
            pass
    (line,) = lines_about(gateway, "find-me")
    left.set()
    assert line["status"] == 200, line
    assert line["tokens"]["output"] == 2
