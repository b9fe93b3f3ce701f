//! For whom a call is besides its key, as far as limits ask.

use crate::limiting::ForWhom;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;

/// As the head says, else the body.
pub(super) fn for_whom<'c>(prompt: &'c Prompt, wishes: &Wishes<'c>) -> ForWhom<'c> {
    let end_user = wishes.end_user.or(prompt.deciding.user.as_deref());
    ForWhom { end_user, is_batch: wishes.is_batch }
}
