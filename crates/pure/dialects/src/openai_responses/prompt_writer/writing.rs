//! What the writing of items and of their parts shares.

use crate::canonical::{Abilities, Losses, ToolNames};

/// What writing an item needs to know.
pub(super) struct Writing<'w> {
    pub(super) tool_names: &'w ToolNames,
    pub(super) abilities: &'w Abilities,
    pub(super) losses: &'w mut Losses,
}
