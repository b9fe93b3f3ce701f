"""Proves docs/operations/ledger.md, "Whose running calls": two gateways on one table of running calls never settle each other's calls."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from conftest import Launch, StartGateway, StartUpstream
from harness.amounts import INPUT_NANO, NANO, OUTPUT_NANO, REPLY_NANO
from harness.commands import Commands
from harness.config import Section
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import Exchange, chunk, stream_head, whole
from test_paying import Accounts, configured, stream_of

#: What comes of a stream before its gateway is killed.
PIECES = 400
#: At least so much of it is in its slot by then.
LEAST_NANO = PIECES * OUTPUT_NANO // 2


def unended(exchange: Exchange) -> None:
    """A stream that never ends; a whole answer for the rest."""
    if not exchange.received.json.get("stream"):
        whole(CHAT_REPLY)(exchange)
        return
    exchange.send(stream_head())
    for event in stream_of(PIECES):
        exchange.send(chunk(event))
    until(lambda: exchange.saw_hang_up_within(0.05), "its reader has gone")
    exchange.close()


@pytest.fixture
def config(new_upstream: StartUpstream, tmp_path: Path) -> Section:
    """One provider, and a table of running calls that is not in the data directory."""
    return configured(new_upstream(unended), slots_file=str(tmp_path / "slots"))


def kill_in_a_call(gateway: Gateway) -> None:
    """All pieces of a stream have come when it is killed, and not its end."""
    told = 0
    with httpx.Client(base_url=gateway.url, headers={"authorization": f"Bearer {gateway.key}"}, trust_env=False) as http:
        try:
            with http.stream("POST", CHAT_PATH, content=chat(stream=True, max_tokens=2 * PIECES)) as reply:
                assert reply.status_code == 200
                for line in reply.iter_lines():
                    told += '"content": "word' in line
                    if told == PIECES and gateway.process.is_running:
                        gateway.process.kill()
        except httpx.TransportError:
            return
    raise AssertionError("the stream has ended")


def test_calls_of_another_gateway_are_refused_and_settled_by_their_own(
    start: StartGateway, launch: Launch, config: Section, tmp_path: Path, commands: Commands
) -> None:
    table = Path(config["ledger"]["slots_file"])
    second = start(home="second", config=config)
    Accounts(second).open(NANO)
    with second.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    assert Accounts(second).wait_until_nothing_is_held() == NANO - REPLY_NANO

    # Both at once: who comes later is told so, at his start or with his first account.
    first = start(config=config)
    refused = Accounts(first).ask("POST", "/accounts", {"organisation": "default"}, status=500)
    assert "in use by another process" in refused["error"]["message"] and str(table) in refused["error"]["message"]
    second.stop()
    Accounts(first).open(NANO)
    process, _ = launch(home="second", config=config)
    assert process.wait() == 1
    assert "in use by another process" in process.stderr

    kill_in_a_call(first)
    left = table.read_bytes()
    process, home = launch(home="second", config=config)
    assert process.wait() == 1
    for place in (table, tmp_path / "home" / "data" / "ledger", home / "data" / "ledger", "ledger.slots_file"):
        assert str(place) in process.stderr, place
    assert table.read_bytes() == left, "nothing was changed"

    first = start(config=config)
    spent = NANO - Accounts(first).wait_until_nothing_is_held()
    assert LEAST_NANO <= spent <= 2 * PIECES * (INPUT_NANO + OUTPUT_NANO), "what its slot said"
    first.stop()
    assert commands.json("ledger", "verify")["is_intact"] is True
    second = start(home="second", config=config)
    assert Accounts(second).balance() == NANO - REPLY_NANO, "nothing of the other's"


def test_a_journal_from_before_ids_gets_one_and_goes_on(start: StartGateway, config: Section, tmp_path: Path) -> None:
    gateway = start(config=config)
    Accounts(gateway).open(NANO)
    kept = tmp_path / "home" / "data" / "ledger" / "node-0" / "id"
    first = kept.read_text()
    assert len(first) == 33 and kept.stat().st_mode & 0o777 == 0o600
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    assert Accounts(gateway).wait_until_nothing_is_held() == NANO - REPLY_NANO
    gateway.stop()
    gateway = start(config=config)
    assert kept.read_text() == first, "for good"
    gateway.stop()
    # As an older version has left it, in good order.
    kept.unlink()
    gateway = start(config=config)
    assert kept.read_text() not in ("", first)
    assert Accounts(gateway).balance() == NANO - REPLY_NANO


def test_what_the_lost_journal_left_is_settled_by_the_one_that_is_begun_anew(
    start: StartGateway, launch: Launch, config: Section, tmp_path: Path, commands: Commands
) -> None:
    gateway = start(config=config)
    Accounts(gateway).open(NANO)
    with gateway.http() as http:
        assert http.post(CHAT_PATH, content=chat()).status_code == 200
    Accounts(gateway).wait_until_nothing_is_held()
    until(lambda: Accounts(gateway).ask("GET", "/ledger/entries?account=1")["entries"], "the database has them")
    kill_in_a_call(gateway)
    folder = tmp_path / "home" / "data" / "ledger"
    before = (folder / "node-0" / "id").read_text()
    folder.rename(tmp_path / "lost")
    process, _ = launch(config=config)
    assert process.wait() == 1
    assert "bellwether ledger begin-anew" in process.stderr
    small = ["--config", str(tmp_path / "home" / "bellwether.yaml")]
    assert "goes on behind record" in commands.text(*small, "ledger", "begin-anew", "--reason", "a test")
    assert (folder / "node-0" / "id").read_text() != before, "another journal"
    gateway = start(config=config)
    spent = NANO - Accounts(gateway).wait_until_nothing_is_held()
    assert REPLY_NANO + LEAST_NANO <= spent <= REPLY_NANO + 2 * PIECES * (INPUT_NANO + OUTPUT_NANO)
    gateway.stop()
    assert commands.json("ledger", "verify")["is_intact"] is True
