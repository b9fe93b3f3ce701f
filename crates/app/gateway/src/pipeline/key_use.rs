//! A request with an idempotency key, until somebody is asked: its key is noted before its body is read, and written down before
//! a provider hears of it. What a repeat gets is not known here.

use std::time::Duration;

use dialects::surface::{Operation, Surface};
use domain::{Failure, IDEMPOTENCY_KEY_CHARS_MAX, IdempotencyKey, Kind};
use http::{HeaderMap, HeaderName};
use store::KeyName;
use tokio::time::timeout;

use crate::call::Call;
use crate::keyed::Keyed;

/// Parsed once.
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long a call waits for the disk before it is refused.
pub(super) const DISK_WAIT_MAX: Duration = Duration::from_secs(2);
/// When whoever was refused may try again.
pub(super) const TRY_WAIT: Duration = Duration::from_secs(1);

/// Notes the key of a call that costs something. For all others it is one look at the head.
pub(super) fn note_key(call: &mut Call, surface: &Surface, headers: &HeaderMap) -> Result<(), Box<Failure>> {
    let Some(sent) = headers.get(&IDEMPOTENCY_KEY) else { return Ok(()) };
    let Some(owner) = call.key.as_ref().filter(|_| surface.operation != Operation::CountTokens) else {
        return Ok(());
    };
    let is_one = headers.get_all(&IDEMPOTENCY_KEY).iter().all(|other| other == sent);
    let Some(key) = IdempotencyKey::parse(sent.as_bytes()).filter(|_| is_one) else {
        let message = format!(
            "an idempotency key is one text of 1 to {IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters"
        );
        return Err(Failure::new(Kind::BadRequest, message).with_param("Idempotency-Key"));
    };
    call.keyed = Some(Keyed::new(KeyName::of(owner.organisation(), owner.project(), &key)));
    Ok(())
}

/// Writes that the call begins. From here on a crash leaves its outcome unknown: nobody is asked before.
pub(super) async fn note_begin(call: &mut Call) -> Result<(), Box<Failure>> {
    let Some(claimed) = call.keyed.as_mut().and_then(|keyed| keyed.claimed.as_mut()) else { return Ok(()) };
    let written = claimed.begin().map_err(|_| unkept())?;
    // Boxed: few calls have a key.
    match Box::pin(timeout(DISK_WAIT_MAX, written)).await {
        Ok(Ok(Ok(()))) => Ok(()),
        _ => Err(unkept()),
    }
}

/// Nothing can be promised now.
pub(super) fn unkept() -> Box<Failure> {
    let message =
        "this gateway cannot keep answers now, so it asks nobody under an idempotency key; try again later";
    Failure::new(Kind::Overloaded, message).with_retry_after(TRY_WAIT)
}
