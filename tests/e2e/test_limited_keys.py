"""Proves that a key may have limits from its first call on (docs/operations/keys.md), and who may say so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import Commands, StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import whole

WORDS = {"--rpm": "requests_per_minute", "--tpm": "tokens_per_minute", "--concurrency": "concurrent_requests"}


@pytest.fixture
def gateway(new_upstream: StartUpstream, start: StartGateway) -> Gateway:
    return start(config=configuration({"openai": provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL])}))


def statuses(gateway: Gateway, key: str, count: int) -> list[int]:
    with gateway.http(key) as http:
        return [http.post(CHAT_PATH, content=chat()).status_code for _ in range(count)]


def ask(gateway: Gateway, key: str | None, method: str, path: str, body: Any = None) -> Any:
    with gateway.http(key) if key else gateway.admin() as http:
        return http.request(method, f"/admin/v1{path}", json=body)


def test_a_key_is_made_with_its_limits_and_shows_them(gateway: Gateway, commands: Commands) -> None:
    said = ["keys", "create", "--name", "app", "--rpm", "2", "--tpm", "900000", "--concurrency", "5"]
    made = commands.json(*said)
    (bundle,) = made["limits"]
    expected = {"requests_per_minute": 2, "tokens_per_minute": 900000, "concurrent_requests": 5, "on_limit": "refuse"}
    assert (bundle["limits"], bundle["set_by"]) == (expected, "operator")
    assert statuses(gateway, made["key"], 3) == [200, 200, 429]
    for told in (commands.json("keys", "show", made["id"]), ask(gateway, None, "GET", f"/keys/{made['id']}").json()):
        assert told["limits"] == [bundle]
    listed = {key["name"]: key["limits"] for key in commands.json("keys", "list")["keys"]}
    assert listed.pop("app") == [bundle] and set(map(tuple, listed.values())) == {()}
    assert "rpm 2, tpm 900000, concurrent 5" in commands.text("keys", "list")
    shown = commands.text("keys", "show", made["id"])
    assert "limits        rpm 2, tpm 900000, concurrent 5" in shown and "plan          default" in shown
    assert commands.json("limits", "list")["limits"][0]["id"] == made["id"], "they are limits like any other"
    successor = commands.json("keys", "rotate", made["id"])
    assert (successor["limits"], successor["former"]["limits"]) == ([bundle], [bundle])
    audit = ask(gateway, None, "GET", "/audit?action=limit.*").json()["audit"]
    assert [(row["action"], row["subject"]) for row in audit] == [("limit.set", str(bundle["number"]))]
    commands.text("limits", "unset", str(bundle["number"]))
    assert commands.json("keys", "show", made["id"])["limits"] == []
    assert "limits        -" in commands.text("keys", "show", made["id"])


@pytest.mark.parametrize("option", list(WORDS))
@pytest.mark.parametrize(
    ("amount", "words"), [("0", "is 0; it must be from 1 to"), ("-3", "is -3; it must be"), ("99999999999", "is 99999999999; it must be from 1 to")]
)
def test_what_cannot_be_is_named_and_makes_no_key(
    gateway: Gateway, commands: Commands, option: str, amount: str, words: str
) -> None:
    refused = commands.run("keys", "create", "--name", "app", option, amount)
    assert refused.returncode != 0 and f"{WORDS[option]} {words}" in refused.stderr, refused.stderr
    reply = ask(gateway, None, "POST", "/keys", {"name": "app", WORDS[option]: int(amount)})
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, WORDS[option])
    assert [key["name"] for key in commands.json("keys", "list")["keys"]].count("app") == 0
    assert commands.json("limits", "list")["limits"] == []


def test_odd_amounts_and_keys_that_are_there_are_refused(gateway: Gateway, commands: Commands) -> None:
    for amount in ("60", 1.5, True, [60], 1e30):
        reply = ask(gateway, None, "POST", "/keys", {"name": "app", "requests_per_minute": amount})
        assert reply.status_code == 400 and "must be a whole number" in reply.json()["error"]["message"], amount
    own = commands.json("keys", "list")["keys"][0]["id"]
    reply = ask(gateway, None, "PATCH", f"/keys/{own}", {"requests_per_minute": 5})
    assert reply.status_code == 400 and "bellwether limits set" in reply.json()["error"]["message"]
    settings = {"name": "old", "tokens_per_minute": 5}
    keys = [{"row": 1, "key": "sk-from-elsewhere-0123456789", "settings": settings}]
    reply = ask(gateway, None, "POST", "/keys/import", {"keys": keys})
    assert reply.status_code == 422 and "bellwether limits set" in json.dumps(reply.json())


def test_without_a_server_the_same_is_stored_and_holds_at_the_next_start(
    gateway: Gateway, commands: Commands, start: StartGateway, new_upstream: StartUpstream
) -> None:
    gateway.stop()
    made = commands.json("keys", "create", "--name", "app", "--rpm", "1")
    assert made["limits"][0]["limits"]["requests_per_minute"] == 1
    assert "rpm 1" in commands.text("keys", "list") and "rpm 1" in commands.text("keys", "show", made["id"])
    refused = commands.run("keys", "create", "--name", "other", "--rpm", "0")
    assert refused.returncode != 0 and "requests_per_minute is 0" in refused.stderr
    again = start(
        config=configuration({"openai": provider(new_upstream(whole(CHAT_REPLY)).base_url, models=[MODEL])})
    )
    assert statuses(again, made["key"], 2) == [200, 429]


def test_a_member_makes_keys_and_an_admin_also_limits_them(gateway: Gateway, commands: Commands) -> None:
    tokens = {}
    for role in ("member", "admin"):
        email = f"{role}@example.com"
        commands.json("orgs", "members", "add", "default", "--email", email, "--role", role)
        tokens[role] = commands.json("users", "tokens", "create", email, "--name", "laptop")["token"]
    assert ask(gateway, tokens["member"], "POST", "/keys", {"name": "plain"}).status_code == 201
    wish = {"name": "limited", "requests_per_minute": 1}
    refused = ask(gateway, tokens["member"], "POST", "/keys", wish)
    assert refused.status_code == 403 and "may not set limits" in refused.json()["error"]["message"]
    made = ask(gateway, tokens["admin"], "POST", "/keys", wish)
    assert made.status_code == 201, made.text
    assert made.json()["limits"][0]["set_by"] == "organisation"
    assert statuses(gateway, made.json()["key"], 2) == [200, 429]
