"""Proves `bellwether import`: what is written serves, a dry run writes nothing, each loss is named, no secret is shown."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.foreign import LITELLM, SECRET, TOKEN, new_api_rows, statements, write_sqlite
from harness.postgres import PASSWORD, programs, start_postgres
from harness.simulator import SIMULATOR_KEY, Simulator
from harness.speech import CHAT_PATH, chat

MASTER_KEY = "made-up-master-key-of-a-test-0123456789"
OURS = {"BELLWETHER_MASTER_KEY": MASTER_KEY}


def litellm(commands: Commands, simulator: Simulator) -> Path:
    """A proxy's file whose deployments lead to the simulator."""
    path = commands.home / "config.yaml"
    path.write_text(LITELLM.format(first=simulator.nodes[0].base_url, key=SIMULATOR_KEY))
    return path


def variables(simulator: Simulator) -> dict[str, str]:
    return {"SECOND_BASE": simulator.nodes[1].base_url}


def new_api(commands: Commands, simulator: Simulator) -> Path:
    """A database whose channels lead to the simulator."""
    first, second = (node.base_url for node in simulator.nodes)
    return write_sqlite(commands.home / "one-api.db", new_api_rows(first, second, SIMULATOR_KEY))


def env_file(path: Path) -> dict[str, str]:
    """A file of variables as a container engine reads it."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def check_private(shown: str) -> None:
    for secret in (SECRET, SIMULATOR_KEY, TOKEN, PASSWORD):
        assert secret not in shown, shown


def test_what_is_made_of_a_litellm_file_serves_and_falls_back(
    commands: Commands, simulator: Simulator, start: StartGateway
) -> None:
    config = commands.home / "bellwether.yaml"
    said = commands.text("import", "litellm", litellm(commands, simulator), "--write", config, environment=variables(simulator))
    check_private(said)
    check_private(config.read_text())
    held = env_file(config.with_suffix(".env"))
    assert set(held.values()) == {SIMULATOR_KEY}
    for path in (config, config.with_suffix(".env")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for node in simulator.nodes:
        node.set(key=SIMULATOR_KEY)
    assert "is good" in commands.text("check", config, environment=held)
    gateway = start(flags=("--config", config), environment=held)
    assert gateway.http().post(CHAT_PATH, content=chat(model="fast")).status_code == 200
    first, second = simulator.nodes
    assert [json.loads(request["body"])["model"] for request in first.received(CHAT_PATH)] == ["gpt-4o-mini"]
    first.fault("status=500")
    assert gateway.http().post(CHAT_PATH, content=chat(model="fast")).status_code == 200
    assert [json.loads(request["body"])["model"] for request in second.received(CHAT_PATH)] == ["gpt-4o"]
    assert gateway.http().post(CHAT_PATH, content=chat(model="nova")).status_code == 404


def test_a_dry_run_writes_nothing_and_names_each_loss(commands: Commands, simulator: Simulator) -> None:
    source = litellm(commands, simulator)
    before = files(commands.home)
    said = commands.text("import", "litellm", source, environment=variables(simulator))
    assert said == commands.text("import", "litellm", source, "--dry-run", environment=variables(simulator))
    report = commands.json("import", "litellm", source, environment=variables(simulator))
    assert files(commands.home) == before
    lost = {finding["setting"]: finding for finding in report["findings"] if finding["became"] == "not carried"}
    for setting in (
        "model_list[0].litellm_params.rpm", "model_list[2] (nova)", "router_settings.redis_password",
        "litellm_settings.success_callback", "general_settings.master_key", "general_settings.database_url",
    ):  # fmt: skip
        assert setting in lost, sorted(lost)
        assert setting in said
    assert lost["model_list[2] (nova)"]["line"] == 13
    assert report["not_carried"] == len(lost)
    assert report["configuration"] in said + "\n"
    assert report["written"] == []
    check_private(said + json.dumps(report))


def test_files_are_not_written_over_unasked_and_bad_files_write_none(commands: Commands, simulator: Simulator) -> None:
    source = litellm(commands, simulator)
    config = commands.home / "bellwether.yaml"
    config.write_text("mine\n")
    words = ("import", "litellm", source, "--write", config)
    refused = commands.run(*words, environment=variables(simulator))
    assert (refused.returncode, config.read_text()) == (1, "mine\n")
    assert "--force" in refused.stderr
    commands.text(*words, "--force", environment=variables(simulator))
    assert config.read_text().startswith("# Made from")
    before = files(commands.home)
    source.write_text("model_list:\n\t- model_name: must-not-leak\n")
    bad = commands.run("import", "litellm", source, "--write", commands.home / "new.yaml")
    assert bad.returncode == 1
    assert "config.yaml:2:" in bad.stderr
    source.write_text("model_list: [{ model_name: m, litellm_params: { model: bedrock/x } }]\n")
    empty = commands.run("import", "litellm", source, "--write", commands.home / "new.yaml")
    assert empty.returncode == 1
    assert "nothing was written" in empty.stderr
    assert "bedrock" in empty.stdout
    check_private(bad.stdout + bad.stderr + empty.stdout + empty.stderr)
    assert files(commands.home) == before


def test_what_is_made_of_a_new_api_database_serves_by_priority(
    commands: Commands, simulator: Simulator, start: StartGateway
) -> None:
    config = commands.home / "bellwether.yaml"
    source = new_api(commands, simulator)
    untouched = source.read_bytes()
    said = commands.text("import", "new-api", source, "--write", config, environment=OURS)
    assert source.read_bytes() == untouched
    check_private(said + config.read_text())
    held = env_file(config.with_suffix(".env"))
    gateway = start(flags=("--config", config), environment=held)
    assert gateway.http().post(CHAT_PATH, content=chat(model="fast")).status_code == 200
    main, backup = simulator.nodes
    assert [json.loads(request["body"])["model"] for request in main.received(CHAT_PATH)] == ["gpt-4o-mini"]
    main.fault("status=503")
    assert gateway.http().post(CHAT_PATH, content=chat(model="fast")).status_code == 200
    assert len(backup.received(CHAT_PATH)) == 1


def digest_key(master: str = MASTER_KEY) -> bytes:
    """What digests of keys hang on: HKDF-SHA256 of the master key, without a salt."""
    extracted = hmac.new(b"\0" * 32, master.encode(), hashlib.sha256).digest()
    return hmac.new(extracted, b"bellwether key hash v1\x01", hashlib.sha256).digest()


def test_keys_and_balances_are_carried_as_digests_and_whole_amounts(commands: Commands, simulator: Simulator) -> None:
    config = commands.home / "bellwether.yaml"
    commands.text("import", "new-api", new_api(commands, simulator), "--write", config, environment=OURS)
    path = commands.home / "bellwether.accounts.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    check_private(path.read_text())
    records = [json.loads(line) for line in path.read_text().splitlines()]
    head, *others = records
    assert (head["format"], head["version"], head["quota_per_usd"]) == ("bellwether.accounts", 1, "500000")
    mark = hmac.new(digest_key(), b"accounts\nv1", hashlib.sha256).hexdigest()
    assert head["key_mark"] == mark
    user = next(record for record in others if record["record"] == "user")
    assert (user["name"], user["role"], user["quota"]) == ("root", "owner", 123456789)
    key = next(record for record in others if record["record"] == "key")
    assert key["digest"] == hmac.new(digest_key(), f"sk-{TOKEN}".encode(), hashlib.sha256).hexdigest()
    assert (key["user"], key["quota"], key["is_unlimited"], key["models"]) == (1, 500000, False, ["fast"])
    assert not (commands.home / "data").exists(), "with a master key of its own it needs no data directory"


def test_digests_are_those_of_the_gateway_that_runs_on_the_data_directory(
    commands: Commands, simulator: Simulator, start: StartGateway
) -> None:
    gateway = start()
    assert gateway.data_dir == commands.home / "data"
    commands.text("import", "new-api", new_api(commands, simulator), "--write", commands.home / "b.yaml")
    head = json.loads((commands.home / "b.accounts.jsonl").read_text().splitlines()[0])
    master = (gateway.data_dir / "master.key").read_text().strip()
    assert head["key_mark"] == hmac.new(digest_key(master), b"accounts\nv1", hashlib.sha256).hexdigest()


def check_new_api_report(commands: Commands, source: str | Path, environment: dict[str, str] | None = None) -> None:
    done = commands.run("import", "new-api", source, "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    check_private(done.stdout + done.stderr)
    lost = {finding["setting"] for finding in report["findings"] if finding["became"] == "not carried"}
    wanted = {"channel 3 (vertex)", "channel 2 (main)", "channel 2 (main) param_override", "options SMTPToken"}
    assert wanted <= lost, lost
    assert "fast:\n    targets:\n      - main/gpt-4o-mini\n      - backup/gpt-4o-mini\n" in report["configuration"]
    assert [v["name"] for v in report["variables"]] == ["NEW_API_CHANNEL_1_KEY", "NEW_API_CHANNEL_2_KEY"]


def test_the_same_comes_of_sqlite_and_json(commands: Commands, simulator: Simulator) -> None:
    check_new_api_report(commands, new_api(commands, simulator))
    first, second = (node.base_url for node in simulator.nodes)
    rows = new_api_rows(first, second, SIMULATOR_KEY)
    del rows["redemptions"]
    whole = commands.home / "all.json"
    whole.write_text(json.dumps(rows))
    check_new_api_report(commands, whole)
    (commands.home / "export").mkdir()
    for table, listed in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in listed)
        (commands.home / "export" / f"{table}.jsonl").write_text(lines)
    before = files(commands.home)
    check_new_api_report(commands, commands.home / "export")
    assert files(commands.home) == before, "a dry run needs no data directory"


@pytest.mark.skipif(programs() is None, reason="this machine has no PostgreSQL")
def test_the_same_comes_of_postgresql(commands: Commands, simulator: Simulator) -> None:
    first, second = (node.base_url for node in simulator.nodes)
    with start_postgres(statements(new_api_rows(first, second, SIMULATOR_KEY))) as url:
        check_new_api_report(commands, url)
        check_new_api_report(commands, "env:SQL_DSN", {"SQL_DSN": url})
        wrong = commands.run("import", "new-api", url.replace(PASSWORD, "another-password"))
        assert wrong.returncode == 1
        assert "password authentication failed" in wrong.stderr


def test_other_sources_are_refused_with_what_to_do(commands: Commands) -> None:
    def refused(source: str) -> str:
        done = commands.run("import", "new-api", source, "--write", "b.yaml")
        assert done.returncode == 1
        check_private(done.stdout + done.stderr)
        return done.stderr

    for url in ("mysql://root:must-not-leak@db/oneapi", "root:must-not-leak@tcp(db:3306)/oneapi"):
        assert "of MySQL export the tables" in refused(url)
    assert "cannot read" in refused("nowhere.db")
    (commands.home / "text.db").write_text("must-not-leak, and no rows")
    assert "neither" in refused("text.db")
    (commands.home / "few.json").write_text('[{"id":1,"type":27,"models":"m","key":"must-not-leak"}]')
    assert "--layout" in refused("few.json")
    assert not (commands.home / "b.yaml").exists()
    few = commands.json("import", "one-api", "few.json", "--layout", "one-api")
    assert "kind: minimax" in few["configuration"]
