//! Those among whom a policy chooses.

use crate::ask::Ask;
use crate::health::TargetHealth;
use crate::moment::Moment;
use crate::target::Target;

/// Somebody who can be chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// His place in the route's targets.
    pub(crate) place: usize,
    pub(crate) target: &'a Target,
    pub(crate) health: &'a TargetHealth,
    /// What of his part he gets: less than all of it where he is coming back or fails now and then.
    pub(crate) share: f32,
    /// It is to be found out whether he is well again.
    pub(crate) is_on_trial: bool,
}

/// Those among whom one is chosen; never empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a, 'ask> {
    pub(crate) candidates: &'a [Candidate<'a>],
    pub(crate) ask: &'a Ask<'ask>,
    /// How often was chosen before.
    pub(crate) round: u64,
    pub(crate) now: Moment,
}

impl Candidate<'_> {
    /// How long an answer would take him, for his weight; nothing where it is to be found out: what is known was when he was
    /// ill.
    pub(crate) fn cost(&self, field: &Field<'_, '_>) -> f32 {
        if self.is_on_trial {
            return 0.0;
        }
        self.health.load(field.ask.is_streaming, field.now) / self.target.weight as f32
    }
}
