"""Money as the tests count it: whole nano-units, never floats; and prices for what `CHAT_REPLY` tells of itself."""

from __future__ import annotations

NANO = 10**9
#: Per million tokens: nano-units of a token are the thousandth of its micro-units.
PRICES = """
currency = "USD"
[[price]]
provider = "openai"
model = "gpt-4o-mini"
input = "1"
output = "4"
"""
INPUT_NANO, OUTPUT_NANO = 1_000, 4_000
#: 11 tokens of prompt, 7 of answer.
REPLY_NANO = 11 * INPUT_NANO + 7 * OUTPUT_NANO


def money(nano: int) -> str:
    """As people and the admin API write it."""
    whole_units, rest = divmod(abs(nano), NANO)
    text = f"{whole_units}.{rest:09}".rstrip("0").rstrip(".")
    return f"-{text}" if nano < 0 else text


def nano(text: str) -> int:
    """What they have written."""
    units, _, places = text.lstrip("-").partition(".")
    value = int(units) * NANO + int(places.ljust(9, "0") or 0)
    return -value if text.startswith("-") else value
