//! How calls for a name are served, beside who serves them.

use crate::hedge::Hedge;

/// How calls for a name are served, beside who serves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// When a provider refuses on grounds of its policy, the next is asked.
    pub goes_on_after_refusal: bool,
    /// What answers say in their field `model`.
    pub model_field: ModelField,
    /// When a second one is asked beside the first; never if `None`.
    pub hedge: Option<Hedge>,
}

/// What answers say in their field `model`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelField {
    /// What the provider says there.
    #[default]
    Upstream,
    /// The name that the provider was asked for.
    Served,
    /// The name that the caller asked for.
    Requested,
}

impl ModelField {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Served => "served",
            Self::Requested => "requested",
        }
    }
}
