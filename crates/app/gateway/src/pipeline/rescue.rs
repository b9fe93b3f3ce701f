//! From the break of a stream to the next source of it.

use std::pin::Pin;

use observe::Rescued;

use crate::pipeline::relay::Relay;

/// Asks others to go on with a stream that broke. Dropped with a caller who leaves.
pub(super) type Rescue = Pin<Box<dyn Future<Output = Box<Relay>>>>;

/// The stream, with another source, or given up.
pub(super) async fn rescue(mut relay: Box<Relay>) -> Box<Relay> {
    let broken = relay.whose();
    let outcome = go_on(&mut relay).await;
    if let Some(broken) = &broken {
        relay.note_break(broken.provider.slot, outcome);
    }
    if outcome == Rescued::Lost {
        relay.give_up(broken);
    }
    relay
}

async fn go_on(relay: &mut Relay) -> Rescued {
    let Some(left) = relay.leave_source() else { return Rescued::Lost };
    let Some((call, rescuer)) = relay.parts_for_rescue() else { return Rescued::Lost };
    match rescuer.ask(call, &left).await {
        Some(answer) => relay.take_over(answer, &left.going_on),
        None => Rescued::Lost,
    }
}
