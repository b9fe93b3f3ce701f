"""Config files as Python values. The shape of the file is known here and nowhere else among the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .gateway import UPSTREAM_KEY
from .speech import MODEL

Section = dict[str, Any]

#: For tests of what one failure leads to: nobody is asked twice for one request.
NO_REPEATS = {"repeats_max": 0}


def configuration(
    providers: Mapping[str, Section],
    models: Mapping[str, Sequence[str]] | None = None,
    listeners: Sequence[Section] | None = None,
    timeouts: Mapping[str, int] | None = None,
    retries: Mapping[str, Any] | None = None,
) -> Section:
    """A whole file. `models` maps the names callers use to targets, `provider/model`, in the order they are tried."""
    sections: dict[str, Any] = {"providers": dict(providers)}
    if models:
        sections["models"] = {name: {"targets": list(targets)} for name, targets in models.items()}
    if listeners:
        sections["listeners"] = list(listeners)
    if timeouts:
        sections["timeouts"] = dict(timeouts)
    if retries:
        sections["retries"] = dict(retries)
    return sections


def provider(
    base_url: str | None = None,
    *,
    key: str = UPSTREAM_KEY,
    models: Sequence[str] | None = None,
    lines: Sequence[Section] | None = None,
    **more: str,
) -> Section:
    """An OpenAI-compatible provider; without `models` it takes any name. `more` are `proxy`, `source_address`, `policy`."""
    section: Section = {"credentials": [key], **more}
    section |= {"lines": list(lines)} if lines else {"base_url": base_url}
    return section | ({"models": list(models)} if models else {})


def one_after_the_other(first: str, second: str, timeouts: Mapping[str, int] | None = None) -> Section:
    """A file for `MODEL` with two targets, given by their base URLs and called `first` and `second`, each asked once."""
    providers = {"first": provider(first, models=[MODEL]), "second": provider(second, models=[MODEL])}
    models = {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}
    return configuration(providers, models, timeouts=timeouts, retries=NO_REPEATS)


def line(base_url: str, region: str) -> Section:
    """One way to a provider, and the region it leads to."""
    return {"base_url": base_url, "region": region}
