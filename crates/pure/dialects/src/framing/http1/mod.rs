//! HTTP/1.1 on the wire: where heads end, what they say about the body behind them, and the chunked coding. Bytes in,
//! facts out: sockets, pools and what a status means are elsewhere.

mod body_framing;
mod chunked;
mod reply_head;
mod request_head;

pub use body_framing::Framing;
pub use chunked::ChunkedDecoder;
pub use reply_head::{HEAD_BYTES_MAX, ReplyHead, take_head};
pub use request_head::RequestHeadWatch;
