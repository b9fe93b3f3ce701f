//! An answer on its way from one dialect into another: read, put back into the caller's own names, written. It opens nothing
//! and waits for nothing; whoever has bytes pushes them in and sends what comes out.

mod back_map;
mod reply;
mod stop_cut;
mod stream;

pub use back_map::{BackMap, SealKeeper};
pub use reply::{TranslatedReply, translate_reply};
pub use stream::{EVENT_BYTES_MAX, StreamTranslation};
