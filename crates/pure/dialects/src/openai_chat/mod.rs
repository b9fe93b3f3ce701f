//! OpenAI's chat dialect: which paths exist, what a request decides, what an answer tells while its bytes pass, how a
//! failure is worded, and the translation into the canonical form and from it.

mod choices;
mod failure;
mod reply;
mod request;
mod stream;
mod surface;
mod translator;

pub use failure::{ErrorCodes, error_body, stream_error_event};
pub use reply::ReplyWatch;
pub use request::{Deciding, MODEL_BYTES_MAX, RequestFlaw, RequestScan};
pub use stream::{StreamFault, StreamWatch};
pub use surface::{Operation, REPLY_HEADERS, REQUEST_HEADERS, operation_at};
pub use translator::Chat;
