//! The OpenAI dialect as far as passing bytes through needs it: which paths exist, what a request decides,
//! what an answer tells, and how a failure is worded.

mod choices;
mod failure;
mod reply;
mod request;
mod stream;
mod surface;

pub use failure::{ErrorCodes, error_body, stream_error_event};
pub use reply::ReplyWatch;
pub use request::{Deciding, MODEL_BYTES_MAX, RequestFlaw, RequestScan};
pub use stream::{StreamFault, StreamWatch};
pub use surface::{Operation, REPLY_HEADERS, REQUEST_HEADERS, operation_at};
