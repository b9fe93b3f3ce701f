//! What may be refunded of a payment, decided by what the database has once it has everything that was decided before: no
//! cell in memory knows what of a purse was paid and what was given.

use std::time::Duration;

use domain::Money;
use ledger::{Entry, EntryKey, EntryKind, Place, Purse, payments::refund_limit};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::applier::{PaymentFacts, payment_facts};
use super::reserve::{Ground, PostError, Reserved};

/// How long a refund waits for the database to have everything that the journal had when it was asked.
pub const REFUND_WAIT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// Takes what a refund takes, or says why not. Until what is given back first is dropped no other refund is decided.
pub(super) async fn decide<'a>(
    others: &'a Mutex<()>,
    ground: &Ground<'_>,
    entry: &Entry,
) -> Result<(MutexGuard<'a, ()>, Reserved), PostError> {
    let (purse, payment) = told(entry)?;
    let mut needed = ground.journal.appended();
    let deciding = async {
        let alone = others.lock().await;
        // Taken before it is looked: what calls put aside from here on is not this money.
        let left = ground.cells.cell(purse).available();
        let reserved = Reserved::of(ground.cells, entry)?;
        needed = ground.journal.appended();
        // Whoever moves it on is gone only where nothing is posted any more.
        let _ = ground.applied.clone().wait_for(|applied| *applied >= needed).await;
        let facts = payment_facts(ground.database, payment, purse).await?;
        may_be(&facts, payment, left, entry)?;
        Ok((alone, reserved))
    };
    let decided = timeout(REFUND_WAIT, deciding).await;
    decided.unwrap_or_else(|_| {
        let (waited_s, applied) = (REFUND_WAIT.as_secs(), *ground.applied.borrow());
        Err(PostError::NotFollowed { waited_s, applied, needed })
    })
}

/// Whose refund of what it is: it takes from one purse, from what was paid.
fn told(entry: &Entry) -> Result<(Purse, &EntryKey), PostError> {
    let no = |why| PostError::NotRefundable { payment: entry.key.to_string(), why };
    let payment = entry.linked.as_ref().ok_or_else(|| no("the refund names no payment"))?;
    let [transfer] = &entry.transfers[..] else { return Err(no("a refund has one transfer")) };
    let purse = transfer.debited().purse().filter(|purse| purse.paid() == transfer.debited());
    let purse = purse.ok_or_else(|| no("a refund is of what was paid; gifts are not paid out"))?;
    if entry.may_overdraw || transfer.credit != Place::RefundsPayable {
        return Err(no("a refund waits to be paid out, and leaves nobody owing"));
    }
    Ok((purse, payment))
}

fn may_be(facts: &PaymentFacts, payment: &EntryKey, left: Money, entry: &Entry) -> Result<(), PostError> {
    let no = |why| Err(PostError::NotRefundable { payment: payment.to_string(), why });
    match facts.kind {
        None => return no("there is no such payment"),
        Some(EntryKind::Order | EntryKind::TopUp) => {}
        Some(_) => return no("it is no payment"),
    }
    if facts.captured == 0 {
        return no("it was paid into another balance");
    }
    let money = |nano: i128| Money::from_nano(nano.clamp(0, i128::from(i64::MAX)) as i64);
    let limit =
        refund_limit(facts.paid, i128::from(left.nano()), money(facts.captured), money(facts.returned));
    let asked = entry.transfers[0].amount;
    if asked > limit {
        return Err(PostError::BeyondPayment { payment: payment.clone(), asked, limit });
    }
    Ok(())
}
