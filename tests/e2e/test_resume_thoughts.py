"""Proves of docs/operations/resume.md what becomes of sealed thoughts where somebody else goes on with an answer: nobody but who sealed
them is given them, the caller gets no seal of who broke before he had sealed, and who refuses the seals of a conversation is
asked without them, whatever else he was given.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, provider
from harness.gateway import Gateway
from harness.speech import DONE, MODEL, delta
from harness.upstream import LAST_CHUNK, Exchange, Script, Upstream, chunk, stream_head
from test_refused_seals import REFUSED_SIGNATURE
from test_resume import Told
from test_resume_corners import finish
from test_signs_of_life import HEAD, message_event

SEAL, OLD_SEAL = "c2VhbGVkIGhlcmU=", "c2VhbGVkIGJlZm9yZQ=="
THINKS, BEGUN, REST = "Hm, let me see.", "Hello there,", " dear friend"
#: One who takes the beginning of an answer, by the catalogue.
TAKES_BEGINNINGS = "claude-haiku-4-5"
CONVERSATION: dict[str, Any] = {
    "max_tokens": 2000,
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "messages": [
        {"role": "user", "content": "ping"},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "So.", "signature": OLD_SEAL}, {"type": "text", "text": "pong"}],
        },
        {"role": "user", "content": "ping"},
    ],
}
THOUGHT = [
    message_event("message_start", message=HEAD),
    message_event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
    message_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": THINKS}),
]
SEALED = [
    message_event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": SEAL}),
    message_event("content_block_stop", index=0),
]


def text(words: str, index: int) -> list[bytes]:
    return [
        message_event("content_block_start", index=index, content_block={"type": "text", "text": ""}),
        message_event("content_block_delta", index=index, delta={"type": "text_delta", "text": words}),
    ]


def message(words: str) -> list[bytes]:
    return [
        message_event("message_start", message=HEAD),
        *text(words, 0),
        message_event("content_block_stop", index=0),
        message_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 5}),
        message_event("message_stop"),
    ]


def breaks_off(pieces: list[bytes]) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.send(stream_head() + chunk(b"".join(pieces)))
        exchange.close()

    return script


def says(pieces: list[bytes]) -> Script:
    return lambda exchange: exchange.send(stream_head() + chunk(b"".join(pieces)) + LAST_CHUNK)


def native_first(start: StartGateway, first: Upstream, second: Upstream, spoken: str) -> Gateway:
    """Who speaks as the caller does and seals its thoughts, and behind it somebody else."""
    other = {**provider(second.base_url, models=[TAKES_BEGINNINGS]), "dialects": [spoken]}
    if spoken == "chat":
        other["quirks"] = {"continues": "bare"}
    providers = {
        "native": {**provider(first.base_url, models=[TAKES_BEGINNINGS]), "dialects": ["messages"]},
        "foreign": other,
    }
    targets = [f"{name}/{TAKES_BEGINNINGS}" for name in providers]
    models = {MODEL: {"targets": targets, "resume": "continue"}}
    return start(config={"providers": providers, "models": models, "retries": NO_REPEATS})


def thoughts(told: Told) -> str:
    return "".join(event.get("delta", {}).get("thinking", "") for event in told.events)


def seals(told: Told) -> list[str]:
    return [event["delta"]["signature"] for event in told.events if event.get("delta", {}).get("type") == "signature_delta"]


def check_blocks(told: Told) -> None:
    """Each is opened and closed once, in its order."""
    opened = [event["index"] for event in told.events if event["type"] == "content_block_start"]
    closed = [event["index"] for event in told.events if event["type"] == "content_block_stop"]
    assert opened == closed == list(range(len(opened))), told.raw


def ask(gateway: Gateway) -> Told:
    return Told(gateway, "messages", **CONVERSATION)


def test_a_foreign_target_is_given_the_text_and_no_thought(start: StartGateway, new_upstream: StartUpstream) -> None:
    first = new_upstream(breaks_off([*THOUGHT, *SEALED, *text(f"{BEGUN} ", 1)]))
    thought_of_its_own = delta(reasoning_content="Now what?")
    second = new_upstream(says([thought_of_its_own, delta(content=REST), finish(), DONE]))
    told = ask(native_first(start, first, second, "chat"))
    assert (told.text, told.is_whole, told.error) == (BEGUN + REST, True, None), told.raw
    assert OLD_SEAL in json.dumps(first.call.json), "who sealed it is given it back"
    sent = json.dumps(second.call.json)
    assert second.call.json["messages"][-1] == {"role": "assistant", "content": BEGUN}
    for foreign in (SEAL, OLD_SEAL, THINKS, "signature"):
        assert foreign not in sent, sent
    # What the caller saw stays as it was: one thought, sealed by who thought it.
    assert (thoughts(told), seals(told)) == (THINKS, [SEAL])
    check_blocks(told)


def test_of_who_broke_within_a_thought_no_seal_is_told_nor_of_who_thinks_in_his_place(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first = new_upstream(breaks_off(THOUGHT))
    again = [*THOUGHT, *SEALED, *text(BEGUN + REST, 1), message_event("content_block_stop", index=1)]
    end = [message_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 5}), message_event("message_stop")]
    second = new_upstream(says([*again, *end]))
    told = ask(native_first(start, first, second, "messages"))
    assert (told.text, told.is_whole, told.error) == (BEGUN + REST, True, None), told.raw
    assert (thoughts(told), seals(told)) == (THINKS, [])
    check_blocks(told)


@pytest.mark.parametrize("refuses_first", [False, True], ids=["the-second", "both"])
def test_who_refuses_the_seals_is_asked_without_them_and_still_goes_on_from_the_beginning(
    start: StartGateway, new_upstream: StartUpstream, refuses_first: bool
) -> None:
    """Another account at the same kind of provider: what it is given as a beginning is not what it minds."""
    refuse = lambda script: lambda exchange: (  # noqa: E731
        REFUSED_SIGNATURE if b'"signature"' in exchange.received.body else script
    )(exchange)
    broken = breaks_off([*THOUGHT, *SEALED, *text(f"{BEGUN} ", 1)])
    first = new_upstream(refuse(broken) if refuses_first else broken)
    second = new_upstream(refuse(says(message(REST))))
    told = ask(native_first(start, first, second, "messages"))
    assert (told.text, told.is_whole, told.error) == (BEGUN + REST, True, None), told.raw
    taken = second.calls[-1].json
    assert taken["messages"][-1]["role"] == "assistant"
    assert "signature" not in json.dumps(taken)
    # Once the seals are known to be refused, nobody else is offered them.
    assert len(second.calls) == (1 if refuses_first else 2)
