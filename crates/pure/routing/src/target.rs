//! Somebody who can be asked for a model.

use std::sync::Arc;
use std::time::Duration;

use crate::condition::Condition;

/// What a weight is where none is configured.
pub const WEIGHT_DEFAULT: u32 = 1;

/// One model at one provider by one line and credential. The numbers are places in the snapshot's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Place of the provider in the snapshot.
    pub provider: u16,
    /// Place of the way within the provider: every line with the first credential, then with the second, and so on.
    pub line: u16,
    /// The provider's own name for the model; `None` sends the name that was asked for.
    pub model: Option<Arc<str>>,
    /// How long it may take to begin a stream, or to give a whole answer, where that is less than the call may take.
    pub timeout: Option<Duration>,
    /// How many requests it may have at once; as many as come if `None`.
    pub concurrent_max: Option<u32>,
    /// Its part, where parts are fixed.
    pub weight: u32,
    /// Tokens of prompt and answer that its model holds, if known.
    pub context_tokens: Option<u64>,
    /// What its model costs beside others, in any unit; `None` where nobody knows.
    pub price: Option<u64>,
    /// Whom it is for; everybody if `None`.
    pub condition: Option<Arc<Condition>>,
}

impl Target {
    /// By one way, with nothing special about it.
    pub const fn by(provider: u16, line: u16, model: Option<Arc<str>>) -> Self {
        Self {
            provider,
            line,
            model,
            timeout: None,
            concurrent_max: None,
            weight: WEIGHT_DEFAULT,
            context_tokens: None,
            price: None,
            condition: None,
        }
    }
}
