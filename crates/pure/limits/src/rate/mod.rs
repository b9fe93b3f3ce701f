//! Limits of use: how many requests and tokens in a second or a minute, how many at once, how large.

mod bucket;
mod cell;
mod counters;
mod marks;
mod measure;
mod places;
mod resolved;
mod terms;
mod whose;

pub use bucket::{BURST_MS_DEFAULT, BURST_UNITS_MIN};
pub use cell::{Cell, Room};
pub use counters::{Counters, InMemory, Need, Refusal, Settled, Taking, Verdict};
pub use marks::{FOLLOWED_MAX, Marks, NEEDS_MAX};
pub use measure::{Measure, Of};
pub use resolved::Resolved;
pub use terms::{
    BURST_SECONDS_MAX, OnLimit, QUEUE_WAIT_DEFAULT, QUEUE_WAIT_MS_MAX, Terms, TermsError, WhenReached,
};
pub use whose::Whose;
