"""Proves that a listener with a certificate serves HTTP/1.1 and HTTP/2, and takes a new one without a restart."""

from __future__ import annotations

import http.client
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme

from conftest import Launch, WriteCertificate, trusting
from harness.config import configuration, provider
from harness.gateway import CALLER_KEY, Gateway
from harness.process import PATIENCE_S
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import Upstream, streamed
from harness.wire import Wire, request


def secure_client(gateway: Gateway, authority: trustme.CA, http2: bool) -> httpx.Client:
    return httpx.Client(
        base_url=f"https://localhost:{gateway.address[1]}",
        headers={"authorization": f"Bearer {CALLER_KEY}"},
        verify=trusting(authority),
        http2=http2,
        http1=not http2,
        trust_env=False,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
def test_both_versions_are_served(
    secured: Gateway, upstream: Upstream, authority: trustme.CA, http2: bool, version: str
) -> None:
    assert secured.url.startswith("https://")
    events = delta(content="日本 🙂") + DONE
    with secure_client(secured, authority, http2) as client:
        reply = client.post(CHAT_PATH, content=chat())
        assert (reply.http_version, reply.status_code, reply.content) == (version, 200, CHAT_REPLY)
        upstream.script = streamed([events[at : at + 3] for at in range(0, len(events), 3)])
        reply = client.post(CHAT_PATH, content=chat(stream=True))
        assert (reply.http_version, reply.content) == (version, events)
        assert client.post(CHAT_PATH, content=b"{").status_code == 400
        assert client.get("/health").status_code == 200
    assert all("content-length" in dict(call.headers) for call in upstream.calls)


def test_a_large_body_passes_over_http2(secured: Gateway, upstream: Upstream, authority: trustme.CA) -> None:
    body = chat("x" * 3_000_000)
    with secure_client(secured, authority, http2=True) as client:
        assert client.post(CHAT_PATH, content=body).status_code == 200
    assert upstream.call.body == body


def test_headers_of_http2_are_as_clean_as_those_of_http1(
    secured: Gateway, upstream: Upstream, authority: trustme.CA
) -> None:
    with secure_client(secured, authority, http2=True) as client:
        reply = client.post(
            CHAT_PATH, content=chat(), headers={"cookie": "a=b", "te": "trailers", "x-request-id": "h2"}
        )
    assert reply.headers["x-request-id"] == "h2"
    assert "connection" not in reply.headers
    assert "transfer-encoding" not in reply.headers
    names = {name for name, _ in upstream.call.headers}
    assert not names & {"cookie", "te"}
    assert upstream.call.one("host") == upstream.authority


@pytest.mark.parametrize(("offered", "chosen"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)])
def test_the_version_is_agreed_by_alpn(
    secured: Gateway, authority: trustme.CA, offered: list[str], chosen: str | None
) -> None:
    context = trusting(authority)
    if offered:
        context.set_alpn_protocols(offered)
    plain = socket.create_connection(secured.address, PATIENCE_S)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as wrapped:
        assert wrapped.selected_alpn_protocol() == chosen
        assert wrapped.version() in ("TLSv1.2", "TLSv1.3")


def test_plain_http_on_a_secure_port_harms_nobody(secured: Gateway, authority: trustme.CA) -> None:
    with Wire(secured.address) as wire, pytest.raises((ConnectionError, http.client.HTTPException)):
        wire.ask(request("/health", method="GET"))
    with secure_client(secured, authority, http2=False) as client:
        assert client.get("/health").status_code == 200


def test_a_silent_handshake_holds_up_nobody(secured: Gateway, authority: trustme.CA) -> None:
    silent = [socket.create_connection(secured.address) for _ in range(20)]
    with secure_client(secured, authority, http2=False) as client:
        assert client.get("/health").status_code == 200
    for connection in silent:
        connection.close()


def test_a_reload_takes_the_new_certificate_and_keeps_open_connections(
    secured: Gateway, authority: trustme.CA, write_certificate: WriteCertificate
) -> None:
    with secure_client(secured, authority, http2=False) as open_client:
        assert open_client.get("/health").status_code == 200
        successor = trustme.CA()
        write_certificate(successor)
        reloaded = open_client.post("/admin/v1/reload", headers={"authorization": f"Bearer {secured.admin_key}"})
        assert reloaded.status_code == 200, reloaded.text
        with secure_client(secured, successor, http2=True) as new_client:
            assert new_client.get("/health").status_code == 200
        with secure_client(secured, authority, http2=True) as old_client, pytest.raises(httpx.ConnectError):
            old_client.get("/health")
        assert open_client.get("/health").status_code == 200


def test_the_metrics_tell_how_long_a_certificate_is_good_for(
    secured: Gateway, authority: trustme.CA, tmp_path: Path
) -> None:
    listener = f"127.0.0.1:{secured.address[1]}"

    def left(client: httpx.Client) -> float:
        lines = client.get("/metrics").text.splitlines()
        name = "ai_gateway_certificate_expires_seconds{"
        (line,) = [line for line in lines if line.startswith(name) and f'listener="{listener}"' in line]
        return float(line.rsplit(" ", 1)[1])

    with secure_client(secured, authority, http2=False) as client:
        assert left(client) > 365 * 86400
        ends = datetime.now(UTC) + timedelta(hours=1)
        short = authority.issue_cert("localhost", "127.0.0.1", not_after=ends)
        (tmp_path / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in short.cert_chain_pems))
        (tmp_path / "key.pem").write_bytes(short.private_key_pem.bytes())
        headers = {"authorization": f"Bearer {secured.admin_key}"}
        assert client.post("/admin/v1/reload", headers=headers).status_code == 200
        assert 3500 < left(client) <= 3600, "from the reload on"


def test_a_broken_certificate_is_refused_at_reload_and_the_old_one_serves_on(
    secured: Gateway, authority: trustme.CA, tmp_path: Path
) -> None:
    (tmp_path / "chain.pem").write_text("not a certificate")
    with secure_client(secured, authority, http2=False) as client:
        refused = client.post("/admin/v1/reload", headers={"authorization": f"Bearer {secured.admin_key}"})
        assert refused.status_code == 422
        assert "listeners" in refused.text
        assert "certificate" in refused.text
    with secure_client(secured, authority, http2=True) as client:
        assert client.get("/health").status_code == 200


def test_a_reload_with_the_wrong_key_changes_nothing_at_all(
    secured: Gateway, authority: trustme.CA, tmp_path: Path
) -> None:
    config_path = secured.data_dir.parent / "bellwether.yaml"
    config = json.loads(config_path.read_text())
    config_path.write_text(json.dumps({**config, "region": "half-reloaded"}))
    (tmp_path / "key.pem").write_bytes(authority.issue_cert("localhost").private_key_pem.bytes())
    with secure_client(secured, authority, http2=False) as client:
        refused = client.post("/admin/v1/reload", headers={"authorization": f"Bearer {secured.admin_key}"})
        assert refused.status_code == 422
        assert "key.pem" in refused.text
        assert client.get("/v1/health").json()["region"] != "half-reloaded"


def test_a_certificate_with_the_wrong_key_is_refused_at_start(
    launch: Launch, upstream: Upstream, tmp_path: Path
) -> None:
    authority = trustme.CA()
    one, other = authority.issue_cert("localhost"), authority.issue_cert("localhost")
    (tmp_path / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in one.cert_chain_pems))
    (tmp_path / "key.pem").write_bytes(other.private_key_pem.bytes())
    tls = {"certificate": str(tmp_path / "chain.pem"), "key": str(tmp_path / "key.pem")}
    config = configuration(
        providers={"openai": provider(upstream.base_url)}, listeners=[{"address": "127.0.0.1:0", "tls": tls}]
    )
    process, _ = launch(config=config)
    assert process.wait() == 1
    assert "key" in process.stderr
    assert "chain.pem" in process.stderr
