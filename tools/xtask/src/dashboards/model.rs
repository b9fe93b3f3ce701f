//! A dashboard as Grafana's JSON, from its source. The data source is a choice made in Grafana: no file of ours names one.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::layout::Layout;
use super::source::{Panel, PanelKind, Query, Source, read};

/// The form of the JSON that is written here; Grafana brings it up to its own.
const SCHEMA_VERSION: u32 = 39;
/// Of a large number, of anything else.
const NUMBER_HEIGHT: u32 = 4;
const HEIGHT: u32 = 8;
/// What a choice of all stands for: also labels that are empty.
const ALL: &str = ".*";

/// As Grafana keeps it: to be provisioned from a folder, or pasted in.
pub(crate) fn plain(root: &Path, name: &str) -> Result<String> {
    written(&dashboard(name, &read(root, name)?))
}

/// As its HTTP API takes it: `POST /api/dashboards/db`.
pub(crate) fn imported(root: &Path, name: &str) -> Result<String> {
    let message = "from deploy/grafana";
    written(
        &json!({ "dashboard": dashboard(name, &read(root, name)?), "overwrite": true, "message": message }),
    )
}

fn written(value: &Value) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

fn dashboard(name: &str, source: &Source) -> Value {
    json!({
        "id": null,
        "uid": format!("bellwether-{name}"),
        "title": source.title,
        "description": source.description,
        "tags": ["bellwether"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": true,
        "graphTooltip": 1,
        "time": { "from": "now-1h", "to": "now" },
        "refresh": "30s",
        "timezone": "",
        "templating": { "list": variables() },
        "annotations": { "list": [] },
        "links": [{
            "type": "dashboards", "title": "Bellwether", "tags": ["bellwether"], "asDropdown": true,
            "includeVars": true, "keepTime": true,
        }],
        "panels": panels(source),
    })
}

fn variables() -> Value {
    let choice = |name: &str, label: &str, query: &str| {
        json!({
            "type": "query", "name": name, "label": label, "datasource": data_source(), "definition": query,
            "query": { "query": query, "refId": format!("Variable-{name}") },
            "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ALL,
            "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
        })
    };
    json!([
        { "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus" },
        choice("service", "Service", "label_values(ai_gateway_build_info, service)"),
        choice(
            "provider",
            "Provider",
            "label_values(ai_gateway_requests_total{service=~\"$service\"}, provider)"
        ),
    ])
}

fn data_source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn panels(source: &Source) -> Vec<Value> {
    let (mut layout, mut panels) = (Layout::default(), Vec::new());
    for row in &source.rows {
        let place = layout.heading();
        let id = panels.len() + 1;
        panels.push(json!({
            "id": id, "type": "row", "title": row.title, "collapsed": false, "gridPos": place, "panels": [],
        }));
        for panel in &row.panels {
            let height = if panel.kind == PanelKind::Number { NUMBER_HEIGHT } else { HEIGHT };
            let place = layout.panel(panel.width, height);
            let id = panels.len() + 1;
            panels.push(drawn(panel, id, &place));
        }
    }
    panels
}

fn drawn(panel: &Panel, id: usize, place: &Value) -> Value {
    let (kind, options) = match panel.kind {
        PanelKind::Lines => ("timeseries", lines()),
        PanelKind::Number => ("stat", number()),
        PanelKind::States => ("state-timeline", states()),
    };
    let targets: Vec<Value> = panel.queries.iter().zip('A'..='Z').map(target).collect();
    json!({
        "id": id, "type": kind, "title": panel.title, "description": panel.description, "gridPos": place,
        "datasource": data_source(), "targets": targets, "options": options,
        "fieldConfig": { "defaults": defaults(panel), "overrides": [] },
    })
}

fn target((query, name): (&Query, char)) -> Value {
    json!({
        "refId": name.to_string(), "datasource": data_source(), "editorMode": "code", "range": true,
        "expr": query.ask.trim(), "legendFormat": query.legend,
    })
}

fn defaults(panel: &Panel) -> Value {
    let mut steps = vec![json!({ "color": "green", "value": null })];
    steps.extend(panel.warn_at.map(|at| json!({ "color": "yellow", "value": at })));
    steps.extend(panel.bad_at.map(|at| json!({ "color": "red", "value": at })));
    let words: Vec<Value> = panel
        .words
        .iter()
        .map(|word| {
            let shown = json!({ "text": word.text, "color": word.color, "index": word.value });
            json!({ "type": "value", "options": { word.value.to_string(): shown } })
        })
        .collect();
    let color = if panel.kind == PanelKind::Lines { "palette-classic" } else { "thresholds" };
    let custom = match panel.kind {
        PanelKind::Lines => {
            json!({ "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "axisSoftMin": 0 })
        }
        PanelKind::States => json!({ "lineWidth": 0, "fillOpacity": 70 }),
        PanelKind::Number => json!({}),
    };
    json!({
        "unit": panel.unit, "color": { "mode": color }, "mappings": words, "custom": custom,
        "thresholds": { "mode": "absolute", "steps": steps },
    })
}

fn legend() -> Value {
    json!({ "showLegend": true, "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"] })
}

fn lines() -> Value {
    json!({ "legend": legend(), "tooltip": { "mode": "multi", "sort": "desc" } })
}

fn number() -> Value {
    json!({
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        "orientation": "auto", "textMode": "auto", "colorMode": "value", "graphMode": "area", "justifyMode": "auto",
    })
}

fn states() -> Value {
    json!({
        "mergeValues": true, "showValue": "never", "alignValue": "left", "rowHeight": 0.9,
        "legend": { "showLegend": true, "displayMode": "list", "placement": "bottom" },
        "tooltip": { "mode": "single", "sort": "none" },
    })
}
