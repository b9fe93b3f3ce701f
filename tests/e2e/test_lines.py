"""Proves that lines go through real HTTP and SOCKS5 proxies or from a chosen address, as file or environment says."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from conftest import Launch, StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway, write_config
from harness.process import Process, clean_environment, run, until
from harness.proxies import ENCODED_PASSWORD, PASSWORD, USER, Proxy, start_microsocks, start_tinyproxy
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Held, RefusingPort, Upstream, chunk, stream_head
from harness.wire import Wire, request

#: An address that leads to this machine and that no list of loopback addresses knows: the environment's proxy counts.
HERE = "0.0.0.0"
LOGIN = f"{USER}:{ENCODED_PASSWORD}@"
SCHEMES = ["http", "socks5", "socks5h"]
PATIENT = {"connect_ms": 5000}

#: A call, and before it the question whether the key works, which the start asks by the same way on a connection of its own.
CALL_AND_QUESTION = 2
#: Where the line speaks TLS a connection is opened ahead, and the call finds it, or not yet.
WITH_ONE_AHEAD = (CALL_AND_QUESTION, CALL_AND_QUESTION + 1)

ProxyOf = Callable[..., Proxy]


def keys_were_tried(gateway: Gateway) -> bool:
    listed = gateway.admin().get("/admin/v1/health").json()["providers"]
    return all(entry["keys"] for entry in listed)


@pytest.fixture
def start(start: StartGateway) -> StartGateway:
    """As everywhere, and then waits for the start's own question, so that what comes after can be counted."""

    def start_and_wait(*words: Any, **settings: Any) -> Gateway:
        gateway = start(*words, **settings)
        until(lambda: keys_were_tried(gateway), "the keys were tried")
        return gateway

    return start_and_wait


@pytest.fixture
def tinyproxy(tmp_path: Path, processes: list[Process]) -> Proxy:
    return start_tinyproxy(tmp_path / "tinyproxy", processes)


@pytest.fixture
def guarded_tinyproxy(tmp_path: Path, processes: list[Process]) -> Proxy:
    return start_tinyproxy(tmp_path / "guarded-tinyproxy", processes, PASSWORD)


@pytest.fixture
def microsocks(tmp_path: Path, processes: list[Process]) -> Proxy:
    return start_microsocks(tmp_path / "microsocks", processes)


@pytest.fixture
def guarded_microsocks(tmp_path: Path, processes: list[Process]) -> Proxy:
    return start_microsocks(tmp_path / "guarded-microsocks", processes, PASSWORD)


@pytest.fixture
def secure_upstream(new_upstream: StartUpstream, authority: trustme.CA) -> Upstream:
    """A provider with a certificate for this machine's names."""
    upstream = new_upstream()
    upstream.tls = certified(authority, "localhost", "127.0.0.1", HERE)
    return upstream


def certified(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    """The variable that makes a gateway trust that authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return {"SSL_CERT_FILE": str(path)}


@pytest.fixture
def proxy_of(request: pytest.FixtureRequest) -> ProxyOf:
    """Starts the proxy that speaks a scheme."""

    def start(scheme: str, guarded: bool = False) -> Proxy:
        name = "tinyproxy" if scheme == "http" else "microsocks"
        proxy: Proxy = request.getfixturevalue(f"guarded_{name}" if guarded else name)
        return proxy

    return start


def one_provider(base_url: str, **ways_out: str) -> dict[str, Any]:
    return configuration({"openai": provider(base_url, models=[MODEL], **ways_out)}, timeouts=PATIENT)


def asks_well(gateway: Gateway) -> None:
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert (reply.status_code, reply.content) == (200, CHAT_REPLY), reply.text


def told_reason(gateway: Gateway) -> str:
    """What the operator is told of a provider that could not be asked."""

    def reason() -> str | None:
        events = [json.loads(line) for line in gateway.process.stderr.splitlines() if line.startswith("{")]
        reasons = [event["fields"]["reason"] for event in events if "could not be asked" in event["message"]]
        return reasons[0] if reasons else None

    return gateway.process.wait_until(reason, "the failure was logged")


@pytest.mark.parametrize("guarded", [False, True], ids=["open", "guarded"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_requests_go_through_the_proxy_and_keep_the_tunnel(
    start: StartGateway, upstream: Upstream, proxy_of: ProxyOf, scheme: str, guarded: bool
) -> None:
    proxy = proxy_of(scheme, guarded)
    variables = {"EGRESS": proxy.url(scheme, LOGIN if guarded else "")}
    base_url = upstream.base_url_at("localhost")
    gateway = start(config=one_provider(base_url, proxy="env:EGRESS"), environment=variables)
    # One connection, so that one worker answers and its pool is used.
    client = gateway.http()
    for _ in range(3):
        reply = client.post(CHAT_PATH, content=chat())
        assert (reply.status_code, reply.content) == (200, CHAT_REPLY), reply.text
    assert proxy.tunnels() == CALL_AND_QUESTION
    assert len(upstream.peers) == CALL_AND_QUESTION
    for call in upstream.calls:
        assert call.one("host") == f"localhost:{upstream.port}"
        assert not call.all("proxy-authorization")
    assert PASSWORD not in gateway.process.output
    assert ENCODED_PASSWORD not in gateway.process.output


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_secure_provider_is_reached_through_the_proxy(
    start: StartGateway,
    secure_upstream: Upstream,
    trust: dict[str, str],
    proxy_of: ProxyOf,
    scheme: str,
) -> None:
    proxy = proxy_of(scheme)
    config = one_provider(secure_upstream.base_url_at("localhost"), proxy=proxy.url(scheme))
    asks_well(start(config=config, environment=trust))
    assert proxy.tunnels() in WITH_ONE_AHEAD


def test_the_certificate_must_be_the_providers(
    start: StartGateway, upstream: Upstream, authority: trustme.CA, trust: dict[str, str], tinyproxy: Proxy
) -> None:
    upstream.tls = certified(authority, "other.example")
    config = one_provider(upstream.base_url_at("localhost"), proxy=tinyproxy.url("http"))
    gateway = start(config=config, environment=trust)
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 502
    assert told_reason(gateway).startswith(f"TLS with localhost:{upstream.port} failed: ")
    assert not upstream.calls


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stream_arrives_piece_by_piece(
    start: StartGateway, upstream: Upstream, proxy_of: ProxyOf, scheme: str
) -> None:
    proxy = proxy_of(scheme)
    gateway = start(config=one_provider(upstream.base_url, proxy=proxy.url(scheme)))
    held = Held()
    upstream.script = held
    first, second = delta(content="日本"), delta(content=" 🙂") + DONE
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        (exchange,) = held.wait_for(1)
        exchange.send(stream_head() + chunk(first))
        # It has come before the second was sent.
        response = wire.response()
        assert response.read(len(first)) == first
        exchange.send(chunk(second) + LAST_CHUNK)
        assert response.read() == second
    held.release()
    assert proxy.tunnels() == CALL_AND_QUESTION


@pytest.mark.parametrize(
    ("scheme", "login", "told"),
    [
        ("http", f"{USER}:wrong@", "refused: 40"),
        ("http", "", "refused: 407 Proxy Authentication Required"),
        ("socks5h", f"{USER}:wrong@", "refused: user name or password"),
        ("socks5h", "", "refused: it asks for a login, and none is configured"),
    ],
)
def test_a_refused_login_is_told_to_the_operator_only(
    start: StartGateway, upstream: Upstream, proxy_of: ProxyOf, scheme: str, login: str, told: str
) -> None:
    proxy = proxy_of(scheme, guarded=True)
    gateway = start(config=one_provider(upstream.base_url, proxy=proxy.url(scheme, login)))
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert reply.status_code == 502
    assert reply.json()["error"]["message"] == "openai: cannot connect"
    assert told_reason(gateway).startswith(f"the proxy {proxy.place} {told}")
    assert not upstream.calls
    assert "wrong" not in gateway.process.output


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_proxy_that_finds_no_way_is_told(
    start: StartGateway, refusing: RefusingPort, proxy_of: ProxyOf, scheme: str
) -> None:
    proxy = proxy_of(scheme)
    gateway = start(config=one_provider(refusing.base_url, proxy=proxy.url(scheme)))
    assert gateway.http().post(CHAT_PATH, content=chat()).status_code == 502
    reason = told_reason(gateway)
    found = "refused: 50" if scheme == "http" else "found no way to the host: SOCKS reply 5, connection refused"
    assert reason.startswith(f"the proxy {proxy.place} {found}")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_when_the_proxy_is_down_the_direct_line_answers(
    start: StartGateway, upstream: Upstream, proxy_of: ProxyOf, scheme: str
) -> None:
    proxy = proxy_of(scheme)
    lines = [{"base_url": upstream.base_url, "proxy": proxy.url(scheme)}, {"base_url": upstream.base_url}]
    openai = provider(lines=lines, models=[MODEL], policy="priority")
    gateway = start(config=configuration({"openai": openai}, timeouts=PATIENT))
    asks_well(gateway)
    assert proxy.tunnels() == CALL_AND_QUESTION
    proxy.process.kill()
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert (reply.status_code, reply.content) == (200, CHAT_REPLY), reply.text
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert told_reason(gateway).startswith(f"the proxy {proxy.place} cannot be reached: ")


def test_the_environments_proxy_is_used_for_https(
    start: StartGateway, secure_upstream: Upstream, trust: dict[str, str], guarded_tinyproxy: Proxy
) -> None:
    variables = {
        **trust,
        "OPENAI_API_KEY": "any-key",
        "OPENAI_BASE_URL": secure_upstream.base_url_at(HERE),
        "HTTPS_PROXY": guarded_tinyproxy.url("http", LOGIN),
    }
    gateway = start(environment=variables)
    asks_well(gateway)
    assert guarded_tinyproxy.tunnels() in WITH_ONE_AHEAD
    route = f"{HERE}:{secure_upstream.port} is reached through the proxy {guarded_tinyproxy.place} (HTTPS_PROXY)"
    gateway.process.wait_until(lambda: route in gateway.process.stderr, "the way out was told")
    assert ENCODED_PASSWORD not in gateway.process.output


@pytest.mark.parametrize(
    ("variables", "host", "tunnels"),
    [
        ({"HTTP_PROXY": "PROXY"}, HERE, 1),
        ({"http_proxy": "PROXY"}, HERE, 1),
        ({"ALL_PROXY": "PROXY"}, HERE, 1),
        ({"HTTPS_PROXY": "PROXY"}, HERE, 0),
        ({"HTTP_PROXY": "PROXY", "NO_PROXY": "example.com, 0.0.0.0/8"}, HERE, 0),
        ({"HTTP_PROXY": "PROXY", "no_proxy": "*"}, HERE, 0),
        ({"HTTP_PROXY": "PROXY", "NO_PROXY": "10.0.0.0/8"}, HERE, 1),
        ({"HTTP_PROXY": "PROXY"}, "127.0.0.1", 0),
        ({"HTTP_PROXY": "PROXY"}, "localhost", 0),
    ],
)
def test_the_environment_is_read_as_others_read_it(
    start: StartGateway,
    upstream: Upstream,
    microsocks: Proxy,
    variables: dict[str, str],
    host: str,
    tunnels: int,
) -> None:
    variables = {name: text.replace("PROXY", microsocks.url("socks5h")) for name, text in variables.items()}
    asks_well(start(config=one_provider(upstream.base_url_at(host)), environment=variables))
    assert microsocks.tunnels() == tunnels * CALL_AND_QUESTION


def test_none_switches_the_environments_proxy_off(start: StartGateway, upstream: Upstream, microsocks: Proxy) -> None:
    config = one_provider(upstream.base_url_at(HERE), proxy="none")
    asks_well(start(config=config, environment={"HTTP_PROXY": microsocks.url("socks5h")}))
    assert microsocks.tunnels() == 0


def test_the_admin_key_goes_through_no_proxy(gateway: Gateway, binary: Path, microsocks: Proxy, tmp_path: Path) -> None:
    variables = {
        "BELLWETHER_URL": f"http://{HERE}:{gateway.address[1]}",
        "ALL_PROXY": microsocks.url("socks5h"),
    }
    command = [binary, "keys", "list", "--data-dir", gateway.data_dir]
    listed = run(command, tmp_path, clean_environment(tmp_path, variables))
    assert listed.returncode == 0, listed.stderr
    assert "BELLWETHER_KEY" in listed.stdout
    assert microsocks.tunnels() == 0


def test_a_bad_proxy_of_the_environment_ends_the_start(launch: Launch) -> None:
    variables = {"OPENAI_API_KEY": "any-key", "HTTPS_PROXY": "https://me:hunter2@proxy.example"}
    process, _ = launch(environment=variables)
    assert process.wait() == 1
    assert "HTTPS_PROXY: TLS to the proxy itself (https://) is not spoken here" in process.stderr
    assert "hunter2" not in process.output


def test_connections_leave_from_the_chosen_address(start: StartGateway, upstream: Upstream, tinyproxy: Proxy) -> None:
    lines = [
        {"base_url": upstream.base_url, "source_address": "192.0.2.77"},
        {"base_url": upstream.base_url, "source_address": "127.0.0.2"},
    ]
    openai = provider(lines=lines, models=[MODEL], policy="priority")
    gateway = start(config=configuration({"openai": openai}, timeouts=PATIENT))
    asks_well(gateway)
    assert upstream.peers == ["127.0.0.2"] * CALL_AND_QUESTION
    assert told_reason(gateway).startswith("cannot leave from 192.0.2.77: ")

    config = one_provider(upstream.base_url, proxy=tinyproxy.url("http"), source_address="127.0.0.3")
    asks_well(start("through-proxy", config=config))
    assert "127.0.0.3" in tinyproxy.process.output


def test_a_reload_takes_the_new_way_out(start: StartGateway, upstream: Upstream, tinyproxy: Proxy) -> None:
    gateway = start(config=one_provider(upstream.base_url))
    asks_well(gateway)
    assert tinyproxy.tunnels() == 0
    write_config(gateway.data_dir.parent, one_provider(upstream.base_url, proxy=tinyproxy.url("http")))
    assert gateway.admin().post("/admin/v1/reload").json()["changed"] == ["providers"]
    asks_well(gateway)
    until(lambda: tinyproxy.tunnels() == CALL_AND_QUESTION, "the call and the question went through the proxy")
