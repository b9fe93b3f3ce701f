//! Scenarios: what the model says, turn by turn, written down by a test. The same one plays in every dialect.
//!
//! A scenario keeps no state: which turn is due is counted from the conversation itself, so a repeated request gets the
//! same answer, and conversations side by side do not disturb each other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The turns of the model, each a list of steps.
pub type Scenario = Vec<Vec<Step>>;

/// One step of a turn, written as `{"text": "…"}` and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Says this; `{result}` stands for the texts of the tool results just received.
    Text(String),
    /// Thinks this, where the dialect and the request allow it.
    Thinking(String),
    /// Thinks this and never shows it.
    Redacted(String),
    /// Calls a tool that takes an object.
    Call {
        /// The tool.
        name: String,
        /// An object, or a text to send exactly as it is.
        #[serde(default)]
        arguments: Value,
    },
    /// Calls a tool that takes any text.
    Custom {
        /// The tool.
        name: String,
        /// The text.
        input: String,
    },
    /// Ends the turn in another way than its steps would.
    Stop(Stop),
}

/// How a turn ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// For want of tokens.
    Length,
    /// By a filter of contents.
    Filtered,
    /// By a failure of the model; only one dialect has a word for it, in the others it is a plain stop.
    Failed,
}

impl Step {
    /// The tool it calls.
    pub(crate) fn tool(&self) -> Option<&str> {
        match self {
            Self::Call { name, .. } | Self::Custom { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// The marker in a text of the user that names a scenario, as in `[scenario:edit]`.
pub(crate) fn marked(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("[scenario:")?;
    rest.split_once(']').map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Scenario, Step, Stop, marked};

    #[test]
    fn a_scenario_is_written_as_plain_json() {
        let scenario: Scenario = serde_json::from_value(json!([
            [{ "thinking": "hm" }, { "text": "I look." }, { "call": { "name": "read", "arguments": { "path": "a" } } }],
            [{ "custom": { "name": "apply_patch", "input": "x" } }, { "stop": "length" }],
        ]))
        .unwrap();
        assert_eq!(scenario[0][2].tool(), Some("read"));
        assert_eq!(scenario[1][1], Step::Stop(Stop::Length));
        assert!(serde_json::from_value::<Scenario>(json!([[{ "say": "x" }]])).is_err());
    }

    #[test]
    fn a_marker_names_a_scenario() {
        assert_eq!(marked("please [scenario:edit] now"), Some("edit"));
        assert_eq!(marked("please [scenario:edit now"), None);
    }
}
