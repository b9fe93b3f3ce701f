//! Jobs that no call waits for; each is driven by the control plane.

mod balances;
mod key_check;
mod line_probes;
mod paid_found;
mod paid_probes;

pub use balances::{UpstreamBalance, ask_balances};
pub use key_check::{CheckedKey, KeyState, check_keys};
pub use line_probes::probe_lines;
pub(crate) use paid_found::PaidProbes;
pub use paid_probes::probe_models;
