//! `when`: which requests a target is for. Holding a request against it is `routing`'s.

use routing::{Capability, Condition};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::named::Named;
use crate::problem::Report;
use crate::shown;

/// Whatever a header says, if it is there.
const ANY: &str = "*";
/// Longest name of a tag.
const TAG_NAME_BYTES_MAX: usize = 64;
/// Headers that hold keys: they decide nothing.
const SECRETS: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "cookie"];

/// Which requests a target is for: all that is said must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenEntry {
    /// Headers of the request, and what each must say; `*` for anything.
    headers: Option<Named<String>>,
    /// Ids of callers' keys, as `bellwether keys list` shows them.
    #[schemars(length(min = 1, max = 1000))]
    keys: Option<Vec<String>>,
    /// Tags of callers' keys, and the value each must have; `*` for any.
    tags: Option<Named<String>>,
    /// Tokens of the prompt and of the longest answer, roughly: so many at least.
    tokens_min: Option<u64>,
    /// So many at most.
    tokens_max: Option<u64>,
    /// What the request asks of a model.
    #[schemars(length(min = 1, max = 5))]
    needs: Option<Vec<Need>>,
    /// Only streams, or only what is not streamed.
    stream: Option<bool>,
}

/// What a request may ask of a model.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Need {
    /// Tools to call.
    Tools,
    /// Images to look at.
    Images,
    /// Recordings to listen to.
    Audio,
    /// Documents to read.
    Documents,
    /// An answer of a given form.
    Schema,
}

impl Need {
    const fn capability(self) -> Capability {
        match self {
            Self::Tools => Capability::Tools,
            Self::Images => Capability::Images,
            Self::Audio => Capability::Audio,
            Self::Documents => Capability::Documents,
            Self::Schema => Capability::Schema,
        }
    }
}

pub(super) fn check(entry: WhenEntry, path: &KeyPath, report: &mut Report) -> Condition {
    let WhenEntry { headers, keys, tags, tokens_min, tokens_max, needs, stream } = entry;
    if let (Some(least), Some(most)) = (tokens_min, tokens_max)
        && least > most
    {
        let message = format!("must not be above tokens_max ({most}): no request is both");
        report.add(&path.key("tokens_min"), least.to_string(), message, None);
    }
    let condition = Condition {
        headers: self::headers(headers, &path.key("headers"), report),
        keys: keys.unwrap_or_default(),
        tags: self::tags(tags, &path.key("tags"), report),
        tokens_min,
        tokens_max,
        needs: needs.into_iter().flatten().map(Need::capability).collect(),
        is_streaming: stream,
    };
    if condition == Condition::default() && !report.has_problem_in(path) {
        let hint = "say what must hold, such as stream: true, or leave it out".to_owned();
        report.add(path, "nothing", "a condition must say something", hint);
    }
    condition
}

fn headers(
    entries: Option<Named<String>>,
    path: &KeyPath,
    report: &mut Report,
) -> Vec<(String, Option<String>)> {
    let mut headers = Vec::new();
    for (name, value) in entries.map(|named| named.0).unwrap_or_default() {
        let path = path.key(&name);
        let lower = name.to_ascii_lowercase();
        let is_name = !lower.is_empty()
            && lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_name {
            report.add(
                &path,
                shown::text(&name),
                "must be a header's name: letters, digits and dashes",
                None,
            );
        } else if SECRETS.contains(&lower.as_str()) {
            let hint = "name callers by the ids of their keys, under keys".to_owned();
            report.add(&path, shown::key(&name), "holds a secret and decides nothing", hint);
        }
        headers.push((lower, (value != ANY).then_some(value)));
    }
    headers
}

fn tags(
    entries: Option<Named<String>>,
    path: &KeyPath,
    report: &mut Report,
) -> Vec<(String, Option<String>)> {
    let mut tags = Vec::new();
    for (name, value) in entries.map(|named| named.0).unwrap_or_default() {
        let is_name = (1..=TAG_NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte));
        if !is_name {
            let message = "must be a tag's name: letters, digits or any of . _ - / :";
            report.add(&path.key(&name), shown::text(&name), message, None);
        }
        tags.push((name, (value != ANY).then_some(value)));
    }
    tags
}
