//! What is refused counts as a request, too: or else whoever asks for what there is not, or may not be had, asks without end.

use domain::{Failure, Kind, Source};
use http::HeaderMap;

use crate::call::Call;
use crate::limiting::{ForWhom, limit_refused};
use crate::pipeline::wishes::Wishes;

/// Takes a request of the limits of a call that is refused for what it asks, if that has not been done. Gives what its caller is
/// told: the same, or that a limit is reached. That is at the end of what little a refusal costs, so that no call that goes on is
/// counted twice or waits for this.
pub(crate) async fn count_refusal(
    call: &mut Call,
    headers: &HeaderMap,
    failure: Box<Failure>,
) -> Box<Failure> {
    if !call.has_entered || call.limited.is_some() || !is_about_the_request(failure.kind) {
        return failure;
    }
    let wishes = Wishes::of(headers);
    let for_whom = ForWhom { end_user: wishes.end_user, is_batch: wishes.is_batch };
    match limit_refused(call, for_whom).await {
        Ok(()) => failure,
        Err(reached) => reached,
    }
}

/// Of what is our own fault, or a provider's, nobody has a request less.
fn is_about_the_request(kind: Kind) -> bool {
    kind.source() == Source::Client || kind == Kind::IdempotencyOutcomeUnknown
}
