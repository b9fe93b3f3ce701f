"""Proves that mail about alerts goes by TLS to a server whose certificate is known, and no other way where TLS is asked for."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from conftest import StartGateway
from harness.commands import Commands
from harness.receivers import Post, mail_server

PASSWORD = "a-password-of-these-tests"
LOGIN = ("gateway", PASSWORD)


def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@contextmanager
def server(kind: str, authority: trustme.CA) -> Iterator[Post]:
    """A mail server that speaks TLS as `kind` says; `none` knows of no TLS at all."""
    context = certified(authority)
    with mail_server(
        tls=context if kind == "tls" else None, starttls=context if kind == "starttls" else None
    ) as post:
        yield post


def mail(post: Post, tls: str, host: str = "localhost") -> dict[str, Any]:
    return {
        "kind": "email",
        "host": host,
        "port": post.port,
        "tls": tls,
        "username": LOGIN[0],
        "password": "env:MAIL_PASSWORD",
        "from": "gateway@example.com",
        "to": ["ops@example.com"],
    }


def environment(tmp_path: Path, trusted: trustme.CA) -> dict[str, str]:
    bundle = tmp_path / "authority.pem"
    bundle.write_bytes(trusted.cert_pem.bytes())
    return {"SSL_CERT_FILE": str(bundle), "MAIL_PASSWORD": PASSWORD}


def tried(commands: Commands) -> tuple[int, str]:
    """The exit code of a test of the channel, and what was said of it."""
    done = commands.run("alerts", "test", "--json")
    (told,) = json.loads(done.stdout)["channels"]
    return done.returncode, told["message"]


@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_letter_and_its_login_go_by_tls(
    start: StartGateway, commands: Commands, tmp_path: Path, authority: trustme.CA, kind: str, host: str
) -> None:
    with server(kind, authority) as post:
        alerts = {"channels": {"post": mail(post, kind, host)}}
        start(config={"alerts": alerts}, environment=environment(tmp_path, authority))
        assert tried(commands) == (0, None)
        assert [str(letter["to"]) for letter in post.letters] == ["ops@example.com"]
        assert post.logins == [LOGIN]
        in_clear = {verb for verb, is_secure in post.heard if not is_secure}
        assert in_clear == ({"EHLO", "STARTTLS"} if kind == "starttls" else set())


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_server_whose_certificate_nobody_knows_gets_nothing(
    start: StartGateway, commands: Commands, tmp_path: Path, authority: trustme.CA, kind: str
) -> None:
    with server(kind, trustme.CA()) as post:
        alerts = {"channels": {"post": mail(post, kind)}}
        start(config={"alerts": alerts}, environment=environment(tmp_path, authority))
        code, why = tried(commands)
        assert code == 1
        assert f"localhost:{post.port}" in why
        assert "certificate" in why.lower(), why
        assert PASSWORD not in why
        assert (post.letters, post.logins) == ([], [])


def test_a_server_of_another_name_gets_nothing(
    start: StartGateway, commands: Commands, tmp_path: Path, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mail.example.com").configure_cert(context)
    with mail_server(tls=context) as post:
        alerts = {"channels": {"post": mail(post, "tls")}}
        start(config={"alerts": alerts}, environment=environment(tmp_path, authority))
        code, why = tried(commands)
        assert code == 1
        assert "certificate" in why.lower(), why
        assert (post.letters, post.logins) == ([], [])


def test_a_server_that_offers_no_tls_gets_nothing_where_it_is_asked_for(
    start: StartGateway, commands: Commands, tmp_path: Path, authority: trustme.CA
) -> None:
    with server("none", authority) as post:
        alerts = {"channels": {"post": mail(post, "starttls")}}
        start(config={"alerts": alerts}, environment=environment(tmp_path, authority))
        code, why = tried(commands)
        assert code == 1
        assert "starttls" in why.lower(), why
        assert (post.letters, post.logins) == ([], [])
