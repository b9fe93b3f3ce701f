"""Proves that each dashboard is what Grafana takes, says what it shows, and asks only for what the gateway serves.

No Grafana draws them here; that Prometheus has a number for every question is tests/e2e/test_prometheus.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/grafana"
NAMES = ["money", "overview", "process", "providers"]
COLUMNS = 24
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: By Grafana's names: none of ours is any other.
UNITS = {"none", "short", "s", "reqps", "percentunit", "bytes"}
FAMILY = re.compile(r"\b(?:ai_gateway|process)_[a-z_]+")
SUFFIX = re.compile(r"_(?:bucket|count|sum)$")


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def served() -> dict[str, set[str]]:
    """Every family that the gateway serves, with its labels, as the page made from its code has them."""
    rows = re.findall(r"^\| `([a-z_]+)` \| \w+ \| ([a-z_, ]*) \|", (ROOT / "docs/reference/metrics.md").read_text(), re.M)
    return {name: {"job", "instance", "le", *labels.split(", ")} for name, labels in rows}


SERVED = served()


def family_of(name: str) -> str:
    return name if name in SERVED else SUFFIX.sub("", name)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def dashboard(name: str) -> dict[str, Any]:
    return load(FOLDER / f"dashboards/{name}.json")


@pytest.fixture
def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def test_there_are_these_and_each_in_both_forms() -> None:
    for folder, ending in (("dashboards", "json"), ("import", "json"), ("sources", "toml")):
        assert sorted(path.name for path in (FOLDER / folder).iterdir()) == [f"{name}.{ending}" for name in NAMES]


def test_the_form_for_the_http_api_holds_the_plain_one(name: str, dashboard: dict[str, Any]) -> None:
    wrapped = load(FOLDER / f"import/{name}.json")
    assert wrapped["dashboard"] == dashboard
    assert wrapped["overwrite"] is True
    assert set(wrapped) == {"dashboard", "overwrite", "message"}, "no folder that only some Grafana has"
    assert dashboard["id"] is None, "a number belongs to one Grafana; the uid is what is overwritten"


def test_it_has_a_name_of_its_own_and_says_what_it_is_for(name: str, dashboard: dict[str, Any]) -> None:
    assert dashboard["uid"] == f"bellwether-{name}"
    assert dashboard["title"].startswith("Bellwether: ")
    assert dashboard["description"]
    assert dashboard["tags"] == ["bellwether"]


def test_the_data_source_the_service_and_the_provider_can_be_chosen(dashboard: dict[str, Any]) -> None:
    source, *choices = dashboard["templating"]["list"]
    assert (source["type"], source["name"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert [choice["name"] for choice in choices] == ["service", "provider"]
    for choice in choices:
        assert choice["type"] == "query"
        assert choice["datasource"] == DATA_SOURCE
        assert choice["includeAll"] is choice["multi"] is True
        assert choice["allValue"] == ".*", "labels may be empty"
        family, label = re.fullmatch(r"label_values\((\w+).*, (\w+)\)", choice["definition"]).groups()  # type: ignore[union-attr]
        assert label in SERVED[family]


def test_every_panel_has_title_unit_description_legend_and_data_source(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        title = panel["title"]
        assert title
        assert panel["type"] in {"timeseries", "stat", "state-timeline"}, title
        assert re.search(r"[.:]$|\.`?$", panel["description"]), title
        assert len(panel["description"]) > len(title), title
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, title
        assert panel["datasource"] == DATA_SOURCE, title
        assert panel["targets"], title
        if panel["type"] != "stat":
            assert panel["options"]["legend"]["showLegend"] is True, title
        for target in panel["targets"]:
            assert target["legendFormat"], title
            assert target["datasource"] == DATA_SOURCE, title
        names = [target["refId"] for target in panel["targets"]]
        assert names == sorted(set(names)), title


def test_titles_and_ids_are_unique(dashboard: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    for row in [panel for panel in dashboard["panels"] if panel["type"] == "row"]:
        assert row["collapsed"] is False
    titles = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "timeseries"]
    assert len(set(titles)) == len(titles)


def test_panels_stand_beside_each_other_and_never_over(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_only_what_the_gateway_serves_is_asked_for_with_labels_that_it_has(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            query = target["expr"]
            names = {family_of(found) for found in FAMILY.findall(query)}
            assert names, panel["title"]
            for found in names:
                assert found in SERVED, f"{panel['title']}: {found}"
            for found, matchers in re.findall(r"((?:ai_gateway|process)_\w+)\{([^}]*)\}", query):
                asked = set(re.findall(r"(\w+)[=!]~?\"", matchers))
                assert asked <= SERVED[family_of(found)], f"{panel['title']}: {found}"


def test_every_query_heeds_the_service_and_the_provider_where_its_family_has_one(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            for found in FAMILY.findall(target["expr"]):
                if "service" not in SERVED[family_of(found)]:
                    assert "ai_gateway_build_info{service" in target["expr"], panel["title"]
                    continue
                matchers = re.search(re.escape(found) + r"\{([^}]*)\}", target["expr"])
                assert matchers, f"{panel['title']}: {found}"
                assert 'service=~"$service"' in matchers[1], panel["title"]


def test_what_a_legend_names_is_what_its_query_keeps(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            kept = {label.strip() for by in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in by.split(",")}
            assert named <= kept, f"{panel['title']}: {named - kept}"
            assert named or len(target["legendFormat"]) > 1


def test_rates_are_over_what_grafana_makes_of_the_interval_and_never_over_a_number_of_ours(
    panels: list[dict[str, Any]],
) -> None:
    for panel in panels:
        for target in panel["targets"]:
            for window in re.findall(r"rate\([^\[]*\[([^\]]*)\]", target["expr"]):
                assert window == "$__rate_interval", panel["title"]
