//! A request without the sealed thoughts of its conversation, for a provider that does not take them back: they were made for
//! another account, or what stands before them is no longer what it was. Whether he said so is decided elsewhere.

use std::borrow::Cow;

use bytes::Bytes;
use routing::Target;

use crate::call::Call;
use crate::pipeline::outgoing::{Outgoing, Sent, outgoing};
use crate::pipeline::question::Question;

/// Writes the request anew. `None` where it holds no sealed thought, or cannot be written without.
pub(super) async fn unsealed<'p>(
    call: &Call,
    question: &Question<'p>,
    target: &Target,
) -> Option<Outgoing<'p>> {
    let mut sent = outgoing(call, question, target).await.ok()?;
    let Sent::Pieces(pieces) = &sent.body else { return None };
    let translator = sent.wanted.dialect.translator();
    let body = translator.without_seals(&pieces.concat(), &mut sent.losses).ok()??;
    sent.body = Sent::Pieces(Cow::Owned(vec![Bytes::from(body)]));
    Some(sent)
}
