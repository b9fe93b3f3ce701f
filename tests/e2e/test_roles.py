"""Proves who may do what at the admin API of the real binary: every route, every role, one's own and another's things.

The expectations are written by hand; a route of the source without a row here fails. A change that is allowed is asked
of something that is not there and must get beyond the guard, so that nothing is taken away from the rows behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import ROOT, StartGateway
from harness.commands import Commands
from harness.gateway import Gateway
from harness.postgres import programs, start_postgres

ROUTES = ROOT / "crates/app/admin/src/routes"
ROLES = ("owner", "admin", "member", "viewer", "billing")
# What belongs to one organisation is named so: who sees it from outside has seen too much.
MARK = "Keepsake"

OPERATOR: tuple[str, ...] = ()
RUN = ("owner", "admin")
WORK = ("owner", "admin", "member")
LOOK = ("owner", "admin", "member", "viewer")
ALL = ROLES

# Method, path, who may.
ROWS: list[tuple[str, str, tuple[str, ...]]] = [
    ("GET", "/health", OPERATOR),
    ("GET", "/stats", OPERATOR),
    ("POST", "/reload", OPERATOR),
    ("GET", "/config", OPERATOR),
    ("GET", "/config/versions", OPERATOR),
    ("GET", "/config/difference", OPERATOR),
    ("POST", "/config/revert", OPERATOR),
    ("POST", "/explain", OPERATOR),
    ("POST", "/roi", OPERATOR),
    ("GET", "/providers", OPERATOR),
    ("POST", "/providers/check", OPERATOR),
    ("GET", "/cache", OPERATOR),
    ("POST", "/cache/flush", OPERATOR),
    ("POST", "/providers/{id}/disable", OPERATOR),
    ("POST", "/providers/{id}/drain", OPERATOR),
    ("POST", "/providers/{id}/enable", OPERATOR),
    ("GET", "/audit", RUN),
    ("GET", "/audit/verify", OPERATOR),
    ("GET", "/secrets", OPERATOR),
    ("PUT", "/secrets/{name}", OPERATOR),
    ("DELETE", "/secrets/{name}", OPERATOR),
    ("POST", "/secrets/rotate", OPERATOR),
    ("GET", "/prices", OPERATOR),
    ("PUT", "/prices", OPERATOR),
    ("GET", "/prices/versions", OPERATOR),
    ("GET", "/prices/{version}", OPERATOR),
    ("POST", "/prices/check", OPERATOR),
    ("GET", "/prices/difference", OPERATOR),
    ("POST", "/prices/rate", OPERATOR),
    ("GET", "/prices/draft", OPERATOR),
    ("POST", "/prices/draft", OPERATOR),
    ("DELETE", "/prices/draft", OPERATOR),
    ("POST", "/prices/draft/approve", OPERATOR),
    ("GET", "/requests", ALL),
    ("GET", "/reports", ALL),
    ("GET", "/reports/daily", ALL),
    ("GET", "/reports/margin", OPERATOR),
    ("POST", "/whatif", ALL),
    ("GET", "/accounts", ALL),
    ("POST", "/accounts", OPERATOR),
    ("GET", "/accounts/{account}", ALL),
    ("PATCH", "/accounts/{account}", OPERATOR),
    ("POST", "/accounts/{account}/credit", OPERATOR),
    ("POST", "/accounts/{account}/debit", OPERATOR),
    ("GET", "/vouchers", OPERATOR),
    ("POST", "/vouchers", OPERATOR),
    ("POST", "/vouchers/redeem", OPERATOR),
    ("POST", "/vouchers/{number}/revoke", OPERATOR),
    ("GET", "/orders", OPERATOR),
    ("POST", "/orders", OPERATOR),
    ("POST", "/orders/{number}/confirm", OPERATOR),
    ("POST", "/orders/{number}/cancel", OPERATOR),
    ("GET", "/ledger/entries", ALL),
    ("GET", "/ledger/holds", ALL),
    ("GET", "/ledger/statement", ALL),
    ("POST", "/ledger/verify", OPERATOR),
    ("GET", "/ledger/verify", OPERATOR),
    ("GET", "/budgets", ALL),
    ("POST", "/budgets", RUN),
    ("PATCH", "/budgets/{number}", RUN),
    ("DELETE", "/budgets/{number}", RUN),
    ("GET", "/limits", ALL),
    ("GET", "/limits/plans", ALL),
    ("POST", "/limits", RUN),
    ("DELETE", "/limits/{number}", RUN),
    ("GET", "/alerts", OPERATOR),
    ("GET", "/alerts/deliveries", OPERATOR),
    ("POST", "/alerts/test", OPERATOR),
    ("POST", "/alerts/silences", OPERATOR),
    ("DELETE", "/alerts/silences/{number}", OPERATOR),
    ("GET", "/organisations", ALL),
    ("POST", "/organisations", OPERATOR),
    ("GET", "/organisations/{organisation}", ALL),
    ("PATCH", "/organisations/{organisation}", RUN),
    ("POST", "/organisations/{organisation}/suspend", OPERATOR),
    ("POST", "/organisations/{organisation}/resume", OPERATOR),
    ("GET", "/organisations/{organisation}/members", LOOK),
    ("POST", "/organisations/{organisation}/members", RUN),
    ("PATCH", "/organisations/{organisation}/members/{user}", RUN),
    ("DELETE", "/organisations/{organisation}/members/{user}", RUN),
    ("GET", "/projects", ALL),
    ("POST", "/projects", RUN),
    ("GET", "/projects/{project}", ALL),
    ("PATCH", "/projects/{project}", RUN),
    ("POST", "/projects/{project}/archive", RUN),
    ("GET", "/users", LOOK),
    ("POST", "/users", OPERATOR),
    ("GET", "/users/{user}", LOOK),
    ("PATCH", "/users/{user}", OPERATOR),
    ("POST", "/users/{user}/suspend", OPERATOR),
    ("POST", "/users/{user}/resume", OPERATOR),
    ("GET", "/keys", LOOK),
    ("POST", "/keys", WORK),
    ("GET", "/keys/{key}", LOOK),
    ("PATCH", "/keys/{key}", WORK),
    ("DELETE", "/keys/{key}", WORK),
    ("POST", "/keys/{key}/rotate", WORK),
    ("POST", "/keys/import", WORK),
]
# Whether these are one's business hangs on whom one asks about; told apart below.
ABOUT_SOMEBODY = [
    ("GET", "/me"),
    ("GET", "/users/{user}/tokens"),
    ("POST", "/users/{user}/tokens"),
    ("DELETE", "/users/{user}/tokens/{token}"),
]
# Of the one account that there can be meant: a foreigner has none.
OF_ONE_ACCOUNT = {("GET", "/ledger/holds"), ("GET", "/ledger/statement")}
# A body that each of these takes, whose organisation or project is the scene's.
BODIES = {
    ("POST", "/budgets"): {"project": "{project}", "period": "day", "limit": "5"},
    ("PATCH", "/budgets/{number}"): {"limit": "5"},
    ("POST", "/limits"): {"project": "{project}", "requests_per_minute": 5},
    ("POST", "/projects"): {"organisation": "{organisation}", "name": "x"},
    ("POST", "/keys"): {"project": "{project}", "name": "x"},
    ("POST", "/keys/import"): {
        "keys": [{"row": 1, "key": "sk-a-key-from-elsewhere", "settings": {"name": "x", "project": "{project}"}}]
    },
    ("PATCH", "/organisations/{organisation}"): {"name": "x"},
    ("POST", "/organisations/{organisation}/members"): {"email": "new@example.com", "role": "viewer"},
    ("PATCH", "/organisations/{organisation}/members/{user}"): {"role": "viewer"},
    ("PATCH", "/projects/{project}"): {"name": "x"},
    ("PATCH", "/keys/{key}"): {"is_strict": True},
    ("POST", "/whatif"): {"map": ["gpt-4o=gpt-4o-mini"]},
}
SMALL_JOURNAL = {"ledger": {"segment_bytes": 1 << 20}}
# Who has no calls has none of that model either.
SECOND_STATUS = {("POST", "/keys/import"): 422, ("POST", "/whatif"): 400}


@dataclass(frozen=True)
class Scene:
    """A gateway with two organisations, the things of one of them, and a token for everybody."""

    gateway: Gateway
    things: dict[str, str]
    tokens: dict[str, str]
    clients: dict[str | None, httpx.Client]

    def ask(self, who: str | None, method: str, path: str, *, absent: bool = False) -> httpx.Response:
        body = BODIES.get((method, path), {})
        text = httpx.Request("POST", "http://x", json=body).content.decode()
        for name, thing in self.things.items():
            there = re.sub(r"_.*", "_" + "0" * 20, thing) if absent else thing
            path, text = path.replace("{" + name + "}", there), text.replace("{" + name + "}", there)
        if who not in self.clients:
            self.clients[who] = self.gateway.http(key=self.tokens[who] if who else "")
        client = self.clients[who]
        content = None if method in ("GET", "DELETE") else text
        headers = {"content-type": "application/json"} if content else {}
        return client.request(method, f"/admin/v1{path}", content=content, headers=headers)


def set_scene(gateway: Gateway, commands: Commands) -> Scene:
    """Made as an operator would: with the commands, beside the running server."""
    own = commands.json("orgs", "create", "Own", "--display-name", MARK)["id"]
    commands.json("orgs", "create", "Elsewhere")
    project = commands.json("projects", "create", MARK, "--org", "Own")["id"]
    key = commands.json("keys", "create", "--name", MARK, "--project", project)
    wish = ("--email", "k@example.com", "--name", MARK, "--role", "member")
    member = commands.json("orgs", "members", "add", "Own", *wish)
    tokens = {"operator": gateway.admin_key, "callers key": key["key"], "unknown": "bwu_nobody-knows-this-one"}

    def come(name: str, organisation: str | None, role: str) -> str:
        email = f"{name.replace(' ', '-')}@example.com"
        if organisation:
            commands.json("orgs", "members", "add", organisation, "--email", email, "--role", role)
        else:
            commands.json("users", "create", email, "--name", "Guest")
        made = commands.json("users", "tokens", "create", email, "--name", "guest")
        tokens[name] = made["token"]
        return made["id"]

    for role in ROLES:
        come(f"own {role}", "Own", role)
        come(f"foreign {role}", "Elsewhere", role)
    come("stray", None, "")
    come("suspended", "Own", "admin")
    commands.text("users", "suspend", "suspended@example.com", "--reason", "left us")
    revoked = come("revoked", "Own", "admin")
    commands.text("users", "tokens", "revoke", "revoked@example.com", revoked)
    token = commands.json("users", "tokens", "create", "k@example.com", "--name", MARK)["id"]
    account = str(commands.json("accounts", "create", "Own")["number"])
    things = {"organisation": own, "project": project, "key": key["id"], "user": member["user"], "token": token}
    things["account"] = account
    return Scene(gateway, things, tokens, {})


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, start: StartGateway, commands: Commands) -> Iterator[Scene]:
    if request.param == "sqlite":
        yield set_scene(start(config=SMALL_JOURNAL), commands)
        return
    if programs() is None:
        pytest.skip("no PostgreSQL here")
    with start_postgres("SELECT 1") as url:
        gateway = start(config=SMALL_JOURNAL, environment={"BELLWETHER_DATABASE_URL": url})
        yield set_scene(gateway, commands)
        gateway.stop()


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_every_route_has_one_row_and_every_row_a_route() -> None:
    text = "".join(path.read_text() for path in sorted(Path(ROUTES).glob("*/mod.rs")))
    routes = re.findall(r'method: Method::(\w+),\s*path: "([^"]+)"', text)
    nameless = re.compile(r"\{\w+\}")
    listed = sorted(f"{method} {nameless.sub('{}', path)}" for method, path in routes)
    rows = sorted(f"{row[0]} {nameless.sub('{}', row[1])}" for row in [*ROWS, *ABOUT_SOMEBODY])
    assert listed == rows
    assert len(set(rows)) == len(rows) > 50


def test_every_role_may_what_its_row_says(scene: Scene) -> None:
    for method, path, may in ROWS:
        cell = f"{method} {path}"
        for role in ROLES:
            if role not in may:
                assert refused(scene.ask(f"own {role}", method, path)) == (403, "permission_denied"), (role, cell)
            elif method == "GET":
                assert scene.ask(f"own {role}", method, path).status_code == 200, (role, cell)
            else:
                status = scene.ask(f"own {role}", method, path, absent=True).status_code
                assert status == SECOND_STATUS.get((method, path), 404), (role, cell)
        stray = scene.ask("stray", method, path)
        assert refused(stray) == (403, "permission_denied"), cell
        assert scene.ask("operator", method, path, absent=True).status_code not in (401, 403), cell


def test_nobody_learns_of_or_changes_what_another_organisation_has(scene: Scene) -> None:
    before = scene.ask("operator", "GET", "/audit").json()["audit"][0]["number"]
    for method, path, may in ROWS:
        for role in ROLES:
            cell = (role, f"{method} {path}")
            answer = scene.ask(f"foreign {role}", method, path)
            assert MARK not in answer.text, cell
            if role not in may:
                assert refused(answer) == (403, "permission_denied"), cell
                continue
            is_list = method == "GET" and "{" not in path and (method, path) not in OF_ONE_ACCOUNT
            assert answer.status_code == (200 if is_list else SECOND_STATUS.get((method, path), 404)), cell
            absent = scene.ask(f"foreign {role}", method, path, absent=True)
            assert masked(absent) == masked(answer), f"that it exists is told: {cell}"
    assert scene.ask("operator", "GET", "/audit").json()["audit"][0]["number"] == before, "nothing was changed"


def masked(answer: httpx.Response) -> tuple[int, str]:
    """Status and text, in which ids and the request's own id are all alike."""
    text = re.sub(r'"request_id":"\w+"', "", answer.text)
    return answer.status_code, re.sub(r"(org|proj|user|utok|key)_\w{20}", r"\1_…", text)


def test_who_is_nobody_is_refused_everywhere(scene: Scene) -> None:
    codes = {
        None: "invalid_api_key",
        "unknown": "invalid_api_key",
        "callers key": "invalid_api_key",
        "suspended": "user_suspended",
        "revoked": "token_revoked",
    }
    for method, path in [row[:2] for row in [*ROWS, *ABOUT_SOMEBODY]]:
        for who, code in codes.items():
            answer = scene.ask(who, method, path)
            assert refused(answer) == (401, code), (who, method, path)
            assert MARK not in answer.text
            assert not re.search(r"bwu?_\w{20}", answer.text), "no key comes back"


def test_tokens_are_between_a_user_and_who_governs_him(scene: Scene) -> None:
    """The user asked about is a member of the organisation."""
    tokens = "/users/{user}/tokens"
    for role in ROLES:
        may_see = 200 if role in RUN else 403
        assert scene.ask(f"own {role}", "GET", tokens).status_code == may_see, role
        assert scene.ask(f"own {role}", "POST", tokens).status_code in (400, 403), role
        gone = scene.ask(f"own {role}", "DELETE", tokens + "/utok_0").status_code
        assert gone == (404 if role in RUN else 403), role
        for method, path in ABOUT_SOMEBODY[1:]:
            status = scene.ask(f"foreign {role}", method, path).status_code
            assert status in (400, 404) if method == "POST" else status == 404, (role, method, path)
        me = scene.ask(f"own {role}", "GET", "/me").json()
        assert [seat["role"] for seat in me["roles"]] == [role]
    assert scene.ask("own admin", "DELETE", tokens + "/{token}").json()["state"] == "revoked"
