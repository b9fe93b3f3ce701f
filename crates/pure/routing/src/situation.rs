//! What a plan depends on beside the request.

use crate::health::Health;
use crate::moment::Moment;
use crate::routes::Routes;

/// What a plan depends on beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Who serves what.
    pub routes: &'a Routes,
    /// How they are doing.
    pub health: &'a Health,
    /// How many may be asked.
    pub attempts_max: usize,
    /// The present.
    pub now: Moment,
}
