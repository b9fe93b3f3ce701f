"""Proves that answers which a provider keeps are shown, ended and gone on from there.

Nobody can but the key that they were made with.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_REPLY
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, streamed, whole

RESPONSES = "/v1/responses"
MODEL = "gpt-4.1"


def answer(id_: str = "resp_1", **fields: Any) -> bytes:
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    item["content"] = [{"type": "output_text", "text": "hi", "annotations": []}]  # type: ignore[assignment]
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return json.dumps(
        {"id": id_, "object": "response", "status": "completed", "output": [item], "usage": usage, **fields}
    ).encode()


def keeps(id_: str = "resp_1") -> Any:
    """A provider that keeps what it answers."""

    def script(exchange: Exchange) -> None:
        line = exchange.received.line
        if line.startswith("DELETE"):
            body = json.dumps({"id": id_, "object": "response.deleted", "deleted": True}).encode()
        elif "/input_items" in line:
            body = b'{"object":"list","data":[],"has_more":false}'
        elif "/cancel" in line:
            body = answer(id_, status="cancelled", error=None)
        elif line.startswith("GET"):
            body = answer(id_, status="failed", error={"code": "server_error", "message": "it broke"})
        else:
            body = answer(id_)
        whole(body)(exchange)

    return script


@pytest.fixture
def keeper(new_upstream: StartUpstream) -> Upstream:
    return new_upstream(keeps())


@pytest.fixture
def serving(start: StartGateway, keeper: Upstream, new_upstream: StartUpstream) -> Gateway:
    """A model with three targets: one that speaks chat, one that keeps answers, and one that keeps others."""
    chat = new_upstream(whole(CHAT_REPLY))
    other = new_upstream(keeps("resp_other"))
    both = {"dialects": ["responses", "chat"]}
    providers = {
        "keeper": {**provider(keeper.base_url), **both},
        "other": {**provider(other.base_url), **both},
        "chat": provider(chat.base_url),
    }
    models = {
        "mixed": [f"chat/{MODEL}", f"other/{MODEL}", f"keeper/{MODEL}"],
        "kept": [f"keeper/{MODEL}"],
        "chat": [f"chat/{MODEL}"],
    }
    return start(config=configuration(providers=providers, models=models))


def create(gateway: Gateway, model: str = "kept", key: str | None = None, **fields: Any) -> httpx.Response:
    return gateway.http(key).post(RESPONSES, json={"model": model, "input": "hi", **fields})


def another_key(gateway: Gateway) -> str:
    made = gateway.admin().post("/admin/v1/keys", json={"name": "other"}).raise_for_status().json()
    key: str = made["key"]
    return key


def test_a_kept_answer_is_shown_ended_and_deleted_where_it_is_kept(serving: Gateway, keeper: Upstream) -> None:
    assert create(serving).status_code == 200
    http = serving.http()
    shown = http.get(f"{RESPONSES}/resp_1", params={"include[]": "reasoning.encrypted_content"})
    assert (shown.status_code, shown.json()["status"]) == (200, "failed"), "a failed answer is shown, too"
    assert shown.headers["x-bellwether-provider"] == "keeper"
    assert shown.headers["x-bellwether-model"] == "kept"
    assert http.get("/responses/resp_1/input_items?limit=2").json()["object"] == "list"
    assert http.post(f"{RESPONSES}/resp_1/cancel").json()["status"] == "cancelled"
    assert http.delete(f"{RESPONSES}/resp_1").json()["deleted"] is True
    assert [call.line for call in keeper.calls[1:]] == [
        "GET /v1/responses/resp_1?include%5B%5D=reasoning.encrypted_content HTTP/1.1",
        "GET /v1/responses/resp_1/input_items?limit=2 HTTP/1.1",
        "POST /v1/responses/resp_1/cancel HTTP/1.1",
        "DELETE /v1/responses/resp_1 HTTP/1.1",
    ]
    assert {call.one("authorization") for call in keeper.calls} == {keeper.calls[0].one("authorization")}
    serving.stop()
    lines = [json.loads(line) for line in serving.process.output.splitlines() if '"call_id"' in line]
    # Each worker writes its own when it likes.
    lines.sort(key=lambda line: line["at"])
    told = [(line["method"], line["status"], line["model"]) for line in lines]
    expected = [("POST", 200), ("GET", 200), ("GET", 200), ("POST", 200), ("DELETE", 200)]
    assert told == [(*pair, "kept") for pair in expected]
    assert sum("tokens" in line for line in lines) == 1, "its usage is counted once"


def event(kind: str, number: int, **fields: Any) -> bytes:
    told = {"type": kind, "sequence_number": number, **fields}
    return f"event: {kind}\ndata: {json.dumps(told)}\n\n".encode()


def test_an_answer_can_be_ended_while_it_streams_and_taken_up_again(serving: Gateway, keeper: Upstream) -> None:
    """It is known from its first event on."""
    begun = {"id": "resp_s", "object": "response", "status": "in_progress", "model": MODEL, "output": []}
    whole_answer = json.loads(answer("resp_s", model=MODEL))
    first = event("response.created", 0, response=begun) + event("response.in_progress", 1, response=begun)
    last = event("response.completed", 2, response=whole_answer)
    held, plain = Held(), keeps("resp_s")

    def script(exchange: Exchange) -> None:
        if exchange.received.path == RESPONSES:
            exchange.send(stream_head() + chunk(first))
            held(exchange)
        elif "stream=true" in exchange.received.path:
            streamed([last])(exchange)
        else:
            plain(exchange)

    keeper.script = script
    with serving.http().stream("POST", RESPONSES, json={"model": "kept", "input": "hi", "stream": True}) as stream:
        pieces = stream.iter_bytes()
        assert next(pieces) == first
        assert serving.http().post(f"{RESPONSES}/resp_s/cancel").json()["status"] == "cancelled"
        again = serving.http().get(f"{RESPONSES}/resp_s?stream=true&starting_after=1")
        assert (again.headers["content-type"], again.content) == ("text/event-stream", last)
        held.exchanges[0].send(chunk(last) + LAST_CHUNK)
        assert b"".join(pieces) == last
    held.release()


def test_an_answer_is_its_keys_own(serving: Gateway, keeper: Upstream) -> None:
    create(serving)
    other = another_key(serving)
    calls = len(keeper.calls)
    refused = [
        serving.http(other).get(f"{RESPONSES}/resp_1"),
        serving.http(other).delete(f"{RESPONSES}/resp_1"),
        create(serving, key=other, previous_response_id="resp_1"),
        serving.http().get(f"{RESPONSES}/resp_unknown"),
    ]
    assert [reply.status_code for reply in refused] == [404] * 4
    assert {reply.json()["error"]["code"] for reply in refused} == {"response_not_found"}
    assert serving.http("").get(f"{RESPONSES}/resp_1").status_code == 401
    assert len(keeper.calls) == calls


def test_a_conversation_goes_on_where_it_began(serving: Gateway, keeper: Upstream) -> None:
    create(serving)
    reply = create(serving, model="mixed", previous_response_id="resp_1")
    assert reply.headers["x-bellwether-provider"] == "keeper", "though it stands last"
    assert keeper.calls[-1].json["previous_response_id"] == "resp_1"


def test_an_unknown_beginning_goes_to_the_first_who_may_keep_it(serving: Gateway, keeper: Upstream) -> None:
    reply = create(serving, model="mixed", previous_response_id="resp_from_before")
    assert reply.headers["x-bellwether-provider"] == "other"
    assert keeper.calls == []


def test_whoever_keeps_nothing_cannot_go_on(serving: Gateway) -> None:
    create(serving)
    for id_ in ("resp_1", "resp_from_before"):
        reply = create(serving, model="chat", previous_response_id=id_)
        assert reply.status_code == 400
        error = reply.json()["error"]
        assert error["param"] == "previous_response_id"
        assert "send the whole conversation" in error["message"]


def test_after_a_restart_an_answer_is_unknown_and_that_is_said(start: StartGateway, keeper: Upstream) -> None:
    section = {**provider(keeper.base_url), "dialects": ["responses"]}
    config = configuration(providers={"keeper": section})
    gateway = start(config=config)
    assert create(gateway, model=MODEL).status_code == 200
    assert gateway.http().get(f"{RESPONSES}/resp_1").status_code == 200
    gateway.stop()
    again = start(config=config)
    reply = again.http().get(f"{RESPONSES}/resp_1")
    assert reply.status_code == 404
    assert "since it started" in reply.json()["error"]["message"]


def test_other_methods_and_odd_ids_are_refused(serving: Gateway) -> None:
    http = serving.http()
    wrong = http.post(f"{RESPONSES}/resp_1")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, DELETE")
    assert http.get(f"{RESPONSES}/resp_1/cancel").headers["allow"] == "POST"
    for path in ("/resp_1/else", "/resp%2f1", "/" + "r" * 129):
        assert http.get(RESPONSES + path).status_code == 404


def test_a_provider_that_has_forgotten_is_heard(serving: Gateway, keeper: Upstream) -> None:
    create(serving)
    keeper.script = whole(b'{"error":{"message":"no such response","code":"gone"}}', status="404 Not Found")
    reply = serving.http().get(f"{RESPONSES}/resp_1")
    assert reply.status_code == 404
    assert "no such response" in reply.json()["error"]["message"]


def test_the_python_sdk_keeps_answers(serving: Gateway) -> None:
    client = serving.openai()
    made = client.responses.create(model="kept", input="hi")
    assert client.responses.retrieve(made.id).status == "failed"
    assert list(client.responses.input_items.list(made.id)) == []
    assert client.responses.cancel(made.id).status == "cancelled"
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError, match="since it started"):
        client.responses.retrieve("resp_unknown")


def test_a_reload_forgets_nothing(serving: Gateway) -> None:
    create(serving)
    serving.process.hang_up()
    until(lambda: "reload" in serving.process.output or "configuration" in serving.process.output, "it reloaded")
    assert serving.http().get(f"{RESPONSES}/resp_1").status_code == 200
