//! How our own webhooks are signed: by HMAC-SHA-256 over the time and the body, so that whoever takes a message can tell that it
//! is ours and not an old one.

use std::fmt::Write as _;

use domain::{Secret, Timestamp};

use crate::exchange::Mac;

/// The header that has it.
pub(super) const HEADER: &str = "x-bellwether-signature";

/// `t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>" in hexadecimal>`.
pub(super) fn signature(secret: &Secret, now: Timestamp, body: &str, mac: Mac) -> String {
    let seconds = now.unix_seconds();
    let mut text = format!("t={seconds},v1=");
    for byte in mac(secret.expose().as_bytes(), format!("{seconds}.{body}").as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
