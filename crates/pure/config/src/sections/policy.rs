//! `policy`: how one is chosen of several who serve the same. Choosing is `routing`'s.

use routing::Policy;
use schemars::JsonSchema;
use serde::Deserialize;

/// For those who know the policies by other names.
const POLICY_HINT: &str =
    "write weighted for turns by fixed parts, balanced for the least load, fastest for the least latency";

/// For those who would like somebody to have no part at all.
pub(crate) const WEIGHT_HINT: &str =
    "whoever is to get nothing is left out of the list, or switched off: bellwether provider disable";

/// How one is chosen of several who serve the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("$comment" = POLICY_HINT))]
pub(crate) enum PolicyName {
    /// Of three drawn by lot, the one who would answer sooner.
    Balanced,
    /// By their weights, exactly.
    Weighted,
    /// Who answers fastest.
    Fastest,
    /// Whose model costs least, by the catalogue's latest price. The lines of one provider cost the same.
    Cheapest,
    /// In the order of the file.
    Priority,
    /// The same for the same session (header `x-bellwether-session`), else for requests that begin alike.
    Sticky,
}

impl PolicyName {
    pub(crate) const fn policy(self) -> Policy {
        match self {
            Self::Balanced => Policy::Balanced,
            Self::Weighted => Policy::Weighted,
            Self::Fastest => Policy::Fastest,
            Self::Cheapest => Policy::Cheapest,
            Self::Priority => Policy::Priority,
            Self::Sticky => Policy::Sticky,
        }
    }
}
