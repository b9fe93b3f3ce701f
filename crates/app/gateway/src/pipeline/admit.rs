//! May it run now? Where somebody pays for the caller's key, or a budget limits it, money is put aside before anybody is asked.

use std::sync::Arc;

use dialects::surface::Operation;
use domain::{Currency, Failure, Kind, Money};
use ledger::prices::Book;
use routing::Plan;
use store::HoldError;
use tokio::time::Instant;

use crate::budget_words;
use crate::call::Call;
use crate::funds::{Sources, Unfunded};
use crate::limiting::{expected, limit};
use crate::paying::{Paying, Reserve};
use crate::pipeline::authenticate::Caller;
use crate::pipeline::count::counted;
use crate::pipeline::for_whom::for_whom;
use crate::pipeline::reserve::Estimate;
use crate::pipeline::shorten::{can_be_shortened, shorten};
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// Longest request whose tokens are counted exactly where the balance does not cover what they may be at most.
const COUNTED_BYTES_MAX: usize = 1 << 20;
/// An answer that would be shorter than this is none.
const SHORT_TOKENS_MIN: u64 = 16;
/// Told where the journal takes nothing. What the disk has said is the operator's to know: the log has it.
pub(super) const UNRECORDED: &str = "calls that are paid for cannot be recorded at the moment; try again";

/// Proof that a call was admitted, and that money is put aside for it where it has to be paid. Without it nobody can ask a
/// provider.
#[derive(Debug)]
pub(crate) struct Admitted {
    caller: Caller,
}

impl Admitted {
    /// Whether the caller's key wants nothing lost.
    pub(crate) fn is_strict(&self) -> bool {
        self.caller.is_strict()
    }
}

/// Lets a call in. It counts as running until it is dropped.
pub(crate) async fn admit(
    call: &mut Call,
    caller: Caller,
    serving: &Serving,
    (prompt, wishes): (&mut Prompt, &Wishes<'_>),
    plan: &Plan,
) -> Result<Admitted, Box<Failure>> {
    limit(call, serving, expected(prompt), for_whom(prompt, wishes)).await?;
    if wishes.would_be_short && can_be_shortened(prompt) {
        fit_to_balance(call, serving, prompt, plan);
    }
    let mut outcome = put_aside(call, serving, (prompt, None), plan);
    if outcome.as_ref().is_err_and(|unpaid| is_countable(unpaid, prompt)) {
        let tokens = counted(prompt).await?;
        // Providers count a little differently.
        outcome = put_aside(call, serving, (prompt, Some(tokens + tokens / 8)), plan);
    }
    if let Err(unpaid) = outcome {
        if unpaid.is_by_budget {
            call.worker.shard.budget_refused();
        }
        return Err(unpaid.failure);
    }
    call.count_as_running();
    Ok(Admitted { caller })
}

/// Lets a call in that costs nothing.
pub(crate) fn admit_free(call: &mut Call, caller: Caller) -> Admitted {
    call.count_as_running();
    Admitted { caller }
}

/// Nothing was put aside.
struct Unpaid {
    failure: Box<Failure>,
    is_by_budget: bool,
}

impl From<Box<Failure>> for Unpaid {
    fn from(failure: Box<Failure>) -> Self {
        Self { failure, is_by_budget: false }
    }
}

/// Whether less may do, if the prompt is counted to the last word.
fn is_countable(unpaid: &Unpaid, prompt: &Prompt) -> bool {
    unpaid.failure.kind == Kind::OutOfCredit
        && prompt.surface.operation == Operation::Conversation
        && prompt.length <= COUNTED_BYTES_MAX
}

/// Caps an answer at what there is money for, in the account and in every hard budget, and tells the caller so.
fn fit_to_balance(call: &mut Call, serving: &Serving, prompt: &mut Prompt, plan: &Plan) {
    let Some(key) = call.key.as_deref() else { return };
    let gateway = &call.worker.gateway;
    let (payers, budgets) = (gateway.payers.load(), gateway.budgets.load().of(key));
    let balance = payers.payer(key).map(|(_, payer)| payer.cell.available());
    let standings = budgets.iter().map(|budget| budget.standing(call.received_at));
    let hard = standings.filter(|it| it.terms.is_hard).map(|it| it.available());
    let Some(available) = hard.chain(balance).min() else { return };
    let book = gateway.prices();
    let estimate = Estimate { call, serving, prompt, plan, book: &book, input_tokens: None };
    let Some(tokens) = estimate.affordable(available.max(Money::ZERO)) else { return };
    if tokens >= SHORT_TOKENS_MIN && shorten(prompt, tokens) {
        call.lowered_cap = Some(tokens);
    }
}

fn put_aside(
    call: &mut Call,
    serving: &Serving,
    (prompt, input_tokens): (&Prompt, Option<u64>),
    plan: &Plan,
) -> Result<(), Unpaid> {
    if prompt.surface.operation == Operation::CountTokens {
        return Ok(());
    }
    let gateway = &call.worker.gateway;
    let Some(key) = call.key.as_deref() else { return Ok(()) };
    let (payers, budgets) = (gateway.payers.load(), gateway.budgets.load().of(key));
    let payer = payers.payer(key);
    if payer.is_none() && budgets.is_empty() {
        return Ok(());
    }
    let book = gateway.prices();
    let estimate = Estimate { call, serving, prompt, plan, book: &book, input_tokens };
    let Some(reserve) = estimate.reserve() else { return Ok(()) };
    put_aside_of((call, book), (payer, budgets), reserve)
}

/// Puts a known amount aside, where somebody pays or a budget limits.
pub(super) fn put_amount_aside(
    call: &mut Call,
    book: Arc<Book>,
    reserve: Reserve,
) -> Result<(), Box<Failure>> {
    let gateway = call.worker.gateway.clone();
    let Some(key) = call.key.clone() else { return Ok(()) };
    let (payers, budgets) = (gateway.payers.load(), gateway.budgets.load().of(&key));
    let payer = payers.payer(&key);
    if payer.is_none() && budgets.is_empty() {
        return Ok(());
    }
    put_aside_of((call, book), (payer, budgets), reserve).map_err(|unpaid| {
        if unpaid.is_by_budget {
            call.worker.shard.budget_refused();
        }
        unpaid.failure
    })
}

fn put_aside_of(
    (call, book): (&mut Call, Arc<Book>),
    (payer, budgets): Sources<'_>,
    reserve: Reserve,
) -> Result<(), Unpaid> {
    let currency = book.currency();
    if let Some(other) = payer.map(|(_, payer)| payer.account.currency).filter(|other| *other != currency) {
        let message = format!(
            "prices are in {currency}, and the account that pays for this key is in {other}; its operator can make one in \
             {currency}"
        );
        return Err(Failure::new(Kind::OutOfCredit, message).into());
    }
    let now = (Instant::now(), call.received_at);
    match Paying::begin((payer, budgets), book, call.id, reserve, now) {
        Ok(paying) => call.paying = Some(paying),
        Err(Unfunded::Account(error)) => return Err(not_paid(&error, reserve, currency).into()),
        Err(Unfunded::Budget(refusal)) => {
            let failure = budget_words::refused(&refusal, currency, call.received_at);
            return Err(Unpaid { failure, is_by_budget: true });
        }
    }
    Ok(())
}

fn not_paid(error: &HoldError, reserve: Reserve, currency: Currency) -> Box<Failure> {
    match error {
        HoldError::OutOfCredit { available, .. } => {
            let needed = reserve.amount;
            let message = format!(
                "this call may cost up to {needed} {currency}, and the balance has {available} {currency} left; \
                 add to it, or ask for a shorter answer"
            );
            Failure::new(Kind::OutOfCredit, message)
        }
        HoldError::Amount(_) => {
            Failure::new(Kind::OutOfCredit, "this call may cost more than any account holds")
        }
        HoldError::Append(_) | HoldError::Slot(_) => Failure::new(Kind::Overloaded, UNRECORDED),
    }
}
