"""Makes cases.csv: what sales cost by book.toml, to the nano-unit.

It reckons with whole fractions and shares no code with the product. It does not read book.toml either: which price holds
in which case is written down here by hand, as somebody would who checks a bill against a price list.

    python3 cases.py > cases.csv
"""

import csv
import math
import sys
from fractions import Fraction as F

TOKENS = ["input", "cache_read", "cache_write", "cache_write_1h", "audio_input", "image_input",
          "output", "reasoning", "audio_output", "image_output"]
UNITS = ["images", "milliseconds", "searches"]
COLUMNS = ["name", "provider", "kind", "model", "service", "at", "organisation", "project", "key",
           *TOKENS, *UNITS, "list_nano", "price_nano", "is_assumed", "is_unpriced"]

MILLION = F(1, 1_000_000)

# Who pays: organisation, project, key, and the markup that then holds.
NOBODY = ("", "", "", F("1.2"))
RESELLER = ("org_reseller", "proj_other", "key_plain", F("1.05"))
INNER = ("org_reseller", "proj_inner", "key_plain", F(1))
DEAR = ("org_reseller", "proj_inner", "key_dear", F("3.333333"))
GIFT = ("org_other", "proj_other", "key_gift", F(0))
BUYERS = [NOBODY, RESELLER, INNER, DEAR, GIFT]

rows = []


def case(name, where, used, card, *, buyer=NOBODY, rate=F(1), extra=F(0), guessed=(), missing=(), always_guessed=False,
         minimum=F(0)):
    """`card` is the price of a million tokens for each part of `used`, or of one for the units; `extra` what is charged for
    the call itself. `guessed` are the parts whose price stands in, `missing` those that have none."""
    provider, kind, model, service, at = where
    total = extra
    for part, count in used.items():
        if count == 0 or part in missing:
            continue
        if part == "milliseconds":
            total += F(count, 1000) * F(card.get(part, "0"))
        elif part in UNITS:
            total += count * F(card.get(part, "0"))
        else:
            total += count * MILLION * F(card[part])
    total = max(total, minimum) * rate
    nano = total * 10**9
    organisation, project, key, markup = buyer
    is_used = lambda parts: any(used.get(part, 0) > 0 for part in parts)
    rows.append([name, provider, kind, model, service, at, organisation, project, key,
                 *[used.get(part, 0) for part in TOKENS + UNITS],
                 math.ceil(nano), math.ceil(nano * markup),
                 int(always_guessed or is_used(guessed)), int(is_used(missing))])


# Thursday, ten in the morning in UTC and six in the evening in Shanghai.
DAY = "2026-11-26T10:00:00Z"

ATLAS = {"input": "2.5", "cache_read": "0.25", "cache_write": "3.125", "cache_write_1h": "5", "output": "15",
         "reasoning": "12"}
ATLAS_LONG = {"input": "5", "cache_read": "0.5", "cache_write": "6.25", "cache_write_1h": "10", "output": "22.5",
              "reasoning": "18"}
ATLAS_BATCH = {"input": "1.25", "cache_read": "0.125", "output": "7.5", "reasoning": "7.5"}
ATLAS_FLEX = {"input": "1.25", "cache_read": "0.125", "output": "7.500001", "reasoning": "7.500001"}
ATLAS_PRIORITY = {"input": "5", "cache_read": "0.5", "output": "30", "reasoning": "30"}

SHORT = [
    {"input": 1},
    {"input": 8},
    {"input": 1000, "output": 500},
    {"input": 1234, "cache_read": 56789, "output": 321},
    {"cache_read": 1},
    {"cache_read": 271999},
    {"cache_write": 1},
    {"cache_write": 100001, "output": 1},
    {"cache_write_1h": 33333},
    {"input": 17, "cache_read": 19, "cache_write": 23, "cache_write_1h": 29, "output": 31, "reasoning": 37},
    {"reasoning": 1},
    {"output": 1},
    {"input": 271999, "output": 128000},
    {"input": 100000, "cache_read": 100000, "cache_write": 71999, "output": 7},
]
# The whole call has the dearer price as soon as all of the prompt, cached or not, is long enough.
LONG = [
    {"input": 272000},
    {"input": 1, "cache_read": 271999, "output": 3},
    {"cache_read": 272000, "output": 1},
    {"cache_write": 272000},
    {"cache_write_1h": 272001, "reasoning": 11},
    {"input": 100000, "cache_read": 100000, "cache_write": 72000, "output": 7},
    {"input": 400001, "cache_read": 5, "cache_write": 7, "cache_write_1h": 11, "output": 65537, "reasoning": 4099},
    {"input": 999999, "output": 1, "reasoning": 1},
]
for n, used in enumerate(SHORT):
    case(f"short {n}", ("north-1", "north", "atlas", "default", DAY), used, ATLAS)
for n, used in enumerate(LONG):
    case(f"long {n}", ("north-1", "north", "atlas", "default", DAY), used, ATLAS_LONG)
for word in ["", "auto", "standard"]:
    case(f"no tier is asked for: '{word}'", ("north-1", "north", "atlas", word, DAY), SHORT[3], ATLAS)
case("its other name", ("north-1", "north", "atlas-2026-05", "default", DAY), SHORT[3], ATLAS)
case("its other name, long", ("north-1", "north", "atlas-2026-05", "default", DAY), LONG[1], ATLAS_LONG)

# Service tiers: whole prices of their own. What they do not name stands in for, and is told.
TIERS = [
    {"input": 1},
    {"input": 3, "output": 3},
    {"input": 1000, "cache_read": 24000, "output": 777},
    {"input": 12345, "output": 6789, "reasoning": 1011},
    {"input": 300000, "output": 12},
    {"cache_read": 299999, "output": 1},
]
for word, card in [("batch", ATLAS_BATCH), ("flex", ATLAS_FLEX), ("priority", ATLAS_PRIORITY)]:
    for n, used in enumerate(TIERS):
        case(f"{word} {n}", ("north-1", "north", "atlas", word, DAY), used, card)
    writes = {"cache_write": 4321, "cache_write_1h": 1}
    card = {**card, "cache_write": card["input"], "cache_write_1h": card["input"]}
    case(f"{word}, writes", ("north-1", "north", "atlas", word, DAY), writes, card,
         guessed=["cache_write", "cache_write_1h"])
case("a tier that nobody priced", ("north-1", "north", "atlas", "ultra", DAY), SHORT[2], ATLAS, always_guessed=True)
case("a tier that nobody priced, long", ("north-1", "north", "atlas", "ultra", DAY), LONG[0], ATLAS_LONG,
     always_guessed=True)

# One provider's own price, while it lasts, for prompts of any length.
CONTRACT = {"input": "2", "output": "10", "reasoning": "10", "cache_read": "2", "cache_write": "2", "cache_write_1h": "2"}
CONTRACT_GUESSED = ["cache_read", "cache_write", "cache_write_1h"]
for n, used in enumerate([SHORT[2], SHORT[3], SHORT[9], LONG[0], LONG[6], {"output": 1, "reasoning": 1}]):
    case(f"contract {n}", ("north-contract", "north", "atlas", "default", DAY), used, CONTRACT, guessed=CONTRACT_GUESSED)
for at, card, guessed in [
    ("2025-12-31T23:59:59Z", ATLAS, []),
    ("2026-01-01T00:00:00Z", CONTRACT, CONTRACT_GUESSED),
    ("2026-12-31T23:59:59Z", CONTRACT, CONTRACT_GUESSED),
    ("2027-01-01T00:00:00Z", ATLAS, []),
]:
    case(f"contract at {at}", ("north-contract", "north", "atlas", "default", at), SHORT[3], card, guessed=guessed)
case("contract, another tier: its own price comes first", ("north-contract", "north", "atlas", "batch", DAY), SHORT[2],
     CONTRACT, always_guessed=True)

# A price that changes on a day.
OLD, NEW = {"input": "0.15", "output": "0.6", "reasoning": "0.6"}, {"input": "0.1", "output": "0.4", "reasoning": "0.4"}
for at, card in [("2026-01-01T00:00:00Z", OLD), ("2026-05-31T23:59:59Z", OLD), ("2026-06-01T00:00:00Z", NEW), (DAY, NEW)]:
    for n, used in enumerate([{"input": 7}, {"input": 999, "output": 13}, {"output": 1, "reasoning": 2}]):
        case(f"breeze at {at}, {n}", ("north-1", "north", "breeze", "default", at), used, card)
case("before its first price", ("north-1", "north", "breeze", "default", "2025-12-31T23:59:59Z"), {"input": 7}, {},
     missing=["input"])

# Another currency, and the hours of the week.
LOTUS = {"input": "4", "cache_read": "0.4", "output": "16", "reasoning": "16"}
NIGHT = {"input": "2", "cache_read": "0.2", "output": "8", "reasoning": "8"}
for at, card in [
    ("2026-11-26T10:00:00Z", LOTUS),  # Thursday evening there
    ("2026-11-26T16:29:59Z", LOTUS),  # just before half past midnight
    ("2026-11-26T16:30:00Z", NIGHT),
    ("2026-11-27T00:29:59Z", NIGHT),
    ("2026-11-27T00:30:00Z", LOTUS),  # half past eight on Friday
    ("2026-11-27T15:59:59Z", LOTUS),  # the last second of Friday
    ("2026-11-27T16:00:00Z", NIGHT),  # Saturday
    ("2026-11-29T15:59:59Z", NIGHT),  # the last second of Sunday
    ("2026-11-29T16:00:00Z", LOTUS),  # Monday, before half past midnight
    ("2026-11-29T16:30:00Z", NIGHT),
]:
    for n, used in enumerate([{"input": 1}, {"input": 1001, "cache_read": 70001, "output": 4097, "reasoning": 13},
                              {"cache_read": 3}, {"output": 7}]):
        case(f"lotus at {at}, {n}", ("east-1", "east", "lotus", "default", at), used, card, rate=F(1, 7))
SAIGON = {"input": "3947.368421", "output": "15789.473684", "reasoning": "15789.473684", "cache_read": "3947.368421"}
for n, used in enumerate([{"input": 1}, {"input": 10, "output": 10}, {"input": 123456, "output": 7890},
                          {"cache_read": 5000, "output": 1}]):
    case(f"saigon {n}", ("anybody", "whatever", "saigon", "default", DAY), used, SAIGON, rate=F("0.000038"),
         guessed=["cache_read"])

# Sound.
VOICE = {"input": "0.6", "audio_input": "10", "cache_read": "0.3", "output": "2.4", "audio_output": "20",
         "reasoning": "2.4", "cache_write": "0.6", "image_input": "0.6", "image_output": "2.4"}
for n, used in enumerate([
    {"audio_input": 1}, {"audio_output": 1}, {"input": 50, "audio_input": 1600, "output": 20, "audio_output": 3200},
    {"audio_input": 333, "cache_read": 777, "audio_output": 1}, {"cache_write": 9, "audio_output": 2},
    {"image_input": 85, "output": 3}, {"image_output": 11},
    {"audio_input": 700, "milliseconds": 70000},  # the seconds are those tokens
]):
    case(f"voice {n}", ("north-1", "north", "voice", "default", DAY), used, VOICE,
         guessed=["cache_write", "image_input", "image_output"])
for ms in [1, 999, 1000, 12340, 3_599_999, 86_400_000]:
    case(f"scribe {ms}", ("north-1", "north", "scribe", "default", DAY), {"milliseconds": ms}, {"milliseconds": "0.0001"})
case("scribe, tokens that have no price", ("north-1", "north", "scribe", "default", DAY),
     {"milliseconds": 5000, "output": 12}, {"milliseconds": "0.0001"}, missing=["output"])

# Pictures.
EASEL = {"input": "5", "image_input": "8", "output": "10", "image_output": "32", "cache_read": "5"}
for n, used in enumerate([
    {"input": 20, "image_output": 4160, "images": 1},  # the picture is those tokens
    {"input": 20, "image_input": 1100, "image_output": 6240},
    {"image_input": 1}, {"image_output": 1}, {"output": 5, "images": 2}, {"cache_read": 64, "image_output": 272},
]):
    case(f"easel {n}", ("north-1", "north", "easel", "default", DAY), used, EASEL, guessed=["cache_read"])
case("easel, a picture without tokens", ("north-1", "north", "easel", "default", DAY), {"input": 20, "images": 1}, EASEL,
     missing=["images"])
for count in [1, 2, 10]:
    case(f"poster {count}", ("north-1", "north", "poster", "default", DAY), {"images": count}, {"images": "0.04"})
case("poster, a prompt without a price", ("north-1", "north", "poster", "default", DAY), {"images": 1, "input": 30},
     {"images": "0.04"}, missing=["input"])

# Searches and calls.
SCOUT = {"input": "1", "output": "1", "searches": "0.01"}
for n, used in enumerate([{}, {"input": 1}, {"input": 100, "output": 900, "searches": 1}, {"searches": 7},
                          {"input": 12, "output": 1, "searches": 3}]):
    case(f"scout {n}", ("north-1", "north", "scout", "default", DAY), used, SCOUT, extra=F("0.005"))
case("a search that has no price", ("north-1", "north", "atlas", "default", DAY), {"input": 100, "searches": 2}, ATLAS,
     missing=["searches"])

# Fractions of a nano-unit: rounded up, once for the whole call.
for count in [1, 8, 49, 50, 51, 1000003]:
    case(f"embed {count}", ("north-1", "north", "embed", "default", DAY), {"input": count}, {"input": "0.02"})
DUST = {"input": "0.000001", "output": "0.000999", "reasoning": "0.000999"}
for n, used in enumerate([{"input": 1}, {"output": 1}, {"input": 1, "output": 1}, {"input": 999}, {"input": 1000},
                          {"input": 1001}, {"input": 1, "output": 1, "reasoning": 1}, {"output": 1000, "input": 1000}]):
    case(f"dust {n}", ("north-1", "north", "dust", "default", DAY), used, DUST)

# The least that a call costs.
FERRY = {"input": "1", "output": "2"}
for n, used in enumerate([{"input": 1}, {"input": 999}, {"input": 1000}, {"input": 1001}, {"output": 499}, {"output": 500},
                          {"input": 600, "output": 201}]):
    case(f"ferry {n}", ("north-1", "north", "ferry", "default", DAY), used, FERRY, minimum=F("0.001"))

# What costs nothing, and says so.
for n, used in enumerate([{"input": 5, "output": 5}, {"searches": 1, "images": 1, "milliseconds": 1}]):
    case(f"free {n}", ("cellar", "compatible", "any-name", "default", DAY), used,
         {"input": "0", "output": "0"})
# What has no price is told.
for n, used in enumerate([{"input": 5, "output": 5}, {"images": 1}]):
    case(f"unknown {n}", ("north-1", "north", "any-name", "default", DAY), used, {}, missing=list(used))
case("another kind's model", ("west-1", "west", "atlas", "default", DAY), {"input": 1}, {}, missing=["input"])

# Whose markup holds: that of who is named most closely. Both amounts are rounded from the exact sum.
for b, buyer in enumerate(BUYERS):
    for n, used in enumerate([SHORT[0], SHORT[9], LONG[6], {"input": 333333, "output": 1}]):
        card = ATLAS if n < 2 else ATLAS_LONG
        case(f"buyer {b}, {n}", ("north-1", "north", "atlas", "default", DAY), used, card, buyer=buyer)
    case(f"buyer {b}, lotus", ("east-1", "east", "lotus", "default", DAY), {"input": 1001, "output": 1}, LOTUS,
         rate=F(1, 7), buyer=buyer)
    case(f"buyer {b}, dust", ("north-1", "north", "dust", "default", DAY), {"input": 1}, DUST, buyer=buyer)

out = csv.writer(sys.stdout, lineterminator="\n")
print("# Made by cases.py, which shares no code with the product; amounts in nano-units of USD.")
out.writerow(COLUMNS)
out.writerows(rows)
