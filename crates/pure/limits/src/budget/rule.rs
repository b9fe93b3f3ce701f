//! What a budget says: whose money, how much, how often, and what happens at its end.

use std::fmt;

use domain::{KeyId, Money, NANO, OrganisationId, ProjectId};

use super::period::{Period, Window};
use super::zone::Zone;

/// Most that a budget can be: as much as an account can hold.
pub const LIMIT_NANO_MAX: i64 = 1_000_000_000 * NANO;
/// At what part of it whoever looks after it is warned, unless he says otherwise.
pub const WARN_PERCENT_DEFAULT: u8 = 80;
/// All of it.
pub const WARN_PERCENT_MAX: u8 = 100;

/// Its number. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u64);

/// Whose calls it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Those with a key, or with one that follows it.
    Key(KeyId),
    /// Those of a project, with whatever key.
    Project(ProjectId),
    /// Those of an organisation, for whatever project.
    Organisation(OrganisationId),
}

/// How much, and what happens at its end. These can be changed while calls run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How much may be spent in each window, in the currency of the prices.
    pub limit: Money,
    /// At what part of it whoever looks after it is warned.
    pub warn_percent: u8,
    /// Whether calls are refused that may go beyond it; else there is only the warning.
    pub is_hard: bool,
}

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// Whose calls it is for.
    pub scope: Scope,
    /// How often it begins anew.
    pub period: Period,
    /// By whose clocks.
    pub zone: Zone,
    /// How much, and what happens at its end.
    pub terms: Terms,
}

/// Why a wish is no budget.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Nothing, less than nothing, or more than anybody has.
    #[error("the limit of a budget is {0}; it must be above 0 and at most 1000000000")]
    Limit(Money),
    /// No part of it.
    #[error("a budget warns at {0} percent; it must be from 1 to 100")]
    WarnPercent(u64),
}

impl Scope {
    /// What sort of thing it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Project(_) => "project",
            Self::Organisation(_) => "organisation",
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Key(id) => id.as_str(),
            Self::Project(id) => id.as_str(),
            Self::Organisation(id) => id.as_str(),
        }
    }

    /// Puts both together again.
    pub fn of(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "key" => KeyId::parse(id).map(Self::Key),
            "project" => ProjectId::parse(id).map(Self::Project),
            "organisation" => OrganisationId::parse(id).map(Self::Organisation),
            _ => None,
        }
    }
}

impl Rule {
    /// When it begins anew behind a window, and by whose clocks; never where the window does not end.
    pub fn begins_anew(&self, window: Window) -> Option<String> {
        (!window.is_endless()).then(|| format!("{} ({})", self.zone.shown(window.end), self.zone))
    }
}

impl Terms {
    /// Whether they can be.
    pub fn check(self) -> Result<Self, RuleError> {
        if self.limit.nano() <= 0 || self.limit.nano() > LIMIT_NANO_MAX {
            return Err(RuleError::Limit(self.limit));
        }
        if self.warn_percent == 0 || self.warn_percent > WARN_PERCENT_MAX {
            return Err(RuleError::WarnPercent(self.warn_percent.into()));
        }
        Ok(self)
    }

    /// Whether so much spent is to be warned of.
    pub fn warns_at(self, used: i128) -> bool {
        used * 100 >= i128::from(self.limit.nano()) * i128::from(self.warn_percent)
    }
}

/// As in "of key key_x".
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.id())
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::{LIMIT_NANO_MAX, RuleError, Scope, Terms};

    fn terms(limit: i64, warn_percent: u8) -> Terms {
        Terms { limit: Money::from_nano(limit), warn_percent, is_hard: true }
    }

    #[test]
    fn absurd_terms_are_none() {
        for limit in [i64::MIN, -1, 0, LIMIT_NANO_MAX + 1, i64::MAX] {
            assert_eq!(terms(limit, 80).check(), Err(RuleError::Limit(Money::from_nano(limit))));
        }
        for percent in [0, 101, 255] {
            assert_eq!(terms(1, percent).check(), Err(RuleError::WarnPercent(percent.into())));
        }
        for (limit, percent) in [(1, 1), (LIMIT_NANO_MAX, 100)] {
            assert_eq!(terms(limit, percent).check(), Ok(terms(limit, percent)));
        }
    }

    #[test]
    fn a_warning_comes_at_its_part_to_the_nano_unit() {
        assert!(!terms(1_000, 80).warns_at(799));
        assert!(terms(1_000, 80).warns_at(800));
        assert!(!terms(LIMIT_NANO_MAX, 100).warns_at(i128::from(LIMIT_NANO_MAX) - 1));
        assert!(terms(LIMIT_NANO_MAX, 100).warns_at(i128::from(LIMIT_NANO_MAX)));
        assert!(!terms(3, 50).warns_at(1));
        assert!(terms(3, 50).warns_at(2));
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for (kind, id) in [("key", "key_a"), ("project", "proj_a"), ("organisation", "org_a")] {
            let scope = Scope::of(kind, id).unwrap();
            assert_eq!((scope.kind(), scope.id(), scope.to_string()), (kind, id, format!("{kind} {id}")));
        }
        for (kind, id) in [("key", "proj_a"), ("user", "user_a"), ("project", "")] {
            assert_eq!(Scope::of(kind, id), None);
        }
    }
}
