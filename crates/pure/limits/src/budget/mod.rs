//! Budgets: how much may be spent in each day or month of a time zone or in all, by a key, a project or an organisation.

mod day;
mod hold;
mod period;
mod rule;
mod state;
mod tally;
mod zone;

pub use day::Day;
pub use hold::{Hold, Refused};
pub use period::{Period, Window};
pub use rule::{
    LIMIT_NANO_MAX, Rule, RuleError, RuleId, Scope, Terms, WARN_PERCENT_DEFAULT, WARN_PERCENT_MAX,
};
pub use state::{Budget, Standing, Unkept};
pub use zone::{ZONE_CHARS_MAX, Zone};
