//! What must hold for any bytes at all: one function for each place that reads what strangers send. It panics where the
//! claim fails. The fuzzer (`fuzz/`) calls them without end, the tests here with every input that was ever of interest.

mod body_scan;
mod config;
mod cuttings;
mod head;
mod multipart;
mod retry_after;
mod sse;
mod translation;

pub use body_scan::body_scan;
pub use config::config;
pub use head::head;
pub use multipart::multipart;
pub use retry_after::retry_after;
pub use sse::sse;
pub use translation::translation;

/// Panics where what is claimed of the bytes does not hold.
pub type Claim = fn(&[u8]);

/// Every claim by the name of its fuzz target, which is also the name of its folder of inputs.
pub const CLAIMS: &[(&str, Claim)] = &[
    ("body_scan", body_scan),
    ("config", config),
    ("head", head),
    ("multipart", multipart),
    ("retry_after", retry_after),
    ("sse", sse),
    ("translation", translation),
];
