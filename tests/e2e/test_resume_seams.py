"""Still more of docs/operations/resume.md: streams cut at odd places, and the form of what comes of them. Each caller's dialect
has rules of its own for ids, numbers and ends; they hold across a seam, too, wherever it lies.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS
from harness.speech import DONE, MODEL, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, chunk, stream_head, whole
from test_resume import PATHS, Told, body
from test_resume_corners import between, finish

#: Letters of one to four bytes, what JSON escapes, a row, and words that are said twice.
TEXT = 'Naïve — “日本語” 🙂👍🏽 say "a\\b"\n\tno, no, no, no.\nThe end of it. The end of it, he said: ha ha ha ha!'
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
FOUR = {
    "retries": {"repeats_max": 0, "budget_percent": 100},
    "limits": {"attempts_max": 4},
    # Who breaks again and again is asked all the same, if he answers well now and then.
    "health": {"failures": 20, "failure_percent": 100},
}
OFTEN = 10


def told_usage() -> bytes:
    event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [], "usage": USAGE}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def escaped(text: str) -> list[bytes]:
    """Events of some letters each; those beyond ASCII as escapes, those of four bytes as two that may lie in two events."""
    units = text.encode("utf-16-be")
    pieces = [units[at : at + 6].decode("utf-16-be", "surrogatepass") for at in range(0, len(units), 6)]
    return [delta(content=piece) for piece in pieces]


def plain(text: str) -> list[bytes]:
    """The same as UTF-8."""
    pieces = [text[at : at + 3] for at in range(0, len(text), 3)]
    whole_event = json.loads(delta(content="x").removeprefix(b"data: "))

    def event(piece: str) -> bytes:
        whole_event["choices"][0]["delta"]["content"] = piece
        return b"data: " + json.dumps(whole_event, ensure_ascii=False).encode() + b"\n\n"

    return [event(piece) for piece in pieces]


def stream(write: Callable[[str], list[bytes]], text: str) -> bytes:
    return b"".join(write(text)) + finish() + told_usage() + DONE


def breaking(data: bytes, way: str = "close") -> Script:
    """Sends so much, and then leaves or ends as if that were all."""

    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + (chunk(data) if data else b""))
        if way == "close":
            exchange.close()
        else:
            exchange.send(LAST_CHUNK)

    return script


def going_on(write: Callable[[str], list[bytes]], cut: int | None = None) -> Script:
    """Goes on right behind the beginning that it is given; breaks after so many bytes, if that is wished."""

    def script(exchange: Exchange) -> None:
        last = exchange.received.json["messages"][-1]
        begun = last["content"] if last["role"] == "assistant" else ""
        assert TEXT.startswith(begun), begun
        data = stream(write, TEXT[len(begun) :])
        if cut is None:
            exchange.send(stream_head() + chunk(data) + LAST_CHUNK)
        else:
            breaking(data[:cut])(exchange)

    return script


def check_form(told: Told) -> None:
    """What the documents of each dialect promise of a whole stream."""
    assert told.is_whole and told.error is None, told.raw
    events = told.events
    kinds = [event.get("type") for event in events]
    match told.dialect:
        case "chat":
            assert len({event["id"] for event in events if "segments" not in event}) == 1
            choices = [event["choices"][0] for event in events if event["choices"]]
            assert [choice["delta"]["role"] for choice in choices if "role" in choice["delta"]] == ["assistant"]
            assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
        case "messages":
            assert [kinds.count(kind) for kind in ("message_start", "message_delta", "message_stop")] == [1, 1, 1]
            opened = [event["index"] for event in events if event["type"] == "content_block_start"]
            closed = [event["index"] for event in events if event["type"] == "content_block_stop"]
            assert opened == closed == list(range(len(opened)))
        case _:
            assert [event["sequence_number"] for event in events] == list(range(len(events)))
            assert (kinds.count("response.created"), kinds.count("response.completed")) == (1, 1)
            (done,) = [event for event in events if event["type"] == "response.output_text.done"]
            last = events[-1]["response"]
            (item,) = last["output"]
            assert done["text"] == item["content"][0]["text"] == told.text
            assert {event["item_id"] for event in events if "item_id" in event} == {item["id"]}
            assert {event["response"]["id"] for event in events if "response" in event} == {last["id"]}


@pytest.mark.parametrize("write", [escaped, plain], ids=["escapes", "UTF-8"])
@pytest.mark.parametrize("dialect", PATHS)
def test_a_stream_may_be_cut_within_letters_escapes_and_events(
    start: StartGateway, new_upstream: StartUpstream, dialect: str, write: Callable[[str], list[bytes]]
) -> None:
    """By the only one there is, who goes on himself: whoever else there was would soon be asked in his place."""
    data, first = stream(write, TEXT), new_upstream()
    gateway = between(start, [first], "continue", sections={**FOUR, "retries": {"base_ms": 1, "budget_percent": 100}})
    for cut in range(0, len(data), 97):
        for way in ("close", "whole"):
            scripts = iter([breaking(data[:cut], way), *[going_on(write)] * 3])
            first.script = lambda exchange, scripts=scripts: next(scripts)(exchange)
            told = Told(gateway, dialect)
            assert told.text == TEXT, (cut, way, told.raw)
            check_form(told)


@pytest.mark.parametrize("dialect", PATHS)
def test_what_each_has_used_is_told_as_it_was_told_however_late(
    start: StartGateway, new_upstream: StartUpstream, dialect: str
) -> None:
    """Hosts tell their usage behind the end of their words, some of them after a while."""

    def late(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(b"".join(plain(" and after.")) + finish()))
        assert not exchange.saw_hang_up_within(0.3)
        exchange.send(chunk(told_usage() + DONE) + LAST_CHUNK)

    first = new_upstream(breaking(b"".join(plain("Before"))))
    gateway = between(start, [first, new_upstream(late)], "continue")
    told = Told(gateway, dialect, headers={"x-bellwether-include": "routing, cost"})
    assert told.text == "Before and after."
    check_form(told)
    (facts,) = [event for event in told.events if "segments" in event]
    assert facts["segments"][1]["tokens"] == {"input": 11, "output": 7}
    parts = [part["tokens"] for part in facts["segments"]]
    assert told.usage == tuple(sum(part[kind] for part in parts) for kind in ("input", "output"))


@pytest.mark.parametrize("cuts", [(900, 700, 500), (10, 2_000, 10), (3_000, 100, 100), (1_500, 0, 1_500)], ids=str)
@pytest.mark.parametrize("dialect", PATHS)
def test_three_cuts_in_a_row_are_one_answer(
    start: StartGateway, new_upstream: StartUpstream, dialect: str, cuts: tuple[int, ...]
) -> None:
    """With what each used, which comes to what the caller is told in the end."""
    scripts = [*(going_on(escaped, cut) for cut in cuts), going_on(escaped)]
    gateway = between(start, [new_upstream(script) for script in scripts], "continue", sections=FOUR)
    told = Told(gateway, dialect, headers={"x-bellwether-include": "routing"})
    assert told.text == TEXT
    check_form(told)
    (facts,) = [event for event in told.events if "segments" in event]
    parts = [part["tokens"] for part in facts["segments"]]
    # Who breaks within his first event has given no part.
    assert len(parts) == 1 + sum(cut > len(escaped(TEXT)[0]) for cut in cuts)
    assert tuple(sum(part[kind] for part in parts) for kind in ("input", "output")) == told.usage


SCHEMA = {"type": "object", "properties": {"where": {"type": "string"}}}
TOOL = {"name": "look", "description": "looks", "parameters": SCHEMA}
ARGUMENTS = {"where": 'behind "the" \\ 🙂 moon', "twice": [1, 2, {"a": None}]}


def calls(count: int) -> list[bytes]:
    """Words, and then so many calls beside each other, their arguments in small pieces."""
    events = [delta(content="Let me "), delta(content="look.")]
    for index in range(count):
        function = {"name": "look", "arguments": ""}
        events.append(delta(tool_calls=[{"index": index, "id": f"call_{index}", "type": "function", "function": function}]))
    arguments = json.dumps(ARGUMENTS)
    for at in range(0, len(arguments), 9):
        for index in range(count):
            piece = {"index": index, "function": {"arguments": arguments[at : at + 9]}}
            events.append(delta(tool_calls=[piece]))
    return [*events, finish("tool_calls"), told_usage(), DONE]


def tools_of(dialect: str) -> list[dict[str, Any]]:
    match dialect:
        case "chat":
            return [{"type": "function", "function": TOOL}]
        case "messages":
            return [{"name": TOOL["name"], "input_schema": TOOL["parameters"]}]
        case _:
            return [{"type": "function", **TOOL, "strict": False}]


def arguments_of(told: Told) -> list[str]:
    """The arguments of each call that the caller has to act on."""
    match told.dialect:
        case "chat":
            found: dict[int, str] = {}
            for event in told.events:
                for call in (event.get("choices") or [{}])[0].get("delta", {}).get("tool_calls", []):
                    found[call["index"]] = found.get(call["index"], "") + call["function"].get("arguments", "")
            return list(found.values())
        case "messages":
            opened = {e["index"]: "" for e in told.events if e.get("content_block", {}).get("type") == "tool_use"}
            for event in told.events:
                if event.get("delta", {}).get("type") == "input_json_delta":
                    opened[event["index"]] += event["delta"]["partial_json"]
            return list(opened.values())
        case _:
            items = [e["item"] for e in told.events if e.get("type") == "response.output_item.done"]
            return [item["arguments"] for item in items if item["type"] == "function_call"]


@pytest.mark.parametrize("resume", ["hidden", "continue", "visible"])
@pytest.mark.parametrize("dialect", PATHS)
def test_calls_that_break_are_whole_or_not_there(
    start: StartGateway, new_upstream: StartUpstream, dialect: str, resume: str
) -> None:
    """Cut behind each event of two calls that come beside each other."""
    events = calls(2)

    def second(exchange: Exchange) -> None:
        is_begun = exchange.received.json["messages"][-1]["role"] == "assistant"
        exchange.send(stream_head() + chunk(b"".join(events[2 if is_begun else 0 :])) + LAST_CHUNK)

    first = new_upstream()
    gateway = between(start, [first, new_upstream(second)], resume, sections=FOUR)
    for count in range(len(events) - 2):
        if count % OFTEN == OFTEN - 1:
            first.script = breaking(b"".join(events), "whole")
            assert Told(gateway, dialect, tools=tools_of(dialect)).is_whole
        first.script = breaking(b"".join(events[:count]))
        told = Told(gateway, dialect, tools=tools_of(dialect))
        found = arguments_of(told)
        if told.is_whole:
            assert [json.loads(arguments) for arguments in found] == [ARGUMENTS] * 2, (count, told.raw)
        else:
            assert (resume, found) == ("hidden", []), (count, told.raw)
            assert told.error or told.events[-1]["type"] == "response.failed", told.raw
        assert told.is_whole or count > 0


@pytest.mark.parametrize("again", ["", " The end of it, he said:", "all", "The end of it. The end"])
def test_what_is_said_again_at_a_seam_is_told_once_and_what_is_meant_twice_twice(
    start: StartGateway, new_upstream: StartUpstream, again: str
) -> None:
    """Asked in words, models say the last line again, or all of it, or nothing of it."""
    begun = TEXT[: TEXT.index(" ha ha")]
    rest = TEXT[len(begun) :]
    said = {"": rest, "all": TEXT}.get(again, again.strip() + rest)
    first = new_upstream(breaking(b"".join(plain(begun))))
    second = new_upstream(lambda exchange: exchange.send(stream_head() + chunk(stream(plain, said)) + LAST_CHUNK))
    gateway = between(start, [first, second], "ask", quirks=[{}, {}])
    told = Told(gateway)
    if again == "The end of it. The end":
        # It is no end of what was told: nobody can know that it was said before.
        assert told.text == begun + said
    else:
        assert told.text == TEXT
    check_form(told)


def test_more_than_can_be_gone_on_with_is_told_as_a_break(start: StartGateway, new_upstream: StartUpstream) -> None:
    """256 KiB of text are kept, and no more."""
    line = "All work and no play makes a dull boy. 0123456789\n"
    fits, beyond = (line * (bytes_ // len(line)) + "end" for bytes_ in (250_000, 270_000))

    def second(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(delta(content=" of it") + finish() + DONE) + LAST_CHUNK)

    first, other = new_upstream(), new_upstream(second)
    gateway = between(start, [first, other], "continue", sections=FOUR)
    first.script = breaking(b"".join(delta(content=fits[at : at + 5_000]) for at in range(0, len(fits), 5_000)))
    told = Told(gateway)
    assert (told.text == fits + " of it", told.is_whole) == (True, True)
    first.script = breaking(b"".join(delta(content=beyond[at : at + 5_000]) for at in range(0, len(beyond), 5_000)))
    told = Told(gateway)
    assert (told.text == beyond, told.is_whole, len(other.calls)) == (True, False, 1)
    assert told.error


@pytest.mark.parametrize("dialect", PATHS)
def test_a_visible_restart_begins_the_numbers_of_its_dialect_anew_and_no_others(
    start: StartGateway, new_upstream: StartUpstream, dialect: str
) -> None:
    first = new_upstream(breaking(b"".join(plain(TEXT[:40]))))
    second = new_upstream(lambda exchange: exchange.send(stream_head() + chunk(stream(plain, "Anew.")) + LAST_CHUNK))
    told = Told(between(start, [first, second], "visible"), dialect)
    assert told.is_whole and told.text.endswith("Anew.") and told.text != "Anew."
    places = [place for place, event in enumerate(told.events) if "restart" in json.dumps(event)]
    assert len(places) == 1
    behind = told.events[places[0] + 1 :]
    match dialect:
        case "messages":
            assert [event["index"] for event in behind if event["type"] == "content_block_start"] == [0]
        case "responses":
            assert [event["sequence_number"] for event in told.events] == list(range(len(told.events)))
            assert [event["output_index"] for event in behind if event["type"] == "response.output_item.added"] == [0]
            (item,) = told.events[-1]["response"]["output"]
            assert item["content"][0]["text"] == "Anew."
        case _:
            assert len({event["id"] for event in told.events}) == 1


@pytest.mark.parametrize("bad", ["cut", "trailing", "array", "empty", "two", "NUL"])
@pytest.mark.parametrize("dialect", PATHS)
def test_a_whole_answer_that_is_no_json_is_asked_for_again_within_the_attempts(
    start: StartGateway, new_upstream: StartUpstream, dialect: str, bad: str
) -> None:
    good = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    data = json.dumps(good).encode()
    broken = {
        "cut": data[:-9],
        "trailing": data + b"}",
        "array": b"[" + data + b"]",
        "empty": b"",
        "two": data + data,
        "NUL": b"\0" + data,
    }[bad]
    nobody, somebody = (new_upstream(whole(broken)) for _ in range(2))
    gateway = between(start, [nobody, somebody], "continue", sections={"retries": NO_REPEATS})
    asked = {**body(dialect), "stream": False}
    asked.pop("stream_options", None)
    reply = gateway.http().post(PATHS[dialect], json=asked)
    assert (reply.status_code, len(nobody.calls), len(somebody.calls)) == (502, 1, 1), reply.text
    assert "error" in reply.json()
    somebody.script = whole(data)
    reply = gateway.http().post(PATHS[dialect], json=asked)
    assert reply.status_code == 200 and json.dumps(TEXT)[1:-1] in json.dumps(reply.json()), reply.text
