"""The table of docs/operations/misbehaving-providers.md as values: what the page promises is what the tests ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operations" / "misbehaving-providers.md"
ROW = re.compile(r"^\| (?P<does>[^|]+) \| `(?P<fault>[^|`]+)` \| (?P<whole>[^|]+) \| (?P<streamed>[^|]+) \|$")
ERROR = re.compile(
    r"(?P<status>\d{3}) `(?P<code>\w+)`(?P<words>, its words)?(?:, again in (?P<again>\d+) s)?(?P<next> →)?"
)
EVENTS = re.compile(r"the whole events(?P<words>, its words)?")


class Outcome(Enum):
    EXACT = "the exact answer"
    AS_SENT = "what it sends"
    ERROR = "an error instead of an answer"
    EVENTS = "the whole events"


@dataclass(frozen=True)
class Promise:
    """What a caller sees."""

    outcome: Outcome
    status: int = 200
    code: str = ""
    has_words: bool = False
    again_s: int | None = None
    goes_on: bool = False


@dataclass(frozen=True)
class Row:
    """One misbehaviour, and what is promised of it."""

    does: str
    fault: str
    whole: Promise
    streamed: Promise


def read_promise(text: str) -> Promise:
    if text in (Outcome.EXACT.value, Outcome.AS_SENT.value):
        return Promise(Outcome(text))
    if found := EVENTS.fullmatch(text):
        return Promise(Outcome.EVENTS, has_words=bool(found["words"]))
    found = ERROR.fullmatch(text)
    assert found, f"no promise: {text!r}"
    again = int(found["again"]) if found["again"] else None
    words, goes_on = bool(found["words"]), bool(found["next"])
    return Promise(Outcome.ERROR, int(found["status"]), found["code"], words, again, goes_on)


def read_rows() -> list[Row]:
    """All rows of the page, in its order."""
    found = [ROW.match(line) for line in PAGE.read_text().splitlines()]
    return [
        Row(row["does"], row["fault"], read_promise(row["whole"]), read_promise(row["streamed"]))
        for row in found
        if row
    ]
