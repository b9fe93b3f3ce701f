//! Is the answer known already? By the call's idempotency key, or because somebody asked the same.

use domain::Failure;
use http::HeaderMap;

use crate::call::Call;
use crate::pipeline::lookup;
use crate::pipeline::repeat;
use crate::pipeline::served::Served;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// The answer, if it is known. For all but few calls this is two looks.
pub(super) async fn known_before(
    call: &mut Call,
    serving: &Serving,
    prompt: &Prompt,
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<Option<Served>, Box<Failure>> {
    if let Some(kept) = repeat::answered_before(call, (serving, prompt, wishes)).await? {
        return Ok(Some(Served::Again(Box::new(kept))));
    }
    let hit = lookup::shared_before(call, serving, prompt, (headers, wishes)).await?;
    Ok(hit.map(|hit| Served::Shared(Box::new(hit))))
}
