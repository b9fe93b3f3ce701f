//! What somebody wants of keys, as he says it, and what is given to him.

use domain::{ProjectId, Secret, Timestamp};

use crate::budgets::KeyBudget;
use crate::keys::contract::CallerKey;
use crate::keys::plan::PlanName;
use crate::keys::scopes::KeyScopes;
use crate::keys::tags::KeyTags;

/// So long a new key opens something, unless it is said otherwise.
pub const KEY_DAYS_DEFAULT: u32 = 90;
/// Ten years: longer is "never", which is said.
pub const KEY_DAYS_MAX: u32 = 10 * 366;
/// So long the key before goes on beside its successor, unless it is said otherwise: a day.
pub const KEY_OVERLAP_SECONDS_DEFAULT: u64 = 86_400;
/// Longest time that both go on.
pub const KEY_OVERLAP_SECONDS_MAX: u64 = 90 * 86_400;

/// A key somebody wants.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it.
    pub name: String,
    /// What it is for.
    pub project: ProjectId,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The key itself, where it is not for us to choose.
    pub verbatim: Option<Secret>,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// Which bundle of limits it is on.
    pub plan: PlanName,
    /// What it may be used for.
    pub scopes: KeyScopes,
    /// What its owner hangs on it.
    pub tags: KeyTags,
}

impl NewKey {
    /// One of that name, of the project that is always there, for everything and for ever.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            project: ProjectId::implicit(),
            expires_at: None,
            verbatim: None,
            is_strict: false,
            plan: PlanName::usual(),
            scopes: KeyScopes::ANY,
            tags: KeyTags::default(),
        }
    }
}

/// A key just made, or found to be there already.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// What is kept of it.
    pub key: CallerKey,
    /// The key itself: shown now or never.
    pub secret: Secret,
    /// Whether it was made by this call; a verbatim key may have been there before.
    pub is_new: bool,
}

/// A key just given a successor.
#[derive(Clone, Debug)]
pub struct RotatedKey {
    /// The key before, with the end of its time.
    pub former: CallerKey,
    /// What is kept of the successor.
    pub key: CallerKey,
    /// The successor itself: shown now or never.
    pub secret: Secret,
}

/// A key that comes from elsewhere.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// Where it stands there, for what is said of it.
    pub row: usize,
    /// What is known of the key itself.
    pub known: ForeignSecret,
    /// All else; its `verbatim` is not looked at.
    pub wish: NewKey,
    /// What it may spend, where that is limited: it is not open before.
    pub budget: Option<KeyBudget>,
}

/// What is known of a key that comes from elsewhere.
#[derive(Clone, Debug)]
pub enum ForeignSecret {
    /// The key.
    Key(Secret),
    /// Its SHA-256.
    Sha256([u8; 32]),
}

/// What is wrong with one key of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// Where it stands in what was given.
    pub row: usize,
    /// What is wrong.
    pub message: String,
}
