"""Proves that uploads arrive byte for byte but for the model's name, wherever they lay meanwhile.

Doubtful ones are refused, and nothing of one stays behind, however its call ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, one_after_the_other, provider
from harness.forms import BOUNDARY, TRANSCRIPTIONS, field, file, form, large, upload
from harness.gateway import Gateway
from harness.process import until
from harness.speech import MODEL
from harness.upstream import Exchange, Held, Upstream, whole
from harness.wire import Reply, Wire

MIB = 1 << 20
TEXT = b'{"text":"hello"}'
#: As small as they may be, so that little is much.
SMALL_MEMORY = {"body_bytes_max": MIB, "body_memory_bytes_max": MIB}
DISK_METRIC = "ai_gateway_upload_disk_bytes"


def ask(gateway: Gateway, body: bytes, path: str = TRANSCRIPTIONS, **settings: Any) -> Reply:
    with Wire(gateway.address) as wire:
        return wire.ask(upload(path, body, **settings))


def files_without_a_name(gateway: Gateway) -> list[str]:
    """Those that the process still holds."""
    held = []
    for descriptor in Path(f"/proc/{gateway.process.pid}/fd").iterdir():
        try:
            held.append(os.readlink(descriptor))
        except FileNotFoundError:
            continue
    return [path for path in held if path.endswith("(deleted)")]


def nothing_is_left(gateway: Gateway) -> bool:
    return not files_without_a_name(gateway) and gateway.metric(DISK_METRIC) == 0


@pytest.fixture
def transcriber(new_upstream: StartUpstream) -> Upstream:
    return new_upstream(whole(TEXT))


@pytest.fixture
def small(start: StartGateway, transcriber: Upstream) -> Gateway:
    """A gateway with next to no memory for bodies."""
    settings = configuration(providers={"first": provider(transcriber.base_url)}, models={"ears": ["first/whisper-1"]})
    return start(config={**settings, "limits": SMALL_MEMORY})


@pytest.mark.parametrize("size", [10, 300_000, 5 * MIB], ids=["tiny", "in memory", "in a file"])
@pytest.mark.parametrize("is_first", [True, False], ids=["model first", "model last"])
@pytest.mark.parametrize("model", ["ears", "whisper-1"], ids=["renamed", "as it is"])
def test_an_upload_arrives_but_for_the_models_name(
    small: Gateway, transcriber: Upstream, size: int, is_first: bool, model: str
) -> None:
    recording = file(large(size))

    def sent(name: str) -> bytes:
        parts = [field("model", name), recording] if is_first else [recording, field("model", name)]
        return form(*parts, field("language", "de"))

    reply = ask(small, sent(model))
    assert (reply.status, reply.body) == (200, TEXT)
    assert reply.headers["x-bellwether-model"] == "whisper-1"
    assert transcriber.call.path == TRANSCRIPTIONS
    assert transcriber.call.body == sent("whisper-1")
    assert transcriber.call.one("content-type") == f"multipart/form-data; boundary={BOUNDARY}"
    until(lambda: nothing_is_left(small), "nothing of the upload was left")


def test_an_upload_in_chunks_arrives_with_its_length(small: Gateway, transcriber: Upstream) -> None:
    body = form(file(large(3 * MIB)), field("model", "ears"))
    head = upload(TRANSCRIPTIONS, b"", "transfer-encoding: chunked").replace(b"content-length: 0\r\n", b"")
    pieces = (body[at : at + 70_001] for at in range(0, len(body), 70_001))
    with Wire(small.address) as wire:
        wire.send(head)
        for piece in pieces:
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.send(b"0\r\n\r\n")
        assert wire.reply().status == 200
    assert transcriber.call.one("content-length") == str(len(transcriber.call.body))
    assert transcriber.call.body == body.replace(b"ears", b"whisper-1")


def test_a_large_upload_costs_no_memory(small: Gateway, transcriber: Upstream) -> None:
    assert ask(small, form(field("model", "ears"), file(large(MIB * 2)))).status == 200
    before = small.process.resident_bytes_peak
    content = large(60 * MIB)
    assert ask(small, form(file(content), field("model", "ears"))).status == 200
    assert content in transcriber.calls[-1].body
    assert small.process.resident_bytes_peak - before < 12 * MIB


def test_many_large_uploads_at_once_all_arrive(small: Gateway, transcriber: Upstream) -> None:
    body = form(file(large(3 * MIB)), field("model", "ears"))
    wires = [Wire(small.address) for _ in range(8)]
    for wire in wires:
        wire.send(upload(TRANSCRIPTIONS, body)[:-1])
    for wire in wires:
        wire.send(body[-1:])
    assert [wire.reply().status for wire in wires] == [200] * 8
    for wire in wires:
        wire.close()
    assert {call.body for call in transcriber.calls} == {body.replace(b"ears", b"whisper-1")}
    until(lambda: nothing_is_left(small), "nothing of the uploads was left")


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data;charset=utf-8;Boundary={BOUNDARY}",
    ],
)
def test_a_boundary_is_read_as_it_may_be_written(gateway: Gateway, upstream: Upstream, content_type: str) -> None:
    upstream.script = whole(TEXT)
    body = form(file(b"\r\n--b-\r\n---b-b\r\n"), field("model", MODEL, "Content-Type: text/plain"))
    assert ask(gateway, b"\r\n" + body + b"\r\n", content_type=content_type).status == 200
    assert upstream.call.body == b"\r\n" + body + b"\r\n"


MODEL_FIELD = field("model", MODEL)
#: Each with a part of the message, and the field that is named.
REFUSED = {
    "no model": (form(file(b"x")), "names no model", "model"),
    "two models": (form(MODEL_FIELD, file(b"x"), MODEL_FIELD), "comes twice", "model"),
    "other letter case": (form(field("Model", MODEL)), "other letter case", "model"),
    "model as a file": (form(file(b"x", "model")), "is a file", "model"),
    "empty model": (form(field("model", "")), "empty", "model"),
    "odd stream": (form(MODEL_FIELD, field("stream", "maybe")), "'stream' must be", "stream"),
    "cut off": (form(MODEL_FIELD, file(b"x"))[:-9], "ends before", None),
    "nothing": (b"", "ends before", None),
    "a preamble": (b"hello\r\n" + form(MODEL_FIELD), "not valid multipart", None),
    "an epilogue": (form(MODEL_FIELD) + form(field("model", "other")), "goes on after", None),
    "bare line feeds": (form(MODEL_FIELD).replace(b"\r\n", b"\n"), "not valid multipart", None),
    "a delimiter behind a bare line feed": (form(file(b"x\n--b-b"), MODEL_FIELD), "not valid multipart", None),
    "two names": (form(field('a"; name="model', MODEL), MODEL_FIELD), "no name, or two", None),
    "an escaped quote": (form(file(b"x", filename='\\"; name=\\"model'), MODEL_FIELD), "escaped quote", None),
    "JSON": (b'{"model":"m"}', "not valid multipart", None),
}


@pytest.mark.parametrize(("body", "message", "param"), REFUSED.values(), ids=REFUSED.keys())
def test_a_doubtful_form_is_refused(
    gateway: Gateway, upstream: Upstream, body: bytes, message: str, param: str | None
) -> None:
    reply = ask(gateway, body)
    assert reply.status == 400, reply.body
    assert message in reply.error["message"]
    assert reply.error["param"] == param
    assert upstream.calls == []


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("text/plain", "is not multipart/form-data"),
        ("multipart/form-data", "names no boundary"),
        (f"multipart/form-data; boundary={BOUNDARY}; boundary=x", "more than one boundary"),
        ("multipart/form-data; boundary=" + "x" * 71, "too many"),
        (f"multipart/form-data; boundary={BOUNDARY}\r\ncontent-type: application/json", "one content-type"),
    ],
)
def test_a_type_without_a_boundary_is_refused(gateway: Gateway, content_type: str, message: str) -> None:
    reply = ask(gateway, form(MODEL_FIELD), content_type=content_type)
    assert reply.status == 400
    assert message in reply.error["message"]


def test_json_is_taken_where_forms_are(gateway: Gateway, upstream: Upstream) -> None:
    upstream.script = whole(b'{"data":[]}')
    body = b'{"images":[{"image_url":"https://example.com/a.png"}],"model":"openai/gpt-image-1"}'
    assert ask(gateway, body, "/v1/images/edits", content_type="application/json").status == 200
    assert upstream.call.body == body.replace(b"openai/", b"")


def test_an_upload_may_be_so_large_and_no_larger(start: StartGateway, transcriber: Upstream) -> None:
    body = form(file(large(2 * MIB)), field("model", MODEL))
    limits = {**SMALL_MEMORY, "upload_bytes_max": len(body)}
    gateway = start(config={**configuration(providers={"first": provider(transcriber.base_url)}), "limits": limits})
    assert ask(gateway, body).status == 200
    larger = form(file(large(2 * MIB + 1)), field("model", MODEL))
    announced = ask(gateway, larger)
    assert (announced.status, announced.error["code"]) == (413, "request_too_large")
    assert "limits.upload_bytes_max" in announced.error["message"]
    head = upload(TRANSCRIPTIONS, b"", "transfer-encoding: chunked").replace(b"content-length: 0\r\n", b"")
    with Wire(gateway.address) as wire:
        assert wire.ask(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(larger), larger)).status == 413
    until(lambda: nothing_is_left(gateway), "nothing of the uploads was left")
    assert len(transcriber.calls) == 1


@pytest.mark.parametrize("size", [1000, 3 * MIB], ids=["in memory", "in a file"])
def test_the_next_target_gets_the_whole_upload(start: StartGateway, new_upstream: StartUpstream, size: int) -> None:
    first, second = new_upstream(whole(b"{}", status="500 Internal Server Error")), new_upstream(whole(TEXT))
    gateway = start(config={**one_after_the_other(first.base_url, second.base_url), "limits": SMALL_MEMORY})
    body = form(file(large(size)), field("model", MODEL))
    reply = ask(gateway, body)
    assert reply.status == 200
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert first.call.body == second.call.body == body


def test_a_target_that_hangs_up_amid_the_upload_is_passed_over(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    rude, polite = new_upstream(Exchange.reset), new_upstream(whole(TEXT))
    gateway = start(config={**one_after_the_other(rude.base_url, polite.base_url), "limits": SMALL_MEMORY})
    body = form(file(large(3 * MIB)), field("model", MODEL))
    assert ask(gateway, body).status == 200
    assert polite.call.body == body


def test_a_provider_who_refuses_without_reading_is_heard(start: StartGateway, new_upstream: StartUpstream) -> None:
    upstream = new_upstream(whole(b'{"error":{"message":"no such voice"}}', status="400 Bad Request"))
    gateway = start(config={**configuration(providers={"first": provider(upstream.base_url)}), "limits": SMALL_MEMORY})
    reply = ask(gateway, form(file(large(3 * MIB)), field("model", MODEL)))
    assert reply.status == 400
    assert "no such voice" in reply.error["message"]


def test_a_caller_who_leaves_amid_his_upload_leaves_nothing(small: Gateway, transcriber: Upstream) -> None:
    body = form(field("model", "ears"), file(large(4 * MIB)))
    for leave in (Wire.close, Wire.reset):
        wire = Wire(small.address)
        wire.send(upload(TRANSCRIPTIONS, body[: 3 * MIB], length=len(body)))
        until(lambda: (small.metric(DISK_METRIC) or 0) > MIB, "the upload lay in a file")
        assert len(files_without_a_name(small)) == 1
        leave(wire)
        until(lambda: nothing_is_left(small), "nothing of the upload was left")
    assert transcriber.calls == []


def test_a_caller_who_leaves_before_his_answer_leaves_nothing(small: Gateway, transcriber: Upstream) -> None:
    held = Held()
    transcriber.script = held
    with Wire(small.address) as wire:
        wire.send(upload(TRANSCRIPTIONS, form(field("model", "ears"), file(large(4 * MIB)))))
        (exchange,) = held.wait_for(1)
        assert len(files_without_a_name(small)) == 1
    assert exchange.saw_hang_up()
    until(lambda: nothing_is_left(small), "nothing of the upload was left")
    held.release()


def test_a_slow_upload_ends_in_its_time(start: StartGateway, transcriber: Upstream) -> None:
    providers = {"first": provider(transcriber.base_url)}
    settings = configuration(providers=providers, timeouts={"request_body_ms": 200})
    gateway = start(config={**settings, "limits": SMALL_MEMORY})
    with Wire(gateway.address) as wire:
        reply = wire.ask(upload(TRANSCRIPTIONS, form(MODEL_FIELD)[:-1], length=len(form(MODEL_FIELD))))
    assert (reply.status, reply.error["code"]) == (408, "request_timeout")


def test_a_full_disk_is_told_and_harms_nobody_else(start: StartGateway, transcriber: Upstream) -> None:
    limits = {**SMALL_MEMORY, "upload_bytes_max": 4 * MIB, "spool_bytes_max": 4 * MIB}
    gateway = start(config={**configuration(providers={"first": provider(transcriber.base_url)}), "limits": limits})
    body = form(file(large(3 * MIB)), field("model", MODEL))
    with Wire(gateway.address) as first:
        first.send(upload(TRANSCRIPTIONS, body)[:-1])
        until(lambda: (gateway.metric(DISK_METRIC) or 0) > 2 * MIB, "the first upload lay in a file")
        refused = ask(gateway, body)
        assert (refused.status, refused.error["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"]
        assert ask(gateway, form(file(b"x"), MODEL_FIELD)).status == 200, "what fits into memory is served"
        first.send(body[-1:])
        assert first.reply().status == 200
    assert ask(gateway, body).status == 200


def test_a_disk_that_cannot_be_written_is_told(start: StartGateway, transcriber: Upstream, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    settings = configuration(providers={"first": provider(transcriber.base_url)})
    gateway = start(config={**settings, "limits": SMALL_MEMORY, "spool_dir": str(spool)})
    body = form(file(large(3 * MIB)), field("model", MODEL))
    assert ask(gateway, body).status == 200
    assert list(spool.iterdir()) == []
    spool.rmdir()
    reply = ask(gateway, body)
    assert (reply.status, reply.error["code"], reply.error["source"]) == (503, "overloaded", "gateway")
    assert str(spool) not in reply.error["message"]
    assert ask(gateway, form(file(b"x"), MODEL_FIELD)).status == 200
    until(lambda: "an upload could not be kept" in gateway.process.output, "the operator was told")


def test_a_spool_directory_that_is_not_there_is_told_at_the_start(launch: Any, tmp_path: Path) -> None:
    process, _ = launch(config={"spool_dir": str(tmp_path / "nowhere")})
    assert process.wait() != 0
    assert "spool_dir" in process.output
