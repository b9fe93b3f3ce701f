//! What becomes of a sign-up, as it is noted.

use domain::{Money, UserId};

/// Who it was, and what he got or why nothing.
pub(super) struct Ended<'a> {
    pub(super) user: &'a UserId,
    pub(super) domain: &'a str,
    pub(super) address: &'a str,
    pub(super) amount: Option<Money>,
    pub(super) refused: Option<&'static str>,
}
