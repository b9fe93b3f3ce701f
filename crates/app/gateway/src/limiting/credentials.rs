//! Limits of what a provider is asked with each of its credentials. Where they are reached, somebody else is asked, and the caller
//! is told only where there is nobody else.

use std::sync::Arc;
use std::time::Duration;

use domain::{Failure, Kind};
use limits::rate::{Cell, Need, Verdict};
use routing::{Plan, Target};

use super::costs::Costs;
use super::limited::Limited;
use super::outcome::Outcome;
use super::verdict::verdict;
use super::words::logged;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::serving::{ServedProvider, Serving};

/// When to come back where nobody knows.
const SOON: Duration = Duration::from_secs(1);

/// Leaves out of a plan whose credential has no room, while somebody is left.
pub(crate) fn prefer_room(gateway: &Gateway, serving: &Serving, plan: &mut Plan, expected: Costs) {
    let table = gateway.limits.table.load();
    if !table.has_credentials() {
        return;
    }
    let now = gateway.tick();
    let has_room = |target: &Target| {
        let cells = table.of_credential(serving.provider_of(target), target.line);
        cells.iter().all(|cell| cell.wait(expected.of(cell.measure), now).is_none())
    };
    if plan.order.iter().any(|attempt| has_room(plan.target(attempt.place))) {
        plan.retain(has_room);
    }
}

/// Takes what a request needs of the limits of the credential that it is asked with; what it came to is put right when the call
/// is over, or when somebody else is asked.
pub(crate) async fn take_credential(
    call: &mut Call,
    provider: &ServedProvider,
    line: u16,
    expected: Costs,
) -> Result<(), Box<Failure>> {
    let gateway = &call.worker.gateway;
    let needs = {
        let table = gateway.limits.table.load();
        if !table.has_credentials() {
            return Ok(());
        }
        needs(table.of_credential(provider, line), expected)
    };
    let now = gateway.tick();
    // Whoever was asked before has used nothing that is known.
    if let Some(before) = call.paced.take() {
        before.end(&gateway.limits, None, now);
    }
    if needs.is_empty() {
        return Ok(());
    }
    let mut limited = Limited { needs, expected, taken: None, refused_by: None };
    match verdict(gateway.limits.counters.take(&limited.needs, now)).await {
        Verdict::Taken { warned } => {
            limited.taken = Some(warned);
            call.paced = Some(Box::new(limited));
            Ok(())
        }
        Verdict::Refused(refusal) => {
            let cell = &limited.needs[refusal.need].cell;
            call.worker.shard.limited(Outcome::Refused.of(cell));
            let wait = refusal.wait.unwrap_or(SOON);
            let message = format!("the limit of {} is reached", logged(cell));
            Err(Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait))
        }
    }
}

fn needs(cells: &[Arc<Cell>], expected: Costs) -> Vec<Need> {
    let need = |cell: &Arc<Cell>| Need { cell: Arc::clone(cell), cost: expected.of(cell.measure) };
    cells.iter().map(need).collect()
}
