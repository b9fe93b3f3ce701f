//! `errors`: the form of error answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of error answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorsSection {
    /// What stands in the field `code` of an error; default `text`.
    code: Option<ErrorCode>,
}

/// What stands in the field `code` of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A word, such as `rate_limit_exceeded`.
    #[default]
    Text,
    /// The status as a number, such as 429.
    Numeric,
}

/// The form of error answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// What stands in the field `code`.
    pub code: ErrorCode,
}

pub(crate) fn check(section: Option<ErrorsSection>) -> Errors {
    Errors { code: section.and_then(|section| section.code).unwrap_or_default() }
}
