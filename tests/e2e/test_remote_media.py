"""Proves that what a caller names by its address is fetched for providers that cannot, and from public places only."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.upstream import Upstream, whole

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
PDF = b"%PDF-1.7\n"
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
OTHER = {"chat": "messages", "responses": "chat", "messages": "chat"}


def asking(dialect: str, part: dict[str, Any]) -> dict[str, Any]:
    turns = [{"role": "user", "content": [part]}]
    return {"input": turns} if dialect == "responses" else {"messages": turns, "max_tokens": 9}


def image(dialect: str, url: str) -> dict[str, Any]:
    match dialect:
        case "chat":
            return {"type": "image_url", "image_url": {"url": url}}
        case "responses":
            return {"type": "input_image", "image_url": url}
        case _:
            return {"type": "image", "source": {"type": "url", "url": url}}


def document(dialect: str, url: str) -> dict[str, Any]:
    if dialect == "responses":
        return {"type": "input_file", "file_url": url}
    return {"type": "document", "source": {"type": "url", "url": url}}


def speaking(upstream: Upstream, dialect: str, **facts: bool) -> dict[str, Any]:
    section = {**provider(upstream.base_url), "dialects": [dialect]}
    section["catalog"] = {"m": facts}
    return configuration(providers={"first": section}, models={"m": ["first/m"]})


@pytest.mark.parametrize("dialect", PATHS)
def test_a_private_address_is_refused_by_its_place(start: StartGateway, upstream: Upstream, dialect: str) -> None:
    gateway = start(config=speaking(upstream, OTHER[dialect]))
    field = "input" if dialect == "responses" else "messages"
    for url in ("http://169.254.169.254/latest", "http://[::1]/a.png", "http://localhost/a.png", "http://127.1/a.png"):
        reply = gateway.http().post(PATHS[dialect], json={"model": "m", **asking(dialect, image(dialect, url))})
        error = reply.json()["error"]
        place = f"{field}[0].content[0]"
        assert (reply.status_code, error["param"]) == (400, place), reply.text
        assert error["message"].startswith(f"'{place}' is at ")
        assert error["message"].endswith("which is not of the public internet")
    assert upstream.calls == []


@pytest.mark.parametrize("dialect", ["responses", "messages"])
def test_a_document_at_an_address_reaches_a_provider_of_chat(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, dialect: str
) -> None:
    """There it can only stand whole."""
    shelf = new_upstream(whole(PDF, content_type="application/octet-stream"))
    config = {**speaking(upstream, "chat"), "private_media": ["127.0.0.0/8"]}
    part = document(dialect, f"{shelf.base_url}/paper")
    reply = start(config=config).http().post(PATHS[dialect], json={"model": "m", **asking(dialect, part)})
    assert reply.status_code == 200, reply.text
    (sent,) = upstream.call.json["messages"][0]["content"]
    assert sent["file"]["file_data"] == "data:application/pdf;base64," + base64.b64encode(PDF).decode()
    assert len(shelf.calls) == 1


def test_a_picture_is_what_its_bytes_show_whatever_its_server_calls_it(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    shelf = new_upstream(whole(PNG, content_type="binary/octet-stream"))
    config = {**speaking(upstream, "chat", image_urls=False), "private_media": ["127.0.0.0/8"]}
    gateway = start(config=config)
    part = image("messages", f"{shelf.base_url}/a")
    reply = gateway.http().post("/v1/messages", json={"model": "m", **asking("messages", part)})
    assert reply.status_code == 200, reply.text
    (sent,) = upstream.call.json["messages"][0]["content"]
    assert sent["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    shelf.script = whole(b"<html>", content_type="text/html")
    refused = gateway.http().post("/v1/messages", json={"model": "m", **asking("messages", image("messages", f"{shelf.base_url}/b"))})
    assert refused.status_code == 400, refused.text
    assert "is no image: its server calls it" in refused.json()["error"]["message"]
