//! Checks of sampling and of the other settings.

use serde_json::Value;

use crate::messages::refuse::{Checked, demand};

/// Checks them all.
pub(super) fn check_settings(body: &Value) -> Checked {
    check_range(body, "temperature", 1.0)?;
    check_range(body, "top_p", 1.0)?;
    let top_k = &body["top_k"];
    demand(top_k.is_null() || top_k.is_u64(), || {
        "top_k: Input should be a whole number from 0 on".to_owned()
    })?;
    demand(body["stream"].is_null() || body["stream"].is_boolean(), || {
        "stream: Input should be true or false".to_owned()
    })?;
    let stops = &body["stop_sequences"];
    demand(stops.is_null() || stops.is_array(), || "stop_sequences: Input should be a list".to_owned())?;
    for stop in stops.as_array().into_iter().flatten() {
        let is_text = stop.as_str().is_some_and(|stop| !stop.trim().is_empty());
        demand(is_text, || "stop_sequences: each stop sequence must contain non-whitespace".to_owned())?;
    }
    let tier = &body["service_tier"];
    demand(tier.is_null() || matches!(tier.as_str(), Some("auto" | "standard_only")), || {
        format!("service_tier: {tier} is neither 'auto' nor 'standard_only'")
    })?;
    check_metadata(&body["metadata"])?;
    check_output(&body["output_config"])
}

fn check_range(body: &Value, name: &str, most: f64) -> Checked {
    let is_right =
        body[name].is_null() || body[name].as_f64().is_some_and(|value| (0.0..=most).contains(&value));
    demand(is_right, || format!("{name}: range: 0..{most}"))
}

fn check_metadata(metadata: &Value) -> Checked {
    let unknown = metadata.as_object().into_iter().flatten().find(|(name, _)| *name != "user_id");
    demand(unknown.is_none(), || {
        format!("metadata.{}: Extra inputs are not permitted", unknown.map_or("", |(name, _)| name))
    })
}

fn check_output(output: &Value) -> Checked {
    let effort = &output["effort"];
    let known = matches!(effort.as_str(), Some("low" | "medium" | "high" | "xhigh" | "max"));
    demand(effort.is_null() || known, || format!("output_config.effort: {effort} is no effort"))?;
    let format = &output["format"];
    let is_right = format.is_null() || format["type"] == "json_schema" && format["schema"].is_object();
    demand(is_right, || "output_config.format: must be a json_schema with its schema".to_owned())
}
