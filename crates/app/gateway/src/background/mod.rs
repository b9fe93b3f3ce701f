//! Jobs that no call waits for; each is driven by the control plane.

mod key_check;

pub use key_check::{CheckedKey, KeyState, check_keys};
