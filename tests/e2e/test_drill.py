"""Proves docs/operations/drill.md: outages rehearsed on a configuration, and its mistakes found. Nobody is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import Section, configuration, line, provider
from harness.gateway import write_config
from harness.process import clean_environment, run

#: A secret that must be seen nowhere.
KEY = "key-that-must-not-leak-4711"
#: No drill of a configuration of some names takes longer.
ALL_LIMIT_S = 30.0
#: What shows a mistake without much waiting.
QUICK = ("--fault", "refused", "--fault", "failed")
Drill = Callable[..., tuple[int, dict[str, Any]]]


def two_providers(first: str = "http://127.0.0.1:9/v1", second: str = "http://127.0.0.2:9/v1", **more: Any) -> Section:
    """A configuration without a mistake, and what is different this time."""
    providers = {
        "one": provider(first, key="env:KEY_OF_ONE", models=["m"]),
        "two": provider(second, key="env:KEY_OF_TWO", models=["n"]),
    }
    return configuration(providers, {"smart": ["one/m", "two/n"]}) | more


@pytest.fixture
def drill(commands: Commands) -> Drill:
    """Holds a drill of a configuration: the exit code, and what came of it."""

    def hold(config: Section, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
        file = write_config(commands.home, config)
        done = commands.run("drill", file, "--json", *words, environment=environment, patience_s=ALL_LIMIT_S)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return hold


def codes(report: Mapping[str, Any]) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


def seen(report: Mapping[str, Any], fault: str, *, stream: bool) -> list[tuple[str, str | None]]:
    """What callers saw of a fault at each place, and who answered them."""
    scenes = (scene for scene in report["scenes"] if scene["fault"] == fault and scene["stream"] == stream)
    return [(scene["seen"], scene["provider"]) for scene in scenes]


def test_a_good_configuration_survives_every_fault(drill: Drill) -> None:
    code, report = drill(two_providers())
    assert (code, report["ok"], report["errors"], report["warnings"]) == (0, True, 0, 0), report["findings"]
    for fault in ("refused", "hanging", "slow_first_token", "busy_for_long", "failed", "key_refused", "malformed"):
        for stream in (False, True):
            assert seen(report, fault, stream=stream) == [("whole", "two")], fault
    assert seen(report, "failed_once", stream=True) == [("whole", "one")], "a first slip is forgiven"
    assert seen(report, "stream_cut", stream=False) == [("whole", "two")]
    assert seen(report, "stream_cut", stream=True) == [("broken_off", "one")], "what had begun is told to be broken"
    assert seen(report, "unknown_model", stream=False) == [("whole", "two")]
    assert all(scene["met"] and scene["as_it_should"] for scene in report["scenes"])


@pytest.mark.parametrize("resume", ["continue", "ask"])
def test_streams_that_are_gone_on_with_are_whole(drill: Drill, resume: str) -> None:
    config = two_providers()
    for section in config["providers"].values():
        section["quirks"] = {"continues": "bare"}
    for model in config["models"].values():
        model["resume"] = resume
    code, report = drill(config)
    assert code == 0, report["findings"]
    assert seen(report, "stream_cut", stream=True)[0][0] == "whole"


def test_nobody_is_asked_and_no_key_is_shown(
    commands: Commands, new_upstream: StartUpstream, tmp_path: Path
) -> None:
    """The providers, the proxy of the environment and the one of the file listen, and nobody comes."""
    first, second, own_proxy, usual_proxy = (new_upstream() for _ in range(4))
    config = two_providers(first.base_url, second.base_url)
    config["providers"]["three"] = provider("https://vendor.example/v1", key=KEY, proxy=f"http://{own_proxy.authority}")
    config["providers"]["four"] = provider("https://other.example/v1", key="env:KEY_OF_ONE")
    chains = {"a": ["one/m", "two/n"], "b": ["two/n", "one/m"], "c": ["three/x", "two/n"], "d": ["four/y", "one/m"]}
    config["models"] = {name: {"targets": targets} for name, targets in chains.items()}
    room = tmp_path / "room"
    room.mkdir()
    environment = {
        "KEY_OF_ONE": KEY,
        "KEY_OF_TWO_FILE": str(tmp_path / "key"),
        "HTTPS_PROXY": f"http://{usual_proxy.authority}",
        "TMPDIR": str(room),
    }
    (tmp_path / "key").write_text(f"{KEY}-in-a-file\n")
    file = write_config(commands.home, config)
    for words in ([], ["--json"]):
        done = commands.run("drill", file, *words, environment=environment, patience_s=ALL_LIMIT_S)
        assert done.returncode == 1, done.stderr
        assert "shared_key" in done.stdout, "keys are compared, though they are not shown"
        assert KEY not in done.stdout + done.stderr
    assert [upstream.peers for upstream in (first, second, own_proxy, usual_proxy)] == [[], [], [], []]
    assert list(room.iterdir()) == [], "it clears up"
    assert not (commands.home / "data").exists(), "the data directory is not its own"


def test_what_goes_wrong_is_shown_by_playing_and_by_looking(drill: Drill) -> None:
    """The same configuration with a mistake: the rule names it, and the scenes show what callers would have seen."""
    code, report = drill(two_providers(limits={"attempts_max": 1}), *QUICK)
    assert (code, report["ok"]) == (1, False)
    assert {"no_second_attempt", "not_survived"} <= set(codes(report))
    (shown,) = [finding for finding in report["findings"] if finding["code"] == "not_survived"]
    assert (shown["weight"], shown["model"]) == ("error", "smart")
    assert "failed (502 upstream_failed)" in shown["what"]
    assert seen(report, "failed", stream=False) == [("refused", None)]
    code, report = drill(two_providers(retries={"budget_percent": 0, "budget_per_second": 0}), *QUICK)
    assert {"no_retry_budget", "not_survived"} <= set(codes(report))


@pytest.mark.parametrize(
    "limits",
    [
        {"plans": {"default": {"requests_per_minute": 3}}},
        {"models": {"smart": {"tokens_per_minute": 60}}},
        {"providers": {"one": {"requests_per_minute": 3}, "two": {"requests_per_minute": 3}}},
    ],
)
def test_limits_of_use_are_not_played(drill: Drill, limits: Section) -> None:
    """A drill asks in seconds what a house asks in hours: what that uses up is no outage."""
    code, report = drill(two_providers(limits=limits))
    assert (code, codes(report)) == (0, ["secret_not_here"])
    assert all(scene["error"] != "rate_limit_exceeded" for scene in report["scenes"])


def test_a_name_that_answers_nobody_is_found(drill: Drill) -> None:
    config = two_providers()
    only_gold = {"provider": "one", "model": "m", "when": {"headers": {"x-tier": "gold"}}}
    config["models"]["closed"] = {"targets": [only_gold]}
    code, report = drill(config, "--model", "closed", *QUICK)
    assert code == 1
    assert {"nobody_for_ordinary_calls", "does_not_answer"} <= set(codes(report))
    assert {scene["model"] for scene in report["scenes"]} == {"closed"}


def test_regions_fall_as_a_whole(drill: Drill) -> None:
    lines = [line("http://127.0.0.1:9/v1", "eu"), line("http://127.0.0.1:8/v1", "us")]
    providers = {
        "one": {"credentials": [], "lines": lines, "models": ["m"]},
        "two": provider("http://127.0.0.2:9/v1", models=["n"]) | {"region": "eu"},
    }
    _, report = drill(configuration(providers, {"smart": ["one/m", "two/n"]}), "--fault", "refused")
    scenes = {(scene["at"], scene["seen"], scene["provider"]) for scene in report["scenes"] if scene["fault"]}
    assert scenes == {
        ("line 1 of one", "whole", "one"),
        ("provider one", "whole", "two"),
        ("region eu", "whole", "one"),
        ("region us", "whole", "one"),
    }


def test_embeddings_are_asked_as_such(drill: Drill) -> None:
    providers = {"openai": {"credentials": ["env:NOT_HERE"], "models": ["text-embedding-3-small"]}}
    code, report = drill(configuration(providers, {"vectors": ["openai/text-embedding-3-small"]}), "--fault", "failed")
    assert {(scene["fault"], scene["seen"]) for scene in report["scenes"]} == {(None, "whole"), ("failed", "refused")}
    assert (code, "single_target" in codes(report)) == (1, True)


def test_secrets_that_are_not_here_are_stood_in_for(drill: Drill, commands: Commands) -> None:
    config = two_providers()
    assert commands.run("check", write_config(commands.home, config)).returncode == 1
    config["providers"]["one"]["credentials"] = ["env:KEY_OF_ONE", "file:/not/there"]
    config["listeners"] = [{"address": "127.0.0.1:0", "tls": {"certificate": "no.pem", "key": "no-key.pem"}}]
    code, report = drill(config, *QUICK)
    (hint,) = report["findings"]
    assert (code, hint["code"], hint["weight"]) == (0, "secret_not_here", "hint")
    assert {"env:KEY_OF_ONE", "env:KEY_OF_TWO", "file:/not/there"} < set(hint["of"].split(", "))
    code, report = drill(config, *QUICK, KEY_OF_TWO=KEY)
    (warning,) = report["findings"]
    assert (code, warning["code"], warning["weight"]) == (1, "missing_key", "warning"), "one is here"
    assert "KEY_OF_TWO" not in warning["of"]


def test_what_was_left_switched_off_is_found(start: StartGateway, commands: Commands) -> None:
    config = two_providers()
    keys = {"KEY_OF_ONE": KEY, "KEY_OF_TWO": f"{KEY}-2"}
    gateway = start(config=config, environment=keys)
    commands.text("provider", "disable", "two", "--reason", "a trial of ours")

    def switched() -> list[tuple[str, str]]:
        done = commands.run("drill", "bellwether.yaml", "--json", "--fault", "refused", environment=keys)
        report = json.loads(done.stdout)
        assert done.returncode == 1, done.stdout
        return [(finding["of"], finding["what"]) for finding in report["findings"]]

    told = [("two", "it is off (a trial of ours): nothing new goes there")]
    assert switched() == told, "of the running server"
    gateway.stop()
    assert switched() == told, "of its data directory"


def test_who_cannot_hold_it_says_so_and_ends_with_2(commands: Commands) -> None:
    good = write_config(commands.home, two_providers()).rename(commands.home / "good.yaml")
    bad = commands.home / "bad.yaml"
    bad.write_text("provders: {}\n")
    for words, why in (
        ([bad], "did you mean providers?"),
        (["nowhere.yaml"], "cannot read nowhere.yaml"),
        ([good, "--fault", "refsued"], "did you mean refused?"),
        ([good, "--model", "smrt"], "did you mean smart?"),
        ([], "there is no provider"),
    ):
        done = commands.run("drill", *words)
        assert (done.returncode, done.stdout) == (2, ""), done.stdout
        assert why in done.stderr


def test_all_that_is_played_and_looked_for_is_listed(commands: Commands) -> None:
    listed = json.loads(commands.text("drill", "--list", "--json"))
    assert len(listed["faults"]) > 30
    assert len(listed["findings"]) > 60
    text = commands.text("drill", "--list")
    page = (ROOT / "docs" / "operations" / "drill.md").read_text()
    for fault in listed["faults"]:
        assert fault["name"] in text
        assert f"`{fault['name']}`" in page
    for finding in listed["findings"]:
        assert finding["code"] in text
        assert f"`{finding['code']}`" in page


def test_people_get_tables_and_what_to_do(commands: Commands) -> None:
    file = write_config(commands.home, two_providers(limits={"attempts_max": 1}))
    done = commands.run("drill", file, *QUICK)
    assert done.returncode == 1
    assert "smart, its line of one, provider one\n" in done.stdout
    assert "answered by two" in done.stdout
    assert "! 502 upstream_failed" in done.stdout
    assert "error no_second_attempt  smart: limits.attempts_max" in done.stdout
    assert "-> raise limits.attempts_max" in done.stdout
    last = done.stdout.splitlines()[-2:]
    assert last == [
        "4 scenes played; times were divided by 67, and are told as parts of what a caller waits at most",
        "errors: 2, warnings: 0, hints: 1",
    ]


def test_the_examples_have_no_error_and_do_not_take_long(commands: Commands, figure: Callable[[str], None]) -> None:
    for file in ("two-providers.yaml", "three-regions.yaml", "proxies.yaml"):
        began = time.monotonic()
        command = [commands.binary, "drill", ROOT / "examples" / file, "--json"]
        done = run(command, commands.home, clean_environment(commands.home), ALL_LIMIT_S)
        took = time.monotonic() - began
        report = json.loads(done.stdout)
        assert [finding for finding in report["findings"] if finding["weight"] == "error"] == []
        if took > 2.0:
            assert "scenes, " in done.stderr, "how far it has come is told every second"
        figure(f"drill of {file}: {len(report['scenes'])} scenes in {took:.1f} s")
