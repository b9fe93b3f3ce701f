"""Proves that a PostgreSQL server does what the file in the data directory does, and what happens when it is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import Launch, StartGateway
from harness.commands import Commands
from harness.gateway import UPSTREAM_KEY
from harness.postgres import PASSWORD, programs, start_postgres
from harness.process import until
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream

pytestmark = pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")


@pytest.fixture
def database() -> Iterator[str]:
    with start_postgres("SELECT 1") as url:
        yield url


def environment(database: str, upstream: Upstream) -> dict[str, str]:
    provider = {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url}
    return {"BELLWETHER_DATABASE_URL": database, **provider}


def test_keys_last_in_the_server_and_not_in_the_directory(
    start: StartGateway, commands: Commands, upstream: Upstream, database: str
) -> None:
    gateway = start(environment=environment(database, upstream))
    assert "database   PostgreSQL at localhost/postgres" in gateway.process.output
    made = gateway.admin().post("/admin/v1/keys", json={"name": "shop"}).raise_for_status().json()
    assert gateway.http(key=made["key"]).post(CHAT_PATH, content=chat()).status_code == 200
    assert not (gateway.data_dir / "bellwether.db").exists()
    gateway.stop()

    again = start(environment=environment(database, upstream))
    assert again.http(key=made["key"]).post(CHAT_PATH, content=chat()).status_code == 200
    again.admin().delete(f"/admin/v1/keys/{made['id']}").raise_for_status()
    assert again.http(key=made["key"]).post(CHAT_PATH, content=chat()).status_code == 401
    again.stop()

    listed = commands.run("keys", "list", environment={"BELLWETHER_DATABASE_URL": database})
    assert "shop" in listed.stdout, "without a server, commands open the database themselves"
    assert "revoked" in listed.stdout


def test_a_second_gateway_is_told_who_has_the_database(
    start: StartGateway, launch: Launch, upstream: Upstream, database: str
) -> None:
    start(environment=environment(database, upstream))
    second, _ = launch(home="another", environment=environment(database, upstream))
    assert second.wait() == 1
    assert "the database is in use by bellwether, process " in second.output
    assert PASSWORD not in second.output


def test_known_keys_keep_working_while_the_server_is_away(
    start: StartGateway, upstream: Upstream
) -> None:
    with start_postgres("SELECT 1") as database:
        gateway = start(environment=environment(database, upstream))
        made = gateway.admin().post("/admin/v1/keys", json={"name": "shop"}).raise_for_status().json()
    caller, admin = gateway.http(key=made["key"]), gateway.admin()
    assert caller.post(CHAT_PATH, content=chat()).status_code == 200
    refused = admin.post("/admin/v1/keys", json={"name": "another"}, timeout=30)
    assert refused.status_code in {500, 503}, "a fault of the store is none of the key"
    assert PASSWORD not in refused.text
    # A leaked key does not wait for a database: it is refused at once, and whoever revoked it is told what is missing.
    half = admin.delete(f"/admin/v1/keys/{made['id']}", timeout=30)
    assert half.status_code in {500, 503}
    assert "refused from now on" in half.text
    assert caller.post(CHAT_PATH, content=chat()).status_code == 401


def test_what_is_no_server_is_refused_with_a_reason(launch: Launch, upstream: Upstream) -> None:
    for url, words in [
        ("mysql://me:secret-of-mine@host/db", "it must be a URL that begins with postgres://"),
        ("postgres://me:secret-of-mine@127.0.0.1:9/db", "cannot use the database of BELLWETHER_DATABASE_URL"),
    ]:
        process, _ = launch(home=str(len(words)), environment=environment(url, upstream))
        assert process.wait(20) == 1
        until(lambda: words in process.output, words)
        assert "secret-of-mine" not in process.output
