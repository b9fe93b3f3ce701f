//! One real call to a model, as a caller makes it: short, and paid for.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::report::{Report, Verdict};
use crate::admin_client::{AdminClient, Told};

const LIMIT: Duration = Duration::from_secs(60);
/// Enough for a word; some providers take no less.
const OUTPUT_TOKENS: u32 = 16;
const NOT_FOR_CHAT: [u16; 2] = [400, 422];

/// Asks a model, and says what came of it. Gives the number of calls made.
pub(super) fn round_trip(caller: &AdminClient, name: &str, why: &str, report: &mut Report) -> usize {
    let messages = json!([{ "role": "user", "content": "Say OK." }]);
    let chat = json!({ "model": name, "messages": messages, "max_tokens": OUTPUT_TOKENS });
    let began = Instant::now();
    let told = caller.send("POST", "/v1/chat/completions", Some(&chat), LIMIT);
    if !told.as_ref().is_ok_and(|told| NOT_FOR_CHAT.contains(&told.status.as_u16())) {
        note(told, name, why, "choices", began, report);
        return 1;
    }
    // Perhaps it is for something else.
    let embedding = json!({ "model": name, "input": "ok" });
    let other = caller.send("POST", "/v1/embeddings", Some(&embedding), LIMIT);
    let is_better = other.as_ref().is_ok_and(|other| other.status.is_success());
    note(
        if is_better { other } else { told },
        name,
        why,
        if is_better { "data" } else { "choices" },
        began,
        report,
    );
    2
}

fn note(told: Result<Told>, name: &str, why: &str, holds: &str, began: Instant, report: &mut Report) {
    let ms = began.elapsed().as_millis();
    let told = match told {
        Ok(told) => told,
        Err(error) => return report.add("model", name, Verdict::Bad, format!("{error:#}")),
    };
    let body: Value = serde_json::from_slice(&told.body).unwrap_or_default();
    if !told.status.is_success() {
        let words = body["error"]["message"].as_str().unwrap_or("without a reason");
        return report.add("model", name, Verdict::Bad, format!("{}: {words}", told.status.as_u16()));
    }
    report.tokens += body["usage"]["total_tokens"].as_u64().unwrap_or_default();
    if body[holds].as_array().is_none_or(Vec::is_empty) {
        return report.add("model", name, Verdict::Bad, format!("200, but no {holds} in the answer"));
    }
    let provider = told.header("x-bellwether-provider").unwrap_or("?");
    let attempts = told.header("x-bellwether-attempts").unwrap_or("1");
    let detail = format!("{provider} answered in {ms} ms ({why})");
    if attempts == "1" {
        report.add("model", name, Verdict::Good, detail);
    } else {
        report.add("model", name, Verdict::Warning, format!("{detail}, after {attempts} attempts"));
    }
}
