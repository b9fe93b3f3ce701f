//! What a drill found.

use serde_json::{Value, json};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Worth a thought; in many houses it is meant.
    Hint,
    /// Failover works less well than it looks.
    Warning,
    /// Calls fail that need not, or always do.
    Error,
}

impl Weight {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that a kind of mistake was found in. Which kind and how much it weighs, whoever looked adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// The name that callers ask for, where it concerns one.
    pub(super) model: Option<String>,
    /// What it is about: a target, a provider, a key of the configuration.
    pub(super) of: String,
    /// What happens.
    pub(super) what: String,
    /// What to do.
    pub(super) remedy: String,
}

impl Trace {
    /// About one name.
    pub(super) fn of_model(
        model: &str,
        of: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { model: Some(model.to_owned()), ..Self::of(of, what, remedy) }
    }

    /// About all of them.
    pub(super) fn of(of: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { model: None, of: of.into(), what: what.into(), remedy: remedy.into() }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) weight: Weight,
    pub(super) trace: Trace,
}

impl Finding {
    pub(super) fn json(&self) -> Value {
        json!({
            "code": self.code,
            "weight": self.weight.name(),
            "model": self.trace.model,
            "of": self.trace.of,
            "what": self.trace.what,
            "remedy": self.trace.remedy,
        })
    }
}
