//! Values as words for people. What nobody knows is a dash, never a zero.

use serde_json::Value;

const UNKNOWN: &str = "-";

/// How a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Uneasy,
    Ill,
    /// An operator has taken it out.
    Out,
    Unknown,
}

impl Mood {
    pub(super) fn of(state: &str, switch: &str) -> Self {
        match (switch, state) {
            ("off" | "draining", _) => Self::Out,
            (_, "healthy") => Self::Well,
            (_, "degraded") => Self::Uneasy,
            (_, "ejected") => Self::Ill,
            _ => Self::Unknown,
        }
    }

    /// What an operator has done goes before how it would be doing.
    pub(super) fn word(self, state: &str, switch: &str) -> String {
        if self == Self::Out { format!("{switch} ({state})") } else { state.to_owned() }
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn name<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

pub(super) fn count(value: &Value) -> String {
    value.as_u64().map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())
}

pub(super) fn rate(value: &Value) -> String {
    value.as_f64().map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{rate:.1}"))
}

/// Rounded down: what is not all is never told as all.
pub(super) fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| UNKNOWN.to_owned(), |part| format!("{:.0} %", (part * 100.0).floor()))
}

pub(super) fn ms(value: &Value) -> String {
    match value.as_f64() {
        None => UNKNOWN.to_owned(),
        Some(ms) if ms < 100.0 => format!("{ms:.1}"),
        Some(ms) => format!("{ms:.0}"),
    }
}

/// Days and hours, or hours and minutes, or minutes and seconds.
pub(super) fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Why a target is not well, what went wrong last, and when it is tried again.
pub(super) fn why(target: &Value) -> String {
    let Some(reason) = target["reason"].as_str() else { return String::new() };
    let mut words = reason.replace('_', " ");
    let last = &target["evidence"]["last_failure"];
    if let (Some(kind), Some(ago)) = (last["kind"].as_str(), last["ago_ms"].as_u64()) {
        words = format!("{words}; {} {} ago", kind.replace('_', " "), span(ago / 1000));
    }
    if let Some(back) = target["recovery_ms"].as_u64().filter(|back| *back > 0) {
        words = format!("{words}; better in {}", span(back.div_ceil(1000)));
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{count, ms, percent, rate, span, why};

    #[test]
    fn what_nobody_knows_is_a_dash() {
        for of in [count, rate, percent, ms] {
            assert_eq!(of(&Value::Null), "-");
        }
        assert_eq!((ms(&json!(4.25)), ms(&json!(1234.5))), ("4.2".to_owned(), "1234".to_owned()));
        assert_eq!((percent(&json!(0.999)), percent(&json!(1.0))), ("99 %".to_owned(), "100 %".to_owned()));
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let told = [7, 61, 3_725, 90_000].map(span);
        assert_eq!(told, ["7 s", "1 min 1 s", "1 h 2 min", "1 d 1 h"]);
    }

    #[test]
    fn a_reason_comes_with_its_evidence() {
        let mut target = json!({ "reason": null, "evidence": { "last_failure": null }, "recovery_ms": null });
        assert_eq!(why(&target), "");
        target["reason"] = "failures_in_a_row".into();
        target["evidence"]["last_failure"] = json!({ "kind": "broke_off", "ago_ms": 2500 });
        target["recovery_ms"] = 1200.into();
        assert_eq!(why(&target), "failures in a row; broke off 2 s ago; better in 2 s");
    }
}
