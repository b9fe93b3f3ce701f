//! Where orders are made, confirmed and cancelled. A confirmation takes three steps, each safe to stop behind: the transfer is
//! bound to the order, the entry is posted once for the order, and both are noted as done.

use std::sync::Arc;

use ledger::{NOTE_BYTES_MAX, fit_amount, payments};
use serde_json::Value;
use tokio::sync::Mutex;

use super::error::OrderError;
use super::order::{NewOrder, ORDER_REFERENCE_CHARS_MAX, Order, OrderState};
use super::sql;
use crate::accounts::{AccountDesk, AccountError, Payer};
use crate::audit;
use crate::database::{Database, Transaction};
use crate::ledger::PostError;
use crate::tenancy::Deed;

/// Most in one answer.
pub const ORDERS_PER_PAGE_MAX: u32 = 1_000;

/// Makes, confirms and cancels orders.
#[derive(Debug)]
pub struct OrderDesk {
    database: Database,
    accounts: Arc<AccountDesk>,
    /// Held from looking at an order to noting what became of it.
    changing: Mutex<()>,
}

impl OrderDesk {
    /// The desk of a database.
    pub fn new(database: Database, accounts: Arc<AccountDesk>) -> Self {
        Self { database, accounts, changing: Mutex::new(()) }
    }

    /// Makes one: nothing is paid by it yet.
    pub async fn create(&self, payer: &Payer, wish: NewOrder, deed: &Deed) -> Result<Order, OrderError> {
        let amount = fit_amount(wish.amount)?;
        if wish.note.len() > NOTE_BYTES_MAX {
            return Err(OrderError::BadNote);
        }
        let _alone = self.changing.lock().await;
        let mut transaction = self.database.begin().await?;
        let made = Order {
            number: sql::next_number(&mut transaction).await?,
            account: payer.account.number.0,
            amount,
            currency: payer.account.currency,
            note: wish.note,
            created_at: deed.at,
            reference: None,
            confirmed_at: None,
            cancelled_at: None,
        };
        sql::insert(&mut transaction, &made).await?;
        note(transaction, "order.create", (None, &made), payer, deed).await?;
        Ok(made)
    }

    /// Up to `count`, the newest first, of those before `before`.
    pub async fn list(&self, before: Option<u64>, count: u32) -> Result<Vec<Order>, OrderError> {
        let mut from = self.database.pool.acquire().await?;
        Ok(sql::list(&mut from, before, count.min(ORDERS_PER_PAGE_MAX)).await?)
    }

    /// Its transfer has arrived: gives the money, once, and returns when that is on the disk.
    pub async fn confirm(&self, number: &str, reference: &str, deed: &Deed) -> Result<Order, OrderError> {
        let reference = fit_reference(reference)?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.database.begin().await?;
        let before = open_order(&mut transaction, number).await?;
        let payer = self.payer(&before)?;
        if let Some(begun) = before.reference.clone().filter(|begun| unspaced(begun) != unspaced(&reference))
        {
            return Err(OrderError::BegunWithAnother { number: before.number, reference: begun });
        }
        let paid = sql::by_reference(&mut transaction, &unspaced(&reference)).await?;
        if let Some(other) = paid.filter(|other| other.number != before.number) {
            return Err(OrderError::ReferenceTaken { reference, number: other.number });
        }
        // As it was begun with: the entry may have been posted under that.
        let reference = before.reference.clone().unwrap_or(reference);
        let begun = Order { reference: Some(reference.clone()), ..before.clone() };
        sql::update(&mut transaction, &begun).await?;
        transaction.commit().await?;
        let entry =
            payments::order(&before.number.to_string(), &reference, payer.account.purse(), before.amount)?;
        let ledger = self.accounts.opened(deed.at).await?;
        match ledger.post(&self.database, entry, deed.at).await {
            // A crash came between the entry and its note here.
            Ok(_) | Err(PostError::Repeated(_)) => {}
            Err(error) => {
                self.let_go(&before, &error).await?;
                return Err(AccountError::from(error).into());
            }
        }
        let after = Order { confirmed_at: Some(deed.at), ..begun };
        let mut transaction = self.database.begin().await?;
        sql::update(&mut transaction, &after).await?;
        note(transaction, "order.confirm", (Some(&before), &after), &payer, deed).await?;
        Ok(after)
    }

    /// Nobody waits for its transfer any more.
    pub async fn cancel(&self, number: &str, deed: &Deed) -> Result<Order, OrderError> {
        let _alone = self.changing.lock().await;
        let mut transaction = self.database.begin().await?;
        let before = open_order(&mut transaction, number).await?;
        if let Some(reference) = before.reference {
            return Err(OrderError::BegunWithAnother { number: before.number, reference });
        }
        let payer = self.payer(&before)?;
        let after = Order { cancelled_at: Some(deed.at), ..before.clone() };
        sql::update(&mut transaction, &after).await?;
        note(transaction, "order.cancel", (Some(&before), &after), &payer, deed).await?;
        Ok(after)
    }

    /// A transfer is free again where it is certain that nothing was posted.
    async fn let_go(&self, before: &Order, error: &PostError) -> Result<(), OrderError> {
        let is_certain = matches!(error, PostError::TooMuch | PostError::Behind | PostError::Append(_));
        if is_certain && before.reference.is_none() {
            sql::update(&mut *self.database.pool.acquire().await?, before).await?;
        }
        Ok(())
    }

    fn payer(&self, order: &Order) -> Result<Arc<Payer>, OrderError> {
        let unknown = || AccountError::Unknown(order.account.to_string());
        Ok(self.accounts.payer(order.account).ok_or_else(unknown)?)
    }
}

async fn open_order(from: &mut Transaction, number: &str) -> Result<Order, OrderError> {
    let unknown = || OrderError::Unknown(number.to_owned());
    let wanted: u64 = number.parse().map_err(|_| unknown())?;
    let found = sql::by_number(from, wanted).await?.ok_or_else(unknown)?;
    match found.state() {
        OrderState::Open => Ok(found),
        state => Err(OrderError::Over { number: wanted, state: state.name() }),
    }
}

async fn note(
    mut transaction: Transaction,
    action: &'static str,
    (before, after): (Option<&Order>, &Order),
    payer: &Payer,
    deed: &Deed,
) -> Result<(), OrderError> {
    let (was, is) = (before.map_or(Value::Null, Order::json), after.json());
    let organisation = Some(&payer.account.organisation);
    let entry = deed.entry(action, &after.number.to_string(), organisation, &was, &is);
    audit::write(&mut transaction, &entry).await?;
    Ok(transaction.commit().await?)
}

/// White space makes no other transfer, nor do small letters. What is left of the former is kept, for those who read it.
fn fit_reference(given: &str) -> Result<String, OrderError> {
    let words: Vec<&str> = given.split_whitespace().collect();
    let reference = words.join(" ").to_uppercase();
    let is_fit = (1..=ORDER_REFERENCE_CHARS_MAX).contains(&reference.chars().count())
        && !reference.chars().any(char::is_control);
    if is_fit { Ok(reference) } else { Err(OrderError::BadReference) }
}

/// What one transfer is told from another by: banks print one reference with blanks here and without them there.
fn unspaced(reference: &str) -> String {
    reference.replace(' ', "")
}
