"""Proves the life of organisations, projects and users as people lead it: by commands, with a server and without."""

from __future__ import annotations

from conftest import StartGateway
from harness.commands import Commands
from harness.gateway import UPSTREAM_KEY
from harness.speech import CHAT_PATH, chat
from harness.upstream import Upstream


def test_a_suspended_organisation_is_cut_off_at_once_and_comes_back(
    start: StartGateway, commands: Commands, upstream: Upstream
) -> None:
    gateway = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    commands.json("orgs", "create", "Acme", "--tag", "plan=gold")
    project = commands.json("projects", "create", "app", "--org", "Acme")["id"]
    key = commands.json("keys", "create", "--name", "shop", "--project", project)["key"]
    caller = gateway.http(key=key)
    assert caller.post(CHAT_PATH, content=chat()).status_code == 200
    assert "is suspended" in commands.text("orgs", "suspend", "Acme", "--reason", "did not pay", "--by", "ada")
    answer = caller.post(CHAT_PATH, content=chat())
    assert answer.status_code == 403
    assert "suspended" in answer.json()["error"]["message"]
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 200, "others go on"
    again = commands.run("orgs", "suspend", "Acme")
    assert again.returncode == 1
    assert "is suspended already" in again.stderr
    gateway.stop()

    again = start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})
    assert again.http(key=key).post(CHAT_PATH, content=chat()).status_code == 403, "a restart forgets nothing"
    commands.text("orgs", "resume", "Acme")
    assert again.http(key=key).post(CHAT_PATH, content=chat()).status_code == 200
    told = commands.json("audit", "list")["audit"]
    suspended = next(entry for entry in told if entry["action"] == "organisation.suspend")
    assert (suspended["by"], suspended["reason"]) == ("ada", "did not pay")


def test_a_project_goes_with_its_keys_or_not_at_all(start: StartGateway, commands: Commands) -> None:
    gateway = start()
    project = commands.json("projects", "create", "app")["id"]
    key = commands.json("keys", "create", "--name", "shop", "--project", project)
    refused = commands.run("projects", "archive", project)
    assert refused.returncode == 1
    assert "has 1 keys that are in use" in refused.stderr
    assert gateway.http(key=key["key"]).get("/v1/models").status_code == 200
    told = commands.text("projects", "archive", project, "--revoke-keys")
    assert key["id"] in told
    assert gateway.http(key=key["key"]).get("/v1/models").status_code == 401
    late = commands.run("keys", "create", "--name", "late", "--project", project)
    assert late.returncode == 1, "it gets no keys any more"


def test_commands_act_as_the_user_whose_token_is_given(start: StartGateway, commands: Commands) -> None:
    start()
    commands.json("orgs", "create", "Acme")
    commands.json("orgs", "create", "Other")
    commands.json("orgs", "members", "add", "Acme", "--email", "Ada@Example.com", "--name", "Ada", "--role", "admin")
    token = commands.json("users", "tokens", "create", "ada@example.com", "--name", "laptop", "--expires-days", "7")
    ada = {"BELLWETHER_ADMIN_KEY": token["token"]}
    assert "admin of org_" in commands.text("users", "me", environment=ada)
    assert [org["name"] for org in commands.json("orgs", "list", environment=ada)["organisations"]] == ["Acme"]
    project = commands.json("projects", "create", "app", environment=ada)
    assert project["organisation"] == commands.json("orgs", "show", "Acme")["id"]
    for words, why in [
        (("orgs", "create", "Mine"), "is for the operator"),
        (("orgs", "show", "Other"), "there is no organisation"),
        (("orgs", "members", "add", "Acme", "--email", "x@example.com", "--role", "owner"), "may not make"),
        (("prices", "list"), "is for the operator"),
    ]:
        done = commands.run(*words, environment=ada)
        assert done.returncode == 1
        assert why in done.stderr, words
    assert token["token"] not in commands.text("users", "tokens", "list", "ada@example.com")
    commands.text("users", "suspend", "ada@example.com")
    done = commands.run("orgs", "list", environment=ada)
    assert "is suspended since" in done.stderr


def test_without_a_server_the_data_directory_is_used(start: StartGateway, commands: Commands) -> None:
    nowhere = commands.run("orgs", "list")
    assert nowhere.returncode == 1
    assert "there is no data directory" in nowhere.stderr
    start().stop()
    commands.json("orgs", "create", "Acme")
    commands.json("orgs", "change", "Acme", "--display-name", "Acme & Söhne", "--tag", "plan=gold")
    member = commands.json("orgs", "members", "add", "Acme", "--email", "ada@example.com", "--role", "owner")
    token = commands.json("users", "tokens", "create", member["user"], "--name", "laptop")["token"]
    project = commands.json("projects", "create", "app", "--org", "Acme")["id"]
    assert project in commands.text("projects", "list", "--org", "Acme")
    assert "Acme & Söhne" in commands.text("orgs", "list")
    last = commands.run("orgs", "members", "remove", "Acme", "ada@example.com")
    assert "needs an owner" in last.stderr
    assert "no server runs here" in commands.run("users", "me").stderr

    gateway = start()
    me = gateway.http(key=token).get("/admin/v1/me").raise_for_status().json()
    assert me["user"]["email"] == "ada@example.com"
    assert me["roles"][0]["role"] == "owner"
    told = commands.json("audit", "list")["audit"]
    made = [entry for entry in told if entry["action"].startswith(("organisation.", "member.", "token."))]
    assert {entry["actor"] for entry in made} == {"data directory"}
    assert len(made) == 4
