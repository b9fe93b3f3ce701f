"""Proves what must not cross: hop-by-hop headers, cookies, credentials, redirects; and that bad requests end early."""

from __future__ import annotations

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, line, provider
from harness.gateway import CALLER_KEY, UPSTREAM_KEY, Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, chat
from harness.upstream import Upstream, chunk, whole
from harness.wire import Wire, request

CALLER_PATHS = [
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("POST", "/v1/embeddings"),
    ("GET", "/v1/models"),
    ("POST", "/chat/completions"),
    ("POST", "/completions"),
    ("POST", "/embeddings"),
    ("GET", "/models"),
]
BODY_BYTES_MAX = 32 * 1024 * 1024


def test_hop_by_hop_headers_of_the_caller_stay_here(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(
            request(
                CHAT_PATH,
                chat(),
                "connection: keep-alive, x-hop-secret",
                "x-hop-secret: 1",
                "keep-alive: timeout=5",
                "proxy-authorization: Basic abc",
                "proxy-connection: keep-alive",
                "te: trailers",
                "trailer: x-later",
                "upgrade: h2c",
                "openai-beta: assistants=v2",
            )
        )
    assert reply.status == 200, reply.body
    names = {name for name, _ in upstream.call.headers}
    hop_by_hop = {"x-hop-secret", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade"}
    assert not names & hop_by_hop
    assert upstream.call.one("openai-beta") == "assistants=v2", "what is no hop's own goes on"
    assert upstream.call.one("host") == upstream.authority
    assert upstream.call.one("content-length") == str(len(chat()))


def test_hop_by_hop_headers_of_the_provider_stay_there(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(
        CHAT_REPLY,
        "connection: x-hop-secret",
        "x-hop-secret: 1",
        "keep-alive: timeout=77",
        "proxy-authenticate: Basic",
        "trailer: x-later",
        "openai-processing-ms: 12",
    )
    with Wire(gateway.address) as wire:
        headers = wire.ask(request(CHAT_PATH, chat())).headers
    for name in ("x-hop-secret", "keep-alive", "proxy-authenticate", "trailer"):
        assert name not in headers
    assert headers["openai-processing-ms"] == "12"


def test_cookies_never_cross(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(CHAT_REPLY, "set-cookie: session=upstream; Path=/", "set-cookie: b=2")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), "cookie: session=caller"))
    assert "set-cookie" not in reply.headers
    assert not upstream.call.all("cookie")
    assert b"session" not in upstream.call.head


def test_no_credential_of_the_caller_goes_on(gateway: Gateway, upstream: Upstream) -> None:
    """Nor one in a header that was not needed: a caller's key for somebody else is no business of the provider's."""
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), f"x-api-key: {CALLER_KEY}", "x-goog-api-key: somebody-elses-key"))
    assert reply.status == 200, reply.body
    sent = upstream.call.head
    assert CALLER_KEY.encode() not in sent
    assert b"somebody-elses-key" not in sent


@pytest.mark.parametrize("header", ["authorization: Bearer {}", "x-api-key: {}", "x-goog-api-key: {}"])
def test_a_key_in_any_usual_header_opens(gateway: Gateway, upstream: Upstream, header: str) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), header.format(CALLER_KEY), key=None))
    assert reply.status == 200, reply.body
    assert CALLER_KEY.encode() not in upstream.call.head + upstream.call.body
    assert upstream.call.one("authorization") == f"Bearer {UPSTREAM_KEY}"


@pytest.mark.parametrize("key", [f"  {CALLER_KEY}", f"{CALLER_KEY}  ", f"\t{CALLER_KEY}\t"])
@pytest.mark.parametrize("header", ["authorization: Bearer {}", "x-api-key: {}", "authorization: bearer {}"])
def test_white_space_around_a_key_is_forgiven(gateway: Gateway, header: str, key: str) -> None:
    with Wire(gateway.address) as wire:
        assert wire.ask(request(CHAT_PATH, chat(), header.format(key), key=None)).status == 200


def test_the_providers_credential_reaches_neither_caller_nor_log(gateway: Gateway, upstream: Upstream) -> None:
    """A provider that refuses a key likes to repeat it in the message."""
    told = (
        b'{"error":{"message":"Incorrect API key provided: %s","type":"invalid_request_error"}}' % UPSTREAM_KEY.encode()
    )
    upstream.script = whole(told, "www-authenticate: Bearer", status="401 Unauthorized")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.error["code"], reply.error["source"]) == (
        502,
        "upstream_credential_rejected",
        "gateway",
    )
    assert UPSTREAM_KEY.encode() not in reply.body + str(reply.headers).encode()
    assert "www-authenticate" not in reply.headers
    gateway.stop()
    assert UPSTREAM_KEY not in gateway.process.output
    assert CALLER_KEY not in gateway.process.output


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_redirects_are_not_followed(
    gateway: Gateway, upstream: Upstream, new_upstream: StartUpstream, status: str
) -> None:
    elsewhere = new_upstream()
    upstream.script = whole(b"", f"location: {elsewhere.base_url}/chat/completions", status=status)
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat()))
    assert (reply.status, reply.error["source"]) == (502, "upstream")
    assert "location" not in reply.headers
    assert not elsewhere.calls


@pytest.mark.parametrize("sent", ["my-id-1", "x" * 128, "!~{}"])
def test_a_valid_request_id_is_echoed_and_forwarded(gateway: Gateway, upstream: Upstream, sent: str) -> None:
    upstream.script = whole(CHAT_REPLY, "x-request-id: the-providers-own")
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), f"x-request-id: {sent}"))
    assert reply.headers.get_all("x-request-id") == [sent]
    assert upstream.call.one("x-request-id") == sent


@pytest.mark.parametrize(
    "sent", [None, "", "x" * 129, "two words", "caf\u00e9"], ids=["none", "empty", "long", "space", "not ASCII"]
)
def test_a_missing_or_invalid_request_id_is_replaced(gateway: Gateway, upstream: Upstream, sent: str | None) -> None:
    headers = [] if sent is None else [f"x-request-id: {sent}"]
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), *headers))
    made = reply.headers["x-request-id"]
    assert made
    assert made != sent
    assert made.isascii()
    assert made.isprintable()
    assert upstream.call.one("x-request-id") == made


def test_two_calls_with_one_request_id_are_two_calls(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        replies = [wire.ask(request(CHAT_PATH, chat(), "x-request-id: same")) for _ in range(2)]
    assert len({reply.headers["x-bellwether-call-id"] for reply in replies}) == 2


@pytest.mark.parametrize("path", [CHAT_PATH, "/nowhere", "/admin/v1/keys"])
def test_an_error_carries_the_request_id(gateway: Gateway, path: str) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, b"{}", "x-request-id: find-me"))
        assert reply.error["request_id"] == reply.headers["x-request-id"] == "find-me"
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, b"{}"))
        assert reply.error["request_id"] == reply.headers["x-request-id"]


def test_an_answer_tells_its_way(start: StartGateway, upstream: Upstream) -> None:
    lines = [line(upstream.base_url, region="us-west")]
    gateway = start(config=configuration(providers={"openai": provider(lines=lines)}))
    with Wire(gateway.address) as wire:
        headers = wire.ask(request(CHAT_PATH, chat())).headers
    assert headers["x-bellwether-provider"] == "openai"
    assert headers["x-bellwether-model"] == "gpt-4o-mini"
    assert headers["x-bellwether-attempts"] == "1"
    assert headers["x-bellwether-region"] == "us-west"
    assert 0 <= float(headers["x-bellwether-overhead-ms"]) < 1000
    assert len(headers["x-bellwether-call-id"]) == 32


def test_headers_that_a_caller_may_not_set_are_not_believed(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, chat(), "x-bellwether-provider: forged", "x-bellwether-call-id: forged"))
    assert "forged" not in str(reply.headers)
    assert b"forged" not in upstream.call.head, "our own headers are between us and the caller"


def test_both_lengths_are_refused_and_the_connection_closed(gateway: Gateway, upstream: Upstream) -> None:
    """Two framings of one body are how requests are smuggled (RFC 9112, 6.1)."""
    smuggled = request(CHAT_PATH, chat("smuggled"))
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, chunk(chat()) + b"0\r\n\r\n" + smuggled, "transfer-encoding: chunked"))
        assert wire.reply().status == 400
        assert wire.is_closed()
    assert not upstream.calls


@pytest.mark.parametrize("lengths", [("5", "6"), ("-1",), ("1x",), ("99999999999999999999999",)], ids=str)
def test_nonsense_lengths_are_refused(gateway: Gateway, upstream: Upstream, lengths: tuple[str, ...]) -> None:
    head = request(CHAT_PATH, method="GET").replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\n")
    fields = "".join(f"content-length: {length}\r\n" for length in lengths).encode()
    with Wire(gateway.address) as wire:
        wire.send(head + fields + b"\r\n")
        assert wire.reply().status in (400, 413)
    assert not upstream.calls


def test_a_body_announced_too_large_is_refused_unread(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(CHAT_PATH, length=BODY_BYTES_MAX + 1))
    assert (reply.status, reply.error["code"]) == (413, "request_too_large")
    assert str(BODY_BYTES_MAX) in reply.error["message"] or "32 MiB" in reply.error["message"]
    assert not upstream.calls


def test_a_body_that_grows_too_large_is_refused(gateway: Gateway, upstream: Upstream) -> None:
    piece = chunk(b" " * (1 << 20))
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH).replace(b"content-length: 0", b"transfer-encoding: chunked"))
        try:
            for _ in range(33):
                wire.send(piece)
        except ConnectionError:
            pass  # it may close before all is written: the refusal is what matters
        else:
            assert wire.reply().status == 413
    assert not upstream.calls
    until(lambda: gateway.http().get("/health").status_code == 200, "it serves on")


def test_a_head_too_large_is_refused(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        try:
            wire.send(request(CHAT_PATH, chat(), f"x-padding: {'x' * 2_000_000}"))
            status = wire.reply().status
        except ConnectionError:
            status = 431
    assert 400 <= status < 500
    assert gateway.http().get("/health").status_code == 200


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/", "/v1/chat", "/v2/chat/completions", "/v1/chat/completions/x"]
)
def test_an_unknown_path_is_a_404_in_shape(gateway: Gateway, path: str) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, chat()))
    assert (reply.status, reply.error["code"], reply.error["source"]) == (404, "unknown_url", "client")
    assert path in reply.error["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CHAT_PATH, "POST"),
        ("DELETE", CHAT_PATH, "POST"),
        ("POST", "/v1/models", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_a_405_in_shape(gateway: Gateway, method: str, path: str, allowed: str) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, method=method))
    assert (reply.status, reply.error["code"]) == (405, "method_not_allowed")
    assert reply.headers["allow"] == allowed


@pytest.mark.parametrize(("method", "path"), CALLER_PATHS)
@pytest.mark.parametrize("key", [None, "", "sk-proj-someone-elses-key-0000", "bw_truncated", "\x7f" * 20])
def test_without_a_good_key_every_route_says_401(
    gateway: Gateway, upstream: Upstream, method: str, path: str, key: str | None
) -> None:
    credential = [] if key is None else [f"authorization: Bearer {key}"]
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, b"" if method == "GET" else chat(), *credential, method=method, key=None))
        assert reply.status == 401 or (key == "\x7f" * 20 and reply.status == 400), "hyper may refuse such bytes itself"
    if reply.status == 401:
        assert (reply.error["type"], reply.error["code"]) == ("authentication_error", "invalid_api_key")
    assert not upstream.calls


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("sk-ant-api03-abcdefghijklmnop", "Anthropic"),
        ("AIzaSyabcdefghijklmnop", "Google"),
        ("sk-proj-abcdefghijklmnop", "OpenAI"),
    ],
)
def test_a_key_of_somebody_else_is_recognised_and_not_repeated(gateway: Gateway, key: str, hint: str) -> None:
    reply = gateway.http(key=key).get("/v1/models")
    assert reply.status_code == 401
    assert hint in reply.json()["error"]["message"]
    assert key not in reply.text


def test_the_callers_key_opens_no_admin_path(gateway: Gateway) -> None:
    for method, path in [
        ("GET", "health"),
        ("POST", "reload"),
        ("GET", "keys"),
        ("POST", "keys"),
        ("DELETE", "keys/1"),
        ("GET", "x"),
    ]:
        for client in (gateway.http(), gateway.http(key="")):
            reply = client.request(method, f"/admin/v1/{path}")
            assert reply.status_code in (401, 403), (method, path)
            assert reply.json()["error"]["source"] == "client"
    assert gateway.admin().get("/admin/v1/health").status_code == 200


def test_the_admin_key_is_no_callers_key(gateway: Gateway, upstream: Upstream) -> None:
    assert gateway.admin().post(CHAT_PATH, content=chat()).status_code == 401
    assert not upstream.calls


@pytest.mark.parametrize("path", [CHAT_PATH, "/v1/embeddings", "/admin/v1/keys"])
def test_a_refusal_does_not_wait_for_the_body(gateway: Gateway, path: str) -> None:
    with Wire(gateway.address) as wire:
        reply = wire.ask(request(path, key="wrong-key-wrong-key", length=1000))
    assert reply.status == 401


def test_a_refusal_comes_instead_of_an_invitation_to_send(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, b"", "expect: 100-continue", key="wrong-key-wrong-key", length=1000))
        assert wire.reply().status == 401


def test_a_caller_that_waits_for_the_invitation_gets_it(gateway: Gateway, upstream: Upstream) -> None:
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, b"", "expect: 100-continue", length=len(chat())))
        assert wire.line() == b"HTTP/1.1 100 Continue\r\n"
        assert wire.line() == b"\r\n"
        wire.send(chat())
        assert wire.reply().status == 200
    assert not upstream.call.all("expect")


def test_two_requests_in_one_write_are_answered_in_order(gateway: Gateway) -> None:
    with Wire(gateway.address) as wire:
        wire.send(b"".join(request(CHAT_PATH, chat(), f"x-request-id: {name}") for name in ("first", "second")))
        assert [wire.reply().headers["x-request-id"] for _ in range(2)] == ["first", "second"]


def test_a_demo_gateway_needs_a_key_too(start: StartGateway) -> None:
    assert start().http(key="").post(CHAT_PATH, content=chat()).status_code == 401
