"""Proves that configurations are taken while serving: by themselves, whole or not at all, and with no call disturbed."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.speech import CHAT_PATH, DONE, MODEL, chat, delta
from harness.upstream import Upstream, streamed
from harness.wire import Wire, request

RELOADS = 10
CALLERS = 6
#: Longest time from a change of the file to its being in force: a look every 2 s, and a moment of rest.
TAKEN_WITHIN_S = 2.2 + 1.0


def serving(upstream: Upstream, *names: str) -> dict[str, Any]:
    providers = {"openai": provider(upstream.base_url, models=[MODEL])}
    return configuration(providers, {name: [f"openai/{MODEL}"] for name in names})


def names(gateway: Gateway) -> set[str]:
    return {model["id"] for model in gateway.http().get("/v1/models").json()["data"]}


def events(gateway: Gateway, message: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in gateway.process.stderr.splitlines() if line.startswith("{"))
    return [line for line in lines if line["message"] == message]


def test_a_changed_file_is_taken_by_itself(
    start: StartGateway, upstream: Upstream, commands: Commands, figure: Callable[[str], None]
) -> None:
    gateway = start(config=serving(upstream, "before"))
    write_config(commands.home, serving(upstream, "after"))
    changed = time.monotonic()
    until(lambda: "after" in names(gateway), "the changed file is in force")
    took = time.monotonic() - changed
    assert took < TAKEN_WITHIN_S
    figure(f"a changed file was in force after {took:.1f} s (a look every 2 s)")
    # It is in force a moment before the log says so.
    until(lambda: events(gateway, "configuration reloaded"), "the log tells of it")
    assert events(gateway, "configuration reloaded")[0]["fields"]["reason"] == "the file changed"


def test_a_link_that_is_turned_is_a_changed_file(start: StartGateway, upstream: Upstream, tmp_path: Path) -> None:
    """How mounted configuration of a cluster changes: `..data` points to another folder, no file is written."""
    mount = tmp_path / "mount"
    for folder, name in (("one", "before"), ("two", "after")):
        (mount / folder).mkdir(parents=True)
        write_config(mount / folder, serving(upstream, name))
    (mount / "data").symlink_to("one")
    (mount / "bellwether.yaml").symlink_to("data/bellwether.yaml")
    gateway = start(flags=["--config", mount / "bellwether.yaml"])
    assert "before" in names(gateway)
    (mount / "turned").symlink_to("two")
    (mount / "turned").rename(mount / "data")
    until(lambda: "after" in names(gateway), "the other folder's file is in force")


def test_a_changed_secret_file_is_taken_by_itself(start: StartGateway, upstream: Upstream, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("first-key-of-the-upstream\n")
    gateway = start(
        config=configuration({"openai": provider(upstream.base_url) | {"credentials": [f"file:{secret}"]}})
    )

    def sent() -> str:
        assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200
        return upstream.calls[-1].one("authorization")

    assert sent() == "Bearer first-key-of-the-upstream"
    secret.write_text("second-key-of-the-upstream\n")
    until(lambda: sent() == "Bearer second-key-of-the-upstream", "the new secret is used")


def test_a_bad_file_is_refused_loudly_once_and_the_last_good_one_serves_on(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "good"))
    write_config(commands.home, {"provders": {}, "workers": "many"})
    refused = "the new configuration is refused; the old one stays in force"
    until(lambda: len(events(gateway, refused)) == 2, "both problems are in the log")
    assert gateway.http().post(CHAT_PATH, content=chat(model="good")).status_code == 200
    # Health and figures know of it a moment after the log.
    until(lambda: gateway.metric("ai_gateway_config_current") == 0, "the figures tell of it")
    health = gateway.admin().get("/admin/v1/health").json()["config"]
    assert health["state"] == "refused"
    assert len(health["problems"]) == 2
    # The next change is noticed all the same, and nothing was said again meanwhile.
    write_config(commands.home, serving(upstream, "mended"))
    until(lambda: "mended" in names(gateway), "the mended file is in force")
    # And of a file in force once its version is kept.
    until(lambda: gateway.metric("ai_gateway_config_current") == 1, "the figures tell that all is well")
    assert len(events(gateway, refused)) == 2
    assert gateway.admin().get("/admin/v1/health").json()["config"]["state"] == "current"


def test_a_hang_up_signal_reloads_at_once(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    gateway = start(config=serving(upstream, "before"))
    write_config(commands.home, serving(upstream, "after"))
    gateway.process.hang_up()
    until(lambda: "after" in names(gateway), "the file is in force")
    until(lambda: events(gateway, "configuration reloaded"), "and the log says so")
    assert events(gateway, "configuration reloaded")[0]["fields"]["reason"] in ("SIGHUP", "the file changed")


def test_what_counts_from_the_next_start_is_told_until_then(
    start: StartGateway, upstream: Upstream, commands: Commands
) -> None:
    gateway = start(config=serving(upstream, "m"))
    write_config(commands.home, serving(upstream, "m") | {"workers": 7})
    assert commands.json("config", "reload") == {"changed": [], "needs_restart": ["workers"]}
    write_config(commands.home, serving(upstream, "m", "n") | {"workers": 7})
    assert commands.json("config", "reload") == {"changed": ["models"], "needs_restart": ["workers"]}
    assert gateway.admin().get("/admin/v1/health").json()["config"]["needs_restart"] == ["workers"]
    write_config(commands.home, serving(upstream, "m", "n"))
    assert commands.json("config", "reload")["needs_restart"] == []


class Caller(threading.Thread):
    """Asks over and over, whole and streamed, and remembers every answer that was not the right one."""

    def __init__(self, gateway: Gateway, stop: threading.Event, expected: bytes) -> None:
        super().__init__()
        self._address, self._stop_asking, self._expected = gateway.address, stop, expected
        self.answered = 0
        self.failures: list[str] = []
        self.slowest_s = 0.0

    def run(self) -> None:
        try:
            with Wire(self._address) as wire:
                while not self._stop_asking.is_set():
                    began = time.monotonic()
                    reply = wire.ask(request(CHAT_PATH, chat(model="stays", stream=True)))
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                    if reply.status != 200 or reply.body != self._expected:
                        self.failures.append(f"{reply.status}: {reply.body!r}")
                    self.answered += 1
        except OSError as error:
            self.failures.append(repr(error))


def test_ten_reloads_under_load_fail_no_request(
    start: StartGateway, new_upstream: StartUpstream, commands: Commands, figure: Callable[[str], None]
) -> None:
    """Providers come and go, keys change, models change, bad files come between: no call notices."""
    events_sent = [delta(content=f"part {number}") for number in range(4)] + [DONE]
    upstreams = [new_upstream(streamed(events_sent)) for _ in range(2)]
    gateway = start(config=serving(upstreams[0], "stays"))
    stop = threading.Event()
    callers = [Caller(gateway, stop, b"".join(events_sent)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    admin = gateway.admin()
    for number in range(RELOADS):
        before = sum(caller.answered for caller in callers)
        until(
            lambda before=before: sum(caller.answered for caller in callers) > before + 20, "the load runs"
        )  # fmt: skip
        file = serving(upstreams[number % 2], "stays", f"comes-and-goes-{number}")
        file["providers"]["openai"]["credentials"] = [f"key-number-{number}-of-the-provider"]
        file["timeouts"] = {"idle_ms": 30000 + number}
        write_config(commands.home, file)
        assert admin.post("/admin/v1/reload").status_code == 200
        write_config(commands.home, {"providers": "nonsense"})
        assert admin.post("/admin/v1/reload").status_code == 422
    stop.set()
    for caller in callers:
        caller.join()
    failures = list(itertools.chain.from_iterable(caller.failures for caller in callers))
    answered = sum(caller.answered for caller in callers)
    assert failures == []
    assert all(upstream.calls for upstream in upstreams)
    slowest = max(caller.slowest_s for caller in callers)
    figure(
        f"R35: {RELOADS} reloads (and as many refused ones) under load: {answered} calls, "
        f"{len(failures)} failed, slowest {slowest * 1000:.0f} ms"
    )
    assert httpx.get(f"{gateway.url}/health", trust_env=False).status_code == 200


def test_a_bad_configuration_is_rolled_back_in_time(
    start: StartGateway, upstream: Upstream, commands: Commands, figure: Callable[[str], None]
) -> None:
    """A configuration can be valid and yet wrong: the way back is one command."""
    gateway = start(config=serving(upstream, "wanted"))
    write_config(commands.home, serving(upstream, "mistaken"))
    assert gateway.admin().post("/admin/v1/reload").status_code == 200
    assert gateway.http().post(CHAT_PATH, content=chat(model="wanted")).status_code == 404
    began = time.monotonic()
    commands.text("config", "revert")
    assert gateway.http().post(CHAT_PATH, content=chat(model="wanted")).status_code == 200
    took = time.monotonic() - began
    assert took < 30
    figure(f"R36: a wrong configuration rolled back, and answered by the former one, in {took * 1000:.0f} ms")
