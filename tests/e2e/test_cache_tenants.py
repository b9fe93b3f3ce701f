"""Proves docs/operations/cache.md, "What an answer is known by": who has a target to himself has its answers to himself."""

from __future__ import annotations

import pytest

from conftest import StartGateway
from harness.commands import Commands
from harness.config import configuration, provider
from harness.simulator import Simulator
from harness.speech import MODEL
from test_cache import post, state


@pytest.mark.parametrize("is_preferred", [False, True], ids=["asked", "preferred"])
def test_what_one_was_told_by_whom_others_may_not_ask_is_told_to_nobody_else(
    start: StartGateway, simulator: Simulator, commands: Commands, is_preferred: bool
) -> None:
    """A target is for keys with a tag: what it says to them is not told to others, who would not have been served by it."""
    own, others = (provider(node.base_url, key=simulator.key, models=[MODEL]) for node in simulator.nodes)
    own_target = {"provider": "own", "model": MODEL, "when": {"tags": {"team": "shop"}}}
    tagged, cache = {"targets": [own_target, f"others/{MODEL}"]}, {"cache": {"scope": "all"}}
    plain = {"targets": [f"others/{MODEL}"]}
    models = {"tagged": tagged, MODEL: plain | cache} if is_preferred else {MODEL: tagged | cache}
    gateway = start(config=configuration({"own": own, "others": others}) | {"models": models})
    shopper = commands.json("keys", "create", "--name", "shopper", "--tag", "team=shop")["key"]
    wish = {"x_bellwether_prefer": "tagged"} if is_preferred else {}

    def told(caller: str | None) -> tuple[str | None, str]:
        reply = post(gateway, caller=caller, **wish)
        return state(reply), reply.headers["x-bellwether-provider"]

    assert [told(shopper) for _ in range(2)] == [("miss", "own"), ("hit", "own")]
    assert [told(None) for _ in range(2)] == [("miss", "others"), ("hit", "others")]
