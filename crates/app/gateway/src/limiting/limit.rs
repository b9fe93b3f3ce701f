//! May it run now, by the limits of its key, its project, its organisation, its model and its end user? All of them are asked at
//! once: what it needs is taken of all or of none.

use std::sync::Arc;

use config::Limits;
use domain::Failure;
use limits::queue::RoomSize;
use limits::rate::{Cell, Need, Refusal, Verdict};
use observe::Level;
use store::KeyEntry;
use tokio::time::Instant;

use super::costs::Costs;
use super::limited::Limited;
use super::outcome::Outcome;
use super::turn::{Ceilings, Turn, first_in_line};
use super::verdict::verdict;
use super::words::{Because, logged, refused};
use crate::call::Call;
use crate::serving::Serving;

/// What is known of a call besides its key and its model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForWhom<'c> {
    /// For whom it is, by the caller's name for that person.
    pub(crate) end_user: Option<&'c str>,
    /// Whether it lets others go before it.
    pub(crate) is_batch: bool,
}

/// Takes what a call needs, at once or after its turn has come; what it came to is put right when it is dropped.
pub(crate) async fn limit(
    call: &mut Call,
    serving: &Serving,
    expected: Costs,
    for_whom: ForWhom<'_>,
) -> Result<(), Box<Failure>> {
    match take(call, expected, for_whom).await {
        None => Ok(()),
        // Boxed: it is rare, and its room is not carried along by every call.
        Some((turn, refusal)) => Box::pin(reached(call, serving, turn, refusal)).await,
    }
}

/// Takes a request for a call that is refused for what it asks: it has nothing to wait for.
pub(crate) async fn limit_refused(call: &mut Call, for_whom: ForWhom<'_>) -> Result<(), Box<Failure>> {
    let Some((turn, refusal)) = take(call, Costs::default(), for_whom).await else { return Ok(()) };
    let (worker, Some(limited)) = (&call.worker, &mut call.limited) else { return Ok(()) };
    let Need { cell, cost } = &limited.needs[refusal.need];
    let wait = turn.come_back(cell, *cost, worker.gateway.tick());
    worker.shard.limited(Outcome::Refused.of(cell));
    let failure = refused(cell, *cost, Because::Reached, Some(wait));
    limited.refused_by = Some(logged(cell));
    Err(failure)
}

/// Takes what is needed, if all has room and nobody waits for it. Gives what is reached, and whose turn it would be.
async fn take(call: &mut Call, expected: Costs, for_whom: ForWhom<'_>) -> Option<(Turn, Refusal)> {
    let (needs, turn) = needed(call, expected, for_whom)?;
    let gateway = &call.worker.gateway;
    let limited = Limited::of(needs, expected);
    let held = first_in_line(&limited.needs);
    let limited = call.limited.insert(Box::new(limited));
    let now = gateway.tick();
    let verdict = match held {
        // Others wait for it: whoever comes now waits behind them.
        Some(refusal) => Verdict::Refused(refusal),
        None => verdict(gateway.limits.counters.take(&limited.needs, now)).await,
    };
    match verdict {
        Verdict::Taken { warned } => {
            limited.taken = Some((now, warned));
            limited.warned().for_each(|cell| call.worker.shard.limited(Outcome::Warned.of(cell)));
            None
        }
        Verdict::Refused(refusal) => Some((turn, refusal)),
    }
}

/// What is needed of which limits; nothing, if there is none.
fn needed(call: &Call, expected: Costs, for_whom: ForWhom<'_>) -> Option<(Vec<Need>, Turn)> {
    let gateway = &call.worker.gateway;
    let key = call.key.as_deref()?;
    let table = gateway.limits.table.load();
    let found = table.resolve(key, |left_out| tell_left_out(call, key, left_out));
    let of_model = table.of_model(&call.model);
    let of_user = match (&table.end_users, for_whom.end_user.filter(|name| !name.is_empty())) {
        (Some(terms), Some(name)) => {
            let tenant = (key.organisation(), key.project());
            Some(gateway.limits.end_users.cells(tenant, name, terms, gateway.tick()))
        }
        _ => None,
    };
    let of_user = of_user.as_deref().unwrap_or_default();
    let count = found.all.len() + of_model.len() + of_user.len() + found.followed.len();
    if count == 0 {
        return None;
    }
    let cells = found.all.iter().chain(of_model).chain(of_user).chain(&found.followed);
    let need = |cell: &Arc<Cell>| Need { cell: Arc::clone(cell), cost: expected.of(cell.measure) };
    let mut needs = Vec::with_capacity(count);
    needs.extend(cells.map(need));
    let turn =
        Turn { key: found.turn, tokens: expected.tokens(), is_batch: for_whom.is_batch || found.is_batch };
    Some((needs, turn))
}

/// More keys that follow each other have limits than one call can count for. Those that came last before this one are heeded, and all
/// that is said of itself and of whom it belongs to.
#[cold]
fn tell_left_out(call: &Call, key: &KeyEntry, left_out: &[Arc<Cell>]) {
    left_out.iter().for_each(|cell| call.worker.shard.limited(Outcome::LeftOut.of(cell)));
    let gateway = &call.worker.gateway;
    if gateway.limits.is_first_left_out() {
        gateway.log.event(
            Level::Warn,
            "limits of keys that others follow are left out, for there are too many: remove those of keys that are used no longer",
            &[("key", &key.id), ("count", &left_out.len())],
        );
    }
}

fn ceilings(limits: &Limits) -> Ceilings {
    let Limits { queue_max, waiting_max, waiting_per_organisation_max, .. } = *limits;
    Ceilings {
        line: queue_max as usize,
        room: RoomSize { all: waiting_max as usize, organisation: waiting_per_organisation_max as usize },
    }
}

/// A limit is reached: the call waits its turn, if that is what the limit says, or is refused.
async fn reached(
    call: &mut Call,
    serving: &Serving,
    turn: Turn,
    refusal: Refusal,
) -> Result<(), Box<Failure>> {
    // Those who ask the same have limits of their own: one of them goes on.
    if let Some(fill) = call.cache.as_mut().and_then(|part| part.fill.as_mut()) {
        fill.seat = None;
    }
    let (worker, began) = (&call.worker, Instant::now());
    let Some(limited) = &mut call.limited else { return Ok(()) };
    let (shard, key) = (&worker.shard, call.key.as_deref());
    let Some(organisation) = key.map(KeyEntry::organisation) else { return Ok(()) };
    let ceilings = ceilings(&serving.limits);
    match turn.wait(&worker.gateway, &limited.needs, refusal, organisation, ceilings).await {
        Ok((waited_for, taken)) => {
            limited.taken = Some(taken);
            shard.limited(Outcome::Queued.of(&limited.needs[waited_for].cell));
            limited.warned().for_each(|cell| shard.limited(Outcome::Warned.of(cell)));
            call.waited += began.elapsed();
            Ok(())
        }
        Err((refused_by, failure)) => {
            let cell = &limited.needs[refused_by].cell;
            shard.limited(Outcome::Refused.of(cell));
            limited.refused_by = Some(logged(cell));
            Err(failure)
        }
    }
}
