//! Where new organisations get their accounts, and their first owners what is given to who signs up: once, when one has
//! proved to be there by using his token, and not more often than the terms say.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use domain::{Currency, Money, OrganisationId, Timestamp, UserId};
use ledger::payments;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::ended::Ended;
use super::sql;
use super::terms::{SIGN_UP_WINDOW_DAYS, SignUpTerms};
use crate::accounts::{AccountDesk, AccountError, NewAccount, Payer, WARN_BELOW_DEFAULT, lapse};
use crate::audit;
use crate::database::Database;
use crate::ledger::PostError;
use crate::tenancy::{Deed, Role, SignedIn};

const DAY_MS: i64 = 86_400_000;

/// Gives new organisations what they get.
#[derive(Debug)]
pub struct SignUpDesk {
    database: Database,
    accounts: Arc<AccountDesk>,
    terms: SignUpTerms,
    /// Organisations whose first owner has not proved to be there, with their accounts. Held while one does.
    waiting: Mutex<BTreeMap<OrganisationId, u64>>,
}

/// What became of a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// So much was given.
    Given(Money),
    /// Nothing, for this reason.
    Refused(&'static str),
}

impl SignUpDesk {
    /// The desk of a database, with who waits there.
    pub async fn open(
        database: Database,
        accounts: Arc<AccountDesk>,
        terms: SignUpTerms,
    ) -> Result<Self, AccountError> {
        let waiting = sql::waiting(&mut *database.pool.acquire().await?).await?.into_iter().collect();
        Ok(Self { database, accounts, terms, waiting: Mutex::new(waiting) })
    }

    /// Gives an organisation that was made just now what it has from its first moment.
    pub async fn made(
        &self,
        organisation: &OrganisationId,
        currency: Currency,
        deed: &Deed,
    ) -> Result<Option<Arc<Payer>>, AccountError> {
        if !self.terms.is_prepaid {
            return Ok(None);
        }
        let wish = NewAccount {
            organisation: organisation.clone(),
            project: None,
            currency,
            credit: Money::ZERO,
            warn_below: WARN_BELOW_DEFAULT,
        };
        let payer = self.accounts.create(wish, deed).await?;
        if self.terms.credit.is_some() {
            let number = payer.account.number.0;
            let mut waiting = self.waiting.lock().await;
            sql::insert(&mut *self.database.pool.acquire().await?, organisation, number, deed.at).await?;
            waiting.insert(organisation.clone(), number);
        }
        Ok(Some(payer))
    }

    /// A user has proved to be there: whoever is the first owner of an organisation that waits gets what is given.
    pub async fn proved(
        &self,
        user: &SignedIn,
        address: Option<IpAddr>,
        deed: &Deed,
    ) -> Result<Option<SignUpOutcome>, AccountError> {
        let Some(amount) = self.terms.credit else { return Ok(None) };
        let mut waiting = self.waiting.lock().await;
        let owned = user.seats.iter().filter(|seat| seat.role == Role::Owner && !seat.is_suspended);
        let Some((organisation, number)) =
            owned.map(|seat| &seat.organisation).find_map(|id| Some((id, *waiting.get(id)?)))
        else {
            return Ok(None);
        };
        let mut from = self.database.pool.acquire().await?;
        let is_first =
            sql::first_owner(&mut from, organisation).await?.as_deref() == Some(user.user.id.as_str());
        let Some(payer) = self.accounts.payer(number).filter(|_| is_first) else { return Ok(None) };
        let domain = domain_of(&user.user.email);
        // Whoever asks from this machine itself may come through anything that runs on it.
        let address = address.filter(|address| !address.to_canonical().is_loopback());
        let address = address.map(|address| address.to_canonical().to_string()).unwrap_or_default();
        let since = Timestamp(deed.at.unix_ms() - SIGN_UP_WINDOW_DAYS * DAY_MS);
        let given = sql::given(&mut from, (&user.user.id, &domain, &address), since).await?;
        drop(from);
        let mut refused = self.refused(given, !address.is_empty());
        if refused.is_none() && !self.give(&user.user.id, &payer, amount, deed.at).await? {
            refused = Some("user");
        }
        let outcome = refused.map_or(SignUpOutcome::Given(amount), SignUpOutcome::Refused);
        let ended = Ended {
            user: &user.user.id,
            domain: &domain,
            address: &address,
            amount: refused.is_none().then_some(amount),
            refused,
        };
        self.note(organisation, &ended, number, deed).await?;
        waiting.remove(organisation);
        Ok(Some(outcome))
    }

    fn refused(
        &self,
        (of_user, of_domain, of_address): (u64, u64, u64),
        is_known: bool,
    ) -> Option<&'static str> {
        if of_user > 0 {
            Some("user")
        } else if of_domain >= u64::from(self.terms.per_email_domain_max) {
            Some("email_domain")
        } else if is_known && of_address >= u64::from(self.terms.per_ip_max) {
            Some("address")
        } else {
            None
        }
    }

    /// Whether he got it; not where he has it already.
    async fn give(
        &self,
        user: &UserId,
        payer: &Payer,
        amount: Money,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let grant = self.accounts.next_grant().await?;
        let ends = lapse(now, self.terms.credit_days);
        let entry = payments::sign_up_credit(user.as_str(), payer.account.purse(), grant, amount, ends)
            .map_err(AccountError::BadEntry)?;
        match self.accounts.opened(now).await?.post(&self.database, entry, now).await {
            Ok(_) => Ok(true),
            Err(PostError::Repeated(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn note(
        &self,
        organisation: &OrganisationId,
        ended: &Ended<'_>,
        account: u64,
        deed: &Deed,
    ) -> Result<(), AccountError> {
        let after = json!({
            "account": account,
            "user": ended.user.as_str(),
            "amount": ended.amount.map(|amount| amount.to_string()),
            "refused": ended.refused,
        });
        let action = if ended.refused.is_none() { "sign_up.credit" } else { "sign_up.refuse" };
        let entry = deed.entry(action, organisation.as_str(), Some(organisation), &Value::Null, &after);
        let mut transaction = self.database.begin().await?;
        sql::end(&mut transaction, organisation, ended, deed.at).await?;
        audit::write(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }
}

/// What stands behind the last `@`.
fn domain_of(email: &str) -> String {
    email.rsplit('@').next().unwrap_or_default().to_lowercase()
}
