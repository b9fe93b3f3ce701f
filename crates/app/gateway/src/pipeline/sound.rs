//! Whether the answer to a question of our own is one, by the rules that hold for those to callers.

use std::cell::Cell;

use dialects::Dialect;
use dialects::surface::conversations_in;
use upstream::Reply;

use crate::pipeline::beginning::{Beginning, Head};
use crate::pipeline::content::Content;
use crate::pipeline::events::HELD_BYTES_MAX;
use crate::pipeline::outgoing::Wanted;
use crate::serving::ServedProvider;

/// Whether an answer under a status of success is a whole one to a conversation: no error, no page, not half of one.
pub(crate) async fn is_sound(reply: Reply, provider: &ServedProvider, spoken: Dialect) -> bool {
    let head = Head { status: reply.status, headers: reply.headers };
    let Ok(content) = Content::of(reply.body, &head.headers) else { return false };
    let (mut wanted, heard) = (wanted(spoken), Cell::default());
    let mut beginning = Beginning::of(head, content, HELD_BYTES_MAX as u64, &heard);
    beginning.read(&mut wanted, provider.id()).await.is_ok() && beginning.judge(&mut wanted, provider).is_ok()
}

fn wanted(spoken: Dialect) -> Wanted {
    let surface = conversations_in(spoken);
    Wanted { is_conversation: true, ..Wanted::whole(spoken, surface.operation, surface.answer) }
}
