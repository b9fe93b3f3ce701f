"""Proves docs/operations/idempotency.md: what has a key is asked of a provider once, charged once, and answered the
same, however often it is sent. Where its answer is not there, whoever repeats it is told why, and nobody is asked: R42.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import ConflictError

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import NO_REPEATS, configuration, provider
from harness.forms import BOUNDARY, TRANSCRIPTIONS, file, form
from harness.forms import field as form_field
from harness.gateway import UPSTREAM_KEY, Gateway
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, MODEL, chat, delta
from harness.upstream import LAST_CHUNK, Exchange, Held, Upstream, chunk, stream_head, streamed, whole
from harness.wire import Wire, request

KEY = "Idempotency-Key"
REPLAYED = "idempotency-replayed"
#: Of a repeat's own: all other headers are those of the first answer.
OWN_HEADERS = {"x-request-id", "x-bellwether-call-id", "date", REPLAYED}
TWINS = 20
KILLS = 6
KILL_CALLERS = 6
KILL_ANSWERS = 10
#: What an answer takes, so that a kill finds calls at every place.
PACE_S = 0.005
ANSWER_BYTES_MAX = 4 << 20
SECRET_PROMPT, SECRET_ANSWER, SECRET_KEY = "asked-in-confidence", "answered-in-confidence", "key-in-confidence"

ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (CHAT_PATH, {"model": MODEL, "messages": [{"role": "user", "content": "ping"}]}),
    "messages": (
        "/v1/messages",
        {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": "ping"}]},
    ),
    "responses": ("/v1/responses", {"model": MODEL, "input": "ping"}),
}


def post(
    gateway: Gateway,
    key: str | None,
    path: str = CHAT_PATH,
    content: bytes | None = None,
    *,
    caller: str | None = None,
    content_type: str = "application/json",
) -> httpx.Response:
    headers = {"content-type": content_type, **({KEY: key} if key else {})}
    with gateway.http(key=caller) as http:
        return http.post(path, content=content or chat(), headers=headers)


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def told(reply: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """What a caller sees, but for what is each call's own."""
    headers = {name: value for name, value in reply.headers.items() if name not in OWN_HEADERS}
    return reply.status_code, reply.content, headers


def assert_replayed(again: httpx.Response, first: httpx.Response) -> None:
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert told(again) == told(first)
    assert again.headers["x-bellwether-call-id"] != first.headers["x-bellwether-call-id"]


def rows(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The rows of calls, the newest first, once there are so many."""

    def all_there() -> list[dict[str, Any]] | None:
        with gateway.admin() as admin:
            found = admin.get("/admin/v1/requests").raise_for_status().json()["requests"]
        return found if len(found) == count else None

    return until(all_there, f"{count} rows")


def log_lines(gateway: Gateway) -> list[dict[str, Any]]:
    """Of paid calls, the oldest first."""
    lines = [json.loads(line) for line in gateway.process.stderr.splitlines() if '"message":"request"' in line]
    return sorted((line for line in lines if "/admin/" not in line["path"]), key=lambda line: line["call_id"])


def files(gateway: Gateway) -> list[Path]:
    return sorted((gateway.data_dir / "idempotency").iterdir())


def calls(simulator: Simulator) -> int:
    """How often it was asked for something that costs."""
    return sum(not request["path"].endswith("/models") for request in simulator.node.everything_received())


def environment_of(upstream: Upstream) -> dict[str, str]:
    return {"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url}


@pytest.fixture
def served(start: StartGateway, simulator: Simulator) -> Gateway:
    return start(environment=simulator.environment)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", ASKS)
def test_a_repeat_gets_the_same_answer(served: Gateway, simulator: Simulator, dialect: str, is_stream: bool) -> None:
    path, ask = ASKS[dialect]
    body = json.dumps({**ask, "stream": is_stream}).encode()
    first = post(served, "order-1", path, body)
    assert first.status_code == 200
    assert first.content
    before = calls(simulator)
    for _ in range(3):
        again = post(served, "order-1", path, body)
        assert_replayed(again, first)
        if is_stream:
            assert again.headers["content-type"].startswith("text/event-stream")
            assert again.headers["transfer-encoding"] == "chunked"
            assert "content-length" not in again.headers
    assert calls(simulator) == before, "nobody was asked again"
    assert post(served, "order-2", path, body).status_code == 200
    assert post(served, None, path, body).status_code == 200
    assert calls(simulator) == before + 2, "another key, and none at all, are asked for"


def test_every_paid_path_takes_a_key(gateway: Gateway, upstream: Upstream) -> None:
    """The provider's answer is the same for all: what is served where is not what this is about."""
    usage = b'"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}'
    upstream.script = by_path(
        {
            "embeddings": b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],%b}' % usage,
            "moderations": b'{"id":"m","model":"m","results":[{"flagged":false}]}',
            "images": b'{"created":1,"data":[{"b64_json":"AAAA"}]}',
            "transcriptions": b'{"text":"hello"}',
            "rerank": b'{"results":[{"index":0,"relevance_score":0.5}]}',
            "chat/completions": CHAT_REPLY,
            "completions": b'{"id":"c","choices":[{"text":"hi","index":0,"finish_reason":"stop"}],%b}' % usage,
            "speech": b"RIFF of sound",
        }
    )
    asks: list[tuple[str, Any]] = [
        ("/v1/embeddings", {"model": MODEL, "input": "a"}),
        ("/v1/moderations", {"model": MODEL, "input": "a"}),
        ("/v1/images/generations", {"model": MODEL, "prompt": "a"}),
        ("/v1/rerank", {"model": MODEL, "query": "a", "documents": ["b"]}),
        ("/v1/completions", {"model": MODEL, "prompt": "a"}),
        ("/v1/audio/speech", {"model": MODEL, "input": "a", "voice": "alloy"}),
    ]
    for number, (path, ask) in enumerate(asks):
        body = json.dumps(ask).encode()
        first = post(gateway, f"paid-{number}", path, body)
        assert first.status_code == 200, (path, first.text)
        assert_replayed(post(gateway, f"paid-{number}", path, body), first)
    body = form(form_field("model", MODEL), file(b"RIFF" * 100))
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    first = post(gateway, "recording", TRANSCRIPTIONS, body, content_type=kind)
    assert first.status_code == 200, first.text
    assert_replayed(post(gateway, "recording", TRANSCRIPTIONS, body, content_type=kind), first)
    assert len(upstream.calls) == len(asks) + 1


def reply_of(length: int) -> bytes:
    """An answer with so much text."""
    message = {"role": "assistant", "content": "x" * length}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({**json.loads(CHAT_REPLY), "choices": choices}).encode()


def by_path(answers: dict[str, bytes]) -> Callable[[Exchange], None]:
    def script(exchange: Exchange) -> None:
        name = next(name for name in answers if name in exchange.received.path)
        kind = "audio/wav" if name == "speech" else "application/json"
        whole(answers[name], content_type=kind)(exchange)

    return script


def test_counting_tokens_takes_no_key(served: Gateway) -> None:
    ask = json.dumps(ASKS["messages"][1]).encode()
    for _ in range(2):
        counted = post(served, "count", "/v1/messages/count_tokens", ask)
        assert counted.status_code == 200
        assert REPLAYED not in counted.headers


def test_another_request_under_the_same_key_is_refused(served: Gateway, simulator: Simulator) -> None:
    assert post(served, "k", content=chat("one")).status_code == 200
    before = calls(simulator)
    reused = post(served, "k", content=chat("two"))
    assert code(reused) == (409, "idempotency_key_reused")
    assert reused.headers["x-should-retry"] == "false"
    path, ask = ASKS["responses"]
    assert code(post(served, "k", path, json.dumps(ask).encode())) == (409, "idempotency_key_reused")
    assert calls(simulator) == before
    anthropic = post(served, "k", "/v1/messages", chat("one", max_tokens=5))
    assert (anthropic.status_code, anthropic.json()["type"]) == (409, "error")


def test_a_key_that_is_none_is_refused(served: Gateway, simulator: Simulator) -> None:
    before = calls(simulator)
    for bad in ["x" * 256, "two words", "tab\there"]:
        refused = post(served, bad)
        assert code(refused) == (400, "invalid_request")
        assert "1 to 255 visible ASCII" in refused.json()["error"]["message"]
    with served.http() as http:
        both = http.post(CHAT_PATH, content=chat(), headers=[(KEY, "a"), (KEY, "b")])
        assert both.status_code == 400
        same = http.post(CHAT_PATH, content=chat(), headers=[(KEY, "a"), (KEY, "a")])
        assert same.status_code == 200
    assert post(served, "x" * 255).status_code == 200
    assert calls(simulator) == before + 2


def test_a_twin_that_runs_is_told_to_come_back(served: Gateway, simulator: Simulator) -> None:
    simulator.node.set(latency_ms=1500)
    before = calls(simulator)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, served, "slow")
        until(lambda: calls(simulator) == before + 1, "the first is asked for")
        twin = post(served, "slow")
        assert code(twin) == (409, "idempotency_key_in_use")
        assert int(twin.headers["retry-after"]) >= 1
        assert "x-should-retry" not in twin.headers
        other = post(served, "slow", content=chat("something else"))
        assert code(other) == (409, "idempotency_key_reused")
        assert first.result().status_code == 200
    assert_replayed(post(served, "slow"), first.result())
    assert calls(simulator) == before + 1


def test_twins_at_once_are_asked_for_once(served: Gateway, simulator: Simulator) -> None:
    simulator.node.set(latency_ms=300)
    before = calls(simulator)
    with ThreadPoolExecutor(TWINS) as pool:
        replies = list(pool.map(lambda _: post(served, "twins"), range(TWINS)))
    answered = [reply for reply in replies if reply.status_code == 200]
    assert len({reply.content for reply in answered}) == 1
    assert sum(REPLAYED not in reply.headers for reply in answered) == 1
    assert {code(reply) for reply in replies if reply.status_code != 200} <= {(409, "idempotency_key_in_use")}
    assert calls(simulator) == before + 1
    assert post(served, "twins").content == answered[0].content
    assert calls(simulator) == before + 1


def test_a_stream_that_runs_has_its_key(start: StartGateway, new_upstream: StartUpstream) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(environment=environment_of(upstream))
    body = chat(stream=True)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, body, f"{KEY}: s"))
        (exchange,) = held.wait_for(1)
        exchange.send(stream_head() + chunk(delta(content="one")))
        first = wire.response()
        assert first.status == 200
        assert code(post(gateway, "s", content=body)) == (409, "idempotency_key_in_use")
        exchange.send(chunk(DONE) + LAST_CHUNK)
        text = first.read()
    held.release()
    again = post(gateway, "s", content=body)
    assert again.content == text
    assert again.headers[REPLAYED] == "true"
    assert len(upstream.calls) == 1


def test_a_repeat_costs_nothing_and_is_marked(start: StartGateway, upstream: Upstream, commands: Commands) -> None:
    gateway = start(environment=environment_of(upstream))
    first = post(gateway, "paid")
    again = post(gateway, "paid")
    assert_replayed(again, first)
    assert first.headers["x-bellwether-cost"] == again.headers["x-bellwether-cost"]
    repeat, paid = rows(gateway, 2)
    assert (paid["flags"], paid["tokens"]["input"], paid["tokens"]["output"]) == ([], 11, 7)
    assert paid["cost"] is not None
    assert (repeat["flags"], repeat["status"], repeat["cost"], repeat["provider"]) == (["replayed"], 200, None, None)
    assert {count for count in repeat["tokens"].values() if not isinstance(count, bool)} == {0}
    assert repeat["bytes_out"] == paid["bytes_out"] == len(CHAT_REPLY)
    assert [line.get("is_replay") for line in log_lines(gateway)] == [None, True]
    assert "cost" not in log_lines(gateway)[1]
    assert gateway.metric("ai_gateway_tokens_total", kind="output") == 7
    for outcome in ("anew", "replayed"):
        assert gateway.metric("ai_gateway_idempotency_requests_total", outcome=outcome) == 1
    assert gateway.metric("ai_gateway_idempotency_keys") == 1
    assert gateway.metric("ai_gateway_idempotency_disk_bytes") == sum(path.stat().st_size for path in files(gateway))


def test_an_answer_too_large_to_keep_is_not_asked_for_again(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(reply_of(ANSWER_BYTES_MAX)))
    gateway = start(environment=environment_of(upstream))
    first = post(gateway, "large")
    assert first.status_code == 200
    assert len(first.content) > ANSWER_BYTES_MAX
    for _ in range(2):
        assert code(post(gateway, "large")) == (409, "idempotency_answer_too_large")
    assert len(upstream.calls) == 1
    gateway.stop()
    again = start(environment=environment_of(upstream))
    assert code(post(again, "large")) == (409, "idempotency_answer_too_large")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_what_was_answered_outlives_the_process(start: StartGateway, simulator: Simulator, how: str) -> None:
    gateway = start(environment=simulator.environment)
    path, ask = ASKS["messages"]
    streamed_ask = json.dumps({**ask, "stream": True}).encode()
    first, stream = post(gateway, "whole"), post(gateway, "stream", path, streamed_ask)
    if how == "SIGTERM":
        gateway.stop()
    else:
        gateway.process.kill()
    before = calls(simulator)
    again = start(environment=simulator.environment)
    assert_replayed(post(again, "whole"), first)
    assert_replayed(post(again, "stream", path, streamed_ask), stream)
    assert code(post(again, "whole", content=chat("other"))) == (409, "idempotency_key_reused")
    assert calls(simulator) == before


def test_what_a_crash_cut_off_is_never_asked_for_again(start: StartGateway, new_upstream: StartUpstream) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(environment=environment_of(upstream))
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(lambda: pytest.raises(httpx.HTTPError, post, gateway, "cut"))
        held.wait_for(1)
        gateway.process.kill()
        cut.result()
    again = start(environment=environment_of(upstream))
    for _ in range(2):
        lost = post(again, "cut")
        assert code(lost) == (409, "idempotency_outcome_unknown")
        assert "send a new key" in lost.json()["error"]["message"]
        assert lost.headers["x-should-retry"] == "false"
    assert len(held.exchanges) == 1
    held.release()


def test_a_caller_who_goes_in_the_middle_is_charged_and_told(start: StartGateway, new_upstream: StartUpstream) -> None:
    held = Held()
    upstream = new_upstream(held)
    gateway = start(environment=environment_of(upstream))
    body = chat(stream=True)
    with Wire(gateway.address) as wire:
        wire.send(request(CHAT_PATH, body, f"{KEY}: gone"))
        (exchange,) = held.wait_for(1)
        exchange.send(stream_head() + chunk(delta(content="one two three")))
        assert b"three" in wire.response().readline()
    assert exchange.saw_hang_up()
    until(lambda: log_lines(gateway), "the call is settled")
    assert code(post(gateway, "gone", content=body)) == (409, "idempotency_outcome_unknown")
    assert len(held.exchanges) == 1
    lost, gone = rows(gateway, 2)
    assert gone["status"] == 499
    assert gone["tokens"]["output"] > 0
    held.release()


def test_a_failure_that_cost_nothing_frees_the_key(start: StartGateway, simulator: Simulator) -> None:
    gateway = start(
        config=configuration({"only": provider(simulator.node.base_url, key=simulator.key)}, retries=NO_REPEATS)
    )
    for fault in ["status=500", "status=429", "status=400"]:
        simulator.node.fault(fault, times=1)
        failed = post(gateway, fault)
        assert failed.status_code >= 400, fault
        assert REPLAYED not in failed.headers, fault
        # The provider that had asked for patience is asked again after a second.
        good = until(lambda key=fault: (reply := post(gateway, key)).status_code == 200 and reply, f"{fault} is over")
        assert REPLAYED not in good.headers, fault
        assert_replayed(post(gateway, fault), good)
    assert post(gateway, "refused", content=b"{").status_code == 400
    assert post(gateway, "refused").status_code == 200, "what was never understood used no key"
    gateway.process.kill()
    again = start(
        config=configuration({"only": provider(simulator.node.base_url, key=simulator.key)}, retries=NO_REPEATS)
    )
    assert post(again, "status=500").headers[REPLAYED] == "true"


def test_a_broken_stream_is_not_asked_for_again(start: StartGateway, new_upstream: StartUpstream) -> None:
    def broken(exchange: Exchange) -> None:
        exchange.send(stream_head())
        exchange.send(chunk(delta(content="one")))
        exchange.reset()

    upstream = new_upstream(broken)
    gateway = start(config=configuration({"only": provider(upstream.base_url)}, retries=NO_REPEATS))
    body = chat(stream=True)
    with contextlib.suppress(httpx.HTTPError):
        post(gateway, "broken", content=body)
    before = len(upstream.calls)
    assert code(post(gateway, "broken", content=body)) == (409, "idempotency_outcome_unknown")
    assert len(upstream.calls) == before


def test_projects_do_not_see_each_others_keys(served: Gateway, simulator: Simulator, commands: Commands) -> None:
    commands.json("orgs", "create", "Acme")
    projects = [
        commands.json("projects", "create", "app")["id"],
        commands.json("projects", "create", "app", "--org", "Acme")["id"],
    ]
    keys = [
        commands.json("keys", "create", "--name", f"k{number}", "--project", project)["key"]
        for number, project in enumerate(projects)
    ]
    beside = commands.json("keys", "create", "--name", "beside", "--project", projects[0])["key"]
    before = calls(simulator)
    for key in keys:
        reply = post(served, "shared", caller=key)
        assert reply.status_code == 200
        assert REPLAYED not in reply.headers
    assert post(served, "shared").headers.get(REPLAYED) is None
    assert calls(simulator) == before + 3
    assert post(served, "shared", caller=beside).headers[REPLAYED] == "true", "another key of the same project"
    assert code(post(served, "shared", content=chat("other"), caller=keys[1])) == (409, "idempotency_key_reused")
    assert calls(simulator) == before + 3


def test_a_key_that_is_for_less_is_not_told_the_answer_of_another(served: Gateway, commands: Commands) -> None:
    project = commands.json("projects", "create", "app")["id"]
    wide = commands.json("keys", "create", "--name", "wide", "--project", project)["key"]
    narrow = commands.json("keys", "create", "--name", "narrow", "--project", project, "--models", "other-model")["key"]
    assert post(served, "k", caller=wide).status_code == 200
    assert code(post(served, "k", caller=narrow)) == (403, "permission_denied")
    assert post(served, "k", caller=wide).headers[REPLAYED] == "true"


def test_no_file_has_a_word_of_what_was_said(start: StartGateway, new_upstream: StartUpstream) -> None:
    answer = CHAT_REPLY.replace(b"caf", SECRET_ANSWER.encode())
    upstream = new_upstream(whole(answer, "x-request-id: upstream-in-confidence"))
    gateway = start(environment=environment_of(upstream))
    first = post(gateway, SECRET_KEY, content=chat(SECRET_PROMPT))
    assert SECRET_ANSWER.encode() in first.content
    assert_replayed(post(gateway, SECRET_KEY, content=chat(SECRET_PROMPT)), first)
    upstream.script = streamed([delta(content=SECRET_ANSWER), DONE])
    assert post(gateway, SECRET_KEY + "2", content=chat(SECRET_PROMPT, stream=True)).status_code == 200
    gateway.stop()
    kept = files(gateway)
    assert kept
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
    for path in kept:
        found = path.read_bytes()
        assert len(found) > 1000
        for words in (SECRET_PROMPT, SECRET_ANSWER, SECRET_KEY, "chat.completion", "in-confidence", MODEL):
            assert words.encode() not in found, words
    assert SECRET_KEY not in gateway.process.output


def test_the_official_sdk_gets_the_same_object(served: Gateway, simulator: Simulator) -> None:
    client = served.openai()
    ask: Any = {"model": MODEL, "messages": [{"role": "user", "content": "ping"}], "extra_headers": {KEY: "sdk-1"}}
    first = client.chat.completions.create(**ask)
    before = calls(simulator)
    assert client.chat.completions.create(**ask) == first
    stream_ask: Any = {**ask, "extra_headers": {KEY: "sdk-2"}, "stream": True}
    events = [list(client.chat.completions.create(**stream_ask)) for _ in range(2)]
    assert events[0] == events[1]
    assert len(events[0]) > 1
    assert calls(simulator) == before + 1
    raw = client.chat.completions.with_raw_response.create(**ask)
    assert raw.headers[REPLAYED] == "true"
    with pytest.raises(ConflictError) as refused:
        client.chat.completions.create(**{**ask, "messages": [{"role": "user", "content": "pong"}]})
    assert refused.value.code == "idempotency_key_reused"


def test_an_sdk_that_tries_again_by_itself_waits_for_its_twin(served: Gateway, simulator: Simulator) -> None:
    simulator.node.set(latency_ms=700)
    ask: Any = {"model": MODEL, "messages": [{"role": "user", "content": "ping"}], "extra_headers": {KEY: "patient"}}
    before = calls(simulator)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: served.openai(max_retries=4).chat.completions.create(**ask), range(2)))
    assert answers[0] == answers[1]
    assert calls(simulator) == before + 1


def test_a_full_disk_is_told_before_anybody_is_asked(served: Gateway, simulator: Simulator) -> None:
    folder = served.data_dir / "idempotency"
    aside = served.data_dir / "aside"
    folder.rename(aside)
    before = calls(simulator)
    refused = post(served, "k")
    assert code(refused) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) >= 1
    assert post(served, None).status_code == 200, "calls without a key need no disk"
    assert calls(simulator) == before + 1
    assert served.metric("ai_gateway_idempotency_failures_total") > 0
    aside.rename(folder)
    assert post(served, "k").status_code == 200
    assert post(served, "k").headers[REPLAYED] == "true"


def test_the_oldest_answers_make_room(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(reply_of(3 << 20)))
    config = configuration({"only": provider(upstream.base_url)})
    gateway = start(config={**config, "idempotency": {"bytes_max": 64 << 20}})
    for number in range(30):
        assert post(gateway, f"k-{number}").status_code == 200
    assert sum(path.stat().st_size for path in files(gateway)) <= 64 << 20
    assert gateway.metric("ai_gateway_idempotency_files_dropped_total") > 0
    assert post(gateway, "k-29").headers[REPLAYED] == "true"
    assert REPLAYED not in post(gateway, "k-0").headers


def test_kills_at_any_moment_never_ask_twice(start: StartGateway, new_upstream: StartUpstream) -> None:
    """Whatever was told before a kill is told again; whatever was asked is not asked again."""
    upstream = new_upstream(paced)
    sent: list[str] = []
    told_before: dict[str, bytes] = {}
    for turn in range(KILLS):
        gateway = start(environment=environment_of(upstream))
        stop = threading.Event()

        def call(caller: int, turn: int = turn, gateway: Gateway = gateway, stop: threading.Event = stop) -> None:
            number = 0
            while not stop.is_set():
                key = f"{turn}-{caller}-{number}"
                number += 1
                sent.append(key)
                try:
                    reply = post(gateway, key, content=chat(key, stream=number % 2 == 0))
                except httpx.HTTPError:
                    return
                if reply.status_code == 200 and (DONE in reply.content or b"usage" in reply.content):
                    told_before[key] = reply.content

        with ThreadPoolExecutor(KILL_CALLERS) as pool:
            running = [pool.submit(call, caller) for caller in range(KILL_CALLERS)]
            wanted = len(told_before) + KILL_ANSWERS + turn
            until(lambda wanted=wanted: len(told_before) >= wanted, "calls are answered")
            gateway.process.kill()
            stop.set()
            for done in running:
                done.result()
    gateway = start(environment=environment_of(upstream))
    outcomes: Counter[str] = Counter()
    for key in sent:
        number = int(key.rsplit("-", 1)[1]) + 1
        again = post(gateway, key, content=chat(key, stream=number % 2 == 0))
        if key in told_before:
            assert (again.status_code, again.content) == (200, told_before[key]), key
        else:
            assert again.status_code == 200 or code(again) == (409, "idempotency_outcome_unknown"), again.text
        outcomes[f"{again.status_code} {again.headers.get(REPLAYED)}"] += 1
    asked = Counter(json.loads(call.body)["messages"][0]["content"] for call in upstream.calls)
    assert set(asked.values()) == {1}, [key for key, times in asked.items() if times > 1]
    assert len(told_before) >= KILLS * KILL_ANSWERS
    assert outcomes["200 true"] >= len(told_before), outcomes


def paced(exchange: Exchange) -> None:
    """A provider that takes its time."""
    pause = threading.Event()
    pause.wait(PACE_S)
    if exchange.received.json.get("stream"):
        exchange.send(stream_head())
        for word in ["one", "two"]:
            exchange.send(chunk(delta(content=word)))
            pause.wait(PACE_S)
        exchange.send(chunk(DONE) + LAST_CHUNK)
    else:
        whole(CHAT_REPLY)(exchange)


def test_a_start_with_many_answers_is_quick(start: StartGateway, upstream: Upstream) -> None:
    gateway = start(environment=environment_of(upstream))
    with gateway.http() as http:
        for number in range(500):
            assert http.post(CHAT_PATH, content=chat(), headers={KEY: f"n-{number}"}).status_code == 200
    gateway.process.kill()
    began = time.monotonic()
    again = start(environment=environment_of(upstream))
    assert time.monotonic() - began < 5
    assert again.metric("ai_gateway_idempotency_keys") == 500
    assert post(again, "n-250").headers[REPLAYED] == "true"
    assert len(upstream.calls) == 500
