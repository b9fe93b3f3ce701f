//! Limits of what a provider is asked with each of its credentials. Where they are reached, somebody else is asked, and the caller
//! is told only where there is nobody else.

use std::sync::Arc;
use std::time::Duration;

use domain::{Failure, Kind};
use limits::rate::{Cell, Need, Verdict};
use routing::{Plan, Target};

use super::costs::{Costs, Used};
use super::limited::Limited;
use super::outcome::Outcome;
use super::verdict::verdict;
use super::words::logged;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::serving::{ServedProvider, Serving};
use crate::worker::Worker;

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
    call.paced = pace(&call.worker, provider, line, expected).await?;
    Ok(())
}

/// What was taken of the limits of a credential, whose request may be sent now. Nothing, where it has none.
pub(crate) async fn pace(
    worker: &Worker,
    provider: &ServedProvider,
    line: u16,
    expected: Costs,
) -> Result<Option<Box<Limited>>, Box<Failure>> {
    let gateway = &worker.gateway;
    let needs = {
        let table = gateway.limits.table.load();
        if !table.has_credentials() {
            return Ok(None);
        }
        needs(table.of_credential(provider, line), expected)
    };
    if needs.is_empty() {
        return Ok(None);
    }
    let (now, mut limited) = (gateway.tick(), Limited::of(needs, expected));
    match verdict(gateway.limits.counters.take(&limited.needs, now)).await {
        Verdict::Taken { warned } => {
            limited.taken = Some((now, warned));
            Ok(Some(Box::new(limited)))
        }
        Verdict::Refused(refusal) => {
            let cell = &limited.needs[refusal.need].cell;
            worker.shard.limited(Outcome::Refused.of(cell));
            let wait = refusal.wait.unwrap_or(SOON);
            let message = format!("the limit of {} is reached", logged(cell));
            Err(Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait))
        }
    }
}

/// Puts right what was taken for the one who was asked, and is no longer.
pub(crate) fn end_credential(call: &mut Call, used: Used<'_>) {
    let Some(paced) = call.paced.take() else { return };
    let gateway = &call.worker.gateway;
    paced.end(&gateway.limits, used, gateway.tick());
}

fn needs(cells: &[Arc<Cell>], expected: Costs) -> Vec<Need> {
    let need = |cell: &Arc<Cell>| Need { cell: Arc::clone(cell), cost: expected.of(cell.measure) };
    cells.iter().map(need).collect()
}
