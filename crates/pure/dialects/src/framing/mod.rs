//! How messages are cut out of byte streams, whatever they mean.

pub mod http1;
pub mod multipart;
pub mod sse;
