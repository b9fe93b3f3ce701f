"""Proves docs/operations/resume.md: a stream that breaks, stalls or errs is gone on with, and the caller gets one whole answer.

Also the field's public fault scenarios that need the rescue of a stream: cut after 40 of 60 tokens, silent after 20, and a
fallback that refuses the beginning of an answer.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx
import pytest

from conftest import StartGateway
from harness.config import NO_REPEATS, provider
from harness.gateway import Gateway
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, MODEL
from test_fault_scenarios import seconds
from test_logs import lines_about

WORDS = "tell me all"
TOKENS = 60
PATHS = {"chat": CHAT_PATH, "messages": "/v1/messages", "responses": "/v1/responses"}


def expected(message: str = WORDS, tokens: int = TOKENS) -> str:
    """What a node of the simulator says to a message: it counts, so that a lost or doubled piece is seen."""
    text = f"Answer to “{message}”:".encode()
    text += b"." * (-len(text) % 4)
    number = 1
    while len(text) < 4 * tokens:
        text += f" {number:03d}".encode()
        number += 1
    return text[: 4 * tokens].decode()


def routed(
    start: StartGateway,
    simulator: Simulator,
    resume: str,
    spoken: tuple[str, str] = ("chat", "chat"),
    quirks: tuple[dict[str, str], dict[str, str]] = ({}, {}),
    **more: Any,
) -> Gateway:
    """One name: the first node's model, then the second's; what each speaks, and how it goes on from a beginning."""
    for node in simulator.nodes:
        node.set(answer_tokens=TOKENS)
    providers: dict[str, Any] = {}
    for name, node, dialect, quirk in zip(("first", "second"), simulator.nodes, spoken, quirks, strict=True):
        section = provider(node.base_url, key=simulator.key, models=["m"])
        providers[name] = {**section, "dialects": [dialect], "quirks": quirk}
    sections = more.pop("sections", {})
    models = {MODEL: {"targets": ["first/m", "second/m"], "resume": resume, **more}}
    return start(config={"providers": providers, "models": models, **sections})


def body(dialect: str, **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": WORDS}]
    ask: dict[str, Any] = {"model": MODEL, "stream": True, **fields}
    match dialect:
        case "responses":
            return {"input": messages, "store": False, **ask}
        case "messages":
            return {"messages": messages, "max_tokens": 1000, **ask}
        case _:
            return {"messages": messages, "stream_options": {"include_usage": True}, **ask}


class Told:
    """A stream as its caller reads it: the events, the text, how it ended."""

    def __init__(self, gateway: Gateway, dialect: str = "chat", headers: dict[str, str] | None = None, **fields: Any):
        self.dialect, self.text, self.raw = dialect, "", ""
        with (
            gateway.http().stream(
                "POST", PATHS[dialect], json=body(dialect, **fields), headers=headers or {}, timeout=120
            ) as reply,
            contextlib.suppress(httpx.RemoteProtocolError),
        ):
            self.status, self.headers = reply.status_code, reply.headers
            for piece in reply.iter_text():
                self.raw += piece
        data = [line.removeprefix("data: ") for line in self.raw.splitlines() if line.startswith("data: ")]
        self.has_done = "[DONE]" in data
        self.events = [json.loads(event) for event in data if event != "[DONE]"]
        self.text = "".join(filter(None, map(self._words, self.events)))

    def _words(self, event: dict[str, Any]) -> str | None:
        match self.dialect:
            case "chat":
                return (event.get("choices") or [{}])[0].get("delta", {}).get("content")
            case "messages":
                return event.get("delta", {}).get("text")
            case _:
                return event["delta"] if event["type"] == "response.output_text.delta" else None

    @property
    def is_whole(self) -> bool:
        """Whether a caller takes it for a whole answer."""
        match self.dialect:
            case "chat":
                return self.has_done and any((e.get("choices") or [{}])[0].get("finish_reason") for e in self.events)
            case "messages":
                return self.events[-1]["type"] == "message_stop"
            case _:
                return self.events[-1]["type"] == "response.completed"

    @property
    def error(self) -> Any:
        return next((event.get("error") or event for event in self.events if "error" in event or event.get("type") == "error"), None)

    @property
    def usage(self) -> tuple[int, int]:
        """Tokens of prompt and of answer, as the caller is told."""
        match self.dialect:
            case "chat":
                usage = next(event["usage"] for event in reversed(self.events) if event.get("usage"))
                return usage["prompt_tokens"], usage["completion_tokens"]
            case "messages":
                usage = next(event["usage"] for event in reversed(self.events) if event["type"] == "message_delta")
                return usage["input_tokens"], usage["output_tokens"]
            case _:
                usage = self.events[-1]["response"]["usage"]
                return usage["input_tokens"], usage["output_tokens"]


def asked(simulator: Simulator, place: int, path: str = CHAT_PATH) -> list[Any]:
    return simulator.nodes[place].bodies(path)


BREAKS = ["cut=40", "reset=40", "truncate=40", "cut_bytes=6000", "error_event=40", "malformed=40"]


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("dialect", PATHS)
def test_a_stream_that_breaks_is_whole_for_its_caller(
    start: StartGateway, simulator: Simulator, dialect: str, fault: str
) -> None:
    """Cut after 40 of 60 tokens, and in other ways; the next takes the beginning of an answer."""
    gateway = routed(start, simulator, "continue", quirks=({}, {"continues": "bare"}))
    simulator.nodes[0].fault(fault)
    simulator.nodes[1].set(beginnings="continued")
    told = Told(gateway, dialect)
    assert told.text == expected()
    assert told.is_whole and told.error is None
    (second,) = asked(simulator, 1)
    assert second["messages"][-1]["role"] == "assistant"
    assert expected().startswith(second["messages"][-1]["content"]) and len(second["messages"][-1]["content"]) > 40


@pytest.mark.parametrize("spoken", [("chat", "messages"), ("messages", "chat"), ("messages", "messages"), ("responses", "chat"),
                                    ("responses", "messages")], ids="-".join)
@pytest.mark.parametrize("dialect", PATHS)
def test_targets_may_speak_differently(
    start: StartGateway, simulator: Simulator, dialect: str, spoken: tuple[str, str]
) -> None:
    gateway = routed(start, simulator, "continue", spoken, ({}, {"continues": "bare"}))
    simulator.nodes[0].fault("cut=25")
    simulator.nodes[1].set(beginnings="continued")
    told = Told(gateway, dialect)
    assert told.text == expected()
    assert told.is_whole and told.error is None


def test_a_fallback_that_refuses_a_beginning_is_asked_without_and_nobody_sees_that(
    start: StartGateway, simulator: Simulator
) -> None:
    """Learned: the second time it is not even tried."""
    gateway = routed(start, simulator, "continue", quirks=({}, {"continues": "bare"}))
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].set(beginnings="refused")
    for place, roles in enumerate((["assistant", "user"], ["user"])):
        before = len(asked(simulator, 1))
        told = Told(gateway)
        assert (told.text, told.is_whole, told.error) == (expected(), True, None), place
        assert [sent["messages"][-1]["role"] for sent in asked(simulator, 1)[before:]] == roles


def test_a_silent_stream_is_gone_on_with(start: StartGateway, simulator: Simulator) -> None:
    idle_ms = round(seconds(15) * 1000)
    gateway = routed(
        start, simulator, "continue", quirks=({}, {"continues": "bare"}), sections={"timeouts": {"idle_ms": idle_ms}}
    )
    simulator.nodes[0].fault("stall=20")
    simulator.nodes[1].set(beginnings="continued")
    told = Told(gateway)
    assert (told.text, told.is_whole) == (expected(), True)


def test_who_cannot_take_a_beginning_is_asked_in_words_if_the_route_says_so(
    start: StartGateway, simulator: Simulator
) -> None:
    gateway = routed(start, simulator, "ask", sections={"retries": NO_REPEATS})
    simulator.nodes[0].fault("cut=40")
    whole = expected()
    kept = whole.encode()[:100].decode()
    # It repeats a little of what was there, as models do.
    simulator.nodes[1].play("on", [[{"text": "unasked"}], [{"text": whole[len(kept) :]}]])
    simulator.nodes[1].set(scenario="on")
    told = Told(gateway)
    (second,) = asked(simulator, 1)
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert "cut off" in second["messages"][-1]["content"]
    assert (told.text, told.is_whole) == (whole, True)


def test_an_answer_that_does_not_fit_is_no_end(start: StartGateway, simulator: Simulator) -> None:
    """Nobody takes a beginning, and the next says something else: the caller is told, in his dialect, and never of a whole answer."""
    gateway = routed(
        start, simulator, "continue", quirks=({"continues": "bare"}, {}), sections={"retries": NO_REPEATS}
    )
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].play("other", [[{"text": "Something else altogether."}]])
    simulator.nodes[1].set(scenario="other")
    told = Told(gateway)
    assert not told.is_whole and told.error["type"] == "api_error"
    assert expected().startswith(told.text) and told.text


def test_before_anything_is_told_the_next_begins_anew(start: StartGateway, simulator: Simulator) -> None:
    """With some time for it: what the caller has not seen binds nobody."""
    gateway = routed(start, simulator, "hidden", resume_hold_ms=2000, sections={"retries": NO_REPEATS})
    simulator.nodes[0].fault("cut=10")
    simulator.nodes[1].play("other", [[{"text": "Something else altogether."}]])
    simulator.nodes[1].set(scenario="other")
    told = Told(gateway)
    assert (told.text, told.is_whole, told.error) == ("Something else altogether.", True, None)
    assert gateway.metric("ai_gateway_streams_broken_total", provider="first", outcome="hidden") == 1


def test_what_is_held_back_leaves_when_its_time_is_over(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "hidden", resume_hold_ms=200)
    simulator.nodes[0].set(gap_ms=20)
    told = Told(gateway)
    assert (told.text, told.is_whole) == (expected(), True)
    simulator.nodes[0].fault("cut=40")
    told = Told(gateway)
    assert told.text and expected().startswith(told.text)
    assert not told.is_whole and told.error


def test_a_visible_restart_is_announced(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "visible", sections={"retries": NO_REPEATS})
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].play("other", [[{"text": "Something else altogether."}]])
    simulator.nodes[1].set(scenario="other")
    told = Told(gateway)
    assert told.is_whole and told.text.endswith("Something else altogether.")
    assert sum("restart" in json.dumps(event) for event in told.events) == 1


def test_calls_are_never_half(start: StartGateway, simulator: Simulator) -> None:
    """A call is told once it is whole; one that broke is made anew by the next."""
    gateway = routed(start, simulator, "hidden")
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"where": {"type": "string"}}}}}
    fields = {"tools": [tool], "tool_choice": "required"}
    whole = Told(gateway, **fields)
    simulator.nodes[0].fault("cut=3")
    told = Told(gateway, **fields)

    def arguments(told: Told) -> str:
        calls = [call for event in told.events for call in (event.get("choices") or [{}])[0].get("delta", {}).get("tool_calls", [])]
        return "".join(call["function"].get("arguments", "") for call in calls)

    assert told.is_whole and arguments(told) == arguments(whole) and json.loads(arguments(told))
    assert len(asked(simulator, 1)) == 1


def test_json_answers_still_parse(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "continue", quirks=({}, {"continues": "bare"}))
    answer = json.dumps({"list": list(range(40))})
    for node in simulator.nodes:
        node.play("json", [[{"text": answer}]])
        node.set(scenario="json", beginnings="anew")
    simulator.nodes[0].fault("cut=20")
    told = Told(gateway, response_format={"type": "json_object"})
    assert told.is_whole and json.loads(told.text) == {"list": list(range(40))}


def test_who_gave_what_is_in_the_log_and_counted(start: StartGateway, simulator: Simulator) -> None:
    """The sum of what the providers told, or of what was counted where one broke before it told."""
    gateway = routed(
        start, simulator, "continue", quirks=({}, {"continues": "bare"}), sections={"retries": NO_REPEATS}
    )
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].set(beginnings="continued")
    headers = {"x-request-id": "in-two-parts", "x-bellwether-include": "routing"}
    told = Told(gateway, headers=headers)
    assert told.is_whole
    facts = next(event for event in told.events if "model_used" in event)
    assert facts["provider"] == "second"
    parts = told.events[-1]["segments"]
    assert [(part["provider"], part["model"]) for part in parts] == [("first", "m"), ("second", "m")]
    assert parts[0]["tokens"]["output"] > 20
    assert told.usage == tuple(sum(part["tokens"][kind] for part in parts) for kind in ("input", "output"))
    counted = gateway.metric("ai_gateway_tokens_total", provider="second", kind="output")
    broken = gateway.metric("ai_gateway_tokens_total", provider="first", kind="output")
    assert gateway.metric("ai_gateway_streams_broken_total", provider="first", outcome="continued") == 1
    (line,) = lines_about(gateway, "in-two-parts")
    first, second = line["segments"]
    assert (first["provider"], second["provider"]) == ("first", "second")
    assert first["tokens"]["estimated"] and first["tokens"]["output"] == broken > 20
    assert second["tokens"]["output"] == counted
    for kind in ("input", "output"):
        assert line["tokens"][kind] == first["tokens"][kind] + second["tokens"][kind]
    assert told.usage == (line["tokens"]["input"], line["tokens"]["output"])
    assert (line["status"], line["attempts"]) == (200, 2)


def test_the_cap_on_output_holds_over_both_parts(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "continue", quirks=({}, {"continues": "bare"}))
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].set(beginnings="continued")
    Told(gateway, max_tokens=200)
    (second,) = asked(simulator, 1)
    cap = second.get("max_tokens") or second["max_completion_tokens"]
    assert cap < 200


def test_a_caller_may_decline(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "continue", quirks=({}, {"continues": "bare"}))
    simulator.nodes[0].fault("cut=40")
    told = Told(gateway, headers={"x-bellwether-resume": "off"})
    assert not told.is_whole and told.error
    assert not asked(simulator, 1)


def test_nobody_left_is_told_as_a_break(start: StartGateway, simulator: Simulator) -> None:
    gateway = routed(start, simulator, "ask", sections={"retries": NO_REPEATS})
    simulator.nodes[0].fault("cut=40")
    simulator.nodes[1].fault("status=500")
    told = Told(gateway)
    assert told.text and expected().startswith(told.text)
    assert not told.is_whole and told.error
    assert gateway.metric("ai_gateway_streams_broken_total", provider="first", outcome="lost") == 1


def test_several_breaks_are_gone_on_with(start: StartGateway, simulator: Simulator) -> None:
    """By the same target, too, where it is the only one."""
    gateway = routed(
        start, simulator, "continue", quirks=({"continues": "bare"}, {"continues": "bare"}), sections={"limits": {"attempts_max": 5}}
    )
    simulator.nodes[0].set(beginnings="continued")
    simulator.nodes[1].set(beginnings="continued")
    simulator.nodes[0].fault("cut=20", times=1)
    simulator.nodes[1].fault("cut=20", times=1)
    told = Told(gateway)
    assert (told.text, told.is_whole) == (expected(), True)


@pytest.mark.parametrize("fields", [{"n": 2}, {"logprobs": True}], ids=str)
def test_what_cannot_be_gone_on_with_passes_as_it_is(
    start: StartGateway, simulator: Simulator, fields: dict[str, Any]
) -> None:
    gateway = routed(start, simulator, "ask")
    told = Told(gateway, **fields)
    assert told.is_whole and told.events[0]["system_fingerprint"].startswith("fp_")


