//! What bounds how many requests one target has at a time: its own limits, and those that it shares with others.

use std::sync::Arc;

use super::adaptive::AdaptiveRules;
use super::gate::{Gate, UNLIMITED};

/// A gate and how many it lets in. The gate outlives a reload, the limit does not.
#[derive(Clone, Debug)]
pub struct Limited {
    /// Who is inside.
    pub gate: Arc<Gate>,
    /// How many may be.
    pub max: u32,
}

/// What bounds one target.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// As configured for it alone.
    pub max: u32,
    /// What its refusals teach.
    pub adaptive: AdaptiveRules,
    /// What it shares: with all of its provider, and with all that go by its line.
    pub shared: [Option<&'a Limited>; 2],
}

impl Bounds<'_> {
    /// There are none.
    pub const NONE: Self = Self { max: UNLIMITED, adaptive: AdaptiveRules::NEVER, shared: [None, None] };

    pub(crate) fn shared(&self) -> impl Iterator<Item = &Limited> {
        self.shared.iter().copied().flatten()
    }
}
