//! Letters to a mail server, by SMTP. Nothing is kept or tried again here, and none is read.

mod letter;
mod post;

pub use letter::{Letter, is_address};
pub use post::{MailFailure, Relay, RelayTls, send};
