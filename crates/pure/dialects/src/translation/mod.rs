//! An answer on its way from one dialect into another: read, put back into the caller's own names, written. It opens nothing
//! and waits for nothing; whoever has bytes pushes them in and sends what comes out. A stream may be made ready to outlive its
//! source: then another goes on with it, and the caller sees one answer.

mod back_map;
mod keep;
mod passage;
mod reply;
mod rescue;
mod resumption;
mod seam;
mod spent;
mod stop_cut;
mod stream;
mod teller;

pub use back_map::{BackMap, SealKeeper};
pub use reply::{TranslatedReply, translate_reply};
pub use rescue::{HELD_BYTES_MAX, Repeats, Rescue, Segment, Standing, TOLD_BYTES_MAX};
pub use stream::{EVENT_BYTES_MAX, StreamTranslation};
